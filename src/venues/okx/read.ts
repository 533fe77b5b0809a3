import { FLAG, FRAME, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out } from "../../model/index.ts";
import { isObject, putDecimal, putId, putSigned, putTime, unreadable } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { emitStats, named, quotedText, readNumbers } from "../reading.ts";
import type { Fields } from "../reading.ts";
import { GREEKS, SUMMARY, emitSummary } from "./options.ts";

/**
 * The readable reference of the hot path: the same frames from parsed JSON, in any order of keys.
 * Values that cannot be (negative, not finite, empty) make a frame BAD; a field missing or of another type makes it UNKNOWN.
 */
export function readFrame(frame: unknown, out: Out): number {
  if (!isObject(frame)) return unreadable(frame);
  if (frame.event !== undefined) return EVENTS.get(frame.event) ?? FRAME.UNKNOWN;
  const { arg, data } = frame;
  if (!isObject(arg) || typeof arg.channel !== "string" || !Array.isArray(data)) return FRAME.UNKNOWN;
  const read = READERS.get(arg.channel);
  if (read === undefined) return kindOf(arg.channel);
  for (const row of data) {
    const result = isObject(row) ? read({ row, arg, action: frame.action }, out) : FRAME.UNKNOWN;
    if (result !== FRAME.DATA) return result;
  }
  return FRAME.DATA;
}

/** Answers and notices. `channel-conn-count` is for private connections. */
const EVENTS: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  ["subscribe", FRAME.CONTROL],
  ["unsubscribe", FRAME.CONTROL],
  ["error", FRAME.CONTROL],
  ["notice", FRAME.CONTROL],
  ["channel-conn-count", FRAME.IGNORED],
]);

interface Row {
  readonly row: JsonObject;
  readonly arg: JsonObject;
  readonly action: unknown;
}

type ReadRow = (from: Row, out: Out) => number;

const READERS: ReadonlyMap<string, ReadRow> = new Map<string, ReadRow>([
  ["books", readBooks],
  ["books5", readBook],
  ["bbo-tbt", readBest],
  ["trades", readTrade],
  // One row a fill, from the business address; of the same form.
  ["trades-all", readTrade],
  ["tickers", readTicker],
  ["mark-price", (from, out) => readFigure(from, "markPx", NUM.MARK, out)],
  ["open-interest", (from, out) => readFigure(from, "oi", NUM.OPEN_INTEREST, out)],
  ["funding-rate", readFunding],
  ["index-tickers", readIndex],
  ["liquidation-orders", readLiquidation],
  ["opt-summary", readSummary],
]);

/** Channels that are documented and not normalised: books of other participants or for higher tiers, candles, trades of a whole family of options. */
const IGNORED: ReadonlySet<string> = new Set(
  (
    "books-l2-tbt books50-l2-tbt books-elp books-rpi option-trades price-limit estimated-price adl-warning " +
    "call-auction-details economic-calendar block-tickers public-block-trades public-struc-block-trades " +
    "sprd-bbo-tbt sprd-books5 sprd-books-l2-tbt sprd-public-trades sprd-tickers"
  ).split(" "),
);

/** candle1m, mark-price-candle1H, index-candle1D, sprd-candle1m */
const CANDLES = /^(?:mark-price-|index-|sprd-)?candle\d+[smHDWM](?:utc)?$/;

function kindOf(channel: string): number {
  if (channel === "instruments" || channel === "status") return FRAME.CONTROL;
  return IGNORED.has(channel) || CANDLES.test(channel) ? FRAME.IGNORED : FRAME.UNKNOWN;
}

/** UNIX milliseconds as text; BAD for other texts. */
function readTime(value: unknown, out: Out): number {
  if (typeof value !== "string") return FRAME.UNKNOWN;
  return /^(?:0|[1-9]\d{0,15})$/.test(value) && putTime(Number(value), out) ? FRAME.DATA : FRAME.BAD;
}

/** As {@link readTime}; a row without time has none. */
function readOptionalTime(value: unknown, out: Out): number {
  out.long.fill(0, LONG.TS, LONG.TS + 2);
  return value === undefined ? FRAME.DATA : readTime(value, out);
}

/** A full book or a change of it, told by `action`. An update names both its ids (recordings of 2022 neither). */
function readBooks(from: Row, out: Out): number {
  const { action, row } = from;
  const update = action === "update";
  if (!update && action !== "snapshot") return FRAME.UNKNOWN;
  const initial = row.prevSeqId === undefined || row.prevSeqId === -1;
  const whole = (row.prevSeqId === undefined) === (row.seqId === undefined) && row.prevSeqId !== -1;
  return (update ? whole : initial) ? readBook(from, out) : FRAME.UNKNOWN;
}

function readBook({ row, arg, action }: Row, out: Out): number {
  const { instId } = arg;
  if (typeof instId !== "string" || (row.instId !== undefined && row.instId !== instId)) return FRAME.UNKNOWN;
  const instrument = named(instId, out);
  const state = readState(row, instrument, out);
  if (state === FRAME.DATA && instrument >= 0) out.book(instrument, action === "update" ? 0 : FLAG.SNAPSHOT);
  return state;
}

/** Stamps and levels of a book's row; the levels of unknown instruments are only looked at. */
function readState(row: JsonObject, instrument: number, out: Out): number {
  const stamps = readStamps(row, out);
  if (stamps !== FRAME.DATA) return stamps;
  const asks = readLevels(row.asks, instrument < 0 ? SIDE.NONE : SIDE.ASK, out);
  return asks === FRAME.DATA ? readLevels(row.bids, instrument < 0 ? SIDE.NONE : SIDE.BID, out) : asks;
}

/** The same of a REST body; false when it cannot be read. The caller closes the book. */
export function readStateRow(row: JsonObject, instrument: number, out: Out): boolean {
  return readState(row, instrument, out) === FRAME.DATA;
}

/** Time, checksum and ids of a book's row. */
function readStamps(row: JsonObject, out: Out): number {
  const time = readTime(row.ts, out);
  if (time !== FRAME.DATA) return time;
  out.long.fill(0, LONG.ID, LONG.PREV + 2);
  const sequence = row.seqId === undefined ? FRAME.DATA : readId(row.seqId, LONG.ID, out);
  if (sequence !== FRAME.DATA) return sequence;
  const link = row.prevSeqId;
  const linked = link === undefined || link === -1 ? FRAME.DATA : readId(link, LONG.PREV, out);
  return linked === FRAME.DATA ? readChecksum(row.checksum, out) : linked;
}

/** Numbers beyond 2^53 are not exact any more when they get here. */
function readId(value: unknown, register: number, out: Out): number {
  if (typeof value !== "number") return FRAME.UNKNOWN;
  return Number.isSafeInteger(value) && putId(value, out, register) ? FRAME.DATA : FRAME.BAD;
}

/** A CRC, signed or not; 0 is none. */
function readChecksum(value: unknown, out: Out): number {
  out.hasChecksum = value !== undefined && value !== 0;
  if (!out.hasChecksum) return FRAME.DATA;
  if (typeof value !== "number") return FRAME.UNKNOWN;
  if (!Number.isInteger(value) || value < -0x80000000 || value > 0xffffffff) return FRAME.BAD;
  out.checksum = value | 0;
  return FRAME.DATA;
}

/** Levels of four texts: price, size, a field out of use, number of orders. */
function readLevels(levels: unknown, side: number, out: Out): number {
  if (!Array.isArray(levels)) return FRAME.UNKNOWN;
  for (const level of levels) {
    const result = readLevel(level, NUM.PRICE, out);
    if (result !== FRAME.DATA) return result;
    if (side !== SIDE.NONE) out.level(side);
  }
  return FRAME.DATA;
}

const COUNT = /^\d+$/;

function readLevel(level: unknown, register: number, out: Out): number {
  if (!Array.isArray(level) || level.length !== 4) return FRAME.UNKNOWN;
  const [price, size, unused, orders] = level as unknown[];
  if (![price, size, unused, orders].every((text) => typeof text === "string")) return FRAME.UNKNOWN;
  if (!COUNT.test(String(unused)) || !COUNT.test(String(orders))) return FRAME.BAD;
  const numbers = putDecimal(String(price), out, register) && putDecimal(String(size), out, register + 1);
  return numbers ? FRAME.DATA : FRAME.BAD;
}

function readBest({ row, arg }: Row, out: Out): number {
  if (typeof arg.instId !== "string" || (row.instId !== undefined && row.instId !== arg.instId))
    return FRAME.UNKNOWN;
  const asks = readSide(row.asks, NUM.ASK_PRICE, out);
  if (asks !== FRAME.DATA) return asks;
  const bids = readSide(row.bids, NUM.BID_PRICE, out);
  if (bids !== FRAME.DATA) return bids;
  const stamps = readStamps(row, out);
  if (stamps !== FRAME.DATA) return stamps;
  const instrument = named(arg.instId, out);
  if (instrument >= 0) out.quote(instrument, 0);
  return FRAME.DATA;
}

/** The one level of a side; a side without orders is NaN. */
function readSide(levels: unknown, register: number, out: Out): number {
  if (!Array.isArray(levels) || levels.length > 1) return FRAME.UNKNOWN;
  out.num.fill(NaN, register, register + 2);
  return levels.length === 0 ? FRAME.DATA : readLevel(levels[0], register, out);
}

const TRADE: Fields = [
  ["px", NUM.PRICE],
  ["sz", NUM.SIZE],
];

function readTrade({ row }: Row, out: Out): number {
  const { instId, tradeId } = row;
  if (typeof instId !== "string" || typeof tradeId !== "string") return FRAME.UNKNOWN;
  const side = sideOf(row.side);
  if (side === SIDE.NONE) return FRAME.UNKNOWN;
  const numbers = readNumbers(row, quotedText, TRADE, out);
  if (numbers !== FRAME.DATA) return numbers;
  const time = readTime(row.ts, out);
  if (time !== FRAME.DATA) return time;
  if (!putId(tradeId, out, LONG.ID)) return FRAME.BAD;
  const instrument = named(instId, out);
  if (instrument >= 0) out.trade(instrument, side, 0);
  return FRAME.DATA;
}

function sideOf(word: unknown): number {
  return word === "buy" ? SIDE.BUY : word === "sell" ? SIDE.SELL : SIDE.NONE;
}

/** A decimal text, or "" for what has no value (NaN). */
function readOptional(value: unknown, register: number, out: Out): number {
  if (typeof value !== "string") return FRAME.UNKNOWN;
  out.num[register] = NaN;
  return value === "" || putDecimal(value, out, register) ? FRAME.DATA : FRAME.BAD;
}

function readTicker({ row }: Row, out: Out): number {
  const { instId, instType } = row;
  const volume = instType === "SPOT" ? "vol24h" : "volCcy24h";
  if (typeof instId !== "string" || !TICKER_TYPES.has(instType)) return FRAME.UNKNOWN;
  for (const [name, register] of [...DAY, [volume, NUM.VOLUME] as const]) {
    const result = readOptional(row[name], register, out);
    if (result !== FRAME.DATA) return result;
  }
  out.num[NUM.VWAP] = NaN;
  const time = readTime(row.ts, out);
  const instrument = named(instId, out);
  if (time === FRAME.DATA && instrument >= 0 && out.num[NUM.LAST]! > 0) emitStats(instrument, out);
  return time;
}

const TICKER_TYPES: ReadonlySet<unknown> = new Set(["SPOT", "SWAP", "FUTURES", "OPTION"]);
const DAY: Fields = [
  ["last", NUM.LAST],
  ["high24h", NUM.HIGH],
  ["low24h", NUM.LOW],
];

/** A row whose only figure is the one named. */
function readFigure({ row }: Row, name: string, register: number, out: Out): number {
  const { instId } = row;
  if (typeof instId !== "string") return FRAME.UNKNOWN;
  const time = readOptionalTime(row.ts, out);
  if (time !== FRAME.DATA) return time;
  out.num.fill(NaN, 0, NUM.OPEN_INTEREST + 1);
  const figure = readNumbers(row, quotedText, [[name, register]], out);
  const instrument = named(instId, out);
  if (figure === FRAME.DATA && instrument >= 0) out.ticker(instrument, 0);
  return figure;
}

function readFunding({ row }: Row, out: Out): number {
  const { instId, fundingRate, fundingTime = "" } = row;
  if (typeof instId !== "string" || typeof fundingRate !== "string") return FRAME.UNKNOWN;
  const time = readOptionalTime(row.ts, out);
  if (time !== FRAME.DATA) return time;
  out.num.fill(NaN, 0, NUM.OPEN_INTEREST + 1);
  const next = readOptional(fundingTime, NUM.NEXT_FUNDING, out);
  if (next !== FRAME.DATA) return next;
  out.num[NUM.NEXT_FUNDING]! *= 1000;
  if (fundingRate === "") return FRAME.DATA;
  if (!putSigned(fundingRate, out, NUM.FUNDING)) return FRAME.BAD;
  const instrument = named(instId, out);
  if (instrument >= 0) out.ticker(instrument, 0);
  return FRAME.DATA;
}

function readIndex({ row }: Row, out: Out): number {
  const { instId } = row;
  if (typeof instId !== "string") return FRAME.UNKNOWN;
  const time = readOptionalTime(row.ts, out);
  if (time !== FRAME.DATA) return time;
  const price = readNumbers(row, quotedText, [["idxPx", NUM.PRICE]], out);
  const instrument = named(instId, out);
  if (price === FRAME.DATA && instrument >= 0) out.index(instrument, 0);
  return price;
}

function readLiquidation({ row }: Row, out: Out): number {
  const { instId, details } = row;
  if (typeof instId !== "string" || !Array.isArray(details)) return FRAME.UNKNOWN;
  const instrument = named(instId, out);
  for (const order of details) {
    const result = isObject(order) ? readOrder(order, instrument, out) : FRAME.UNKNOWN;
    if (result !== FRAME.DATA) return result;
  }
  return FRAME.DATA;
}

/** A forced order. Those of options and of margin pairs have empty fields; without price or size there is nothing to say. */
function readOrder(order: JsonObject, instrument: number, out: Out): number {
  const { bkPx, sz, side, ts } = order;
  if (side !== "" && sideOf(side) === SIDE.NONE) return FRAME.UNKNOWN;
  for (const result of [
    readTime(ts, out),
    readOptional(bkPx, NUM.PRICE, out),
    readOptional(sz, NUM.SIZE, out),
  ])
    if (result !== FRAME.DATA) return result;
  const whole = out.num[NUM.PRICE]! >= 0 && out.num[NUM.SIZE]! >= 0;
  if (whole && instrument >= 0) out.liquidation(instrument, sideOf(side), 0);
  return FRAME.DATA;
}

/** Figures of an option; those of options nobody asked for are not looked at, as a frame has a whole family. */
function readSummary({ row }: Row, out: Out): number {
  const { instId, ts } = row;
  if (typeof instId !== "string") return FRAME.UNKNOWN;
  const instrument = named(instId, out);
  if (instrument < 0) return FRAME.DATA;
  const time = readTime(ts, out);
  if (time !== FRAME.DATA) return time;
  out.option.fill(NaN);
  const figures = SUMMARY.map(([name, register]) => ({ value: row[name], register, put: putDecimal }));
  const greeks = GREEKS.map(([name, other, register]) => {
    return { value: row[name] ?? row[other], register, put: putSigned };
  });
  for (const { value, register, put } of [...figures, ...greeks]) {
    if (value === undefined || value === "") continue;
    if (typeof value !== "string") return FRAME.UNKNOWN;
    if (!put(value, out, NUM.PRICE)) return FRAME.BAD;
    out.option[register] = out.num[NUM.PRICE]!;
  }
  emitSummary(instrument, out);
  return FRAME.DATA;
}
