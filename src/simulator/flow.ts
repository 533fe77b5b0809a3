import { SIDE } from "../model/index.ts";
import type { BookSide } from "./level-book.ts";
import type { Fill, Listing } from "./listing.ts";
import type { Random } from "./random.ts";

/**
 * Where a book is touched, as (share of events, rank): the quantiles measured on real level-2 captures
 * (p50 4, p75 12, p90 28, p95 87, p99 187), straight lines between them.
 */
const TOUCHED: readonly (readonly [number, number])[] = [
  [0, 0],
  [0.5, 4.5],
  [0.75, 12.5],
  [0.9, 28.5],
  [0.95, 87],
  [0.99, 187],
  [1, 600],
];
const INSERTS = 0.27;
const UPDATES = 0.46;
const MARKET_ORDERS = 0.04;
/** A book is never emptied below this many levels a side. */
const FLOOR = 20;
/** Free ticks are looked for this many levels around the wanted rank. */
const SEARCH = 48;

function touchedRank(u: number): number {
  let i = 1;
  while (u >= TOUCHED[i]![0] && i < TOUCHED.length - 1) i++;
  const [u0, r0] = TOUCHED[i - 1]!;
  const [u1, r1] = TOUCHED[i]!;
  return Math.floor(r0 + ((u - u0) / (u1 - u0)) * (r1 - r0));
}

/** Order flow of one listing: each `step` is one change of its book, drawn from the listing's own random stream. */
export class Flow {
  readonly #listing: Listing;
  readonly #random: Random;
  /** Matches of the last step, in order. */
  readonly fills: Fill[] = [];

  constructor(listing: Listing, random: Random) {
    this.#listing = listing;
    this.#random = random;
  }

  /** One change at most; `fair` is the price in ticks (not rounded) that traders believe in. */
  step(fair: number): void {
    this.fills.length = 0;
    const { bids, asks } = this.#listing.book;
    if (asks.ticksAt(0) < fair && asks.count > FLOOR) this.#take(SIDE.BUY, Infinity, fair, 8);
    else if (bids.ticksAt(0) > fair && bids.count > FLOOR) this.#take(SIDE.SELL, Infinity, fair, 8);
    else if (!this.#followed(fair)) this.#ordinary(fair);
    this.#maintain(bids);
    this.#maintain(asks);
  }

  /** Quotes that lag behind the fair price are improved. True when one was. */
  #followed(fair: number): boolean {
    const { book, spacing } = this.#listing;
    for (const side of [book.bids, book.asks]) {
      const lag = Math.abs(fair - side.ticksAt(0));
      if (lag > 2 * spacing + 1 && this.#random.chance(0.5)) return this.#insert(side, 0, fair);
    }
    return false;
  }

  #ordinary(fair: number): void {
    const random = this.#random;
    const side = random.chance(0.5) ? this.#listing.book.bids : this.#listing.book.asks;
    const u = random.unit();
    if (u < MARKET_ORDERS) {
      const lots = Math.max(1, Math.round(this.#listing.freshLots(random) * 0.6));
      this.#take(side.side === SIDE.ASK ? SIDE.BUY : SIDE.SELL, lots, NaN, 5);
      return;
    }
    const rank = Math.min(touchedRank(random.unit()), side.count - 1);
    const kind = random.unit();
    if (kind < INSERTS && !side.full && this.#insert(side, rank, fair)) return;
    if (kind < INSERTS + UPDATES || side.count <= FLOOR) this.#update(side, rank);
    else this.#listing.set(side.side, side.ticksAt(rank), 0);
  }

  #update(side: BookSide, rank: number): void {
    const before = side.lotsAt(rank);
    const lots = this.#listing.freshLots(this.#random);
    this.#listing.set(side.side, side.ticksAt(rank), lots === before ? lots + 1 : lots);
  }

  /** A new level just better than the one at `rank`, or at the next free place behind it. False when there is none. */
  #insert(side: BookSide, rank: number, fair: number): boolean {
    const sign = side.side === SIDE.BID ? 1 : -1;
    for (let r = rank; r < Math.min(side.count, rank + SEARCH); r++) {
      const from = side.ticksAt(r);
      const room = r === 0 ? this.#roomAhead(side, fair) : sign * (side.ticksAt(r - 1) - from) - 1;
      if (room < 1) continue;
      const step = 1 + this.#random.below(Math.min(room, 4 * this.#listing.spacing));
      this.#listing.set(side.side, from + sign * step, this.#listing.freshLots(this.#random));
      return true;
    }
    return false;
  }

  /** Ticks the best may move without reaching the fair price or the other side. */
  #roomAhead(side: BookSide, fair: number): number {
    const { bids, asks } = this.#listing.book;
    return side.side === SIDE.BID
      ? Math.min(Math.floor(fair), asks.ticksAt(0) - 1) - bids.ticksAt(0)
      : asks.ticksAt(0) - Math.max(Math.ceil(fair), bids.ticksAt(0) + 1);
  }

  /** A marketable order: takes the best levels in turn while they are better than `limit` (NaN = at any price). */
  #take(aggressor: number, lots: number, limit: number, levels: number): void {
    const listing = this.#listing;
    const side = aggressor === SIDE.BUY ? listing.book.asks : listing.book.bids;
    for (let n = 0; n < levels && lots > 0 && side.count > FLOOR; n++) {
      const ticks = side.ticksAt(0);
      if (!Number.isNaN(limit) && side.within(limit, ticks)) break;
      const resting = side.lotsAt(0);
      const taken = Math.min(lots, resting);
      this.fills.push({ ticks, makers: this.#split(taken), aggressor });
      listing.set(side.side, ticks, resting - taken);
      lots -= taken;
    }
  }

  /** Lots of one fill as one to three resting orders. */
  #split(lots: number): number[] {
    const makers: number[] = [];
    while (makers.length < 2 && lots > 1 && this.#random.chance(0.25)) {
      const part = 1 + this.#random.below(lots - 1);
      makers.push(part);
      lots -= part;
    }
    makers.push(lots);
    return makers;
  }

  /** Keeps the depth near its target at the far end, where nobody looks. */
  #maintain(side: BookSide): void {
    const listing = this.#listing;
    const target = listing.spec.levels;
    const worst = side.ticksAt(side.count - 1);
    if (side.count > target * 1.02 + 1) listing.set(side.side, worst, 0);
    if (side.count >= target * 0.98) return;
    const ticks = worst + (side.side === SIDE.BID ? -1 : 1) * listing.gap(side.count, this.#random);
    if (ticks > 0) listing.set(side.side, ticks, listing.freshLots(this.#random));
  }
}
