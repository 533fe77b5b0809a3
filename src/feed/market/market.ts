import {
  BookChecksum,
  BookSequencer,
  BookState,
  PendingDiffs,
  QuoteOrder,
  TradeDedup,
  makeBook,
} from "../../book/index.ts";
import type { OrderBook } from "../../book/index.ts";
import { KIND_NAMES } from "../../model/index.ts";
import type { Instrument, Sequencing, Subscription, Venue } from "../../model/index.ts";
import type { AuditTrail } from "../snapshots/audit-trail.ts";
import type { Link } from "../session/link.ts";
import type { BookCopies } from "../redundancy/copies.ts";
import { ToldTrades } from "./told-trades.ts";

/** Pending diffs of one book: enough for a minute of a busy one while its snapshot is on the way. */
const PENDING = { maxDiffs: 4096, maxLevels: 65_536 };

/** What a lane knows of one instrument it listens to. */
export class Market {
  /** Row of the region's tables. */
  readonly id: number;
  readonly symbol: string;
  readonly venue: Venue;
  instrument: Instrument;
  readonly trades: TradeDedup;
  readonly quotes = new QuoteOrder();
  readonly state = new BookState();
  /** Null when no book is subscribed. */
  readonly book: OrderBook | null;
  readonly bookSubscription: Subscription | null;
  readonly sequencer: BookSequencer;
  readonly pending = new PendingDiffs(PENDING);
  readonly checksum = new BookChecksum();
  /** The connection that carries its book, once sockets are assigned. */
  link: Link | null = null;
  /** What several connections brought of a numbered book; null: one connection brings it. */
  copies: BookCopies | null = null;
  /** The last trade that the leading one of several connections brought, where only trades cast doubt on a book. */
  ledTrade = -1;
  /** True when the top of book comes from quotes rather than from the book. */
  readonly topFromQuotes: boolean;
  /** Levels a side that the book's stream shows at most; 0 = all of them. */
  readonly shown: number;
  /** Each event is the whole of what the venue shows, and nothing is known beyond it. */
  readonly partial: boolean;
  /** What is applied to the book is noted here while it is audited. */
  trail: AuditTrail | null = null;
  /** Its last fetched snapshot ended before the book did: what lies beyond is not known. */
  limited = false;
  /** Levels a side is cut to after each event, where the venue sends no removals beyond the depth; 0 = never. */
  readonly keepDepth: number;

  /** The book has had its snapshot since the last break; `state` may doubt it for other reasons. */
  proved = false;
  /** Nothing in the book's frames would show that one is missing: whatever else casts doubt on it ends its proof. */
  readonly unproved: boolean;
  /** What the venue says its last trade was. */
  readonly told = new ToldTrades();
  /** Nobody listens to it any more: it is not asked for, and what still comes is skipped. */
  retired = false;
  /** An event of its book came on this connection; how often it was asked for again because none did. */
  streamed = false;
  askedAgain = 0;
  /** The venue refused its book: it is asked for again with the next connection, not before. */
  refused = false;
  /** What the venue's tickers say the asset is worth, quote currency, and when that was heard (mark, ms); NaN before. */
  readonly worth = new Float64Array(2).fill(NaN);
  /** Channels that its trades come from: each numbers them in its own way. */
  readonly tradeChannels: readonly ("trade" | "agg_trade")[];
  /** Venue time of the last trade that was accepted in order, halves (low, high): where a search for missing ones begins. */
  readonly tradeTime = new Int32Array(2);
  /** Its trades were cut off behind the last one that came; whether any are missing is not known. */
  tradesCut = false;
  /** A live trade was seen: from now on, trades of in-band history fill holes instead of being history. */
  tradesLive = false;
  /** A snapshot was asked for at this mark (ms) and has not come; 0 = none awaited. */
  waitingSince = 0;
  /** Ask for a snapshot at this mark (ms); 0 = nothing planned. */
  resyncAt = 0;
  /** Snapshots asked for since the book was last proved. */
  tries = 0;
  provedAt = -Infinity;
  /** Venue time and receive time of the last book event, halves (low, high). */
  readonly lastTimes = new Int32Array(4);
  /** Events heard so far by kind, history left out: what moves is not silent. */
  readonly heard = new Uint32Array(KIND_NAMES.length);
  /** In the lane's list of books to resynchronise after this commit. */
  queued = false;
  /** The last quote accepted: bid price, bid size, ask price, ask size; and TS_EVENT, TS_RECV, UPDATE_ID as halves. */
  readonly quote = new Float64Array(4);
  readonly quoteLong = new Int32Array(6);
  /** In the list of table rows to write after this commit; what of it changed. */
  touched = 0;

  /** `hot`: the book may take a megabyte to be faster at any depth. */
  constructor(
    id: number,
    venue: Venue,
    instrument: Instrument,
    subscriptions: readonly Subscription[],
    hot: boolean,
  ) {
    this.id = id;
    this.venue = venue;
    this.symbol = instrument.symbol;
    this.instrument = instrument;
    const partial = subscriptions.find((one) => one.channel === "partial_book");
    const full = subscriptions.find((one) => one.channel === "book");
    this.bookSubscription = full ?? partial ?? null;
    const rule: Sequencing = full === undefined ? "snapshotOnly" : venue.book;
    this.partial = rule === "snapshotOnly";
    this.shown = full === undefined ? 0 : (venue.bookDepth?.(full.depth) ?? 0);
    this.keepDepth = venue.keepsDepth === true ? this.shown : 0;
    // A book that is cut to some hundred levels lies in the cache as it is; the ladder is for those of any depth.
    const ladder = hot && this.keepDepth === 0;
    this.book = this.bookSubscription === null ? null : makeBook(instrument.tick, { hot: ladder });
    this.unproved = rule === "none" && this.book !== null;
    this.sequencer = new BookSequencer(rule, venue.snapshot.via);
    this.trades = new TradeDedup(venue.trades);
    this.tradeChannels = (["trade", "agg_trade"] as const).filter((name) =>
      subscriptions.some(({ channel }) => channel === name),
    );
    this.topFromQuotes = venue.quoteIsTop && subscriptions.some((one) => one.channel === "quote");
  }

  tradeAt(low: number, high: number): void {
    this.tradeTime[0] = low;
    this.tradeTime[1] = high;
  }
}

/** Bits of {@link Market.touched}. */
export const TOUCHED = { QUOTE: 1, BOOK: 2 } as const;

/** Best witnesses of an asset's price first. */
const WITNESSES: readonly Instrument["kind"][] = ["perpetual", "spot", "future", "option"];

/** What an asset is worth by the last ticker of its best witness; NaN when none has said it. */
export function worthOf(markets: readonly Market[], base: string): number {
  let best: Market | null = null;
  for (const market of markets) {
    if (market.instrument.base !== base || Number.isNaN(market.worth[0]!)) continue;
    if (best === null || better(market, best)) best = market;
  }
  return best === null ? NaN : best.worth[0]!;
}

function better(a: Market, b: Market): boolean {
  const rank = WITNESSES.indexOf(a.instrument.kind) - WITNESSES.indexOf(b.instrument.kind);
  return rank === 0 ? a.worth[1]! > b.worth[1]! : rank < 0;
}
