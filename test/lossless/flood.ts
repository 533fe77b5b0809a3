import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";

/**
 * Binance spot's trades and quotes at a fixed pace, for a fiftieth of a core: frames are made once and only their ids and times
 * are written anew. It goes on at once with whoever comes back, and never repeats or skips an id.
 */

const TICK_MS = 5;
/** Frames to choose from, of each kind. */
const KINDS = 256;
const ID_DIGITS = 12;
const FIRST_ID = 100_000_000_000;
const TIME_DIGITS = 16;
/** A client that does not read so much, bytes, gets nothing new. */
const BEHIND = 8 << 20;

/** One frame, and where its numbers stand in it. */
interface Template {
  readonly bytes: Buffer;
  /** Of its symbol and kind. */
  readonly series: number;
  readonly ids: readonly number[];
  readonly times: readonly number[];
}

export interface Flood {
  readonly ws: string;
  /** Frames sent ever. */
  readonly sent: number;
}

export async function startFlood(symbols: readonly string[], perSecond: number): Promise<Flood> {
  const flood = new Floods(symbols, perSecond);
  return {
    ws: await flood.listen(),
    get sent() {
      return flood.sent;
    },
  };
}

class Floods {
  sent = 0;
  readonly #perSecond: number;
  readonly #templates: readonly Template[];
  /** Next ids by series. */
  readonly #ids: number[];
  readonly #listeners = new Set<Duplex>();
  #next = 0;
  #at = performance.now();

  constructor(symbols: readonly string[], perSecond: number) {
    this.#perSecond = perSecond;
    this.#ids = symbols.flatMap(() => [FIRST_ID, FIRST_ID]);
    this.#templates = Array.from({ length: KINDS * 2 }, (_, i) => templateOf(symbols, i));
  }

  listen(): Promise<string> {
    const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false });
    const server = createServer();
    server.on("upgrade", (request, socket, head) => {
      upgrades.handleUpgrade(request, socket, head, (ws) => this.#greet(ws, socket));
    });
    setInterval(() => this.#tick(), TICK_MS);
    return new Promise((resolve) => {
      server.listen(0, "127.0.0.1", () =>
        resolve(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`),
      );
    });
  }

  #greet(ws: WebSocket, socket: Duplex): void {
    ws.on("message", (data) => {
      const { method, id } = JSON.parse(String(data)) as { method: string; id: number };
      ws.send(JSON.stringify({ result: null, id }));
      if (method === "SUBSCRIBE") this.#listeners.add(socket);
    });
    ws.on("error", () => ws.terminate());
    ws.on("close", () => this.#listeners.delete(socket));
  }

  #tick(): void {
    const now = performance.now();
    const due = Math.min(this.#perSecond / 4, ((now - this.#at) * this.#perSecond) / 1000);
    this.#at = now;
    const open = [...this.#listeners].filter((one) => !one.destroyed && one.writableLength < BEHIND);
    if (open.length === 0) return;
    const bytes = this.#frames(Math.round(due));
    for (const one of open) one.write(bytes);
  }

  #frames(count: number): Buffer {
    const time = String(Math.floor((performance.timeOrigin + performance.now()) * 1000));
    const parts: Buffer[] = [];
    for (let i = 0; i < count; i++) {
      const { bytes, series, ids, times } = this.#templates[this.#next++ % this.#templates.length]!;
      const id = String(this.#ids[series]!++);
      for (const at of ids) bytes.write(id, at, ID_DIGITS, "latin1");
      for (const at of times) bytes.write(time, at, TIME_DIGITS, "latin1");
      parts.push(Buffer.from(bytes));
    }
    this.sent += count;
    return Buffer.concat(parts);
  }
}

/** Prices and sizes differ from one frame to the next. Forms: web-socket-streams.md of Binance's API docs. */
function templateOf(symbols: readonly string[], i: number): Template {
  const at = (i >> 1) % symbols.length;
  const [symbol, stream] = [symbols[at]!, symbols[at]!.toLowerCase()];
  const [id, time] = ["#".repeat(ID_DIGITS), "@".repeat(TIME_DIGITS)];
  const price = (1000 + i * 0.37).toFixed(2);
  const above = (1000.01 + i * 0.37).toFixed(2);
  const size = (0.001 * (1 + ((i * 7919) % 997))).toFixed(5);
  const text =
    i % 2 === 0
      ? `{"stream":"${stream}@trade","data":{"e":"trade","E":${time},"s":"${symbol}","t":${id},"p":"${price}","q":"${size}","T":${time},"m":${i % 4 === 0},"M":true}}`
      : `{"stream":"${stream}@bookTicker","data":{"u":${id},"s":"${symbol}","b":"${price}","B":"${size}","a":"${above}","A":"${size}"}}`;
  const bytes = frameOf(text);
  const whole = bytes.toString("latin1");
  return { bytes, series: at * 2 + (i % 2), ids: places(whole, id), times: places(whole, time) };
}

/** A text frame from a server, of 126 to 65535 bytes (RFC 6455, 5.2). */
function frameOf(text: string): Buffer {
  const header = Buffer.from([0x81, 126, 0, 0]);
  header.writeUInt16BE(text.length, 2);
  return Buffer.concat([header, Buffer.from(text, "latin1")]);
}

function places(text: string, part: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) found.push(at);
  return found;
}
