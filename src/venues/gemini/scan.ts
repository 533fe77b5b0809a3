import { LONG, NUM, SIDE, putNanos } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import { decimal, integer, word } from "../kit.ts";

/**
 * Positional readers of what other venues do not write: nineteen-digit times, sixteen-digit ids, levels of two texts.
 * Each takes a position (-1 is passed on) and returns the one behind what it read, or -1; values go to registers.
 * Bytes behind `end` may be looked at (fifteen at most), but a frame that is not whole never ends where it should.
 */

// Constants of other files are spelled again: V8 folds those of the file a function stands in, but loads imported ones.
const { TS } = LONG;
const { PRICE, SIZE } = NUM;
const { NONE } = SIDE;
const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const FOUR_ZEROS = 0x30303030;
const SIX_UP = 0x76767676;
const HIGH_BITS = 0x80808080;
const TWO_32 = 4294967296;
/** Digits of a UNIX time in nanoseconds, and of the ids of the engine. */
const NANO_DIGITS = 19;
const ID_DIGITS = 16;
/** Two bytes before a level's price, three between price and size, two behind the size. */
const LEVEL_OPEN = OPEN | (QUOTE << 8);
const BETWEEN = word('"," ') & 0xffffff;
const LEVEL_CLOSE = QUOTE | (CLOSE << 8);

/** Eight digits at p as their value, or -1. A whole number below 2^31, so nothing is boxed. */
function eight(view: DataView, p: number): number {
  const x = view.getInt32(p, true) ^ FOUR_ZEROS;
  const y = view.getInt32(p + 4, true) ^ FOUR_ZEROS;
  if ((((x + SIX_UP) | x | (y + SIX_UP) | y) & HIGH_BITS) !== 0) return -1;
  const high = (Math.imul(x, 10) + (x >>> 8)) & 0x00ff00ff;
  const low = (Math.imul(y, 10) + (y >>> 8)) & 0x00ff00ff;
  return ((high & 0xff) * 100 + (high >>> 16)) * 10_000 + (low & 0xff) * 100 + (low >>> 16);
}

/**
 * UNIX nanoseconds, nineteen digits, to LONG.TS without rounding: ten digits of seconds, nine of a fraction. As a JSON
 * number it is above 2^53. Times after 2106-02-07 are refused.
 */
export function nanos(slab: Slab, p: number, end: number, out: Out): number {
  if (p < 0 || p + NANO_DIGITS >= end) return -1;
  const { bytes, view } = slab;
  const first = eight(view, p);
  const second = eight(view, p + 8);
  const a = bytes[p + 16]! ^ ZERO;
  const b = bytes[p + 17]! ^ ZERO;
  const c = bytes[p + 18]! ^ ZERO;
  if (first < 0 || second < 0 || a > 9 || b > 9 || c > 9 || bytes[p] === ZERO) return -1;
  if ((bytes[p + NANO_DIGITS]! ^ ZERO) <= 9) return -1;
  const top = (second / 1_000_000) | 0;
  const seconds = first * 100 + top;
  if (seconds >= TWO_32) return -1;
  putNanos(seconds, (second - top * 1_000_000) * 1000 + a * 100 + b * 10 + c, out.long, TS);
  return p + NANO_DIGITS;
}

/** An engine id: sixteen digits below 9e15 (exact as a double) at once, other lengths as the kit reads them. */
export function id(slab: Slab, p: number, end: number, out: Out, reg: number): number {
  if (p < 0) return -1;
  const { bytes, view } = slab;
  if (p + ID_DIGITS < end && (bytes[p + ID_DIGITS]! ^ ZERO) > 9) {
    const first = eight(view, p);
    const second = eight(view, p + 8);
    if (first >= 0 && second >= 0 && bytes[p] !== ZERO && bytes[p]! < NINE) {
      const value = first * 1e8 + second;
      out.long[reg] = value;
      out.long[reg + 1] = value / TWO_32;
      return p + ID_DIGITS;
    }
  }
  return integer(slab, p, out, reg);
}

/** A decimal text behind its opening quote, up to its closing one; an empty text is "none", NaN. */
export function figure(slab: Slab, p: number, out: Out, reg: number): number {
  if (p < 0) return -1;
  if (slab.bytes[p] !== QUOTE) return decimal(slab, p, out, reg);
  out.num[reg] = NaN;
  return p;
}

/** `["118340.10","0.25000000"],..]` behind the opening bracket of the list, one `out.level` each; side NONE only proves them. */
export function levels(slab: Slab, p: number, end: number, out: Out, side: number): number {
  if (p < 0 || p >= end) return -1;
  const { bytes, view } = slab;
  if (bytes[p] === CLOSE) return p + 1;
  for (;;) {
    if (view.getUint16(p, true) !== LEVEL_OPEN) return -1;
    p = amounts(slab, p + 2, end, out);
    if (p < 0) return -1;
    if (side !== NONE) out.level(side);
    const next = bytes[p];
    p += 1;
    if (next !== COMMA) return next === CLOSE ? p : -1;
  }
}

/** `118340.10","0.25000000"]` to PRICE and SIZE: the end of every level, whatever stands before its price. */
export function amounts(slab: Slab, p: number, end: number, out: Out): number {
  const { view } = slab;
  p = decimal(slab, p, out, PRICE);
  if (p < 0 || p >= end || (view.getInt32(p, true) & 0xffffff) !== BETWEEN) return -1;
  p = decimal(slab, p + 3, out, SIZE);
  return p > 0 && p < end && view.getUint16(p, true) === LEVEL_CLOSE ? p + 2 : -1;
}
