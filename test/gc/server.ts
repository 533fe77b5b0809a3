/**
 * A venue for the garbage test, in a process of its own: metadata, book snapshots, a websocket that takes subscriptions,
 * and GET /flood?passes=N&together=M, which sends the stream N times, M frames a write. argv: bookTicker or mix, and a folder.
 * Every pass goes on with the ids of the one before, so that nothing is a duplicate and no book has a gap.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { makeStream } from "../../bench/e2e-streams.ts";
import type { StreamName } from "../../bench/e2e-streams.ts";
import { binance } from "../../src/venues/binance/venue.ts";

/** Frames of one pass. */
const FRAMES = 60_000;
/** Bytes of one write; the next waits until the socket has taken it. */
const CHUNK = 256 << 10;

const [name, folder] = process.argv.slice(2) as [StreamName, string];
const { stream } = makeStream(name, FRAMES, folder);
const bytes = readFileSync(stream.file);

/** Ids of one kind of one symbol, where they stand, and by how much all of them grow from pass to pass. */
interface Ids {
  at: number[];
  digits: number;
  first: number;
  last: number;
}

/** Every id of the stream: of quotes "u", of trades "t", of book changes "U" and "u". */
function idsOf(text: string): Ids[] {
  const found = new Map<string, Ids>();
  for (const frame of text.matchAll(/"stream":"(\w+@\w+)[^{]*\{[^}]*/g)) {
    for (const id of frame[0].matchAll(/"[uUt]":(\d+)/g)) {
      const value = Number(id[1]);
      const ids = found.get(frame[1]!) ?? { at: [], digits: id[1]!.length, first: value, last: value };
      found.set(frame[1]!, ids);
      ids.at.push(frame.index + id.index + id[0].indexOf(":") + 1);
      ids.first = Math.min(ids.first, value);
      ids.last = Math.max(ids.last, value);
    }
  }
  return [...found.values()];
}

const ids = idsOf(bytes.toString("latin1"));

/** Moves every id on, so that the next pass begins where the last one ended. */
function advance(): void {
  for (const { at, digits, first, last } of ids) {
    const growth = last - first + 1;
    for (const position of at) {
      const next = Number(bytes.toString("latin1", position, position + digits)) + growth;
      bytes.write(String(next), position, digits, "latin1");
    }
  }
}

/** Resolves when the socket has taken everything: the next pass overwrites the bytes. */
async function send(socket: Duplex): Promise<void> {
  for (let at = 0; at < bytes.length && !socket.destroyed; at += CHUNK)
    await new Promise<void>((resolve) => socket.write(bytes.subarray(at, at + CHUNK), () => resolve()));
}

/** Where each frame ends. */
const ends = endsOf(bytes);

function endsOf(frames: Buffer): number[] {
  const found: number[] = [];
  for (let at = 0; at < frames.length; found.push(at)) {
    const long = frames[at + 1] === 126;
    at += long ? 4 + frames.readUInt16BE(at + 2) : 2 + frames[at + 1]!;
  }
  return found;
}

/** A few frames a write, as a venue sends them: a read of the other side brings about as many. */
async function trickle(socket: Duplex, together: number): Promise<void> {
  let from = 0;
  for (let i = together - 1; i < ends.length; i += together) {
    socket.write(bytes.subarray(from, ends[i]));
    from = ends[i]!;
    await new Promise(setImmediate);
  }
  await new Promise<void>((resolve) => socket.write(bytes.subarray(from), () => resolve()));
}

/** `together`: frames of one write; 0 = as many as the socket takes. */
async function flood(passes: number, together: number): Promise<void> {
  for (let pass = 0; pass < passes; pass++) {
    await Promise.all(sockets.map((socket) => (together > 0 ? trickle(socket, together) : send(socket))));
    advance();
  }
}

const sockets: Duplex[] = [];
const connection = { path: "/stream", sequence: 0, active: [], now: () => 0 };

function listen(ws: WebSocket): void {
  ws.on("error", () => ws.terminate());
  ws.on("message", (data: Buffer) => {
    const request = binance.server.request(data.toString("utf8"));
    if (request instanceof Error) throw request;
    for (const text of binance.server.accept(request, request.subscriptions, connection)) ws.send(text);
  });
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const symbol = url.searchParams.get("symbol");
  if (url.pathname === "/flood") {
    await flood(Number(url.searchParams.get("passes")), Number(url.searchParams.get("together")));
    response.end("{}");
  } else if (symbol === null) response.end(binance.server.instrumentsBody(stream.instruments, ""));
  else response.end(stream.snapshots.find((one) => one.symbol === symbol)?.body ?? "{}");
}

const server = createServer((request, response) => void serve(request, response));
const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false });
server.on("upgrade", (request, socket, head) => {
  sockets.push(socket);
  upgrades.handleUpgrade(request, socket, head, listen);
});
process.once("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", () =>
  process.send!({ port: (server.address() as AddressInfo).port, frames: FRAMES, symbols: stream.symbols }),
);
