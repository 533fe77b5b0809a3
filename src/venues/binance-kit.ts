import { NUM, SIDE } from "../model/index.ts";
import type { Out, Slab } from "../model/index.ts";
import { decimal, integer, millis, word } from "./kit.ts";

/**
 * Positional readers of Binance JSON. Each proves one `,"key":value` at p and returns the position behind it, or -1;
 * -1 is passed on, so that a frame reads as one straight line with one test at its end.
 * A returned position is never past `end`, so at most six bytes behind the frame are looked at.
 */

const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const BRACE = 0x7d;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const SPACE = 0x20;
/** Three bytes `","` between price and size, and two bytes `["` and `"]` around a level. */
const BETWEEN = word('"," ') & 0xffffff;
const LEVEL_OPEN = OPEN | (QUOTE << 8);
const LEVEL_CLOSE = QUOTE | (CLOSE << 8);
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
  return at(slab, p, key) ? idValue(slab, p + 5, end, out, reg) : -1;
}

/** `,"E":1779955201234` to LONG.TS. */
export function time(slab: Slab, p: number, end: number, key: number, out: Out): number {
  if (!at(slab, p, key)) return -1;
  const next = millis(slab, p + 5, out);
  return next > end ? -1 : next;
}

/** An integer that is not kept: up to 15 digits, or 16 (microseconds) below 9e15. */
function digits(slab: Slab, start: number, end: number): number {
  const bytes = slab.bytes;
  const first = bytes[start]!;
  let p = start;
  while ((bytes[p]! ^ 48) <= 9 && p < end) p += 1;
  const count = p - start;
  if (count === 0 || (count > 1 && first === ZERO)) return -1;
  return count <= ID_DIGITS || (count === ID_DIGITS + 1 && first < NINE) ? p : -1;
}

/** `,"E":123`, proved and skipped. */
export function skipId(slab: Slab, p: number, end: number, key: number): number {
  return at(slab, p, key) ? digits(slab, p + 5, end) : -1;
}

/** `,"st":1`, skipped; p itself when the key is not there. */
export function skipMaybe2(slab: Slab, p: number, end: number, key: number): number {
  return at2(slab, p, key) ? digits(slab, p + 6, end) : p;
}

/** `,"p":"118345.61000000"` to a register. */
export function price(slab: Slab, p: number, end: number, key: number, out: Out, reg: number): number {
  if (!at(slab, p, key) || slab.bytes[p + 5] !== QUOTE) return -1;
  const next = decimal(slab, p + 6, out, reg);
  return next > 0 && next < end && slab.bytes[next] === QUOTE ? next + 1 : -1;
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

/** Closing quote of a text without escapes whose first byte is at p. */
export function textEnd(slab: Slab, p: number, end: number): number {
  const bytes = slab.bytes;
  for (; p < end; p++) {
    const c = bytes[p]!;
    if (c === QUOTE) return p;
    if (c === BACKSLASH || c < SPACE) return -1;
  }
  return -1;
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

/** `[["118345.61000000","0.00000000"],..]` at p, one `out.level` each; side NONE only proves them. */
export function levels(slab: Slab, p: number, end: number, out: Out, side: number): number {
  const { bytes, view } = slab;
  if (p < 0 || bytes[p] !== OPEN) return -1;
  if (bytes[p + 1] === CLOSE) return p + 2 > end ? -1 : p + 2;
  for (;;) {
    if (view.getUint16(p + 1, true) !== LEVEL_OPEN) return -1;
    p = decimal(slab, p + 3, out, 0);
    if (p >>> 0 >= end || (view.getInt32(p, true) & 0xffffff) !== BETWEEN) return -1;
    p = decimal(slab, p + 3, out, 1);
    if (p >>> 0 >= end || view.getUint16(p, true) !== LEVEL_CLOSE) return -1;
    if (side !== SIDE.NONE) out.level(side);
    p += 2;
    if (bytes[p] !== COMMA) return bytes[p] === CLOSE && p < end ? p + 1 : -1;
  }
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
