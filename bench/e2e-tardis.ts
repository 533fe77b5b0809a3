/**
 * The baseline: `ws`, JSON.parse, tardis-dev's mappers and an EventEmitter with one listener per type, mapped in the
 * message handler (tardis-dev's own two layers of async generators around it cost more than all the rest).
 */
import { EventEmitter } from "node:events";
import { normalizeBookChanges, normalizeBookTickers, normalizeTrades } from "tardis-dev";
import { WebSocket } from "ws";
import type { EventLog, Sums } from "./e2e-events.ts";
import { Countdown, servePipeline } from "./e2e-pipeline.ts";
import type { BookChange, BookPriceLevel, BookTicker, Trade } from "tardis-dev";
import type { Order, Result, Round } from "./e2e-pipeline.ts";
import type { Stream } from "./e2e-streams.ts";
import type { Level } from "../src/model/index.ts";

type Mapped = Trade | BookChange | BookTicker;
interface AnyMapper {
  canHandle(message: unknown): boolean;
  map(message: unknown, localTimestamp: Date): Iterable<Mapped> | void;
}

class TardisRound implements Round {
  readonly #stream: Stream;
  readonly #log: EventLog | null;
  readonly countdown: Countdown;
  readonly #mappers: AnyMapper[];
  readonly #emitter = new EventEmitter();
  readonly #sums: Sums = { events: 0, sum: 0 };
  #socket: WebSocket | null = null;

  constructor(order: Order, log: EventLog | null) {
    this.#stream = order.stream;
    this.#log = log;
    this.countdown = new Countdown(order);
    const now = new Date();
    this.#mappers = [
      normalizeTrades("binance", now),
      normalizeBookChanges("binance", now),
      normalizeBookTickers("binance", now),
    ] as unknown as AnyMapper[];
  }

  /** The options of tardis-dev's own client. */
  async open(url: string): Promise<void> {
    const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
    this.#socket = socket;
    socket.on("message", (data: Buffer) => this.#message(data));
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    for (const { symbol, body } of this.#stream.snapshots) this.#snapshot(symbol, body);
    this.#listen();
  }

  run(ask: string): Promise<void> {
    this.#socket?.send(ask);
    return this.countdown.done;
  }

  async close(): Promise<Result> {
    this.#socket?.terminate();
    return { sums: this.#log?.sums ?? this.#sums, slots: 0, hash: 0, faults: {} };
  }

  #message(data: Buffer): void {
    this.#map(JSON.parse(data.toString()));
    this.countdown.count();
    this.countdown.settle();
  }

  /** In the form their client wraps a fetched book in. */
  #snapshot(symbol: string, body: string): void {
    const stream = `${symbol.toLowerCase()}@depthSnapshot`;
    this.#map({ stream, generated: true, data: JSON.parse(body) as unknown });
  }

  #map(message: unknown): void {
    const now = new Date();
    for (const mapper of this.#mappers) {
      if (!mapper.canHandle(message)) continue;
      const events = mapper.map(message, now);
      if (events) for (const event of events) this.#emitter.emit(event.type, event);
    }
  }

  #listen(): void {
    if (this.#log !== null) return this.#keep(this.#log);
    const sums = this.#sums;
    this.#emitter.on("trade", (event: Trade) => {
      sums.events += 1;
      sums.sum = sums.sum + event.price + event.amount;
    });
    this.#emitter.on("book_ticker", (event: BookTicker) => {
      sums.events += 1;
      const bid = sums.sum + event.bidPrice! + event.bidAmount!;
      sums.sum = bid + event.askPrice! + event.askAmount!;
    });
    this.#emitter.on("book_change", (event: BookChange) => {
      sums.events += 1;
      for (const { price, amount } of event.bids) sums.sum = sums.sum + price + amount;
      for (const { price, amount } of event.asks) sums.sum = sums.sum + price + amount;
    });
  }

  /** Their events in our form, for the round that compares. Ids of quotes and books they do not hand on. */
  #keep(log: EventLog): void {
    const common = { venue: "binance", instrument: null, ts_recv: 0 };
    const levels = (of: BookPriceLevel[]): Level[] => of.map(({ price, amount }) => [price, amount]);
    this.#emitter.on("trade", ({ symbol, id, price, amount, side, timestamp }: Trade) => {
      const about = { ...common, symbol, ts_event: micros(timestamp), id: id ?? "" };
      log.add({ type: "trade", ...about, price, size: amount, side: side === "unknown" ? null : side });
    });
    this.#emitter.on("book_ticker", ({ symbol, ...of }: BookTicker) => {
      const bid = { bid_price: of.bidPrice ?? null, bid_size: of.bidAmount ?? null };
      const ask = { ask_price: of.askPrice ?? null, ask_size: of.askAmount ?? null };
      log.add({ type: "quote", ...common, symbol, ts_event: null, ...bid, ...ask, update_id: null });
    });
    this.#emitter.on("book_change", ({ symbol, bids, asks, timestamp }: BookChange) => {
      const sides = { bids: levels(bids), asks: levels(asks), seq: null, prev_seq: null };
      log.add({ type: "book", action: "update", ...common, symbol, ts_event: micros(timestamp), ...sides });
    });
  }
}

/** tardis-dev hangs the microseconds on the Date. */
function micros(date: Date & { μs?: number }): number {
  return date.getTime() * 1000 + (date.μs ?? 0);
}

servePipeline((order, log) => new TardisRound(order, log));
