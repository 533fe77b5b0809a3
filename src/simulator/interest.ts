import type { Channel, Level } from "../model/index.ts";
import { CHECKSUM_LEVELS } from "./checksum.ts";
import type { BookSide } from "./level-book.ts";
import type { Listing } from "./listing.ts";
import { type Feed, type Session, streamKey } from "./session.ts";
import type { TruthBook } from "./truth.ts";

const PROVEN_LEVELS = CHECKSUM_LEVELS - 2;

/**
 * A book seen through a subscribed depth. Clients truncate to the depth after every change, the venue sends no
 * removal for a level that is pushed out and sends it again when it comes back (`keepsDepth` of the venue).
 * The worst price of each side is all that must be remembered to find what came back into range.
 */
export class View {
  readonly depth: number;
  readonly listing: Listing;
  readonly truth: TruthBook;
  readonly feeds: Feed[] = [];
  #shown: number;
  #bidEdge: number;
  #askEdge: number;

  constructor(depth: number, listing: Listing, truth: TruthBook) {
    this.depth = depth;
    this.listing = listing;
    this.truth = truth;
    this.#shown = listing.book.hashTop(PROVEN_LEVELS);
    this.#bidEdge = this.#edge(listing.book.bids, -Infinity);
    this.#askEdge = this.#edge(listing.book.asks, Infinity);
  }

  /**
   * Whether a checksum gives away that a client missed what changed since the last call: the next event, which may
   * push a level down by one, must still find the difference among the levels it covers.
   */
  shows(): boolean {
    const before = this.#shown;
    this.#shown = this.listing.book.hashTop(PROVEN_LEVELS);
    return this.#shown !== before;
  }

  /** Changes a side's view needs since the last call, best first; moves the edge. */
  diff(): { bids: Level[]; asks: Level[] } {
    const { book, touched } = this.listing;
    const bidEdge = this.#edge(book.bids, -Infinity);
    const askEdge = this.#edge(book.asks, Infinity);
    const bids = this.#side(book.bids, touched.bids, this.#bidEdge, bidEdge);
    const asks = this.#side(book.asks, touched.asks, this.#askEdge, askEdge);
    this.#bidEdge = bidEdge;
    this.#askEdge = askEdge;
    return { bids: bids.toSorted((a, b) => b[0] - a[0]), asks: asks.toSorted((a, b) => a[0] - b[0]) };
  }

  /** Worst visible price in ticks, or `all` when the whole side is visible. */
  #edge(side: BookSide, all: number): number {
    return side.count > this.depth ? side.ticksAt(this.depth - 1) : all;
  }

  #side(side: BookSide, touched: ReadonlySet<number>, before: number, after: number): Level[] {
    const out: Level[] = [];
    for (const ticks of touched) {
      const rank = side.rankBeyond(ticks) - 1;
      const present = rank >= 0 && rank < side.count && side.ticksAt(rank) === ticks;
      if (side.within(ticks, present ? after : before)) out.push(levelOf(side, ticks));
    }
    for (let rank = side.rankBeyond(before); rank < Math.min(this.depth, side.count); rank++)
      if (!touched.has(side.ticksAt(rank))) out.push([side.priceAt(rank), side.sizeAt(rank)]);
    return out;
  }
}

/** The level now at `ticks`, size 0 when there is none. */
export function levelOf(side: BookSide, ticks: number): Level {
  return [side.priceOfTicks(ticks), side.sizeOfLots(side.lotsOf(ticks))];
}

/** Who wants what of one listing. */
export class Interest {
  readonly listing: Listing;
  readonly views = new Map<number, View>();
  /** The last number of each depth's view, where views are numbered; it outlives the view. */
  readonly #counts = new Map<number, number>();
  readonly #feeds = new Map<Channel, Feed[]>();
  /** Best of both sides as last quoted. */
  readonly quoted = new Float64Array(4);
  /** There were trades since the last change. */
  traded = false;
  /** Version last shown to partial-book feeds. */
  shown = -1;

  constructor(listing: Listing) {
    this.listing = listing;
  }

  /** The number of a view's last event, or of its first state. */
  count(depth: number): number {
    return this.#counts.get(depth) ?? this.listing.publishedId;
  }

  /** The number of a view's next event: one up, as each depth is a stream of its own. */
  nextCount(depth: number): number {
    const next = this.count(depth) + 1;
    this.#counts.set(depth, next);
    return next;
  }

  /** Views are numbered anew, from where their listing is now; returns the depths that had numbers. */
  renumber(): number[] {
    const depths = [...this.#counts.keys()];
    this.#counts.clear();
    return depths;
  }

  feeds(channel: Channel): Feed[] {
    let feeds = this.#feeds.get(channel);
    if (feeds === undefined) this.#feeds.set(channel, (feeds = []));
    return feeds;
  }

  add(feed: Feed): void {
    this.feeds(feed.subscription.channel).push(feed);
  }

  remove(session: Session, key: string | null): void {
    const leaves = (feed: Feed): boolean =>
      feed.session === session && (key === null || streamKey(feed.subscription) === key);
    for (const feeds of [...this.#feeds.values(), ...[...this.views.values()].map((view) => view.feeds)])
      for (let i = feeds.length - 1; i >= 0; i--) if (leaves(feeds[i]!)) feeds.splice(i, 1);
    for (const [depth, view] of this.views) if (view.feeds.length === 0) this.views.delete(depth);
  }
}
