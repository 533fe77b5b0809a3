import { putText, SIDE, toMicros } from "../model/index.ts";
import type { Instrument, Level } from "../model/index.ts";
import type { K4Product, K4Writer } from "./compat-k4.ts";
import type { DepthOfBook } from "./depth-table.ts";
import { DEPTH_ROW, TOP_ROW } from "./layout.ts";
import type { RowCopy } from "./rows.ts";
import { DOUBLE, slotSide, WORD } from "./slot.ts";
import type { SlotViews } from "./slot.ts";

/**
 * The records of compat-k4.ts, each composed from what the log or a table says. Counts of orders, and the first and last id of an
 * aggregate, are not on the log: they are 0. Where the venue tells one time of an event, it is both of a record's.
 */

const TWO_32 = 4294967296;
const EVENT_TS = 40 / 4;
const TRADE_TS = 48 / 4;
const ID = 56 / 4;
const LEVELS = 5;
const COUNTS = DEPTH_ROW.at.bid_count / 4;
const BIDS = DEPTH_ROW.at.bids / 8;
const ASKS = DEPTH_ROW.at.asks / 8;

const QUOTE = { bidPrice: 64 / 8, local: 104 / 4 };
const TRADE = { price: 64 / 8, maker: 80, local: 88 / 4 };
const AGGREGATE = { id: 72 / 4, price: 80 / 8, maker: 100, local: 104 / 4 };
const DEPTH = {
  bidLevel: 64 / 4,
  askLevel: 68 / 4,
  lastPrice: 72 / 8,
  bidPrice: 80 / 8,
  bidSize: 120 / 8,
  askPrice: 160 / 8,
  askSize: 200 / 8,
  local: 280 / 4,
};

/** Where a record is composed: a region's writer, or a datagram. */
export type K4Cells = Pick<K4Writer, "i32" | "f64" | "u8">;

/** product_type of an instrument by what it is, where nobody says another one. */
export function k4ProductOf({ kind, sizeUnit }: Pick<Instrument, "kind" | "sizeUnit">): K4Product {
  if (kind === "spot" || kind === "index") return "spot";
  if (kind === "option") return "options";
  return sizeUnit === "quote" ? "coin_margin" : "u_margin";
}

/** A bookticker from a quote slot. */
export function putK4Quote({ i32, f64 }: K4Cells, slots: SlotViews, word: number): void {
  times(i32, slots.i32, word + WORD.TS_EVENT, word + WORD.TS_RECV, QUOTE.local);
  long(i32, ID, slots.i32, word + WORD.QUOTE_ID);
  quote(f64, slots.f64, (word >> 1) + DOUBLE.BID_PRICE);
}

/** A bookticker from a row of the top table, as TopReader took it. */
export function putK4Top({ i32, f64 }: K4Cells, row: RowCopy): void {
  times(i32, row.i32, TOP_ROW.at.ts_event / 4, TOP_ROW.at.ts_recv / 4, QUOTE.local);
  long(i32, ID, row.i32, TOP_ROW.at.update_id / 4);
  quote(f64, row.f64, TOP_ROW.at.bid_price / 8);
}

/** A trade from a trade slot. */
export function putK4Trade({ i32, f64, u8 }: K4Cells, slots: SlotViews, word: number): void {
  times(i32, slots.i32, word + WORD.TS_EVENT, word + WORD.TS_RECV, TRADE.local);
  long(i32, ID, slots.i32, word + WORD.TRADE_ID);
  const from = (word >> 1) + DOUBLE.PRICE;
  f64[TRADE.price] = slots.f64[from]!;
  f64[TRADE.price + 1] = slots.f64[from + 1]!;
  u8[TRADE.maker] = slotSide(slots, word) === SIDE.SELL ? 1 : 0;
}

/** An aggregate trade from a trade slot. */
export function putK4Aggregate({ i32, f64, u8 }: K4Cells, slots: SlotViews, word: number): void {
  times(i32, slots.i32, word + WORD.TS_EVENT, word + WORD.TS_RECV, AGGREGATE.local);
  long(i32, AGGREGATE.id, slots.i32, word + WORD.TRADE_ID);
  const from = (word >> 1) + DOUBLE.PRICE;
  f64[AGGREGATE.price] = slots.f64[from]!;
  f64[AGGREGATE.price + 1] = slots.f64[from + 1]!;
  u8[AGGREGATE.maker] = slotSide(slots, word) === SIDE.SELL ? 1 : 0;
}

/** A depth5 from a row of the depth table, as DepthReader took it. `lastPrice`: of the last trade, 0 before the first. */
export function putK4Depth({ i32, f64 }: K4Cells, row: RowCopy, lastPrice: number): void {
  times(i32, row.i32, DEPTH_ROW.at.ts_event / 4, DEPTH_ROW.at.ts_recv / 4, DEPTH.local);
  long(i32, ID, row.i32, DEPTH_ROW.at.seq / 4);
  const counts = row.i32[COUNTS]!;
  i32[DEPTH.bidLevel] = side(f64, DEPTH.bidPrice, DEPTH.bidSize, row.f64, BIDS, counts & 0xffff);
  i32[DEPTH.askLevel] = side(f64, DEPTH.askPrice, DEPTH.askSize, row.f64, ASKS, counts >>> 16);
  f64[DEPTH.lastPrice] = lastPrice;
}

/** The same from a book as it was read before. */
export function putK4Levels({ i32, f64 }: K4Cells, depth: DepthOfBook, lastPrice: number): void {
  micros(i32, EVENT_TS, depth.tsEvent);
  micros(i32, TRADE_TS, depth.tsEvent);
  micros(i32, DEPTH.local, depth.tsRecv);
  putText(depth.seq, i32, ID);
  i32[DEPTH.bidLevel] = bestOf(f64, DEPTH.bidPrice, DEPTH.bidSize, depth.bids);
  i32[DEPTH.askLevel] = bestOf(f64, DEPTH.askPrice, DEPTH.askSize, depth.asks);
  f64[DEPTH.lastPrice] = lastPrice;
}

function bestOf(to: Float64Array, prices: number, sizes: number, from: readonly Level[]): number {
  const best = from.slice(0, LEVELS);
  best.forEach(([price, size], i) => {
    to[prices + i] = price;
    to[sizes + i] = size;
  });
  return best.length;
}

/** A bookticker that says: no quote. `us`: since when, UNIX. */
export function putK4NoQuote({ i32 }: K4Cells, us: number): void {
  micros(i32, QUOTE.local, us);
}

/** A depth5 that says: no levels. */
export function putK4NoDepth({ i32, f64 }: K4Cells, us: number, lastPrice: number): void {
  micros(i32, DEPTH.local, us);
  f64[DEPTH.lastPrice] = lastPrice;
}

/** Price of a trade slot. */
export function tradePrice({ f64 }: SlotViews, word: number): number {
  return f64[(word >> 1) + DOUBLE.PRICE]!;
}

/** Bid and ask with their sizes; a side that is not there is zero. */
function quote(to: Float64Array, from: Float64Array, at: number): void {
  for (let i = 0; i < 4; i++) {
    const value = from[at + i]!;
    to[QUOTE.bidPrice + i] = value === value ? value : 0;
  }
}

function side(
  to: Float64Array,
  prices: number,
  sizes: number,
  from: Float64Array,
  at: number,
  count: number,
): number {
  const levels = Math.min(LEVELS, count);
  for (let i = 0; i < levels; i++) {
    to[prices + i] = from[at + 2 * i]!;
    to[sizes + i] = from[at + 2 * i + 1]!;
  }
  return levels;
}

function times(to: Int32Array, from: Int32Array, event: number, receive: number, local: number): void {
  const us = toMicros(from[event + 1]!, from[event]!);
  micros(to, EVENT_TS, us);
  micros(to, TRADE_TS, us);
  micros(to, local, toMicros(from[receive + 1]!, from[receive]!));
}

function micros(to: Int32Array, at: number, us: number): void {
  to[at] = us;
  to[at + 1] = us / TWO_32;
}

function long(to: Int32Array, at: number, from: Int32Array, word: number): void {
  to[at] = from[word]!;
  to[at + 1] = from[word + 1]!;
}
