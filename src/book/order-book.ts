import { SIDE } from "../model/index.ts";
import { LadderSide } from "./ladder-side.ts";
import { SortedSide } from "./sorted-side.ts";
import { tickGrid } from "./tick-grid.ts";
import type { LadderOptions } from "./ladder-side.ts";
import type { BookSide } from "./side.ts";

/**
 * Levels of one instrument, both sides. It holds what it is told and proves nothing: whether the events were
 * complete and in order is for the sequencer, and whether the book may be trusted stands in its BookState.
 */
export class OrderBook {
  bids: BookSide;
  asks: BookSide;
  readonly #one = new Float64Array(2);

  constructor(bids: BookSide, asks: BookSide) {
    this.bids = bids;
    this.asks = asks;
  }

  /** Sets one level (SIDE.BID or SIDE.ASK); size 0 removes. Loops use `applyAt`, which never boxes a double. */
  apply(side: number, price: number, size: number): void {
    this.#one[0] = price;
    this.#one[1] = size;
    this.applyAt(side, this.#one, 0);
  }

  /** Sets the level price = numbers[at], size = numbers[at + 1]. Any other side than BID or ASK is ignored. */
  applyAt(side: number, numbers: Float64Array, at: number): void {
    if (side === SIDE.BID) this.bids.applyAt(numbers, at);
    else if (side === SIDE.ASK) this.asks.applyAt(numbers, at);
  }

  clear(): void {
    this.bids.clear();
    this.asks.clear();
  }

  /** An empty book of the same form, to be built aside and then taken over by `adopt`. */
  fresh(): OrderBook {
    const book = new OrderBook(this.bids.fresh(), this.asks.fresh());
    // As after `clear`: nothing is as it was.
    book.clear();
    return book;
  }

  /** Takes the levels of a book that nobody else goes on with: the same as `clear` and what was applied to that one. */
  adopt(built: OrderBook): void {
    this.bids = built.bids;
    this.asks = built.asks;
  }

  /** Keeps the best `depth` levels of each side: the rule of venues that send no removals past the subscribed depth. */
  truncate(depth: number): void {
    this.bids.truncate(depth);
    this.asks.truncate(depth);
  }

  /** Writes bid price, bid size, ask price, ask size from into[at]; NaN, NaN for an empty side. */
  copyBest(into: Float64Array, at: number): void {
    this.bids.copyBest(into, at);
    this.asks.copyBest(into, at + 2);
  }

  /** Best bid at or above best ask. A book that stays so after a whole event is not the venue's book. */
  crossed(): boolean {
    return this.bids.bestKey() + this.asks.bestKey() >= 0;
  }

  /** One side has nothing left within its horizon: where its best is cannot be told. */
  exhausted(): boolean {
    return this.bids.exhausted() || this.asks.exhausted();
  }

  /** Declares the horizon of both sides, see BookSide. */
  markHorizon(): void {
    this.bids.markHorizon();
    this.asks.markHorizon();
  }

  topChanged(n: number): boolean {
    return this.bids.topChanged(n) || this.asks.topChanged(n);
  }

  settle(): void {
    this.bids.settle();
    this.asks.settle();
  }
}

export interface BookOptions extends LadderOptions {
  /** Among the busiest instruments: worth a megabyte for updates that cost the same at any depth. */
  readonly hot?: boolean;
}

/** The general form. */
export function sortedBook(options: BookOptions = {}): OrderBook {
  return new OrderBook(new SortedSide(1, options), new SortedSide(-1, options));
}

/** The ladder form; throws RangeError when the tick is no exact decimal. */
export function ladderBook(tick: number, options: BookOptions = {}): OrderBook {
  const grid = tickGrid(tick);
  if (grid === null) throw new RangeError(`expected a tick > 0 of at most 15 digits, saw ${tick}`);
  return new OrderBook(new LadderSide(1, grid, options), new LadderSide(-1, grid, options));
}

/** The ladder for hot instruments whose tick is known, the general form for all others. */
export function makeBook(tick: number, options: BookOptions = {}): OrderBook {
  return options.hot === true && tickGrid(tick) !== null ? ladderBook(tick, options) : sortedBook(options);
}
