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
const PER_TWO_32 = 1 / TWO_32;
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

/** The last second read: its ten digits as 4, 4 and 2 bytes, and its UNIX ns as halves. It changes what a call costs, no more. */
const known = new Int32Array(5);

/**
 * UNIX nanoseconds, nineteen digits, to LONG.TS without rounding: ten digits of seconds, nine of a fraction. As a JSON
 * number it is above 2^53. Times after 2106-02-07 are refused.
 */
export function nanos(slab: Slab, p: number, end: number, out: Out): number {
  if (p < 0 || p + NANO_DIGITS >= end) return -1;
  const { bytes, view } = slab;
  const places = eight(view, p + 10);
  const last = bytes[p + 18]! ^ ZERO;
  if (places < 0 || last > 9 || (bytes[p + NANO_DIGITS]! ^ ZERO) <= 9) return -1;
  const same =
    view.getInt32(p + 4, true) === known[1] &&
    view.getUint16(p + 8, true) === known[2] &&
    view.getInt32(p, true) === known[0];
  if (!same && !newSecond(view, p)) return -1;
  const low = (known[3]! >>> 0) + (places * 10 + last);
  out.long[TS] = low;
  out.long[TS + 1] = known[4]! + (low >= TWO_32 ? 1 : 0);
  return p + NANO_DIGITS;
}

function newSecond(view: DataView, p: number): boolean {
  const first = eight(view, p);
  const tens = view.getUint8(p + 8) ^ ZERO;
  const ones = view.getUint8(p + 9) ^ ZERO;
  const seconds = first * 100 + tens * 10 + ones;
  if (first < 0 || tens > 9 || ones > 9 || view.getUint8(p) === ZERO || seconds >= TWO_32) return false;
  known[0] = view.getInt32(p, true);
  known[1] = view.getInt32(p + 4, true);
  known[2] = view.getUint16(p + 8, true);
  putNanos(seconds, 0, known, 3);
  return true;
}

/** An engine id: sixteen digits below 9e15 (exact as a double) at once, other lengths as the kit reads them. */
export function id(slab: Slab, p: number, end: number, out: Out, reg: number): number {
  if (p < 0) return -1;
  const { bytes, view } = slab;
  if (p + ID_DIGITS < end && (bytes[p + ID_DIGITS]! ^ ZERO) > 9) {
    const first = eight(view, p);
    const rest = eight(view, p + 8);
    if (first >= 0 && rest >= 0 && bytes[p] !== ZERO && bytes[p]! < NINE) {
      const value = first * 1e8 + rest;
      out.long[reg] = value;
      out.long[reg + 1] = value * PER_TWO_32;
      return p + ID_DIGITS;
    }
  }
  return integer(slab, p, out, reg);
}

/**
 * A key between two texts, such as `","p":"`, at p: its first four bytes and its last four. Returns the position behind
 * its seven bytes. As all of these, it may be given -1.
 */
export function between(slab: Slab, p: number, end: number, first: number, last: number): number {
  if (p >>> 0 >= end) return -1;
  const { view } = slab;
  return view.getInt32(p, true) === first && view.getInt32(p + 3, true) === last ? p + 7 : -1;
}

/** A key of six bytes, such as `,"s":"`: its first four bytes and its last four. */
export function six(slab: Slab, p: number, end: number, first: number, last: number): number {
  if (p >>> 0 >= end) return -1;
  const { view } = slab;
  return view.getInt32(p, true) === first && view.getInt32(p + 2, true) === last ? p + 6 : -1;
}

/** A key of five bytes, such as `,"E":`. */
export function five(slab: Slab, p: number, end: number, first: number, last: number): number {
  if (p >>> 0 >= end) return -1;
  return slab.view.getInt32(p, true) === first && slab.bytes[p + 4] === last ? p + 5 : -1;
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
  // One call for both numbers: V8 inlines it once, and has room for what it is called from.
  for (let reg: number = PRICE; ; reg = SIZE) {
    p = decimal(slab, p, out, reg);
    if (p < 0 || p >= end) return -1;
    if (reg === SIZE) return view.getUint16(p, true) === LEVEL_CLOSE ? p + 2 : -1;
    if ((view.getInt32(p, true) & 0xffffff) !== BETWEEN) return -1;
    p += 3;
  }
}
