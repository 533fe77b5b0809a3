/**
 * A websocket server in a process of its own. Asked "go" on the path of a stream it sends all its frames as fast as they
 * are taken; asked "pace RATE COUNT" it sends the first COUNT of them, RATE a second, each in a write of its own when it is
 * due. Tells its parent the port, and behind each pace the time at which the first frame was due (monotonic ns).
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";

/** What the server is told first. `tls`: files of a key and a certificate, for wss instead of ws. */
export interface Served {
  streams: readonly { name: string; file: string }[];
  tls: readonly [key: string, cert: string] | null;
}

/** Bytes of one write; the next waits until the socket has taken it. */
const CHUNK = 64 << 10;
/** The one cipher that every TLS 1.3 server has (RFC 8446, 9.1): the server is not to be the bound. */
const CIPHER = "TLS_AES_128_GCM_SHA256";
/** From being asked to the first frame. */
const START_NS = 2e6;

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

/** Where each frame ends. */
function endsOf(frames: Buffer): number[] {
  const found: number[] = [];
  for (let at = 0; at < frames.length; found.push(at)) {
    const long = frames[at + 1] === 126;
    at += long ? 4 + frames.readUInt16BE(at + 2) : 2 + frames[at + 1];
  }
  return found;
}

function now(): number {
  return Number(process.hrtime.bigint());
}

/** A frame that is late is sent at once, and counts from when it was due. */
function pace(socket: Duplex, bytes: Buffer, ends: readonly number[], rate: number, count: number): void {
  const first = now() + START_NS;
  let next = 0;
  const look = (): void => {
    const due = Math.min(count, Math.floor(((now() - first) * rate) / 1e9) + 1);
    for (; next < due; next++) socket.write(bytes.subarray(ends[next - 1] ?? 0, ends[next]));
    if (next < count && !socket.destroyed) setImmediate(look);
    else process.send?.(first);
  };
  look();
}

function listen(ws: WebSocket, socket: Duplex, bytes: Buffer, ends: readonly number[]): void {
  ws.on("error", () => ws.terminate());
  ws.on("message", (data: Buffer) => {
    const [what, rate, count] = data.toString("latin1").split(" ");
    if (what === "pace") pace(socket, bytes, ends, Number(rate), Number(count));
    else flood(socket, bytes);
  });
}

function serve({ streams, tls }: Served): void {
  const frames = new Map(
    streams.map(({ name, file }) => {
      const bytes = readFileSync(file);
      return [name, { bytes, ends: endsOf(bytes) }] as const;
    }),
  );
  const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const server =
    tls === null
      ? createServer()
      : createSecureServer({ key: readFileSync(tls[0]), cert: readFileSync(tls[1]), ciphers: CIPHER });
  server.on("upgrade", (request, socket, head) => {
    const found = frames.get((request.url ?? "").slice(1));
    if (found === undefined) return void socket.destroy();
    const { bytes, ends } = found;
    upgrades.handleUpgrade(request, socket, head, (ws) => listen(ws, socket, bytes, ends));
  });
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
}

process.once("message", (served: Served) => serve(served));
process.once("disconnect", () => process.exit());
