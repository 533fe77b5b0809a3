import { FLAG, LONG, NUM, SIDE } from "../model/index.ts";
import type { Out, Slab } from "../model/index.ts";
import * as any from "./any-order.ts";
import { clear, decrement, depthFlags, emitQuote, emitTrade, nameEndOf } from "./binance-kit.ts";
import { millis, quotedDecimal } from "./kit.ts";

/**
 * Binance frames whose keys stand in another order, with white space or with keys that are new: the forms that come
 * often, without an object made. What is not whole and of known types is left to the reference reader, which says why.
 */

const NAMES = [
  "stream",
  "data",
  "e",
  "E",
  "T",
  "s",
  "t",
  "p",
  "q",
  "m",
  "X",
  "u",
  "b",
  "B",
  "a",
  "A",
  "f",
  "l",
];
const KEYS = any.names(...NAMES, "U", "pu", "lastUpdateId", "bids", "asks", "result", "error", "code");
const field = (name: string): number => [...NAMES, "U", "pu", "lastUpdateId", "bids", "asks"].indexOf(name);
const STREAM = field("stream");
const DATA = field("data");
const EVENT = field("e");
const SENT = field("E");
const TIME = field("T");
const SYMBOL = field("s");
const TRADE_ID = field("t");
const PRICE = field("p");
const QUANTITY = field("q");
const MAKER = field("m");
const TYPE = field("X");
const LAST_ID = field("u");
const BIDS = field("b");
const BID_SIZE = field("B");
const ASKS = field("a");
const ASK_SIZE = field("A");
const FIRST_TRADE = field("f");
const LAST_TRADE = field("l");
const FIRST_ID = field("U");
const PREVIOUS = field("pu");
const FULL_ID = field("lastUpdateId");
const FULL_BIDS = field("bids");
const FULL_ASKS = field("asks");

const EVENTS = any.names("trade", "aggTrade", "bookTicker", "depthUpdate");
const MARKET = any.names("MARKET");
const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const LOWER_F = 0x66;
const LOWER_T = 0x74;
const NINE = 0x39;
/** More digits than these may be more than a JSON number holds: sixteen that begin with a nine. */
const SAFE_DIGITS = 15;

/** Where the values of the frame at hand lie. The memory of a pure function: nothing of a frame outlives its call. */
const at = new Int32Array(2 * KEYS.count);

/** Reads a frame; false leaves it to the reference, after another `begin`. */
export function readAnyOrder(slab: Slab, start: number, end: number, out: Out): boolean {
  if (!whole(slab, start, end)) return false;
  let stream = -1;
  if (any.has(at, STREAM) && any.has(at, DATA)) {
    stream = any.textAt(slab, at, STREAM);
    const data = at[2 * DATA]!;
    // A name of no letters is no name for the reference.
    if (stream < 0 || at[2 * STREAM + 1]! - stream === 1) return false;
    if (any.objectAt(slab, data, end, KEYS, at) < 0) return false;
  }
  return any.has(at, EVENT) ? event(slab, stream, out) : eventless(slab, stream, out);
}

/** A REST depth body. */
export function bookAnyOrder(slab: Slab, start: number, end: number, instrument: number, out: Out): boolean {
  return whole(slab, start, end) && fullBook(slab, instrument, out);
}

function whole(slab: Slab, start: number, end: number): boolean {
  const next = any.objectAt(slab, any.spaceEnd(slab, start), end, KEYS, at);
  return next > 0 && next <= end && any.spaceEnd(slab, next) >= end;
}

function event(slab: Slab, stream: number, out: Out): boolean {
  switch (any.wordAt(slab, at, EVENT, EVENTS)) {
    case 0:
      return trade(slab, TRADE_ID, out);
    case 1:
      return isSafe(slab, FIRST_TRADE) && isSafe(slab, LAST_TRADE) && trade(slab, ASKS, out);
    case 2:
      return isSafe(slab, SENT) && stamp(slab, TIME, out) && quote(slab, out);
    case 3:
      return depth(slab, stream, out);
    default:
      return false;
  }
}

/** Spot's book ticker and partial book say not what they are. */
function eventless(slab: Slab, stream: number, out: Out): boolean {
  for (let i = 2 * FULL_ASKS + 2; i < at.length; i += 2) if (at[i] !== 0) return false;
  if (any.has(at, FULL_ID)) {
    const name = stream < 0 ? -1 : nameEndOf(slab, stream);
    return fullBook(slab, stream < 0 ? -1 : out.instrument(slab.bytes, stream, name), out);
  }
  clear(out, LONG.TS);
  return quote(slab, out);
}

function isSafe(slab: Slab, name: number): boolean {
  if (!any.isWholeAt(slab, at, name, SAFE_DIGITS + 1)) return false;
  return at[2 * name + 1]! - at[2 * name]! <= SAFE_DIGITS || slab.bytes[at[2 * name]!]! < NINE;
}

function id(slab: Slab, name: number, out: Out, reg: number): boolean {
  return isSafe(slab, name) && any.integerAt(slab, at, name, out, reg);
}

function stamp(slab: Slab, name: number, out: Out): boolean {
  return any.has(at, name) && millis(slab, at[2 * name]!, out) === at[2 * name + 1];
}

/** `true` or `false` (the walk proved the rest of the word): its first letter, or 0. */
function letter(slab: Slab, name: number): number {
  const c = slab.bytes[at[2 * name]!]!;
  return any.has(at, name) && (c === LOWER_T || c === LOWER_F) ? c : 0;
}

function trade(slab: Slab, number: number, out: Out): boolean {
  const symbol = any.textAt(slab, at, SYMBOL);
  const maker = letter(slab, MAKER);
  if (symbol < 0 || maker === 0 || !isSafe(slab, SENT)) return false;
  if (!any.quotedAt(slab, at, PRICE, out, NUM.PRICE) || !any.quotedAt(slab, at, QUANTITY, out, NUM.SIZE))
    return false;
  if (!id(slab, number, out, LONG.ID) || !stamp(slab, TIME, out)) return false;
  if (number === TRADE_ID && any.has(at, TYPE) && any.wordAt(slab, at, TYPE, MARKET) < 0) return true;
  return emitTrade(slab, symbol, at[2 * SYMBOL + 1]! - 1, maker === LOWER_T, out);
}

function quote(slab: Slab, out: Out): boolean {
  const symbol = any.textAt(slab, at, SYMBOL);
  if (symbol < 0 || !id(slab, LAST_ID, out, LONG.ID)) return false;
  const bid =
    any.quotedAt(slab, at, BIDS, out, NUM.BID_PRICE) && any.quotedAt(slab, at, BID_SIZE, out, NUM.BID_SIZE);
  const ask =
    bid &&
    any.quotedAt(slab, at, ASKS, out, NUM.ASK_PRICE) &&
    any.quotedAt(slab, at, ASK_SIZE, out, NUM.ASK_SIZE);
  return ask && emitQuote(slab, symbol, at[2 * SYMBOL + 1]! - 1, out);
}

function depth(slab: Slab, stream: number, out: Out): boolean {
  const futures = any.has(at, TIME);
  const flags = stream < 0 ? 0 : depthFlags(slab, stream);
  const symbol = any.textAt(slab, at, SYMBOL);
  if (flags < 0 || symbol < 0 || futures !== any.has(at, PREVIOUS) || !isSafe(slab, SENT)) return false;
  const linked = futures
    ? isSafe(slab, FIRST_ID) && id(slab, PREVIOUS, out, LONG.PREV)
    : id(slab, FIRST_ID, out, LONG.PREV) && decrement(out, LONG.PREV);
  if (!linked || !id(slab, LAST_ID, out, LONG.ID) || !stamp(slab, futures ? TIME : SENT, out)) return false;
  const instrument = out.instrument(slab.bytes, symbol, at[2 * SYMBOL + 1]! - 1);
  return book(slab, BIDS, ASKS, instrument, flags, out);
}

function fullBook(slab: Slab, instrument: number, out: Out): boolean {
  clear(out, LONG.PREV);
  clear(out, LONG.TS);
  if (!id(slab, FULL_ID, out, LONG.ID)) return false;
  if (any.has(at, TIME) && !(isSafe(slab, SENT) && stamp(slab, TIME, out))) return false;
  return book(slab, FULL_BIDS, FULL_ASKS, instrument, FLAG.SNAPSHOT, out);
}

function book(slab: Slab, bids: number, asks: number, instrument: number, flags: number, out: Out): boolean {
  const known = instrument >= 0;
  if (known) out.openBook(instrument, flags);
  if (!levels(slab, bids, known ? SIDE.BID : SIDE.NONE, out)) return false;
  if (!levels(slab, asks, known ? SIDE.ASK : SIDE.NONE, out)) return false;
  if (known) out.book(instrument, flags);
  return true;
}

function levels(slab: Slab, list: number, side: number, out: Out): boolean {
  const bytes = slab.bytes;
  const end = at[2 * list + 1]!;
  for (let p = any.firstItem(slab, at[2 * list]!, end); p !== end; p = any.nextItem(slab, p + 1, end)) {
    if (p < 0 || bytes[p] !== OPEN) return false;
    p = quotedDecimal(slab, any.spaceEnd(slab, p + 1), out, NUM.PRICE);
    p = p < 0 ? -1 : any.spaceEnd(slab, p);
    if (bytes[p] !== COMMA) return false;
    p = quotedDecimal(slab, any.spaceEnd(slab, p + 1), out, NUM.SIZE);
    p = p < 0 ? -1 : any.spaceEnd(slab, p);
    if (bytes[p] !== CLOSE) return false;
    if (side !== SIDE.NONE) out.level(side);
  }
  return true;
}
