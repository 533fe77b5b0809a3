import { FLAG, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import * as any from "../any-order.ts";
import { emitStats } from "../reading.ts";
import { emitTop } from "./emit.ts";

/**
 * Frames whose keys stand in another order, with white space or with keys that are new: the channels that come often,
 * without an object made. What is not whole and of known types is left to the reference reader.
 */

const DAY_NAMES = ["price", "volume_24h", "low_24h", "high_24h"];
const TOP_NAMES = ["best_bid", "best_bid_size", "best_ask", "best_ask_size"];
const TRADE_NAMES = ["trade_id", "maker_order_id", "taker_order_id", "side", "size"];
const FRAME_NAMES = ["type", "product_id", "sequence", "time", "changes", "asks", "bids"];
const KEYS = any.names(...DAY_NAMES, ...TOP_NAMES, ...TRADE_NAMES, ...FRAME_NAMES);
const DAY = 0;
const PRICE = 0;
const TOP = 4;
const BID_SIZE = 5;
const ASK_SIZE = 7;
const TRADE_ID = 8;
const MAKER = 9;
const TAKER = 10;
const TRADE_SIDE = 11;
const SIZE = 12;
const TYPE = 13;
const PRODUCT = 14;
const SEQUENCE = 15;
const TIME = 16;
const CHANGES = 17;
const ASKS = 18;
const BIDS = 19;
const TYPES = any.names("l2update", "snapshot", "match", "last_match", "ticker");
const SIDES = any.names("buy", "sell");
const DAY_AT = [NUM.LAST, NUM.VOLUME, NUM.LOW, NUM.HIGH];
const TOP_AT = [NUM.BID_PRICE, NUM.BID_SIZE, NUM.ASK_PRICE, NUM.ASK_SIZE];

/** Nodes of the values of the frame, by the numbers of their keys. */
const at = new Int32Array(KEYS.count);

/** Reads a frame; false leaves it to the reference, after another `begin`. */
export function readAnyOrder(slab: Slab, start: number, end: number, out: Out): boolean {
  if (!any.walk(slab, start, end, KEYS)) return false;
  any.fields(0, KEYS.count, at);
  const type = any.wordOf(slab, at[TYPE]!, TYPES);
  const product = at[PRODUCT]!;
  if (type < 0 || any.textOf(slab, product) < 0) return false;
  const instrument = out.instrument(slab.bytes, any.textOf(slab, product), any.textEndOf(slab, product));
  switch (type) {
    case 0:
      return update(slab, instrument, out);
    case 1:
      return snapshot(slab, instrument, out);
    case 4:
      return ticker(slab, instrument, out);
    default:
      return trade(slab, instrument, type === 3 ? FLAG.SNAPSHOT : 0, out);
  }
}

function update(slab: Slab, instrument: number, out: Out): boolean {
  const list = at[CHANGES]!;
  if (!any.isList(slab, list)) return false;
  for (let item = list + 1; item < any.after(list); item = any.after(item)) {
    if (!any.isList(slab, item)) return false;
    const side = any.wordOf(slab, item + 1, SIDES);
    if (any.after(item) !== item + 4 || side < 0) return false;
    if (!level(slab, item + 2, side === 0 ? SIDE.BID : SIDE.ASK, instrument, out)) return false;
  }
  return any.isoStamp(slab, at[TIME]!, out) && close(instrument, 0, out);
}

/** The price at a node and the size at the next. */
function level(slab: Slab, node: number, side: number, instrument: number, out: Out): boolean {
  if (!any.quoted(slab, node, out, NUM.PRICE) || !any.quoted(slab, node + 1, out, NUM.SIZE)) return false;
  if (instrument >= 0) out.level(side);
  return true;
}

function snapshot(slab: Slab, instrument: number, out: Out): boolean {
  if (!levels(slab, at[ASKS]!, SIDE.ASK, instrument, out)) return false;
  if (!levels(slab, at[BIDS]!, SIDE.BID, instrument, out)) return false;
  out.long[LONG.TS] = 0;
  out.long[LONG.TS + 1] = 0;
  return (at[TIME] === 0 || any.isoStamp(slab, at[TIME]!, out)) && close(instrument, FLAG.SNAPSHOT, out);
}

function levels(slab: Slab, list: number, side: number, instrument: number, out: Out): boolean {
  if (!any.isList(slab, list)) return false;
  for (let item = list + 1; item < any.after(list); item = any.after(item)) {
    if (!any.isList(slab, item) || any.after(item) !== item + 3) return false;
    if (!level(slab, item + 1, side, instrument, out)) return false;
  }
  return true;
}

function close(instrument: number, flags: number, out: Out): boolean {
  for (let i = LONG.ID; i < LONG.PREV + 2; i++) out.long[i] = 0;
  if (instrument >= 0) out.book(instrument, flags);
  return true;
}

function trade(slab: Slab, instrument: number, flags: number, out: Out): boolean {
  const side = any.wordOf(slab, at[TRADE_SIDE]!, SIDES);
  if (side < 0 || any.textOf(slab, at[MAKER]!) < 0 || any.textOf(slab, at[TAKER]!) < 0) return false;
  if (!any.quoted(slab, at[PRICE]!, out, NUM.PRICE) || !any.quoted(slab, at[SIZE]!, out, NUM.SIZE))
    return false;
  if (!any.isSafe(slab, at[TRADE_ID]!) || !any.isSafe(slab, at[SEQUENCE]!)) return false;
  if (!any.whole(slab, at[TRADE_ID]!, out, LONG.ID) || !any.isoStamp(slab, at[TIME]!, out)) return false;
  if (instrument >= 0) out.trade(instrument, side === 0 ? SIDE.SELL : SIDE.BUY, flags);
  return true;
}

function ticker(slab: Slab, instrument: number, out: Out): boolean {
  for (let i = 0; i < DAY_AT.length; i++) if (!any.quoted(slab, at[DAY + i]!, out, DAY_AT[i]!)) return false;
  if (!any.isSafe(slab, at[SEQUENCE]!) || !any.isoStamp(slab, at[TIME]!, out)) return false;
  out.num[NUM.VWAP] = NaN;
  if (instrument >= 0) emitStats(instrument, out);
  if (at[BID_SIZE] === 0 && at[ASK_SIZE] === 0) return true;
  for (let i = 0; i < TOP_AT.length; i++) if (!any.quoted(slab, at[TOP + i]!, out, TOP_AT[i]!)) return false;
  if (!any.whole(slab, at[SEQUENCE]!, out, LONG.ID)) return false;
  if (instrument >= 0) emitTop(instrument, out);
  return true;
}
