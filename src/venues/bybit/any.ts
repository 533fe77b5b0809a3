import { FLAG, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import * as any from "../any-order.ts";
import { after, key } from "../keys.ts";
import { sameText, tradeId } from "./scan.ts";

/**
 * Bybit's frames whose keys stand in another order, with white space or with keys that are new: books, level 1 and
 * trades, without an object made. What is not whole and of known types is left to the reference reader.
 */

const ROW = ["s", "b", "a", "u", "seq", "i", "T", "S", "p", "v"];
const KEYS = any.names(...ROW, "topic", "type", "ts", "cts", "data");
const SYMBOL = 0;
const BIDS = 1;
const ASKS = 2;
const UPDATE = 3;
const CROSS = 4;
const TRADE_ID = 5;
const TRADE_TIME = 6;
const TRADE_SIDE = 7;
const PRICE = 8;
const SIZE = 9;
const TOPIC = 10;
const TYPE = 11;
const TIME = 12;
const ENGINE_TIME = 13;
const DATA = 14;
const TYPES = any.names("snapshot", "delta");
const SNAPSHOT = 0;
const SIDES = any.names("Buy", "Sell");
const { ID, PREV } = LONG;

/** Nodes of the values of the frame, and of its data or of the row at hand, by the numbers of their keys. */
const at = new Int32Array(KEYS.count);
const row = new Int32Array(KEYS.count);

const TOP = key("orderbook.1.");
const BOOKS = [25, 50, 100, 200, 500, 1000].map((depth) => key(`orderbook.${depth}.`));
const TRADES = key("publicTrade.");

/** Reads a frame; false leaves it to the reference, after another `begin`. */
export function readAnyOrder(slab: Slab, start: number, end: number, out: Out): boolean {
  if (!any.walk(slab, start, end, KEYS)) return false;
  any.fields(0, KEYS.count, at);
  const topic = any.textOf(slab, at[TOPIC]!);
  const topicEnd = any.textEndOf(slab, at[TOPIC]!);
  const type = any.wordOf(slab, at[TYPE]!, TYPES);
  if (topic < 0 || type < 0 || !any.stamp(slab, at[TIME]!, out)) return false;
  const traded = after(slab, topic, topicEnd, TRADES);
  if (traded > 0) return traded < topicEnd && trades(slab, out);
  const name = nameAt(slab, topic, topicEnd);
  if (name < 0 || at[DATA] === 0 || !any.isObject(slab, at[DATA]!)) return false;
  any.fields(at[DATA]!, KEYS.count, row);
  if (!isNamed(slab, name, topicEnd) || !numbers(slab, out)) return false;
  const instrument = out.instrument(slab.bytes, name, topicEnd);
  if (after(slab, topic, topicEnd, TOP) > 0) return type === SNAPSHOT && quote(slab, instrument, out);
  return book(slab, type === SNAPSHOT, instrument, out);
}

/** Where the symbol begins in a topic of a book, or -1. */
function nameAt(slab: Slab, topic: number, topicEnd: number): number {
  let name = after(slab, topic, topicEnd, TOP);
  for (let i = 0; name < 0 && i < BOOKS.length; i++) name = after(slab, topic, topicEnd, BOOKS[i]!);
  return name < topicEnd ? name : -1;
}

/** Whether the data are of the symbol in the topic. */
function isNamed(slab: Slab, name: number, nameEnd: number): boolean {
  const p = any.textOf(slab, row[SYMBOL]!);
  return p > 0 && sameText(slab, p, name, nameEnd) === any.textEndOf(slab, row[SYMBOL]!);
}

/** A whole number below 2^53 into a register. */
function count(slab: Slab, node: number, out: Out, register: number): boolean {
  return any.isSafe(slab, node) && any.whole(slab, node, out, register);
}

/** ID, PREV = ID - 1, and the engine's time where the frame has it. */
function numbers(slab: Slab, out: Out): boolean {
  if (row[CROSS] !== 0 && !count(slab, row[CROSS]!, out, PREV)) return false;
  if (!count(slab, row[UPDATE]!, out, ID)) return false;
  const { long } = out;
  const low = long[ID]!;
  const high = long[ID + 1]!;
  long[PREV] = low === 0 && high === 0 ? 0 : (low - 1) | 0;
  long[PREV + 1] = low === 0 && high !== 0 ? high - 1 : high;
  return at[ENGINE_TIME] === 0 || any.stamp(slab, at[ENGINE_TIME]!, out);
}

function book(slab: Slab, complete: boolean, instrument: number, out: Out): boolean {
  const { long } = out;
  // The service was restarted: a snapshot, whatever its type says.
  const flags = complete || (long[ID] === 1 && long[ID + 1] === 0) ? FLAG.SNAPSHOT : 0;
  if (flags !== 0) long[PREV] = long[PREV + 1] = 0;
  const known = instrument >= 0;
  if (!levels(slab, row[BIDS]!, known ? SIDE.BID : SIDE.NONE, out)) return false;
  if (!levels(slab, row[ASKS]!, known ? SIDE.ASK : SIDE.NONE, out)) return false;
  if (known) out.book(instrument, flags);
  return true;
}

/** `[["63982.50","0.003"],..]` */
function levels(slab: Slab, list: number, side: number, out: Out): boolean {
  if (!any.isList(slab, list)) return false;
  for (let item = list + 1, end = any.after(list); item < end; item = any.after(item)) {
    if (!level(slab, item, NUM.PRICE, out)) return false;
    if (side !== SIDE.NONE) out.level(side);
  }
  return true;
}

/** Values of a level, and with its own node the nodes it takes. */
const LEVEL_NODES = 3;

function level(slab: Slab, item: number, register: number, out: Out): boolean {
  if (!any.isList(slab, item) || any.after(item) !== item + LEVEL_NODES) return false;
  return any.quoted(slab, item + 1, out, register) && any.quoted(slab, item + 2, out, register + 1);
}

function quote(slab: Slab, instrument: number, out: Out): boolean {
  if (!top(slab, row[BIDS]!, NUM.BID_PRICE, out) || !top(slab, row[ASKS]!, NUM.ASK_PRICE, out)) return false;
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

function trades(slab: Slab, out: Out): boolean {
  const list = at[DATA]!;
  if (!any.isList(slab, list)) return false;
  for (let item = list + 1; item < any.after(list); item = any.after(item)) {
    if (!any.isObject(slab, item)) return false;
    any.fields(item, KEYS.count, row);
    if (!trade(slab, out)) return false;
  }
  return true;
}

function trade(slab: Slab, out: Out): boolean {
  const side = any.wordOf(slab, row[TRADE_SIDE]!, SIDES);
  const id = any.textOf(slab, row[TRADE_ID]!);
  const symbol = any.textOf(slab, row[SYMBOL]!);
  if (side < 0 || id < 0 || symbol < 0 || !any.stamp(slab, row[TRADE_TIME]!, out)) return false;
  if (tradeId(slab, id, out) !== any.textEndOf(slab, row[TRADE_ID]!)) return false;
  if (!any.quoted(slab, row[PRICE]!, out, NUM.PRICE) || !any.quoted(slab, row[SIZE]!, out, NUM.SIZE))
    return false;
  const instrument = out.instrument(slab.bytes, symbol, any.textEndOf(slab, row[SYMBOL]!));
  if (instrument >= 0) out.trade(instrument, side === 0 ? SIDE.BUY : SIDE.SELL, 0);
  return true;
}
