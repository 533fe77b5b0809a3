import { FLAG, FRAME, LONG, NUM, SIDE, putNumber } from "../../model/index.ts";
import type { Out } from "../../model/index.ts";
import { isObject, putId, unreadable } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { emitQuote, emitStats, named, putIso, quotedText, readNumbers } from "../reading.ts";
import type { Fields } from "../reading.ts";

/**
 * The readable reference of the hot path: the same frames from parsed JSON, in any order of keys.
 * Values that cannot be (negative, not finite, empty) make a frame BAD; a field missing or of another type makes it UNKNOWN.
 * `buy` is the aggressor of a trade whose side is "BUY".
 */
export function readFrame(frame: unknown, out: Out, buy: number): number {
  if (!isObject(frame)) return unreadable(frame);
  // {"type":"error","message":"authentication failure"} has neither channel nor number.
  if (frame.type === "error") return FRAME.CONTROL;
  if (!putConnection(frame.sequence_num, out)) return FRAME.UNKNOWN;
  // It does not say whose it is, and its number was used: it may be a change that nothing else would tell is missing.
  if (typeof frame.channel !== "string") return FRAME.BAD;
  const kind = KINDS.get(frame.channel) ?? FRAME.UNKNOWN;
  if (kind !== FRAME.DATA) return kind;
  const read = readEvents(frame, out, buy);
  // Its number was used: nothing would tell that a change in a form that is not known is missing.
  return read === FRAME.UNKNOWN && frame.channel === "l2_data" ? FRAME.BAD : read;
}

const KINDS: ReadonlyMap<string, number> = new Map([
  ["l2_data", FRAME.DATA],
  ["market_trades", FRAME.DATA],
  ["ticker", FRAME.DATA],
  ["ticker_batch", FRAME.DATA],
  ["heartbeats", FRAME.HEARTBEAT],
  ["subscriptions", FRAME.CONTROL],
  ["candles", FRAME.IGNORED],
  ["status", FRAME.IGNORED],
  ["user", FRAME.IGNORED],
  ["futures_balance_summary", FRAME.IGNORED],
]);

function putConnection(number: unknown, out: Out): boolean {
  if (typeof number !== "number" || !Number.isSafeInteger(number) || number < 0) return false;
  putNumber(number, out.long, LONG.CONNECTION);
  out.hasConnection = true;
  return true;
}

function readEvents(frame: JsonObject, out: Out, buy: number): number {
  const { channel, timestamp, events } = frame;
  if (!Array.isArray(events) || typeof timestamp !== "string") return FRAME.UNKNOWN;
  for (const event of events) {
    if (!isObject(event) || (event.type !== "snapshot" && event.type !== "update")) return FRAME.UNKNOWN;
    if (!putIso(timestamp, out)) return FRAME.BAD;
    const flags = event.type === "snapshot" ? FLAG.SNAPSHOT : 0;
    const result =
      channel === "l2_data"
        ? readBook(event, flags, out)
        : channel === "market_trades"
          ? readEach(event.trades, true, (one) => readTrade(one, flags, out, buy))
          : readEach(event.tickers, false, (one) => readTicker(one, out));
    if (result !== FRAME.DATA) return result;
  }
  return FRAME.DATA;
}

/** Reads each object of a list; trades come newest first and are emitted oldest first. */
function readEach(list: unknown, backwards: boolean, read: (one: JsonObject) => number): number {
  if (!Array.isArray(list)) return FRAME.UNKNOWN;
  for (const one of backwards ? list.toReversed() : list) {
    const result = isObject(one) ? read(one) : FRAME.UNKNOWN;
    if (result !== FRAME.DATA) return result;
  }
  return FRAME.DATA;
}

function readBook(event: JsonObject, flags: number, out: Out): number {
  if (typeof event.product_id !== "string") return FRAME.UNKNOWN;
  const instrument = named(event.product_id, out);
  const levels = readEach(event.updates, false, (level) => readLevel(level, instrument >= 0, out));
  if (levels !== FRAME.DATA) return levels;
  out.long[LONG.ID] = out.long[LONG.CONNECTION]!;
  out.long[LONG.ID + 1] = out.long[LONG.CONNECTION + 1]!;
  out.long.fill(0, LONG.PREV, LONG.PREV + 2);
  if (instrument >= 0) out.book(instrument, flags);
  return FRAME.DATA;
}

function readLevel(level: JsonObject, wanted: boolean, out: Out): number {
  const side = level.side === "bid" ? SIDE.BID : level.side === "offer" ? SIDE.ASK : SIDE.NONE;
  if (side === SIDE.NONE || typeof level.event_time !== "string") return FRAME.UNKNOWN;
  const result = readNumbers(level, quotedText, LEVEL, out);
  if (result === FRAME.DATA && wanted) out.level(side);
  return result;
}

function readTrade(one: JsonObject, flags: number, out: Out, buy: number): number {
  const { trade_id, product_id, side, time } = one;
  if (typeof product_id !== "string" || typeof trade_id !== "string" || typeof time !== "string")
    return FRAME.UNKNOWN;
  if (side !== "BUY" && side !== "SELL") return FRAME.UNKNOWN;
  const numbers = readNumbers(one, quotedText, TRADE, out);
  if (numbers !== FRAME.DATA) return numbers;
  if (!putId(trade_id, out, LONG.ID) || !putIso(time, out)) return FRAME.BAD;
  const instrument = named(product_id, out);
  if (instrument >= 0) out.trade(instrument, side === "BUY" ? buy : SIDE.BUY + SIDE.SELL - buy, flags);
  return FRAME.DATA;
}

function readTicker(one: JsonObject, out: Out): number {
  if (typeof one.product_id !== "string") return FRAME.UNKNOWN;
  const instrument = named(one.product_id, out);
  const figures = readNumbers(one, quotedText, FIGURES, out);
  if (figures !== FRAME.DATA) return figures;
  out.num[NUM.VWAP] = NaN;
  if (instrument >= 0) emitStats(instrument, out);
  // ticker_batch has none of the best_* fields.
  if (one.best_bid === undefined) return FRAME.DATA;
  const top = readNumbers(one, quotedText, TOP, out);
  if (top === FRAME.DATA && instrument >= 0) emitQuote(instrument, out);
  return top;
}

const LEVEL: Fields = [
  ["price_level", NUM.PRICE],
  ["new_quantity", NUM.SIZE],
];
const TRADE: Fields = [
  ["price", NUM.PRICE],
  ["size", NUM.SIZE],
];
const FIGURES: Fields = [
  ["price", NUM.LAST],
  ["volume_24_h", NUM.VOLUME],
  ["low_24_h", NUM.LOW],
  ["high_24_h", NUM.HIGH],
];
const TOP: Fields = [
  ["best_bid", NUM.BID_PRICE],
  ["best_bid_quantity", NUM.BID_SIZE],
  ["best_ask", NUM.ASK_PRICE],
  ["best_ask_quantity", NUM.ASK_SIZE],
];
