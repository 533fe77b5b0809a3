/**
 * Seeded Binance Spot streams as websocket frames, written by the venue's own encoder, and what they hold.
 *
 * bookTicker: quotes alone. mix: a third each of quotes, trades and book changes. A change has one to twenty levels, five
 * on average, as the recorded sessions have (2.4 on spot, 8.2 on USD-M futures); their distance from the touch is that of
 * streams/book-ops.ts. Sequences are whole: every book is proved from its snapshot to the last frame.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { instrumentOf, SIDE } from "../src/model/index.ts";
import { frameOf, OPCODE } from "../src/simulator/wire.ts";
import { binance } from "../src/venues/binance/venue.ts";
import { EventLog } from "./e2e-events.ts";
import { seeded } from "./harness.ts";
import { synthetic, WORDS } from "./streams/book-ops.ts";
import type { Sums } from "./e2e-events.ts";
import type { Instrument, Level, MarketEvent, Subscription } from "../src/model/index.ts";

export const STREAMS = ["bookTicker", "mix"] as const;
export type StreamName = (typeof STREAMS)[number];

/** A stream as its pipelines and its server get it. */
export interface Stream {
  name: StreamName;
  symbols: string[];
  instruments: Instrument[];
  /** REST bodies by symbol, to be taken before the first frame; none where no books are in the stream. */
  snapshots: { symbol: string; body: string }[];
  frames: number;
  bytes: number;
  /** All frames as they cross the wire, headers included, one behind the other. */
  file: string;
  sums: Sums;
}

const SYMBOLS = ["BTC", "ETH", "SOL", "XRP", "DOGE", "ADA", "LINK", "LTC"].map((base) => `${base}USDT`);
/** Decimals of each one's prices: they differ as those of real symbols do. */
const DECIMALS = [2, 2, 2, 4, 5, 4, 3, 2];
const NOW = 1_779_955_201_000_000;
const LEVELS = 500;
const MEAN_LEVELS = 5;
const MOST_LEVELS = 20;

interface Market {
  instrument: Instrument;
  scale: number;
  ops: Float64Array;
  at: number;
  trade: number;
  update: number;
  /** Middle of the quotes, ticks. */
  mid: number;
  seq: number;
}

/** Writes the stream's file; returns it and the rows of all its events, in order. */
export function makeStream(
  name: StreamName,
  frames: number,
  folder: string,
): { stream: Stream; rows: Float64Array } {
  const writing = new Writing(name, frames);
  for (let i = 0; i < frames; i++) writing.next(i);
  const bytes = Buffer.concat(writing.payloads.map((one) => frameOf(OPCODE.TEXT, one)));
  const file = join(folder, `${name}.frames`);
  writeFileSync(file, bytes);
  const instruments = writing.markets.map(({ instrument }) => instrument);
  const { snapshots, log } = writing;
  const about = { name, symbols: SYMBOLS, instruments, snapshots };
  return { stream: { ...about, frames, bytes: bytes.length, file, sums: log.sums }, rows: log.rows };
}

class Writing {
  readonly markets: Market[];
  readonly snapshots: { symbol: string; body: string }[] = [];
  readonly payloads: Buffer[] = [];
  readonly log = new EventLog(SYMBOLS);
  readonly #books: boolean;
  readonly #random = seeded(3);
  readonly #connection = { path: "/stream", sequence: 0, active: [], now: () => NOW };

  constructor(name: StreamName, frames: number) {
    this.#books = name === "mix";
    const changes = this.#books ? Math.ceil((frames / 3 / SYMBOLS.length) * MEAN_LEVELS * 1.1) : 0;
    this.markets = SYMBOLS.map((symbol, i) => this.#market(symbol, DECIMALS[i], changes));
  }

  next(i: number): void {
    const market = this.markets[Math.floor(this.#random() * this.markets.length)];
    const kind = this.#books ? i % 3 : 0;
    const common = { venue: binance.id, symbol: market.instrument.symbol, instrument: null, ts_recv: 0 };
    if (kind === 0) this.#write(market, "quote", this.#quote(market, common));
    else if (kind === 1) this.#write(market, "trade", this.#trade(market, common, timeOf(i)));
    else this.#write(market, "book", this.#change(market, common, timeOf(i)));
  }

  #market(symbol: string, decimals: number, changes: number): Market {
    const canonical = binance.canonical(symbol) ?? "";
    const precision = {
      tick: Number(`1e-${decimals}`),
      lot: 1e-5,
      pricePrecision: decimals,
      sizePrecision: 5,
    };
    const instrument = instrumentOf({ symbol, canonical, ...precision });
    const { base, ops } = synthetic(LEVELS, changes);
    const seq = 72_000_000_000;
    const market = {
      instrument,
      scale: 10 ** decimals,
      ops,
      at: 0,
      trade: 5_012_345_678,
      update: seq,
      mid: 3_000_000,
      seq,
    };
    if (!this.#books) return market;
    const sides = [SIDE.BID, SIDE.ASK].map((side) =>
      levelsOf(base, side, market.scale).map((level) => level.map(String)),
    );
    const [bids, asks] = sides;
    this.snapshots.push({ symbol, body: JSON.stringify({ lastUpdateId: seq, bids, asks }) });
    return market;
  }

  #write(market: Market, channel: Subscription["channel"], event: MarketEvent): void {
    const { instrument } = market;
    const subscription = { channel, symbol: instrument.symbol };
    this.payloads.push(Buffer.from(binance.server.encode(event, instrument, subscription, this.#connection)));
    this.log.add(event);
  }

  #size(): number {
    return Math.ceil(this.#random() ** 4 * 1e7) / 1e5;
  }

  #quote(market: Market, common: Common): MarketEvent {
    market.mid += Math.floor(this.#random() * 41) - 20;
    market.update += 1 + Math.floor(this.#random() * 9);
    return {
      type: "quote",
      ...common,
      bid_price: market.mid / market.scale,
      bid_size: this.#size(),
      ask_price: (market.mid + 1) / market.scale,
      ask_size: this.#size(),
      update_id: String(market.update),
      ts_event: null,
    };
  }

  #trade(market: Market, common: Common, now: number): MarketEvent {
    market.trade += 1;
    return {
      type: "trade",
      ...common,
      id: String(market.trade),
      price: (market.mid + (market.trade % 2)) / market.scale,
      size: this.#size(),
      side: market.trade % 2 === 1 ? "buy" : "sell",
      ts_event: now,
    };
  }

  #change(market: Market, common: Common, now: number): MarketEvent {
    const prev = market.seq;
    market.seq += 1 + Math.floor(this.#random() * 30);
    const count = this.#levels();
    const part = market.ops.subarray(market.at, market.at + count * WORDS);
    market.at += part.length;
    if (part.length < WORDS) throw new Error(`expected more changes for ${common.symbol}, saw their end`);
    return {
      type: "book",
      action: "update",
      ...common,
      bids: levelsOf(part, SIDE.BID, market.scale),
      asks: levelsOf(part, SIDE.ASK, market.scale),
      seq: String(market.seq),
      prev_seq: String(prev),
      ts_event: now,
    };
  }

  /** Geometric with a mean of MEAN_LEVELS: half of the changes have three levels or fewer, a tenth eleven or more. */
  #levels(): number {
    const drawn = 1 + Math.floor(Math.log(1 - this.#random()) / Math.log(1 - 1 / MEAN_LEVELS));
    return Math.min(MOST_LEVELS, drawn);
  }
}

type Common = { venue: string; symbol: string; instrument: null; ts_recv: number };

/** Milliseconds, as the venue sends unless it is asked for more: tardis-dev is quicker with them. */
function timeOf(i: number): number {
  return NOW + Math.floor(i / 50) * 1000;
}

/** Prices of book-ops.ts are multiples of 0.01: the same ticks in another currency. */
function levelsOf(ops: Float64Array, side: number, scale: number): Level[] {
  const found: Level[] = [];
  for (let at = 0; at < ops.length; at += WORDS)
    if (ops[at + 1] === side) found.push([Math.round(ops[at + 2] * 100) / scale, ops[at + 3]]);
  return found;
}
