import { FLAG, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import * as any from "../any-order.ts";
import { integer } from "../kit.ts";
import { emitQuote, emitStats } from "../reading.ts";

/**
 * Coinbase's frames whose keys stand in another order, with white space or with keys that are new: the channels that
 * come often, without an object made. What is not whole and of known types is left to the reference reader.
 */

const DAY_NAMES = ["price", "volume_24_h", "low_24_h", "high_24_h"];
const TOP_NAMES = ["best_bid", "best_bid_quantity", "best_ask", "best_ask_quantity"];
const TRADE_NAMES = ["trade_id", "product_id", "size", "side", "time"];
const BOOK_NAMES = ["event_time", "price_level", "new_quantity"];
const FRAME_NAMES = [
  "channel",
  "timestamp",
  "sequence_num",
  "events",
  "type",
  "updates",
  "trades",
  "tickers",
];
const KEYS = any.names(...DAY_NAMES, ...TOP_NAMES, ...TRADE_NAMES, ...BOOK_NAMES, ...FRAME_NAMES);
const DAY = 0;
const PRICE = 0;
const TOP = 4;
const TRADE_ID = 8;
const PRODUCT = 9;
const SIZE = 10;
const SIDE_KEY = 11;
const TIME = 12;
const EVENT_TIME = 13;
const LEVEL_PRICE = 14;
const LEVEL_SIZE = 15;
const CHANNEL = 16;
const TIMESTAMP = 17;
const SEQUENCE = 18;
const EVENTS = 19;
const TYPE = 20;
const UPDATES = 21;
const TRADES = 22;
const TICKERS = 23;
const CHANNELS = any.names("l2_data", "market_trades", "ticker", "ticker_batch");
/** Where the lists of these channels are. */
const LISTS = [UPDATES, TRADES, TICKERS, TICKERS];
const TYPES = any.names("update", "snapshot");
const LEVEL_SIDES = any.names("bid", "offer");
const TRADE_SIDES = any.names("BUY", "SELL");
const DAY_AT = [NUM.LAST, NUM.VOLUME, NUM.LOW, NUM.HIGH];
const TOP_AT = [NUM.BID_PRICE, NUM.BID_SIZE, NUM.ASK_PRICE, NUM.ASK_SIZE];

/** Nodes of the values of the object at hand, by the numbers of their keys. */
const at = new Int32Array(KEYS.count);
/** Nodes of the trades of one event, because they are emitted last to first. Longer lists go to the reference. */
const found = new Int32Array(2048);

/** Reads a frame; false leaves it to the reference, after another `begin`. `buy` as in parse. */
export function readAnyOrder(slab: Slab, start: number, end: number, out: Out, buy: number): boolean {
  if (!any.walk(slab, start, end, KEYS)) return false;
  any.fields(0, KEYS.count, at);
  const channel = any.wordOf(slab, at[CHANNEL]!, CHANNELS);
  if (channel < 0 || at[TYPE] !== 0 || !any.isSafe(slab, at[SEQUENCE]!)) return false;
  if (!any.whole(slab, at[SEQUENCE]!, out, LONG.CONNECTION)) return false;
  out.hasConnection = true;
  return events(slab, at[EVENTS]!, at[TIMESTAMP]!, channel, out, buy);
}

function events(slab: Slab, list: number, time: number, channel: number, out: Out, buy: number): boolean {
  if (!any.isList(slab, list) || any.textOf(slab, time) < 0) return false;
  for (let event = list + 1; event < any.after(list); event = any.after(event)) {
    if (!any.isObject(slab, event)) return false;
    any.fields(event, KEYS.count, at);
    const type = any.wordOf(slab, at[TYPE]!, TYPES);
    const items = at[LISTS[channel]!]!;
    if (type < 0 || !any.isList(slab, items) || !any.isoStamp(slab, time, out)) return false;
    const flags = type === 1 ? FLAG.SNAPSHOT : 0;
    const read =
      channel === 0
        ? book(slab, items, flags, out)
        : channel === 1
          ? trades(slab, items, flags, out, buy)
          : tickers(slab, items, out);
    if (!read) return false;
  }
  return true;
}

function instrumentOf(slab: Slab, out: Out): number {
  const product = at[PRODUCT]!;
  return out.instrument(slab.bytes, any.textOf(slab, product), any.textEndOf(slab, product));
}

function book(slab: Slab, list: number, flags: number, out: Out): boolean {
  if (any.textOf(slab, at[PRODUCT]!) < 0) return false;
  const instrument = instrumentOf(slab, out);
  out.long[LONG.ID] = out.long[LONG.CONNECTION]!;
  out.long[LONG.ID + 1] = out.long[LONG.CONNECTION + 1]!;
  out.long[LONG.PREV] = 0;
  out.long[LONG.PREV + 1] = 0;
  if (instrument >= 0) out.openBook(instrument, flags);
  for (let item = list + 1; item < any.after(list); item = any.after(item))
    if (!any.isObject(slab, item) || !level(slab, item, instrument >= 0, out)) return false;
  if (instrument >= 0) out.book(instrument, flags);
  return true;
}

function level(slab: Slab, item: number, emits: boolean, out: Out): boolean {
  any.fields(item, KEYS.count, at);
  const side = any.wordOf(slab, at[SIDE_KEY]!, LEVEL_SIDES);
  if (side < 0 || any.textOf(slab, at[EVENT_TIME]!) < 0) return false;
  if (
    !any.quoted(slab, at[LEVEL_PRICE]!, out, NUM.PRICE) ||
    !any.quoted(slab, at[LEVEL_SIZE]!, out, NUM.SIZE)
  )
    return false;
  if (emits) out.level(side === 0 ? SIDE.BID : SIDE.ASK);
  return true;
}

function trades(slab: Slab, list: number, flags: number, out: Out, buy: number): boolean {
  let count = 0;
  for (let item = list + 1; item < any.after(list); item = any.after(item)) {
    if (count === found.length || !any.isObject(slab, item)) return false;
    found[count++] = item;
  }
  while (count-- > 0) if (!trade(slab, found[count]!, flags, out, buy)) return false;
  return true;
}

function trade(slab: Slab, item: number, flags: number, out: Out, buy: number): boolean {
  any.fields(item, KEYS.count, at);
  const side = any.wordOf(slab, at[SIDE_KEY]!, TRADE_SIDES);
  if (side < 0 || any.textOf(slab, at[PRODUCT]!) < 0) return false;
  if (!any.quoted(slab, at[PRICE]!, out, NUM.PRICE) || !any.quoted(slab, at[SIZE]!, out, NUM.SIZE))
    return false;
  const id = any.textOf(slab, at[TRADE_ID]!);
  if (id < 0 || integer(slab, id, out, LONG.ID) !== any.textEndOf(slab, at[TRADE_ID]!)) return false;
  if (!any.isoStamp(slab, at[TIME]!, out)) return false;
  const instrument = instrumentOf(slab, out);
  if (instrument >= 0) out.trade(instrument, side === 0 ? buy : SIDE.BUY + SIDE.SELL - buy, flags);
  return true;
}

function tickers(slab: Slab, list: number, out: Out): boolean {
  for (let item = list + 1; item < any.after(list); item = any.after(item))
    if (!any.isObject(slab, item) || !ticker(slab, item, out)) return false;
  return true;
}

/** ticker_batch has none of the best_* fields. */
function ticker(slab: Slab, item: number, out: Out): boolean {
  any.fields(item, KEYS.count, at);
  if (any.textOf(slab, at[PRODUCT]!) < 0) return false;
  const instrument = instrumentOf(slab, out);
  for (let i = 0; i < DAY_AT.length; i++) if (!any.quoted(slab, at[DAY + i]!, out, DAY_AT[i]!)) return false;
  out.num[NUM.VWAP] = NaN;
  if (instrument >= 0) emitStats(instrument, out);
  if (at[TOP] === 0) return true;
  for (let i = 0; i < TOP_AT.length; i++) if (!any.quoted(slab, at[TOP + i]!, out, TOP_AT[i]!)) return false;
  if (instrument >= 0) emitQuote(instrument, out);
  return true;
}
