import { decodeText } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import { decimal, putDecimal, word } from "../kit.ts";

/**
 * Numbers of Deribit, read in place. They are JSON numbers, and the venue writes whichever form is shorter:
 * 64010.5, but 6.4e4, 1.0e3 and 1.0e-5. Values go to a place of an array, as doubles returned from calls may be boxed.
 */

const ZERO = 0x30;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e ^ 0x30;
const LOWER_E = 0x65 ^ 0x30;
const UPPER_E = 0x45 ^ 0x30;
/** Digits whose mantissa fits an int32. */
const BRIEF = 9;
/** Largest power of ten that a double holds exactly. */
const LARGEST = 22;
const POW10 = Float64Array.from({ length: 32 }, (_, i) => Number(`1e${Math.min(i, LARGEST)}`));
/** Longest number text that is looked at. */
const LONGEST = 400;
const NULL = word("null");

/** Two places: from percent to a fraction. */
export const PERCENT = 2;

/**
 * Reads a decimal >= 0 at p, its point moved `shift` places to the left, into `into[at]`; position behind it, or -1.
 * Mantissa and power of ten are exact, so their product or quotient is the correctly rounded value of the text. What is
 * longer than nine digits goes to the kit.
 */
export function number(
  slab: Slab,
  start: number,
  shift: number,
  into: Float64Array,
  at: number,
  out: Out,
): number {
  // Not the view: a run of digits may lead past the end of the memory.
  const bytes = slab.bytes;
  let p = start;
  let c = bytes[p]! ^ ZERO;
  if (c > 9) return -1;
  let mantissa = 0;
  do {
    mantissa = (mantissa * 10 + c) | 0;
    p = (p + 1) | 0;
    c = bytes[p]! ^ ZERO;
  } while (c <= 9);
  let digits = (p - start) | 0;
  if (digits !== 1 && bytes[start] === ZERO) return -1;
  let scale = shift;
  if (c === POINT) {
    const dot = (p + 1) | 0;
    p = dot;
    for (; (c = bytes[p]! ^ ZERO) <= 9; p = (p + 1) | 0) mantissa = (mantissa * 10 + c) | 0;
    const places = (p - dot) | 0;
    if (places === 0) return -1;
    digits = (digits + places) | 0;
    scale = (scale + places) | 0;
  }
  if (digits > BRIEF) return long(slab, start, shift, into, at, out);
  if (c === LOWER_E || c === UPPER_E)
    return scientific(slab, start, p, mantissa, scale, shift, into, at, out);
  into[at] = mantissa / POW10[scale]!;
  return p;
}

/** The rest of {@link number}, from the `e` at p on: an exponent of one or two digits. */
function scientific(
  slab: Slab,
  start: number,
  p: number,
  mantissa: number,
  scale: number,
  shift: number,
  into: Float64Array,
  at: number,
  out: Out,
): number {
  const bytes = slab.bytes;
  const sign = bytes[p + 1]!;
  const first = sign === MINUS || sign === PLUS ? p + 2 : p + 1;
  let exponent = 0;
  let c = 0;
  for (p = first; (c = bytes[p]! ^ ZERO) <= 9 && p < first + 3; p++) exponent = (exponent * 10 + c) | 0;
  if (p === first) return -1;
  const power = (sign === MINUS ? -exponent : exponent) - scale;
  if (p === first + 3 || power > LARGEST || power < -LARGEST) return long(slab, start, shift, into, at, out);
  into[at] = power < 0 ? mantissa / POW10[-power]! : mantissa * POW10[power]!;
  return p;
}

/** Numbers of more than nine digits: the kit's way, or, where a point is to be moved or there is an exponent, by text. */
function long(slab: Slab, start: number, shift: number, into: Float64Array, at: number, out: Out): number {
  let p = shift === 0 ? decimal(slab, start, out, 0) : -1;
  if (shift !== 0) {
    for (p = start; p - start < LONGEST && isNumberByte(slab.bytes[p]!);) p += 1;
    if (!putShifted(decodeText(slab.bytes, start, p), shift, out, 0)) return -1;
  }
  if (p > 0) into[at] = out.num[0]!;
  return p;
}

function isNumberByte(c: number): boolean {
  return (c ^ ZERO) <= 9 || c === 0x2e || c === PLUS || c === MINUS || c === 0x65 || c === 0x45;
}

/** Decimal text >= 0, its point moved `shift` places to the left, to `out.num[reg]`: for slow paths. */
export function putShifted(text: string, shift: number, out: Out, reg: number): boolean {
  const [, mantissa, exponent = "0"] = /^([\d.]+)(?:[eE]([+-]?\d{1,4}))?$/.exec(text) ?? [];
  return mantissa !== undefined && putDecimal(`${mantissa}e${Number(exponent) - shift}`, out, reg);
}

/** {@link number} with a minus sign allowed. */
export function signed(slab: Slab, p: number, into: Float64Array, at: number, out: Out): number {
  if (slab.bytes[p] !== MINUS) return number(slab, p, 0, into, at, out);
  const next = number(slab, p + 1, 0, into, at, out);
  if (next > 0) into[at] = -into[at]!;
  return next;
}

export function isNull(slab: Slab, p: number): boolean {
  return slab.view.getInt32(p, true) === NULL;
}

const TRUE = word("true");
const FALS = word("fals");
const LOWER = 0x65;

/** Position behind a number, `null`, `true` or `false` at p, proved to be one; -1 for all else, and for very long ones. */
export function bareEnd(slab: Slab, p: number): number {
  const { bytes, view } = slab;
  const first = view.getInt32(p, true);
  if (first === NULL || first === TRUE) return p + 4;
  if (first === FALS) return bytes[p + 4] === LOWER ? p + 5 : -1;
  const start = bytes[p] === MINUS ? p + 1 : p;
  p = digitsEnd(bytes, start);
  if (p === start || (p > start + 1 && bytes[start] === ZERO)) return -1;
  if ((bytes[p]! ^ ZERO) === POINT) {
    const dot = p + 1;
    p = digitsEnd(bytes, dot);
    if (p === dot) return -1;
  }
  return (bytes[p]! | 0x20) === LOWER ? exponentEnd(bytes, p + 1) : p;
}

function exponentEnd(bytes: Uint8Array, p: number): number {
  const first = bytes[p] === MINUS || bytes[p] === PLUS ? p + 1 : p;
  const last = digitsEnd(bytes, first);
  return last > first ? last : -1;
}

function digitsEnd(bytes: Uint8Array, p: number): number {
  while ((bytes[p]! ^ ZERO) <= 9) p += 1;
  return p;
}
