import { crc32, crc32Join } from "./crc32.ts";
import { joinedChecksum } from "./joined-checksum.ts";
import type { BookSide } from "./side.ts";
import type { OrderBook } from "./order-book.ts";

export const CHECKSUM = {
  MATCH: 1,
  MISMATCH: 2,
  /** The digits the venue printed cannot be told from the doubles: neither a proof nor a reproach. */
  UNAVAILABLE: 3,
} as const;

export type ChecksumVerdict = (typeof CHECKSUM)[keyof typeof CHECKSUM];

const DEPTH = 10;
/** Below this every mantissa has a double of its own, whatever the decimals: 15 digits always survive. */
const UNIQUE = 1e15;
const EXACT = 2 ** 53;
/** Most decimals for which 10^n is an exact double. */
const MAX_DECIMALS = 22;
const POWERS = Float64Array.from({ length: MAX_DECIMALS + 1 }, (_, n) => 10 ** n);
/** Two numbers of at most 16 digits per level. */
const LEVEL_BYTES = 32;
/** Levels whose CRC is kept; a power of two. */
const PLACES = 128;

/**
 * CRC over the best ten levels as Kraken's v2 book channel defines it (section 5 of its checksum guide): asks from
 * best to worse, then bids from best to worse; of each level the price with exactly P decimals and the size with
 * exactly Q, both without the point and without leading zeros, with nothing in between. The digits come from the
 * integers price * 10^P and size * 10^Q, so there are no strings and nothing is allocated.
 *
 * Between two events of a book most of its best levels stay, so the CRC of each is kept with the numbers it was made of,
 * in a place that follows from its price, and the whole is joined from the parts. One instance per book is fast; several
 * books through one are right as well.
 */
export class BookChecksum {
  /** One level's text, written from its end: digits come out of a number last one first. */
  readonly #text = new Uint8Array(LEVEL_BYTES);
  readonly #top = new Float64Array(2 * DEPTH);
  /** By place: the pair (price, size) there, and CRC and length of its text. */
  readonly #levels = new Float64Array(2 * PLACES).fill(NaN);
  readonly #crcs = new Int32Array(PLACES);
  readonly #lengths = new Uint8Array(PLACES);
  #priceDecimals = -1;
  #sizeDecimals = -1;
  #start = 0;

  /** CRC of the last `compute` that answered true, as int32. */
  value = 0;

  /** Computes `value` at these decimals; false when it is not available. */
  compute(book: OrderBook, priceDecimals: number, sizeDecimals: number): boolean {
    if (!(priceDecimals >= 0 && priceDecimals <= MAX_DECIMALS)) return false;
    if (!(sizeDecimals >= 0 && sizeDecimals <= MAX_DECIMALS)) return false;
    if (priceDecimals !== this.#priceDecimals || sizeDecimals !== this.#sizeDecimals) this.#levels.fill(NaN);
    this.#priceDecimals = priceDecimals;
    this.#sizeDecimals = sizeDecimals;
    this.value = 0;
    return this.#side(book.asks) && this.#side(book.bids);
  }

  /**
   * Compares with the venue's CRC; only its 32 bits count, signed or not. A book that does not match may be one of a
   * recording, whose venue joined texts ({@link joinedChecksum}); live ones of that kind have no decimals told.
   */
  accept(book: OrderBook, priceDecimals: number, sizeDecimals: number, expected: number): ChecksumVerdict {
    if (!this.compute(book, priceDecimals, sizeDecimals)) return CHECKSUM.UNAVAILABLE;
    const same = this.value === (expected | 0) || joinedChecksum(book) === (expected | 0);
    return same ? CHECKSUM.MATCH : CHECKSUM.MISMATCH;
  }

  /** Joins a side's levels to `value`. Neighbours on the grid have neighbouring places. */
  #side(side: BookSide): boolean {
    const top = this.#top;
    const power = POWERS[this.#priceDecimals]!;
    const levels = this.#levels;
    const count = side.copyTop(DEPTH, top, 0);
    for (let i = 0; i < count; i++) {
      const place = Math.round(top[2 * i]! * power) & (PLACES - 1);
      const same = levels[2 * place] === top[2 * i] && levels[2 * place + 1] === top[2 * i + 1];
      if (!same && !this.#read(i, place)) return false;
      this.value = crc32Join(this.value, this.#crcs[place], this.#lengths[place]);
    }
    return true;
  }

  /** Makes text and CRC of level i of #top and keeps them at `place`; false when its digits cannot be told. */
  #read(i: number, place: number): boolean {
    this.#levels[2 * place] = NaN;
    this.#start = LEVEL_BYTES;
    if (!this.#number(2 * i + 1, this.#sizeDecimals) || !this.#number(2 * i, this.#priceDecimals))
      return false;
    this.#crcs[place] = crc32(this.#text, this.#start, LEVEL_BYTES);
    this.#lengths[place] = LEVEL_BYTES - this.#start;
    this.#levels[2 * place] = this.#top[2 * i];
    this.#levels[2 * place + 1] = this.#top[2 * i + 1];
    return true;
  }

  /** Puts before the text the digits of #top[at] * 10^decimals; false when they cannot be told. */
  #number(at: number, decimals: number): boolean {
    const value = this.#top[at];
    const power = POWERS[decimals];
    const mantissa = Math.round(value * power);
    if (!(mantissa < EXACT)) return false;
    if (mantissa >= UNIQUE && !onlyOne(mantissa, power, value)) return false;
    const high = Math.floor(mantissa / 1e8) | 0;
    this.#digits((mantissa - high * 1e8) | 0, high > 0 ? 8 : 0);
    this.#digits(high, 0);
    return true;
  }

  /** Puts the digits of an int32 before the text, with zeros in front to make them at least `least`. */
  #digits(value: number, least: number): void {
    const text = this.#text;
    let p = this.#start;
    const full = p - least;
    for (let rest = value; rest > 0 || p > full;) {
      const shorter = (rest / 10) | 0;
      text[--p] = 48 + rest - 10 * shorter;
      rest = shorter;
    }
    this.#start = p;
  }
}

/** True when `mantissa`, and neither of its neighbours, over `power` reads as this double. */
function onlyOne(mantissa: number, power: number, value: number): boolean {
  return mantissa / power === value && (mantissa - 1) / power !== value && (mantissa + 1) / power !== value;
}
