import { FRAME, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import { NO_TEXT, after, key, wanted } from "../keys.ts";
import { millis, signedDecimal, decimal, word } from "../kit.ts";
import { optionSummary } from "./options.ts";
import { plainEnd } from "./tickers.ts";

/**
 * Channels that speak some times a second at most: rows of texts whose keys change their order between documentation,
 * years and products. Each row is gone through once, pair by pair, and the texts that are wanted are remembered by
 * place; whatever is no pair of plain texts, or comes twice, returns -1.
 *
 * {"arg":{"channel":"mark-price","instId":"BTC-USDT-SWAP"},"data":[{"instType":"SWAP","instId":"BTC-USDT-SWAP",
 *  "markPx":"63921.4","ts":"1786540471710"}]}
 * {"arg":{"channel":"funding-rate","instId":"BTC-USDT-SWAP"},"data":[{"formulaType":"withRate",
 *  "fundingRate":"0.0000663322867090","fundingTime":"1788508800000","impactValue":"20000","instId":"BTC-USDT-SWAP",..,
 *  "method":"current_period","nextFundingRate":"","nextFundingTime":"1788537600000",..,"ts":"1788487507788"}]}
 * {"arg":{"channel":"open-interest","instId":"BTC-USDT-SWAP"},"data":[{"instId":"BTC-USDT-SWAP","instType":"SWAP",
 *  "oi":"2216113.01","oiCcy":"22161.1301","oiUsd":"1938803245.8","ts":"1743041250440"}]}
 * {"arg":{"channel":"index-tickers","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","idxPx":"0.1","high24h":"0.5",
 *  "low24h":"0.1","open24h":"0.1","sodUtc0":"0.1","sodUtc8":"0.1","ts":"1597026383085"}]}
 * {"arg":{"channel":"liquidation-orders","instType":"SWAP"},"data":[{"details":[{"bkLoss":"0","bkPx":"0.007831",
 *  "ccy":"","posSide":"short","side":"buy","sz":"13","ts":"1692266434010"}],"instFamily":"IOST-USDT",
 *  "instId":"IOST-USDT-SWAP","instType":"SWAP","uly":"IOST-USDT"}]}
 * .../#public-data-websocket
 */

const { TS } = LONG;
const { PRICE, SIZE, MARK, INDEX, FUNDING, NEXT_FUNDING, OPEN_INTEREST } = NUM;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const CLOSE = 0x5d;
const OPEN_BRACE = 0x7b;
const BRACE = 0x7d;

const MARK_PRICE = key('mark-price"');
const FUNDING_RATE = key('funding-rate"');
const INTEREST = key('open-interest"');
const INDEX_TICKERS = key('index-tickers"');
const OPTIONS = key('opt-summary"');
const LIQUIDATION = [key("liquidation-"), key('orders"')] as const;
const DATA = key(',"data":[');

/** p stands behind `{"arg":{"channel`. */
export function figures(slab: Slab, p: number, end: number, out: Out): number {
  const bytes = slab.bytes;
  if (bytes[p] !== QUOTE || bytes[p + 1] !== COLON || bytes[p + 2] !== QUOTE) return -1;
  const name = p + 3;
  const close = plainEnd(slab, name, end);
  if (close < 0) return -1;
  const simple = readerAt(slab, name, end);
  if (simple !== null) return rows(slab, dataAt(slab, close + 1, end), end, simple, out);
  const forced = after(slab, after(slab, name, end, LIQUIDATION[0]), end, LIQUIDATION[1]);
  return forced < 0 ? -1 : rows(slab, dataAt(slab, forced, end), end, liquidation, out);
}

type ReadRow = (slab: Slab, p: number, end: number, out: Out) => number;

function readerAt(slab: Slab, p: number, end: number): ReadRow | null {
  if (after(slab, p, end, MARK_PRICE) > 0) return markPrice;
  if (after(slab, p, end, FUNDING_RATE) > 0) return fundingRate;
  if (after(slab, p, end, INTEREST) > 0) return openInterest;
  if (after(slab, p, end, OPTIONS) > 0) return optionSummary;
  return after(slab, p, end, INDEX_TICKERS) > 0 ? indexTicker : null;
}

/** From behind the channel's name over the rest of `arg` to behind `"data":[`. */
function dataAt(slab: Slab, p: number, end: number): number {
  if (slab.bytes[p] !== COMMA) return -1;
  begins.fill(-1);
  return after(slab, pairs(slab, p + 1, end), end, DATA);
}

function rows(slab: Slab, p: number, end: number, read: ReadRow, out: Out): number {
  const bytes = slab.bytes;
  while (p > 0) {
    p = read(slab, p, end, out);
    if (p < 0 || bytes[p] !== COMMA) break;
    p += 1;
  }
  return p > 0 && p + 2 === end && bytes[p] === CLOSE && bytes[p + 1] === BRACE ? FRAME.DATA : -1;
}

/** Fields that are looked for, and where the text of each begins and ends in the row just read; -1 = not there. */
const INST_ID = 0;
const TIME = 1;
const MARK_PX = 2;
const RATE = 3;
const RATE_TIME = 4;
const OI = 5;
const INDEX_PX = 6;
const BANKRUPTCY_PX = 7;
const SZ = 8;
const ORDER_SIDE = 9;
const begins = new Int32Array(10).fill(-1);
const ends = new Int32Array(10);

const NAMES = ['"instId"', '"ts"', '"markPx"', '"fundingRate"', '"fundingTime"', '"oi"', '"idxPx"'].map(key);
const ORDER_NAMES = ['"bkPx"', '"sz"', '"side"'].map(key);
const KEYS = [...NAMES, ...ORDER_NAMES];
const WORDS = KEYS.map((one) => one.first);

/** Number of the field whose key begins with the quote at p, or -1. */
function fieldAt(slab: Slab, p: number, end: number): number {
  const first = slab.view.getInt32(p, true);
  for (let field = 0; field < WORDS.length; field++)
    if (WORDS[field] === first && after(slab, p, end, KEYS[field]!) > 0) return field;
  return -1;
}

/** Goes over `"key":"text"` pairs from p to behind the `}` that ends them, and remembers what is wanted. */
function pairs(slab: Slab, p: number, end: number): number {
  const bytes = slab.bytes;
  for (;;) {
    if (p >= end || bytes[p] !== QUOTE) return -1;
    const field = fieldAt(slab, p, end);
    const close = plainEnd(slab, p + 1, end);
    if (close < 0 || bytes[close + 1] !== COLON || bytes[close + 2] !== QUOTE) return -1;
    const last = plainEnd(slab, close + 3, end);
    if (last < 0 || (field >= 0 && begins[field]! >= 0)) return -1;
    if (field >= 0) {
      begins[field] = close + 3;
      ends[field] = last;
    }
    p = last + 2;
    if (bytes[last + 1] === BRACE) return p;
    if (bytes[last + 1] !== COMMA) return -1;
  }
}

/** One row of pairs at p: `{...}`. */
function row(slab: Slab, p: number, end: number): number {
  begins.fill(-1);
  return slab.bytes[p] === OPEN_BRACE ? pairs(slab, p + 1, end) : -1;
}

/** Instrument of the row's instId, UNWANTED, or NO_TEXT where there is none. */
function instrumentOf(slab: Slab, end: number, out: Out): number {
  const name = begins[INST_ID]!;
  return name < 0 ? NO_TEXT : wanted(slab, name, Math.min(ends[INST_ID]!, end), out);
}

/** Whether the field is there and a decimal without sign, read to the register. */
function number(slab: Slab, field: number, out: Out, register: number): boolean {
  const first = begins[field]!;
  return first >= 0 && decimal(slab, first, out, register) === ends[field];
}

/** Whether the field is absent, empty (NaN) or a decimal without sign. */
function optional(slab: Slab, field: number, out: Out, register: number): boolean {
  out.num[register] = NaN;
  return begins[field]! < 0 || begins[field] === ends[field] || number(slab, field, out, register);
}

/** The row's time; a row without one (funding rates of old) has no time. */
function time(slab: Slab, out: Out): boolean {
  const first = begins[TIME]!;
  out.long[TS] = 0;
  out.long[TS + 1] = 0;
  return first < 0 || millis(slab, first, out) === ends[TIME];
}

function noFigures(out: Out): void {
  const num = out.num;
  num[MARK] = NaN;
  num[INDEX] = NaN;
  num[FUNDING] = NaN;
  num[NEXT_FUNDING] = NaN;
  num[OPEN_INTEREST] = NaN;
}

function markPrice(slab: Slab, p: number, end: number, out: Out): number {
  return figure(slab, p, end, MARK_PX, MARK, out);
}

function openInterest(slab: Slab, p: number, end: number, out: Out): number {
  return figure(slab, p, end, OI, OPEN_INTEREST, out);
}

/** A row whose only figure is `field`. */
function figure(slab: Slab, p: number, end: number, field: number, register: number, out: Out): number {
  const next = row(slab, p, end);
  noFigures(out);
  if (next < 0 || !time(slab, out) || !number(slab, field, out, register)) return -1;
  const instrument = instrumentOf(slab, end, out);
  if (instrument === NO_TEXT) return -1;
  if (instrument >= 0) out.ticker(instrument, 0);
  return next;
}

/** `fundingTime` is when the current rate is paid; `nextFundingTime` is one period later. */
function fundingRate(slab: Slab, p: number, end: number, out: Out): number {
  const next = row(slab, p, end);
  noFigures(out);
  if (next < 0 || !time(slab, out)) return -1;
  if (!rate(slab, out) || !optional(slab, RATE_TIME, out, NEXT_FUNDING)) return -1;
  out.num[NEXT_FUNDING]! *= 1000;
  const instrument = instrumentOf(slab, end, out);
  if (instrument === NO_TEXT) return -1;
  if (instrument >= 0 && !Number.isNaN(out.num[FUNDING]!)) out.ticker(instrument, 0);
  return next;
}

/** Whether there is a rate, which may be negative, or empty (NaN). */
function rate(slab: Slab, out: Out): boolean {
  const first = begins[RATE]!;
  if (first < 0) return false;
  return first === ends[RATE] || signedDecimal(slab, first, out, FUNDING) === ends[RATE];
}

function indexTicker(slab: Slab, p: number, end: number, out: Out): number {
  const next = row(slab, p, end);
  if (next < 0 || !time(slab, out) || !number(slab, INDEX_PX, out, PRICE)) return -1;
  const instrument = instrumentOf(slab, end, out);
  if (instrument === NO_TEXT) return -1;
  if (instrument >= 0) out.index(instrument, 0);
  return next;
}

const DETAILS = key('{"details":[');

/** The instrument stands behind its orders: they are proved first, and read again once it is known. */
function liquidation(slab: Slab, p: number, end: number, out: Out): number {
  const list = after(slab, p, end, DETAILS);
  const { inexact } = out;
  const rest = list < 0 ? -1 : details(slab, list, end, -1, out);
  if (rest < 0 || slab.bytes[rest] !== COMMA) return -1;
  begins.fill(-1);
  const next = pairs(slab, rest + 1, end);
  const instrument = next < 0 ? NO_TEXT : instrumentOf(slab, end, out);
  if (instrument === NO_TEXT) return -1;
  if (instrument < 0) return next;
  out.inexact = inexact;
  return details(slab, list, end, instrument, out) === rest ? next : -1;
}

/** Orders behind `[` up to `]`. */
function details(slab: Slab, p: number, end: number, instrument: number, out: Out): number {
  const bytes = slab.bytes;
  if (bytes[p] === CLOSE) return p + 1;
  for (;;) {
    p = order(slab, p, end, instrument, out);
    if (p < 0) return -1;
    const next = bytes[p];
    p += 1;
    if (next !== COMMA) return next === CLOSE ? p : -1;
  }
}

const BUY = word('buy"');
const SELL = word("sell");

/** An order without price or size (options have none) has nothing to say. */
function order(slab: Slab, p: number, end: number, instrument: number, out: Out): number {
  const next = row(slab, p, end);
  if (next < 0 || begins[TIME]! < 0 || !time(slab, out)) return -1;
  if (begins[BANKRUPTCY_PX]! < 0 || begins[SZ]! < 0) return -1;
  if (!optional(slab, BANKRUPTCY_PX, out, PRICE) || !optional(slab, SZ, out, SIZE)) return -1;
  const side = sideOf(slab);
  if (side < 0) return -1;
  const whole = out.num[PRICE]! >= 0 && out.num[SIZE]! >= 0;
  if (whole && instrument >= 0) out.liquidation(instrument, side, 0);
  return next;
}

/** SIDE of the forced order; NONE where the text is empty, -1 for other words. */
function sideOf(slab: Slab): number {
  const first = begins[ORDER_SIDE]!;
  const length = ends[ORDER_SIDE]! - first;
  if (first < 0) return -1;
  if (length === 0) return SIDE.NONE;
  const four = slab.view.getInt32(first, true);
  if (length === 3 && four === BUY) return SIDE.BUY;
  return length === 4 && four === SELL ? SIDE.SELL : -1;
}
