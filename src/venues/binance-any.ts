import { FLAG, LONG, NUM, SIDE } from "../model/index.ts";
import type { Out, Slab } from "../model/index.ts";
import * as any from "./any-order.ts";
import { clear, decrement, depthFlags, emitQuote, emitTrade, nameEndOf } from "./binance-kit.ts";

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

/** Nodes of the values of the object at hand, by the numbers of their keys. */
const at = new Int32Array(KEYS.count);

/** Reads a frame; false leaves it to the reference, after another `begin`. */
export function readAnyOrder(slab: Slab, start: number, end: number, out: Out): boolean {
  if (!any.walk(slab, start, end, KEYS)) return false;
  any.fields(0, KEYS.count, at);
  let stream = -1;
  if (at[STREAM] !== 0 && at[DATA] !== 0) {
    const name = at[STREAM]!;
    const data = at[DATA]!;
    stream = any.textOf(slab, name);
    // A name of no letters is no name for the reference.
    if (stream < 0 || any.textEndOf(slab, name) === stream || !any.isObject(slab, data)) return false;
    any.fields(data, KEYS.count, at);
  }
  return at[EVENT] === 0 ? eventless(slab, stream, out) : event(slab, stream, out);
}

/** A REST depth body. */
export function bookAnyOrder(slab: Slab, start: number, end: number, instrument: number, out: Out): boolean {
  if (!any.walk(slab, start, end, KEYS)) return false;
  any.fields(0, KEYS.count, at);
  return fullBook(slab, instrument, out);
}

function event(slab: Slab, stream: number, out: Out): boolean {
  switch (any.wordOf(slab, at[EVENT]!, EVENTS)) {
    case 0:
      return trade(slab, TRADE_ID, out);
    case 1:
      return (
        any.isSafe(slab, at[FIRST_TRADE]!) && any.isSafe(slab, at[LAST_TRADE]!) && trade(slab, ASKS, out)
      );
    case 2:
      return any.isSafe(slab, at[SENT]!) && any.stamp(slab, at[TIME]!, out) && quote(slab, out);
    case 3:
      return depth(slab, stream, out);
    default:
      return false;
  }
}

/** Spot's book ticker and partial book say not what they are. */
function eventless(slab: Slab, stream: number, out: Out): boolean {
  for (let i = FULL_ASKS + 1; i < at.length; i++) if (at[i] !== 0) return false;
  if (at[FULL_ID] !== 0) {
    const known = stream < 0 ? -1 : out.instrument(slab.bytes, stream, nameEndOf(slab, stream));
    return fullBook(slab, known, out);
  }
  clear(out, LONG.TS);
  return quote(slab, out);
}

function id(slab: Slab, name: number, out: Out, reg: number): boolean {
  return any.isSafe(slab, at[name]!) && any.whole(slab, at[name]!, out, reg);
}

function trade(slab: Slab, number: number, out: Out): boolean {
  const symbol = any.textOf(slab, at[SYMBOL]!);
  const maker = any.truth(slab, at[MAKER]!);
  if (symbol < 0 || maker < 0 || !any.isSafe(slab, at[SENT]!)) return false;
  if (!any.quoted(slab, at[PRICE]!, out, NUM.PRICE) || !any.quoted(slab, at[QUANTITY]!, out, NUM.SIZE))
    return false;
  if (!id(slab, number, out, LONG.ID) || !any.stamp(slab, at[TIME]!, out)) return false;
  if (number === TRADE_ID && at[TYPE] !== 0 && any.wordOf(slab, at[TYPE]!, MARKET) < 0) return true;
  return emitTrade(slab, symbol, any.textEndOf(slab, at[SYMBOL]!), maker === 1, out);
}

function quote(slab: Slab, out: Out): boolean {
  const symbol = any.textOf(slab, at[SYMBOL]!);
  if (symbol < 0 || !id(slab, LAST_ID, out, LONG.ID)) return false;
  if (!any.quoted(slab, at[BIDS]!, out, NUM.BID_PRICE) || !any.quoted(slab, at[BID_SIZE]!, out, NUM.BID_SIZE))
    return false;
  if (!any.quoted(slab, at[ASKS]!, out, NUM.ASK_PRICE) || !any.quoted(slab, at[ASK_SIZE]!, out, NUM.ASK_SIZE))
    return false;
  return emitQuote(slab, symbol, any.textEndOf(slab, at[SYMBOL]!), out);
}

function depth(slab: Slab, stream: number, out: Out): boolean {
  const futures = at[TIME] !== 0;
  const flags = stream < 0 ? 0 : depthFlags(slab, stream);
  const symbol = any.textOf(slab, at[SYMBOL]!);
  if (flags < 0 || symbol < 0 || futures !== (at[PREVIOUS] !== 0) || !any.isSafe(slab, at[SENT]!))
    return false;
  const linked = futures
    ? any.isSafe(slab, at[FIRST_ID]!) && id(slab, PREVIOUS, out, LONG.PREV)
    : id(slab, FIRST_ID, out, LONG.PREV) && decrement(out, LONG.PREV);
  if (!linked || !id(slab, LAST_ID, out, LONG.ID)) return false;
  if (!any.stamp(slab, at[futures ? TIME : SENT]!, out)) return false;
  const instrument = out.instrument(slab.bytes, symbol, any.textEndOf(slab, at[SYMBOL]!));
  return book(slab, at[BIDS]!, at[ASKS]!, instrument, flags, out);
}

function fullBook(slab: Slab, instrument: number, out: Out): boolean {
  clear(out, LONG.PREV);
  clear(out, LONG.TS);
  if (!id(slab, FULL_ID, out, LONG.ID)) return false;
  if (at[TIME] !== 0 && !(any.isSafe(slab, at[SENT]!) && any.stamp(slab, at[TIME]!, out))) return false;
  return book(slab, at[FULL_BIDS]!, at[FULL_ASKS]!, instrument, FLAG.SNAPSHOT, out);
}

function book(slab: Slab, bids: number, asks: number, instrument: number, flags: number, out: Out): boolean {
  const known = instrument >= 0;
  if (known) out.openBook(instrument, flags);
  if (!levels(slab, bids, known ? SIDE.BID : SIDE.NONE, out)) return false;
  if (!levels(slab, asks, known ? SIDE.ASK : SIDE.NONE, out)) return false;
  if (known) out.book(instrument, flags);
  return true;
}

/** `[["118345.61000000","0.00000000"],..]`: lists of two texts. */
function levels(slab: Slab, list: number, side: number, out: Out): boolean {
  if (!any.isList(slab, list)) return false;
  const end = any.after(list);
  for (let level = list + 1; level < end; level += 3) {
    if (!any.isList(slab, level) || any.after(level) !== level + 3) return false;
    if (!any.quoted(slab, level + 1, out, NUM.PRICE) || !any.quoted(slab, level + 2, out, NUM.SIZE))
      return false;
    if (side !== SIDE.NONE) out.level(side);
  }
  return true;
}
