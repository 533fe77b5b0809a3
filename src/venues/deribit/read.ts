import { FLAG, FRAME, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out } from "../../model/index.ts";
import { isObject, putDecimal, putId, putSigned, putTime, unreadable } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { bareText, isText, named, readNumbers } from "../reading.ts";
import type { Fields } from "../reading.ts";
import { emitQuote, emitTicker } from "./emit.ts";
import { PERCENT, putShifted } from "./scan.ts";
import { FIGURE, figures } from "./shapes.ts";

/**
 * The readable reference of the hot path: the same frames from parsed JSON, in any order of keys, numbers as texts.
 * Values that cannot be (negative, not finite) make a frame BAD; a field missing or of another type makes it UNKNOWN.
 */
export function readFrame(frame: unknown, out: Out): number {
  if (!isObject(frame)) return unreadable(frame);
  const { method, params } = frame;
  if (method === undefined) return "result" in frame || isObject(frame.error) ? FRAME.CONTROL : FRAME.UNKNOWN;
  if (!isObject(params)) return FRAME.UNKNOWN;
  if (method === "heartbeat") return readHeartbeat(params);
  const { channel, data } = params;
  if (method !== "subscription" || !isText(channel)) return FRAME.UNKNOWN;
  const kind = KINDS.find(({ form }) => form.test(channel));
  if (kind === undefined) return FRAME.UNKNOWN;
  return "verdict" in kind ? kind.verdict : kind.read(data, out);
}

/** {"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}: that one wants an answer at once. */
function readHeartbeat({ type }: JsonObject): number {
  if (type === "test_request") return FRAME.CONTROL;
  return type === "heartbeat" ? FRAME.HEARTBEAT : FRAME.UNKNOWN;
}

type Read = (data: unknown, out: Out) => number;
type Kind = { readonly form: RegExp } & ({ readonly read: Read } | { readonly verdict: number });

const KINDS: readonly Kind[] = [
  { form: /^quote\./, read: readQuote },
  { form: /^ticker\./, read: readTicker },
  { form: /^book\./, read: readBook },
  { form: /^trades\./, read: readTrades },
  { form: /^deribit_volatility_index\./, read: readIndex },
  { form: /^(?:instrument\.state\.|platform_state(?:\.|$))/, verdict: FRAME.CONTROL },
  // Index and mark prices, which tickers have as well; candles, announcements, and what is of single trades or forecasts.
  {
    form: /^(?:deribit_price_(?:index|ranking|statistics)|markprice\.options|estimated_expiration_price)\./,
    verdict: FRAME.IGNORED,
  },
  {
    form: /^(?:incremental_ticker|perpetual|chart\.trades|block_rfq\.trades|block_trade_confirmations)\./,
    verdict: FRAME.IGNORED,
  },
  { form: /^announcements$/, verdict: FRAME.IGNORED },
];

/** The first verdict that is not DATA. */
function first(...verdicts: number[]): number {
  return verdicts.find((one) => one !== FRAME.DATA) ?? FRAME.DATA;
}

/** UNIX milliseconds, and the name of the instrument. */
function readHead({ timestamp, instrument_name: name }: JsonObject, out: Out): number {
  return first(isText(name) ? FRAME.DATA : FRAME.UNKNOWN, readTime(timestamp, out));
}

function readTime(value: unknown, out: Out): number {
  const text = bareText(value);
  if (text === null) return FRAME.UNKNOWN;
  return /^\d{1,16}$/.test(text) && putTime(Number(text), out) ? FRAME.DATA : FRAME.BAD;
}

function readCount(value: unknown, register: number, out: Out): number {
  const text = bareText(value);
  if (text === null) return FRAME.UNKNOWN;
  return putId(text, out, register) ? FRAME.DATA : FRAME.BAD;
}

type Put = (text: string, out: Out, register: number) => boolean;
const putPercent: Put = (text, out, register) => putShifted(text, PERCENT, out, register);

/** A number into `figures`, null is NaN; a field that is missing is `absent`. */
function readFigure(value: unknown, put: Put, at: number, absent: number, out: Out): number {
  if (value === undefined) return absent;
  figures[at] = NaN;
  if (value === null) return FRAME.DATA;
  const text = bareText(value);
  if (text === null) return FRAME.UNKNOWN;
  if (!put(text, out, NUM.PRICE)) return FRAME.BAD;
  figures[at] = out.num[NUM.PRICE]!;
  return FRAME.DATA;
}

type Figures = readonly (readonly [name: string, place: number, put?: Put])[];

function readFigures(from: JsonObject, fields: Figures, absent: number, out: Out): number {
  return first(
    ...fields.map(([name, place, put = putDecimal]) => readFigure(from[name], put, place, absent, out)),
  );
}

const TOP: Figures = [
  ["best_bid_price", FIGURE.BID_PRICE],
  ["best_bid_amount", FIGURE.BID_SIZE],
  ["best_ask_price", FIGURE.ASK_PRICE],
  ["best_ask_amount", FIGURE.ASK_SIZE],
];

function readQuote(data: unknown, out: Out): number {
  if (!isObject(data)) return FRAME.UNKNOWN;
  const result = first(readHead(data, out), readFigures(data, TOP, FRAME.UNKNOWN, out));
  if (result === FRAME.DATA) emitQuote(named(String(data.instrument_name), out), out);
  return result;
}

const TICKER: Figures = [
  ["mark_price", FIGURE.MARK],
  ["index_price", FIGURE.INDEX],
  ["underlying_price", FIGURE.UNDERLYING],
  ["open_interest", FIGURE.OPEN_INTEREST],
  ["interest_rate", FIGURE.INTEREST_RATE, putSigned],
  ["current_funding", FIGURE.FUNDING, putSigned],
  ["last_price", FIGURE.LAST],
  ["mark_iv", FIGURE.MARK_IV, putPercent],
  ["bid_iv", FIGURE.BID_IV, putPercent],
  ["ask_iv", FIGURE.ASK_IV, putPercent],
];
const STATS: Figures = [
  ["volume", FIGURE.VOLUME],
  ["high", FIGURE.HIGH],
  ["low", FIGURE.LOW],
];
const GREEKS: Figures = [
  ["delta", FIGURE.DELTA, putSigned],
  ["gamma", FIGURE.GAMMA, putSigned],
  ["vega", FIGURE.VEGA, putSigned],
  ["theta", FIGURE.THETA, putSigned],
  ["rho", FIGURE.RHO, putSigned],
];

function readTicker(data: unknown, out: Out): number {
  if (!isObject(data)) return FRAME.UNKNOWN;
  const { stats = {}, greeks = {} } = data;
  if (!isObject(stats) || !isObject(greeks)) return FRAME.UNKNOWN;
  figures.fill(NaN);
  const result = first(
    readHead(data, out),
    readFigures(data, TICKER, FRAME.DATA, out),
    readFigures(stats, STATS, FRAME.DATA, out),
    readFigures(greeks, GREEKS, FRAME.DATA, out),
  );
  const instrument = result === FRAME.DATA ? named(String(data.instrument_name), out) : -1;
  emitTicker(instrument, data.mark_iv !== undefined, out);
  return result;
}

function readIndex(data: unknown, out: Out): number {
  if (!isObject(data) || !isText(data.index_name)) return FRAME.UNKNOWN;
  const numbers = readNumbers(data, bareText, [["volatility", NUM.PRICE]], out);
  const result = first(readTime(data.timestamp, out), numbers);
  const instrument = result === FRAME.DATA ? named(data.index_name, out) : -1;
  if (instrument >= 0) out.index(instrument, 0);
  return result;
}

const VALUES: Fields = [
  ["price", NUM.PRICE],
  ["amount", NUM.SIZE],
];

function readTrades(rows: unknown, out: Out): number {
  if (!Array.isArray(rows)) return FRAME.UNKNOWN;
  for (const row of rows) {
    const result = isObject(row) ? readTrade(row, out) : FRAME.UNKNOWN;
    if (result !== FRAME.DATA) return result;
  }
  return FRAME.DATA;
}

function readTrade(row: JsonObject, out: Out): number {
  const { direction } = row;
  if (direction !== "buy" && direction !== "sell") return FRAME.UNKNOWN;
  const values = readNumbers(row, bareText, VALUES, out);
  const result = first(readHead(row, out), values, readCount(row.trade_seq, LONG.ID, out));
  const instrument = result === FRAME.DATA ? named(String(row.instrument_name), out) : -1;
  if (instrument >= 0) out.trade(instrument, direction === "buy" ? SIDE.BUY : SIDE.SELL, 0);
  return result;
}

/** A book of the stream: all of it, or what has changed. */
export function readBook(data: unknown, out: Out): number {
  if (!isObject(data)) return FRAME.UNKNOWN;
  const { type, change_id: id, prev_change_id: link } = data;
  if (type !== undefined && type !== "snapshot" && type !== "change") return FRAME.UNKNOWN;
  // A change without the key of its link is no snapshot: what it names are a few levels of hundreds.
  if (type === "change" && link === undefined) return FRAME.UNKNOWN;
  out.long.fill(0, LONG.PREV, LONG.PREV + 2);
  const linked = link === undefined || link === null ? FRAME.DATA : readCount(link, LONG.PREV, out);
  const head = first(readHead(data, out), readCount(id, LONG.ID, out), linked);
  if (head !== FRAME.DATA) return head;
  const instrument = named(String(data.instrument_name), out);
  const bids = readLevels(data.bids, instrument < 0 ? SIDE.NONE : SIDE.BID, out);
  const asks = bids === FRAME.DATA ? readLevels(data.asks, instrument < 0 ? SIDE.NONE : SIDE.ASK, out) : bids;
  if (asks !== FRAME.DATA || instrument < 0) return asks;
  const whole = type === "snapshot" || (out.long[LONG.PREV] === 0 && out.long[LONG.PREV + 1] === 0);
  if (whole) out.long.fill(0, LONG.PREV, LONG.PREV + 2);
  out.book(instrument, whole ? FLAG.SNAPSHOT : 0);
  return asks;
}

function readLevels(list: unknown, side: number, out: Out): number {
  if (!Array.isArray(list)) return FRAME.UNKNOWN;
  for (const one of list) {
    const result = Array.isArray(one) ? readLevel(one, out) : FRAME.UNKNOWN;
    if (result !== FRAME.DATA) return result;
    if (side !== SIDE.NONE) out.level(side);
  }
  return FRAME.DATA;
}

const ACTIONS: ReadonlySet<unknown> = new Set(["new", "change", "delete"]);

/** Action, price and amount; of grouped and truncated books without action. */
function readLevel(level: readonly unknown[], out: Out): number {
  const action = level.length === 3 ? level[0] : "new";
  const [price, amount] = level.slice(-2).map(bareText);
  if (!ACTIONS.has(action) || level.length < 2 || level.length > 3) return FRAME.UNKNOWN;
  if (typeof price !== "string" || typeof amount !== "string") return FRAME.UNKNOWN;
  if (!putDecimal(price, out, NUM.PRICE) || !putDecimal(amount, out, NUM.SIZE)) return FRAME.BAD;
  if (action === "delete") out.num[NUM.SIZE] = 0;
  return FRAME.DATA;
}
