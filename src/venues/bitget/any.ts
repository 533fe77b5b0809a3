import { FLAG, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import * as any from "../any-order.ts";
import { NO_TEXT } from "../keys.ts";
import { integer, millis } from "../kit.ts";
import { add, clear, emitTrades, isFull } from "./batch.ts";
import { OLD, instrumentAt } from "./head.ts";
import { PRODUCTS, lower } from "./names.ts";

/**
 * Bitget's frames whose keys stand in another order, with white space or with keys that are new: books, best quotes and
 * trades of both protocols, without an object made. What is not whole and of known types is left to the reference reader.
 */

const HEAD = ["action", "arg", "data", "event", "instType"];
const STAMPS = ["ts", "seq", "pseq", "checksum", "maxdepth"];
/** Words of v3, then those of v2 for the same. */
const V3 = ["topic", "symbol", "a", "b", "i", "p", "v", "S", "T"];
const V2 = ["channel", "instId", "asks", "bids", "tradeId", "price", "size", "side", "ts"];
const KEYS = any.names(...HEAD, ...STAMPS, ...V3, ...V2.slice(0, -1));
const ACTION = 0;
const ARG = 1;
const DATA = 2;
const EVENT = 3;
const INST_TYPE = 4;
const TIME = 5;
const SEQUENCE = 6;
const LINK = 7;
const CHECKSUM = 8;
const MAX_DEPTH = 9;
const WORDS = 10;
/** From a word of v3 to that of v2. */
const TO_OLD = 9;
const CHANNEL = 0;
const SYMBOL = 1;
const ASKS = 2;
const BIDS = 3;
const TRADE_ID = 4;
const PRICE = 5;
const SIZE = 6;
const TRADE_SIDE = 7;
const TRADE_TIME = 8;
const TYPES = any.names(...PRODUCTS, ...PRODUCTS.map(lower));
const ACTIONS = any.names("update", "snapshot");
const UPDATE = 0;
const CHANNELS = any.names("books", "books1", "books5", "books15", "books50", "trade", "publicTrade");
const BOOKS = 0;
const BOOKS1 = 1;
const BOOKS15 = 3;
const BOOKS50 = 4;
const TRADES = 5;
const NEW_TRADES = 6;
const SIDES = any.names("buy", "sell");
const { ID, PREV } = LONG;
const ZERO = 0x30;

/** Nodes of the values of the frame and of `arg`, and of the row at hand, by the numbers of their keys. */
const at = new Int32Array(KEYS.count);
const row = new Int32Array(KEYS.count);
/** Where the words of the frame's protocol begin among the keys, and whether it is v2. */
let words = WORDS;
let isOld = false;

function wordAt(name: number): number {
  if (isOld && name === TRADE_TIME) return row[TIME]!;
  return row[words + name]!;
}

/** Reads a frame; false leaves it to the reference, after another `begin`. */
export function readAnyOrder(slab: Slab, start: number, end: number, out: Out): boolean {
  if (!any.walk(slab, start, end, KEYS)) return false;
  any.fields(0, KEYS.count, at);
  const action = any.wordOf(slab, at[ACTION]!, ACTIONS);
  if (at[EVENT] !== 0 || action < 0 || at[ARG] === 0 || !any.isObject(slab, at[ARG]!)) return false;
  any.fields(at[ARG]!, KEYS.count, row);
  isOld = any.textOf(slab, row[WORDS + CHANNEL]!) < 0;
  words = isOld ? WORDS + TO_OLD : WORDS;
  const type = any.wordOf(slab, row[INST_TYPE]!, TYPES);
  const channel = any.wordOf(slab, wordAt(CHANNEL), CHANNELS);
  const name = any.textOf(slab, wordAt(SYMBOL));
  if (type < 0 || channel < 0 || name < 0 || !any.isList(slab, at[DATA]!) || !isOfProtocol(channel))
    return false;
  const product = (type & 3) + (isOld ? OLD : 0);
  const instrument = instrumentAt(slab, name, any.textEndOf(slab, wordAt(SYMBOL)), product, out);
  if (instrument === NO_TEXT) return false;
  const flags = action === UPDATE ? 0 : FLAG.SNAPSHOT;
  return channel >= TRADES
    ? trades(slab, instrument, flags, out)
    : books(slab, channel, instrument, flags, out);
}

function isOfProtocol(channel: number): boolean {
  if (channel === BOOKS15 || channel === TRADES) return isOld;
  return !isOld || (channel !== BOOKS50 && channel !== NEW_TRADES);
}

function books(slab: Slab, channel: number, instrument: number, flags: number, out: Out): boolean {
  // All but the deepest book are full states each time.
  if (channel !== BOOKS && flags === 0) return false;
  const list = at[DATA]!;
  for (let item = list + 1; item < any.after(list); item = any.after(item)) {
    if (!any.isObject(slab, item)) return false;
    any.fields(item, KEYS.count, row);
    if (!stamps(slab, out)) return false;
    const read = channel === BOOKS1 ? best : book;
    if (!read(slab, instrument, channel === BOOKS ? linked(flags, out) : flags, out)) return false;
  }
  return true;
}

/** Time and numbers of a row. Checksums ended in June 2026: rows that have one are left to the reference. */
function stamps(slab: Slab, out: Out): boolean {
  if (!time(slab, row[TIME]!, out)) return false;
  for (let reg: number = ID; reg <= PREV; reg += PREV - ID) {
    const node = row[reg === ID ? SEQUENCE : LINK]!;
    out.long[reg] = 0;
    out.long[reg + 1] = 0;
    if (node !== 0 && !any.whole(slab, node, out, reg)) return false;
  }
  out.hasChecksum = false;
  const sum = row[CHECKSUM]!;
  const p = sum === 0 ? -1 : any.startOf(sum);
  if (sum !== 0 && (slab.bytes[p] !== ZERO || any.textEndOf(slab, sum) !== p + 1)) return false;
  return row[MAX_DEPTH] === 0 || isCount(slab, row[MAX_DEPTH]!);
}

/** Flags of a book by its numbers: a link to 0 is a full one, and without both numbers it has none. */
function linked(flags: number, { long }: Out): number {
  if (row[SEQUENCE] === 0 || row[LINK] === 0) {
    long[ID] = long[ID + 1] = long[PREV] = long[PREV + 1] = 0;
    return flags;
  }
  return (long[PREV]! | long[PREV + 1]!) === 0 ? FLAG.SNAPSHOT : flags;
}

/** Whether a value is a text of digits. */
function isCount(slab: Slab, node: number): boolean {
  const first = any.textOf(slab, node);
  const end = any.textEndOf(slab, node);
  if (first < 0 || first === end) return false;
  for (let p = first; p < end; p++) if ((slab.bytes[p]! ^ ZERO) > 9) return false;
  return true;
}

/** UNIX milliseconds as text. */
function time(slab: Slab, node: number, out: Out): boolean {
  const p = any.textOf(slab, node);
  return p > 0 && millis(slab, p, out) === any.textEndOf(slab, node);
}

function book(slab: Slab, instrument: number, flags: number, out: Out): boolean {
  const known = instrument >= 0;
  if (!levels(slab, wordAt(ASKS), known ? SIDE.ASK : SIDE.NONE, out)) return false;
  if (!levels(slab, wordAt(BIDS), known ? SIDE.BID : SIDE.NONE, out)) return false;
  if (known) out.book(instrument, flags);
  return true;
}

/** `[["64124.7","1.049783"],..]` */
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

function best(slab: Slab, instrument: number, _flags: number, out: Out): boolean {
  if (!top(slab, wordAt(ASKS), NUM.ASK_PRICE, out) || !top(slab, wordAt(BIDS), NUM.BID_PRICE, out))
    return false;
  if (instrument >= 0) out.quote(instrument, 0);
  return true;
}

/** The one level of a side; a side without orders is NaN, as is one whose price is 0. */
function top(slab: Slab, list: number, register: number, out: Out): boolean {
  if (!any.isList(slab, list)) return false;
  const end = any.after(list);
  const read = end > list + 1;
  if (read && (any.after(list + 1) !== end || !level(slab, list + 1, register, out))) return false;
  if (!read || out.num[register] === 0) {
    out.num[register] = NaN;
    out.num[register + 1] = NaN;
  }
  return true;
}

/** Lists are newest first: they are put in order before they are emitted. */
function trades(slab: Slab, instrument: number, flags: number, out: Out): boolean {
  const list = at[DATA]!;
  clear();
  for (let item = list + 1; item < any.after(list); item = any.after(item)) {
    if (isFull() || !any.isObject(slab, item)) return false;
    any.fields(item, KEYS.count, row);
    const side = any.wordOf(slab, wordAt(TRADE_SIDE), SIDES);
    if (side < 0 || !trade(slab, out)) return false;
    add(side === 0 ? SIDE.BUY : SIDE.SELL, instrument, out);
  }
  if (instrument >= 0) emitTrades(instrument, flags, out);
  return true;
}

function trade(slab: Slab, out: Out): boolean {
  const id = any.textOf(slab, wordAt(TRADE_ID));
  if (id < 0 || !time(slab, wordAt(TRADE_TIME), out)) return false;
  if (integer(slab, id, out, ID) !== any.textEndOf(slab, wordAt(TRADE_ID))) return false;
  return any.quoted(slab, wordAt(PRICE), out, NUM.PRICE) && any.quoted(slab, wordAt(SIZE), out, NUM.SIZE);
}
