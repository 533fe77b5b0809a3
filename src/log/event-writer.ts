import { FLAG, KIND, LONG, NUM } from "../model/index.ts";
import type { Nanos, Out, SymbolTable } from "../model/index.ts";
import type { RingWriter } from "./ring-writer.ts";
import { copySlot, DOUBLE, slotFlags, slotInstrument, slotKind, LAST_IN_HEAD, WORD } from "./slot.ts";
import type { SlotViews } from "./slot.ts";
import { SCOPE } from "./status.ts";

/**
 * Where parsers put events: straight into pending slots of the ring, without a copy and without an object.
 * After each `parse` the owner calls `endFrame`, then walks the pending slots by index, drops or marks some, adds status slots, and calls `ring.commit()`.
 * An event that does not fit into half the ring is dropped whole; `refused` counts it.
 */
export class EventWriter implements Out {
  readonly num = new Float64Array(8);
  readonly long = new Int32Array(8);
  tsRecv: Nanos = { hi: 0, lo: 0 };
  hasConnection = false;
  checksum = 0;
  hasChecksum = false;
  inexact = 0;
  fallbacks = 0;

  readonly ring: RingWriter;
  readonly slots: SlotViews;
  /** Native symbols of the venue being parsed. */
  symbols: SymbolTable;
  /** Events dropped because they did not fit, and the instrument of the last one: its book now has a gap. */
  refused = 0;
  refusedInstrument = -1;

  readonly #i32: Int32Array;
  readonly #f64: Float64Array;
  #venue = 0;
  /** Levels of the book event being built, and whether one of them found no room. */
  #levels = 0;
  #overflow = false;
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
    this.#levels = 0;
    this.#overflow = false;
    return Math.min(this.#frameStart, this.ring.pending);
  }

  instrument(bytes: Uint8Array, start: number, end: number): number {
    return this.symbols.find(bytes, start, end);
  }

  trade(instrument: number, side: number, flags: number): void {
    const w = this.#open(KIND.TRADE, instrument, flags);
    if (w < 0) return;
    const d = w >> 1;
    this.#f64[d + DOUBLE.PRICE] = this.num[NUM.PRICE]!;
    this.#f64[d + DOUBLE.SIZE] = this.num[NUM.SIZE]!;
    this.#id(w + WORD.TRADE_ID);
    this.#i32[w + 12] = 0;
    this.#i32[w + 13] = 0;
    this.#i32[w + WORD.TAIL] = side;
    this.#i32[w + 15] = 0;
  }

  quote(instrument: number, flags: number): void {
    const w = this.#open(KIND.QUOTE, instrument, flags);
    if (w < 0) return;
    const d = w >> 1;
    this.#f64[d + DOUBLE.BID_PRICE] = this.num[NUM.BID_PRICE]!;
    this.#f64[d + DOUBLE.BID_SIZE] = this.num[NUM.BID_SIZE]!;
    this.#f64[d + DOUBLE.ASK_PRICE] = this.num[NUM.ASK_PRICE]!;
    this.#f64[d + DOUBLE.ASK_SIZE] = this.num[NUM.ASK_SIZE]!;
    this.#id(w + WORD.QUOTE_ID);
  }

  level(side: number): void {
    const w = this.ring.next();
    if (w < 0) {
      this.#overflow = true;
      return;
    }
    const d = w >> 1;
    this.#f64[d + DOUBLE.PRICE] = this.num[NUM.PRICE]!;
    this.#f64[d + DOUBLE.SIZE] = this.num[NUM.SIZE]!;
    this.#i32[w + WORD.TAIL] = side;
    this.#levels += 1;
  }

  book(instrument: number, flags: number): void {
    if (this.#levels === 0 && !this.#overflow) this.#emptyLevel();
    const start = this.ring.pending - this.#levels;
    const keep = instrument >= 0 && !this.#overflow;
    if (keep) this.#complete(start, instrument, flags & ~FLAG.LAST);
    else this.ring.rewind(start);
    if (this.#overflow) this.#refuse(instrument);
    this.#levels = 0;
    this.#overflow = false;
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
      for (let k = 0; k < WORD.PRICE; k++) i32[w + k] = i32[first + k]! & (k === 0 ? ~LAST_IN_HEAD : -1);
      for (let k = WORD.SEQ; k < WORD.TAIL; k++) i32[w + k] = i32[first + k]!;
      i32[w + WORD.TAIL]! |= i32[first + WORD.TAIL]! & 0xff00;
      i32[w + WORD.CHECKSUM] = i32[first + WORD.CHECKSUM]!;
    }
    i32[this.ring.wordAt(this.ring.pending - 1)]! |= LAST_IN_HEAD;
    this.#levels = 0;
    this.#overflow = false;
  }

  ticker(instrument: number, flags: number): void {
    this.#five(KIND.TICKER, instrument, flags);
  }

  stats(instrument: number, flags: number): void {
    this.#five(KIND.STATS, instrument, flags);
  }

  index(instrument: number, flags: number): void {
    const w = this.#open(KIND.INDEX, instrument, flags);
    if (w < 0) return;
    this.#f64[(w >> 1) + DOUBLE.INDEX_PRICE] = this.num[NUM.PRICE]!;
    this.#i32.fill(0, w + 8, w + 16);
  }

  liquidation(instrument: number, side: number, flags: number): void {
    const w = this.#open(KIND.LIQUIDATION, instrument, flags);
    if (w < 0) return;
    const d = w >> 1;
    this.#f64[d + DOUBLE.PRICE] = this.num[NUM.PRICE]!;
    this.#f64[d + DOUBLE.LIQUIDATION_SIZE] = this.num[NUM.SIZE]!;
    this.#i32.fill(0, w + 10, w + 16);
    this.#i32[w + WORD.TAIL] = side;
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
    const w = this.#open(KIND.STATUS, instrument, flags);
    if (w >= 0) this.#statusBody(w, scope, state, reason, epoch);
  }

  /** The same in place of pending slot `i`, which must be a whole event: its header keeps venue, instrument and times. */
  replaceWithStatus(i: number, scope: number, state: number, reason: number, epoch: number): void {
    const w = this.ring.wordAt(i);
    this.#i32[w] = (this.#i32[w]! & ~0xffff) | LAST_IN_HEAD | KIND.STATUS;
    this.#statusBody(w, scope, state, reason, epoch);
  }

  /** Adds "the row of this instrument changed". */
  appendInstrument(instrument: number): void {
    const w = this.#open(KIND.INSTRUMENT, instrument, 0);
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
    while (end < this.ring.pending && (this.flagsAt(end) & FLAG.LAST) === 0) end += 1;
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
    this.#levels = 0;
    this.#overflow = false;
  }

  #five(kind: number, instrument: number, flags: number): void {
    const w = this.#open(kind, instrument, flags);
    if (w < 0) return;
    const d = (w >> 1) + DOUBLE.MARK;
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
    i32[w + WORD.INSTRUMENT] = instrument;
    i32[w + WORD.TS_EVENT] = this.long[LONG.TS]!;
    i32[w + WORD.TS_EVENT + 1] = this.long[LONG.TS + 1]!;
    i32[w + WORD.TS_RECV] = this.tsRecv.lo;
    i32[w + WORD.TS_RECV + 1] = this.tsRecv.hi;
  }

  #id(w: number): void {
    this.#i32[w] = this.long[LONG.ID]!;
    this.#i32[w + 1] = this.long[LONG.ID + 1]!;
  }

  #emptyLevel(): void {
    this.num[NUM.PRICE] = NaN;
    this.num[NUM.SIZE] = NaN;
    this.level(0);
  }

  #complete(start: number, instrument: number, flags: number): void {
    const i32 = this.#i32;
    const end = this.ring.pending;
    const has = this.hasChecksum ? 256 : 0;
    const checksum = this.hasChecksum ? this.checksum : 0;
    for (let i = start; i < end; i++) {
      const w = this.ring.wordAt(i);
      this.#header(w, KIND.BOOK | (flags << 8) | this.#venue, instrument);
      this.#id(w + WORD.SEQ);
      i32[w + WORD.PREV_SEQ] = this.long[LONG.PREV]!;
      i32[w + WORD.PREV_SEQ + 1] = this.long[LONG.PREV + 1]!;
      i32[w + WORD.TAIL]! |= has;
      i32[w + WORD.CHECKSUM] = checksum;
    }
    i32[this.ring.wordAt(end - 1)]! |= LAST_IN_HEAD;
  }

  #statusBody(w: number, scope: number, state: number, reason: number, epoch: number): void {
    this.#i32.fill(0, w + 6, w + 14);
    this.#i32[w + WORD.TAIL] = scope | (state << 8) | (reason << 16);
    this.#i32[w + WORD.EPOCH] = epoch;
  }

  #refuse(instrument: number): void {
    this.refused += 1;
    this.refusedInstrument = instrument;
  }
}
