import { FLAG, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import * as any from "../any-order.ts";
import { quickTime } from "../iso.ts";
import { integer } from "../kit.ts";
import { emitQuote, emitStats } from "../reading.ts";

/**
 * Coinbase's frames whose keys stand in another order, with white space or with keys that are new: the channels that
 * come often, without an object made. What is not whole and of known types is left to the reference reader.
 */

const FRAME_KEYS = any.names("channel", "timestamp", "sequence_num", "events", "type");
const CHANNEL = 0;
const TIMESTAMP = 1;
const SEQUENCE = 2;
const EVENTS = 3;
const TYPE = 4;
const CHANNELS = any.names("l2_data", "market_trades", "ticker", "ticker_batch");
const EVENT_KEYS = any.names("type", "product_id", "updates", "trades", "tickers");
const EVENT_TYPE = 0;
const PRODUCT = 1;
/** The lists of the channels above, by their numbers. */
const LISTS = [2, 3, 4, 4];
const TYPES = any.names("update", "snapshot");
const LEVEL_KEYS = any.names("side", "event_time", "price_level", "new_quantity");
const LEVEL_SIDES = any.names("bid", "offer");
const TRADE_KEYS = any.names("trade_id", "product_id", "price", "size", "side", "time");
const TRADE_SIDES = any.names("BUY", "SELL");
const DAY_NAMES = ["price", "volume_24_h", "low_24_h", "high_24_h"];
const TOP_NAMES = ["best_bid", "best_bid_quantity", "best_ask", "best_ask_quantity"];
const TICKER_KEYS = any.names("product_id", ...DAY_NAMES, ...TOP_NAMES);
const DAY_AT = [NUM.LAST, NUM.VOLUME, NUM.LOW, NUM.HIGH];
const TOP_AT = [NUM.BID_PRICE, NUM.BID_SIZE, NUM.ASK_PRICE, NUM.ASK_SIZE];
/** Fewer than 2^53: a JSON number of more digits is not exact. */
const SAFE_DIGITS = 15;

/** Where the values of what is at hand lie. Nothing of a frame outlives its call. */
const frame = new Int32Array(2 * FRAME_KEYS.count);
const event = new Int32Array(2 * EVENT_KEYS.count);
const item = new Int32Array(2 * Math.max(LEVEL_KEYS.count, TRADE_KEYS.count, TICKER_KEYS.count));
/** Starts of the trades of one event, because they are emitted last to first. Longer lists go to the reference. */
const starts = new Int32Array(2048);

/** Reads a frame; false leaves it to the reference, after another `begin`. `buy` as in parse. */
export function readAnyOrder(slab: Slab, start: number, end: number, out: Out, buy: number): boolean {
  const next = any.objectAt(slab, any.spaceEnd(slab, start), end, FRAME_KEYS, frame);
  if (next < 0 || any.spaceEnd(slab, next) < end || any.has(frame, TYPE)) return false;
  const channel = any.wordAt(slab, frame, CHANNEL, CHANNELS);
  if (channel < 0 || !any.isWholeAt(slab, frame, SEQUENCE, SAFE_DIGITS)) return false;
  if (!any.integerAt(slab, frame, SEQUENCE, out, LONG.CONNECTION)) return false;
  out.hasConnection = true;
  return events(slab, channel, out, buy);
}

function events(slab: Slab, channel: number, out: Out, buy: number): boolean {
  const end = frame[2 * EVENTS + 1]!;
  for (let p = any.firstItem(slab, frame[2 * EVENTS]!, end); p !== end;) {
    p = p < 0 ? -1 : any.objectAt(slab, p, end, EVENT_KEYS, event);
    const type = p < 0 ? -1 : any.wordAt(slab, event, EVENT_TYPE, TYPES);
    if (type < 0 || !timeAt(slab, frame, TIMESTAMP, out)) return false;
    const flags = type === 1 ? FLAG.SNAPSHOT : 0;
    const list = event[2 * LISTS[channel]!]!;
    const listEnd = event[2 * LISTS[channel]! + 1]!;
    const read =
      channel === 0
        ? book(slab, list, listEnd, flags, out)
        : channel === 1
          ? trades(slab, list, listEnd, flags, out, buy)
          : tickers(slab, list, listEnd, out);
    if (!read) return false;
    p = any.nextItem(slab, p, end);
  }
  // A list of events there must be, if an empty one.
  return any.has(frame, EVENTS) && any.textAt(slab, frame, TIMESTAMP) > 0;
}

function timeAt(slab: Slab, at: Int32Array, field: number, out: Out): boolean {
  const p = any.textAt(slab, at, field);
  const end = at[2 * field + 1]! - 1;
  return p > 0 && quickTime(slab, p, end, out) === end;
}

function instrumentAt(slab: Slab, at: Int32Array, field: number, out: Out): number {
  return out.instrument(slab.bytes, any.textAt(slab, at, field), at[2 * field + 1]! - 1);
}

function book(slab: Slab, list: number, end: number, flags: number, out: Out): boolean {
  if (any.textAt(slab, event, PRODUCT) < 0) return false;
  const instrument = instrumentAt(slab, event, PRODUCT, out);
  out.long[LONG.ID] = out.long[LONG.CONNECTION]!;
  out.long[LONG.ID + 1] = out.long[LONG.CONNECTION + 1]!;
  out.long[LONG.PREV] = 0;
  out.long[LONG.PREV + 1] = 0;
  if (instrument >= 0) out.openBook(instrument, flags);
  for (let p = any.firstItem(slab, list, end); p !== end;) {
    p = p < 0 ? -1 : any.objectAt(slab, p, end, LEVEL_KEYS, item);
    if (p < 0 || !level(slab, instrument >= 0, out)) return false;
    p = any.nextItem(slab, p, end);
  }
  if (instrument >= 0) out.book(instrument, flags);
  return list > 0;
}

function level(slab: Slab, emits: boolean, out: Out): boolean {
  const side = any.wordAt(slab, item, 0, LEVEL_SIDES);
  if (side < 0 || any.textAt(slab, item, 1) < 0) return false;
  if (!any.quotedAt(slab, item, 2, out, NUM.PRICE) || !any.quotedAt(slab, item, 3, out, NUM.SIZE))
    return false;
  if (emits) out.level(side === 0 ? SIDE.BID : SIDE.ASK);
  return true;
}

function trades(slab: Slab, list: number, end: number, flags: number, out: Out, buy: number): boolean {
  let count = 0;
  for (let p = any.firstItem(slab, list, end); p !== end;) {
    if (p < 0 || count === starts.length) return false;
    starts[count++] = p;
    p = any.objectAt(slab, p, end, TRADE_KEYS, item);
    if (p > 0) p = any.nextItem(slab, p, end);
  }
  while (count-- > 0) {
    any.objectAt(slab, starts[count]!, end, TRADE_KEYS, item);
    if (!trade(slab, flags, out, buy)) return false;
  }
  return list > 0;
}

function trade(slab: Slab, flags: number, out: Out, buy: number): boolean {
  const side = any.wordAt(slab, item, 4, TRADE_SIDES);
  if (side < 0 || any.textAt(slab, item, 1) < 0) return false;
  if (!any.quotedAt(slab, item, 2, out, NUM.PRICE) || !any.quotedAt(slab, item, 3, out, NUM.SIZE))
    return false;
  const id = any.textAt(slab, item, 0);
  if (id < 0 || integer(slab, id, out, LONG.ID) !== item[1]! - 1) return false;
  if (!timeAt(slab, item, 5, out)) return false;
  const instrument = instrumentAt(slab, item, 1, out);
  if (instrument >= 0) out.trade(instrument, side === 0 ? buy : SIDE.BUY + SIDE.SELL - buy, flags);
  return true;
}

function tickers(slab: Slab, list: number, end: number, out: Out): boolean {
  for (let p = any.firstItem(slab, list, end); p !== end;) {
    p = p < 0 ? -1 : any.objectAt(slab, p, end, TICKER_KEYS, item);
    if (p < 0 || !ticker(slab, out)) return false;
    p = any.nextItem(slab, p, end);
  }
  return list > 0;
}

/** ticker_batch has none of the best_* fields. */
function ticker(slab: Slab, out: Out): boolean {
  if (any.textAt(slab, item, 0) < 0) return false;
  const instrument = instrumentAt(slab, item, 0, out);
  for (let i = 0; i < DAY_AT.length; i++) if (!any.quotedAt(slab, item, 1 + i, out, DAY_AT[i]!)) return false;
  out.num[NUM.VWAP] = NaN;
  if (instrument >= 0) emitStats(instrument, out);
  const top = 1 + DAY_AT.length;
  if (!any.has(item, top)) return true;
  for (let i = 0; i < TOP_AT.length; i++)
    if (!any.quotedAt(slab, item, top + i, out, TOP_AT[i]!)) return false;
  if (instrument >= 0) emitQuote(instrument, out);
  return true;
}
