import { FLAG, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import * as any from "../any-order.ts";
import { integer, millis } from "../kit.ts";

/**
 * OKX's frames whose keys stand in another order, with white space or with keys that are new: books, best quotes and
 * trades, without an object made. What is not whole and of known types is left to the reference reader.
 */

const ROW = ["asks", "bids", "ts", "checksum", "prevSeqId", "seqId", "instId", "tradeId", "px", "sz", "side"];
const KEYS = any.names(...ROW, "channel", "arg", "action", "data", "event");
const ASKS = 0;
const BIDS = 1;
const TIME = 2;
const CHECKSUM = 3;
const LINK = 4;
const SEQUENCE = 5;
const INST_ID = 6;
const TRADE_ID = 7;
const PRICE = 8;
const SIZE = 9;
const TRADE_SIDE = 10;
const CHANNEL = 11;
const ARG = 12;
const ACTION = 13;
const DATA = 14;
const EVENT = 15;
const CHANNELS = any.names("books", "books5", "bbo-tbt", "trades", "trades-all");
const BOOKS = 0;
const ACTIONS = any.names("update", "snapshot");
const UPDATE = 0;
const SIDES = any.names("buy", "sell");
const { ID, PREV } = LONG;
const ZERO = 0x30;
const ONE = 0x31;
const MINUS = 0x2d;

/** Nodes of the values of the frame or row at hand, and of `arg`, by the numbers of their keys. */
const at = new Int32Array(KEYS.count);
const arg = new Int32Array(KEYS.count);

type ReadRow = (slab: Slab, action: number, out: Out) => boolean;
const READERS: readonly ReadRow[] = [books, state, best, trade, trade];

/** Reads a frame; false leaves it to the reference, after another `begin`. */
export function readAnyOrder(slab: Slab, start: number, end: number, out: Out): boolean {
  if (!any.walk(slab, start, end, KEYS)) return false;
  any.fields(0, KEYS.count, at);
  if (at[EVENT] !== 0 || at[ARG] === 0 || !any.isObject(slab, at[ARG]!)) return false;
  any.fields(at[ARG]!, KEYS.count, arg);
  const channel = any.wordOf(slab, arg[CHANNEL]!, CHANNELS);
  const action = any.wordOf(slab, at[ACTION]!, ACTIONS);
  const list = at[DATA]!;
  if (channel < 0 || !any.isList(slab, list)) return false;
  // Only changes of books need to say what they are.
  if (action < 0 && (channel === BOOKS || at[ACTION] !== 0)) return false;
  const read = READERS[channel]!;
  for (let row = list + 1; row < any.after(list); row = any.after(row)) {
    if (!any.isObject(slab, row)) return false;
    any.fields(row, KEYS.count, at);
    if (!read(slab, action, out)) return false;
  }
  return true;
}

/** The instrument a node names, or -1; a node that is no text is none of ours to read. */
function instrumentOf(slab: Slab, node: number, out: Out): number {
  return out.instrument(slab.bytes, any.textOf(slab, node), any.textEndOf(slab, node));
}

/** Whether `arg` names an instrument, and the row the same one or none. */
function isNamed(slab: Slab): boolean {
  let p = any.textOf(slab, arg[INST_ID]!);
  if (p < 0) return false;
  if (at[INST_ID] === 0) return true;
  const bytes = slab.bytes;
  let q = any.textOf(slab, at[INST_ID]!);
  const end = any.textEndOf(slab, arg[INST_ID]!);
  if (q < 0 || any.textEndOf(slab, at[INST_ID]!) - q !== end - p) return false;
  while (p < end) if (bytes[p++] !== bytes[q++]) return false;
  return true;
}

/** A full book or a change of it. An update names both its ids, or neither; a snapshot links to -1, or says nothing. */
function books(slab: Slab, action: number, out: Out): boolean {
  const link = at[LINK]!;
  const nothing = link === 0 || isMinusOne(slab, link);
  const known =
    action === UPDATE ? (link === 0) === (at[SEQUENCE] === 0) && !(link !== 0 && nothing) : nothing;
  return known && book(slab, action === UPDATE ? 0 : FLAG.SNAPSHOT, out);
}

function state(slab: Slab, action: number, out: Out): boolean {
  return book(slab, action === UPDATE ? 0 : FLAG.SNAPSHOT, out);
}

function book(slab: Slab, flags: number, out: Out): boolean {
  if (!isNamed(slab) || !stamps(slab, out)) return false;
  const instrument = instrumentOf(slab, arg[INST_ID]!, out);
  const known = instrument >= 0;
  if (!levels(slab, at[ASKS]!, known ? SIDE.ASK : SIDE.NONE, out)) return false;
  if (!levels(slab, at[BIDS]!, known ? SIDE.BID : SIDE.NONE, out)) return false;
  if (known) out.book(instrument, flags);
  return true;
}

function isMinusOne(slab: Slab, node: number): boolean {
  const p = any.startOf(node);
  return slab.bytes[p] === MINUS && slab.bytes[p + 1] === ONE && any.textEndOf(slab, node) === p + 2;
}

/** Time, checksum and ids of a row. */
function stamps(slab: Slab, out: Out): boolean {
  if (!time(slab, out)) return false;
  for (let reg: number = ID; reg <= PREV; reg += PREV - ID) {
    const node = at[reg === ID ? SEQUENCE : LINK]!;
    out.long[reg] = 0;
    out.long[reg + 1] = 0;
    if (node === 0 || (reg === PREV && isMinusOne(slab, node))) continue;
    if (!any.isSafe(slab, node) || !any.whole(slab, node, out, reg)) return false;
  }
  // Checksums ended in June 2026: frames that have one are left to the reference.
  out.hasChecksum = false;
  const sum = at[CHECKSUM]!;
  const p = sum === 0 ? -1 : any.startOf(sum);
  return sum === 0 || (slab.bytes[p] === ZERO && any.textEndOf(slab, sum) === p + 1);
}

/** UNIX milliseconds as text. */
function time(slab: Slab, out: Out): boolean {
  const p = any.textOf(slab, at[TIME]!);
  return p > 0 && millis(slab, p, out) === any.textEndOf(slab, at[TIME]!);
}

/** `[["64010.1","0.2541","0","3"],..]` */
function levels(slab: Slab, list: number, side: number, out: Out): boolean {
  if (!any.isList(slab, list)) return false;
  for (let item = list + 1, end = any.after(list); item < end; item = any.after(item)) {
    if (!level(slab, item, NUM.PRICE, out)) return false;
    if (side !== SIDE.NONE) out.level(side);
  }
  return true;
}

/** Values of a level, and with its own node the nodes it takes. */
const LEVEL_NODES = 5;

function level(slab: Slab, item: number, register: number, out: Out): boolean {
  if (!any.isList(slab, item) || any.after(item) !== item + LEVEL_NODES) return false;
  if (!any.quoted(slab, item + 1, out, register) || !any.quoted(slab, item + 2, out, register + 1))
    return false;
  return isCount(slab, item + 3) && isCount(slab, item + 4);
}

/** Whether a value is a text of digits. */
function isCount(slab: Slab, node: number): boolean {
  const first = any.textOf(slab, node);
  const end = any.textEndOf(slab, node);
  if (first < 0 || first === end) return false;
  for (let p = first; p < end; p++) if ((slab.bytes[p]! ^ ZERO) > 9) return false;
  return true;
}

function best(slab: Slab, _action: number, out: Out): boolean {
  if (!isNamed(slab) || !top(slab, at[ASKS]!, NUM.ASK_PRICE, out)) return false;
  if (!top(slab, at[BIDS]!, NUM.BID_PRICE, out) || !stamps(slab, out)) return false;
  const instrument = instrumentOf(slab, arg[INST_ID]!, out);
  if (instrument >= 0) out.quote(instrument, 0);
  return true;
}

/** The one level of a side; a side without orders is NaN. */
function top(slab: Slab, list: number, register: number, out: Out): boolean {
  if (!any.isList(slab, list)) return false;
  out.num[register] = NaN;
  out.num[register + 1] = NaN;
  const end = any.after(list);
  return end === list + 1 || (any.after(list + 1) === end && level(slab, list + 1, register, out));
}

function trade(slab: Slab, _action: number, out: Out): boolean {
  const word = any.wordOf(slab, at[TRADE_SIDE]!, SIDES);
  const id = any.textOf(slab, at[TRADE_ID]!);
  if (word < 0 || id < 0 || any.textOf(slab, at[INST_ID]!) < 0 || !time(slab, out)) return false;
  if (integer(slab, id, out, ID) !== any.textEndOf(slab, at[TRADE_ID]!)) return false;
  if (!any.quoted(slab, at[PRICE]!, out, NUM.PRICE) || !any.quoted(slab, at[SIZE]!, out, NUM.SIZE))
    return false;
  const instrument = instrumentOf(slab, at[INST_ID]!, out);
  if (instrument >= 0) out.trade(instrument, word === 0 ? SIDE.BUY : SIDE.SELL, 0);
  return true;
}
