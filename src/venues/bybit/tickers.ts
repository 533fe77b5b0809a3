import { FRAME, LONG, NUM, OPTION } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import { nameAt, names } from "../any-order.ts";
import { NO_TEXT, after, key, quoteAt, textEnd, wanted } from "../keys.ts";
import { decimal, millis, signedDecimal } from "../kit.ts";
import { safeInteger, sameText } from "./scan.ts";

/**
 * {"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","indexPrice":"63986.66"},"cs":760580218857,
 *  "ts":1786540397983}
 * {"topic":"tickers.BTCUSDT","ts":1786538729776,"type":"snapshot","cs":112571857121,"data":{"symbol":"BTCUSDT",
 *  "lastPrice":"64057.7","highPrice24h":"64500","lowPrice24h":"63232.1","prevPrice24h":"64326.9",
 *  "volume24h":"7217.990977","turnover24h":"460629823.77866687","price24hPcnt":"-0.0042","usdIndexPrice":"63989.74"}}
 * https://bybit-exchange.github.io/docs/v5/websocket/public/ticker. Tickers of contracts begin with a snapshot and go on
 * with what changed; what is not in the frame has not changed and is left out of the event, as nothing is remembered
 * here. "" is a figure that does not apply. Of open interest the figure that counts one side is read
 * (singleOpenInterest, since June 2026): `openInterest` of contracts counts both. usdIndexPrice is not the pair's.
 * {"topic":"tickers.BTC-25DEC26-100000-C-USDT","ts":1787644800406,"type":"snapshot","id":"tickers.BTC-..","data":{
 *  "symbol":"BTC-25DEC26-100000-C-USDT","bidPrice":"22915","bidSize":"18.55","bidIv":"0.3285","askPrice":"26205",
 *  "askSize":"18.55","askIv":"0.4489","lastPrice":"0","highPrice24h":"0","lowPrice24h":"0","markPrice":"24465",
 *  "indexPrice":"83885","markPriceIv":"0.3868","underlyingPrice":"86977.1","openInterest":"0","turnover24h":"0",
 *  "volume24h":"0","totalVolume":"0","totalTurnover":"0","delta":"0.7","gamma":"0.00001","vega":"100","theta":"-40",
 *  "predictedDeliveryPrice":"0","change24h":"0"}}
 * Options are always whole. Volatilities are fractions; "0" is a side without quote, and no price before the first trade.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BRACE = 0x7d;

/** Figures by their place in `figures`; the first five are those of a ticker event, then last, volume, high and low; those behind are of options. */
export const FIELDS = [
  "markPrice",
  "indexPrice",
  "fundingRate",
  "nextFundingTime",
  "singleOpenInterest",
  "lastPrice",
  "volume24h",
  "highPrice24h",
  "lowPrice24h",
  "openInterest",
  "markPriceIv",
  "underlyingPrice",
  "bidIv",
  "askIv",
  "delta",
  "gamma",
  "vega",
  "theta",
  "bidPrice",
  "bidSize",
  "askPrice",
  "askSize",
] as const;
const FUNDING = 2;
const NEXT = 3;
const SINGLE = 4;
const LAST = 5;
const VOLUME = 6;
const HIGH = 7;
const LOW = 8;
const BOTH = 9;
/** Only options have it. */
const MARK_IV = 10;
const BID_IV = 12;
const ASK_IV = 13;
const DELTA = 14;
const THETA = 17;
const BID = 18;
const ASK = 20;
const SYMBOL = FIELDS.length;
export const OPTION_FIELD = FIELDS[MARK_IV];
const KEYS = names(...FIELDS, "symbol");
/** Where the figures of an option come from, and the registers they go to. */
const OPTION_AT: readonly (readonly [figure: number, register: number])[] = [
  [0, OPTION.MARK],
  [1, OPTION.INDEX],
  [BOTH, OPTION.OPEN_INTEREST],
  [LAST, OPTION.LAST],
  [VOLUME, OPTION.VOLUME],
  [MARK_IV, OPTION.MARK_IV],
  [11, OPTION.UNDERLYING],
  [BID_IV, OPTION.BID_IV],
  [ASK_IV, OPTION.ASK_IV],
  [DELTA, OPTION.DELTA],
  [15, OPTION.GAMMA],
  [16, OPTION.VEGA],
  [THETA, OPTION.THETA],
];

/** Whether a figure may be below zero. */
export function isSigned(field: number): boolean {
  return field === FUNDING || (field >= DELTA && field <= THETA);
}

/** What the frame at hand says, NaN for what it does not. Nothing of it outlives the call that reads it. */
export const figures = new Float64Array(FIELDS.length);

const TOPIC = key("tickers.");

export function tickers(slab: Slab, p: number, end: number, out: Out): number {
  const name = after(slab, p, end, TOPIC);
  const nameEnd = quoteAt(slab, name, end);
  if (nameEnd <= name) return -1;
  if (!members(slab, nameEnd + 1, end, name, nameEnd, out)) return -1;
  const instrument = wanted(slab, name, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
  emitFigures(instrument, out);
  return FRAME.DATA;
}

const TYPE = key(',"type":"');
const TIME = key(',"ts":');
const CROSS = key(',"cs":');
const DATA = key(',"data":{"');
const MESSAGE = key(',"id":"');
const CHANGED = key('delta"');
const SNAPSHOT = key('snapshot"');
const HAS_TYPE = 1;
const HAS_TIME = 2;
const HAS_CROSS = 4;
const HAS_DATA = 8;
const HAS_ID = 16;
const NEEDED = HAS_TYPE | HAS_TIME | HAS_DATA;

/** What stands behind the topic, in any order, each once, up to the end: LONG.TS and `figures`. */
function members(slab: Slab, p: number, end: number, name: number, nameEnd: number, out: Out): boolean {
  let seen = 0;
  for (;;) {
    const type = after(slab, p, end, TYPE);
    const time = type > 0 ? -1 : after(slab, p, end, TIME);
    const cross = type > 0 || time > 0 ? -1 : after(slab, p, end, CROSS);
    const data = type > 0 || time > 0 || cross > 0 ? -1 : after(slab, p, end, DATA);
    let bit = HAS_TYPE;
    if (type > 0) p = Math.max(after(slab, type, end, CHANGED), after(slab, type, end, SNAPSHOT));
    else if (time > 0) {
      bit = HAS_TIME;
      p = millis(slab, time, out);
    } else if (cross > 0) {
      bit = HAS_CROSS;
      p = safeInteger(slab, cross, out, 2);
    } else if (data > 0) {
      bit = HAS_DATA;
      p = object(slab, data, end, name, nameEnd, out);
    } else {
      bit = HAS_ID;
      const id = after(slab, p, end, MESSAGE);
      const close = id < 0 ? -1 : textEnd(slab, id, end);
      p = close < 0 ? -1 : close + 1;
    }
    if (p < 0 || p >= end || (seen & bit) !== 0) return false;
    seen |= bit;
    if (slab.bytes[p] !== COMMA) break;
  }
  return p + 1 === end && slab.bytes[p] === BRACE && (seen & NEEDED) === NEEDED;
}

/** The object behind `{"`, its keys in any order; position behind it. */
function object(slab: Slab, p: number, end: number, name: number, nameEnd: number, out: Out): number {
  const bytes = slab.bytes;
  figures.fill(NaN);
  let seen = 0;
  for (;;) {
    const keyEnd = textEnd(slab, p, end);
    if (keyEnd < 0 || bytes[keyEnd + 1] !== COLON || bytes[keyEnd + 2] !== QUOTE) return -1;
    const field = nameAt(slab, p, keyEnd, KEYS);
    p = value(slab, keyEnd + 3, end, field, name, nameEnd, out);
    if (p < 0 || p >= end || bytes[p] !== QUOTE) return -1;
    if (field >= 0) {
      if ((seen & (1 << field)) !== 0) return -1;
      seen |= 1 << field;
    }
    if (bytes[p + 1] !== COMMA) break;
    if (bytes[p + 2] !== QUOTE) return -1;
    p += 3;
  }
  if ((seen & (1 << SYMBOL)) === 0 || bytes[p + 1] !== BRACE) return -1;
  settle((seen & (1 << MARK_IV)) !== 0);
  return p + 2;
}

/** Position of the quote that closes the value of a field at p. */
function value(
  slab: Slab,
  p: number,
  end: number,
  field: number,
  name: number,
  nameEnd: number,
  out: Out,
): number {
  if (field === SYMBOL) return sameText(slab, p, name, nameEnd);
  if (field < 0) return textEnd(slab, p, end);
  if (slab.bytes[p] === QUOTE) return p;
  const close = isSigned(field) ? signedDecimal(slab, p, out, 0) : decimal(slab, p, out, 0);
  figures[field] = out.num[0]!;
  return close;
}

/** Whether the frame at hand is of an option. */
let isOption = false;

/** Brings what was read to the units of the registers. */
export function settle(option: boolean): void {
  figures[NEXT]! *= 1000;
  isOption = option;
}

/** Emits what `figures` say: a ticker, an option's with its quote, figures of the day, or nothing. */
export function emitFigures(instrument: number, out: Out): void {
  if (instrument < 0) return;
  if (isOption) emitOption(instrument, out);
  else emitContract(instrument, out);
  if (figures[LAST] !== 0) emitDay(instrument, out);
}

function emitContract(instrument: number, out: Out): void {
  const { num } = out;
  let some = false;
  for (let i = 0; i <= SINGLE; i++) {
    const figure = figures[i]!;
    num[i] = figure;
    if (figure === figure) some = true;
  }
  if (some) out.ticker(instrument, 0);
}

/** A figure of 0 that says "none". */
function orNone(field: number): number {
  return figures[field] === 0 ? NaN : figures[field]!;
}

function emitOption(instrument: number, out: Out): void {
  const { num, long, option } = out;
  option.fill(NaN);
  for (let i = 0; i < OPTION_AT.length; i++) {
    const [figure, register] = OPTION_AT[i]!;
    const none = figure === BID_IV || figure === ASK_IV || figure === LAST;
    option[register] = none ? orNone(figure) : figures[figure]!;
  }
  out.optionTicker(instrument, 0);
  for (let i = 0; i < SIDES.length; i++) {
    const [field, register] = SIDES[i]!;
    num[register] = orNone(field);
    num[register + 1] = num[register]! > 0 ? figures[field + 1]! : NaN;
  }
  long[LONG.ID] = 0;
  long[LONG.ID + 1] = 0;
  // Also where neither side is left: that the quote is gone must be told.
  out.quote(instrument, 0);
}

/** Price of a side, its size behind it, and where they go. */
const SIDES = [
  [BID, NUM.BID_PRICE],
  [ASK, NUM.ASK_PRICE],
] as const;

/** Prices of 0 are absent, and without a price before the first trade there is nothing to say. */
function emitDay(instrument: number, out: Out): void {
  const { num } = out;
  num[NUM.LAST] = figures[LAST]!;
  num[NUM.VOLUME] = figures[VOLUME]!;
  num[NUM.HIGH] = figures[HIGH] === 0 ? NaN : figures[HIGH]!;
  num[NUM.LOW] = figures[LOW] === 0 ? NaN : figures[LOW]!;
  num[NUM.VWAP] = NaN;
  for (let i = NUM.LAST; i <= NUM.LOW; i++) {
    if (Number.isNaN(num[i]!)) continue;
    out.stats(instrument, 0);
    return;
  }
}
