import { LONG } from "../model/index.ts";
import type { Out, Scanner, Slab } from "../model/index.ts";
import * as tape from "../model/tape.ts";

// Constants of other files are spelled again: V8 folds those of the file a function stands in, but loads imported ones.
const { TS, ID, PREV, CONNECTION } = LONG;
const RECORDS = tape.RECORDS / 4;
const RECORD = tape.RECORD / 4;
const HEAD = tape.HEAD / 4;
const NAME = tape.NAME / 4;
const NAME_END = tape.NAME_END / 4;
const FIRST = tape.FIRST / 4;
const COUNT = tape.COUNT / 4;
const CHECKSUM = tape.CHECKSUM / 4;
const AT_TS = tape.TS / 4;
const AT_ID = tape.ID / 4;
const AT_PREV = tape.PREV / 4;
const NUM = tape.NUM / 8;
const LEVELS = tape.LEVELS / 8;
const AT_CONNECTION = tape.CONNECTION / 4;
const { SIDES, HAS_CHECKSUM, HAS_CONNECTION, TRADE, QUOTE, BOOK, TICKER } = tape;

/**
 * Whether the slab's scanner, if it has one, reads the frame by the grammar of this name: then its events are emitted,
 * as the parser would have done it. False leaves everything to the parser, and `out` as it was.
 */
export function scanned(slab: Slab, grammar: string, start: number, end: number, out: Out): boolean {
  const { scanner, base } = slab;
  if (scanner === null) return false;
  const count = scanner.entries[grammar]!(base + start, base + end);
  if (count < 0) return false;
  replay(slab, scanner, count, out);
  return true;
}

/**
 * Gives `count` records of the tape to `out`: what the parser would have called, in its order, with the same values.
 * The names on the tape are addresses in the slab that was scanned.
 */
function replay(slab: Slab, scanner: Scanner, count: number, out: Out): void {
  const { i32 } = scanner;
  if (count > 0 && ((i32[RECORDS + HEAD]! >>> 24) & HAS_CONNECTION) !== 0) {
    out.hasConnection = true;
    out.long[CONNECTION] = i32[AT_CONNECTION]!;
    out.long[CONNECTION + 1] = i32[AT_CONNECTION + 1]!;
  }
  let instrument = -1;
  for (let n = 0, w = RECORDS; n < count; n++, w += RECORD) {
    // Two records in turn are often about one instrument: then their name is that at one address.
    if (n === 0 || i32[w + NAME] !== i32[w - RECORD + NAME])
      instrument = out.instrument(slab.bytes, i32[w + NAME]! - slab.base, i32[w + NAME_END]! - slab.base);
    if (instrument >= 0) emit(scanner, w, instrument, out);
  }
}

/** The record whose first word is `w`. */
function emit(scanner: Scanner, w: number, instrument: number, out: Out): void {
  const { i32, f64 } = scanner;
  const { num, long } = out;
  const head = i32[w + HEAD]!;
  const op = head & 0xff;
  const flags = (head >> 16) & 0xff;
  long[TS] = i32[w + AT_TS]!;
  long[TS + 1] = i32[w + AT_TS + 1]!;
  long[ID] = i32[w + AT_ID]!;
  long[ID + 1] = i32[w + AT_ID + 1]!;
  if (op === BOOK) {
    emitBook(scanner, w, instrument, out);
    return;
  }
  const d = (w >> 1) + NUM;
  num[0] = f64[d]!;
  num[1] = f64[d + 1]!;
  if (op === TRADE) {
    out.trade(instrument, (head >> 8) & 0xff, flags);
    return;
  }
  num[2] = f64[d + 2]!;
  num[3] = f64[d + 3]!;
  if (op === QUOTE) {
    out.quote(instrument, flags);
    return;
  }
  num[4] = f64[d + 4]!;
  if (op === TICKER) out.ticker(instrument, flags);
  else out.stats(instrument, flags);
}

function emitBook(scanner: Scanner, w: number, instrument: number, out: Out): void {
  const { i32, f64, u8 } = scanner;
  const { num, long } = out;
  const head = i32[w + HEAD]!;
  const flags = (head >> 16) & 0xff;
  long[PREV] = i32[w + AT_PREV]!;
  long[PREV + 1] = i32[w + AT_PREV + 1]!;
  out.hasChecksum = ((head >>> 24) & HAS_CHECKSUM) !== 0;
  if (out.hasChecksum) out.checksum = i32[w + CHECKSUM]!;
  else out.openBook(instrument, flags);
  const first = i32[w + FIRST]!;
  const end = first + i32[w + COUNT]!;
  for (let i = first; i < end; i++) {
    num[0] = f64[LEVELS + 2 * i]!;
    num[1] = f64[LEVELS + 2 * i + 1]!;
    out.level(u8[SIDES + i]!);
  }
  out.book(instrument, flags);
}
