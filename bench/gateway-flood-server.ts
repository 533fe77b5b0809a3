/** A websocket server in a process of its own: sends recorded frames as fast as the client takes them. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { RecordedConnection } from "./frames-record.ts";

/** Bytes of one write; the next waits until the socket has taken it. */
const CHUNK = 256 << 10;

/** Writes everything, held back by the socket's own buffer. */
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

/** Serves each connection's frames on `/VENUE` to whoever says "go"; tells the parent its port. */
function serve(connections: readonly RecordedConnection[]): void {
  const frames = new Map(connections.map(({ venue, file }) => [`/${venue}`, readFileSync(file)]));
  const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const server = createServer();
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

process.once("message", (connections: RecordedConnection[]) => serve(connections));
process.once("disconnect", () => process.exit());
