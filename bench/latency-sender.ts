/**
 * The sender of the latency bench, a process of its own: a venue's server that writes one frame at each due time. It
 * spins until then, so it is late by less than a microsecond unless the machine takes its core away, and it never waits
 * for a client: what is due is sent, however late, and carries the time it was due (no coordinated omission).
 * Tells its parent the port; then obeys orders.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { RingReader, WORD } from "../src/log/index.ts";
import { instrumentOf, toMicros } from "../src/model/index.ts";
import { openRegion, pinThread } from "../src/store/index.ts";
import { venueById } from "../src/venues/index.ts";
import { micros, ORIGIN } from "./latency-clock.ts";

export interface SendOrder {
  /** Client to send to: the `who` of its URL, or "feedhorn". */
  readonly who: string;
  readonly messages: number;
  readonly perSecond: number;
  /** Region to read along in the pauses, as a spinning reader in another process than the lane; null: none. */
  readonly watch: string | null;
}

export interface Sent {
  /** How late each write began, us. */
  readonly late: number[];
  /** From due to seen in the ring by this process, us; empty without a region. */
  readonly seen: number[];
}

const SYMBOL = "BTCUSDT";
/** Longest spin without a turn of the event loop, us. */
const SLICE = 2000;
/** How long after the last frame the reader still waits for it, us. */
const GRACE = 1_000_000;
const ID_DIGITS = 10;

/** A trade as the venue sends it, with room for id and times. */
class TradeFrame {
  readonly bytes: Buffer;
  readonly #id: number;
  readonly #times: readonly number[];
  #next = 1_000_000_000;

  constructor() {
    const text = `{"e":"trade","E":${ORIGIN},"s":"${SYMBOL}","t":${this.#next},"p":"118345.61000000","q":"0.01250000","T":${ORIGIN},"m":true,"M":true}`;
    this.bytes = Buffer.concat([
      Buffer.from([0x81, 126, text.length >> 8, text.length & 0xff]),
      Buffer.from(text),
    ]);
    const at = (key: string): number => this.bytes.indexOf(key) + key.length;
    this.#id = at('"t":');
    this.#times = [at('"E":'), at('"T":')];
  }

  /** The next trade, due at `due` us since boot. */
  set(due: number): Buffer {
    this.#digits(this.#id, ID_DIGITS, this.#next++);
    for (const at of this.#times) this.#digits(at, 16, ORIGIN + due);
    return this.bytes;
  }

  #digits(at: number, count: number, value: number): void {
    let rest = value;
    for (let i = at + count - 1; i >= at; i--) {
      const tenth = Math.floor(rest / 10);
      this.bytes[i] = 48 + rest - tenth * 10;
      rest = tenth;
    }
  }
}

/** The first message is our arguments: core to run on, or "any". */
const told = once(process, "message").then(([args]) => args as [string]);
const frame = new TradeFrame();
const clients = new Map<string, Duplex>();
const readers = new Map<string, RingReader>();

function readerOf(path: string): RingReader {
  const { region } = openRegion(path);
  const reader = new RingReader(region.control, region.slots);
  readers.set(path, reader);
  return reader;
}

/** Sends everything an order asks for; resolves when the last frame is written and, with a region, seen. */
async function obey({ who, messages, perSecond, watch }: SendOrder): Promise<Sent> {
  const socket = clients.get(who);
  if (socket === undefined)
    throw new Error(`sender: expected a client ${who}, saw ${[...clients.keys()].join(" ")}`);
  const reader = watch === null ? null : (readers.get(watch) ?? readerOf(watch));
  reader?.seekHead();
  const late: number[] = [];
  const seen: number[] = [];
  const look = (): void => {
    const now = micros();
    reader?.poll(({ i32 }, w) =>
      seen.push(now - (toMicros(i32[w + WORD.TS_EVENT + 1]!, i32[w + WORD.TS_EVENT]!) - ORIGIN)),
    );
  };
  const start = Math.ceil(micros()) + 10_000;
  const step = 1e6 / perSecond;
  for (let sent = 0; sent < messages;) {
    const end = micros() + SLICE;
    while (sent < messages && micros() < end) {
      const due = Math.ceil(start + sent * step);
      const bytes = frame.set(due);
      while (micros() < due) look();
      late.push(micros() - due);
      socket.write(bytes);
      sent += 1;
    }
    await new Promise(setImmediate);
    if (socket.writableLength > 0) throw new Error(`sender: expected ${who} to take every frame, saw it lag`);
  }
  const last = start + messages * step + GRACE;
  if (watch !== null) while (seen.length < messages && micros() < last) look();
  return { late, seen };
}

const { server: protocol } = venueById("binance")!;
const instruments = protocol.instrumentsBody(
  [
    instrumentOf({
      symbol: SYMBOL,
      canonical: "BTC-USDT",
      base: "BTC",
      quote: "USDT",
      status: "trading",
      tick: 0.01,
      lot: 0.00001,
    }),
  ],
  "",
);
const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const server = createServer((_request, response) => response.end(instruments));
server.on("connection", (socket) => socket.setNoDelay(true));
server.on("upgrade", (request, socket, head) => {
  const who = new URL(request.url ?? "/", "http://localhost").searchParams.get("who") ?? "feedhorn";
  upgrades.handleUpgrade(request, socket, head, (ws) => {
    clients.set(who, socket);
    ws.on("error", () => ws.terminate());
    ws.on("message", (data: Buffer) => {
      const { id } = JSON.parse(data.toString("utf8")) as { id: number };
      ws.send(JSON.stringify({ result: null, id }));
    });
  });
});
process.once("disconnect", () => process.exit());
const [core] = await told;
process.on("message", (order: SendOrder) => void obey(order).then((sent) => process.send!(sent)));
if (core !== "any") pinThread([Number(core)]);
server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port));
