import { scaled, toMicros } from "../model/index.ts";
import { COMPAT_BOOK_BYTES, COMPAT_DEPTH, COMPAT_TOP_BYTES } from "./compat-book-file.ts";
import { DEPTH_ROW, TOP_ROW } from "./layout.ts";
import type { RowCopy } from "./rows.ts";

const MILLION = 1e6;
const TWO_32 = 4294967296;
/** Words of a level, of one side, and of the time's place. */
const LEVEL = 4;
const SIDE = COMPAT_DEPTH * LEVEL;
const COUNTS = DEPTH_ROW.at.bid_count / 4;

/**
 * The order book file of compat-book-file.ts, composed from rows of the depth table without an object: about two
 * microseconds for fifty levels a side. `bytes` is what goes into the file, time last.
 */
export class CompatBookImage {
  readonly bytes = new Uint8Array(COMPAT_BOOK_BYTES);
  readonly #words = new Int32Array(this.bytes.buffer);
  /** Levels of the last `take` that the format cannot hold: they were left out. */
  unfit = 0;

  /** A row as DepthReader took it. Time is that of receipt. */
  take({ i32, f64 }: RowCopy): void {
    const counts = i32[COUNTS]!;
    this.unfit = 0;
    this.#side(0, f64, DEPTH_ROW.at.bids / 8, counts & 0xffff);
    this.#side(SIDE, f64, DEPTH_ROW.at.asks / 8, counts >>> 16);
    putMillis(this.#words, 2 * SIDE, receivedMs(i32, DEPTH_ROW.at.ts_recv / 4));
  }

  /** No level on either side, as of `ms`, UNIX. */
  empty(ms: number): void {
    this.#words.fill(0);
    putMillis(this.#words, 2 * SIDE, ms);
  }

  #side(to: number, levels: Float64Array, from: number, count: number): void {
    const words = this.#words;
    let at = to;
    for (let i = 0; i < count; i++)
      if (putLevel(words, at, levels[from + 2 * i]!, levels[from + 2 * i + 1]!)) at += LEVEL;
      else this.unfit += 1;
    words.fill(0, at, to + SIDE);
  }
}

/** The top of book file, from rows of the top table. */
export class CompatTopImage {
  readonly bytes = new Uint8Array(COMPAT_TOP_BYTES);
  readonly #words = new Int32Array(this.bytes.buffer);
  unfit = 0;

  /** A row as TopReader took it. A side without a quote is zero. */
  take({ i32, f64 }: RowCopy): void {
    this.unfit = 0;
    this.#quote(0, f64, TOP_ROW.at.bid_price / 8);
    this.#quote(LEVEL, f64, TOP_ROW.at.ask_price / 8);
    putMillis(this.#words, 2 * LEVEL, receivedMs(i32, TOP_ROW.at.ts_recv / 4));
  }

  empty(ms: number): void {
    this.#words.fill(0);
    putMillis(this.#words, 2 * LEVEL, ms);
  }

  #quote(to: number, f64: Float64Array, from: number): void {
    const price = f64[from]!;
    if (putLevel(this.#words, to, price, f64[from + 1]!)) return;
    this.#words.fill(0, to, to + LEVEL);
    if (!Number.isNaN(price)) this.unfit += 1;
  }
}

/** False, and nothing that counts is written, for what the format cannot say: no price, or less than a millionth of either. */
function putLevel(words: Int32Array, at: number, price: number, size: number): boolean {
  return putMillionths(words, at, price) && putMillionths(words, at + 2, size);
}

/**
 * A double as millionths, cut below. The nearest integer is exact where dividing it gives the very double again, which it does
 * for all texts of at most six decimals and fifteen digits; any other number takes the way over its text.
 */
function putMillionths(words: Int32Array, at: number, value: number): boolean {
  if (!(value > 0)) return false;
  const units = Math.round(value * MILLION);
  if (units > Number.MAX_SAFE_INTEGER || units / MILLION !== value) return putByText(words, at, value);
  words[at] = units;
  words[at + 1] = units / TWO_32;
  return units > 0;
}

function putByText(words: Int32Array, at: number, value: number): boolean {
  if (value === Infinity) return false;
  const units = scaled(value, 6);
  if (units === 0n || units >> 64n !== 0n) return false;
  words[at] = Number(BigInt.asIntN(32, units));
  words[at + 1] = Number(BigInt.asIntN(32, units >> 32n));
  return true;
}

function receivedMs(i32: Int32Array, at: number): number {
  return Math.floor(toMicros(i32[at + 1]!, i32[at]!) / 1000);
}

function putMillis(words: Int32Array, at: number, ms: number): void {
  words[at] = ms;
  words[at + 1] = ms / TWO_32;
}
