import type { Out, Slab } from "../model/index.ts";
import { decimal, word } from "./kit.ts";

/**
 * JSON keys that are proved in place: text of 4 to 16 bytes as four little-endian words, the later ones overlapping
 * where the text is short. Four loads and compares without a loop, whatever the length.
 */
export interface Key {
  readonly length: number;
  readonly first: number;
  readonly second: number;
  readonly third: number;
  readonly last: number;
  readonly secondAt: number;
  readonly thirdAt: number;
  readonly lastAt: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const DELETE = 0x7f;
const HIGH_BITS = 0x80808080;

/** The text, punctuation included, as a parser expects it: `key(',"price":')`. Throws RangeError for other lengths. */
export function key(text: string): Key {
  if (text.length < 4 || text.length > 16) throw new RangeError(`expected 4 to 16 characters, saw ${text}`);
  const lastAt = text.length - 4;
  const secondAt = Math.min(4, lastAt);
  const thirdAt = Math.min(8, lastAt);
  const at = (offset: number): number => word(text.slice(offset, offset + 4));
  return {
    length: text.length,
    first: at(0),
    second: at(secondAt),
    third: at(thirdAt),
    last: at(lastAt),
    secondAt,
    thirdAt,
    lastAt,
  };
}

/** Position behind the key at p, or -1. A p of -1 or past the frame is passed on as -1; at most 15 bytes behind `end` are read. */
export function after(slab: Slab, p: number, end: number, name: Key): number {
  if (p >>> 0 >= end) return -1;
  const view = slab.view;
  return view.getInt32(p, true) === name.first &&
    view.getInt32(p + name.secondAt, true) === name.second &&
    view.getInt32(p + name.thirdAt, true) === name.third &&
    view.getInt32(p + name.lastAt, true) === name.last
    ? p + name.length
    : -1;
}

/** A key, then a bare decimal into `out.num[reg]`: `,"price":85600.5`. */
export function bareField(slab: Slab, p: number, end: number, name: Key, out: Out, reg: number): number {
  return decimal(slab, after(slab, p, end, name), out, reg);
}

/** A key, then a decimal between quotes: `,"price":"85600.5"`. */
export function quotedField(slab: Slab, p: number, end: number, name: Key, out: Out, reg: number): number {
  const value = after(slab, p, end, name);
  if (value < 0 || slab.bytes[value] !== QUOTE) return -1;
  const close = decimal(slab, value + 1, out, reg);
  return close > 0 && slab.bytes[close] === QUOTE ? close + 1 : -1;
}

/** The next quote at or behind p, or -1. What lies before it is proved by its meaning: a known symbol, or {@link isPlain}. */
export function quoteAt(slab: Slab, p: number, end: number): number {
  if (p < 0) return -1;
  const bytes = slab.bytes;
  while (p < end && bytes[p] !== QUOTE) p += 1;
  return p < end ? p : -1;
}

/** Closing quote of a text without escapes whose first byte is at p, or -1. Four bytes at a time while they are letters. */
export function textEnd(slab: Slab, p: number, end: number): number {
  const view = slab.view;
  let odd = oddIn(view.getInt32(p, true));
  while (odd === 0 && p < end) {
    p = (p + 4) | 0;
    odd = oddIn(view.getInt32(p, true));
  }
  if ((odd & 0x80) === 0) p = (p + ((odd & 0x8000) !== 0 ? 1 : (odd & 0x800000) !== 0 ? 2 : 3)) | 0;
  return view.getUint8(p) === QUOTE && p < end ? p : textEndSlow(slab, p, end);
}

function textEndSlow(slab: Slab, p: number, end: number): number {
  const bytes = slab.bytes;
  for (; p < end; p++) {
    const c = bytes[p]!;
    if (c === QUOTE) return p;
    if (c === BACKSLASH || c < SPACE) return -1;
  }
  return -1;
}

/**
 * High bits from the first of a word's bytes on that is not in 0x23 .. 0x7f or is a backslash. The sums have a high bit
 * for a byte that is at least 0x23, and for one that differs from a backslash; a byte above 0x7f, which could carry
 * into the next, is itself marked.
 */
const oddIn = (x: number): number => ~((x + 0x5d5d5d5d) & ((x ^ 0x5c5c5c5c) + 0x7f7f7f7f) & ~x) & HIGH_BITS;

/** Whether bytes [p, end) are printable ASCII without escapes; anything else is left to the reference reader. */
export function isPlain(slab: Slab, p: number, end: number): boolean {
  const bytes = slab.bytes;
  for (; p < end; p++) {
    const c = bytes[p]!;
    if (c < SPACE || c >= DELETE || c === BACKSLASH) return false;
  }
  return true;
}

/** What {@link wanted} returns besides instruments. */
export const UNWANTED = -1;
export const NO_TEXT = -2;

/** Instrument of the symbol at [p, end), UNWANTED when it has none, NO_TEXT when it is no plain text (a known symbol is). */
export function wanted(slab: Slab, p: number, end: number, out: Out): number {
  const instrument = out.instrument(slab.bytes, p, end);
  return instrument >= 0 || isPlain(slab, p, end) ? instrument : NO_TEXT;
}
