import type { Slab } from "../../model/index.ts";
import { nameAt } from "../any-order.ts";
import type { Names } from "../any-order.ts";
import { textEnd } from "../keys.ts";

/** Rows of plain texts, `{"key":"text",..}`, whose keys stand in any order. */

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
/** Most keys of one table. */
const MOST = 32;

/** Where the text of each key of the table begins, 0 for none, and its closing quote; of the last row read. */
export const starts = new Int32Array(MOST);
export const ends = new Int32Array(MOST);

/** Goes through the row at p; returns the position behind it, or -1 when it is no such row or names a key twice. */
export function fieldsOf(slab: Slab, p: number, end: number, keys: Names): number {
  const { bytes } = slab;
  for (let i = 0; i < keys.count; i++) starts[i] = 0;
  if (p < 0 || bytes[p] !== OPEN) return -1;
  do {
    const name = p + 2;
    const nameEnd = bytes[p + 1] === QUOTE ? textEnd(slab, name, end) : -1;
    if (nameEnd < 0 || bytes[nameEnd + 1] !== COLON || bytes[nameEnd + 2] !== QUOTE) return -1;
    const value = nameEnd + 3;
    const close = textEnd(slab, value, end);
    if (close < 0) return -1;
    const key = nameAt(slab, name, nameEnd, keys);
    if (key >= 0) {
      if (starts[key] !== 0) return -1;
      starts[key] = value;
      ends[key] = close;
    }
    p = close + 1;
  } while (bytes[p] === COMMA);
  return p < end && bytes[p] === CLOSE ? p + 1 : -1;
}
