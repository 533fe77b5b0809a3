import { FRAME, NUM } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import { NO_TEXT, after, key, quoteAt, wanted } from "../keys.ts";
import type { Key } from "../keys.ts";
import { decimal, millis, word } from "../kit.ts";
import { emitStats } from "../reading.ts";

/**
 * {"arg":{"channel":"tickers","instId":"BTC-USDT-SWAP"},"data":[{"instType":"SWAP","instId":"BTC-USDT-SWAP",
 *  "last":"63921","lastSz":"0.4","askPx":"63921.1","askSz":"1871.75","bidPx":"63921","bidSz":"779.3",
 *  "open24h":"64297.6","high24h":"64466","low24h":"63162.7","sodUtc0":"63566","sodUtc8":"63584.6",
 *  "volCcy24h":"73998.8786","vol24h":"7399887.86","ts":"1786540471710"}]}
 * .../#order-book-trading-market-data-ws-tickers-channel. Every 100 ms on change; a field without value is "". The day's
 * volume in base units is vol24h of spot pairs and volCcy24h of all others. Its best bid and offer are left to bbo-tbt.
 * Frames of 2022 and 2026 have this order; the documentation has another, which the reference reads.
 */

const { LAST, VOLUME, HIGH, LOW, VWAP } = NUM;
const QUOTE = 0x22;
const SPACE = 0x20;
const DELETE = 0x7f;
const BACKSLASH = 0x5c;
const CLOSE = 0x5d;
const BRACE = 0x7d;

const DATA = key('"},"data":[');
const TYPE = key('{"instType":"');
const NAME = key('","instId":"');
const LAST_PRICE = key('","last":"');
const LAST_SIZE = key('","lastSz":"');
const ASK = key('","askPx":"');
const ASK_SIZE = key('","askSz":"');
const BID = key('","bidPx":"');
const BID_SIZE = key('","bidSz":"');
const OPEN_DAY = key('","open24h":"');
const HIGH_DAY = key('","high24h":"');
const LOW_DAY = key('","low24h":"');
const START_UTC = key('","sodUtc0":"');
const START_UTC_8 = key('","sodUtc8":"');
const VOLUME_COIN = key('","volCcy24h":"');
const VOLUME_DAY = key('","vol24h":"');
const TIME = key('","ts":"');

const SPOT = word("SPOT");
const SWAP = word("SWAP");
const FUTURES = word("FUTU");
const OPTION = word("OPTI");
const SHORT = 4;
const LONGER = [7, 6] as const;

export function tickers(slab: Slab, name: number, end: number, out: Out): number {
  const nameEnd = quoteAt(slab, name, end);
  const type = after(slab, after(slab, nameEnd, end, DATA), end, TYPE);
  const typeEnd = instType(slab, type, end);
  const row = after(slab, typeEnd, end, NAME);
  const rowEnd = quoteAt(slab, row, end);
  const instrument = rowEnd < 0 ? NO_TEXT : wanted(slab, row, rowEnd, out);
  if (instrument === NO_TEXT || plainEnd(slab, name, end) !== nameEnd) return -1;
  const spot = slab.view.getInt32(type, true) === SPOT;
  let p = day(slab, rowEnd, end, spot, out);
  p = after(slab, p, end, TIME);
  p = p < 0 ? -1 : millis(slab, p, out);
  if (p < 0 || !closes(slab, p, end)) return -1;
  if (instrument >= 0 && out.num[LAST]! > 0) emitStats(instrument, out);
  return FRAME.DATA;
}

/** Whether the frame ends here with `"}]}`. */
function closes(slab: Slab, p: number, end: number): boolean {
  const bytes = slab.bytes;
  if (p + 4 !== end || bytes[p] !== QUOTE || bytes[p + 1] !== BRACE) return false;
  return bytes[p + 2] === CLOSE && bytes[p + 3] === BRACE;
}

/** Position behind one of the four words that name a kind of instrument. */
function instType(slab: Slab, p: number, end: number): number {
  if (p < 0 || p >= end) return -1;
  const first = slab.view.getInt32(p, true);
  if (first === SPOT || first === SWAP) return p + SHORT;
  if (first === FUTURES && after(slab, p, end, FUTURES_WORD) > 0) return p + LONGER[0];
  return first === OPTION && after(slab, p, end, OPTION_WORD) > 0 ? p + LONGER[1] : -1;
}

const FUTURES_WORD = key("FUTURES");
const OPTION_WORD = key("OPTION");

/** From `","last":"` up to the quote behind vol24h. */
function day(slab: Slab, p: number, end: number, spot: boolean, out: Out): number {
  p = value(slab, p, end, LAST_PRICE, out, LAST);
  p = text(slab, p, end, LAST_SIZE);
  p = text(slab, p, end, ASK);
  p = text(slab, p, end, ASK_SIZE);
  p = text(slab, p, end, BID);
  p = text(slab, p, end, BID_SIZE);
  p = text(slab, p, end, OPEN_DAY);
  p = value(slab, p, end, HIGH_DAY, out, HIGH);
  p = value(slab, p, end, LOW_DAY, out, LOW);
  p = text(slab, p, end, START_UTC);
  p = text(slab, p, end, START_UTC_8);
  p = spot ? text(slab, p, end, VOLUME_COIN) : value(slab, p, end, VOLUME_COIN, out, VOLUME);
  out.num[VWAP] = NaN;
  return spot ? value(slab, p, end, VOLUME_DAY, out, VOLUME) : text(slab, p, end, VOLUME_DAY);
}

/** Position of the quote that closes the decimal behind a key; an empty text is NaN. */
function value(slab: Slab, p: number, end: number, name: Key, out: Out, register: number): number {
  const first = after(slab, p, end, name);
  if (first < 0) return -1;
  if (slab.bytes[first] === QUOTE) {
    out.num[register] = NaN;
    return first;
  }
  const close = decimal(slab, first, out, register);
  return close > 0 && slab.bytes[close] === QUOTE ? close : -1;
}

/** Position of the quote that closes the plain text behind a key. */
function text(slab: Slab, p: number, end: number, name: Key): number {
  const first = after(slab, p, end, name);
  return first < 0 ? -1 : plainEnd(slab, first, end);
}

/** Position of the next quote, if all before it is printable ASCII without escapes; or -1. */
export function plainEnd(slab: Slab, p: number, end: number): number {
  const bytes = slab.bytes;
  for (; p < end; p++) {
    const c = bytes[p]!;
    if (c === QUOTE) return p;
    if (c < SPACE || c >= DELETE || c === BACKSLASH) return -1;
  }
  return -1;
}
