import { LONG } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import { after, key } from "../keys.ts";
import { decimal, integer, millis, word } from "../kit.ts";

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
const { ID } = LONG;
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

const TRUE = word("true");
const FALS = word("fals");

/** Position behind `true` or `false`. */
export function truth(slab: Slab, p: number): number {
  if (p < 0) return -1;
  const first = slab.view.getInt32(p, true);
  if (first === TRUE) return p + 4;
  return first === FALS && slab.bytes[p + 4] === LOWER ? p + 5 : -1;
}

/** Values of hexadecimal digits by their byte; -1 for others. */
const HEX = Int8Array.from({ length: 256 }, (_, c) => {
  const value = "0123456789abcdef".indexOf(String.fromCharCode(c));
  return value >= 0 ? value : "ABCDEF".includes(String.fromCharCode(c)) ? c - 55 : -1;
});

/** Value of `count` (at most 8) hexadecimal digits as int32; what is no digit is marked in `wrong`. */
function hexAt(bytes: Uint8Array, p: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) {
    const digit = HEX[bytes[p + i]!]!;
    wrong |= digit;
    value = (value << 4) | digit;
  }
  return value;
}

/** Below zero once a byte was no digit. */
let wrong = 0;

/** Length of a UUID. */
const UUID = 36;

/**
 * A trade's id at p into LONG.ID; position of the quote behind it. Spot ids are numbers; others are UUIDs
 * (e799c7b7-1ccc-53d9-b84a-fb7a460397bc), of which the last 64 bits are kept: they tell trades apart as well as all do.
 */
export function tradeId(slab: Slab, p: number, out: Out): number {
  if (p < 0) return -1;
  const bytes = slab.bytes;
  if (bytes[p + 8] !== MINUS) {
    p = integer(slab, p, out, ID);
    return p > 0 && bytes[p] === QUOTE ? p : -1;
  }
  wrong = 0;
  hexAt(bytes, p, 8);
  hexAt(bytes, p + 9, 4);
  hexAt(bytes, p + 14, 4);
  out.long[ID + 1] = (hexAt(bytes, p + 19, 4) << 16) | hexAt(bytes, p + 24, 4);
  out.long[ID] = hexAt(bytes, p + 28, 8);
  const dashes = bytes[p + 13] === MINUS && bytes[p + 18] === MINUS && bytes[p + 23] === MINUS;
  return wrong >= 0 && dashes && bytes[p + UUID] === QUOTE ? p + UUID : -1;
}

const TYPE_KEY = key('","type":"');
const TIME_KEY = key('","ts":');
const TYPE_NEXT = key(',"type":"');
const TIME_NEXT = key('","ts":');
const DELTA = key("delta");
const SNAPSHOT = key("snapshot");

/** What {@link head} found. */
export const DELTA_FRAME = 1;
export const SNAPSHOT_FRAME = 2;
let type = 0;

export function typeOfHead(): number {
  return type;
}

/**
 * From the quote that ends the topic: `","type":"delta","ts":1787644800122` or, of spot, options and level 1,
 * `","ts":1787644800122,"type":"delta"`. LONG.TS and the type; position behind both.
 */
export function head(slab: Slab, p: number, end: number, out: Out): number {
  const first = after(slab, p, end, TYPE_KEY);
  if (first > 0) {
    const quote = typeWord(slab, first, end);
    const time = after(slab, quote, end, TIME_NEXT);
    return time < 0 ? -1 : millis(slab, time, out);
  }
  const time = after(slab, p, end, TIME_KEY);
  const next = time < 0 ? -1 : after(slab, millis(slab, time, out), end, TYPE_NEXT);
  const quote = next < 0 ? -1 : typeWord(slab, next, end);
  return quote > 0 && slab.bytes[quote] === QUOTE ? quote + 1 : -1;
}

/** Position behind the word of a type; it goes to `type`. */
function typeWord(slab: Slab, p: number, end: number): number {
  const delta = after(slab, p, end, DELTA);
  type = delta > 0 ? DELTA_FRAME : SNAPSHOT_FRAME;
  return delta > 0 ? delta : after(slab, p, end, SNAPSHOT);
}

const MESSAGE = key(',"id":"');

/** Position behind `,"id":"orderbook.25.…"`, which options have; p itself where there is none. */
export function messageId(slab: Slab, p: number, end: number): number {
  const first = after(slab, p, end, MESSAGE);
  if (first < 0) return p;
  const close = plainEnd(slab, first, end);
  return close < 0 ? -1 : close + 1;
}

/** Position of the next quote, if all before it is printable ASCII without escapes; or -1. */
export function plainEnd(slab: Slab, p: number, end: number): number {
  const bytes = slab.bytes;
  for (; p < end; p++) {
    const c = bytes[p]!;
    if (c === QUOTE) return p;
    if (c < 0x20 || c >= 0x7f || c === 0x5c) return -1;
  }
  return -1;
}
