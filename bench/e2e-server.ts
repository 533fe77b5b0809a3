/**
 * A websocket server in a process of its own. Asked "go" on the path of a stream it sends all its frames as fast as they
 * are taken. Tells its parent the port.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";

/** What the server is told first. `tls`: files of a key and a certificate, for wss instead of ws. */
export interface Served {
  streams: readonly { name: string; file: string }[];
  tls: readonly [key: string, cert: string] | null;
}

/** Bytes of one write; the next waits until the socket has taken it. */
const CHUNK = 256 << 10;

function flood(socket: Duplex, bytes: Buffer): void {
  let at = 0;
  const go = (): void => {
    while (at < bytes.length && !socket.destroyed) {
      const chunk = bytes.subarray(at, at + CHUNK);
      at += chunk.length;
      if (!socket.write(chunk)) {
        socket.once("drain", go);
        return;
      }
    }
  };
  go();
}

function serve({ streams, tls }: Served): void {
  const frames = new Map(streams.map(({ name, file }) => [`/${name}`, readFileSync(file)]));
  const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const server =
    tls === null
      ? createServer()
      : createSecureServer({ key: readFileSync(tls[0]), cert: readFileSync(tls[1]) });
  server.on("upgrade", (request, socket, head) => {
    const bytes = frames.get(request.url ?? "");
    if (bytes === undefined) return void socket.destroy();
    upgrades.handleUpgrade(request, socket, head, (ws) => {
      ws.on("message", () => flood(socket, bytes));
      ws.on("error", () => ws.terminate());
    });
  });
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
}

process.once("message", (served: Served) => serve(served));
process.once("disconnect", () => process.exit());
