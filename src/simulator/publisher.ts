import type { BookEvent, Channel, MarketEvent, Subscription, TradeEvent, Venue } from "../model/index.ts";
import { bookChecksum } from "./checksum.ts";
import { Events } from "./events.ts";
import { Interest, View, levelOf } from "./interest.ts";
import type { Fill, Listing } from "./listing.ts";
import type { Market, MarketSink } from "./market.ts";
import type { Random } from "./random.ts";
import { type Feed, type Session, carries, streamKey } from "./session.ts";
import type { Truth, TruthBook } from "./truth.ts";

/** Depth of a truncated book when the client names none, and of a partial book. */
const DEFAULT_DEPTH = 10;
const PARTIAL_DEPTH = 20;
/** Share of seconds with a liquidation, per perpetual. */
const LIQUIDATIONS = 0.05;

/** Trades of each listing and channel that are kept for whoever missed them: at least so many, where there were. */
const PAST_TRADES = 5000;

/** Below this, ids are not divided any more. */
const LOWEST = 100_000;

/** Trades of each listing that can be sent again. */
const RECENT_TRADES = 32;

type TradeChannel = "trade" | "agg_trade";

/** Channels that go on after their first event. */
const STREAMS: ReadonlySet<Channel> = new Set<Channel>([
  "trade",
  "agg_trade",
  "quote",
  "book",
  "partial_book",
  "ticker",
  "liquidation",
]);

/** Turns the market's changes into what each client asked for, and the truth into what checkers ask for. */
export class Publisher implements MarketSink {
  /** Simulated time of what is being published. */
  time: number;
  /** Told of every trade there is, before anybody is sent it. */
  onMade: ((symbol: string, id: number) => void) | null = null;
  readonly #venue: Venue;
  readonly #market: Market;
  readonly #truth: Truth;
  readonly #random: Random;
  readonly #events: Events;
  readonly #interests: readonly Interest[];
  readonly #bySymbol = new Map<string, Interest>();
  /** The full book's truth; null where only truncated views are published. */
  readonly #full = new Map<Listing, TruthBook>();
  /** True when book events carry the ids of changes; otherwise ts_event names a state. */
  readonly #numbered: boolean;
  readonly #truncates: boolean;
  /** The venue lists past trades. */
  readonly #keeps: boolean;
  /** The last trades of each listing, oldest first, as they were sent. */
  readonly #recent = new Map<Listing, TradeEvent[]>();
  readonly #past: Record<TradeChannel, Map<Listing, TradeEvent[]>> = {
    trade: new Map(),
    agg_trade: new Map(),
  };
  readonly #proves: boolean;
  readonly #immediate: boolean;

  constructor(venue: Venue, market: Market, truth: Truth, random: Random, origin: number) {
    this.time = origin;
    this.#venue = venue;
    this.#market = market;
    this.#truth = truth;
    this.#random = random;
    this.#events = new Events(venue.id);
    this.#numbered = isNumbered(venue);
    this.#truncates = venue.keepsDepth === true;
    this.#keeps = venue.server.history !== undefined;
    this.#proves = venue.book === "checksum";
    this.#immediate = venue.server.bookBatchMs === 0;
    this.#interests = market.listings.map((listing) => new Interest(listing));
    for (const interest of this.#interests) this.#register(interest);
  }

  fill(listing: Listing, fill: Fill): void {
    this.time = listing.time;
    const interest = this.#interestOf(listing);
    interest.traded = true;
    const skipped = listing.skipped;
    listing.skipped = 0;
    listing.tradeId += skipped;
    for (const lots of fill.makers) {
      listing.tradeId += 1;
      this.onMade?.(listing.instrument.symbol, listing.tradeId);
      this.#trade(interest, "trade", fill, lots, listing.tradeId);
    }
    listing.aggregateId += 1 + skipped;
    const lots = fill.makers.reduce((sum, part) => sum + part, 0);
    this.#trade(interest, "agg_trade", fill, lots, listing.aggregateId);
  }

  /** Trades of a listing that the venue still has, oldest first. */
  past(listing: Listing, channel: TradeChannel): readonly TradeEvent[] {
    return this.#past[channel].get(listing) ?? [];
  }

  #trade(interest: Interest, channel: TradeChannel, fill: Fill, lots: number, id: number): void {
    const feeds = interest.feeds(channel);
    const kept = this.#keeps ? this.#past[channel] : null;
    if (feeds.length === 0 && kept === null) return;
    const { listing } = interest;
    const event = this.#events.trade(listing, fill, lots, id);
    if (feeds.length > 0) {
      this.#send(feeds, event);
      if (channel === "trade") this.#remember(listing, event);
    }
    if (kept === null) return;
    const list = kept.get(listing);
    if (list === undefined) kept.set(listing, [event]);
    else if (list.push(event) > 2 * PAST_TRADES) list.splice(0, PAST_TRADES);
  }

  #remember(listing: Listing, event: TradeEvent): void {
    const recent = this.#recent.get(listing);
    if (recent === undefined) this.#recent.set(listing, [event]);
    else if (recent.push(event) > 2 * RECENT_TRADES) recent.splice(0, RECENT_TRADES);
  }

  /** Sends the last trades of a symbol again to whoever of `session` streams them. */
  replay(session: Session, symbol: string, count: number): void {
    for (const interest of this.#named(symbol)) {
      const again = (this.#recent.get(interest.listing) ?? []).slice(-count);
      for (const feed of interest.feeds("trade").filter((one) => one.session === session))
        for (const event of again) session.deliver(feed, event, false);
    }
  }

  changed(listing: Listing): void {
    this.time = listing.time;
    const interest = this.#interestOf(listing);
    if (this.#numbered) this.#record(listing, listing.updateId, listing.time);
    if (this.#venue.quoteIsTop || interest.traded) this.#quote(interest);
    interest.traded = false;
    if (this.#immediate) this.#publish(interest, listing.time);
  }

  /** Publishes what has changed since the last batch, then the snapshots that clients wait for. */
  batch(at: number): void {
    this.time = at;
    for (const interest of this.#interests) {
      if (!this.#immediate) this.#publish(interest, at);
      this.#partial(interest);
      for (const feed of interest.feeds("book")) if (!feed.synced) this.#snapshot(interest, feed);
    }
  }

  /** Once a second: tickers and forced orders. */
  second(at: number): void {
    this.time = at;
    for (const interest of this.#interests) {
      const tickers = interest.feeds("ticker");
      if (tickers.length > 0) this.#send(tickers, this.#tickerOf(interest.listing));
      const forced = this.#random.chance(LIQUIDATIONS);
      const { listing } = interest;
      if (!forced || listing.instrument.kind !== "perpetual") continue;
      const event = this.#events.liquidation(
        listing,
        at,
        this.#random.chance(0.5),
        listing.freshLots(this.#random),
      );
      this.#send(interest.feeds("liquidation"), event);
    }
  }

  /**
   * Queues an event made elsewhere for whoever streams that channel of its listing, and has the snapshot it begins
   * with; returns for how many that was.
   */
  offer(listing: Listing, channel: Channel, event: MarketEvent): number {
    const interest = this.#interestOf(listing);
    if (event.type === "book" && this.#numbered && this.#truncates) return this.#offerViews(interest, event);
    const feeds = interest.feeds(channel).filter((feed) => feed.synced);
    this.#send(feeds, event);
    return feeds.length;
  }

  /** Where each depth is a stream of its own, it has its own numbers; the event keeps those it was last sent with. */
  #offerViews(interest: Interest, event: MarketEvent & { type: "book" }): number {
    let takers = 0;
    for (const view of interest.views.values()) {
      event.prev_seq = this.#seq(interest.count(view.depth));
      event.seq = this.#seq(interest.nextCount(view.depth));
      const feeds = view.feeds.filter((feed) => feed.synced);
      this.#send(feeds, { ...event });
      takers += feeds.length;
    }
    return takers;
  }

  /** The venue counts anew, changes of books and trades, far below all it gave so far; false when it is as low as it gets. */
  renumber(): boolean {
    const { listings } = this.#market;
    if (listings.some(({ tradeId, updateId }) => Math.min(tradeId, updateId) < LOWEST)) return false;
    this.#market.renumber();
    this.#recent.clear();
    for (const interest of this.#interests) this.#renumberBooks(interest);
    return true;
  }

  #renumberBooks(interest: Interest): void {
    const { listing } = interest;
    if (!this.#numbered) return;
    const full = this.#full.get(listing);
    full?.renumber();
    if (full !== undefined) this.#record(listing, listing.updateId, listing.time);
    // Where events link, the first of the new numbers says which old one it follows. Where they count up, nothing does.
    if (this.#venue.book !== "prevLink") {
      listing.publishedId = listing.updateId;
      const { symbol } = listing.instrument;
      for (const depth of interest.renumber()) this.#truth.book(this.#venue.id, symbol, depth).renumber();
    }
    for (const view of interest.views.values())
      this.#recordView(view, interest.nextCount(view.depth), this.time);
  }

  /** What is listed under a name now. */
  listing(symbol: string): Listing | undefined {
    const listing = this.#bySymbol.get(symbol)?.listing;
    return listing?.listed === true ? listing : undefined;
  }

  /** Starts the streams of a subscription ("" = every listing) and sends what the venue sends first. */
  open(session: Session, subscription: Subscription): void {
    if (!carries(session.endpoint, subscription.channel)) return;
    for (const interest of this.#named(subscription.symbol)) this.#open(session, subscription, interest);
  }

  close(session: Session, subscription: Subscription | null): void {
    const key = subscription === null ? null : streamKey(subscription);
    const named = subscription === null ? this.#interests : this.#named(subscription.symbol);
    for (const interest of named) interest.remove(session, key);
  }

  /** Sends the full book again to whoever of `session` streams it (null symbol = every book). */
  resnapshot(session: Session, symbol: string | null): void {
    for (const interest of symbol === null ? this.#interests : this.#named(symbol))
      for (const feed of interest.feeds("book")) if (feed.session === session) feed.synced = false;
  }

  /** Full book over REST: the state of this moment, also between two batches. */
  restSnapshot(listing: Listing, depth: number): BookEvent & { type: "book" } {
    return this.#events.snapshot(listing, listing.time, depth, this.#seq(listing.updateId));
  }

  #register(interest: Interest): void {
    const { listing } = interest;
    const { symbol } = listing.instrument;
    this.#bySymbol.set(symbol, interest);
    for (const alias of this.#venue.aliases(symbol)) this.#bySymbol.set(alias, interest);
    if (this.#truncates) return;
    this.#full.set(listing, this.#truth.book(this.#venue.id, symbol));
    if (this.#numbered) this.#record(listing, listing.updateId, listing.time);
  }

  #named(symbol: string): readonly Interest[] {
    if (symbol === "") return this.#interests.filter(({ listing }) => listing.listed);
    const interest = this.#bySymbol.get(symbol);
    return interest === undefined ? [] : [interest];
  }

  #interestOf(listing: Listing): Interest {
    return this.#bySymbol.get(listing.instrument.symbol)!;
  }

  #seq(id: number): string | null {
    return this.#numbered ? String(id) : null;
  }

  #record(listing: Listing, key: number, ts: number): void {
    this.#full.get(listing)?.record(key, ts, listing.book.hash(), listing.book, Infinity);
  }

  #send(feeds: readonly Feed[], event: MarketEvent, provable = true): void {
    for (const feed of feeds) if (feed.synced) feed.session.deliver(feed, event, provable);
  }

  #open(session: Session, subscription: Subscription, interest: Interest): void {
    const { channel } = subscription;
    const { listing } = interest;
    const first = this.#venue.server.sendsSnapshot(subscription);
    const feed: Feed = { session, subscription, listing, synced: channel !== "book" || !first };
    if (STREAMS.has(channel)) interest.add(feed);
    if (channel === "book" && this.#truncates) this.#view(interest, subscription).feeds.push(feed);
    const event = first ? this.#firstOf(channel, interest) : null;
    if (event !== null) this.#send([feed], { ...event, flags: ["snapshot"] });
  }

  /** The state a channel begins with; null where a book begins with the next batch, or there is none. */
  #firstOf(channel: Channel, { listing }: Interest): MarketEvent | null {
    if (channel === "ticker") return this.#tickerOf(listing);
    if (channel === "quote") return this.#events.quote(listing, this.time, this.#seq(listing.updateId));
    return channel === "instrument" ? this.#events.instrument(listing, this.time) : null;
  }

  #view(interest: Interest, subscription: Subscription): View {
    const depth = subscription.depth ?? DEFAULT_DEPTH;
    const { listing, views } = interest;
    let view = views.get(depth);
    if (view === undefined) {
      view = new View(depth, listing, this.#truth.book(this.#venue.id, listing.instrument.symbol, depth));
      views.set(depth, view);
      if (this.#numbered) this.#recordView(view, interest.nextCount(depth), this.time);
    }
    return view;
  }

  #quote(interest: Interest): void {
    const { listing, quoted } = interest;
    const { bids, asks } = listing.book;
    const same =
      quoted[0] === bids.ticksAt(0) &&
      quoted[1] === bids.lotsAt(0) &&
      quoted[2] === asks.ticksAt(0) &&
      quoted[3] === asks.lotsAt(0);
    if (same) return;
    quoted[0] = bids.ticksAt(0);
    quoted[1] = bids.lotsAt(0);
    quoted[2] = asks.ticksAt(0);
    quoted[3] = asks.lotsAt(0);
    const feeds = interest.feeds("quote");
    if (feeds.length > 0)
      this.#send(feeds, this.#events.quote(listing, listing.time, this.#seq(listing.updateId)));
  }

  #publish(interest: Interest, at: number): void {
    const { listing } = interest;
    if (listing.touched.empty) return;
    // A batch shows the state at its own time; a change published at once already has one.
    const ts = this.#immediate ? listing.time : listing.stamp(at);
    if (this.#truncates) for (const view of interest.views.values()) this.#publishView(interest, view, ts);
    else this.#publishFull(interest, ts);
    listing.touched.clear();
    listing.publishedId = listing.updateId;
  }

  #publishFull(interest: Interest, ts: number): void {
    const { listing } = interest;
    if (!this.#numbered) this.#record(listing, ts, ts);
    const feeds = interest.feeds("book");
    if (feeds.length === 0) return;
    const { book, touched } = listing;
    const bids = Array.from(touched.bids, (ticks) => levelOf(book.bids, ticks)).toSorted(
      (a, b) => b[0] - a[0],
    );
    const asks = Array.from(touched.asks, (ticks) => levelOf(book.asks, ticks)).toSorted(
      (a, b) => a[0] - b[0],
    );
    const seq = this.#seq(listing.updateId);
    this.#send(
      feeds,
      this.#events.book(listing, ts, "update", bids, asks, seq, this.#seq(listing.publishedId)),
    );
  }

  #publishView(interest: Interest, view: View, ts: number): void {
    const { listing } = interest;
    const { bids, asks } = view.diff();
    if (bids.length === 0 && asks.length === 0) return;
    const last = interest.count(view.depth);
    const seq = this.#numbered ? interest.nextCount(view.depth) : ts;
    this.#recordView(view, seq, ts);
    const event = this.#events.book(listing, ts, "update", bids, asks, this.#seq(seq), this.#seq(last));
    this.#prove(event, listing);
    this.#send(view.feeds, event, this.#numbered || view.shows());
  }

  /** The state of a view under its number or, where it has none, its time. */
  #recordView(view: View, key: number, ts: number): void {
    const { book } = view.listing;
    view.truth.record(key, ts, book.hashTop(view.depth), book, view.depth);
  }

  #snapshot(interest: Interest, feed: Feed): void {
    const { listing } = interest;
    const { symbol } = listing.instrument;
    if (feed.session.gate.silent(symbol)) return;
    const ts = listing.stamp(this.time);
    const view = this.#truncates ? this.#view(interest, feed.subscription) : null;
    const depth = view === null ? Infinity : view.depth;
    const id = view === null ? listing.updateId : interest.count(depth);
    const event = this.#events.snapshot(listing, ts, depth, this.#seq(id));
    if (view !== null) this.#prove(event, listing);
    if (!this.#numbered && view !== null) this.#recordView(view, ts, ts);
    else if (!this.#numbered) this.#record(listing, ts, ts);
    feed.synced = true;
    feed.session.deliver(feed, event, true);
  }

  /** Puts the checksum on an event, where the venue sends one. */
  #prove(event: BookEvent, listing: Listing): void {
    if (this.#proves) event.checksum = bookChecksum(listing.book);
  }

  #partial(interest: Interest): void {
    const { listing } = interest;
    const feeds = interest.feeds("partial_book");
    if (feeds.length === 0 || interest.shown === listing.version) return;
    interest.shown = listing.version;
    for (const feed of feeds) {
      const depth = feed.subscription.depth ?? PARTIAL_DEPTH;
      this.#send([feed], this.#events.snapshot(listing, listing.time, depth, this.#seq(listing.updateId)));
    }
  }

  #tickerOf(listing: Listing): MarketEvent {
    const index = this.#market.index(listing, this.time);
    return this.#events.ticker(listing, this.time, index, this.#market.fair(listing, this.time));
  }
}

/** Whether the venue's book events carry numbers of their own. */
export function isNumbered(venue: Venue): boolean {
  return venue.book === "contiguous" || venue.book === "prevLink" || venue.book === "overlap";
}
