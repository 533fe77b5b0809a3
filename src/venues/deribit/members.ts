import { LONG, SIDE } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import { textEnd } from "../keys.ts";
import { integer, millis } from "../kit.ts";
import { readSide } from "./levels.ts";
import { PERCENT, bareEnd, isNull, number, signed } from "./scan.ts";
import { KEY_WORDS, VALUE, figures, texts } from "./shapes.ts";
import type { Shape } from "./shapes.ts";

/**
 * The members of an object, without white space and in any order, read by its shape. After each key the one that
 * followed it in the last object is tried first, so that an order that lasts is read without a search, whichever it is.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BRACE = 0x7d;
const LOWER_N = 0x6e;
const { SKIP, NUMBER, SIGNED, TIME, TEXT, COUNT, LINK, OBJECT, BIDS } = VALUE;
const IN_PERCENT = VALUE.PERCENT;
const { PREV } = LONG;
const LAST_WORD = KEY_WORDS - 1;

/** Bits of the fields that the last object had. */
let seen = 0;

export function seenFields(): number {
  return seen;
}

/** Reads the members behind a `{` at p up to behind its `}`; -1 for what is not plain, comes twice or is of another type. */
export function members(slab: Slab, p: number, end: number, shape: Shape, out: Out): number {
  const bytes = slab.bytes;
  const next = shape.next;
  let had = 0;
  let last = 0;
  if (bytes[p] === BRACE) {
    seen = 0;
    return p + 1;
  }
  for (;;) {
    if (p < 0 || p >= end) return -1;
    let field = next[last]!;
    let at = keyEnd(slab, p, shape, field);
    if (at < 0) {
      field = search(slab, p, shape);
      at = field < 0 ? -1 : p + shape.lengths[field]!;
    }
    if (at < 0) p = unknown(slab, p, end);
    else {
      const bit = 1 << field;
      if ((had & bit) !== 0) return -1;
      had |= bit;
      next[last] = field;
      last = field + 1;
      p = value(slab, at, end, shape, field, out);
    }
    if (p < 0) return -1;
    const c = bytes[p];
    p = p + 1;
    if (c === COMMA) continue;
    seen = had;
    return c === BRACE ? p : -1;
  }
}

/** Position behind the key of a field at p, or -1. At most 31 bytes are looked at. */
function keyEnd(slab: Slab, p: number, { lengths, words }: Shape, field: number): number {
  const view = slab.view;
  const end = (p + lengths[field]! - 4) | 0;
  let k = field * KEY_WORDS;
  if (view.getInt32(end, true) !== words[k + LAST_WORD]!) return -1;
  for (; p < end; p = (p + 4) | 0, k++) if (view.getInt32(p, true) !== words[k]!) return -1;
  return end + 4;
}

function search(slab: Slab, p: number, shape: Shape): number {
  for (let field = 0; field < shape.lengths.length; field++)
    if (keyEnd(slab, p, shape, field) > 0) return field;
  return -1;
}

/** Position behind a member whose key nobody asks for. */
function unknown(slab: Slab, p: number, end: number): number {
  const { bytes } = slab;
  const close = bytes[p] === QUOTE ? textEnd(slab, p + 1, end) : -1;
  return close > 0 && bytes[close + 1] === COLON ? skip(slab, close + 2, end) : -1;
}

/** Position behind a text, number or literal at p. */
function skip(slab: Slab, p: number, end: number): number {
  if (slab.bytes[p] !== QUOTE) return bareEnd(slab, p);
  const close = textEnd(slab, p + 1, end);
  return close < 0 ? -1 : close + 1;
}

/** Reads the value of a field at p; position behind it, or -1. */
function value(slab: Slab, p: number, end: number, shape: Shape, field: number, out: Out): number {
  const to = shape.to[field]!;
  const kind = shape.values[field]!;
  if (kind <= IN_PERCENT) return figure(slab, p, end, kind, to, out);
  switch (kind) {
    case TIME:
      return millis(slab, p, out);
    case TEXT:
      return text(slab, p, end, to);
    case COUNT:
      return integer(slab, p, out, to);
    case LINK:
      return link(slab, p, out);
    case OBJECT:
      return slab.bytes[p] === OPEN_BRACE ? members(slab, p + 1, end, shape.fields[field]!.inner!, out) : -1;
    default:
      return readSide(slab, p, end, kind === BIDS ? SIDE.BID : SIDE.ASK, out);
  }
}

const OPEN_BRACE = 0x7b;

function figure(slab: Slab, p: number, end: number, kind: number, to: number, out: Out): number {
  if (kind === SKIP) return skip(slab, p, end);
  if (slab.bytes[p] === LOWER_N) {
    figures[to] = NaN;
    return isNull(slab, p) ? p + 4 : -1;
  }
  if (kind === NUMBER) return number(slab, p, 0, figures, to, out);
  return kind === SIGNED ? signed(slab, p, figures, to, out) : number(slab, p, PERCENT, figures, to, out);
}

function text(slab: Slab, p: number, end: number, to: number): number {
  const close = slab.bytes[p] === QUOTE ? textEnd(slab, p + 1, end) : -1;
  if (close < 0) return -1;
  texts[to] = p + 1;
  texts[to + 1] = close;
  return close + 1;
}

function link(slab: Slab, p: number, out: Out): number {
  if (!isNull(slab, p)) return integer(slab, p, out, PREV);
  out.long[PREV] = 0;
  out.long[PREV + 1] = 0;
  return p + 4;
}
