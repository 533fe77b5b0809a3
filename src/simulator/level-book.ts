import { SIDE, type Level } from "../model/index.ts";
import { type Grid, priceOf, sizeOf } from "./grid.ts";
import { hashLevel, joinLanes, lanes } from "./hash.ts";

const CAPACITY = 1056;

/**
 * One side of a book in whole ticks and lots, worst first and the best at the end (changes happen near the touch).
 * Keys are ticks for bids and -ticks for asks, so both sides ascend. Each level keeps its hash, so the side's
 * hash is a sum that a change moves by one addition.
 */
export class BookSide {
  readonly side: number;
  readonly #grid: Grid;
  readonly #keys = new Float64Array(CAPACITY);
  readonly #lots = new Float64Array(CAPACITY);
  readonly #a = new Int32Array(CAPACITY);
  readonly #b = new Int32Array(CAPACITY);
  readonly #sign: number;
  count = 0;
  sumA = 0;
  sumB = 0;

  constructor(side: number, grid: Grid) {
    this.side = side;
    this.#grid = grid;
    this.#sign = side === SIDE.BID ? 1 : -1;
  }

  get full(): boolean {
    return this.count >= CAPACITY - 32;
  }

  /** Ticks and lots of the level at `rank` (0 = best). Valid for rank < count. */
  ticksAt(rank: number): number {
    return this.#sign * this.#keys[this.count - 1 - rank]!;
  }

  lotsAt(rank: number): number {
    return this.#lots[this.count - 1 - rank]!;
  }

  priceAt(rank: number): number {
    return priceOf(this.#grid, this.ticksAt(rank));
  }

  sizeAt(rank: number): number {
    return sizeOf(this.#grid, this.lotsAt(rank));
  }

  priceOfTicks(ticks: number): number {
    return priceOf(this.#grid, ticks);
  }

  sizeOfLots(lots: number): number {
    return sizeOf(this.#grid, lots);
  }

  /** True when `ticks` is at or better than `edge`. */
  within(ticks: number, edge: number): boolean {
    return this.#sign * (ticks - edge) >= 0;
  }

  /** Lots resting at `ticks`; 0 when there is no such level. */
  lotsOf(ticks: number): number {
    const i = this.#find(this.#sign * ticks);
    return i < this.count && this.#keys[i] === this.#sign * ticks ? this.#lots[i]! : 0;
  }

  /** Rank of the first level worse than `ticks`. */
  rankBeyond(ticks: number): number {
    return this.count - this.#find(this.#sign * ticks);
  }

  /** Sets the lots at `ticks`; 0 removes the level. */
  set(ticks: number, lots: number): void {
    const key = this.#sign * ticks;
    const i = this.#find(key);
    const present = i < this.count && this.#keys[i] === key;
    if (present) this.#forget(i);
    if (lots === 0) {
      if (present) this.#shift(i + 1, i);
      return;
    }
    if (!present) this.#shift(i, i + 1);
    this.#keys[i] = key;
    this.#lots[i] = lots;
    this.#remember(i);
  }

  /** Lane sums of the best `depth` levels into {@link lanes}. */
  sumTop(depth: number): void {
    let a = 0;
    let b = 0;
    for (let i = Math.max(0, this.count - depth); i < this.count; i++) {
      a = (a + this.#a[i]!) | 0;
      b = (b + this.#b[i]!) | 0;
    }
    lanes[0] = a;
    lanes[1] = b;
  }

  /** The best `depth` levels, best first. */
  levels(depth: number): Level[] {
    const out: Level[] = [];
    for (let rank = 0; rank < depth && rank < this.count; rank++)
      out.push([this.priceAt(rank), this.sizeAt(rank)]);
    return out;
  }

  /** First index whose key is >= `key`. */
  #find(key: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #shift(from: number, to: number): void {
    for (const column of [this.#keys, this.#lots, this.#a, this.#b]) column.copyWithin(to, from, this.count);
    this.count += to - from;
  }

  #forget(i: number): void {
    this.sumA = (this.sumA - this.#a[i]!) | 0;
    this.sumB = (this.sumB - this.#b[i]!) | 0;
  }

  #remember(i: number): void {
    const ticks = this.#sign * this.#keys[i]!;
    hashLevel(this.side, priceOf(this.#grid, ticks), sizeOf(this.#grid, this.#lots[i]!));
    this.#a[i] = lanes[0]!;
    this.#b[i] = lanes[1]!;
    this.sumA = (this.sumA + this.#a[i]!) | 0;
    this.sumB = (this.sumB + this.#b[i]!) | 0;
  }
}

export class LevelBook {
  readonly grid: Grid;
  readonly bids: BookSide;
  readonly asks: BookSide;

  constructor(grid: Grid) {
    this.grid = grid;
    this.bids = new BookSide(SIDE.BID, grid);
    this.asks = new BookSide(SIDE.ASK, grid);
  }

  side(side: number): BookSide {
    return side === SIDE.BID ? this.bids : this.asks;
  }

  /** Hash of the whole book: O(1). */
  hash(): number {
    return joinLanes((this.bids.sumA + this.asks.sumA) | 0, (this.bids.sumB + this.asks.sumB) | 0);
  }

  /** Hash of the best `depth` levels a side. */
  hashTop(depth: number): number {
    this.bids.sumTop(depth);
    const a = lanes[0]!;
    const b = lanes[1]!;
    this.asks.sumTop(depth);
    return joinLanes((a + lanes[0]!) | 0, (b + lanes[1]!) | 0);
  }
}
