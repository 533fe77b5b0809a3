import { FRAME, NUM } from "../../model/index.ts";
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
 * (singleOpenInterest, since June 2026): `openInterest` of contracts counts both. Options have no such field. Their
 * prices of the day are "0" before the first trade. usdIndexPrice is not the pair's.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BRACE = 0x7d;

/** Figures by their place in `figures`; the first five are those of a ticker event, then last, volume, high and low. */
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
] as const;
const FUNDING = 2;
const NEXT = 3;
const SINGLE = 4;
const LAST = 5;
const VOLUME = 6;
const HIGH = 7;
const LOW = 8;
const BOTH = 9;
const SYMBOL = 10;
/** Only options have it. */
const MARK_IV = 11;
export const OPTION_FIELD = "markPriceIv";
const KEYS = names(...FIELDS, "symbol", OPTION_FIELD);

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
const DELTA = key('delta"');
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
    if (type > 0) p = Math.max(after(slab, type, end, DELTA), after(slab, type, end, SNAPSHOT));
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
  if (field < 0 || field === MARK_IV) return textEnd(slab, p, end);
  if (slab.bytes[p] === QUOTE) return p;
  const close = field === FUNDING ? signedDecimal(slab, p, out, 0) : decimal(slab, p, out, 0);
  figures[field] = out.num[0]!;
  return close;
}

/** Brings what was read to the units of the registers. */
export function settle(option: boolean): void {
  figures[NEXT]! *= 1000;
  if (option) figures[SINGLE] = figures[BOTH]!;
}

/** Emits what `figures` say: a ticker, figures of the day, both or neither. */
export function emitFigures(instrument: number, out: Out): void {
  if (instrument < 0) return;
  const { num } = out;
  let some = false;
  for (let i = 0; i <= SINGLE; i++) {
    const figure = figures[i]!;
    num[i] = figure;
    if (figure === figure) some = true;
  }
  if (some) out.ticker(instrument, 0);
  if (figures[LAST] !== 0) emitDay(instrument, out);
}

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
