import { LONG } from "../../model/index.ts";
import type { Out } from "../../model/index.ts";
import { putDecimal } from "../kit.ts";

/**
 * Numbers of SBE frames: little-endian, at any alignment, 64 bits wide. Each reader takes a position whose bytes are
 * proved to be part of the frame, writes registers, and says false when the value cannot be.
 */

const { TS } = LONG;
const TWO_32 = 4294967296;
/** A decimal of up to 15 significant digits comes back from its double as it was. */
const EXACT = 1e15;
/** A number whose high half is below this is below 10^15. */
const EXACT_HIGH = Math.floor(EXACT / TWO_32);
/** 10^0 to 10^22: the powers that a double holds exactly. */
const POW10 = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const LAST_POWER = 22;
const HUNDRED_MILLION = 1e8;
const PLACES = 8;
/** Microseconds below 2^32 seconds: the high half of such a number is below this. */
const TIME_LIMIT = 1_000_000;
/** A number of 2^53 and more, or a negative one, has one of these bits set in its high half. */
const BEYOND_53 = 21;
/** High and low half of -2^63, the null of int64. */
const NULL_HIGH = -0x80000000;
/** A register that the slow path borrows. */
const SPARE = 0;

/**
 * mantissa * 10^exponent to `into[at]`, correctly rounded: a whole number below 2^53 over an exact power of ten is
 * one rounding. Negative ones are refused.
 */
export function decimal(
  view: DataView,
  p: number,
  exponent: number,
  into: Float64Array,
  at: number,
  out: Out,
): boolean {
  const high = view.getInt32(p + 4, true);
  const power = -exponent;
  // As unsigned numbers, so that one comparison refuses negative ones, too.
  if (high >>> 0 < EXACT_HIGH && power >>> 0 <= LAST_POWER) {
    into[at] = (high * TWO_32 + view.getUint32(p, true)) / POW10[power]!;
    return true;
  }
  return decimalLong(view, p, exponent, into, at, out);
}

/**
 * Mantissas of 16 digits and more. Most are short numbers with zeros behind them (sizes of meme coins at eight places:
 * 1,000,000,000 is 10^17): without those they are one exact division again, found in 32-bit steps without BigInt.
 */
function decimalLong(
  view: DataView,
  p: number,
  exponent: number,
  into: Float64Array,
  at: number,
  out: Out,
): boolean {
  const high = view.getInt32(p + 4, true);
  if (high < 0) return false;
  // Long division of the 64 bits by 10^8, sixteen bits at a time: every step is exact in a double.
  const q1 = Math.floor(high / HUNDRED_MILLION);
  const middle = (high - q1 * HUNDRED_MILLION) * 65536 + view.getUint16(p + 2, true);
  const q2 = Math.floor(middle / HUNDRED_MILLION);
  const low = (middle - q2 * HUNDRED_MILLION) * 65536 + view.getUint16(p, true);
  const q3 = Math.floor(low / HUNDRED_MILLION);
  let rest = low - q3 * HUNDRED_MILLION;
  let digits = rest === 0 ? 0 : PLACES;
  for (; digits > 0 && rest % 10 === 0; digits--) rest /= 10;
  const kept = ((q1 * 65536 + q2) * 65536 + q3) * POW10[digits]! + rest;
  const power = exponent + PLACES - digits;
  if (kept >= EXACT || power > LAST_POWER || power < -LAST_POWER)
    return decimalSlow(view, p, exponent, into, at, out);
  into[at] = power < 0 ? kept / POW10[-power]! : kept * POW10[power]!;
  return true;
}

/** More digits than a double is sure to keep, or a strange exponent: through the text, as everywhere; counted if inexact. */
function decimalSlow(
  view: DataView,
  p: number,
  exponent: number,
  into: Float64Array,
  at: number,
  out: Out,
): boolean {
  const kept = out.num[SPARE]!;
  const good = putDecimal(`${view.getBigInt64(p, true)}e${exponent}`, out, SPARE);
  const value = out.num[SPARE]!;
  out.num[SPARE] = kept;
  into[at] = value;
  return good;
}

/** Whether the null of int64 stands at p. */
export function isNull(view: DataView, p: number): boolean {
  return view.getInt32(p + 4, true) === NULL_HIGH && view.getInt32(p, true) === 0;
}

/** An id to a 64-bit register; false when it is negative or above 2^53, which is beyond any the JSON streams can carry. */
export function id(view: DataView, p: number, out: Out, reg: number): boolean {
  const high = view.getInt32(p + 4, true);
  if (high >>> BEYOND_53 !== 0) return false;
  out.long[reg] = view.getInt32(p, true);
  out.long[reg + 1] = high;
  return true;
}

/** UNIX microseconds to LONG.TS in ns; false for negative ones and those after 2106-02-07. */
export function micros(view: DataView, p: number, out: Out): boolean {
  const high = view.getInt32(p + 4, true);
  if (high >>> 0 >= TIME_LIMIT) return false;
  const low = view.getInt32(p, true);
  // What low * 1000 carries into the high half, sixteen bits at a time.
  const carry = ((low >>> 16) * 1000 + (((low & 0xffff) * 1000) >>> 16)) >>> 16;
  out.long[TS] = Math.imul(low, 1000);
  out.long[TS + 1] = Math.imul(high, 1000) + carry;
  return true;
}
