/** What a recording holds, read with JSON.parse and plain maps: the truth both clients are held to. */
import { readFileSync } from "node:fs";
import type { RecordedConnection } from "./frames-record.ts";

/** Both sides of a book, best first, at most DEPTH levels each. */
export interface Book {
  bids: [number, number][];
  asks: [number, number][];
}

export interface Expected {
  frames: number;
  trades: number;
  quotes: number;
  diffs: number;
  /** Levels of the diffs. */
  levels: number;
  snapshots: number;
  /** Diffs that apply to a snapshot: those older than it do not. */
  applied: number;
  /** Diffs behind a snapshot in the stream. */
  behind: number;
  /** By venue and symbol. */
  books: Record<string, Book>;
}

export const DEPTH = 50;

/** Levels of one side by price. */
type Side = Map<number, number>;

interface Diff {
  s: string;
  U: number;
  u: number;
  b: [string, string][];
  a: [string, string][];
}

interface Market {
  bids: Side;
  asks: Side;
  last: number;
  ready: boolean;
  waiting: Diff[];
}

export function expectedOf(connections: readonly RecordedConnection[]): Expected {
  const expected: Expected = {
    frames: 0,
    trades: 0,
    quotes: 0,
    diffs: 0,
    levels: 0,
    snapshots: 0,
    applied: 0,
    behind: 0,
    books: {},
  };
  for (const connection of connections) new Reading(connection, expected).run();
  return expected;
}

class Reading {
  readonly #connection: RecordedConnection;
  readonly #expected: Expected;
  readonly #markets = new Map<string, Market>();

  constructor(connection: RecordedConnection, expected: Expected) {
    this.#connection = connection;
    this.#expected = expected;
    for (const symbol of connection.symbols)
      this.#markets.set(symbol, { bids: new Map(), asks: new Map(), last: 0, ready: false, waiting: [] });
  }

  run(): void {
    const { snapshots, symbols, venue } = this.#connection;
    let at = 0;
    let next = 0;
    for (const payload of payloads(readFileSync(this.#connection.file))) {
      this.#frame(JSON.parse(payload.toString("utf8")) as { stream: string; data: unknown });
      at += 1;
      for (; snapshots[next]?.after === at; next++)
        this.#snapshot(snapshots[next].symbol, snapshots[next].body);
    }
    this.#expected.frames += at;
    for (const symbol of symbols) this.#expected.books[`${venue} ${symbol}`] = bookOf(this.#market(symbol));
  }

  #market(symbol: string): Market {
    const market = this.#markets.get(symbol);
    if (market === undefined) throw new Error(`expected a subscribed symbol, saw ${symbol}`);
    return market;
  }

  #frame({ stream, data }: { stream: string; data: unknown }): void {
    if (stream.endsWith("@trade")) this.#expected.trades += 1;
    else if (stream.endsWith("@bookTicker")) this.#expected.quotes += 1;
    else if (stream.includes("@depth")) this.#diff(data as Diff);
    else throw new Error(`expected trades, quotes and diffs, saw ${stream}`);
  }

  #diff(diff: Diff): void {
    const market = this.#market(diff.s);
    this.#expected.diffs += 1;
    this.#expected.levels += diff.b.length + diff.a.length;
    if (!market.ready) market.waiting.push(diff);
    else {
      this.#expected.behind += 1;
      this.#apply(market, diff);
    }
  }

  #snapshot(symbol: string, body: string): void {
    const market = this.#market(symbol);
    const { lastUpdateId, bids, asks } = JSON.parse(body) as Record<string, [string, string][]> & {
      lastUpdateId: number;
    };
    this.#expected.snapshots += 1;
    market.last = lastUpdateId;
    market.ready = true;
    set(market.bids, bids);
    set(market.asks, asks);
    for (const diff of market.waiting.splice(0)) this.#apply(market, diff);
  }

  #apply(market: Market, diff: Diff): void {
    // Futures allow a diff that ends with the snapshot's own id (step 3); it changes nothing.
    if (diff.u <= market.last) return;
    this.#expected.applied += 1;
    set(market.bids, diff.b);
    set(market.asks, diff.a);
  }
}

function set(side: Side, levels: readonly [string, string][]): void {
  for (const [price, size] of levels) {
    if (Number(size) === 0) side.delete(Number(price));
    else side.set(Number(price), Number(size));
  }
}

function bookOf({ bids, asks }: Market): Book {
  return {
    bids: [...bids].toSorted((a, b) => b[0] - a[0]).slice(0, DEPTH),
    asks: [...asks].toSorted((a, b) => a[0] - b[0]).slice(0, DEPTH),
  };
}

/** Payloads of unmasked frames in one piece (RFC 6455 section 5.2). */
function* payloads(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length;) {
    const short = bytes[at + 1];
    const from = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : bytes.readUInt32BE(at + 6);
    at = from + length;
    yield bytes.subarray(from, at);
  }
}
