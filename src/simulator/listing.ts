import { SIDE, type Instrument } from "../model/index.ts";
import { DayStats } from "./day-stats.ts";
import { type Grid, ticksOf } from "./grid.ts";
import { LevelBook } from "./level-book.ts";
import type { Random } from "./random.ts";

export interface ListingSpec {
  readonly instrument: Instrument;
  readonly grid: Grid;
  /** Starting price in the quote currency. */
  readonly price: number;
  /** Levels the book keeps per side, 50..1000. */
  readonly levels: number;
  /** Median size of a level, quote currency. */
  readonly notional: number;
}

/** One match: `makers` resting orders filled at one price by one incoming order. */
export interface Fill {
  ticks: number;
  /** Lots taken from each resting order. */
  makers: number[];
  /** SIDE.BUY or SIDE.SELL of the incoming order. */
  aggressor: number;
}

/** Prices touched since somebody last asked, per side: what a diff is made of. */
export class Touched {
  readonly bids = new Set<number>();
  readonly asks = new Set<number>();

  side(side: number): Set<number> {
    return side === SIDE.BID ? this.bids : this.asks;
  }

  get empty(): boolean {
    return this.bids.size === 0 && this.asks.size === 0;
  }

  clear(): void {
    this.bids.clear();
    this.asks.clear();
  }
}

/** One instrument of one venue: its book, its counters, and when it last changed. */
export class Listing {
  /** What the venue's metadata says of it; may change. */
  instrument: Instrument;
  /** False while the venue does not list it: nobody can ask for it, and nothing is sent of it. */
  listed = true;
  readonly spec: ListingSpec;
  readonly book: LevelBook;
  readonly touched = new Touched();
  readonly day: DayStats;
  readonly openTicks: number;
  /** Spacing of levels near the touch, in ticks. */
  readonly spacing: number;
  readonly typicalLots: number;
  /** +1 per change of the book. */
  version = 0;
  /** The venue's id of the last change (per listing, or from the venue's common counter). */
  updateId: number;
  /** Id and version up to which the stream has been published. */
  publishedId: number;
  /** Time of the last event, UNIX us: strictly increasing, so it names a state of the book. */
  time: number;
  tradeId: number;
  aggregateId: number;
  /** Ids that the next trade passes over: they never exist. */
  skipped = 0;
  openInterest: number;

  constructor(spec: ListingSpec, at: number, random: Random) {
    this.spec = spec;
    this.instrument = spec.instrument;
    this.book = new LevelBook(spec.grid);
    this.openTicks = ticksOf(spec.grid, spec.price);
    this.spacing = Math.max(1, Math.round(this.openTicks * 1.2e-5));
    const lot = spec.grid.lotUnits / spec.grid.lotScale;
    this.typicalLots = Math.max(3, Math.round(spec.notional / spec.price / lot));
    this.day = new DayStats(spec.grid, at, Math.round(this.openTicks), this.typicalLots * 900);
    this.time = at;
    this.updateId = 10_000_000_000 + random.below(1_000_000_000);
    this.publishedId = this.updateId;
    this.tradeId = 100_000_000 + random.below(100_000_000);
    this.aggregateId = 50_000_000 + random.below(50_000_000);
    this.openInterest = this.typicalLots * 4000;
    this.#fill(SIDE.BID, random);
    this.#fill(SIDE.ASK, random);
  }

  /** The next moment for an event of this listing, at or after `at`. */
  stamp(at: number): number {
    this.time = Math.max(Math.floor(at), this.time + 1);
    return this.time;
  }

  /** Sets a level and remembers that it was touched. */
  set(side: number, ticks: number, lots: number): void {
    this.book.side(side).set(ticks, lots);
    this.touched.side(side).add(ticks);
  }

  /** Lots of a fresh level: log-normal around the typical size, at least one. */
  freshLots(random: Random): number {
    return Math.max(1, Math.round(this.typicalLots * Math.exp(random.normal() * 1.1)));
  }

  /** Distance in ticks from the level at `rank` to the next worse one: sparser away from the touch. */
  gap(rank: number, random: Random): number {
    return Math.max(1, Math.round(random.exponential(this.spacing * (1 + rank / 60))));
  }

  #fill(side: number, random: Random): void {
    const sign = side === SIDE.BID ? 1 : -1;
    let ticks = Math.round(this.openTicks) - sign * Math.max(1, Math.ceil(this.spacing / 2));
    for (let rank = 0; rank < this.spec.levels && ticks > 0; rank++) {
      this.book.side(side).set(ticks, this.freshLots(random));
      ticks -= sign * this.gap(rank, random);
    }
  }
}
