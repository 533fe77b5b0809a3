import { FRAME, LONG, NUM, OPTION_FIGURES } from "../../model/index.ts";
import type { Nanos, Out, SymbolTable } from "../../model/index.ts";

const FIRST_LEVELS = 8192;
const NO_EVENT = -2;
/** Registers of `long` that belong to an event; the rest is the frame's. */
const EVENT_LONGS = LONG.CONNECTION;

/**
 * What the pieces of one large frame say, collected: the levels of its one book event, and what every piece says alike.
 * Should they say anything else, they are `strange`, and only the whole frame tells what it says.
 */
export class SliceCollector implements Out {
  readonly num = new Float64Array(8);
  readonly long = new Int32Array(8);
  readonly option = new Float64Array(OPTION_FIGURES);
  hasConnection = false;
  checksum = 0;
  hasChecksum = false;
  inexact = 0;
  fallbacks = 0;
  slowFallbacks = 0;
  scanned = 0;

  /** Level i is price numbers[2 * i], size numbers[2 * i + 1], side sides[i], for `count` levels. */
  numbers = new Float64Array(2 * FIRST_LEVELS);
  sides = new Uint8Array(FIRST_LEVELS);
  count = 0;
  id = NO_EVENT;
  flags = 0;
  strange = false;

  readonly #symbols: SymbolTable;
  readonly #event = new Int32Array(EVENT_LONGS);
  /** Pieces closed, and those of them that brought an event. */
  #pieces = 0;
  #eventful = 0;
  /** Of the piece being read: levels before it, levels of its closed events, and those events. */
  #before = 0;
  #closed = 0;
  #events = 0;

  constructor(symbols: SymbolTable) {
    this.#symbols = symbols;
  }

  /** The book event is of an instrument that is listened to. */
  get wanted(): boolean {
    return this.id >= 0;
  }

  /** After each piece, with what `parse` answered; levels that no event closed are void. */
  endPiece(code: number): void {
    this.#pieces += 1;
    if (this.#events > 0) this.#eventful += 1;
    this.count = code === FRAME.DATA ? this.#closed : this.#before;
    if (this.hasChecksum || this.#events > 1 || this.#eventful % this.#pieces !== 0) this.strange = true;
    this.#before = this.count;
    this.#closed = this.count;
    this.#events = 0;
  }

  /** The event's registers as every piece gave them, for another Out. */
  copyLong(into: Int32Array): void {
    into.set(this.long);
    into.set(this.#event);
  }

  begin(_tsRecv: Nanos): void {
    this.hasConnection = false;
    this.hasChecksum = false;
    this.count = this.#before;
    this.#closed = this.#before;
    this.#events = 0;
  }

  instrument(bytes: Uint8Array, start: number, end: number): number {
    return this.#symbols.find(bytes, start, end);
  }

  openBook(): void {
    // Said again by `book`.
  }

  level(side: number): void {
    const i = this.count;
    if (i === this.sides.length) this.#grow(2 * i);
    this.numbers[2 * i] = this.num[NUM.PRICE]!;
    this.numbers[2 * i + 1] = this.num[NUM.SIZE]!;
    this.sides[i] = side;
    this.count = i + 1;
  }

  book(instrument: number, flags: number): void {
    this.#close(instrument, flags);
  }

  bookOf(
    instrument: number,
    flags: number,
    numbers: Float64Array,
    sides: Uint8Array,
    first: number,
    count: number,
  ): void {
    const end = this.count + count;
    if (end > this.sides.length) this.#grow(Math.max(end, 2 * this.sides.length));
    this.numbers.set(numbers.subarray(2 * first, 2 * (first + count)), 2 * this.count);
    this.sides.set(sides.subarray(first, first + count), this.count);
    this.count = end;
    this.#close(instrument, flags);
  }

  #close(instrument: number, flags: number): void {
    this.#closed = this.count;
    this.#events += 1;
    const { long } = this;
    if (this.id === NO_EVENT) {
      this.id = instrument;
      this.flags = flags;
      this.#event.set(long.subarray(0, EVENT_LONGS));
    }
    const same = this.#event.every((word, i) => word === long[i]);
    if (!same || instrument !== this.id || flags !== this.flags) this.strange = true;
  }

  #grow(levels: number): void {
    const { numbers, sides } = this;
    this.numbers = new Float64Array(2 * levels);
    this.sides = new Uint8Array(levels);
    this.numbers.set(numbers);
    this.sides.set(sides);
  }

  #other(): void {
    this.strange = true;
  }

  trade(): void {
    this.#other();
  }

  quote(): void {
    this.#other();
  }

  ticker(): void {
    this.#other();
  }

  optionTicker(): void {
    this.#other();
  }

  stats(): void {
    this.#other();
  }

  index(): void {
    this.#other();
  }

  liquidation(): void {
    this.#other();
  }

  status(): void {
    this.#other();
  }
}
