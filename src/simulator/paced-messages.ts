import { SIDE, type Level, type MarketEvent, type Venue } from "../model/index.ts";
import { bookChecksum } from "./checksum.ts";
import { Events } from "./events.ts";
import { Touched, type Listing } from "./listing.ts";
import { isNumbered } from "./publisher.ts";
import type { Random } from "./random.ts";

export const PACED_KINDS = ["trade", "quote", "book"] as const;
export type PacedKind = (typeof PACED_KINDS)[number];

/** Ranks at which book messages change a size: inside any truncated or checksummed book. */
const RANKS = 5;

/**
 * One market event per call, of the kind asked for, on a market that does not move by itself: sizes near the touch
 * change, prices stand. Books, ids and checksums stay true, so a client finds nothing to complain about.
 */
export class PacedMessages {
  readonly #events: Events;
  readonly #random: Random;
  readonly #numbered: boolean;
  readonly #proved: boolean;
  /** As in the market: where ids are common to the venue, at least 2 apart. */
  readonly #step: number;
  /** Changes that no book message has told yet; the listing's own are the market's, which stands still. */
  readonly #untold = new Map<Listing, Touched>();

  constructor(venue: Venue, random: Random) {
    this.#events = new Events(venue.id);
    this.#random = random;
    this.#numbered = isNumbered(venue);
    this.#proved = venue.book === "checksum";
    this.#step = venue.book === "prevLink" ? 2 : 1;
  }

  /** The event of `kind` due at `due` (UNIX us), and its id, NaN where its venue gives it none. */
  make(kind: PacedKind, listing: Listing, due: number): { event: MarketEvent; id: number } {
    listing.stamp(due);
    if (kind === "trade") return this.#trade(listing);
    return kind === "quote" ? this.#quote(listing) : this.#book(listing);
  }

  #trade(listing: Listing): { event: MarketEvent; id: number } {
    listing.tradeId += 1;
    const buys = this.#random.chance(0.5);
    const side = buys ? listing.book.asks : listing.book.bids;
    const fill = { ticks: side.ticksAt(0), makers: [], aggressor: buys ? SIDE.BUY : SIDE.SELL };
    const lots = 1 + this.#random.below(listing.typicalLots);
    return { event: this.#events.trade(listing, fill, lots, listing.tradeId), id: listing.tradeId };
  }

  #quote(listing: Listing): { event: MarketEvent; id: number } {
    this.#change(listing, SIDE.BID, 0);
    const id = this.#number(listing);
    return { event: this.#events.quote(listing, listing.time, id), id: Number(id ?? NaN) };
  }

  #book(listing: Listing): { event: MarketEvent; id: number } {
    this.#change(listing, SIDE.BID, this.#random.below(RANKS));
    this.#change(listing, SIDE.ASK, this.#random.below(RANKS));
    const previous = this.#numbered ? String(listing.publishedId) : null;
    const id = this.#number(listing);
    const { book } = listing;
    const touched = this.#touched(listing);
    const levels = (side: number): Level[] =>
      Array.from(touched.side(side), (ticks): Level => {
        const own = book.side(side);
        return [own.priceOfTicks(ticks), own.sizeOfLots(own.lotsOf(ticks))];
      });
    const [bids, asks] = [levels(SIDE.BID), levels(SIDE.ASK)];
    const event = this.#events.book(listing, listing.time, "update", bids, asks, id, previous);
    if (this.#proved) event.checksum = bookChecksum(book);
    touched.clear();
    listing.publishedId = listing.updateId;
    return { event, id: Number(id ?? NaN) };
  }

  /** Another size at a rank; never the same one, which would be no change. */
  #change(listing: Listing, side: number, rank: number): void {
    const levels = listing.book.side(side);
    const ticks = levels.ticksAt(rank);
    const before = levels.lotsAt(rank);
    const lots = listing.freshLots(this.#random);
    levels.set(ticks, lots === before ? lots + 1 : lots);
    this.#touched(listing).side(side).add(ticks);
  }

  #touched(listing: Listing): Touched {
    let touched = this.#untold.get(listing);
    if (touched === undefined) this.#untold.set(listing, (touched = new Touched()));
    return touched;
  }

  #number(listing: Listing): string | null {
    listing.updateId += this.#step;
    return this.#numbered ? String(listing.updateId) : null;
  }
}
