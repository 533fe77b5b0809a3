import { FLAG, NUM, SIDE } from "../model/index.ts";
import type { Out, Slab } from "../model/index.ts";
import { textEnd } from "./keys.ts";
import { decimal, integer, longIntegerEnd, millis, word } from "./kit.ts";

/**
 * Positional readers of Binance JSON. Each proves one `,"key":value` at p and returns the position behind it, or -1;
 * -1 is passed on, so that a frame reads as one straight line with one test at its end.
 * A returned position is never past `end`, so at most six bytes behind the frame are looked at.
 */

// Constants of other files are spelled again: V8 folds those of the file a function stands in, but loads imported ones.
const { PRICE, SIZE } = NUM;
const { BID, ASK, BUY, SELL } = SIDE;
const { SNAPSHOT } = FLAG;
const FOUR_ZEROS = 0x30303030;
const SIX_UP = 0x76767676;
const QUOTE = 0x22;
const ZERO = 0x30;
const COLON = 0x3a;
const COMMA = 0x2c;
const COLON_QUOTE = COLON | (QUOTE << 8);
const KEY_CLOSE = QUOTE | (COLON << 8);
const AT_SIGN = 0x40;
const LOWER_H = 0x68;
const DEPT = word("dept");
const OPEN = 0x5b;
const CLOSE = 0x5d;
const BRACE = 0x7d;
const MINUS = 0x2d;
const NINE = 0x39;
const HIGH_BITS = 0x80808080;
/** Three bytes `","` between price and size, and two bytes `["` and `"]` around a level. */
const BETWEEN = word('"," ') & 0xffffff;
const LEVEL_OPEN = OPEN | (QUOTE << 8);
const A_KEY = word(',"a"');
const ASKS_KEY = word(',"as');
const ASKS_REST = word('ks":');
const LEVEL_CLOSE = QUOTE | (CLOSE << 8);
const TRUE = word("true");
const FALSE = word("fals");
const LOWER_E = 0x65;
/** Ids above this many digits are left to the reference reader, which refuses what JSON numbers cannot hold. */
const ID_DIGITS = 15;

/** Whether the key made by `word('"x":')` follows a comma at p. */
export function at(slab: Slab, p: number, key: number): boolean {
  return p >= 0 && slab.view.getInt32(p + 1, true) === key && slab.view.getUint8(p) === COMMA;
}

/** Whether the two-letter key made by `word('"xy"')` follows a comma at p. */
export function at2(slab: Slab, p: number, key: number): boolean {
  return (
    p >= 0 &&
    slab.view.getInt32(p + 1, true) === key &&
    slab.view.getUint8(p) === COMMA &&
    slab.view.getUint8(p + 5) === COLON
  );
}

/** `123` at p into a 64-bit register. */
export function idValue(slab: Slab, p: number, end: number, out: Out, reg: number): number {
  const next = integer(slab, p, out, reg);
  return next - p > ID_DIGITS || next > end ? -1 : next;
}

/** `,"u":123` */
export function id(slab: Slab, p: number, end: number, key: number, out: Out, reg: number): number {
  if (!at(slab, p, key)) return -1;
  const next = integer(slab, p + 5, out, reg);
  return next - p > ID_DIGITS + 5 || next > end ? -1 : next;
}

/** `,"E":1779955201234` to LONG.TS. */
export function time(slab: Slab, p: number, end: number, key: number, out: Out): number {
  if (!at(slab, p, key)) return -1;
  const next = millis(slab, p + 5, out);
  return next > end ? -1 : next;
}

/** An integer that is not kept: up to 15 digits, or 16 (microseconds) below 9e15. */
function skipDigits(slab: Slab, p: number, end: number): number {
  const next = longIntegerEnd(slab, p);
  if (next < 0) return skipAnyDigits(slab, p, end);
  return next <= end ? next : -1;
}

function skipAnyDigits(slab: Slab, start: number, end: number): number {
  const { bytes, view } = slab;
  let p = start;
  while (p + 4 <= end && areDigits(view.getInt32(p, true) ^ FOUR_ZEROS)) p += 4;
  while (p < end && (bytes[p]! ^ ZERO) <= 9) p += 1;
  const count = p - start;
  if (count === 0 || (count > 1 && bytes[start] === ZERO)) return -1;
  return count <= ID_DIGITS || (count === ID_DIGITS + 1 && bytes[start]! < NINE) ? p : -1;
}

/** Whether the four bytes xor "0000" are all 0 to 9. */
const areDigits = (x: number): boolean => (((x + SIX_UP) | x) & HIGH_BITS) === 0;

/** `,"E":123`, proved and skipped. */
export function skipId(slab: Slab, p: number, end: number, key: number): number {
  return at(slab, p, key) ? skipDigits(slab, p + 5, end) : -1;
}

/** `,"st":1`, skipped; p itself when the key is not there. */
export function skipMaybe2(slab: Slab, p: number, end: number, key: number): number {
  return at2(slab, p, key) ? skipDigits(slab, p + 6, end) : p;
}

/** `,"p":"118345.61000000"` to a register. */
export function price(slab: Slab, p: number, end: number, key: number, out: Out, reg: number): number {
  const view = slab.view;
  if (p < 0 || view.getInt32(p + 1, true) !== key || view.getUint16(p + 4, true) !== COLON_QUOTE) return -1;
  const next = view.getUint8(p) === COMMA ? decimal(slab, (p + 6) | 0, out, reg) : -1;
  return next >= 0 && next < end && view.getUint8(next) === QUOTE ? (next + 1) | 0 : -1;
}

/** `,"r":"-0.00010000"` to a register; an empty text is "none" (NaN). */
export function signedPrice(slab: Slab, p: number, end: number, key: number, out: Out, reg: number): number {
  if (!at(slab, p, key) || slab.bytes[p + 5] !== QUOTE || p + 6 >= end) return -1;
  const first = slab.bytes[p + 6]!;
  if (first === QUOTE) {
    out.num[reg] = NaN;
    return p + 7;
  }
  const next = decimal(slab, first === MINUS ? p + 7 : p + 6, out, reg);
  if (first === MINUS) out.num[reg] = -out.num[reg]!;
  return next > 0 && next < end && slab.bytes[next] === QUOTE ? next + 1 : -1;
}

/** `,"s":"BTCUSDT"`: the text is what stands between p + 6 and one before the returned position. */
export function text(slab: Slab, p: number, end: number, key: number): number {
  if (!at(slab, p, key) || slab.view.getUint8(p + 5) !== QUOTE) return -1;
  const close = textEnd(slab, (p + 6) | 0, end);
  return close < 0 ? -1 : (close + 1) | 0;
}

/** `,"ps":"BTCUSDT"`, skipped; p itself when the key is not there. */
export function skipMaybeText2(slab: Slab, p: number, end: number, key: number): number {
  if (!at2(slab, p, key)) return p;
  const close = slab.view.getUint8(p + 6) === QUOTE ? textEnd(slab, p + 7, end) : -1;
  return close < 0 ? -1 : close + 1;
}

const SYMBOL_KEY = word(',"sy');
const SYMBOL_REST = word("mbol");
const PAIR_KEY = word(',"pa');
const PAIR_REST = word('air"');

/** `,"symbol":"BTCUSD_PERP","pair":"BTCUSD"`, skipped; p itself when they are not there. */
export function skipNames(slab: Slab, p: number, end: number): number {
  const { view } = slab;
  if (p < 0 || view.getInt32(p, true) !== SYMBOL_KEY || view.getInt32(p + 4, true) !== SYMBOL_REST) return p;
  const pair = quotedEnd(slab, p + 8, end);
  if (pair < 0 || view.getInt32(pair, true) !== PAIR_KEY || view.getInt32(pair + 3, true) !== PAIR_REST)
    return -1;
  return quotedEnd(slab, pair + 6, end);
}

/** Behind `":"text"` at p, a key's closing quote first. */
function quotedEnd(slab: Slab, p: number, end: number): number {
  const { view } = slab;
  if (view.getUint16(p, true) !== KEY_CLOSE || view.getUint8(p + 2) !== QUOTE) return -1;
  const close = textEnd(slab, p + 3, end);
  return close < 0 ? -1 : close + 1;
}

/** `,"m":true`; true when the byte at p + 5 is `t`. */
export function bool(slab: Slab, p: number, end: number, key: number): number {
  if (!at(slab, p, key)) return -1;
  const value = slab.view.getInt32(p + 5, true);
  const next =
    value === TRUE ? p + 9 : value === FALSE && slab.view.getUint8(p + 9) === LOWER_E ? p + 10 : -1;
  return next > end ? -1 : next;
}

/**
 * The two lists of levels of a book, `[["118345.61000000","0.00000000"],..]`, with `between` them `,"a":` or `,"asks":`
 * (see {@link Gap}); one `out.level` each, or with `emits` false a proof only. Both in one function, because this loop
 * is where a busy feed spends its time: V8 makes one piece of code of it and `decimal`.
 */
export function levels(slab: Slab, p: number, end: number, gap: number, emits: boolean, out: Out): number {
  const view = slab.view;
  for (let side: number = BID; p > 0; side = ASK) {
    if (view.getUint8(p) !== OPEN) return -1;
    let more = view.getUint8(p + 1) !== CLOSE;
    p = (p + (more ? 1 : 2)) | 0;
    while (more) {
      if (p >= end || view.getUint16(p, true) !== LEVEL_OPEN) return -1;
      p = decimal(slab, (p + 2) | 0, out, PRICE);
      if (p >>> 0 >= end || (view.getInt32(p, true) & 0xffffff) !== BETWEEN) return -1;
      p = decimal(slab, (p + 3) | 0, out, SIZE);
      if (p >>> 0 >= end || view.getUint16(p, true) !== LEVEL_CLOSE) return -1;
      if (emits) out.level(side);
      more = view.getUint8(p + 2) === COMMA;
      if (!more && view.getUint8(p + 2) !== CLOSE) return -1;
      p = (p + 3) | 0;
    }
    if (p > end || side === ASK) return p > end ? -1 : p;
    p = asksAt(view, p, gap);
  }
  return -1;
}

/** Behind `,"a":` at p when gap is 5, behind `,"asks":` when it is 8. */
function asksAt(view: DataView, p: number, gap: number): number {
  if (gap === 5) return view.getInt32(p, true) === A_KEY && view.getUint8(p + 4) === COLON ? p + 5 : -1;
  return view.getInt32(p, true) === ASKS_KEY && view.getInt32(p + 4, true) === ASKS_REST ? p + 8 : -1;
}

/** Whether the payload's last brace stands at p and nothing behind it. */
export function closes(slab: Slab, p: number, end: number): boolean {
  return p + 1 === end && slab.view.getUint8(p) === BRACE;
}

/** LONG register minus one; false when it is 0. */
export function decrement(out: Out, reg: number): boolean {
  const long = out.long;
  if (long[reg] === 0) {
    if (long[reg + 1] === 0) return false;
    long[reg + 1]! -= 1;
  }
  long[reg]! -= 1;
  return true;
}

/** A newly listed or halted symbol has price 0 and size 0 on a side: no quote there, NaN. */
export function emptySides(out: Out): void {
  const num = out.num;
  if (num[NUM.BID_PRICE] === 0 && num[NUM.BID_SIZE] === 0) num[NUM.BID_PRICE] = num[NUM.BID_SIZE] = NaN;
  if (num[NUM.ASK_PRICE] === 0 && num[NUM.ASK_SIZE] === 0) num[NUM.ASK_PRICE] = num[NUM.ASK_SIZE] = NaN;
}

/** Next funding time in ms, 0 for none, to microseconds or NaN. */
export function fundingTime(ms: number): number {
  return ms === 0 ? NaN : ms * 1000;
}

/** 64-bit register := 0, "none". */
export function clear(out: Out, reg: number): void {
  out.long[reg] = 0;
  out.long[reg + 1] = 0;
}

export function emitQuote(slab: Slab, name: number, nameEnd: number, out: Out): boolean {
  const instrument = out.instrument(slab.bytes, name, nameEnd);
  if (instrument < 0) return true;
  emptySides(out);
  out.quote(instrument, 0);
  return true;
}

/** The buyer rested (`m`), so the seller was the aggressor. */
export function emitTrade(
  slab: Slab,
  name: number,
  nameEnd: number,
  buyerIsMaker: boolean,
  out: Out,
): boolean {
  const instrument = out.instrument(slab.bytes, name, nameEnd);
  if (instrument >= 0) out.trade(instrument, buyerIsMaker ? SELL : BUY, 0);
  return true;
}

/** Flags by a stream's name: `x@depth`, `x@depth@100ms` are changes, `x@depth20@100ms` is complete; -1 for others. */
export function depthFlags(slab: Slab, stream: number): number {
  const bytes = slab.bytes;
  const name = nameEndOf(slab, stream);
  if (slab.view.getInt32(name + 1, true) !== DEPT || bytes[name + 5] !== LOWER_H) return -1;
  let p = name + 6;
  while ((bytes[p]! ^ 48) <= 9) p += 1;
  if (bytes[p] !== QUOTE && bytes[p] !== AT_SIGN) return -1;
  return p === name + 6 ? 0 : SNAPSHOT;
}

/** Position of the first @ or quote of a stream's name. */
export function nameEndOf(slab: Slab, stream: number): number {
  const view = slab.view;
  for (let p = stream; ; p = (p + 1) | 0) {
    const c = view.getUint8(p);
    if (c === AT_SIGN || c === QUOTE) return p;
  }
}
