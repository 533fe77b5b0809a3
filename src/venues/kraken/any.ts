import { FLAG, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import * as any from "../any-order.ts";
import { emitQuote, emitStats } from "../reading.ts";

/**
 * Kraken's frames whose keys stand in another order, with white space or with keys that are new: the channels that come
 * often, without an object made. What is not whole and of known types is left to the reference reader.
 */

const DAY_NAMES = ["last", "volume", "vwap", "low", "high"];
const TOP_NAMES = ["bid", "bid_qty", "ask", "ask_qty"];
const TRADE_NAMES = ["price", "qty", "side", "trade_id"];
const BOOK_NAMES = ["symbol", "timestamp", "bids", "asks", "checksum"];
const KEYS = any.names(...DAY_NAMES, ...TOP_NAMES, ...TRADE_NAMES, ...BOOK_NAMES, "channel", "type", "data");
const DAY = 0;
const TOP = 5;
const PRICE = 9;
const SIZE = 10;
const TRADE_SIDE = 11;
const TRADE_ID = 12;
const SYMBOL = 13;
const TIMESTAMP = 14;
const BIDS = 15;
const ASKS = 16;
const CHECKSUM = 17;
const CHANNEL = 18;
const TYPE = 19;
const DATA = 20;
const CHANNELS = any.names("book", "trade", "ticker");
const TYPES = any.names("update", "snapshot");
const SIDES = any.names("buy", "sell");
const TOP_AT = [NUM.BID_PRICE, NUM.BID_SIZE, NUM.ASK_PRICE, NUM.ASK_SIZE];
const DAY_AT = [NUM.LAST, NUM.VOLUME, NUM.VWAP, NUM.LOW, NUM.HIGH];

/** Nodes of the values of the item and of the level at hand, by the numbers of their keys. */
const at = new Int32Array(KEYS.count);
const level = new Int32Array(KEYS.count);

type ReadItem = (slab: Slab, flags: number, out: Out) => boolean;
const READERS: readonly ReadItem[] = [book, trade, ticker];

/** Reads a frame; false leaves it to the reference, after another `begin`. */
export function readAnyOrder(slab: Slab, start: number, end: number, out: Out): boolean {
  if (!any.walk(slab, start, end, KEYS)) return false;
  any.fields(0, KEYS.count, at);
  const read = READERS[any.wordOf(slab, at[CHANNEL]!, CHANNELS)];
  const type = any.wordOf(slab, at[TYPE]!, TYPES);
  const list = at[DATA]!;
  if (read === undefined || type < 0 || !any.isList(slab, list)) return false;
  const flags = type === 1 ? FLAG.SNAPSHOT : 0;
  for (let item = list + 1; item < any.after(list); item = any.after(item)) {
    if (!any.isObject(slab, item)) return false;
    any.fields(item, KEYS.count, at);
    if (any.textOf(slab, at[SYMBOL]!) < 0 || !time(slab, out) || !read(slab, flags, out)) return false;
  }
  return true;
}

function instrumentOf(slab: Slab, out: Out): number {
  const symbol = at[SYMBOL]!;
  return out.instrument(slab.bytes, any.textOf(slab, symbol), any.textEndOf(slab, symbol));
}

/** The time of the item, or none. */
function time(slab: Slab, out: Out): boolean {
  if (at[TIMESTAMP] !== 0) return any.isoStamp(slab, at[TIMESTAMP]!, out);
  out.long[LONG.TS] = 0;
  out.long[LONG.TS + 1] = 0;
  return true;
}

function book(slab: Slab, flags: number, out: Out): boolean {
  const instrument = instrumentOf(slab, out);
  const known = instrument >= 0;
  if (!levels(slab, at[BIDS]!, known ? SIDE.BID : SIDE.NONE, out)) return false;
  if (!levels(slab, at[ASKS]!, known ? SIDE.ASK : SIDE.NONE, out)) return false;
  out.hasChecksum = at[CHECKSUM] !== 0;
  if (out.hasChecksum) {
    if (!any.whole(slab, at[CHECKSUM]!, out, LONG.ID) || out.long[LONG.ID + 1] !== 0) return false;
    out.checksum = out.long[LONG.ID]!;
  }
  out.long[LONG.ID] = 0;
  out.long[LONG.ID + 1] = 0;
  out.long[LONG.PREV] = 0;
  out.long[LONG.PREV + 1] = 0;
  if (known) out.book(instrument, flags);
  return true;
}

/** `[{"price":85601.6,"qty":0.0},..]` */
function levels(slab: Slab, list: number, side: number, out: Out): boolean {
  if (!any.isList(slab, list)) return false;
  const end = any.after(list);
  for (let item = list + 1; item < end; item = any.after(item)) {
    if (!any.isObject(slab, item) || !levelAt(slab, item, out)) return false;
    if (side !== SIDE.NONE) out.level(side);
  }
  return true;
}

function levelAt(slab: Slab, item: number, out: Out): boolean {
  let [price, size] = [item + 1, item + 2];
  if (any.after(item) !== item + 3 || any.keyOf(price) !== PRICE || any.keyOf(size) !== SIZE) {
    any.fields(item, KEYS.count, level);
    price = level[PRICE]!;
    size = level[SIZE]!;
  }
  return any.bare(slab, price, out, NUM.PRICE) && any.bare(slab, size, out, NUM.SIZE);
}

function trade(slab: Slab, flags: number, out: Out): boolean {
  const side = any.wordOf(slab, at[TRADE_SIDE]!, SIDES);
  if (side < 0 || at[TIMESTAMP] === 0) return false;
  if (!any.bare(slab, at[PRICE]!, out, NUM.PRICE) || !any.bare(slab, at[SIZE]!, out, NUM.SIZE)) return false;
  if (!any.whole(slab, at[TRADE_ID]!, out, LONG.ID)) return false;
  const instrument = instrumentOf(slab, out);
  if (instrument >= 0) out.trade(instrument, side === 0 ? SIDE.BUY : SIDE.SELL, flags);
  return true;
}

function ticker(slab: Slab, _flags: number, out: Out): boolean {
  const instrument = instrumentOf(slab, out);
  for (let i = 0; i < TOP_AT.length; i++) if (!any.bare(slab, at[TOP + i]!, out, TOP_AT[i]!)) return false;
  if (instrument >= 0) emitQuote(instrument, out);
  for (let i = 0; i < DAY_AT.length; i++) if (!any.bare(slab, at[DAY + i]!, out, DAY_AT[i]!)) return false;
  if (instrument >= 0) emitStats(instrument, out);
  return true;
}
