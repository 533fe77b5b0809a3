import { FRAME, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out } from "../../model/index.ts";
import { FLAG } from "../../model/index.ts";
import { isObject, putDecimal, unreadable } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { named, readNumbers } from "../reading.ts";
import type { Fields } from "../reading.ts";
import { numberText, plainString, putWhole } from "../exact.ts";
import { putNanoTime } from "./times.ts";
import { emitQuote, fullBook } from "./emit.ts";
import { readTyped } from "./read-legacy.ts";

/**
 * The readable reference of the hot path: the same frames from parsed JSON, in any order of keys.
 * Values that cannot be (negative, not finite, empty) make a frame BAD; a field missing or of another type makes it UNKNOWN.
 * The frames of the current protocol are told apart by their keys: most carry no name of their kind.
 */
export function readFrame(frame: unknown, out: Out): number {
  if (!isObject(frame)) return unreadable(frame);
  // {"id":"1","status":200}, {"reason":"NoValidTradingPairs","result":"error"}
  if (numberText(frame.status) !== null || frame.result === "error") return FRAME.CONTROL;
  if (frame.type !== undefined) return readTyped(frame, out);
  if (frame.e !== undefined) return readEvent(frame, out);
  if (frame.lastUpdateId !== undefined) return readPartial(frame, out);
  if (frame.t !== undefined) return readTrade(frame, out);
  return frame.u === undefined ? FRAME.UNKNOWN : readQuote(frame, out);
}

/**
 * Streams that are known and not read. {"e":"contractStatus","E":1784870400000,"s":"gemi-btc15m..",..} tells of
 * prediction markets (E in milliseconds). {"e":"markPrice",..,"p":"77303.727","i":"7725880.833"} and
 * {"e":"fundingAmount",..} are undocumented: `i` is off the index by a power of ten that differs from symbol to symbol.
 */
const IGNORED: ReadonlySet<unknown> = new Set(["contractStatus", "markPrice", "fundingAmount"]);

function readEvent(frame: JsonObject, out: Out): number {
  if (frame.e === "depthUpdate") return readDepth(frame, out);
  return IGNORED.has(frame.e) ? FRAME.IGNORED : FRAME.UNKNOWN;
}

/** Instrument of `s`, -1 when nobody wants it, null when it is no text. E goes to LONG.TS. */
function readHead(frame: JsonObject, out: Out): number | null {
  const symbol = plainString(frame.s);
  return symbol === null || numberText(frame.E) === null ? null : named(symbol, out);
}

function readDepth(frame: JsonObject, out: Out): number {
  const instrument = readHead(frame, out);
  const [first, last] = [numberText(frame.U), numberText(frame.u)];
  if (instrument === null || first === null || last === null) return FRAME.UNKNOWN;
  const sides = readSides(frame.b, frame.a, instrument >= 0, out);
  if (sides !== FRAME.DATA) return sides;
  if (!putNanoTime(numberText(frame.E) ?? "", out)) return FRAME.BAD;
  if (!putWhole(first, out, LONG.PREV) || !putWhole(last, out, LONG.ID)) return FRAME.BAD;
  const flags = fullBook(out);
  if (instrument >= 0) out.book(instrument, flags);
  return FRAME.DATA;
}

/** Without a symbol nobody can say whose book it is: seen in the documentation, not on the wire. */
function readPartial(frame: JsonObject, out: Out): number {
  if (frame.symbol === undefined && frame.s === undefined) return FRAME.IGNORED;
  const symbol = plainString(frame.symbol ?? frame.s);
  const last = numberText(frame.lastUpdateId);
  if (symbol === null || last === null) return FRAME.UNKNOWN;
  const instrument = named(symbol, out);
  const sides = readSides(frame.bids, frame.asks, instrument >= 0, out);
  if (sides !== FRAME.DATA) return sides;
  out.long.fill(0, LONG.TS, LONG.PREV + 2);
  if (!putWhole(last, out, LONG.ID)) return FRAME.BAD;
  if (instrument >= 0) out.book(instrument, FLAG.SNAPSHOT);
  return FRAME.DATA;
}

function readSides(bids: unknown, asks: unknown, wanted: boolean, out: Out): number {
  const first = readLevels(bids, wanted ? SIDE.BID : SIDE.NONE, out);
  return first === FRAME.DATA ? readLevels(asks, wanted ? SIDE.ASK : SIDE.NONE, out) : first;
}

function readLevels(levels: unknown, side: number, out: Out): number {
  if (!Array.isArray(levels)) return FRAME.UNKNOWN;
  for (const level of levels) {
    const result = readLevel(level, out);
    if (result !== FRAME.DATA) return result;
    if (side !== SIDE.NONE) out.level(side);
  }
  return FRAME.DATA;
}

function readLevel(level: unknown, out: Out): number {
  if (!Array.isArray(level) || level.length !== 2) return FRAME.UNKNOWN;
  const [price, size] = level.map(plainString);
  if (price === null || price === undefined || size === null || size === undefined) return FRAME.UNKNOWN;
  return putDecimal(price, out, NUM.PRICE) && putDecimal(size, out, NUM.SIZE) ? FRAME.DATA : FRAME.BAD;
}

const TRADE: Fields = [
  ["p", NUM.PRICE],
  ["q", NUM.SIZE],
];

function readTrade(frame: JsonObject, out: Out): number {
  const instrument = readHead(frame, out);
  const trade = numberText(frame.t);
  if (instrument === null || trade === null || typeof frame.m !== "boolean") return FRAME.UNKNOWN;
  const numbers = readNumbers(frame, plainString, TRADE, out);
  if (numbers !== FRAME.DATA) return numbers;
  if (!putNanoTime(numberText(frame.E) ?? "", out) || !putWhole(trade, out, LONG.ID)) return FRAME.BAD;
  if (instrument >= 0) out.trade(instrument, frame.m ? SIDE.SELL : SIDE.BUY, 0);
  return FRAME.DATA;
}

const SIDES: Fields = [
  ["b", NUM.BID_PRICE],
  ["B", NUM.BID_SIZE],
  ["a", NUM.ASK_PRICE],
  ["A", NUM.ASK_SIZE],
];
/** The last trade: proved, not used. */
const LAST: Fields = [
  ["c", NUM.VWAP],
  ["C", NUM.VWAP],
];

/** {"u":..,"E":..,"s":".."} alone, without any side, comes for instruments that have no book of their own. */
function readQuote(frame: JsonObject, out: Out): number {
  const instrument = readHead(frame, out);
  const update = numberText(frame.u);
  if (instrument === null || update === null) return FRAME.UNKNOWN;
  if ([...SIDES, ...LAST].every(([name]) => frame[name] === undefined)) return FRAME.IGNORED;
  for (const [name, register] of [...LAST, ...SIDES]) {
    const result = readFigure(frame[name], out, register);
    if (result !== FRAME.DATA) return result;
  }
  if (!putNanoTime(numberText(frame.E) ?? "", out) || !putWhole(update, out, LONG.ID)) return FRAME.BAD;
  if (instrument >= 0) emitQuote(instrument, out);
  return FRAME.DATA;
}

/** A missing or empty text is "none". */
function readFigure(value: unknown, out: Out, register: number): number {
  out.num[register] = NaN;
  if (value === undefined || value === "") return FRAME.DATA;
  const text = plainString(value);
  if (text === null) return FRAME.UNKNOWN;
  return putDecimal(text, out, register) ? FRAME.DATA : FRAME.BAD;
}
