import type { FeedOptions } from "../feed-options.ts";
import type { Link } from "./link.ts";
import type { Market } from "../market/market.ts";
import type { Session } from "./session.ts";

/** A connection without data is given up to 64 times the venue's idle time. */
const MAX_DOUBLINGS = 6;

/** Doubts a book, or ends the doubt. */
type Doubt = (market: Market, on: boolean) => void;

/**
 * Waits for the first word of a connection. Books whose connection is open, acknowledged, pinged, and has never brought an
 * event may stand on a snapshot that nothing follows. Such a connection is replaced, more patiently each time: perhaps
 * it is only a quiet market.
 */
export function awaitFirstWords(link: Link, mark: number, options: FeedOptions, doubt: Doubt): void {
  const { session } = link;
  if (session?.state !== "open" || link.markets.length === 0) return;
  const openFor = mark - link.openedAt;
  if (link.heard) {
    link.unheard = 0;
    if (options.venue.snapshot.via === "rest")
      for (const market of link.markets) awaitBook(market, session, openFor, options, doubt);
  } else if (openFor >= patience(options, link.unheard)) {
    session.fail(`no data within ${patience(options, link.unheard)} ms of subscribing`);
    link.unheard += 1;
  }
}

/** How long silence is taken for a quiet market, ms. */
function patience({ venue, idleMs }: FeedOptions, before: number): number {
  return (idleMs ?? venue.heartbeat.idleMs) * 2 ** Math.min(before, MAX_DOUBLINGS);
}

/**
 * A book that stands on a fetched snapshot, and whose stream has not spoken since its connection opened, is doubted when
 * the venue's idle time is over, and asked for again: it may have been left out without a word. An event ends the doubt.
 */
function awaitBook(
  market: Market,
  session: Session,
  openFor: number,
  options: FeedOptions,
  doubt: Doubt,
): void {
  if (!market.streamed && market.proved && openFor >= patience(options, market.askedAgain)) {
    market.askedAgain += 1;
    session.resubscribe([market.bookSubscription!]);
  }
  if (market.askedAgain > 0) doubt(market, !market.streamed);
  if (market.streamed) market.askedAgain = 0;
}
