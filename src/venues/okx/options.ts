import { OPTION } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import { nameAt, names } from "../any-order.ts";
import { wanted } from "../keys.ts";
import { decimal, millis, signedDecimal } from "../kit.ts";
import { plainEnd } from "./tickers.ts";

/**
 * {"arg":{"channel":"opt-summary","instFamily":"BTC-USD"},"data":[{"instType":"OPTION",
 *  "instId":"BTC-USD-261225-100000-C","uly":"BTC-USD","delta":"0.7494223636","gamma":"-0.6634437434",
 *  "vega":"0.0007494","theta":"-0.0001","realVol":"","bidVol":"0.6131","askVol":"0.6462","markVol":"0.6289",
 *  "lever":"5.0207","fwdPx":"64310.25","deltaBS":"0.7655136755","gammaBS":"0.0000289","vegaBS":"41.2",
 *  "thetaBS":"-37.5","volLv":"0.61","ts":"1787644800210"},..]}
 * .../#public-data-websocket-option-summary-channel. A frame tells of a whole family, mostly of options nobody asked for.
 * Volatilities are fractions; "" is none. Greeks are told twice, in coins and after Black and Scholes: the latter are
 * what other venues give, and are kept. Their key ends in `BS`, in one recording in `Bs`. Prices and open interest have
 * channels of their own.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const BRACE = 0x7d;

/** The keys of figures and the registers they go to; a greek has two spellings, side by side. */
export const SUMMARY = [
  ["fwdPx", OPTION.UNDERLYING],
  ["markVol", OPTION.MARK_IV],
  ["bidVol", OPTION.BID_IV],
  ["askVol", OPTION.ASK_IV],
] as const;
export const GREEKS = [
  ["deltaBS", "deltaBs", OPTION.DELTA],
  ["gammaBS", "gammaBs", OPTION.GAMMA],
  ["vegaBS", "vegaBs", OPTION.VEGA],
  ["thetaBS", "thetaBs", OPTION.THETA],
] as const;
const KEYS = names(
  ...SUMMARY.map(([name]) => name),
  ...GREEKS.flatMap(([name, other]) => [name, other]),
  "instId",
  "ts",
);
const FIRST_GREEK = SUMMARY.length;
const INST_ID = FIRST_GREEK + 2 * GREEKS.length;
const TIME = INST_ID + 1;

/** Where the text of each field begins and ends in the row at hand; 0 = not there. */
const begins = new Int32Array(KEYS.count);
const ends = new Int32Array(KEYS.count);

/** One row at p, `{...}`; position behind it. */
export function optionSummary(slab: Slab, p: number, end: number, out: Out): number {
  const next = row(slab, p, end);
  if (next < 0 || begins[INST_ID] === 0) return -1;
  const instrument = wanted(slab, begins[INST_ID]!, ends[INST_ID]!, out);
  if (instrument < 0) return instrument === -1 ? next : -1;
  if (begins[TIME] === 0 || millis(slab, begins[TIME]!, out) !== ends[TIME]) return -1;
  if (!figures(slab, out)) return -1;
  emitSummary(instrument, out);
  return next;
}

/** Goes over the `"key":"text"` pairs of a row. */
function row(slab: Slab, p: number, end: number): number {
  const bytes = slab.bytes;
  if (p >= end || bytes[p] !== OPEN_BRACE) return -1;
  begins.fill(0);
  do {
    const close = bytes[p + 1] === QUOTE ? plainEnd(slab, p + 2, end) : -1;
    if (close < 0 || bytes[close + 1] !== COLON || bytes[close + 2] !== QUOTE) return -1;
    const last = plainEnd(slab, close + 3, end);
    if (last < 0) return -1;
    const field = nameAt(slab, p + 2, close, KEYS);
    if (field >= 0) {
      if (begins[field] !== 0) return -1;
      begins[field] = close + 3;
      ends[field] = last;
    }
    p = last + 1;
  } while (p < end && bytes[p] === COMMA);
  return p < end && bytes[p] === BRACE ? p + 1 : -1;
}

function figures(slab: Slab, out: Out): boolean {
  const { option, num } = out;
  option.fill(NaN);
  for (let i = 0; i < FIRST_GREEK; i++) {
    const first = begins[i]!;
    if (first === 0 || first === ends[i]) continue;
    if (decimal(slab, first, out, 0) !== ends[i]) return false;
    option[SUMMARY[i]![1]] = num[0]!;
  }
  for (let i = 0; i < GREEKS.length; i++) {
    const usual = FIRST_GREEK + 2 * i;
    const at = begins[usual] === 0 ? usual + 1 : usual;
    const first = begins[at]!;
    if (first === 0 || first === ends[at]) continue;
    if (signedDecimal(slab, first, out, 0) !== ends[at]) return false;
    option[GREEKS[i]![2]] = num[0]!;
  }
  return true;
}

/** Emits what `out.option` says, if it says anything. */
export function emitSummary(instrument: number, out: Out): void {
  for (let i = 0; i < out.option.length; i++)
    if (!Number.isNaN(out.option[i]!)) return out.optionTicker(instrument, 0);
}
