import type { Out, Slab } from "../model/index.ts";
import { textEnd } from "./keys.ts";
import { decimal, integer } from "./kit.ts";

/**
 * JSON read in place with its keys in any order, white space anywhere and keys that nobody asked for: what a frame goes
 * through that is not written as the venue always wrote it. An object is walked once and proved to be JSON; where the
 * values of wanted keys lie is noted, then read. What has a backslash, or nests deeply, is left to JSON.parse.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const BRACE = 0x7b;
const BRACE_END = 0x7d;
const SPACE = 0x20;
/** As little-endian words. */
const TRUE = 0x65757274;
const ALSE = 0x65736c61;
const NULL = 0x6c6c756e;
/** Frames nest four deep at most. */
const DEEPEST = 12;

/** Texts to be told apart by their bytes; the place of one is its number. */
export interface Names {
  readonly count: number;
  /** A hash table: number + 1, length, first word, last word, then three words in the middle; 0 is no entry. */
  readonly table: Int32Array;
}

/** Longest text in a table. */
const LONGEST = 20;
const ENTRY = 8;
const ENTRIES = 128;

/** A table of texts of 1 to 20 ASCII characters. Throws RangeError for others. */
export function names(...texts: string[]): Names {
  const table = new Int32Array(ENTRIES * ENTRY);
  texts.forEach((text, i) => {
    if (text.length < 1 || text.length > LONGEST)
      throw new RangeError(`expected 1 to ${LONGEST} characters, saw ${JSON.stringify(text)}`);
    const view = new DataView(new ArrayBuffer(24));
    for (let k = 0; k < text.length; k++) view.setUint8(k, text.charCodeAt(k));
    const { length } = text;
    const [first, last] = [firstWord(view, 0, length), lastWord(view, 0, length)];
    let at = hash(first, last, length);
    while (table[at] !== 0) at = (at + ENTRY) & (table.length - 1);
    const middle = [
      view.getInt32(4, true),
      view.getInt32(Math.max(0, length - 8), true),
      view.getInt32(8, true),
    ];
    table.set([i + 1, length, first, last, ...middle], at);
  });
  return { count: texts.length, table };
}

/** The first four bytes, or as many as there are. */
const firstWord = (view: DataView, p: number, length: number): number =>
  length >= 4 ? view.getInt32(p, true) : view.getInt32(p, true) & ((1 << (length << 3)) - 1);

/** The last four bytes of five and more. */
const lastWord = (view: DataView, p: number, length: number): number =>
  length > 4 ? view.getInt32(p + length - 4, true) : 0;

const hash = (first: number, last: number, length: number): number =>
  ((Math.imul(first ^ Math.imul(last, 0x2c1b3c6d) ^ length, 0x9e3779b1) >>> 25) * ENTRY) | 0;

/** The number of the text at [p, end), or -1. */
export function nameAt(slab: Slab, p: number, end: number, { table }: Names): number {
  const view = slab.view;
  const length = end - p;
  if (length <= 0 || length > LONGEST) return -1;
  const first = firstWord(view, p, length);
  const last = lastWord(view, p, length);
  for (let at = hash(first, last, length); table[at] !== 0; at = (at + ENTRY) & (ENTRIES * ENTRY - 1)) {
    if (table[at + 2] !== first || table[at + 3] !== last || table[at + 1] !== length) continue;
    if (length <= 8) return table[at]! - 1;
    if (table[at + 4] !== view.getInt32(p + 4, true) || table[at + 5] !== view.getInt32(end - 8, true))
      continue;
    if (length <= 16 || table[at + 6] === view.getInt32(p + 8, true)) return table[at]! - 1;
  }
  return -1;
}

/** Position of the first byte at or behind p that is no white space. */
export function spaceEnd(slab: Slab, p: number): number {
  const bytes = slab.bytes;
  for (let c = bytes[p]!; c <= SPACE; c = bytes[p]!) {
    if (c !== SPACE && c !== 0x0a && c !== 0x0d && c !== 0x09) return p;
    p += 1;
  }
  return p;
}

/**
 * Walks the object at p. For each of the names that is a key, `at[2 * number]` is where its value begins and
 * `at[2 * number + 1]` the position behind it, 0 where there is no such key; of a key that comes twice the last one
 * counts, as it does for JSON.parse. Returns the position behind the object, -1 when it is not one, or not plain.
 */
export function objectAt(slab: Slab, p: number, end: number, wanted: Names, at: Int32Array): number {
  for (let i = 0; i < 2 * wanted.count; i++) at[i] = 0;
  return walk(slab, p, end, wanted, at, DEEPEST);
}

function walk(
  slab: Slab,
  p: number,
  end: number,
  wanted: Names | null,
  at: Int32Array,
  depth: number,
): number {
  const bytes = slab.bytes;
  if (p >= end || bytes[p] !== BRACE || depth === 0) return -1;
  p = spaceEnd(slab, p + 1);
  if (bytes[p] === BRACE_END) return p < end ? p + 1 : -1;
  for (;;) {
    const name = p + 1;
    if (bytes[p] !== QUOTE) return -1;
    const close = textEnd(slab, name, end);
    p = close < 0 ? -1 : spaceEnd(slab, close + 1);
    if (p < 0 || bytes[p] !== COLON) return -1;
    p = spaceEnd(slab, p + 1);
    const next = valueEnd(slab, p, end, at, depth - 1);
    if (next < 0) return -1;
    const number = wanted === null ? -1 : nameAt(slab, name, close, wanted);
    if (number >= 0) {
      at[2 * number] = p;
      at[2 * number + 1] = next;
    }
    p = spaceEnd(slab, next);
    if (p >= end) return -1;
    if (bytes[p] !== COMMA) return bytes[p] === BRACE_END ? p + 1 : -1;
    p = spaceEnd(slab, p + 1);
  }
}

/** Position behind the JSON value at p, all of it proved, or -1. */
function valueEnd(slab: Slab, p: number, end: number, at: Int32Array, depth: number): number {
  if (p >= end) return -1;
  const c = slab.bytes[p]!;
  if (c === QUOTE) {
    const close = textEnd(slab, p + 1, end);
    return close < 0 ? -1 : close + 1;
  }
  if (c === OPEN) return listEnd(slab, p, end, at, depth);
  if (c === BRACE) return walk(slab, p, end, null, at, depth);
  return c === MINUS || (c ^ ZERO) <= 9 ? numberEnd(slab, p, end) : literalEnd(slab, p, end);
}

function listEnd(slab: Slab, p: number, end: number, at: Int32Array, depth: number): number {
  const bytes = slab.bytes;
  if (depth === 0) return -1;
  p = spaceEnd(slab, p + 1);
  if (bytes[p] === CLOSE) return p < end ? p + 1 : -1;
  for (;;) {
    p = valueEnd(slab, p, end, at, depth - 1);
    p = p < 0 ? end : spaceEnd(slab, p);
    if (p >= end) return -1;
    if (bytes[p] !== COMMA) return bytes[p] === CLOSE ? p + 1 : -1;
    p = spaceEnd(slab, p + 1);
  }
}

function numberEnd(slab: Slab, p: number, end: number): number {
  const bytes = slab.bytes;
  if (bytes[p] === MINUS) p += 1;
  const whole = digitsEnd(bytes, p, end);
  if (whole === p || (bytes[p] === ZERO && whole > p + 1)) return -1;
  p = whole;
  if (p < end && bytes[p] === POINT) {
    p = digitsEnd(bytes, p + 1, end);
    if (p === whole + 1) return -1;
  }
  if (p >= end || (bytes[p]! | 0x20) !== 0x65) return p;
  const sign = bytes[p + 1] === MINUS || bytes[p + 1] === 0x2b ? 1 : 0;
  const exponent = digitsEnd(bytes, p + 1 + sign, end);
  return exponent > p + 1 + sign ? exponent : -1;
}

function digitsEnd(bytes: Uint8Array, p: number, end: number): number {
  while (p < end && (bytes[p]! ^ ZERO) <= 9) p += 1;
  return p;
}

function literalEnd(slab: Slab, p: number, end: number): number {
  const word = slab.view.getInt32(p, true);
  const next = word === TRUE || word === NULL ? p + 4 : slab.bytes[p] === 0x66 ? falseEnd(slab, p) : -1;
  return next > end ? -1 : next;
}

function falseEnd(slab: Slab, p: number): number {
  return slab.view.getInt32(p + 1, true) === ALSE ? p + 5 : -1;
}

/** The first item behind the `[` at p, `end` of the list when it is empty; -1 when it is no list. */
export function firstItem(slab: Slab, p: number, end: number): number {
  if (p <= 0 || slab.bytes[p] !== OPEN) return -1;
  const first = spaceEnd(slab, p + 1);
  return first < end && slab.bytes[first] === CLOSE ? end : first;
}

/** From behind an item to the next one; `end` of the list, the position behind its `]`, when there is none. */
export function nextItem(slab: Slab, p: number, end: number): number {
  const comma = spaceEnd(slab, p);
  return slab.bytes[comma] === COMMA ? spaceEnd(slab, comma + 1) : end;
}

// What was found: `at` as objectAt() left it, `field` the number of a name. Each reads the value whole, or says no.

/** Whether there is such a key. */
export function has(at: Int32Array, field: number): boolean {
  return at[2 * field] !== 0;
}

/** Where the text of a value in quotes begins, or -1. Its end is that of the value minus one. */
export function textAt(slab: Slab, at: Int32Array, field: number): number {
  const p = at[2 * field]!;
  return p !== 0 && slab.bytes[p] === QUOTE ? p + 1 : -1;
}

/** The number among `texts` of a value in quotes, or -1. */
export function wordAt(slab: Slab, at: Int32Array, field: number, texts: Names): number {
  const p = textAt(slab, at, field);
  return p < 0 ? -1 : nameAt(slab, p, at[2 * field + 1]! - 1, texts);
}

/** `"118345.61"` to a number register. */
export function quotedAt(slab: Slab, at: Int32Array, field: number, out: Out, reg: number): boolean {
  const p = textAt(slab, at, field);
  return p > 0 && decimal(slab, p, out, reg) === at[2 * field + 1]! - 1;
}

/** `118345.61` to a number register. */
export function bareAt(slab: Slab, at: Int32Array, field: number, out: Out, reg: number): boolean {
  const p = at[2 * field]!;
  return p !== 0 && decimal(slab, p, out, reg) === at[2 * field + 1];
}

/** `72000000123` to a 64-bit register. */
export function integerAt(slab: Slab, at: Int32Array, field: number, out: Out, reg: number): boolean {
  const p = at[2 * field]!;
  return p !== 0 && integer(slab, p, out, reg) === at[2 * field + 1];
}

/** Whether a value is a whole number >= 0 of so many digits at most, without point or exponent. */
export function isWholeAt(slab: Slab, at: Int32Array, field: number, digits: number): boolean {
  const p = at[2 * field]!;
  const end = at[2 * field + 1]!;
  return p !== 0 && end - p <= digits && digitsEnd(slab.bytes, p, end) === end;
}
