import type { Out, Slab } from "../model/index.ts";
import { textEnd } from "./keys.ts";
import { quickTime } from "./iso.ts";
import { decimal, integer, millis } from "./kit.ts";

/**
 * JSON read in place with its keys in any order, white space anywhere and keys that nobody asked for: what a frame goes
 * through that is not written as the venue always wrote it. The frame is walked once, and proved to be JSON to its last
 * byte; where each value lies is noted as a node, and a venue reads the nodes it wants. What has a backslash, nests
 * deeply or holds more values than there are nodes is left to JSON.parse.
 *
 * Nodes stand in the order of the text. Node 0 is the frame's object; as it is no value of a key, 0 also says "none".
 * They are the memory of a pure function: nothing of a frame outlives the call that reads it.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const PLUS = 0x2b;
const ZERO = 0x30;
const NINE = 0x39;
const LOWER_E = 0x65;
const LOWER_F = 0x66;
const LOWER_T = 0x74;
/** More digits may be more than a JSON number holds: sixteen that begin with a nine. */
const SAFE_DIGITS = 15;
const COLON = 0x3a;
const OPEN = 0x5b;
const BRACE = 0x7b;
const BRACE_END = 0x7d;
const SPACE = 0x20;
/** As little-endian words. */
const TRUE = 0x65757274;
const ALSE = 0x65736c61;
const NULL = 0x6c6c756e;
/** Frames nest six deep at most. */
const DEEPEST = 12;
const FOUR_ZEROS = 0x30303030;
const SIX_UP = 0x76767676;
const HIGH_BITS = 0x80808080;
/** Most values of one frame. */
const NODES = 1 << 15;

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

/** The number of its key, where its value begins, and the position behind it; of an object or list: ~the node behind it. */
const keys = new Int32Array(NODES);
const starts = new Int32Array(NODES);
const ends = new Int32Array(NODES);
/** Nodes of the objects and lists that the walk is in. */
const open = new Int32Array(DEEPEST);

/** Position of the first byte at or behind p that is no white space, `end` at most. */
function space(slab: Slab, p: number, end: number): number {
  return slab.view.getUint8(p) > SPACE ? p : spaceEnd(slab, p, end);
}

function spaceEnd(slab: Slab, p: number, end: number): number {
  const view = slab.view;
  for (; p < end; p = (p + 1) | 0) {
    const c = view.getUint8(p);
    if (c !== SPACE && c !== 0x0a && c !== 0x0d && c !== 0x09) return p;
  }
  return end;
}

/**
 * Walks a frame that is one object. False when it is not one, or not plain. One loop instead of functions that call each
 * other, a value a round: what it calls is compiled into it.
 */
export function walk(slab: Slab, start: number, end: number, keyNames: Names): boolean {
  const view = slab.view;
  let p = space(slab, start, end) | 0;
  if (view.getUint8(p) !== BRACE) return false;
  let depth = 0;
  let close = 0;
  let key = -1;
  for (let node = 0; p < end && node < NODES;) {
    const c = view.getUint8(p);
    keys[node] = key;
    starts[node] = p;
    let inside = false;
    if (c === BRACE || c === OPEN) {
      if (depth === DEEPEST) return false;
      open[depth] = node;
      depth = (depth + 1) | 0;
      // `}` and `]` are two behind `{` and `[`.
      close = c + 2;
      p = space(slab, (p + 1) | 0, end) | 0;
      inside = view.getUint8(p) !== close;
    } else {
      p = (c === QUOTE ? textEnd(slab, (p + 1) | 0, end) + 1 : bareEnd(slab, p, c, end)) | 0;
      if (p <= 0) return false;
      ends[node] = p;
    }
    node = (node + 1) | 0;
    while (!inside) {
      p = space(slab, p, end) | 0;
      inside = view.getUint8(p) === COMMA;
      if (p >= end || (!inside && view.getUint8(p) !== close)) return false;
      p = (p + 1) | 0;
      if (inside) break;
      depth = (depth - 1) | 0;
      ends[open[depth]!] = ~node;
      if (depth === 0) return space(slab, p, end) >= end;
      close = view.getUint8(starts[open[depth - 1]!]!) + 2;
    }
    p = space(slab, p, end) | 0;
    key = -1;
    if (close !== BRACE_END) continue;
    const name = (p + 1) | 0;
    p = view.getUint8(p) === QUOTE ? textEnd(slab, name, end) | 0 : -1;
    if (p < 0) return false;
    key = nameAt(slab, name, p, keyNames);
    p = space(slab, (p + 1) | 0, end) | 0;
    if (p >= end || view.getUint8(p) !== COLON) return false;
    p = space(slab, (p + 1) | 0, end) | 0;
  }
  return false;
}

/** Position behind a number or literal that begins with c, or -1. */
function bareEnd(slab: Slab, p: number, c: number, end: number): number {
  if (c > NINE) return literalEnd(slab, p, end);
  const view = slab.view;
  const first = c === MINUS ? (p + 1) | 0 : p;
  const point = digitsEnd(view, first, end);
  if (point === first || (point > first + 1 && view.getUint8(first) === ZERO)) return -1;
  const next = view.getUint8(point);
  return next === POINT || (next | 0x20) === LOWER_E ? fractionEnd(view, point, end) : point;
}

/** Position behind what follows the digits before p, a point or an exponent, or -1. */
function fractionEnd(view: DataView, p: number, end: number): number {
  if (p >= end) return p;
  if (view.getUint8(p) === POINT) {
    const point = p;
    p = digitsEnd(view, point + 1, end);
    if (p <= point + 1) return -1;
  }
  if (p >= end || (view.getUint8(p) | 0x20) !== LOWER_E) return p;
  const sign = view.getUint8(p + 1);
  const exponent = sign === MINUS || sign === PLUS ? p + 2 : p + 1;
  const last = digitsEnd(view, exponent, end);
  return last > exponent ? last : -1;
}

/** Digits are read four at a time where a word is full of them. */
function digitsEnd(view: DataView, p: number, end: number): number {
  while (p < end) {
    const word = view.getInt32(p, true) ^ FOUR_ZEROS;
    if ((((word + SIX_UP) | word) & HIGH_BITS) !== 0) break;
    p = (p + 4) | 0;
  }
  while (p < end && (view.getUint8(p) ^ ZERO) <= 9) p = (p + 1) | 0;
  return p > end ? end : p;
}

function literalEnd(slab: Slab, p: number, end: number): number {
  const view = slab.view;
  const word = view.getInt32(p, true);
  const next =
    word === TRUE || word === NULL
      ? p + 4
      : view.getUint8(p) === LOWER_F && view.getInt32(p + 1, true) === ALSE
        ? p + 5
        : -1;
  return next <= end ? next : -1;
}

// -- What the nodes say. Readers of a value read it whole, or say no; node 0, "none", is no value of any type.

/** Notes the nodes of an object's values by the numbers of their keys, 0 for none; of equal keys the last one counts, as for JSON.parse. */
export function fields(node: number, count: number, into: Int32Array): void {
  for (let i = 0; i < count; i++) into[i] = 0;
  for (let i = node + 1, end = ~ends[node]!; i < end; i = after(i)) if (keys[i]! >= 0) into[keys[i]!] = i;
}

/** The node behind this one and all it holds. */
export function after(node: number): number {
  const end = ends[node]!;
  return end < 0 ? ~end : node + 1;
}

/** The number of a node's key, or -1. */
export function keyOf(node: number): number {
  return keys[node]!;
}

/** Where a value begins. */
export function startOf(node: number): number {
  return starts[node]!;
}

export function isObject(slab: Slab, node: number): boolean {
  return slab.view.getUint8(starts[node]!) === BRACE;
}

export function isList(slab: Slab, node: number): boolean {
  return node !== 0 && slab.view.getUint8(starts[node]!) === OPEN;
}

/** Where the text of a value in quotes begins, or -1. */
export function textOf(slab: Slab, node: number): number {
  const p = starts[node]!;
  return slab.view.getUint8(p) === QUOTE ? p + 1 : -1;
}

/** Position of the closing quote of such a value; position behind a value of another type. */
export function textEndOf(slab: Slab, node: number): number {
  return slab.view.getUint8(starts[node]!) === QUOTE ? ends[node]! - 1 : ends[node]!;
}

/** The number among `texts` of a value in quotes, or -1. */
export function wordOf(slab: Slab, node: number, texts: Names): number {
  const p = textOf(slab, node);
  return p < 0 ? -1 : nameAt(slab, p, ends[node]! - 1, texts);
}

/** `"118345.61"` to a number register. */
export function quoted(slab: Slab, node: number, out: Out, reg: number): boolean {
  const p = starts[node]!;
  return slab.view.getUint8(p) === QUOTE && decimal(slab, p + 1, out, reg) === ends[node]! - 1;
}

/** `118345.61` to a number register. */
export function bare(slab: Slab, node: number, out: Out, reg: number): boolean {
  return node !== 0 && decimal(slab, starts[node]!, out, reg) === ends[node];
}

/** `72000000123` to a 64-bit register. */
export function whole(slab: Slab, node: number, out: Out, reg: number): boolean {
  return node !== 0 && integer(slab, starts[node]!, out, reg) === ends[node];
}

/** Whether a value is a whole number >= 0, without point or exponent, that every double of its size holds. */
export function isSafe(slab: Slab, node: number): boolean {
  const p = starts[node]!;
  const length = ends[node]! - p;
  // Of an object or list, which ends at a node, the length is below zero.
  if (node === 0 || length <= 0 || digitsEnd(slab.view, p, p + length) !== p + length) return false;
  return length <= SAFE_DIGITS || (length === SAFE_DIGITS + 1 && slab.view.getUint8(p) < NINE);
}

/** UNIX milliseconds or microseconds to LONG.TS. */
export function stamp(slab: Slab, node: number, out: Out): boolean {
  return node !== 0 && millis(slab, starts[node]!, out) === ends[node];
}

/** An RFC 3339 time in quotes to LONG.TS. */
export function isoStamp(slab: Slab, node: number, out: Out): boolean {
  const p = textOf(slab, node);
  return p > 0 && quickTime(slab, p, ends[node]! - 1, out) === ends[node]! - 1;
}

/** 1 for true, 0 for false, -1 for all else. */
export function truth(slab: Slab, node: number): number {
  const c = slab.view.getUint8(starts[node]!);
  return c === LOWER_T ? 1 : c === LOWER_F ? 0 : -1;
}
