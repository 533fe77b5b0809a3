import { FLAG, FRAME, LONG, NUM, SIDE, encodeText } from "../model/index.ts";
import type { Nanos, Out, Slab } from "../model/index.ts";
import { clear, decrement, emptySides, fundingTime } from "./binance-kit.ts";
import { isObject, parseJson, putDecimal, putId, putSigned, putTime, readJson } from "./kit.ts";
import type { JsonObject } from "./kit.ts";
import { emitStats } from "./reading.ts";

/**
 * Binance frames read through JSON.parse: any key order, any white space, unknown keys. This is what a frame is read by that
 * neither the positional nor the any-order path took, and what both are compared with.
 */

/** Documented streams that have no normalised form here (spot 4.7-4.8, futures 1.1). */
const IGNORED_EVENTS = new Set([
  "kline",
  "continuous_kline",
  "24hrMiniTicker",
  "1hTicker",
  "4hTicker",
  "1dTicker",
  "avgPrice",
  "blockTrade",
  "referencePrice",
  "compositeIndex",
  "assetIndexUpdate",
  "indexPriceUpdate",
  "tradingSession",
]);

/** Keys of an event without which its form is not known. */
const REQUIRED = {
  trade: ["E", "s", "t", "p", "q", "T", "m"],
  aggTrade: ["E", "s", "a", "p", "q", "f", "l", "T", "m"],
  bookTicker: ["u", "s", "b", "B", "a", "A", "T", "E"],
  depthUpdate: ["E", "s", "U", "u", "b", "a"],
  markPriceUpdate: ["E", "s", "p", "P", "r", "T"],
  forceOrder: ["E", "o"],
  "24hrTicker": ["E", "s", "w", "c", "h", "l", "v"],
  order: ["s", "S", "q", "p", "T"],
  quote: ["u", "s", "b", "B", "a", "A"],
  book: ["lastUpdateId", "bids", "asks"],
} as const;

type Form = keyof typeof REQUIRED;

type Reader = (frame: JsonObject, stream: string, out: Out) => number;

const READERS: { readonly [event: string]: Reader } = {
  trade: readTrade,
  aggTrade: readAggTrade,
  bookTicker: readQuote,
  depthUpdate: readDepth,
  markPriceUpdate: readMarkPrice,
  forceOrder: readForceOrder,
  "24hrTicker": readDayFigures,
};

/** Reads a frame from nothing; voids whatever was emitted before, and on a bad frame what it emitted itself. */
export function readFrame(slab: Slab, start: number, end: number, tsRecv: Nanos, out: Out): number {
  out.begin(tsRecv);
  const frame = readJson(slab, start, end);
  if (frame === undefined) return FRAME.BAD;
  const verdict = readEnvelope(frame, out);
  if (verdict === FRAME.DATA) out.slowFallbacks += 1;
  else out.begin(tsRecv);
  return verdict;
}

function readEnvelope(frame: unknown, out: Out): number {
  if (!isObject(frame)) return readList(frame);
  if (typeof frame["stream"] === "string" && "data" in frame) {
    const data = frame["data"];
    return isObject(data) ? readPayload(data, frame["stream"], out) : readList(data);
  }
  return readPayload(frame, "", out);
}

/** `!miniTicker@arr` and its like: arrays of events, bare or wrapped. */
function readList(frame: unknown): number {
  const isList =
    Array.isArray(frame) && frame.every((item) => isObject(item) && typeof item["e"] === "string");
  return isList ? FRAME.IGNORED : FRAME.UNKNOWN;
}

function readPayload(frame: JsonObject, stream: string, out: Out): number {
  const event = frame["e"];
  if (typeof event === "string") {
    const reader = Object.hasOwn(READERS, event) ? READERS[event] : undefined;
    if (reader !== undefined) return reader(frame, stream, out);
    if (event === "serverShutdown" || event === "contractInfo") return FRAME.CONTROL;
    return IGNORED_EVENTS.has(event) ? FRAME.IGNORED : FRAME.UNKNOWN;
  }
  if (event !== undefined) return FRAME.UNKNOWN;
  if ("lastUpdateId" in frame) return readPartial(frame, stream, out);
  if ("result" in frame || "error" in frame || "code" in frame) return FRAME.CONTROL;
  return readSpotQuote(frame, out);
}

function has(frame: JsonObject, form: Form): boolean {
  return REQUIRED[form].every((key) => frame[key] !== undefined);
}

/** Ids and times are JSON numbers; one that does not fit a double is not what the venue sent. */
function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function putWhole(value: unknown, out: Out, reg: number): boolean {
  return isWhole(value) && putId(value, out, reg);
}

function putStamp(value: unknown, out: Out): boolean {
  return isWhole(value) && putTime(value, out);
}

function putPrice(value: unknown, out: Out, reg: number): boolean {
  return typeof value === "string" && putDecimal(value, out, reg);
}

function instrumentOf(symbol: unknown, out: Out): number {
  if (typeof symbol !== "string") return -1;
  const bytes = encodeText(symbol);
  return out.instrument(bytes, 0, bytes.length);
}

function readTrade(frame: JsonObject, _stream: string, out: Out): number {
  if (!has(frame, "trade")) return FRAME.UNKNOWN;
  return emitTrade(frame, frame["t"], frame["X"] === undefined || frame["X"] === "MARKET", out);
}

function readAggTrade(frame: JsonObject, _stream: string, out: Out): number {
  if (!has(frame, "aggTrade")) return FRAME.UNKNOWN;
  return isWhole(frame["f"]) && isWhole(frame["l"]) ? emitTrade(frame, frame["a"], true, out) : FRAME.BAD;
}

function emitTrade(frame: JsonObject, tradeId: unknown, market: boolean, out: Out): number {
  const maker = frame["m"];
  if (typeof maker !== "boolean" || typeof frame["s"] !== "string" || !isWhole(frame["E"])) return FRAME.BAD;
  if (!putPrice(frame["p"], out, NUM.PRICE) || !putPrice(frame["q"], out, NUM.SIZE)) return FRAME.BAD;
  if (!putWhole(tradeId, out, LONG.ID) || !putStamp(frame["T"], out)) return FRAME.BAD;
  const instrument = instrumentOf(frame["s"], out);
  if (market && instrument >= 0) out.trade(instrument, maker ? SIDE.SELL : SIDE.BUY, 0);
  return FRAME.DATA;
}

function readSpotQuote(frame: JsonObject, out: Out): number {
  if (!has(frame, "quote")) return FRAME.UNKNOWN;
  clear(out, LONG.TS);
  return emitQuote(frame, out);
}

function readQuote(frame: JsonObject, _stream: string, out: Out): number {
  if (!has(frame, "bookTicker")) return FRAME.UNKNOWN;
  return isWhole(frame["E"]) && putStamp(frame["T"], out) ? emitQuote(frame, out) : FRAME.BAD;
}

function emitQuote(frame: JsonObject, out: Out): number {
  if (typeof frame["s"] !== "string" || !putWhole(frame["u"], out, LONG.ID)) return FRAME.BAD;
  if (!putPrice(frame["b"], out, NUM.BID_PRICE) || !putPrice(frame["B"], out, NUM.BID_SIZE)) return FRAME.BAD;
  if (!putPrice(frame["a"], out, NUM.ASK_PRICE) || !putPrice(frame["A"], out, NUM.ASK_SIZE)) return FRAME.BAD;
  const instrument = instrumentOf(frame["s"], out);
  emptySides(out);
  if (instrument >= 0) out.quote(instrument, 0);
  return FRAME.DATA;
}

/** Futures carry the engine's time T and the link pu; spot has neither. */
function readDepth(frame: JsonObject, stream: string, out: Out): number {
  const futures = "T" in frame;
  if (!has(frame, "depthUpdate") || futures !== "pu" in frame) return FRAME.UNKNOWN;
  const channel = stream === "" ? "depth" : (stream.split("@")[1] ?? "");
  if (!/^depth\d*$/.test(channel)) return channel === "rpiDepth" ? FRAME.IGNORED : FRAME.UNKNOWN;
  const linked = futures
    ? isWhole(frame["U"]) && putWhole(frame["pu"], out, LONG.PREV)
    : putWhole(frame["U"], out, LONG.PREV) && decrement(out, LONG.PREV);
  if (!linked || !putWhole(frame["u"], out, LONG.ID) || typeof frame["s"] !== "string") return FRAME.BAD;
  if (!isWhole(frame["E"]) || !putStamp(futures ? frame["T"] : frame["E"], out)) return FRAME.BAD;
  const instrument = instrumentOf(frame["s"], out);
  const flags = channel === "depth" ? 0 : FLAG.SNAPSHOT;
  return emitBook(frame["b"], frame["a"], instrument, flags, out);
}

/** Spot's partial book: the symbol is in the stream's name or nowhere. */
function readPartial(frame: JsonObject, stream: string, out: Out): number {
  return readBook(frame, stream === "" ? -1 : instrumentOf(stream.split("@")[0], out), out);
}

/** A full book, from a partial stream or a REST body. */
function readBook(frame: JsonObject, instrument: number, out: Out): number {
  if (!has(frame, "book")) return FRAME.UNKNOWN;
  clear(out, LONG.PREV);
  clear(out, LONG.TS);
  clear(out, LONG.ID);
  // A listed symbol without a book yet has lastUpdateId -1: there is no sequence to link to.
  const blank = frame["lastUpdateId"] === -1;
  if (!blank && !putWhole(frame["lastUpdateId"], out, LONG.ID)) return FRAME.BAD;
  const timed = frame["T"] !== undefined;
  if (timed && !(isWhole(frame["E"]) && putStamp(frame["T"], out))) return FRAME.BAD;
  return emitBook(frame["bids"], frame["asks"], instrument, FLAG.SNAPSHOT, out);
}

/** A REST depth body; FRAME.DATA or FRAME.BAD. */
export function readSnapshot(body: string, instrument: number, tsRecv: Nanos, out: Out): number {
  out.begin(tsRecv);
  const frame = parseJson(body);
  if (isObject(frame) && readBook(frame, instrument, out) === FRAME.DATA) {
    out.slowFallbacks += 1;
    return FRAME.DATA;
  }
  out.begin(tsRecv);
  return FRAME.BAD;
}

function emitBook(bids: unknown, asks: unknown, instrument: number, flags: number, out: Out): number {
  const known = instrument >= 0;
  if (!emitLevels(bids, known ? SIDE.BID : SIDE.NONE, out)) return FRAME.BAD;
  if (!emitLevels(asks, known ? SIDE.ASK : SIDE.NONE, out)) return FRAME.BAD;
  if (known) out.book(instrument, flags);
  return FRAME.DATA;
}

function emitLevels(levels: unknown, side: number, out: Out): boolean {
  if (!Array.isArray(levels)) return false;
  for (const level of levels as unknown[]) {
    if (!Array.isArray(level) || level.length !== 2) return false;
    if (!putPrice(level[0], out, NUM.PRICE) || !putPrice(level[1], out, NUM.SIZE)) return false;
    if (side !== SIDE.NONE) out.level(side);
  }
  return true;
}

function readMarkPrice(frame: JsonObject, _stream: string, out: Out): number {
  if (!has(frame, "markPriceUpdate")) return FRAME.UNKNOWN;
  const rate = frame["r"];
  if (typeof frame["s"] !== "string" || typeof rate !== "string" || typeof frame["P"] !== "string")
    return FRAME.BAD;
  if (!putStamp(frame["E"], out) || !isWhole(frame["T"])) return FRAME.BAD;
  // COIN-M says no index before 2026.
  if (frame["i"] === undefined) out.num[NUM.INDEX] = NaN;
  else if (!putPrice(frame["i"], out, NUM.INDEX)) return FRAME.BAD;
  if (!putPrice(frame["p"], out, NUM.MARK)) return FRAME.BAD;
  if (rate === "") out.num[NUM.FUNDING] = NaN;
  else if (!putSigned(rate, out, NUM.FUNDING)) return FRAME.BAD;
  out.num[NUM.NEXT_FUNDING] = fundingTime(frame["T"]);
  out.num[NUM.OPEN_INTEREST] = NaN;
  const instrument = instrumentOf(frame["s"], out);
  if (instrument >= 0) out.ticker(instrument, 0);
  return FRAME.DATA;
}

const DAY_FIGURES = [
  ["w", NUM.VWAP],
  ["c", NUM.LAST],
  ["h", NUM.HIGH],
  ["l", NUM.LOW],
  ["v", NUM.VOLUME],
] as const;

/** What else the frame says (changes, best quotes, counts) is not looked at. */
function readDayFigures(frame: JsonObject, _stream: string, out: Out): number {
  if (!has(frame, "24hrTicker")) return FRAME.UNKNOWN;
  if (typeof frame["s"] !== "string" || !isWhole(frame["E"]) || !putStamp(frame["E"], out)) return FRAME.BAD;
  if (!DAY_FIGURES.every(([key, register]) => putPrice(frame[key], out, register))) return FRAME.BAD;
  const instrument = instrumentOf(frame["s"], out);
  if (instrument >= 0) emitStats(instrument, out);
  return FRAME.DATA;
}

function readForceOrder(frame: JsonObject, _stream: string, out: Out): number {
  const order = frame["o"];
  if (!has(frame, "forceOrder") || !isObject(order) || !has(order, "order")) return FRAME.UNKNOWN;
  const side = order["S"] === "SELL" ? SIDE.SELL : order["S"] === "BUY" ? SIDE.BUY : SIDE.NONE;
  if (side === SIDE.NONE || typeof order["s"] !== "string" || !isWhole(frame["E"])) return FRAME.BAD;
  if (!putPrice(order["p"], out, NUM.PRICE) || !putPrice(order["q"], out, NUM.SIZE)) return FRAME.BAD;
  if (!putStamp(order["T"], out)) return FRAME.BAD;
  const instrument = instrumentOf(order["s"], out);
  if (instrument >= 0) out.liquidation(instrument, side, 0);
  return FRAME.DATA;
}
