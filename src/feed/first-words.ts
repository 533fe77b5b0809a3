import type { FeedOptions } from "./feed-options.ts";
import type { Link } from "./link.ts";
import type { Market } from "./market.ts";
import type { Session } from "./session.ts";
import type { Venue } from "../model/index.ts";

/** A connection without data is given up to 64 times the venue's idle time. */
const MAX_DOUBLINGS = 6;

/** Waits for the first word of every connection, and of every book that stands on a fetched snapshot. */
export class FirstWords {
  readonly #venue: Venue;
  readonly #idleMs: number;
  /** Doubts a book, or ends the doubt. */
  readonly #doubt: (market: Market, on: boolean) => void;

  constructor({ venue, idleMs }: FeedOptions, doubt: (market: Market, on: boolean) => void) {
    this.#venue = venue;
    this.#idleMs = idleMs ?? venue.heartbeat.idleMs;
    this.#doubt = doubt;
  }

  /**
   * Books whose connection is open, acknowledged, pinged, and has never brought an event may stand on a snapshot that
   * nothing follows. Such a connection is replaced, more patiently each time: perhaps it is only a quiet market.
   */
  tick(link: Link, mark: number): void {
    const { session } = link;
    if (session?.state !== "open" || link.markets.length === 0) return;
    const openFor = mark - link.openedAt;
    if (link.heard) {
      link.unheard = 0;
      if (this.#venue.snapshot.via === "rest")
        for (const market of link.markets) this.#book(market, session, openFor);
    } else if (openFor >= this.#patience(link.unheard)) {
      session.fail(`no data within ${this.#patience(link.unheard)} ms of subscribing`);
      link.unheard += 1;
    }
  }

  /** How long silence is taken for a quiet market, ms. */
  #patience(before: number): number {
    return this.#idleMs * 2 ** Math.min(before, MAX_DOUBLINGS);
  }

  /**
   * A book that stands on a fetched snapshot, and whose stream has not spoken since its connection opened, is doubted when
   * the venue's idle time is over, and asked for again: it may have been left out without a word. An event ends the doubt.
   */
  #book(market: Market, session: Session, openFor: number): void {
    if (!market.streamed && market.proved && openFor >= this.#patience(market.askedAgain)) {
      market.askedAgain += 1;
      session.resubscribe([market.bookSubscription!]);
    }
    if (market.askedAgain > 0) this.#doubt(market, !market.streamed);
    if (market.streamed) market.askedAgain = 0;
  }
}
