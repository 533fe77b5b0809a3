import { LONG, NUM, OPTION_FIGURES, toMicros } from "../../src/model/index.ts";
import type { Nanos, Out, SymbolTable } from "../../src/model/index.ts";

// V8 folds constants of the file a function stands in, but loads imported ones.
const { TS, ID } = LONG;
const { PRICE, SIZE } = NUM;
const HEADER = 3;

/**
 * Copies what a parser read into a preallocated array, as the plain way does: symbol id, event time in microseconds,
 * id or sequence, then prices and sizes. One event at a time; `used` numbers of `into` are its.
 */
export class ArrayOut implements Out {
  num = new Float64Array(8);
  long = new Int32Array(8);
  readonly option = new Float64Array(OPTION_FIGURES);
  hasConnection = false;
  checksum = 0;
  hasChecksum = false;
  inexact = 0;
  fallbacks = 0;
  slowFallbacks = 0;
  scanned = 0;
  readonly into = new Float64Array(16_384);
  used = 0;
  readonly #symbols: SymbolTable;
  #levels = HEADER;

  constructor(symbols: SymbolTable) {
    this.#symbols = symbols;
  }

  begin(_tsRecv: Nanos): void {
    this.hasConnection = false;
    this.hasChecksum = false;
    this.#levels = HEADER;
    this.used = 0;
  }

  adopt(num: Float64Array<ArrayBuffer>, long: Int32Array<ArrayBuffer>): void {
    this.num = num;
    this.long = long;
  }

  instrument(bytes: Uint8Array, start: number, end: number): number {
    return this.#symbols.find(bytes, start, end);
  }

  trade(instrument: number, _side: number, _flags: number): void {
    this.#header(instrument);
    this.into[3] = this.num[PRICE];
    this.into[4] = this.num[SIZE];
    this.used = 5;
  }

  quote(instrument: number, _flags: number): void {
    const { into, num } = this;
    this.#header(instrument);
    into[3] = num[0];
    into[4] = num[1];
    into[5] = num[2];
    into[6] = num[3];
    this.used = 7;
  }

  openBook(_instrument: number, _flags: number): void {
    // A book's header is written by `book` alone.
  }

  level(_side: number): void {
    const at = this.#levels;
    this.into[at] = this.num[PRICE];
    this.into[at + 1] = this.num[SIZE];
    this.#levels = at + 2;
  }

  book(instrument: number, _flags: number): void {
    this.#header(instrument);
    this.used = this.#levels;
  }

  bookOf(
    instrument: number,
    _flags: number,
    numbers: Float64Array,
    _sides: Uint8Array,
    first: number,
    count: number,
  ): void {
    const { into } = this;
    for (let i = 2 * first, at = HEADER; i < 2 * (first + count); i++, at++) into[at] = numbers[i];
    this.#levels = HEADER + 2 * count;
    this.book(instrument, 0);
  }

  ticker(instrument: number, _flags: number): void {
    this.#five(instrument);
  }

  stats(instrument: number, _flags: number): void {
    this.#five(instrument);
  }

  optionTicker(instrument: number, _flags: number): void {
    this.#header(instrument);
    for (let i = 0; i < OPTION_FIGURES; i++) this.into[HEADER + i] = this.option[i];
    this.used = HEADER + OPTION_FIGURES;
  }

  index(_instrument: number, _flags: number): void {
    throw new Error("expected no index in this bench, saw one");
  }

  liquidation(_instrument: number, _side: number, _flags: number): void {
    throw new Error("expected no liquidation in this bench, saw one");
  }

  status(_instrument: number, _state: number, _flags: number): void {
    throw new Error("expected no status in this bench, saw one");
  }

  /** Four of the five figures, behind the quote of the same frame where it has one. */
  #five(instrument: number): void {
    const { into, num } = this;
    const at = this.used === 0 ? HEADER : this.used;
    this.#header(instrument);
    into[at] = num[0];
    into[at + 1] = num[1];
    into[at + 2] = num[2];
    into[at + 3] = num[3];
    this.used = at + 4;
  }

  #header(instrument: number): void {
    const { into, long } = this;
    into[0] = instrument;
    into[1] = toMicros(long[TS + 1], long[TS]);
    into[2] = (long[ID + 1] >>> 0) * 4294967296 + (long[ID] >>> 0);
  }
}
