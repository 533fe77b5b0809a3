import { FLAG, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import * as any from "../any-order.ts";
import { emitQuote, fullBook } from "./emit.ts";
import { nanos } from "./scan.ts";

/**
 * Frames of Gemini's current protocol whose keys stand in another order, with white space or with keys that are new:
 * books, best quotes and trades, without an object made. What is not whole and of known types, and the archived
 * protocols, are left to the reference reader.
 */

const FRAME_KEYS = ["b", "B", "a", "A", "c", "C", "e", "E", "s", "u", "t", "U"];
const BOOK_KEYS = ["lastUpdateId", "symbol", "bids", "asks"];
const KEYS = any.names(...FRAME_KEYS, ...BOOK_KEYS, "p", "q", "m", "status", "result", "type");
const BIDS = 0;
const ASKS = 2;
const FIGURES = 6;
const EVENT = 6;
const TIME = 7;
const SYMBOL = 8;
const LAST_ID = 9;
const TRADE_ID = 10;
const FIRST_ID = 11;
const PARTIAL = 12;
const FULL_NAME = 13;
const PARTIAL_BIDS = 14;
const PARTIAL_ASKS = 15;
const PRICE = 16;
const SIZE = 17;
const MAKER = 18;
/** Keys of other frames. */
const OTHERS = 19;
const EVENTS = any.names("depthUpdate");
const { ID, PREV, TS } = LONG;
/** Registers of b, B, a and A; the last trade is proved, not used. */
const REGISTERS = [NUM.BID_PRICE, NUM.BID_SIZE, NUM.ASK_PRICE, NUM.ASK_SIZE, NUM.VWAP, NUM.VWAP];

/** Nodes of the values of the frame, by the numbers of their keys. */
const at = new Int32Array(KEYS.count);

/** Reads a frame; false leaves it to the reference, after another `begin`. */
export function readAnyOrder(slab: Slab, start: number, end: number, out: Out): boolean {
  if (!any.walk(slab, start, end, KEYS)) return false;
  any.fields(0, KEYS.count, at);
  for (let other = OTHERS; other < KEYS.count; other++) if (at[other] !== 0) return false;
  if (at[EVENT] !== 0) return any.wordOf(slab, at[EVENT]!, EVENTS) === 0 && depth(slab, end, out);
  if (at[PARTIAL] !== 0) return partial(slab, out);
  return at[TRADE_ID] === 0 ? quote(slab, end, out) : trade(slab, end, out);
}

/** Whether the frame names a symbol and a time of nanoseconds, which goes to TS. */
function head(slab: Slab, end: number, out: Out): boolean {
  const time = any.startOf(at[TIME]!);
  if (any.textOf(slab, at[SYMBOL]!) < 0 || at[TIME] === 0) return false;
  return nanos(slab, time, end, out) === any.textEndOf(slab, at[TIME]!);
}

function instrumentOf(slab: Slab, node: number, out: Out): number {
  return out.instrument(slab.bytes, any.textOf(slab, node), any.textEndOf(slab, node));
}

function depth(slab: Slab, end: number, out: Out): boolean {
  if (!head(slab, end, out)) return false;
  if (!any.whole(slab, at[FIRST_ID]!, out, PREV) || !any.whole(slab, at[LAST_ID]!, out, ID)) return false;
  const instrument = instrumentOf(slab, at[SYMBOL]!, out);
  const flags = fullBook(out);
  return book(slab, BIDS, ASKS, instrument, flags, out);
}

function partial(slab: Slab, out: Out): boolean {
  const name = at[FULL_NAME] === 0 ? at[SYMBOL]! : at[FULL_NAME]!;
  if (any.textOf(slab, name) < 0) return false;
  const { long } = out;
  long[TS] = long[TS + 1] = long[PREV] = long[PREV + 1] = 0;
  if (!any.whole(slab, at[PARTIAL]!, out, ID)) return false;
  return book(slab, PARTIAL_BIDS, PARTIAL_ASKS, instrumentOf(slab, name, out), FLAG.SNAPSHOT, out);
}

function book(slab: Slab, bids: number, asks: number, instrument: number, flags: number, out: Out): boolean {
  const known = instrument >= 0;
  if (!levels(slab, at[bids]!, known ? SIDE.BID : SIDE.NONE, out)) return false;
  if (!levels(slab, at[asks]!, known ? SIDE.ASK : SIDE.NONE, out)) return false;
  if (known) out.book(instrument, flags);
  return true;
}

/** Values of a level, and with its own node the nodes it takes. */
const LEVEL_NODES = 3;

/** `[["118339.50","0.80000000"],..]` */
function levels(slab: Slab, list: number, side: number, out: Out): boolean {
  if (!any.isList(slab, list)) return false;
  for (let item = list + 1, end = any.after(list); item < end; item = any.after(item)) {
    if (!any.isList(slab, item) || any.after(item) !== item + LEVEL_NODES) return false;
    if (!any.quoted(slab, item + 1, out, NUM.PRICE) || !any.quoted(slab, item + 2, out, NUM.SIZE))
      return false;
    if (side !== SIDE.NONE) out.level(side);
  }
  return true;
}

/** A side that is missing or empty is none; a frame without any figure is of an instrument without a book. */
function quote(slab: Slab, end: number, out: Out): boolean {
  if (!head(slab, end, out) || !any.whole(slab, at[LAST_ID]!, out, ID)) return false;
  let some = false;
  for (let i = FIGURES - 1; i >= 0; i--) {
    const node = at[i]!;
    const register = REGISTERS[i]!;
    some ||= node !== 0;
    out.num[register] = NaN;
    const empty = node === 0 || any.textOf(slab, node) === any.textEndOf(slab, node);
    if (!empty && !any.quoted(slab, node, out, register)) return false;
  }
  if (!some) return false;
  const instrument = instrumentOf(slab, at[SYMBOL]!, out);
  if (instrument >= 0) emitQuote(instrument, out);
  return true;
}

function trade(slab: Slab, end: number, out: Out): boolean {
  const maker = any.truth(slab, at[MAKER]!);
  if (maker < 0 || !head(slab, end, out) || !any.whole(slab, at[TRADE_ID]!, out, ID)) return false;
  if (!any.quoted(slab, at[PRICE]!, out, NUM.PRICE) || !any.quoted(slab, at[SIZE]!, out, NUM.SIZE))
    return false;
  const instrument = instrumentOf(slab, at[SYMBOL]!, out);
  if (instrument >= 0) out.trade(instrument, maker === 1 ? SIDE.SELL : SIDE.BUY, 0);
  return true;
}
