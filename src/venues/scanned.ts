import { LONG, OPTION_FIGURES } from "../model/index.ts";
import type { Out, Scanner, Slab } from "../model/index.ts";
import * as tape from "../model/tape.ts";

// Constants of other files are spelled again: V8 folds those of the file a function stands in, but loads imported ones.
const { TS, CONNECTION } = LONG;
const RECORDS = tape.RECORDS / 4;
const RECORD = tape.RECORD / 4;
const HEAD = tape.HEAD / 4;
const NAME = tape.NAME / 4;
const NAME_END = tape.NAME_END / 4;
const NUMBER = tape.NUMBER / 4;
const FIRST = tape.FIRST / 4;
const COUNT = tape.COUNT / 4;
const CHECKSUM = tape.CHECKSUM / 4;
const AT_TS = tape.TS / 4;
const NUM = tape.NUM / 8;
/** Registers of Out.num that a record has. */
const NUMBERS = 5;
const AT_CONNECTION = tape.CONNECTION / 4;
const { HAS_CHECKSUM, HAS_CONNECTION, TRADE, QUOTE, BOOK, TICKER, OPTION } = tape;
/** Figures of an option. */
const FIGURES = OPTION_FIGURES;

/**
 * What a scanner's answer is worth: false when the frame is the parser's (`count` is -1) and `out` is as it was, else
 * gives the `count` records on the tape to `out`. They say what the parser would have called, in its order.
 */
export function replayed(slab: Slab, scanner: Scanner, count: number, out: Out): boolean {
  if (count < 0) return false;
  const { i32 } = scanner;
  if (slab.reader !== out) meet(slab, scanner, out);
  if (((i32[RECORDS + HEAD]! >>> 24) & HAS_CONNECTION) !== 0) numbered(i32, out);
  for (let w = RECORDS; w < RECORDS + count * RECORD; w += RECORD) {
    const number = i32[w + NUMBER]!;
    const known = number < 0 ? -1 : slab.ids[number]!;
    const instrument = known < 0 ? asked(slab, scanner, w, out) : known;
    if (instrument >= 0) emit(scanner, w, instrument, out);
  }
  out.scanned += 1;
  return true;
}

/** Another reader may know instruments by other numbers. Its registers are on the tape from now on, if it will. */
function meet(slab: Slab, { num, long }: Scanner, out: Out): void {
  slab.ids.fill(-1);
  slab.reader = out;
  out.adopt?.(num, long);
}

function numbered(i32: Int32Array, out: Out): void {
  out.hasConnection = true;
  out.long[CONNECTION] = i32[RECORDS + AT_CONNECTION]!;
  out.long[CONNECTION + 1] = i32[RECORDS + AT_CONNECTION + 1]!;
}

/** Instrument of a record whose name has no number, or was not asked for yet. Unknown names are asked for each time. */
function asked(slab: Slab, { i32 }: Scanner, w: number, out: Out): number {
  const { bytes, base, ids } = slab;
  const instrument = out.instrument(bytes, i32[w + NAME]! - base, i32[w + NAME_END]! - base);
  const number = i32[w + NUMBER]!;
  if (number >= 0) ids[number] = instrument;
  return instrument;
}

/** The record whose first word is `w`. */
function emit(scanner: Scanner, w: number, instrument: number, out: Out): void {
  if (w !== RECORDS || out.long !== scanner.long) copy(scanner, w, out);
  const head = scanner.i32[w + HEAD]!;
  const op = head & 0xff;
  const flags = (head >> 16) & 0xff;
  if (op === QUOTE) out.quote(instrument, flags);
  else if (op === TRADE) out.trade(instrument, (head >> 8) & 0xff, flags);
  else if (op === BOOK) emitBook(scanner, w, instrument, out);
  else if (op === TICKER) out.ticker(instrument, flags);
  else if (op === OPTION) emitOption(scanner, instrument, flags, out);
  else out.stats(instrument, flags);
}

/** The record's registers to those of `out`; the number of the connection is the frame's. */
function copy({ i32, f64 }: Scanner, w: number, { num, long }: Out): void {
  for (let i = TS; i < CONNECTION; i++) long[i] = i32[w + AT_TS + i]!;
  for (let i = 0; i < NUMBERS; i++) num[i] = f64[(w >> 1) + NUM + i]!;
}

function emitBook(scanner: Scanner, w: number, instrument: number, out: Out): void {
  const { i32, levels, sides } = scanner;
  const head = i32[w + HEAD]!;
  const flags = (head >> 16) & 0xff;
  out.hasChecksum = ((head >>> 24) & HAS_CHECKSUM) !== 0;
  out.checksum = i32[w + CHECKSUM]!;
  out.bookOf(instrument, flags, levels, sides, i32[w + FIRST]!, i32[w + COUNT]!);
}

function emitOption({ levels }: Scanner, instrument: number, flags: number, out: Out): void {
  const option = out.option;
  for (let i = 0; i < FIGURES; i++) option[i] = levels[i]!;
  out.optionTicker(instrument, flags);
}
