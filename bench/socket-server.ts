/**
 * A websocket server in a process of its own: asked for N it sends N frames of 200 bytes as fast as they are taken.
 * argv: files of a key and a certificate, for wss instead of ws. Tells its parent the port.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";

const PAYLOAD = 200;
/** Frames of one write; the next waits until the socket has taken it. */
const BATCH = 5000;

function frames(): Buffer {
  const frame = Buffer.alloc(4 + PAYLOAD, "x");
  frame[0] = 0x81;
  frame[1] = 126;
  frame.writeUInt16BE(PAYLOAD, 2);
  return Buffer.concat(Array.from({ length: BATCH }, () => frame));
}

const BYTES = frames();

function flood(socket: Duplex, count: number): void {
  let left = count;
  const go = (): void => {
    while (left > 0 && !socket.destroyed) {
      const now = Math.min(left, BATCH);
      left -= now;
      if (!socket.write(BYTES.subarray(0, now * (4 + PAYLOAD)))) {
        socket.once("drain", go);
        return;
      }
    }
  };
  go();
}

const [key, cert] = process.argv.slice(2);
const server =
  key === undefined
    ? createServer()
    : createSecureServer({ key: readFileSync(key), cert: readFileSync(cert!) });
const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false });
server.on("upgrade", (request, socket, head) => {
  upgrades.handleUpgrade(request, socket, head, (ws) => {
    ws.on("message", (data) => flood(socket, Number(data.toString("utf8"))));
    ws.on("error", () => ws.terminate());
  });
});
process.once("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port));
