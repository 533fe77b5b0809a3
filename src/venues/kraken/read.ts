import { FLAG, FRAME, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out } from "../../model/index.ts";
import { isObject, putId, unreadable } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { bareText, emitQuote, emitStats, isText, named, putIso, readNumbers } from "../reading.ts";
import type { Fields } from "../reading.ts";

/**
 * The readable reference of the hot path: the same frames from parsed JSON, in any order of keys.
 * Values that cannot be (negative, not finite) make a frame BAD; a field missing or of another type makes it UNKNOWN.
 */
export function readFrame(frame: unknown, out: Out): number {
  if (!isObject(frame)) return unreadable(frame);
  switch (frame.channel) {
    case "book":
      return readEach(frame, out, readBook);
    case "trade":
      return readEach(frame, out, readTrade);
    case "ticker":
      return readEach(frame, out, readTicker);
    case "heartbeat":
      return FRAME.HEARTBEAT;
    case "status":
    case "instrument":
      return FRAME.CONTROL;
    case "ohlc":
    case "level3":
      return FRAME.IGNORED;
    default:
      return isResponse(frame) ? FRAME.CONTROL : FRAME.UNKNOWN;
  }
}

/** Answers to requests have no channel but a method, or are the bare {"Error":"Exceeded msg rate"}. */
function isResponse(frame: JsonObject): boolean {
  return frame.channel === undefined && (typeof frame.method === "string" || typeof frame.Error === "string");
}

type ReadOne = (one: JsonObject, flags: number, out: Out) => number;

function readEach(frame: JsonObject, out: Out, read: ReadOne): number {
  const { type, data } = frame;
  if (!Array.isArray(data) || (type !== "snapshot" && type !== "update")) return FRAME.UNKNOWN;
  for (const one of data) {
    const result = isObject(one) ? read(one, type === "snapshot" ? FLAG.SNAPSHOT : 0, out) : FRAME.UNKNOWN;
    if (result !== FRAME.DATA) return result;
  }
  return FRAME.DATA;
}

function readBook(one: JsonObject, flags: number, out: Out): number {
  if (!isText(one.symbol)) return FRAME.UNKNOWN;
  const instrument = named(one.symbol, out);
  const bids = readLevels(one.bids, instrument < 0 ? SIDE.NONE : SIDE.BID, out);
  if (bids !== FRAME.DATA) return bids;
  const asks = readLevels(one.asks, instrument < 0 ? SIDE.NONE : SIDE.ASK, out);
  if (asks !== FRAME.DATA) return asks;
  const checksum = readChecksum(one.checksum, out);
  if (checksum !== FRAME.DATA) return checksum;
  if (!putOptionalTime(one.timestamp, out)) return FRAME.BAD;
  out.long.fill(0, LONG.ID, LONG.PREV + 2);
  if (instrument >= 0) out.book(instrument, flags);
  return FRAME.DATA;
}

/** A uint32, or nothing (a thin first snapshot was seen without). */
function readChecksum(value: unknown, out: Out): number {
  out.hasChecksum = value !== undefined;
  if (!out.hasChecksum) return FRAME.DATA;
  const text = bareText(value);
  if (text === null) return FRAME.UNKNOWN;
  if (!/^\d{1,10}$/.test(text) || Number(text) > 0xffffffff) return FRAME.BAD;
  out.checksum = Number(text) | 0;
  return FRAME.DATA;
}

function readLevels(levels: unknown, side: number, out: Out): number {
  if (!Array.isArray(levels)) return FRAME.UNKNOWN;
  for (const level of levels) {
    const result = isObject(level) ? readNumbers(level, bareText, LEVEL, out) : FRAME.UNKNOWN;
    if (result !== FRAME.DATA) return result;
    if (side !== SIDE.NONE) out.level(side);
  }
  return FRAME.DATA;
}

function readTrade(one: JsonObject, flags: number, out: Out): number {
  const side = one.side === "buy" ? SIDE.BUY : one.side === "sell" ? SIDE.SELL : SIDE.NONE;
  if (side === SIDE.NONE || !isText(one.symbol) || bareText(one.trade_id) === null) return FRAME.UNKNOWN;
  const numbers = readNumbers(one, bareText, LEVEL, out);
  if (numbers !== FRAME.DATA) return numbers;
  if (!putId(bareText(one.trade_id), out, LONG.ID) || !putIso(one.timestamp, out)) return FRAME.BAD;
  const instrument = named(one.symbol, out);
  if (instrument >= 0) out.trade(instrument, side, flags);
  return FRAME.DATA;
}

function readTicker(one: JsonObject, _flags: number, out: Out): number {
  if (!isText(one.symbol)) return FRAME.UNKNOWN;
  if (!putOptionalTime(one.timestamp, out)) return FRAME.BAD;
  const instrument = named(one.symbol, out);
  const top = readNumbers(one, bareText, TOP, out);
  if (top !== FRAME.DATA) return top;
  if (instrument >= 0) emitQuote(instrument, out);
  const figures = readNumbers(one, bareText, FIGURES, out);
  if (figures === FRAME.DATA && instrument >= 0) emitStats(instrument, out);
  return figures;
}

const LEVEL: Fields = [
  ["price", NUM.PRICE],
  ["qty", NUM.SIZE],
];
const TOP: Fields = [
  ["bid", NUM.BID_PRICE],
  ["bid_qty", NUM.BID_SIZE],
  ["ask", NUM.ASK_PRICE],
  ["ask_qty", NUM.ASK_SIZE],
];
const FIGURES: Fields = [
  ["last", NUM.LAST],
  ["volume", NUM.VOLUME],
  ["vwap", NUM.VWAP],
  ["low", NUM.LOW],
  ["high", NUM.HIGH],
];

function putOptionalTime(text: unknown, out: Out): boolean {
  if (text !== undefined) return putIso(text, out);
  out.long.fill(0, LONG.TS, LONG.TS + 2);
  return true;
}
