import { NUM, SIDE } from "../model/index.ts";
import type { Out, Slab } from "../model/index.ts";
import { decimal, integer, millis, word } from "./kit.ts";

/**
 * Positional readers of Binance JSON. Each proves one `,"key":value` at p and returns the position behind it, or -1;
 * -1 is passed on, so that a frame reads as one straight line with one test at its end.
 * A returned position is never past `end`, so at most six bytes behind the frame are looked at.
 */

// Constants of other files are spelled again: V8 folds those of the file a function stands in, but loads imported ones.
const { PRICE, SIZE } = NUM;
const { NONE } = SIDE;
const POW10 = Float64Array.from({ length: 10 }, (_, i) => 10 ** i);
const TWO_52 = 2 ** 52;
const FOUR_ZEROS = 0x30303030;
const SIX_UP = 0x76767676;
const POINT = 0x2e ^ 0x30;
const QUOTE = 0x22;
const ZERO = 0x30;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const BRACE = 0x7d;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const NINE = 0x39;
const SPACE = 0x20;
const ONES = 0x01010101;
const SPACES = 0x20202020;
const HIGH_BITS = 0x80808080;
/** Three bytes `","` between price and size, and two bytes `["` and `"]` around a level. */
const BETWEEN = word('"," ') & 0xffffff;
const LEVEL_OPEN = OPEN | (QUOTE << 8);
const LEVEL_CLOSE = QUOTE | (CLOSE << 8);
/** A quote as `byte ^ ZERO` shows it. */
const QUOTE_MARK = QUOTE ^ ZERO;
const TRUE = word("true");
const FALSE = word("fals");
const LOWER_E = 0x65;
/** Ids above this many digits are left to the reference reader, which refuses what JSON numbers cannot hold. */
const ID_DIGITS = 15;

/** Whether the key made by `word('"x":')` follows a comma at p. */
export function at(slab: Slab, p: number, key: number): boolean {
  return p >= 0 && slab.view.getInt32(p + 1, true) === key && slab.bytes[p] === COMMA;
}

/** Whether the two-letter key made by `word('"xy"')` follows a comma at p. */
export function at2(slab: Slab, p: number, key: number): boolean {
  return (
    p >= 0 &&
    slab.view.getInt32(p + 1, true) === key &&
    slab.bytes[p] === COMMA &&
    slab.bytes[p + 5] === COLON
  );
}

/** `123` at p into a 64-bit register. */
export function idValue(slab: Slab, p: number, end: number, out: Out, reg: number): number {
  const next = integer(slab, p, out, reg);
  return next - p > ID_DIGITS || next > end ? -1 : next;
}

/** `,"u":123` */
export function id(slab: Slab, p: number, end: number, key: number, out: Out, reg: number): number {
  if (p < 0 || slab.view.getInt32(p + 1, true) !== key || slab.bytes[p] !== COMMA) return -1;
  const next = integer(slab, p + 5, out, reg);
  return next - p > ID_DIGITS + 5 || next > end ? -1 : next;
}

/** `,"E":1779955201234` to LONG.TS. */
export function time(slab: Slab, p: number, end: number, key: number, out: Out): number {
  if (p < 0 || slab.view.getInt32(p + 1, true) !== key || slab.bytes[p] !== COMMA) return -1;
  const next = millis(slab, p + 5, out);
  return next > end ? -1 : next;
}

/** An integer that is not kept: up to 15 digits, or 16 (microseconds) below 9e15. */
function skipDigits(slab: Slab, start: number, end: number): number {
  const { bytes, view } = slab;
  let p = start;
  while (p + 4 <= end && areDigits(view.getInt32(p, true) ^ FOUR_ZEROS)) p += 4;
  while (p < end && (bytes[p]! ^ ZERO) <= 9) p += 1;
  const count = p - start;
  if (count === 0 || (count > 1 && bytes[start] === ZERO)) return -1;
  return count <= ID_DIGITS || (count === ID_DIGITS + 1 && bytes[start]! < NINE) ? p : -1;
}

/** Whether the four bytes xor "0000" are all 0 to 9. */
function areDigits(x: number): boolean {
  return (((x + SIX_UP) | x) & HIGH_BITS) === 0;
}

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
  const bytes = slab.bytes;
  if (p < 0 || slab.view.getInt32(p + 1, true) !== key || bytes[p] !== COMMA || bytes[p + 5] !== QUOTE)
    return -1;
  const next = decimal(slab, p + 6, out, reg);
  return next > 0 && next < end && bytes[next] === QUOTE ? next + 1 : -1;
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

/** Closing quote of a text without escapes whose first byte is at p, or -1. Four bytes at a time while they are plain. */
export function textEnd(slab: Slab, p: number, end: number): number {
  const { bytes, view } = slab;
  while (p < end && areLetters(view.getInt32(p, true))) p += 4;
  for (; p < end; p++) {
    const c = bytes[p]!;
    if (c === QUOTE) return p;
    if (c === BACKSLASH || c < SPACE) return -1;
  }
  return -1;
}

/**
 * Whether none of a word's bytes is a quote, a backslash or below a space. (x - 1) & ~x has a high bit where a byte of x
 * is 0, and may have one above such a byte: then it is looked at closer for nothing.
 */
function areLetters(x: number): boolean {
  const quotes = x ^ 0x22222222;
  const slashes = x ^ 0x5c5c5c5c;
  const special = ((quotes - ONES) & ~quotes) | ((slashes - ONES) & ~slashes) | ((x - SPACES) & ~x);
  return (special & HIGH_BITS) === 0;
}

/** `,"s":"BTCUSDT"`: the text is what stands between p + 6 and one before the returned position. */
export function text(slab: Slab, p: number, end: number, key: number): number {
  if (!at(slab, p, key) || slab.bytes[p + 5] !== QUOTE) return -1;
  const close = textEnd(slab, p + 6, end);
  return close < 0 ? -1 : close + 1;
}

/** `,"ps":"BTCUSDT"`, skipped; p itself when the key is not there. */
export function skipMaybeText2(slab: Slab, p: number, end: number, key: number): number {
  if (!at2(slab, p, key)) return p;
  const close = slab.bytes[p + 6] === QUOTE ? textEnd(slab, p + 7, end) : -1;
  return close < 0 ? -1 : close + 1;
}

/** `,"m":true`; true when the byte at p + 5 is `t`. */
export function bool(slab: Slab, p: number, end: number, key: number): number {
  if (!at(slab, p, key)) return -1;
  const value = slab.view.getInt32(p + 5, true);
  const next = value === TRUE ? p + 9 : value === FALSE && slab.bytes[p + 9] === LOWER_E ? p + 10 : -1;
  return next > end ? -1 : next;
}

/**
 * `[["118345.61000000","0.00000000"],..]` at p, one `out.level` each; side NONE only proves them.
 * This loop is where a busy feed spends its time, so kit's `decimal` is written out in it, once for both numbers;
 * whatever is not a short plain decimal is left to `decimal` itself.
 */
export function levels(slab: Slab, p: number, end: number, out: Out, side: number): number {
  const { bytes, view } = slab;
  const num = out.num;
  if (p < 0 || bytes[p] !== OPEN) return -1;
  if (bytes[p + 1] === CLOSE) return p + 2 > end ? -1 : p + 2;
  let reg: number = PRICE;
  for (p += 1; ;) {
    // `["` before a price, the last two bytes of `","` before a size.
    if (reg === PRICE && view.getUint16(p, true) !== LEVEL_OPEN) return -1;
    p += 2;
    const start = p;
    let c = 0;
    let whole = 0;
    while ((c = bytes[p]! ^ ZERO) <= 9) {
      whole = (whole * 10 + c) | 0;
      p += 1;
    }
    const digits = p - start;
    let fraction = 0;
    let scale = 0;
    if (c === POINT) {
      p += 1;
      const dot = p;
      if (bytes[p + 8] === QUOTE) {
        fraction = eightDigits(view.getInt32(p, true), view.getInt32(p + 4, true));
        p += fraction < 0 ? 0 : 8;
      }
      if (fraction < 0) fraction = 0;
      while ((c = bytes[p]! ^ ZERO) <= 9) {
        fraction = (fraction * 10 + c) | 0;
        p += 1;
      }
      scale = p - dot;
      if (scale === 0) return -1;
    }
    const power = POW10[scale]!;
    const mantissa = whole * power + fraction;
    const short = (digits - 1) >>> 0 < 9 && scale <= 9 && (digits === 1 || bytes[start] !== ZERO);
    if (short && c === QUOTE_MARK && mantissa <= TWO_52) num[reg] = scale === 0 ? whole : mantissa / power;
    else p = decimal(slab, start, out, reg);
    if (p >>> 0 >= end) return -1;
    if (reg === PRICE) {
      if ((view.getInt32(p, true) & 0xffffff) !== BETWEEN) return -1;
      reg = SIZE;
      p += 1;
      continue;
    }
    if (view.getUint16(p, true) !== LEVEL_CLOSE) return -1;
    if (side !== NONE) out.level(side);
    reg = PRICE;
    p += 2;
    if (bytes[p] !== COMMA) return bytes[p] === CLOSE && p < end ? p + 1 : -1;
    p += 1;
  }
}

/** Value of eight digits in two words, or -1 when one of them is no digit. */
function eightDigits(first: number, second: number): number {
  const x = first ^ FOUR_ZEROS;
  const y = second ^ FOUR_ZEROS;
  if (!areDigits(x) || !areDigits(y)) return -1;
  return fourDigits(x) * 10_000 + fourDigits(y);
}

/** As kit's. */
function fourDigits(x: number): number {
  const pairs = (Math.imul(x, 10) + (x >>> 8)) & 0x00ff00ff;
  return Math.imul(pairs & 0xff, 100) + (pairs >>> 16);
}

/** Whether the payload's last brace stands at p and nothing behind it. */
export function closes(slab: Slab, p: number, end: number): boolean {
  return p + 1 === end && slab.bytes[p] === BRACE;
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
