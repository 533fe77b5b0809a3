import { FRAME, LONG, NUM, SIDE, putNanos } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import { NO_TEXT, after, key, quoteAt } from "../keys.ts";
import { decimal, integer, millis, word } from "../kit.ts";
import { add, clear, emitTrades, isFull } from "./batch.ts";
import { OLD, dataAt, instrumentAt } from "./head.ts";
import { digitsQuote, frameTimeAt } from "./stamps.ts";

/**
 * {"action":"update","arg":{"instType":"spot","topic":"publicTrade","symbol":"BTCUSDT"},"data":[{
 *  "i":"1471419264227065858","p":"64124.62","v":"0.0231","S":"buy","T":"1787644800210","L":"1471419264227065859",
 *  "isRPI":"no"}],"ts":1787644800213}
 * {"action":"update","arg":{"instType":"SPOT","channel":"trade","instId":"BTCUSDT"},"data":[{"ts":"1787644800210",
 *  "price":"64124.62","size":"0.0231","side":"buy","tradeId":"1471419264227065858"}],"ts":1787644800213}
 * .../uta/websocket/public/New-Trades-Channel, .../spot/websocket/public/Trades-Channel. `side` is the taker's, in lower
 * case; ids have nineteen digits and grow with time. The snapshot that a subscription begins with is history, newest
 * first; in which order several trades of an update come is UNCONFIRMED. So each list is put in order: time, then id.
 * Sizes are in base units, but for the `_CM` contracts of v3, which are traded in units of the quote currency.
 */

// V8 folds constants of the file a function stands in, but loads imported ones.
const { ID } = LONG;
const { PRICE, SIZE } = NUM;
const { BUY, SELL } = SIDE;
const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const BRACE = 0x7d;
const FOUR_ZEROS = 0x30303030;
const SIX_UP = 0x76767676;
const HIGH_BITS = 0x80808080;

const IS_BUY = word('buy"');
const IS_SELL = word("sell");

/** The list of trades behind the symbol at `name`. */
export function trades(slab: Slab, name: number, end: number, type: number, flags: number, out: Out): number {
  const nameEnd = quoteAt(slab, name, end);
  let p = dataAt(slab, nameEnd, end);
  const instrument = p < 0 ? NO_TEXT : instrumentAt(slab, name, nameEnd, type, out);
  if (instrument === NO_TEXT) return -1;
  clear();
  for (;;) {
    p = type >= OLD ? oldTrade(slab, p, end, out) : trade(slab, p, end, out);
    if (p < 0) return -1;
    if (slab.bytes[p] !== COMMA) break;
    p += 1;
  }
  if (frameTimeAt(slab, p, end) < 0) return -1;
  if (instrument >= 0) emitTrades(instrument, flags, out);
  return FRAME.DATA;
}

const TRADE_ID = key('{"i":"');
const TRADE_PRICE = key('","p":"');
const TRADE_SIZE = key('","v":"');
const TRADE_SIDE = key('","S":"');
const TRADE_TIME = key('","T":"');
const LINKED = key(',"L":"');
const RPI = key(',"isRPI":"');
const RPI_NO = word('no"}');
const RPI_YES = word('yes"');

/** Position behind the brace of a trade. `L`, the execution it belongs to, and `isRPI` are not kept; older ones lack them. */
function trade(slab: Slab, p: number, end: number, out: Out): number {
  p = tradeId(slab, after(slab, p, end, TRADE_ID), out);
  p = decimal(slab, after(slab, p, end, TRADE_PRICE), out, PRICE);
  p = decimal(slab, after(slab, p, end, TRADE_SIZE), out, SIZE);
  const sideAt = after(slab, p, end, TRADE_SIDE);
  const side = sideAt < 0 ? 0 : sideOf(slab, sideAt);
  const time = side === 0 ? -1 : after(slab, sideAt + (side === BUY ? 3 : 4), end, TRADE_TIME);
  p = time < 0 ? -1 : millis(slab, time, out);
  if (p < 0 || slab.bytes[p] !== QUOTE) return -1;
  p += 1;
  const link = after(slab, p, end, LINKED);
  if (link > 0) p = digitsQuote(slab, link, end);
  const rpi = after(slab, p, end, RPI);
  if (rpi > 0) p = yesOrNo(slab, rpi);
  return p > 0 && slab.bytes[p] === BRACE ? kept(p + 1, side, out) : -1;
}

function yesOrNo(slab: Slab, p: number): number {
  const letters = slab.view.getInt32(p, true);
  return letters === RPI_NO ? p + 3 : letters === RPI_YES ? p + 4 : -1;
}

const OLD_TIME = key('{"ts":"');
const OLD_PRICE = key('","price":"');
const OLD_SIZE = key('","size":"');
const OLD_SIDE = key('","side":"');
const OLD_ID = key('","tradeId":"');

function oldTrade(slab: Slab, p: number, end: number, out: Out): number {
  const time = after(slab, p, end, OLD_TIME);
  p = time < 0 ? -1 : millis(slab, time, out);
  p = decimal(slab, after(slab, p, end, OLD_PRICE), out, PRICE);
  p = decimal(slab, after(slab, p, end, OLD_SIZE), out, SIZE);
  const sideAt = after(slab, p, end, OLD_SIDE);
  const side = sideAt < 0 ? 0 : sideOf(slab, sideAt);
  p = side === 0 ? -1 : tradeId(slab, after(slab, sideAt + (side === BUY ? 3 : 4), end, OLD_ID), out);
  if (p < 0 || slab.bytes[p] !== QUOTE || slab.bytes[p + 1] !== BRACE) return -1;
  return kept(p + 2, side, out);
}

function sideOf(slab: Slab, p: number): number {
  const letters = slab.view.getInt32(p, true);
  return letters === IS_BUY ? BUY : letters === IS_SELL ? SELL : 0;
}

/** Notes the trade in the registers; returns p, or -1 where there are too many. */
function kept(p: number, side: number, out: Out): number {
  if (isFull()) return -1;
  add(side, -1, out);
  return p;
}

const DIGITS = 19;

/**
 * An id in quotes at p, to ID. Nineteen digits are read as ten and nine, eight loads and no BigInt: those ids are
 * seconds and nanoseconds to the arithmetic of times. Others go to the kit.
 */
function tradeId(slab: Slab, p: number, out: Out): number {
  if (p < 0) return -1;
  const { bytes, view } = slab;
  const w0 = view.getInt32(p, true) ^ FOUR_ZEROS;
  const w1 = view.getInt32(p + 4, true) ^ FOUR_ZEROS;
  const w2 = view.getInt32(p + 10, true) ^ FOUR_ZEROS;
  const w3 = view.getInt32(p + 14, true) ^ FOUR_ZEROS;
  const c8 = bytes[p + 8]! ^ ZERO;
  const c9 = bytes[p + 9]! ^ ZERO;
  const c18 = bytes[p + 18]! ^ ZERO;
  const odd = (w0 + SIX_UP) | w0 | (w1 + SIX_UP) | w1 | (w2 + SIX_UP) | w2 | (w3 + SIX_UP) | w3;
  const digits = (odd & HIGH_BITS) === 0 && c8 <= 9 && c9 <= 9 && c18 <= 9;
  const first = w0 & 0xff;
  // From 4294967296 x 10^9 on the higher part is beyond 32 bits.
  if (!digits || bytes[p + DIGITS] !== QUOTE || first === 0 || first > 3) return integer(slab, p, out, ID);
  const high = four(w0) * 1_000_000 + four(w1) * 100 + c8 * 10 + c9;
  putNanos(high, four(w2) * 100_000 + four(w3) * 10 + c18, out.long, ID);
  return p + DIGITS;
}

/** Value of four digits in a word, already xor-ed with FOUR_ZEROS. */
function four(x: number): number {
  const pairs = (Math.imul(x, 10) + (x >>> 8)) & 0x00ff00ff;
  return (pairs & 0xff) * 100 + (pairs >>> 16);
}
