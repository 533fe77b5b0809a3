import { LONG } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import { after, key, textEnd } from "../keys.ts";
import { decimal, integer, longIntegerEnd, millis, word } from "../kit.ts";

/** What the hot readers of Bybit have in common. */

const QUOTE = 0x22;
const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e ^ 0x30;
const LOWER_E = 0x65 ^ 0x30;
const UPPER_E = 0x45 ^ 0x30;
const LOWER = 0x65;
/** High half of 2^53: a JSON number from here on is not exact. */
const UNSAFE = 0x200000;
const { ID, PREV } = LONG;
/** Digits whose mantissa fits an int32. */
const BRIEF = 9;
const POW10 = Float64Array.from({ length: 17 }, (_, i) => Number(`1e${i}`));

/**
 * As the kit's decimal, for the few digits most numbers have: one mantissa, one division, small enough to be inlined.
 * Both operands are exact, so the quotient is the correctly rounded value; whatever is longer or strange goes to the kit.
 */
export function brief(slab: Slab, start: number, out: Out, register: number): number {
  const bytes = slab.bytes;
  let p = start;
  let c = 0;
  let mantissa = 0;
  for (; (c = bytes[p]! ^ ZERO) <= 9; p++) mantissa = (mantissa * 10 + c) | 0;
  const whole = p - start;
  let scale = 0;
  if (c === POINT) {
    const dot = p + 1;
    for (p = dot; (c = bytes[p]! ^ ZERO) <= 9; p++) mantissa = (mantissa * 10 + c) | 0;
    scale = p - dot;
    if (scale === 0) return -1;
  }
  const long = whole + scale > BRIEF || (whole > 1 && bytes[start] === ZERO);
  if (long || whole === 0 || c === LOWER_E || c === UPPER_E) return decimal(slab, start, out, register);
  out.num[register] = mantissa / POW10[scale]!;
  return p;
}

/** Position behind the text at p if it equals [from, to), or -1. */
export function sameText(slab: Slab, p: number, from: number, to: number): number {
  const bytes = slab.bytes;
  for (; from < to; from++, p++) if (bytes[p] !== bytes[from]) return -1;
  return p;
}

/** A whole number below 2^53, as JSON.parse can give it. */
export function safeInteger(slab: Slab, p: number, out: Out, register: number): number {
  const next = p < 0 ? -1 : integer(slab, p, out, register);
  return out.long[register + 1]! >>> 0 < UNSAFE ? next : -1;
}

/** Position behind a number as {@link safeInteger} takes it, of which nothing is kept. LONG.PREV is no longer what it was. */
export function numberEnd(slab: Slab, p: number, out: Out): number {
  const end = p < 0 ? -1 : longIntegerEnd(slab, p);
  return end > 0 ? end : safeInteger(slab, p, out, PREV);
}

/** Milliseconds of thirteen digits that begin with a three or less are before 2106, as all others are looked at closely. */
const MILLIS = 13;
const FOUR = 0x34;

/** Position behind a time of which nothing is kept. LONG.TS is no longer what it was. */
function timeEnd(slab: Slab, p: number, out: Out): number {
  const end = longIntegerEnd(slab, p);
  return end === p + MILLIS && slab.bytes[p]! < FOUR ? end : millis(slab, p, out);
}

const TRUE = word("true");
const FALS = word("fals");

/** Position behind `true` or `false`. */
export function truth(slab: Slab, p: number): number {
  if (p < 0) return -1;
  const first = slab.view.getInt32(p, true);
  if (first === TRUE) return p + 4;
  return first === FALS && slab.bytes[p + 4] === LOWER ? p + 5 : -1;
}

const LOW_NIBBLES = 0x0f0f0f0f;
const HIGH_NIBBLES = 0xf0f0f0f0 | 0;
const ONES = 0x01010101;
const SIXES = 0x06060606;
const DIGITS = 0x30303030;

/** Not zero once a byte was no hexadecimal digit in lower case. */
let wrong = 0;

/**
 * Value of four hexadecimal digits at p; what is none is marked in `wrong`. Letters have bit 6, and so has nothing else
 * that is allowed: their value is 9 more than their low nibble says, and must be 10 to 15 then, and below 10 if not.
 */
function hex(view: DataView, p: number): number {
  const x = view.getInt32(p, true);
  const letters = (x >>> 6) & ONES;
  const v = ((x & LOW_NIBBLES) + letters * 9) | 0;
  wrong |= ((x & HIGH_NIBBLES) ^ (DIGITS + letters * 0x30)) | (v & HIGH_NIBBLES);
  wrong |= (((v + SIXES) >>> 4) & ONES) ^ letters;
  return ((v & 0xff) << 12) | ((v & 0xff00) >>> 0) | ((v >>> 12) & 0xff0) | (v >>> 24);
}

/** As {@link hex}, of digits whose value does not matter. */
function proveHex(view: DataView, p: number): void {
  const x = view.getInt32(p, true);
  const letters = (x >>> 6) & ONES;
  const v = ((x & LOW_NIBBLES) + letters * 9) | 0;
  wrong |= ((x & HIGH_NIBBLES) ^ (DIGITS + letters * 0x30)) | (v & HIGH_NIBBLES);
  wrong |= (((v + SIXES) >>> 4) & ONES) ^ letters;
}

/** Length of a UUID. */
const UUID = 36;

/**
 * A trade's id at p into LONG.ID; position of the quote behind it. Spot ids are numbers; others are UUIDs
 * (e799c7b7-1ccc-53d9-b84a-fb7a460397bc), of which the last 64 bits are kept: they tell trades apart as well as all do.
 */
export function tradeId(slab: Slab, p: number, out: Out): number {
  if (p < 0) return -1;
  const { bytes, view } = slab;
  if (bytes[p + 8] !== MINUS) {
    p = integer(slab, p, out, ID);
    return p > 0 && bytes[p] === QUOTE ? p : -1;
  }
  wrong = 0;
  proveHex(view, p);
  proveHex(view, p + 4);
  proveHex(view, p + 9);
  proveHex(view, p + 14);
  out.long[ID + 1] = (hex(view, p + 19) << 16) | hex(view, p + 24);
  out.long[ID] = (hex(view, p + 28) << 16) | hex(view, p + 32);
  const dashes = bytes[p + 13] === MINUS && bytes[p + 18] === MINUS && bytes[p + 23] === MINUS;
  return wrong === 0 && dashes && bytes[p + UUID] === QUOTE ? p + UUID : -1;
}

const DELTA_KEY = key('","type":"delta"');
const DELTA_TIME = key(',"ts":');
const SNAPSHOT_KEY = key('","type":"snapsh');
const SNAPSHOT_TIME = key('ot","ts":');
const TIME_KEY = key('","ts":');
const DELTA_NEXT = key(',"type":"delta"');
const SNAPSHOT_NEXT = key(',"type":"snapsho');
const SNAPSHOT_END = key('hot"');
/** Of `","type"`; `","ts"` has another letter there. */
const LETTER_Y = 0x79;
const LETTER_I = 0x69;

/** What {@link head} found. */
export const DELTA_FRAME = 1;
export const SNAPSHOT_FRAME = 2;
let type = 0;
let time = 0;

export function typeOfHead(): number {
  return type;
}

/** Where the time begins, which a frame may have a better one for. */
export function timeOfHead(): number {
  return time;
}

/**
 * From the quote that ends the topic: `","type":"delta","ts":1787644800122` or, of spot, options and level 1,
 * `","ts":1787644800122,"type":"delta"`. Type, and where the time stands; position behind both.
 */
export function head(slab: Slab, p: number, end: number, out: Out): number {
  if (p < 0) return -1;
  if (slab.view.getUint8(p + 4) !== LETTER_Y) return lateHead(slab, p, end, out);
  const delta = after(slab, p, end, DELTA_KEY);
  type = delta > 0 ? DELTA_FRAME : SNAPSHOT_FRAME;
  time =
    delta > 0
      ? after(slab, delta, end, DELTA_TIME)
      : after(slab, after(slab, p, end, SNAPSHOT_KEY), end, SNAPSHOT_TIME);
  return time < 0 ? -1 : timeEnd(slab, time, out);
}

function lateHead(slab: Slab, p: number, end: number, out: Out): number {
  time = after(slab, p, end, TIME_KEY);
  p = time < 0 ? -1 : timeEnd(slab, time, out);
  const snapshot = after(slab, p, end, SNAPSHOT_NEXT);
  type = snapshot > 0 ? SNAPSHOT_FRAME : DELTA_FRAME;
  return snapshot > 0 ? after(slab, snapshot - 2, end, SNAPSHOT_END) : after(slab, p, end, DELTA_NEXT);
}

const MESSAGE = key(',"id":"');

/** Position behind `,"id":"orderbook.25.…"`, which options have; p itself where there is none. */
export function messageId(slab: Slab, p: number, end: number): number {
  if (p < 0 || slab.view.getUint8(p + 2) !== LETTER_I) return p;
  const first = after(slab, p, end, MESSAGE);
  const close = first < 0 ? -1 : textEnd(slab, first, end);
  return close < 0 ? -1 : close + 1;
}
