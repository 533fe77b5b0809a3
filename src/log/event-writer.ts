import * as model from "../model/index.ts";
import type { Nanos, Out, SymbolTable } from "../model/index.ts";
import type { RingWriter } from "./ring-writer.ts";
import * as slot from "./slot.ts";
import { copySlot, slotFlags, slotInstrument, slotKind } from "./slot.ts";
import type { SlotViews } from "./slot.ts";
import { SCOPE } from "./status.ts";

// Constants of other files are spelled again: V8 folds those of the file a function stands in, but loads imported ones.
const { LAST } = model.FLAG;
const { TRADE, QUOTE, BOOK, TICKER, STATS, OPTION_TICKER, INDEX, LIQUIDATION, INSTRUMENT, STATUS } =
  model.KIND;
const { TS, ID, PREV } = model.LONG;
const NUM_PRICE = model.NUM.PRICE;
const NUM_SIZE = model.NUM.SIZE;
const LAST_IN_HEAD = slot.LAST_IN_HEAD;
const AT_INSTRUMENT = slot.WORD.INSTRUMENT;
const AT_TS_EVENT = slot.WORD.TS_EVENT;
const AT_TS_RECV = slot.WORD.TS_RECV;
const AT_WORD_PRICE = slot.WORD.PRICE;
const AT_TRADE_ID = slot.WORD.TRADE_ID;
const AT_QUOTE_ID = slot.WORD.QUOTE_ID;
const AT_SEQ = slot.WORD.SEQ;
const AT_PREV_SEQ = slot.WORD.PREV_SEQ;
const AT_TAIL = slot.WORD.TAIL;
const AT_CHECKSUM = slot.WORD.CHECKSUM;
const AT_EPOCH = slot.WORD.EPOCH;
/** The four numbers of a quote stand in the slot as they do in the registers: bid price and size, ask price and size. */
const QUOTE_BODY = slot.DOUBLE.BID_PRICE;
const { PRICE, SIZE, MARK, INDEX_PRICE, LIQUIDATION_SIZE } = slot.DOUBLE;

/** Pairs of words, as places of doubles. */
const PAIR_TS_EVENT = AT_TS_EVENT >> 1;
const PAIR_TS_RECV = AT_TS_RECV >> 1;
const PAIR_SEQ = AT_SEQ >> 1;
const PAIR_PREV_SEQ = AT_PREV_SEQ >> 1;
/** Set in the high word of every NaN and infinity. */
const EXPONENT = 0x7ff00000;
const mayBeNaN = (high: number): boolean => (high & EXPONENT) === EXPONENT;

/** An option's figures: slots of the event, and figures in each. */
const OPTION_SLOTS = 3;
const SLOT_FIGURES = 5;

/**
 * Where parsers put events: straight into pending slots of the ring, without a copy and without an object.
 * After each `parse` the owner calls `endFrame`, then walks the pending slots by index, drops or marks some, adds status slots, and calls `ring.commit()`.
 * An event that does not fit into half the ring is dropped whole; `refused` counts it.
 */
export class EventWriter implements Out {
  num = new Float64Array(8);
  long = new Int32Array(8);
  readonly option = new Float64Array(model.OPTION_FIGURES);
  tsRecv: Nanos = { hi: 0, lo: 0 };
  hasConnection = false;
  checksum = 0;
  hasChecksum = false;
  inexact = 0;
  fallbacks = 0;
  slowFallbacks = 0;
  scanned = 0;

  readonly ring: RingWriter;
  readonly slots: SlotViews;
  /** Native symbols of the venue being parsed. */
  symbols: SymbolTable;
  /** Events dropped because they did not fit, and the instrument of the last one: its book now has a gap. */
  refused = 0;
  refusedInstrument = -1;

  readonly #i32: Int32Array;
  readonly #f64: Float64Array;
  /** Words around a level, and the same memory as doubles. */
  readonly #words = new Int32Array(10);
  readonly #pairs = new Float64Array(this.#words.buffer);
  #venue = 0;
  /** Levels of the book event being built, and whether one of them found no room. */
  #levels = 0;
  #overflow = false;
  /** Head word and instrument of an opened book event; 0 when its header comes with `book`. */
  #head = 0;
  #instrument = 0;
  /** Pending slots when the frame being parsed began; its events can still be voided while it is open. */
  #frameStart = 0;
  #frameOpen = false;

  constructor(ring: RingWriter, symbols: SymbolTable) {
    this.ring = ring;
    this.slots = ring.slots;
    this.#i32 = ring.slots.i32;
    this.#f64 = ring.slots.f64;
    this.symbols = symbols;
  }

  /** Code of the venue that the next events come from. */
  get venue(): number {
    return this.#venue >>> 16;
  }

  set venue(code: number) {
    this.#venue = code << 16;
  }

  begin(tsRecv: Nanos): void {
    this.tsRecv = tsRecv;
    this.hasConnection = false;
    this.hasChecksum = false;
    if (this.#frameOpen) this.rewind(this.#frameStart);
    this.#frameOpen = true;
    this.#frameStart = this.ring.pending;
  }

  /**
   * The owner's word that `parse` has returned: what is pending can no longer be voided by `begin`.
   * Voids levels that no `book` closed. Returns the index of the frame's first pending slot.
   */
  endFrame(): number {
    this.#frameOpen = false;
    if (this.#levels > 0) this.ring.rewind(this.ring.pending - this.#levels);
    this.#forgetBook();
    return Math.min(this.#frameStart, this.ring.pending);
  }

  /** A level of the book event being built found no room. */
  get overflowed(): boolean {
    return this.#overflow;
  }

  adopt(num: Float64Array<ArrayBuffer>, long: Int32Array<ArrayBuffer>): void {
    this.num = num;
    this.long = long;
  }

  instrument(bytes: Uint8Array, start: number, end: number): number {
    return this.symbols.find(bytes, start, end);
  }

  trade(instrument: number, side: number, flags: number): void {
    const w = this.#open(TRADE, instrument, flags);
    if (w < 0) return;
    const d = w >> 1;
    this.#f64[d + PRICE] = this.num[NUM_PRICE]!;
    this.#f64[d + SIZE] = this.num[NUM_SIZE]!;
    this.#id(w + AT_TRADE_ID);
    this.#i32[w + 12] = 0;
    this.#i32[w + 13] = 0;
    this.#i32[w + AT_TAIL] = side;
    this.#i32[w + 15] = 0;
  }

  quote(instrument: number, flags: number): void {
    const w = this.#open(QUOTE, instrument, flags);
    if (w < 0) return;
    const d = (w >> 1) + QUOTE_BODY;
    const { num } = this;
    const f64 = this.#f64;
    f64[d] = num[0]!;
    f64[d + 1] = num[1]!;
    f64[d + 2] = num[2]!;
    f64[d + 3] = num[3]!;
    this.#id(w + AT_QUOTE_ID);
  }

  openBook(instrument: number, flags: number): void {
    this.#head = BOOK | ((flags & ~LAST) << 8) | this.#venue;
    this.#instrument = instrument;
  }

  level(side: number): void {
    const w = this.ring.next();
    if (w < 0) {
      this.#overflow = true;
      return;
    }
    const d = w >> 1;
    const { num } = this;
    this.#f64[d + PRICE] = num[NUM_PRICE]!;
    this.#f64[d + SIZE] = num[NUM_SIZE]!;
    this.#i32[w + AT_TAIL] = side;
    this.#levels += 1;
    if (this.#head !== 0) this.#around(w, this.#head, this.#instrument, 0, 0);
  }

  book(instrument: number, flags: number): void {
    if (this.#levels === 0 && !this.#overflow) this.#emptyLevel();
    const start = this.ring.pending - this.#levels;
    const keep = instrument >= 0 && !this.#overflow;
    if (!keep) this.ring.rewind(start);
    else if (this.#head === 0) this.#complete(start, instrument, flags & ~LAST);
    if (keep) this.#i32[this.ring.wordAt(this.ring.pending - 1)]! |= LAST_IN_HEAD;
    if (this.#overflow) this.#refuse(instrument);
    this.#forgetBook();
  }

  bookOf(
    instrument: number,
    flags: number,
    numbers: Float64Array,
    sides: Uint8Array,
    first: number,
    count: number,
  ): void {
    if (!this.#pair(BOOK | ((flags & ~LAST) << 8) | this.#venue, instrument))
      return this.#levelByLevel(instrument, flags, numbers, sides, first, count);
    const { ring } = this;
    const i32 = this.#i32;
    const f64 = this.#f64;
    const has = this.hasChecksum ? 256 : 0;
    const checksum = this.hasChecksum ? this.checksum : 0;
    // Held outside the loop: V8 cannot know that the slots do not lie over them.
    const head = this.#pairs[0]!;
    const time = this.#pairs[1]!;
    const recv = this.#pairs[2]!;
    const id = this.#pairs[3]!;
    const prev = this.#pairs[4]!;
    const start = ring.pending;
    // All at once, so that nothing is called in the loop: then V8 looks for the slots' memory only before it.
    if (!ring.take(count)) return this.#refuse(instrument);
    for (let i = 0; i < count; i++) {
      const w = ring.wordAt(start + i);
      const d = w >> 1;
      f64[d] = head;
      f64[d + PAIR_TS_EVENT] = time;
      f64[d + PAIR_TS_RECV] = recv;
      f64[d + PRICE] = numbers[2 * (first + i)]!;
      f64[d + SIZE] = numbers[2 * (first + i) + 1]!;
      f64[d + PAIR_SEQ] = id;
      f64[d + PAIR_PREV_SEQ] = prev;
      i32[w + AT_TAIL] = sides[first + i]! | has;
      i32[w + AT_CHECKSUM] = checksum;
    }
    if (count === 0) this.book(instrument, flags);
    else this.#i32[ring.wordAt(ring.pending - 1)]! |= LAST_IN_HEAD;
  }

  /**
   * The words around a level, two by two as doubles: half the stores, and a double that is no NaN keeps its bits (ECMA-262,
   * RawBytesToNumeric). False when one of them would be: only an id near 2^63 can.
   */
  #pair(head: number, instrument: number): boolean {
    const { long, tsRecv } = this;
    const words = this.#words;
    const timeHigh = long[TS + 1]!;
    const idHigh = long[ID + 1]!;
    const prevHigh = long[PREV + 1]!;
    words[0] = head;
    words[1] = instrument;
    words[2] = long[TS]!;
    words[3] = timeHigh;
    words[4] = tsRecv.lo;
    words[5] = tsRecv.hi;
    words[6] = long[ID]!;
    words[7] = idHigh;
    words[8] = long[PREV]!;
    words[9] = prevHigh;
    // Instruments and times of receipt are small numbers.
    return !(mayBeNaN(timeHigh) || mayBeNaN(idHigh) || mayBeNaN(prevHigh));
  }

  #levelByLevel(
    instrument: number,
    flags: number,
    numbers: Float64Array,
    sides: Uint8Array,
    first: number,
    count: number,
  ): void {
    for (let i = first; i < first + count; i++) {
      this.num[NUM_PRICE] = numbers[2 * i]!;
      this.num[NUM_SIZE] = numbers[2 * i + 1]!;
      this.level(sides[i]!);
    }
    this.book(instrument, flags);
  }

  /**
   * Makes the levels written since pending slot `end` part of the closed book event in [from, end): the event's
   * header, sequence and checksum are repeated and LAST moves to the new end.
   */
  extend(from: number, end: number): void {
    const i32 = this.#i32;
    const first = this.ring.wordAt(from);
    i32[this.ring.wordAt(end - 1)]! &= ~LAST_IN_HEAD;
    for (let i = end; i < this.ring.pending; i++) {
      const w = this.ring.wordAt(i);
      for (let k = 0; k < AT_WORD_PRICE; k++) i32[w + k] = i32[first + k]! & (k === 0 ? ~LAST_IN_HEAD : -1);
      for (let k = AT_SEQ; k < AT_TAIL; k++) i32[w + k] = i32[first + k]!;
      i32[w + AT_TAIL]! |= i32[first + AT_TAIL]! & 0xff00;
      i32[w + AT_CHECKSUM] = i32[first + AT_CHECKSUM]!;
    }
    i32[this.ring.wordAt(this.ring.pending - 1)]! |= LAST_IN_HEAD;
    this.#forgetBook();
  }

  ticker(instrument: number, flags: number): void {
    this.#five(TICKER, instrument, flags);
  }

  stats(instrument: number, flags: number): void {
    this.#five(STATS, instrument, flags);
  }

  optionTicker(instrument: number, flags: number): void {
    const first = this.ring.pending;
    for (let part = 0; part < OPTION_SLOTS; part++) {
      const w = this.ring.next();
      if (w < 0) {
        this.ring.rewind(first);
        this.#refuse(instrument);
        return;
      }
      const last = part === OPTION_SLOTS - 1 ? LAST_IN_HEAD : 0;
      this.#header(w, OPTION_TICKER | last | ((flags & ~LAST) << 8) | this.#venue, instrument);
      const d = (w >> 1) + MARK;
      for (let i = 0; i < SLOT_FIGURES; i++) this.#f64[d + i] = this.option[part * SLOT_FIGURES + i]!;
    }
  }

  index(instrument: number, flags: number): void {
    const w = this.#open(INDEX, instrument, flags);
    if (w < 0) return;
    this.#f64[(w >> 1) + INDEX_PRICE] = this.num[NUM_PRICE]!;
    this.#i32.fill(0, w + 8, w + 16);
  }

  liquidation(instrument: number, side: number, flags: number): void {
    const w = this.#open(LIQUIDATION, instrument, flags);
    if (w < 0) return;
    const d = w >> 1;
    this.#f64[d + PRICE] = this.num[NUM_PRICE]!;
    this.#f64[d + LIQUIDATION_SIZE] = this.num[NUM_SIZE]!;
    this.#i32.fill(0, w + 10, w + 16);
    this.#i32[w + AT_TAIL] = side;
  }

  status(instrument: number, state: number, flags: number): void {
    this.appendStatus(SCOPE.INSTRUMENT, instrument, state, 0, 0, flags);
  }

  /** Adds a status slot (SCOPE, state, index of REASON_NAMES, validity epoch); its time is that of the current frame. */
  appendStatus(
    scope: number,
    instrument: number,
    state: number,
    reason: number,
    epoch: number,
    flags = 0,
  ): void {
    const w = this.#open(STATUS, instrument, flags);
    if (w >= 0) this.#statusBody(w, scope, state, reason, epoch);
  }

  /** The same in place of pending slot `i`, which must be a whole event: its header keeps venue, instrument and times. */
  replaceWithStatus(i: number, scope: number, state: number, reason: number, epoch: number): void {
    const w = this.ring.wordAt(i);
    this.#i32[w] = (this.#i32[w]! & ~0xffff) | LAST_IN_HEAD | STATUS;
    this.#statusBody(w, scope, state, reason, epoch);
  }

  /** Adds "the row of this instrument changed". */
  appendInstrument(instrument: number): void {
    const w = this.#open(INSTRUMENT, instrument, 0);
    if (w >= 0) this.#i32.fill(0, w + 6, w + 16);
  }

  get pending(): number {
    return this.ring.pending;
  }

  /** First word of pending slot `i`, for `slots`. */
  wordAt(i: number): number {
    return this.ring.wordAt(i);
  }

  kindAt(i: number): number {
    return slotKind(this.slots, this.ring.wordAt(i));
  }

  flagsAt(i: number): number {
    return slotFlags(this.slots, this.ring.wordAt(i));
  }

  instrumentAt(i: number): number {
    return slotInstrument(this.slots, this.ring.wordAt(i));
  }

  /** Index after the event that begins at pending slot `i`. */
  endAt(i: number): number {
    let end = i;
    while (end < this.ring.pending && (this.flagsAt(end) & LAST) === 0) end += 1;
    return Math.min(end + 1, this.ring.pending);
  }

  /** Sets flag bits on pending slots [from, to). */
  mark(from: number, to: number, flags: number): void {
    for (let i = from; i < to; i++) this.#i32[this.ring.wordAt(i)]! |= flags << 8;
  }

  /** Copies pending slots [from, to) down to `into` (into <= from) and returns the index after them. */
  move(from: number, to: number, into: number): number {
    const shift = from - into;
    if (shift > 0)
      for (let i = from; i < to; i++)
        copySlot(this.#i32, this.ring.wordAt(i), this.#i32, this.ring.wordAt(i - shift));
    return to - shift;
  }

  /** Forgets pending slots from `to` on, and levels of an event that was never closed. */
  rewind(to: number): void {
    this.ring.rewind(to);
    this.#forgetBook();
  }

  #five(kind: number, instrument: number, flags: number): void {
    const w = this.#open(kind, instrument, flags);
    if (w < 0) return;
    const d = (w >> 1) + MARK;
    this.#f64[d] = this.num[0]!;
    this.#f64[d + 1] = this.num[1]!;
    this.#f64[d + 2] = this.num[2]!;
    this.#f64[d + 3] = this.num[3]!;
    this.#f64[d + 4] = this.num[4]!;
  }

  /** Claims a slot and writes its header; -1 (counted) when there is no room. Every event but a book is one slot. */
  #open(kind: number, instrument: number, flags: number): number {
    const w = this.ring.next();
    if (w < 0) this.#refuse(instrument);
    else this.#header(w, kind | LAST_IN_HEAD | (flags << 8) | this.#venue, instrument);
    return w;
  }

  #header(w: number, head: number, instrument: number): void {
    const i32 = this.#i32;
    i32[w] = head;
    i32[w + AT_INSTRUMENT] = instrument;
    i32[w + AT_TS_EVENT] = this.long[TS]!;
    i32[w + AT_TS_EVENT + 1] = this.long[TS + 1]!;
    i32[w + AT_TS_RECV] = this.tsRecv.lo;
    i32[w + AT_TS_RECV + 1] = this.tsRecv.hi;
  }

  #id(w: number): void {
    this.#i32[w] = this.long[ID]!;
    this.#i32[w + 1] = this.long[ID + 1]!;
  }

  #emptyLevel(): void {
    this.num[NUM_PRICE] = NaN;
    this.num[NUM_SIZE] = NaN;
    this.level(0);
  }

  #complete(start: number, instrument: number, flags: number): void {
    const end = this.ring.pending;
    const head = BOOK | (flags << 8) | this.#venue;
    const has = this.hasChecksum ? 256 : 0;
    const checksum = this.hasChecksum ? this.checksum : 0;
    for (let i = start; i < end; i++) this.#around(this.ring.wordAt(i), head, instrument, has, checksum);
  }

  /** What a level's slot says besides its level. */
  #around(w: number, head: number, instrument: number, has: number, checksum: number): void {
    const i32 = this.#i32;
    const { long, tsRecv } = this;
    i32[w] = head;
    i32[w + AT_INSTRUMENT] = instrument;
    i32[w + AT_TS_EVENT] = long[TS]!;
    i32[w + AT_TS_EVENT + 1] = long[TS + 1]!;
    i32[w + AT_TS_RECV] = tsRecv.lo;
    i32[w + AT_TS_RECV + 1] = tsRecv.hi;
    i32[w + AT_SEQ] = long[ID]!;
    i32[w + AT_SEQ + 1] = long[ID + 1]!;
    i32[w + AT_PREV_SEQ] = long[PREV]!;
    i32[w + AT_PREV_SEQ + 1] = long[PREV + 1]!;
    i32[w + AT_TAIL]! |= has;
    i32[w + AT_CHECKSUM] = checksum;
  }

  /** The book event being built is written or void. */
  #forgetBook(): void {
    this.#levels = 0;
    this.#overflow = false;
    this.#head = 0;
  }

  #statusBody(w: number, scope: number, state: number, reason: number, epoch: number): void {
    this.#i32.fill(0, w + 6, w + 14);
    this.#i32[w + AT_TAIL] = scope | (state << 8) | (reason << 16);
    this.#i32[w + AT_EPOCH] = epoch;
  }

  #refuse(instrument: number): void {
    this.refused += 1;
    this.refusedInstrument = instrument;
  }
}
