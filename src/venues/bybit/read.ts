import { FLAG, FRAME, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out } from "../../model/index.ts";
import { isObject, putDecimal, putId, putSigned, putTime, unreadable } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { named, quotedText, readNumbers } from "../reading.ts";
import type { Fields } from "../reading.ts";
import { FIELDS, OPTION_FIELD, emitFigures, figures, isSigned, settle } from "./tickers.ts";

/**
 * The readable reference of the hot path: the same frames from parsed JSON, in any order of keys.
 * Values that cannot be (negative, not finite, empty) make a frame BAD; a field missing or of another type makes it UNKNOWN.
 */
export function readFrame(frame: unknown, out: Out): number {
  if (!isObject(frame)) return unreadable(frame);
  const { topic } = frame;
  if (topic === undefined) return answerOf(frame);
  if (typeof topic !== "string") return FRAME.UNKNOWN;
  const kind = KINDS.find(({ form }) => form.test(topic));
  if (kind === undefined) return FRAME.UNKNOWN;
  return "verdict" in kind ? kind.verdict : kind.read(frame, kind.form.exec(topic)![1]!, out);
}

/**
 * Answers have no topic: {"success":true,"ret_msg":"","conn_id":"..","req_id":"17","op":"subscribe"}; of options
 * {"success":true,"conn_id":"..","data":{"failTopics":[],"successTopics":[..]},"type":"COMMAND_RESP"}. A ping is
 * answered by {"success":true,"ret_msg":"pong","conn_id":"..","req_id":"1","op":"ping"}, of options by
 * {"args":["1787644800846"],"op":"pong"}. .../ws/connect
 */
function answerOf({ op, success, type }: JsonObject): number {
  if ((op === "ping" || op === "pong") && success !== false) return FRAME.HEARTBEAT;
  return typeof success === "boolean" || type === "COMMAND_RESP" ? FRAME.CONTROL : FRAME.UNKNOWN;
}

type Read = (frame: JsonObject, name: string, out: Out) => number;
type Kind = { readonly form: RegExp } & ({ readonly read: Read } | { readonly verdict: number });

const KINDS: readonly Kind[] = [
  { form: /^orderbook\.1\.(.+)$/, read: readTop },
  { form: /^orderbook\.(?:25|50|100|200|500|1000)\.(.+)$/, read: readBook },
  { form: /^publicTrade\.(.+)$/, read: readTrades },
  { form: /^tickers\.(.+)$/, read: readTicker },
  { form: /^allLiquidation\.(.+)$/, read: readLiquidations },
  { form: /^system\.status$/, verdict: FRAME.CONTROL },
  // Books of retail or of ten thousand levels, candles, leveraged tokens, limits, funds; `liquidation` ended in 2025.
  {
    form: /^(?:orderbook\.(?:rpi|full)|kline(?:_lt)?|tickers_lt|lt|liquidation|priceLimit|adlAlert|insurance)\./,
    verdict: FRAME.IGNORED,
  },
];

/** UNIX milliseconds as a number. */
function readTime(value: unknown, out: Out): number {
  if (typeof value !== "number") return FRAME.UNKNOWN;
  return Number.isSafeInteger(value) && value >= 0 && putTime(value, out) ? FRAME.DATA : FRAME.BAD;
}

/** Numbers beyond 2^53 are not exact any more when they get here. */
function readCount(value: unknown, register: number, out: Out): number {
  if (typeof value !== "number") return FRAME.UNKNOWN;
  return Number.isSafeInteger(value) && putId(value, out, register) ? FRAME.DATA : FRAME.BAD;
}

const TYPES: ReadonlySet<unknown> = new Set(["snapshot", "delta"]);

/** The first verdict that is not DATA. */
function first(...verdicts: number[]): number {
  return verdicts.find((one) => one !== FRAME.DATA) ?? FRAME.DATA;
}

/** Type, times and numbers of a book's frame: TS is the matching engine's time where the frame has it; PREV = ID - 1. */
function readHead(frame: JsonObject, data: JsonObject, name: string, out: Out): number {
  const { type, ts, cts } = frame;
  if (!TYPES.has(type) || data.s !== name) return FRAME.UNKNOWN;
  const time = first(readTime(ts, out), cts === undefined ? FRAME.DATA : readTime(cts, out));
  const cross = data.seq === undefined ? FRAME.DATA : readCount(data.seq, LONG.PREV, out);
  const count = first(time, cross, readCount(data.u, LONG.ID, out));
  if (count === FRAME.DATA) putId(Math.max(0, Number(data.u) - 1), out, LONG.PREV);
  return count;
}

function readBook(frame: JsonObject, name: string, out: Out): number {
  const { type, data } = frame;
  if (!isObject(data)) return FRAME.UNKNOWN;
  const head = readHead(frame, data, name, out);
  if (head !== FRAME.DATA) return head;
  const instrument = named(name, out);
  const bids = readLevels(data.b, instrument < 0 ? SIDE.NONE : SIDE.BID, out);
  const asks = bids === FRAME.DATA ? readLevels(data.a, instrument < 0 ? SIDE.NONE : SIDE.ASK, out) : bids;
  // The service was restarted: a snapshot, whatever its type says.
  const snapshot = type === "snapshot" || data.u === 1;
  if (snapshot) out.long.fill(0, LONG.PREV, LONG.PREV + 2);
  if (asks === FRAME.DATA && instrument >= 0) out.book(instrument, snapshot ? FLAG.SNAPSHOT : 0);
  return asks;
}

function readLevels(levels: unknown, side: number, out: Out): number {
  if (!Array.isArray(levels)) return FRAME.UNKNOWN;
  for (const level of levels) {
    const result = readLevel(level, NUM.PRICE, out);
    if (result !== FRAME.DATA) return result;
    if (side !== SIDE.NONE) out.level(side);
  }
  return FRAME.DATA;
}

/** Two texts, price and size, into `register` and the one behind it. */
function readLevel(level: unknown, register: number, out: Out): number {
  if (!Array.isArray(level) || level.length !== 2) return FRAME.UNKNOWN;
  const [price, size] = level as unknown[];
  if (typeof price !== "string" || typeof size !== "string") return FRAME.UNKNOWN;
  return putDecimal(price, out, register) && putDecimal(size, out, register + 1) ? FRAME.DATA : FRAME.BAD;
}

/** Changes of level 1, as they came until March 2025, cannot be read without the state before them. */
function readTop(frame: JsonObject, name: string, out: Out): number {
  const { type, data } = frame;
  if (!isObject(data)) return FRAME.UNKNOWN;
  const head = readHead(frame, data, name, out);
  if (head !== FRAME.DATA) return head;
  if (type === "delta") return FRAME.IGNORED;
  const sides = first(readBest(data.b, NUM.BID_PRICE, out), readBest(data.a, NUM.ASK_PRICE, out));
  const instrument = named(name, out);
  if (sides === FRAME.DATA && instrument >= 0) out.quote(instrument, 0);
  return sides;
}

/** The one level of a side; a side without orders is NaN. */
function readBest(levels: unknown, register: number, out: Out): number {
  if (!Array.isArray(levels) || levels.length > 1) return FRAME.UNKNOWN;
  out.num.fill(NaN, register, register + 2);
  return levels.length === 0 ? FRAME.DATA : readLevel(levels[0], register, out);
}

const VALUES: Fields = [
  ["p", NUM.PRICE],
  ["v", NUM.SIZE],
];

/** Reads each row of a frame whose data are rows. */
function readRows(frame: JsonObject, out: Out, read: (row: JsonObject) => number): number {
  const { type, ts, data } = frame;
  if (!TYPES.has(type) || !Array.isArray(data)) return FRAME.UNKNOWN;
  const time = readTime(ts, out);
  if (time !== FRAME.DATA) return time;
  for (const row of data) {
    const result = isObject(row) ? read(row) : FRAME.UNKNOWN;
    if (result !== FRAME.DATA) return result;
  }
  return FRAME.DATA;
}

function sideOf(word: unknown): number {
  return word === "Buy" ? SIDE.BUY : word === "Sell" ? SIDE.SELL : SIDE.NONE;
}

/** Name, side, price, size and time of a row: those of trades and of forced orders are alike. */
function readRow(row: JsonObject, out: Out): number {
  if (typeof row.s !== "string" || sideOf(row.S) === SIDE.NONE) return FRAME.UNKNOWN;
  const numbers = readNumbers(row, quotedText, VALUES, out);
  return numbers === FRAME.DATA ? readTime(row.T, out) : numbers;
}

/** The topic names the coin where trades are of options: the rows say of which. */
function readTrades(frame: JsonObject, _name: string, out: Out): number {
  return readRows(frame, out, (row) => {
    const result = first(typeof row.i === "string" ? FRAME.DATA : FRAME.UNKNOWN, readRow(row, out));
    if (result !== FRAME.DATA) return result;
    if (!putTradeId(String(row.i), out)) return FRAME.BAD;
    const instrument = named(String(row.s), out);
    if (instrument >= 0) out.trade(instrument, sideOf(row.S), 0);
    return FRAME.DATA;
  });
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-([\da-f]{4})-([\da-f]{4})([\da-f]{8})$/i;

/** A number of spot, or the last 64 bits of a UUID. */
function putTradeId(id: string, out: Out): boolean {
  const [, top, middle, low] = UUID.exec(id) ?? [];
  if (low === undefined) return putId(id, out, LONG.ID);
  out.long[LONG.ID] = Number.parseInt(low, 16);
  out.long[LONG.ID + 1] = Number.parseInt(`${top}${middle}`, 16);
  return true;
}

/** `S` is the side of the position that is closed. */
function readLiquidations(frame: JsonObject, _name: string, out: Out): number {
  return readRows(frame, out, (row) => {
    const result = readRow(row, out);
    const instrument = result === FRAME.DATA ? named(String(row.s), out) : -1;
    if (instrument >= 0) out.liquidation(instrument, row.S === "Buy" ? SIDE.SELL : SIDE.BUY, 0);
    return result;
  });
}

function readTicker({ type, ts, cs, data }: JsonObject, name: string, out: Out): number {
  if (!TYPES.has(type) || !isObject(data) || data.symbol !== name) return FRAME.UNKNOWN;
  const cross = cs === undefined ? FRAME.DATA : readCount(cs, LONG.ID, out);
  const head = first(readTime(ts, out), cross);
  if (head !== FRAME.DATA) return head;
  for (const [i, field] of FIELDS.entries()) {
    const result = readFigure(data[field], i, isSigned(i), out);
    if (result !== FRAME.DATA) return result;
  }
  settle(data[OPTION_FIELD] !== undefined);
  emitFigures(named(name, out), out);
  return FRAME.DATA;
}

/** A decimal text; NaN for "", which does not apply, and for what the frame does not say. */
function readFigure(value: unknown, at: number, signed: boolean, out: Out): number {
  figures[at] = NaN;
  if (value === undefined || value === "") return FRAME.DATA;
  if (typeof value !== "string") return FRAME.UNKNOWN;
  if (!(signed ? putSigned(value, out, 0) : putDecimal(value, out, 0))) return FRAME.BAD;
  figures[at] = out.num[0]!;
  return FRAME.DATA;
}
