import { FLAG, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import * as any from "../any-order.ts";
import { quickTime } from "../iso.ts";
import { emitQuote, emitStats } from "../reading.ts";

/**
 * Kraken's frames whose keys stand in another order, with white space or with keys that are new: the channels that come
 * often, without an object made. What is not whole and of known types is left to the reference reader.
 */

const FRAME_NAMES = ["channel", "type", "data"];
const FRAME_KEYS = any.names(...FRAME_NAMES);
const [CHANNEL, TYPE, DATA] = [0, 1, 2];
const CHANNELS = any.names("book", "trade", "ticker");
const TYPES = any.names("update", "snapshot");
const SIDES = any.names("buy", "sell");

const ITEM_NAMES = ["symbol", "timestamp", "bids", "asks", "checksum", "side", "price", "qty", "trade_id"];
const TOP_NAMES = ["bid", "bid_qty", "ask", "ask_qty"];
const DAY_NAMES = ["last", "volume", "vwap", "low", "high"];
const ITEM_KEYS = any.names(...ITEM_NAMES, ...TOP_NAMES, ...DAY_NAMES);
const SYMBOL = 0;
const TIMESTAMP = 1;
const BIDS = 2;
const ASKS = 3;
const CHECKSUM = 4;
const TRADE_SIDE = 5;
const PRICE = 6;
const SIZE = 7;
const TRADE_ID = 8;
const TOP = 9;
const DAY = TOP + TOP_NAMES.length;
const TOP_AT = [NUM.BID_PRICE, NUM.BID_SIZE, NUM.ASK_PRICE, NUM.ASK_SIZE];
const DAY_AT = [NUM.LAST, NUM.VOLUME, NUM.VWAP, NUM.LOW, NUM.HIGH];
const LEVEL_KEYS = any.names("price", "qty");

/** Where the values of the frame, of its item and of its level at hand lie. Nothing of a frame outlives its call. */
const frame = new Int32Array(2 * FRAME_KEYS.count);
const item = new Int32Array(2 * ITEM_KEYS.count);
const level = new Int32Array(2 * LEVEL_KEYS.count);

type ReadItem = (slab: Slab, flags: number, out: Out) => boolean;
const READERS: readonly ReadItem[] = [book, trade, ticker];

/** Reads a frame; false leaves it to the reference, after another `begin`. */
export function readAnyOrder(slab: Slab, start: number, end: number, out: Out): boolean {
  const next = any.objectAt(slab, any.spaceEnd(slab, start), end, FRAME_KEYS, frame);
  if (next < 0 || any.spaceEnd(slab, next) < end) return false;
  const read = READERS[any.wordAt(slab, frame, CHANNEL!, CHANNELS)];
  const type = any.wordAt(slab, frame, TYPE!, TYPES);
  if (read === undefined || type < 0) return false;
  const listEnd = frame[2 * DATA! + 1]!;
  for (let p = any.firstItem(slab, frame[2 * DATA!]!, listEnd); p !== listEnd;) {
    p = p < 0 ? -1 : any.objectAt(slab, p, listEnd, ITEM_KEYS, item);
    if (p < 0 || any.textAt(slab, item, SYMBOL) < 0) return false;
    if (!time(slab, out) || !read(slab, type === 1 ? FLAG.SNAPSHOT : 0, out)) return false;
    p = any.nextItem(slab, p, listEnd);
  }
  return true;
}

function instrumentOf(slab: Slab, out: Out): number {
  return out.instrument(slab.bytes, any.textAt(slab, item, SYMBOL), item[2 * SYMBOL + 1]! - 1);
}

/** The time of the item, or none. */
function time(slab: Slab, out: Out): boolean {
  out.long[LONG.TS] = 0;
  out.long[LONG.TS + 1] = 0;
  if (!any.has(item, TIMESTAMP)) return true;
  const p = any.textAt(slab, item, TIMESTAMP);
  const end = item[2 * TIMESTAMP + 1]! - 1;
  return p > 0 && quickTime(slab, p, end, out) === end;
}

function book(slab: Slab, flags: number, out: Out): boolean {
  const instrument = instrumentOf(slab, out);
  const known = instrument >= 0;
  if (!levels(slab, BIDS, known ? SIDE.BID : SIDE.NONE, out)) return false;
  if (!levels(slab, ASKS, known ? SIDE.ASK : SIDE.NONE, out)) return false;
  out.hasChecksum = any.has(item, CHECKSUM);
  if (out.hasChecksum) {
    if (!any.integerAt(slab, item, CHECKSUM, out, LONG.ID) || out.long[LONG.ID + 1] !== 0) return false;
    out.checksum = out.long[LONG.ID]!;
  }
  out.long[LONG.ID] = 0;
  out.long[LONG.ID + 1] = 0;
  out.long[LONG.PREV] = 0;
  out.long[LONG.PREV + 1] = 0;
  if (known) out.book(instrument, flags);
  return true;
}

function levels(slab: Slab, list: number, side: number, out: Out): boolean {
  const end = item[2 * list + 1]!;
  for (let p = any.firstItem(slab, item[2 * list]!, end); p !== end;) {
    p = p < 0 ? -1 : any.objectAt(slab, p, end, LEVEL_KEYS, level);
    if (p < 0) return false;
    if (!any.bareAt(slab, level, 0, out, NUM.PRICE) || !any.bareAt(slab, level, 1, out, NUM.SIZE))
      return false;
    if (side !== SIDE.NONE) out.level(side);
    p = any.nextItem(slab, p, end);
  }
  return true;
}

function trade(slab: Slab, flags: number, out: Out): boolean {
  const side = any.wordAt(slab, item, TRADE_SIDE, SIDES);
  if (side < 0 || !any.has(item, TIMESTAMP)) return false;
  if (!any.bareAt(slab, item, PRICE, out, NUM.PRICE) || !any.bareAt(slab, item, SIZE, out, NUM.SIZE))
    return false;
  if (!any.integerAt(slab, item, TRADE_ID, out, LONG.ID)) return false;
  const instrument = instrumentOf(slab, out);
  if (instrument >= 0) out.trade(instrument, side === 0 ? SIDE.BUY : SIDE.SELL, flags);
  return true;
}

function ticker(slab: Slab, _flags: number, out: Out): boolean {
  const instrument = instrumentOf(slab, out);
  for (let i = 0; i < TOP_AT.length; i++) if (!any.bareAt(slab, item, TOP + i, out, TOP_AT[i]!)) return false;
  if (instrument >= 0) emitQuote(instrument, out);
  for (let i = 0; i < DAY_AT.length; i++) if (!any.bareAt(slab, item, DAY + i, out, DAY_AT[i]!)) return false;
  if (instrument >= 0) emitStats(instrument, out);
  return true;
}
