import { scaled } from "../model/index.ts";
import type { Level } from "../model/index.ts";

/**
 * Two headerless files that older programs map and read; little-endian, all fields u64.
 * Price and quantity are integers x 1,000,000; index 0 is the best level; price 0 is an empty slot.
 *
 *   order book, 1608 B                         top of book, 40 B
 *   0     50 x bid {price, quantity}           0  bid price    8 bid quantity
 *   800   50 x ask {price, quantity}           16 ask price   24 ask quantity
 *   1600  UNIX time, ms                        32 UNIX time, ms
 *
 * Time is the last field of both, so a writer that stores it last lets a reader see a torn copy.
 */
export const COMPAT_BOOK_BYTES = 1608;
export const COMPAT_TOP_BYTES = 40;
export const COMPAT_DEPTH = 50;
/** Width of the time field that ends both files. */
export const COMPAT_TIME_BYTES = 8;

const SCALE = 6;
const LEVEL = 16;
const BOOK_ASKS = COMPAT_DEPTH * LEVEL;
const BOOK_TIME = 2 * BOOK_ASKS;
const TOP_ASK = LEVEL;
const TOP_TIME = 2 * LEVEL;
const U64_END = 1n << 64n;

/** Price and quantity in millionths. */
export interface CompatLevel {
  readonly price: bigint;
  readonly quantity: bigint;
}

/** Filled levels only, best first. */
export interface CompatBook {
  readonly bids: readonly CompatLevel[];
  readonly asks: readonly CompatLevel[];
  readonly timestampMs: number;
}

/** A side without a quote is null. */
export interface CompatTop {
  readonly bid: CompatLevel | null;
  readonly ask: CompatLevel | null;
  readonly timestampMs: number;
}

/** The bytes are not one of the two formats; the message says what was expected and what was seen. */
export class CompatFormatError extends Error {
  override readonly name = "CompatFormatError";
}

/**
 * The order book file. Levels best first; those past the 50th are left out.
 * Throws RangeError for unsorted levels and for numbers the format cannot hold.
 */
export function encodeCompatBook(
  bids: readonly Level[],
  asks: readonly Level[],
  timestampMs: number,
): Uint8Array {
  const bytes = new Uint8Array(COMPAT_BOOK_BYTES);
  const view = new DataView(bytes.buffer);
  putSide(view, 0, bids, "bids");
  putSide(view, BOOK_ASKS, asks, "asks");
  view.setBigUint64(BOOK_TIME, BigInt(timestampMs), true);
  return bytes;
}

/** The top of book file. A side without a quote is null. Throws RangeError as encodeCompatBook does. */
export function encodeCompatTop(bid: Level | null, ask: Level | null, timestampMs: number): Uint8Array {
  const bytes = new Uint8Array(COMPAT_TOP_BYTES);
  const view = new DataView(bytes.buffer);
  if (bid) putLevel(view, 0, bid);
  if (ask) putLevel(view, TOP_ASK, ask);
  view.setBigUint64(TOP_TIME, BigInt(timestampMs), true);
  return bytes;
}

/** Reads an order book file. Throws CompatFormatError when size, density or order are wrong. */
export function decodeCompatBook(bytes: Uint8Array): CompatBook {
  const view = sized(bytes, COMPAT_BOOK_BYTES, "an order book file");
  return {
    bids: getSide(view, 0, "bids"),
    asks: getSide(view, BOOK_ASKS, "asks"),
    timestampMs: getTime(view, BOOK_TIME),
  };
}

/** Reads a top of book file. Throws CompatFormatError when the size is wrong. */
export function decodeCompatTop(bytes: Uint8Array): CompatTop {
  const view = sized(bytes, COMPAT_TOP_BYTES, "a top of book file");
  return { bid: getLevel(view, 0), ask: getLevel(view, TOP_ASK), timestampMs: getTime(view, TOP_TIME) };
}

type SideName = "bids" | "asks";

function putSide(view: DataView, at: number, levels: readonly Level[], side: SideName): void {
  const count = Math.min(levels.length, COMPAT_DEPTH);
  for (let i = 0; i < count; i++) {
    if (i > 0 && !ordered(levels[i - 1]![0], levels[i]![0], side)) {
      throw new RangeError(`expected ${side} best first, saw ${levels[i]![0]} after ${levels[i - 1]![0]}`);
    }
    putLevel(view, at + i * LEVEL, levels[i]!);
  }
}

function putLevel(view: DataView, at: number, [price, size]: Level): void {
  const units = scaled(price, SCALE);
  const quantity = scaled(size, SCALE);
  // setBigUint64 wraps silently, and price 0 would read as an empty slot.
  if (units === 0n) throw new RangeError(`expected a price of at least 0.000001, saw ${price}`);
  if (units >= U64_END || quantity >= U64_END) {
    throw new RangeError(`expected numbers below 2^64 millionths, saw ${price} x ${size}`);
  }
  view.setBigUint64(at, units, true);
  view.setBigUint64(at + 8, quantity, true);
}

function sized(bytes: Uint8Array, expected: number, what: string): DataView {
  if (bytes.length !== expected) {
    throw new CompatFormatError(`expected ${what} of ${expected} bytes, saw ${bytes.length}`);
  }
  return new DataView(bytes.buffer, bytes.byteOffset, expected);
}

function getSide(view: DataView, at: number, side: SideName): CompatLevel[] {
  const levels: CompatLevel[] = [];
  for (let i = 0; i < COMPAT_DEPTH; i++) {
    const level = getLevel(view, at + i * LEVEL);
    if (!level) continue;
    if (levels.length < i)
      throw new CompatFormatError(
        `expected ${side} without holes, saw slot ${levels.length} empty before slot ${i}`,
      );
    if (i > 0 && !ordered(levels[i - 1]!.price, level.price, side)) {
      throw new CompatFormatError(
        `expected ${side} best first, saw ${level.price} after ${levels[i - 1]!.price} in slot ${i}`,
      );
    }
    levels.push(level);
  }
  return levels;
}

function getLevel(view: DataView, at: number): CompatLevel | null {
  const price = view.getBigUint64(at, true);
  return price === 0n ? null : { price, quantity: view.getBigUint64(at + 8, true) };
}

function getTime(view: DataView, at: number): number {
  const time = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(time))
    throw new CompatFormatError(`expected UNIX milliseconds at byte ${at}, saw ${time}`);
  return time;
}

function ordered<T extends number | bigint>(better: T, worse: T, side: SideName): boolean {
  return side === "bids" ? better > worse : better < worse;
}
