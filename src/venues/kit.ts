import {
  FRAME,
  LONG,
  decodeText,
  plainText,
  putMicros,
  putMillis,
  putNanos,
  putText,
} from "../model/index.ts";
import type { Out, Slab } from "../model/index.ts";

/**
 * Byte scanners shared by the venues. Every reader takes a position and returns the next one, or -1 when the bytes
 * are not what it reads; values go to registers of `out`, because doubles returned from calls that V8 does not
 * inline are boxed. None of them checks `end`: the pad behind the slab stops them, and a parser proves at last
 * that it ended exactly at the end of its frame.
 */

// V8 folds constants of the file a function stands in, but loads imported ones.
const { TS } = LONG;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
/** "0000": four digits xor this are their values. */
const FOUR_ZEROS = 0x30303030;
/** 10 + 0x76 is the first sum with a high bit: added to four bytes it marks what is no digit. */
const SIX_UP = 0x76767676;
const HIGH_BITS = 0x80808080;
const POINT = 0x2e;
const POINT_MARK = POINT ^ ZERO;
const LOWER_E = 0x65 ^ 0x30;
const UPPER_E = 0x45 ^ 0x30;
/** Longest number text that is looked at. */
const LONGEST = 400;
const TWO_32 = 4294967296;
const PER_TWO_32 = 1 / TWO_32;

/** 10^0 to 10^3. As long as V8 wants a table to be to know its address: shorter ones live on the heap. */
const TENS = Int32Array.from({ length: 17 }, (_, i) => (i < 4 ? 10 ** i : 0));
const POW10 = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** Four ASCII bytes as the little-endian int32 that `view.getInt32(p, true)` gives: one compare per key. */
export function word(text: string): number {
  if (text.length !== 4) throw new RangeError(`expected 4 characters, saw ${JSON.stringify(text)}`);
  return (
    text.charCodeAt(0) | (text.charCodeAt(1) << 8) | (text.charCodeAt(2) << 16) | (text.charCodeAt(3) << 24)
  );
}

/** Whether both words, four bytes each already xor-ed with FOUR_ZEROS, hold nothing but digits. */
const areDigits = (first: number, second: number): boolean =>
  (((first + SIX_UP) | first | (second + SIX_UP) | second) & HIGH_BITS) === 0;

/**
 * How many digits a word, already xor-ed with FOUR_ZEROS, begins with: 0 to 4. Asked bit by bit instead of counted:
 * the texts of one field are mostly of one length, so a branch guesses it, and what follows need not wait.
 */
const digitsIn = (x: number): number => {
  const stop = x | (x + SIX_UP);
  return (stop & 0x80) !== 0 ? 0 : (stop & 0x8000) !== 0 ? 1 : (stop & 0x800000) !== 0 ? 2 : stop < 0 ? 3 : 4;
};

/** Value of four digits in a word, xor-ed so, whose lowest byte is the first of them. */
const fourDigits = (x: number): number => {
  const pairs = (Math.imul(x, 10) + (x >>> 8)) & 0x00ff00ff;
  return (pairs & 0xff) * 100 + (pairs >>> 16);
};

/** Position after `literal` (bytes made by {@link literal}) at p, or -1. For texts of five bytes and more. */
export function expect(slab: Slab, p: number, text: Uint8Array): number {
  const bytes = slab.bytes;
  for (let i = 0; i < text.length; i++) if (bytes[p + i] !== text[i]) return -1;
  return p + text.length;
}

/** ASCII text as bytes, for {@link expect}. */
export function literal(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/**
 * Reads a non-negative decimal at p into `out.num[reg]`; returns the position of the first byte behind it, or -1, as it
 * does for a p of -1.
 * Up to seven digits and eight places are read four at a time, without a loop: (whole * 10^8 + places) / 10^8 is the
 * correctly rounded value, as both operands are exact. Longer ones, and those with an exponent, take the slow path.
 */
export function decimal(slab: Slab, p: number, out: Out, reg: number): number {
  if (p < 0) return -1;
  const view = slab.view;
  const first = view.getInt32(p, true) ^ FOUR_ZEROS;
  const digits = digitsIn(first);
  // The digits go to the top of the word: zeros before them.
  let whole = fourDigits(first << (-digits << 3));
  let q = (p + digits) | 0;
  if (digits !== 1) {
    if (digits === 0 || (first & 0xff) === 0) return -1;
    if (digits === 4) {
      const second = view.getInt32(q, true) ^ FOUR_ZEROS;
      const more = digitsIn(second);
      if (more === 4) return decimalLong(slab, p, out, reg);
      if (more !== 0) whole = (whole * TENS[more]! + fourDigits(second << (-more << 3))) | 0;
      q = (q + more) | 0;
    }
  }
  if (view.getUint8(q) === POINT) q = places(view, (q + 1) | 0, whole, out.num, reg);
  else out.num[reg] = whole;
  return q > 0 && goesOn(view.getUint8(q)) ? decimalLong(slab, p, out, reg) : q;
}

/** Whether a number is not over before this byte: a ninth place, or an exponent. */
const goesOn = (c: number): boolean => (c ^ ZERO) <= 9 || (c & 0xdf) === 0x45;

/** The second half of {@link decimal}: up to eight places at p. */
function places(view: DataView, p: number, whole: number, num: Float64Array, reg: number): number {
  const first = view.getInt32(p, true) ^ FOUR_ZEROS;
  const digits = digitsIn(first);
  if (digits === 0) return -1;
  let fraction = fourDigits(first & (-1 >>> (-digits << 3))) * 10_000;
  p = (p + digits) | 0;
  if (digits === 4) {
    const second = view.getInt32(p, true) ^ FOUR_ZEROS;
    const more = digitsIn(second);
    if (more !== 0) fraction = (fraction + fourDigits(second & (-1 >>> (-more << 3)))) | 0;
    p = (p + more) | 0;
  }
  num[reg] = (whole * 1e8 + fraction) / 1e8;
  return p;
}

/**
 * Numbers the fast loop leaves. Up to 15 digits without the zeros at the end are still one exact division
 * (`8123456789.00000000`, a meme coin's size); exponents and longer ones go through Number().
 */
function decimalLong(slab: Slab, start: number, out: Out, reg: number): number {
  const bytes = slab.bytes;
  let p = start;
  let mantissa = 0;
  let c = 0;
  for (; (c = bytes[p]! ^ 48) <= 9; p++) mantissa = mantissa * 10 + c;
  const digits = p - start;
  let kept = mantissa;
  let scale = 0;
  if (c === POINT_MARK) {
    const dot = p + 1;
    for (p = dot; (c = bytes[p]! ^ 48) <= 9; p++) {
      mantissa = mantissa * 10 + c;
      if (c === 0) continue;
      kept = mantissa;
      scale = p - dot + 1;
    }
    if (p === dot) return -1;
  }
  if (digits > 1 && bytes[start] === ZERO) return -1;
  if (digits + scale > 15 || c === LOWER_E || c === UPPER_E) return decimalSlow(slab, start, out, reg);
  out.num[reg] = kept / POW10[scale]!;
  return p;
}

/** Exponents and long numbers: Number() of the text. Infinity is refused; digits lost are counted. */
function decimalSlow(slab: Slab, start: number, out: Out, reg: number): number {
  const bytes = slab.bytes;
  let p = start;
  while (p - start < LONGEST && isNumberByte(bytes[p]!)) p += 1;
  return putDecimal(decodeText(bytes, start, p), out, reg) ? p : -1;
}

function isNumberByte(c: number): boolean {
  return (c ^ 48) <= 9 || c === 0x2e || c === 0x2b || c === 0x2d || c === 0x65 || c === 0x45;
}

const NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;

/**
 * Decimal text to `out.num[reg]`, for slow paths. False when it is not a finite decimal >= 0.
 * Counts `out.inexact` when the double cannot give the same digits back (more than 15-17 significant ones).
 */
export function putDecimal(text: string, out: Out, reg: number): boolean {
  return !text.startsWith("-") && putSigned(text, out, reg);
}

/** As {@link putDecimal}, but a minus sign is allowed (funding rates, greeks, percentages). */
export function putSigned(text: string, out: Out, reg: number): boolean {
  const match = NUMBER.exec(text);
  if (match === null) return false;
  const value = Number(text);
  if (!Number.isFinite(value)) return false;
  out.num[reg] = value;
  const digits = match[2]! + (match[3] ?? "");
  if (digits.length > 15 && significant(digits) !== significant(plainText(Math.abs(value)))) out.inexact += 1;
  return true;
}

function significant(text: string): string {
  return text.replace(".", "").replace(/^0+/, "").replace(/0+$/, "");
}

/** {@link decimal} between double quotes; returns the position behind the closing quote. */
export function quotedDecimal(slab: Slab, p: number, out: Out, reg: number): number {
  if (slab.bytes[p] !== QUOTE) return -1;
  const next = decimal(slab, p + 1, out, reg);
  return next > 0 && slab.bytes[next] === QUOTE ? next + 1 : -1;
}

/** A decimal that may carry a minus sign. */
export function signedDecimal(slab: Slab, p: number, out: Out, reg: number): number {
  if (slab.bytes[p] !== 0x2d) return decimal(slab, p, out, reg);
  const next = decimal(slab, p + 1, out, reg);
  if (next > 0) out.num[reg] = -out.num[reg]!;
  return next;
}

/** Reads an unsigned integer (at most 2^64-1) at p into the halves `out.long[reg]`, `out.long[reg + 1]`. */
export function integer(slab: Slab, p: number, out: Out, reg: number): number {
  const view = slab.view;
  const first = view.getInt32(p, true) ^ FOUR_ZEROS;
  const second = view.getInt32(p + 4, true) ^ FOUR_ZEROS;
  if (!areDigits(first, second) || (first & 0xff) === 0) return integerShort(view, p, out, reg);
  const third = view.getInt32(p + 8, true) ^ FOUR_ZEROS;
  const digits = digitsIn(third);
  let value = fourDigits(first) * 10_000 + fourDigits(second);
  if (digits === 4) return integerLong(slab, p, value * 10_000 + fourDigits(third), out, reg);
  if (digits !== 0) value = value * TENS[digits]! + fourDigits(third << (-digits << 3));
  out.long[reg] = value;
  out.long[reg + 1] = value * PER_TWO_32;
  return (p + 8 + digits) | 0;
}

/** The same with twelve digits and more; `value` is that of the first twelve. */
function integerLong(slab: Slab, p: number, value: number, out: Out, reg: number): number {
  const fourth = slab.view.getInt32(p + 12, true) ^ FOUR_ZEROS;
  const digits = digitsIn(fourth);
  if (digits === 4) return integerSlow(slab, p, out, reg);
  if (digits !== 0) value = value * TENS[digits]! + fourDigits(fourth << (-digits << 3));
  out.long[reg] = value;
  out.long[reg + 1] = value * PER_TWO_32;
  return (p + 12 + digits) | 0;
}

/** Position behind an unsigned integer of 8 to 15 digits at p, proved but not kept; -1 for all others. */
export function longIntegerEnd(slab: Slab, p: number): number {
  const view = slab.view;
  const first = view.getInt32(p, true) ^ FOUR_ZEROS;
  const second = view.getInt32(p + 4, true) ^ FOUR_ZEROS;
  const third = digitsIn(view.getInt32(p + 8, true) ^ FOUR_ZEROS);
  if (!areDigits(first, second) || (first & 0xff) === 0) return -1;
  if (third !== 4) return (p + 8 + third) | 0;
  const fourth = digitsIn(view.getInt32(p + 12, true) ^ FOUR_ZEROS);
  return fourth === 4 ? -1 : (p + 12 + fourth) | 0;
}

/** Up to seven digits. */
function integerShort(view: DataView, p: number, out: Out, reg: number): number {
  const first = view.getInt32(p, true) ^ FOUR_ZEROS;
  const digits = digitsIn(first);
  if (digits === 0 || (digits > 1 && (first & 0xff) === 0)) return -1;
  let value = fourDigits(first << (-digits << 3));
  p = (p + digits) | 0;
  if (digits === 4) {
    const second = view.getInt32(p, true) ^ FOUR_ZEROS;
    const more = digitsIn(second);
    if (more !== 0) value = (value * TENS[more]! + fourDigits(second << (-more << 3))) | 0;
    p = (p + more) | 0;
  }
  out.long[reg] = value;
  out.long[reg + 1] = 0;
  return p;
}

/** Sixteen digits and more. */
function integerSlow(slab: Slab, start: number, out: Out, reg: number): number {
  let end = start;
  while ((slab.bytes[end]! ^ 48) <= 9) end += 1;
  const length = end - start;
  if (length === 0 || length > 20 || (length > 1 && slab.bytes[start] === ZERO)) return -1;
  const text = decodeText(slab.bytes, start, end);
  if (length === 20 && text > "18446744073709551615") return -1;
  putText(text, out.long, reg);
  return end;
}

/**
 * The last second read: the ten digits of its text as words, then its UNIX ns as halves. Zeros are no text.
 * The memory of a pure function: it changes what a call costs, never what it gives.
 */
const lastSecond = new Int32Array(17);

/** UNIX milliseconds, or microseconds (1e15 and more), to LONG.TS in ns; -1 for times after 2106-02-07. */
export function millis(slab: Slab, p: number, out: Out): number {
  const view = slab.view;
  const third = view.getInt32(p + 8, true);
  if (view.getInt32(p, true) !== lastSecond[0] || view.getInt32(p + 4, true) !== lastSecond[1])
    return newSecond(slab, p, out);
  if ((third & 0xffff) !== lastSecond[2]) return newSecond(slab, p, out);
  const fourth = view.getInt32(p + 12, true) ^ FOUR_ZEROS;
  const hundreds = ((third >>> 16) & 0xff) ^ ZERO;
  const tens = (third >>> 24) ^ ZERO;
  const digits = digitsIn(fourth);
  // 1779955201234, 1779955201234567
  if (hundreds > 9 || tens > 9) return timeSlow(slab, p, out);
  const ms = hundreds * 100 + tens * 10;
  if (digits === 1) return putInSecond((ms + (fourth & 0xff)) * 1_000_000, (p + 13) | 0, out.long);
  if (digits !== 4 || (view.getUint8(p + 16) ^ ZERO) <= 9) return timeSlow(slab, p, out);
  return putInSecond((ms * 1000 + fourDigits(fourth)) * 1000, (p + 16) | 0, out.long);
}

/** LONG.TS = the remembered second + nanos; returns p. */
function putInSecond(nanos: number, p: number, long: Int32Array): number {
  const low = (lastSecond[3]! + nanos) | 0;
  long[TS] = low;
  long[TS + 1] = lastSecond[4]! + (low >>> 0 < nanos ? 1 : 0);
  return p;
}

/** Remembers the second at p when a time stands there, and reads it. */
function newSecond(slab: Slab, p: number, out: Out): number {
  const next = timeSlow(slab, p, out);
  if (next !== p + 13 && next !== p + 16) return next;
  let sec = 0;
  for (let i = 0; i < 10; i++) sec = sec * 10 + (slab.bytes[p + i]! ^ ZERO);
  for (let i = 0; i < 3; i++) lastSecond[i] = slab.view.getInt32(p + 4 * i, true) & (i === 2 ? 0xffff : -1);
  putNanos(sec, 0, lastSecond, 3);
  return next;
}

/** Times of any length up to 16 digits. */
function timeSlow(slab: Slab, p: number, out: Out): number {
  const bytes = slab.bytes;
  const start = p;
  let value = 0;
  for (let c = 0; (c = bytes[p]! ^ 48) <= 9; p++) value = value * 10 + c;
  const digits = p - start;
  if (digits === 0 || digits > 16 || (digits > 1 && bytes[start] === ZERO)) return -1;
  return putTime(value, out) ? p : -1;
}

/** UNIX ms or us (told apart by magnitude, 1e15) to LONG.TS; false for what 32 bits of seconds cannot hold. */
export function putTime(value: number, out: Out): boolean {
  if (value >= 1e15) {
    if (value >= TWO_32 * 1e6) return false;
    putMicros(value, out.long, TS);
  } else {
    if (value >= TWO_32 * 1e3) return false;
    putMillis(value, out.long, TS);
  }
  return true;
}

function pair(bytes: Uint8Array, p: number): number {
  const tens = bytes[p]! ^ 48;
  const ones = bytes[p + 1]! ^ 48;
  return tens <= 9 && ones <= 9 ? tens * 10 + ones : -1;
}

/** Days from 1970-01-01 to a Gregorian date (Howard Hinnant's days_from_civil, years 1970-2105). */
function civilDays(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = (y / 400) | 0;
  const yoe = y - era * 400;
  const doy = (((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) | 0) + day - 1;
  const doe = yoe * 365 + ((yoe / 4) | 0) - ((yoe / 100) | 0) + doy;
  return era * 146097 + doe - 719468;
}

/**
 * RFC 3339 UTC time at p (`2026-10-05T09:12:44.123456Z`, 0 to 9 fraction digits) to LONG.TS; returns the position behind Z.
 * Years before 1970 and after 2105 (0001-01-01 exists in the wild) give 0, "no time".
 */
export function isoTime(slab: Slab, p: number, out: Out): number {
  const bytes = slab.bytes;
  const century = pair(bytes, p);
  const decade = pair(bytes, p + 2);
  const month = pair(bytes, p + 5);
  const day = pair(bytes, p + 8);
  const hour = pair(bytes, p + 11);
  const minute = pair(bytes, p + 14);
  const second = pair(bytes, p + 17);
  if ((century | decade | hour | minute | second) < 0 || month < 1 || month > 12 || day < 1 || day > 31)
    return -1;
  if (hour > 23 || minute > 59 || second > 60 || bytes[p + 4] !== 0x2d || bytes[p + 7] !== 0x2d) return -1;
  if (bytes[p + 10] !== 0x54 || bytes[p + 13] !== 0x3a || bytes[p + 16] !== 0x3a) return -1;
  const year = century * 100 + decade;
  const sec = civilDays(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
  return isoFraction(slab, p + 19, year >= 1970 && year <= 2105 ? sec : 0, out);
}

function isoFraction(slab: Slab, p: number, sec: number, out: Out): number {
  const bytes = slab.bytes;
  let nanos = 0;
  if (bytes[p] === 0x2e) {
    const dot = p + 1;
    p = dot;
    for (let c = 0; (c = bytes[p]! ^ 48) <= 9; p++) nanos = (nanos * 10 + c) | 0;
    if (p === dot || p - dot > 9) return -1;
    nanos *= POW10[9 - (p - dot)]!;
  }
  if (bytes[p] !== 0x5a) return -1;
  if (sec === 0) nanos = 0;
  putNanos(sec, nanos, out.long, TS);
  return p + 1;
}

/** Position of the closing quote of a string whose first byte (behind the opening quote) is at p, or -1. */
export function stringEnd(slab: Slab, p: number, end: number): number {
  const bytes = slab.bytes;
  for (; p < end; p++) {
    const c = bytes[p]!;
    if (c === QUOTE) return p;
    if (c === BACKSLASH) p += 1;
  }
  return -1;
}

/** Position behind the JSON value at p (string, number, literal, object, array), or -1. Checks nesting, not grammar. */
export function skipValue(slab: Slab, p: number, end: number): number {
  const bytes = slab.bytes;
  let depth = 0;
  for (; p < end; p++) {
    const c = bytes[p]!;
    if (c === QUOTE) {
      p = stringEnd(slab, p + 1, end);
      if (p < 0) return -1;
      if (depth === 0) return p + 1;
    } else if (c === 0x7b || c === 0x5b) depth += 1;
    else if (c === 0x7d || c === 0x5d) {
      if (depth === 0) return p;
      depth -= 1;
      if (depth === 0) return p + 1;
    } else if (depth === 0 && c === 0x2c) return p;
  }
  return depth === 0 ? p : -1;
}

/** The frame as parsed JSON, or undefined when it is not JSON: the last fallback and the way into cold frames. */
export function readJson(slab: Slab, start: number, end: number): unknown {
  try {
    return JSON.parse(decodeText(slab.bytes, start, end));
  } catch {
    return undefined;
  }
}

/** JSON text as parsed, or undefined. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export type JsonObject = { readonly [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A decimal field of a parsed frame (text or number) to a register; false when it is neither. */
export function putField(value: unknown, out: Out, reg: number): boolean {
  if (typeof value === "string") return putDecimal(value, out, reg);
  return typeof value === "number" && putDecimal(String(value), out, reg);
}

/** A safe integer field (number, or decimal text) to 64-bit halves; false when it is neither. */
export function putId(value: unknown, out: Out, reg: number): boolean {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || !/^\d{1,20}$/.test(text) || BigInt(text) > 0xffffffffffffffffn)
    return false;
  putText(text, out.long, reg);
  return true;
}

/** BAD for bytes that are not JSON, UNKNOWN for JSON of no known form. */
export function unreadable(json: unknown): number {
  return json === undefined ? FRAME.BAD : FRAME.UNKNOWN;
}
