import { LONG } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import { after, key } from "../keys.ts";
import { integer, millis, word } from "../kit.ts";

/**
 * What stands behind the levels of a book's row, up to the frame's end. Its keys have changed with the years:
 *   ],"checksum":0,"ts":"1730963759993"}],"ts":1730963759997}                                 v2, October 2024
 *   ],"checksum":-1247,"seq":483415085712,"pseq":483415077719,"ts":"1775000000000"}],"ts":..}  v3, April 2026
 *   ],"ts":"1787644800330","seq":451275591390,"pseq":0}],"ts":1787644800334}                  v2, August 2026
 *   ],"seq":483415085712,"pseq":0,"ts":"1787644800330","maxdepth":"1000"}],"ts":1787644800334} v3, August 2026
 * They are read in any order, each once.
 */

// V8 folds constants of the file a function stands in, but loads imported ones.
const { ID, PREV } = LONG;
const QUOTE = 0x22;
const MINUS = 0x2d;
const ZERO = 0x30;
const BRACE = 0x7d;
const CLOSE = 0x5d;
/** "0000": four digits xor this are their values, and 10 + 0x76 is the first sum with a high bit. */
const FOUR_ZEROS = 0x30303030;
const SIX_UP = 0x76767676;
const HIGH_BITS = 0x80808080;

const TIME = key(',"ts":"');
const SEQUENCE = key(',"seq":');
const LINK = key(',"pseq":');
const CHECKSUM = key(',"checksum":');
const DEPTH = key(',"maxdepth":"');
const TIME_WORD = word(',"ts');
const SEQUENCE_WORD = word(',"se');
const LINK_WORD = word(',"ps');
const CHECKSUM_WORD = word(',"ch');
const DEPTH_WORD = word(',"ma');

/** Bits of what was said. */
export const SAID = { TIME: 1, SEQUENCE: 2, LINK: 4, CHECKSUM: 8, DEPTH: 16 } as const;
const { TIME: SAID_TIME, SEQUENCE: SAID_SEQUENCE, LINK: SAID_LINK } = SAID;
const { CHECKSUM: SAID_CHECKSUM, DEPTH: SAID_DEPTH } = SAID;

/** Reads the stamps at p and proves the frame's end: TS, ID, PREV, checksum. Returns what was said (SAID), or -1. */
export function stamps(slab: Slab, p: number, end: number, out: Out): number {
  const { long } = out;
  long[ID] = long[ID + 1] = long[PREV] = long[PREV + 1] = 0;
  out.hasChecksum = false;
  let said = 0;
  while (p > 0 && slab.bytes[p] !== BRACE) {
    let bit = 0;
    switch (slab.view.getInt32(p, true)) {
      case TIME_WORD:
        bit = SAID_TIME;
        p = time(slab, after(slab, p, end, TIME), out);
        break;
      case SEQUENCE_WORD:
        bit = SAID_SEQUENCE;
        p = number(slab, after(slab, p, end, SEQUENCE), out, ID);
        break;
      case LINK_WORD:
        bit = SAID_LINK;
        p = number(slab, after(slab, p, end, LINK), out, PREV);
        break;
      case CHECKSUM_WORD:
        bit = SAID_CHECKSUM;
        p = checksum(slab, after(slab, p, end, CHECKSUM), out);
        break;
      case DEPTH_WORD:
        bit = SAID_DEPTH;
        p = digitsQuote(slab, after(slab, p, end, DEPTH), end);
        break;
      default:
        return -1;
    }
    if ((said & bit) !== 0) return -1;
    said |= bit;
  }
  return (said & SAID_TIME) !== 0 && closes(slab, p, end) ? said : -1;
}

function time(slab: Slab, p: number, out: Out): number {
  const close = p < 0 ? -1 : millis(slab, p, out);
  return close > 0 && slab.bytes[close] === QUOTE ? close + 1 : -1;
}

function number(slab: Slab, p: number, out: Out, register: number): number {
  return p < 0 ? -1 : integer(slab, p, out, register);
}

/** Where a checksum is read to. */
const crc: Pick<Out, "long"> = { long: new Int32Array(8) };

/** The CRC into `out.checksum`; 0 is none, and none was sent since June 2026. */
function checksum(slab: Slab, p: number, out: Out): number {
  if (p < 0) return -1;
  const bytes = slab.bytes;
  if (bytes[p] === ZERO) return p + 1;
  const negative = bytes[p] === MINUS;
  const next = integer(slab, negative ? p + 1 : p, crc as Out, ID);
  const value = crc.long[ID]! >>> 0;
  if (next < 0 || crc.long[ID + 1] !== 0 || (negative && value > 0x80000000)) return -1;
  out.checksum = negative ? -value | 0 : value | 0;
  out.hasChecksum = value !== 0;
  return next;
}

/** Position behind digits and a quote, or -1. */
export function digitsQuote(slab: Slab, p: number, end: number): number {
  if (p < 0) return -1;
  const close = digitsEnd(slab, p, end);
  return close > p && slab.bytes[close] === QUOTE ? close + 1 : -1;
}

/** Position behind the digits at p, four at a time while a word is full of them. */
function digitsEnd(slab: Slab, p: number, end: number): number {
  const { bytes, view } = slab;
  while (p < end) {
    const four = view.getInt32(p, true) ^ FOUR_ZEROS;
    if ((((four + SIX_UP) | four) & HIGH_BITS) !== 0) break;
    p = (p + 4) | 0;
  }
  while (p < end && (bytes[p]! ^ ZERO) <= 9) p = (p + 1) | 0;
  return p;
}

const FRAME_TIME = key('}],"ts":');

/** Whether the row and the frame end here: `}],"ts":1787644800334}`. */
export function closes(slab: Slab, p: number, end: number): boolean {
  return frameTimeEnd(slab, after(slab, p, end, FRAME_TIME), end) === end;
}

/** As {@link closes} behind the row's brace: `],"ts":1787644800334}`. Position of the time, or -1. */
export function frameTimeAt(slab: Slab, p: number, end: number): number {
  const at = after(slab, p - 1, end, FRAME_TIME);
  return frameTimeEnd(slab, at, end) === end ? at : -1;
}

/** Position behind a whole number and the brace that closes the frame, or -1. */
function frameTimeEnd(slab: Slab, p: number, end: number): number {
  if (p < 0) return -1;
  const { bytes } = slab;
  const close = digitsEnd(slab, p, end);
  const whole = close > p && (bytes[p] !== ZERO || close === p + 1);
  return whole && bytes[close] === BRACE ? close + 1 : -1;
}

const TAIL_TIME = word('],"t');
const TAIL_SEQUENCE = word('],"s');
const TAIL_CHECKSUM = word('],"c');

/** Length of the last tail found. The memory of a pure function: it changes what a call costs, never what it gives. */
let tailBytes = 0;

/** Position behind the `]` of the last levels, found from the end of the frame; it is proved on arrival. */
export function tailAt(slab: Slab, from: number, end: number): number {
  const guess = end - tailBytes - 1;
  if (guess >= from) {
    const four = slab.view.getInt32(guess, true);
    if (four === TAIL_TIME || four === TAIL_SEQUENCE || four === TAIL_CHECKSUM) return guess + 1;
  }
  const p = closeBefore(slab, closeBefore(slab, end, from), from);
  if (p < 0) return -1;
  tailBytes = end - p - 1;
  return p + 1;
}

/** Position of the last `]` in [from, p), or -1. */
function closeBefore(slab: Slab, p: number, from: number): number {
  const bytes = slab.bytes;
  for (p -= 1; p >= from; p--) if (bytes[p] === CLOSE) return p;
  return -1;
}
