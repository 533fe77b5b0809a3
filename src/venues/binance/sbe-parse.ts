import { FLAG, FRAME, LONG, NUM, SIDE, decodeText } from "../../model/index.ts";
import type { Nanos, Out, Slab } from "../../model/index.ts";
import { clear, decrement, emptySides } from "../binance-kit.ts";
import { isObject, parseJson } from "../kit.ts";
import * as layout from "./sbe-layout.ts";
import { decimal, id, isNull, micros } from "./sbe-number.ts";

/**
 * Frames of `stream-sbe.binance.com`: market data as SBE messages, one a frame (sbe-layout.ts), everything else as JSON.
 * A frame's bytes say which it is: byte 5 is the high byte of the schema's id, 0 in every schema below 256, and a zero
 * byte stands in no JSON text, not even in a string (RFC 8259, 7: control characters are escaped).
 */

// Constants of other files are spelled again: V8 folds those of the file a function stands in, but loads imported ones.
const { ID, PREV } = LONG;
const { PRICE, SIZE, BID_PRICE, ASK_PRICE } = NUM;
const { BUY, BID, ASK } = SIDE;
const { HEADER, TRADES, TRADE, QUOTE, DIFF, LEVEL } = layout;
const SNAPSHOT_ROOT = layout.SNAPSHOT;
const { GROUP_16, GROUP_32, SCHEMA_ID } = layout;
const { TRADES: TRADES_EVENT, BEST_BID_ASK, DEPTH_SNAPSHOT, DEPTH_DIFF } = layout.TEMPLATE;
const SNAPSHOT = FLAG.SNAPSHOT;
const ROOT = HEADER.size;
const SCHEMA_HIGH = HEADER.SCHEMA + 1;

/** Frame bytes to events; see Venue.parse. Frames of a newer version are counted as fallbacks: they hold more than is read. */
export function parseSbe(slab: Slab, start: number, end: number, tsRecv: Nanos, out: Out): number {
  out.begin(tsRecv);
  const { view } = slab;
  if (end - start < ROOT || view.getUint8(start + SCHEMA_HIGH) !== 0) return textFrame(slab, start, end);
  if (view.getUint16(start + HEADER.SCHEMA, true) !== SCHEMA_ID) return FRAME.UNKNOWN;
  const { inexact } = out;
  const code = message(slab, start, end, out);
  if (code === FRAME.DATA) {
    if (view.getUint16(start + HEADER.VERSION, true) !== 0) out.fallbacks += 1;
    return FRAME.DATA;
  }
  out.begin(tsRecv);
  out.inexact = inexact;
  return code;
}

function message(slab: Slab, start: number, end: number, out: Out): number {
  switch (slab.view.getUint16(start + HEADER.TEMPLATE, true)) {
    case DEPTH_DIFF:
      return book(slab, start, end, 0, out) ? FRAME.DATA : FRAME.BAD;
    case BEST_BID_ASK:
      return quote(slab, start, end, out) ? FRAME.DATA : FRAME.BAD;
    case TRADES_EVENT:
      return trades(slab, start, end, out) ? FRAME.DATA : FRAME.BAD;
    case DEPTH_SNAPSHOT:
      return book(slab, start, end, SNAPSHOT, out) ? FRAME.DATA : FRAME.BAD;
    default:
      return FRAME.UNKNOWN;
  }
}

/** Acks, errors and notices are JSON: {"result":null,"id":1}. Market data in JSON is none of this socket's forms. */
function textFrame(slab: Slab, start: number, end: number): number {
  const frame = parseJson(decodeText(slab.bytes, start, end));
  if (!isObject(frame)) return FRAME.BAD;
  const event = isObject(frame["data"]) ? frame["data"] : frame;
  const cold = "result" in frame || "error" in frame || "code" in frame || event["e"] === "serverShutdown";
  return cold ? FRAME.CONTROL : FRAME.UNKNOWN;
}

/** Where the root ends, which is as long as the frame says but not shorter than `least`; -1 when it is, or beyond the end. */
function rootEnd(view: DataView, start: number, end: number, least: number): number {
  const length = view.getUint16(start + HEADER.BLOCK, true);
  const after = start + ROOT + length;
  return length < least || after >= end ? -1 : after;
}

/** Instrument of the symbol at p, with which the frame must end; -1 unwanted, -2 when the symbol is not whole. */
function instrumentAt(slab: Slab, start: number, p: number, end: number, out: Out): number {
  if (p >= end) return NOT_WHOLE;
  const { view } = slab;
  const name = p + 1;
  const after = name + view.getUint8(p);
  // Version 0 has nothing behind the symbol; a newer one may.
  if (after !== end && (after > end || view.getUint16(start + HEADER.VERSION, true) === 0)) return NOT_WHOLE;
  return out.instrument(slab.bytes, name, after);
}

const NOT_WHOLE = -2;
/** Levels there is room for from the beginning: more than the venue sends in one frame on a busy day. */
const ROOM = 4096;

/** Several trades of one match may share a frame: each is an event. */
function trades(slab: Slab, start: number, end: number, out: Out): boolean {
  const { view } = slab;
  const group = rootEnd(view, start, end, TRADES.size);
  if (group < 0 || group + GROUP_32 > end) return false;
  const step = view.getUint16(group, true);
  const first = group + GROUP_32;
  const count = view.getInt32(group + 2, true);
  // As an unsigned number; a count above the bytes there are is no count of entries.
  if (step < TRADE.size || count >>> 0 > end - first) return false;
  const symbol = first + step * count;
  const instrument = instrumentAt(slab, start, symbol, end, out);
  if (instrument < 0) return instrument !== NOT_WHOLE;
  const root = start + ROOT;
  if (!micros(view, root + TRADES.TRANSACT_TIME, out)) return false;
  const priceExp = view.getInt8(root + TRADES.PRICE_EXP);
  const sizeExp = view.getInt8(root + TRADES.QTY_EXP);
  for (let p = first; p < symbol; p += step) {
    const maker = view.getUint8(p + TRADE.MAKER);
    if (maker > 1 || !id(view, p + TRADE.ID, out, ID)) return false;
    if (!decimal(view, p + TRADE.PRICE, priceExp, out.num, PRICE, out)) return false;
    if (!decimal(view, p + TRADE.QTY, sizeExp, out.num, SIZE, out)) return false;
    // The buyer rested (1), so the seller was the aggressor: SELL is BUY + 1. A sum, as no branch can foresee a side.
    out.trade(instrument, BUY + maker, 0);
  }
  return true;
}

/** Under load the venue leaves out updates that a newer one of the symbol has overtaken: ids jump. */
function quote(slab: Slab, start: number, end: number, out: Out): boolean {
  const { view } = slab;
  const symbol = rootEnd(view, start, end, QUOTE.size);
  if (symbol < 0) return false;
  const instrument = instrumentAt(slab, start, symbol, end, out);
  if (instrument < 0) return instrument !== NOT_WHOLE;
  const root = start + ROOT;
  if (!micros(view, root + QUOTE.EVENT_TIME, out) || !id(view, root + QUOTE.ID, out, ID)) return false;
  const priceExp = view.getInt8(root + QUOTE.PRICE_EXP);
  const sizeExp = view.getInt8(root + QUOTE.QTY_EXP);
  if (!oneSide(view, root + QUOTE.BID_PRICE, root + QUOTE.BID_QTY, priceExp, sizeExp, out, BID_PRICE))
    return false;
  if (!oneSide(view, root + QUOTE.ASK_PRICE, root + QUOTE.ASK_QTY, priceExp, sizeExp, out, ASK_PRICE))
    return false;
  if (out.num[BID_PRICE] === 0 || out.num[ASK_PRICE] === 0) emptySides(out);
  out.quote(instrument, 0);
  return true;
}

/**
 * Price and size of one side to registers `reg` and the next. How the venue says that a side is empty is not documented:
 * zeros, as its JSON does, and the null of the field's type are both read so; `emptySides` knows the zeros.
 */
function oneSide(
  view: DataView,
  price: number,
  size: number,
  priceExp: number,
  sizeExp: number,
  out: Out,
  reg: number,
): boolean {
  const { num } = out;
  if (decimal(view, price, priceExp, num, reg, out) && decimal(view, size, sizeExp, num, reg + 1, out))
    return true;
  if (!isNull(view, price) || !isNull(view, size)) return false;
  num[reg] = num[reg + 1] = NaN;
  return true;
}

/** Changes of a book, or its top 20 complete: the groups bids and asks, then the symbol. */
function book(slab: Slab, start: number, end: number, flags: number, out: Out): boolean {
  const { view } = slab;
  const complete = flags === SNAPSHOT;
  const bids = rootEnd(view, start, end, complete ? SNAPSHOT_ROOT.size : DIFF.size);
  const asks = groupEnd(view, bids, end);
  const symbol = groupEnd(view, asks, end);
  if (symbol < 0) return false;
  const instrument = instrumentAt(slab, start, symbol, end, out);
  if (instrument < 0) return instrument !== NOT_WHOLE;
  const root = start + ROOT;
  if (!micros(view, root + DIFF.EVENT_TIME, out)) return false;
  if (!(complete ? snapshotId(view, root, out) : diffIds(view, root, out))) return false;
  const exponents = root + (complete ? SNAPSHOT_ROOT.PRICE_EXP : DIFF.PRICE_EXP);
  const priceExp = view.getInt8(exponents);
  const sizeExp = view.getInt8(exponents + 1);
  if (symbol - bids > room) makeRoom(symbol - bids);
  const middle = levels(view, bids, asks, priceExp, sizeExp, 0, BID, out);
  const count = middle < 0 ? -1 : levels(view, asks, symbol, priceExp, sizeExp, middle, ASK, out);
  if (count < 0) return false;
  out.bookOf(instrument, flags, numbers, sides, 0, count);
  return true;
}

function snapshotId(view: DataView, root: number, out: Out): boolean {
  clear(out, PREV);
  return id(view, root + SNAPSHOT_ROOT.ID, out, ID);
}

/** Update ids first to last: they link to the id before the first. */
function diffIds(view: DataView, root: number, out: Out): boolean {
  return (
    id(view, root + DIFF.FIRST_ID, out, PREV) &&
    decrement(out, PREV) &&
    id(view, root + DIFF.LAST_ID, out, ID)
  );
}

/** Where the group of levels at p ends; -1 when it is not whole. */
function groupEnd(view: DataView, p: number, end: number): number {
  if (p < 0 || p + GROUP_16 > end) return -1;
  const step = view.getUint16(p, true);
  const after = p + GROUP_16 + step * view.getUint16(p + 2, true);
  return step < LEVEL.size || after > end ? -1 : after;
}

/** Levels of the message at hand: their price and size each, and their sides. Kept for their room alone. */
let numbers = new Float64Array(2 * ROOM);
let sides = new Uint8Array(ROOM);
/** Bytes of levels there is room for. */
let room = ROOM * LEVEL.size;

/** Room for all levels that `bytes` can hold: no more than the largest frame a socket may bring. */
function makeRoom(bytes: number): void {
  const most = Math.ceil(bytes / LEVEL.size);
  numbers = new Float64Array(2 * most);
  sides = new Uint8Array(most);
  room = bytes;
}

/** Levels of the group between `group` and `end` to places from `at` on; returns the place behind them, or -1. */
function levels(
  view: DataView,
  group: number,
  end: number,
  priceExp: number,
  sizeExp: number,
  at: number,
  side: number,
  out: Out,
): number {
  const step = view.getUint16(group, true);
  for (let p = group + GROUP_16; p < end; p += step) {
    if (!decimal(view, p + LEVEL.PRICE, priceExp, numbers, 2 * at, out)) return -1;
    if (!decimal(view, p + LEVEL.QTY, sizeExp, numbers, 2 * at + 1, out)) return -1;
    sides[at] = side;
    at += 1;
  }
  return at;
}
