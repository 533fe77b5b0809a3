import { FLAG, FRAME, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out } from "../../model/index.ts";
import { isObject, putDecimal, putId, putSigned, putTime, unreadable } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { emitStats, named } from "../reading.ts";
import { numberText, plainString, putWhole } from "../exact.ts";
import { productOf, symbolOf } from "./names.ts";
import type { Product } from "./names.ts";
import { PROTOCOLS } from "./protocol.ts";
import type { Protocol } from "./protocol.ts";

/**
 * The readable reference of the hot path: the same frames from parsed JSON (of ../exact.ts), in any order of keys.
 * Values that cannot be (negative, not finite, empty) make a frame BAD; a field missing or of another type makes it
 * UNKNOWN. The two protocols differ by their words alone (protocol.ts).
 */
export function readFrame(frame: unknown, out: Out): number {
  if (!isObject(frame)) return unreadable(frame);
  if (frame.event !== undefined) return EVENTS.get(frame.event) ?? FRAME.UNKNOWN;
  const { arg, data } = frame;
  if (!isObject(arg) || !Array.isArray(data)) return FRAME.UNKNOWN;
  const protocol = PROTOCOLS.find(({ channel }) => plainString(arg[channel]) !== null);
  const product = productOf(arg.instType);
  if (protocol === undefined || product === null) return FRAME.UNKNOWN;
  const channel = String(arg[protocol.channel]);
  const kind = KINDS.get(channel);
  if (kind === undefined || kind.only === otherOf(protocol)) return kindOf(channel);
  const name = plainString(arg[protocol.symbol]);
  const from = { frame, rows: data, name, product, protocol, action: plainString(frame.action) };
  return data.every(isObject) ? kind.read(from, out) : FRAME.UNKNOWN;
}

/** Answers. `login` is for private connections. */
const EVENTS: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  ["subscribe", FRAME.CONTROL],
  ["unsubscribe", FRAME.CONTROL],
  ["error", FRAME.CONTROL],
  ["login", FRAME.IGNORED],
]);

/** Candles, and the account channels that some pages list among the public ones: candle1m (v2), kline (v3). */
function kindOf(channel: string): number {
  return channel === "kline" || /^candle\d+[mHDWM](?:utc)?$/.test(channel) ? FRAME.IGNORED : FRAME.UNKNOWN;
}

interface From {
  readonly frame: JsonObject;
  readonly rows: readonly JsonObject[];
  /** The venue's symbol in the frame's head; null where there is none. */
  readonly name: string | null;
  readonly product: Product;
  readonly protocol: Protocol;
  readonly action: string | null;
}

interface Kind {
  /** Protocol that has this channel, where not both do. */
  readonly only?: "v2" | "v3";
  readonly read: (from: From, out: Out) => number;
}

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["books", { read: eachRow(readBook) }],
  ["books5", { read: eachRow(readState) }],
  ["books15", { only: "v2", read: eachRow(readState) }],
  ["books50", { only: "v3", read: eachRow(readState) }],
  ["books1", { read: eachRow(readBest) }],
  ["trade", { only: "v2", read: readTrades }],
  ["publicTrade", { only: "v3", read: readTrades }],
  ["ticker", { read: eachRow(readTicker) }],
  ["liquidation", { only: "v3", read: readLiquidations }],
]);

function otherOf({ api }: Protocol): "v2" | "v3" {
  return api === "v2" ? "v3" : "v2";
}

type ReadRow = (row: JsonObject, from: From, instrument: number, out: Out) => number;

/** Reads rows about the symbol in the frame's head; an action that is not known makes all of it unknown. */
function eachRow(read: ReadRow): Kind["read"] {
  return (from, out) => {
    if (from.name === null || !isAction(from)) return FRAME.UNKNOWN;
    const instrument = named(symbolOf({ id: from.name, product: from.product }), out);
    for (const row of from.rows) {
      const result = read(row, from, instrument, out);
      if (result !== FRAME.DATA) return result;
    }
    return FRAME.DATA;
  };
}

function isAction({ action }: From): boolean {
  return action === "update" || action === "snapshot";
}

/** UNIX milliseconds as a text. */
function readTime(value: unknown, out: Out): number {
  const text = plainString(value);
  return text === null ? FRAME.UNKNOWN : putMillis(text, out);
}

function putMillis(text: string, out: Out): number {
  return /^(?:0|[1-9]\d{0,15})$/.test(text) && putTime(Number(text), out) ? FRAME.DATA : FRAME.BAD;
}

/** A full book or a change of it. It is numbered only where it says both its numbers. */
function readBook(row: JsonObject, { protocol, action }: From, instrument: number, out: Out): number {
  const stamps = readStamps(row, out);
  if (stamps !== FRAME.DATA) return stamps;
  const unnumbered = row.seq === undefined || row.pseq === undefined;
  if (unnumbered) out.long.fill(0, LONG.ID, LONG.PREV + 2);
  const full = action === "snapshot" || (!unnumbered && numberText(row.pseq) === "0");
  return readSides(row, protocol, full ? FLAG.SNAPSHOT : 0, instrument, out);
}

/** Some levels a side, a full state each time. */
function readState(row: JsonObject, { protocol, action }: From, instrument: number, out: Out): number {
  if (action !== "snapshot") return FRAME.UNKNOWN;
  const stamps = readStamps(row, out);
  return stamps === FRAME.DATA ? readSides(row, protocol, FLAG.SNAPSHOT, instrument, out) : stamps;
}

function readSides(
  row: JsonObject,
  { asks, bids }: Protocol,
  flags: number,
  instrument: number,
  out: Out,
): number {
  const wanted = instrument >= 0;
  const first = readLevels(row[asks], wanted ? SIDE.ASK : SIDE.NONE, out);
  if (first !== FRAME.DATA) return first;
  const second = readLevels(row[bids], wanted ? SIDE.BID : SIDE.NONE, out);
  if (second === FRAME.DATA && wanted) out.book(instrument, flags);
  return second;
}

/** Time, numbers and checksum of a book's row; `maxdepth` says how deep the book is. */
function readStamps(row: JsonObject, out: Out): number {
  const results = [
    readTime(row.ts, out),
    readNumber(row.seq, LONG.ID, out),
    readNumber(row.pseq, LONG.PREV, out),
    readChecksum(row.checksum, out),
    row.maxdepth === undefined || /^\d+$/.test(plainString(row.maxdepth) ?? "") ? FRAME.DATA : FRAME.UNKNOWN,
  ];
  return results.find((result) => result !== FRAME.DATA) ?? FRAME.DATA;
}

/** A JSON number of up to 64 bits; 0 where there is none. */
function readNumber(value: unknown, register: number, out: Out): number {
  out.long.fill(0, register, register + 2);
  if (value === undefined) return FRAME.DATA;
  const text = numberText(value);
  if (text === null) return FRAME.UNKNOWN;
  return putWhole(text, out, register) ? FRAME.DATA : FRAME.BAD;
}

/** A signed CRC; 0 is none. */
function readChecksum(value: unknown, out: Out): number {
  out.hasChecksum = false;
  if (value === undefined) return FRAME.DATA;
  const text = numberText(value);
  if (text === null) return FRAME.UNKNOWN;
  const crc = Number(text);
  if (!/^-?(?:0|[1-9]\d*)$/.test(text) || crc < -0x80000000 || crc > 0xffffffff) return FRAME.BAD;
  out.checksum = crc | 0;
  out.hasChecksum = crc !== 0;
  return FRAME.DATA;
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

/** Two texts: price, absolute size. */
function readLevel(level: unknown, register: number, out: Out): number {
  if (!Array.isArray(level) || level.length !== 2) return FRAME.UNKNOWN;
  const [price, size] = level.map(plainString);
  if (typeof price !== "string" || typeof size !== "string") return FRAME.UNKNOWN;
  return putDecimal(price, out, register) && putDecimal(size, out, register + 1) ? FRAME.DATA : FRAME.BAD;
}

function readBest(row: JsonObject, { protocol, action }: From, instrument: number, out: Out): number {
  if (action !== "snapshot") return FRAME.UNKNOWN;
  const asks = readSide(row[protocol.asks], NUM.ASK_PRICE, out);
  if (asks !== FRAME.DATA) return asks;
  const bids = readSide(row[protocol.bids], NUM.BID_PRICE, out);
  if (bids !== FRAME.DATA) return bids;
  const stamps = readStamps(row, out);
  if (stamps === FRAME.DATA && instrument >= 0) out.quote(instrument, 0);
  return stamps;
}

/** The one level of a side; a side without orders is [], or has no price: "" or 0. */
function readSide(levels: unknown, register: number, out: Out): number {
  if (!Array.isArray(levels) || levels.length > 1) return FRAME.UNKNOWN;
  out.num.fill(NaN, register, register + 2);
  const [level] = levels as unknown[];
  const empty = Array.isArray(level) && level.length === 2 && level.every((text) => text === "");
  if (level === undefined || empty) return FRAME.DATA;
  const result = readLevel(level, register, out);
  if (out.num[register] === 0) out.num.fill(NaN, register, register + 2);
  return result;
}

/** What a row became, to be emitted in its turn. */
interface Read {
  readonly time: bigint;
  readonly id: bigint;
  readonly emit: () => void;
}

/** Oldest first, by time and then by id; of rows that are equal in both the last one first, as lists are newest first. */
function inOrder(rows: readonly Read[]): Read[] {
  return rows.toReversed().toSorted((one, other) => Number(one.time - other.time || one.id - other.id));
}

/** The time in the registers, ns. */
function timeIn({ long }: Out): bigint {
  return (BigInt(long[LONG.TS + 1]! >>> 0) << 32n) | BigInt(long[LONG.TS]! >>> 0);
}

function sideOf(word: unknown): number {
  return word === "buy" ? SIDE.BUY : word === "sell" ? SIDE.SELL : SIDE.NONE;
}

function readTrades(from: From, out: Out): number {
  if (from.name === null || !isAction(from)) return FRAME.UNKNOWN;
  const instrument = named(symbolOf({ id: from.name, product: from.product }), out);
  const flags = from.action === "snapshot" ? FLAG.SNAPSHOT : 0;
  const { trade } = from.protocol;
  const read: Read[] = [];
  for (const row of from.rows) {
    const emit = (): number => readTrade(row, from.protocol, out);
    const result = emit();
    if (result !== FRAME.DATA) return result;
    const side = sideOf(row[trade.side]);
    const again = (): void => {
      emit();
      out.trade(instrument, side, flags);
    };
    read.push({ time: timeIn(out), id: BigInt(String(row[trade.id])), emit: again });
  }
  return emitAll(read, instrument >= 0, out);
}

/** Emits what was read before. Numbers that were inexact are not counted twice. */
function emitAll(read: readonly Read[], wanted: boolean, out: Out): number {
  const { inexact } = out;
  if (wanted) for (const { emit } of inOrder(read)) emit();
  out.inexact = inexact;
  return FRAME.DATA;
}

/** One trade to the registers. Documentation prints the price of v3 as `P` in one place. */
function readTrade(row: JsonObject, { trade }: Protocol, out: Out): number {
  const price = plainString(row[trade.price] ?? (trade.price === "p" ? row.P : undefined));
  const size = plainString(row[trade.size]);
  const id = plainString(row[trade.id]);
  if (price === null || size === null || id === null || sideOf(row[trade.side]) === SIDE.NONE)
    return FRAME.UNKNOWN;
  const time = readTime(row[trade.time], out);
  if (time !== FRAME.DATA) return time;
  const numbers = putDecimal(price, out, NUM.PRICE) && putDecimal(size, out, NUM.SIZE);
  return numbers && putId(id, out, LONG.ID) ? FRAME.DATA : FRAME.BAD;
}

/** A decimal text into a register; NaN where it is missing or empty. */
function readOptional(value: unknown, register: number, put: typeof putDecimal, out: Out): number {
  out.num[register] = NaN;
  if (value === undefined || value === "") return FRAME.DATA;
  const text = plainString(value);
  if (text === null) return FRAME.UNKNOWN;
  return put(text, out, register) ? FRAME.DATA : FRAME.BAD;
}

/**
 * Figures of a derivative and of the day, an event each. v2 says when its row was made, v3 only when the frame was.
 * What is missing or empty is not said; a next funding time of 0 is that of a contract without funding.
 */
function readTicker(row: JsonObject, { protocol, frame }: From, instrument: number, out: Out): number {
  const { ticker, api } = protocol;
  const frameTime = numberText(frame.ts);
  const time =
    api === "v2" ? readTime(row.ts, out) : frameTime === null ? FRAME.UNKNOWN : putMillis(frameTime, out);
  if (time !== FRAME.DATA) return time;
  for (const [name, register] of ticker.figures) {
    const put = register === NUM.FUNDING ? putSigned : putDecimal;
    const result = readOptional(row[name], register, put, out);
    if (result !== FRAME.DATA) return result;
  }
  if (instrument >= 0) emitFigures(instrument, out);
  for (const [name, register] of ticker.day) {
    const result = readOptional(row[name], register, putDecimal, out);
    if (result !== FRAME.DATA) return result;
  }
  if (instrument >= 0) emitDay(instrument, out);
  return FRAME.DATA;
}

/** Emits the figures in the registers, if there are any. */
export function emitFigures(instrument: number, out: Out): void {
  const { num } = out;
  if (num[NUM.MARK] === 0) num[NUM.MARK] = NaN;
  if (num[NUM.INDEX] === 0) num[NUM.INDEX] = NaN;
  if (!(num[NUM.NEXT_FUNDING]! > 0)) num[NUM.FUNDING] = num[NUM.NEXT_FUNDING] = NaN;
  num[NUM.NEXT_FUNDING]! *= 1000;
  const some = num[NUM.MARK]! > 0 || num[NUM.INDEX]! > 0 || num[NUM.NEXT_FUNDING]! > 0;
  if (some || num[NUM.OPEN_INTEREST]! >= 0) out.ticker(instrument, 0);
}

/** Emits the figures of the day, if there was a trade. */
export function emitDay(instrument: number, out: Out): void {
  out.num[NUM.VWAP] = NaN;
  if (out.num[NUM.LAST]! > 0) emitStats(instrument, out);
}

/** Forced orders of a product, each with its symbol. `side` is that of the position: a long one is sold. */
function readLiquidations(from: From, out: Out): number {
  if (!isAction(from)) return FRAME.UNKNOWN;
  const read: Read[] = [];
  for (const row of from.rows) {
    const symbol = plainString(row.symbol);
    const side = sideOf(row.side);
    if (symbol === null || side === SIDE.NONE) return FRAME.UNKNOWN;
    const emit = (): number => readLiquidation(row, out);
    const result = emit();
    if (result !== FRAME.DATA) return result;
    const instrument = named(symbolOf({ id: symbol, product: from.product }), out);
    const again = (): void => {
      if (instrument < 0) return;
      emit();
      out.liquidation(instrument, side === SIDE.BUY ? SIDE.SELL : SIDE.BUY, 0);
    };
    read.push({ time: timeIn(out), id: 0n, emit: again });
  }
  return emitAll(read, true, out);
}

function readLiquidation(row: JsonObject, out: Out): number {
  const [price, amount] = [plainString(row.price), plainString(row.amount)];
  if (price === null || amount === null) return FRAME.UNKNOWN;
  const time = readTime(row.ts, out);
  if (time !== FRAME.DATA) return time;
  return putDecimal(price, out, NUM.PRICE) && putDecimal(amount, out, NUM.SIZE) ? FRAME.DATA : FRAME.BAD;
}
