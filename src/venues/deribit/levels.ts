import { SIDE } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import { word } from "../kit.ts";
import { number } from "./scan.ts";

/**
 * Levels of a book: ["new",64010.0,152340.0], ["change",64010.5,9.0e3], ["delete",64009.5,0.0]; of grouped and truncated
 * books [64010.0,152340.0]. Amounts are absolute, and what is deleted has none, whatever its amount says. Sides may
 * come in either order, and before what the book needs to be opened, so they wait here.
 */

/** Most levels of a side that are read in place. */
export const MOST = 8192;
/** Price and size of each level, then its side. Nothing of a frame outlives the call that reads it. */
export const levels = new Float64Array(4 * MOST);
export const sides = new Uint8Array(2 * MOST);

const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;
/** `["` */
const BEFORE = 0x225b;
const NEW = word('new"');
const CHANGE = word("chan");
const CHANGE_END = word('ge",');
const DELETE = word("dele");
const DELETE_END = word('te",');

/** Levels of both sides, and where the asks begin: at once behind the bids unless they came first. */
let bids = 0;
let asks = 0;
let asksAt = 0;

export function noLevels(): void {
  bids = 0;
  asks = 0;
  asksAt = 0;
}

/** The place of a side's first level. */
export function openSide(side: number): number {
  if (side === SIDE.BID) return 0;
  return bids > 0 ? bids : MOST;
}

/** A side has `count` levels from the place `first` on. */
export function closeSide(side: number, first: number, count: number): void {
  if (side === SIDE.BID) bids = count;
  else {
    asks = count;
    asksAt = first;
  }
}

/** How many levels both sides have, together from the first place on. */
export function joinSides(): number {
  if (asks > 0 && asksAt !== bids) {
    levels.copyWithin(2 * bids, 2 * asksAt, 2 * (asksAt + asks));
    sides.copyWithin(bids, asksAt, asksAt + asks);
  }
  return bids + asks;
}

/** Reads the list of a side at p; position behind it, or -1. */
export function readSide(slab: Slab, p: number, end: number, side: number, out: Out): number {
  const { bytes } = slab;
  const first = openSide(side);
  if (p >= end || bytes[p] !== OPEN) return -1;
  if (bytes[p + 1] === CLOSE) {
    closeSide(side, first, 0);
    return p + 2;
  }
  for (let i = first; i < first + MOST; i++) {
    p = level(slab, p + 1, end, i, out);
    if (p < 0) return -1;
    sides[i] = side;
    if (bytes[p] === COMMA) continue;
    closeSide(side, first, i + 1 - first);
    return bytes[p] === CLOSE ? p + 1 : -1;
  }
  return -1;
}

/** Reads the level at p into place `i`; position behind its `]`, or -1. */
function level(slab: Slab, p: number, end: number, i: number, out: Out): number {
  const { bytes, view } = slab;
  if (p >= end) return -1;
  const action = view.getInt32(p + 2, true);
  let value = -1;
  if (view.getInt16(p, true) !== BEFORE) value = bytes[p] === OPEN ? p + 1 : -1;
  else if (action === CHANGE) value = view.getInt32(p + 6, true) === CHANGE_END ? p + 10 : -1;
  else if (action === DELETE) value = view.getInt32(p + 6, true) === DELETE_END ? p + 10 : -1;
  else if (action === NEW) value = bytes[p + 6] === COMMA ? p + 7 : -1;
  if (value < 0) return -1;
  const at = i << 1;
  const between = number(slab, value, 0, levels, at, out);
  if (between < 0 || bytes[between] !== COMMA) return -1;
  p = number(slab, between + 1, 0, levels, at + 1, out);
  if (p < 0 || bytes[p] !== CLOSE) return -1;
  if (action === DELETE) levels[at + 1] = 0;
  return p + 1;
}
