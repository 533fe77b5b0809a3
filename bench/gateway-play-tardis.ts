/**
 * Client of the flood: `ws`, JSON.parse, tardis-dev's mappers, and an EventEmitter with a listener per type. Mapped
 * in the message handler, as tardis-dev's own normalizeMessages does but without its two layers of async generators,
 * which cost more than all the rest. It keeps no books, checks no sequence and writes nothing anywhere.
 */
import { EventEmitter } from "node:events";
import { normalizeBookChanges, normalizeBookTickers, normalizeTrades } from "tardis-dev";
import { WebSocket } from "ws";
import { Countdown, servePlayer } from "./gateway-player.ts";
import type { RecordedConnection } from "./frames-record.ts";
import type { Played, Round } from "./gateway-player.ts";

/** Ours to theirs. */
const EXCHANGES = { binance: "binance", "binance-usdm": "binance-futures" } as const;

interface Mapped {
  type: string;
}
interface AnyMapper {
  canHandle(message: unknown): boolean;
  map(message: unknown, localTimestamp: Date): Iterable<Mapped> | void;
}

function mappersOf(venue: string): AnyMapper[] {
  if (!(venue in EXCHANGES)) throw new RangeError(`expected a venue tardis-dev maps, saw ${venue}`);
  const exchange = EXCHANGES[venue as keyof typeof EXCHANGES];
  const now = new Date();
  const mappers = [
    normalizeTrades(exchange, now),
    normalizeBookChanges(exchange, now),
    normalizeBookTickers(exchange, now),
  ];
  return mappers as AnyMapper[];
}

class Connection {
  readonly #recorded: RecordedConnection;
  readonly #mappers: AnyMapper[];
  readonly #emitter: EventEmitter;
  readonly #countdown: Countdown;
  #socket: WebSocket | null = null;
  #seen = 0;
  #next = 0;

  constructor(recorded: RecordedConnection, emitter: EventEmitter, countdown: Countdown) {
    this.#recorded = recorded;
    this.#mappers = mappersOf(recorded.venue);
    this.#emitter = emitter;
    this.#countdown = countdown;
  }

  /** The options of tardis-dev's own client. */
  open(port: number): Promise<void> {
    const url = `ws://127.0.0.1:${port}/${this.#recorded.venue}`;
    const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
    this.#socket = socket;
    socket.on("message", (data: Buffer) => this.#message(data));
    return new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
  }

  go(): void {
    this.#socket?.send("go");
  }

  close(): void {
    this.#socket?.terminate();
  }

  #message(data: Buffer): void {
    this.#map(JSON.parse(data.toString()));
    this.#seen += 1;
    while (this.#recorded.snapshots[this.#next]?.after === this.#seen) this.#snapshot();
    this.#countdown.count();
  }

  /** In the form their client wraps a fetched book in. */
  #snapshot(): void {
    const { symbol, body } = this.#recorded.snapshots[this.#next];
    const stream = `${symbol.toLowerCase()}@depthSnapshot`;
    this.#map({ stream, generated: true, data: JSON.parse(body) as unknown });
    this.#next += 1;
  }

  #map(message: unknown): void {
    const now = new Date();
    for (const mapper of this.#mappers) {
      if (!mapper.canHandle(message)) continue;
      const events = mapper.map(message, now);
      if (events) for (const event of events) this.#emitter.emit(event.type, event);
    }
  }
}

class TardisRound implements Round {
  readonly #emitter = new EventEmitter();
  readonly #countdown: Countdown;
  readonly #connections: Connection[];
  readonly #counts = { trades: 0, quotes: 0, books: 0 };

  constructor(recorded: readonly RecordedConnection[]) {
    this.#countdown = new Countdown(recorded);
    this.#emitter.on("trade", () => (this.#counts.trades += 1));
    this.#emitter.on("book_ticker", () => (this.#counts.quotes += 1));
    this.#emitter.on("book_change", () => (this.#counts.books += 1));
    this.#connections = recorded.map((one) => new Connection(one, this.#emitter, this.#countdown));
  }

  async open(port: number): Promise<void> {
    await Promise.all(this.#connections.map((one) => one.open(port)));
  }

  run(): Promise<void> {
    for (const one of this.#connections) one.go();
    return this.#countdown.done;
  }

  async close(): Promise<Omit<Played, "ns" | "cpu" | "messages">> {
    for (const one of this.#connections) one.close();
    return { ...this.#counts, faults: {}, state: null };
  }
}

servePlayer((recorded) => new TardisRound(recorded));
