import type { BookEvent, Level } from "../model/index.ts";
import { CHECKSUM_LEVELS } from "./checksum.ts";
import type { FaultName } from "./faults.ts";
import { flipDigit } from "./frame-faults.ts";
import { priceOf } from "./grid.ts";
import type { LevelBook } from "./level-book.ts";
import type { Random } from "./random.ts";

/** A book event as a faulty venue would say it, or null when this one gives no occasion. */
type Alter = (event: BookEvent, book: LevelBook, random: Random) => BookEvent | null;

/** Prices in another unit: cents instead of dollars. */
const UNIT = 100;

/** What faults make of the event itself before it is put into the venue's words. */
export const EVENT_FAULTS: Partial<Record<FaultName, Alter>> = {
  flip_digit: (event, { bids, asks }, random) => {
    const worst = (count: number): number => Math.min(CHECKSUM_LEVELS, count) - 1;
    return flipDigit(event, bids.priceAt(worst(bids.count)), asks.priceAt(worst(asks.count)), random);
  },
  wrong_checksum: (event) =>
    event.checksum === undefined ? null : { ...event, checksum: (event.checksum ^ 1) >>> 0 },
  crossed: (event, { bids, asks }) => {
    if (bids.count === 0 || asks.count === 0) return null;
    const price = asks.priceAt(0);
    // An ask of this event at that price stays where it is: the bid there is what crosses.
    return { ...event, bids: [[price, bids.sizeAt(0)], ...event.bids] };
  },
  zero_unknown: (event, { bids, grid }) => {
    const ticks = bids.count === 0 ? 0 : bids.ticksAt(bids.count - 1) - 1;
    return ticks <= 0 ? null : { ...event, bids: [...event.bids, [priceOf(grid, ticks), 0]] };
  },
  unit_change: (event) => {
    // Without a bid there is nothing that crosses, and nobody could tell.
    if (!event.bids.some(([, size]) => size > 0)) return null;
    return { ...event, bids: event.bids.map(scaled), asks: event.asks.map(scaled) };
  },
};

function scaled([price, size]: Level): Level {
  return [Number((price * UNIT).toPrecision(12)), size];
}
