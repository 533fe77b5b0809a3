import { FLAG, FRAME, LONG, NUM, SIDE, putNumber } from "../../model/index.ts";
import type { Out } from "../../model/index.ts";
import { isObject, putId, unreadable } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { emitStats, named, putIso, quotedText, readNumbers } from "../reading.ts";
import type { Fields } from "../reading.ts";
import { emitTop } from "./emit.ts";

/**
 * The readable reference of the hot path: the same frames from parsed JSON, in any order of keys.
 * Values that cannot be (negative, not finite, empty) make a frame BAD; a field missing or of another type makes it UNKNOWN.
 */
export function readFrame(frame: unknown, out: Out): number {
  if (!isObject(frame)) return unreadable(frame);
  switch (frame.type) {
    case "l2update":
      return known(readUpdate(frame, out));
    case "snapshot":
      return known(readSnapshot(frame, out));
    case "match":
      return readTrade(frame, 0, out);
    case "last_match":
      return readTrade(frame, FLAG.SNAPSHOT, out);
    case "ticker":
      return readTicker(frame, out);
    default:
      return COLD.get(String(frame.type)) ?? FRAME.UNKNOWN;
  }
}

/** `heartbeat` names the last trade, which the session wants to know; the rest of `full` and of auctions is not normalised. */
const COLD: ReadonlyMap<string, number> = new Map([
  ["heartbeat", FRAME.CONTROL],
  ["subscriptions", FRAME.CONTROL],
  ["error", FRAME.CONTROL],
  ["status", FRAME.CONTROL],
  ["auction", FRAME.IGNORED],
  ["rfq_match", FRAME.IGNORED],
  ["received", FRAME.IGNORED],
  ["open", FRAME.IGNORED],
  ["done", FRAME.IGNORED],
  ["change", FRAME.IGNORED],
  ["activate", FRAME.IGNORED],
]);

/** No number would tell that a change is missing, so one in a form that is not known is as bad as one that cannot be read. */
function known(frame: number): number {
  return frame === FRAME.UNKNOWN ? FRAME.BAD : frame;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** Prices and sizes are absolute; a size of zero in any spelling removes the level. */
function readUpdate(frame: JsonObject, out: Out): number {
  const { product_id, changes, time } = frame;
  if (typeof product_id !== "string" || typeof time !== "string" || !Array.isArray(changes))
    return FRAME.UNKNOWN;
  const instrument = named(product_id, out);
  for (const change of changes) {
    if (!Array.isArray(change)) return FRAME.UNKNOWN;
    const side = change[0] === "buy" ? SIDE.BID : change[0] === "sell" ? SIDE.ASK : SIDE.NONE;
    if (side === SIDE.NONE) return FRAME.UNKNOWN;
    const result = readLevel(change.slice(1), side, instrument, out);
    if (result !== FRAME.DATA) return result;
  }
  if (!putIso(time, out)) return FRAME.BAD;
  return closeBook(instrument, 0, out);
}

/** Without numbers: nothing in a book frame says what came before it. */
function closeBook(instrument: number, flags: number, out: Out): number {
  out.long.fill(0, LONG.ID, LONG.PREV + 2);
  if (instrument >= 0) out.book(instrument, flags);
  return FRAME.DATA;
}

function readLevel(pair: unknown[], side: number, instrument: number, out: Out): number {
  if (pair.length !== 2) return FRAME.UNKNOWN;
  const result = readNumbers({ price: pair[0], size: pair[1] }, quotedText, LEVEL, out);
  if (result === FRAME.DATA && instrument >= 0) out.level(side);
  return result;
}

/** `time` was not sent in 2021 and is since: both are known. */
function readSnapshot(frame: JsonObject, out: Out): number {
  const { product_id, asks, bids, time } = frame;
  if (typeof product_id !== "string" || !Array.isArray(asks) || !Array.isArray(bids)) return FRAME.UNKNOWN;
  if (time !== undefined && typeof time !== "string") return FRAME.UNKNOWN;
  const instrument = named(product_id, out);
  for (const [side, levels] of [
    [SIDE.ASK, asks],
    [SIDE.BID, bids],
  ] as const)
    for (const level of levels) {
      const result = Array.isArray(level) ? readLevel(level, side, instrument, out) : FRAME.UNKNOWN;
      if (result !== FRAME.DATA) return result;
    }
  out.long.fill(0, LONG.TS, LONG.TS + 2);
  if (time !== undefined && !putIso(time, out)) return FRAME.BAD;
  return closeBook(instrument, FLAG.SNAPSHOT, out);
}

/** `side` is the maker's: who sold into a resting bid ("buy") is the aggressor. */
function readTrade(frame: JsonObject, flags: number, out: Out): number {
  const { trade_id, maker_order_id, taker_order_id, side, product_id, sequence, time } = frame;
  if (!isCount(trade_id) || !isCount(sequence)) return FRAME.UNKNOWN;
  if (typeof maker_order_id !== "string" || typeof taker_order_id !== "string") return FRAME.UNKNOWN;
  if (typeof product_id !== "string" || typeof time !== "string") return FRAME.UNKNOWN;
  if (side !== "buy" && side !== "sell") return FRAME.UNKNOWN;
  const numbers = readNumbers(frame, quotedText, TRADE, out);
  if (numbers !== FRAME.DATA) return numbers;
  if (!putId(trade_id, out, LONG.ID) || !putIso(time, out)) return FRAME.BAD;
  const instrument = named(product_id, out);
  if (instrument >= 0) out.trade(instrument, side === "buy" ? SIDE.SELL : SIDE.BUY, flags);
  return FRAME.DATA;
}

function readTicker(frame: JsonObject, out: Out): number {
  const { product_id, sequence, time } = frame;
  if (typeof product_id !== "string" || typeof time !== "string" || !isCount(sequence)) return FRAME.UNKNOWN;
  const instrument = named(product_id, out);
  const figures = readNumbers(frame, quotedText, FIGURES, out);
  if (figures !== FRAME.DATA) return figures;
  if (!putIso(time, out)) return FRAME.BAD;
  out.num[NUM.VWAP] = NaN;
  if (instrument >= 0) emitStats(instrument, out);
  // Tickers of 2022 name the best prices without their sizes: no quote can be made of them.
  if (frame.best_bid_size === undefined && frame.best_ask_size === undefined) return FRAME.DATA;
  const top = readNumbers(frame, quotedText, TOP, out);
  if (top !== FRAME.DATA) return top;
  putNumber(sequence, out.long, LONG.ID);
  if (instrument >= 0) emitTop(instrument, out);
  return FRAME.DATA;
}

const LEVEL: Fields = [
  ["price", NUM.PRICE],
  ["size", NUM.SIZE],
];
const TRADE: Fields = LEVEL;
const FIGURES: Fields = [
  ["price", NUM.LAST],
  ["volume_24h", NUM.VOLUME],
  ["low_24h", NUM.LOW],
  ["high_24h", NUM.HIGH],
];
const TOP: Fields = [
  ["best_bid", NUM.BID_PRICE],
  ["best_bid_size", NUM.BID_SIZE],
  ["best_ask", NUM.ASK_PRICE],
  ["best_ask_size", NUM.ASK_SIZE],
];
