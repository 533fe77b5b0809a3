import type { LaneCore } from "./lane-core.ts";
import type { Market } from "./market/market.ts";
import type { Meters } from "./meters.ts";
import type { Session } from "./session/session.ts";
import { VALIDITY } from "../model/index.ts";
import type { Nanos } from "../model/index.ts";

/** How one feed is doing. */
export interface FeedState {
  /** Row of the venues table, and of each gauge: those of the venue, which several feeds of a lane may share. */
  readonly row: number;
  readonly meters: Meters;
  /** INSTRUMENT_STATUS of the venue as this feed heard it. */
  readonly state: number;
  /** The worst of its books. */
  readonly validity: number;
  readonly connections: number;
  readonly connectionsUp: number;
  readonly reconnects: number;
  readonly markets: number;
  readonly books: number;
  readonly booksLive: number;
  readonly snapshots: number;
  readonly snapshotsFailed: number;
  readonly rateLimited: number;
  readonly lastRecv: Nanos;
}

const SUMS = [
  "connections",
  "connectionsUp",
  "reconnects",
  "markets",
  "books",
  "booksLive",
  "snapshots",
  "snapshotsFailed",
  "rateLimited",
] as const;

/** Writes each venue's gauges and its row: sums over its feeds, and the worst of what cannot be added. */
export function publishGauges(core: LaneCore, feeds: readonly FeedState[]): void {
  const venues = new Map<number, FeedState>();
  for (const one of feeds) {
    const before = venues.get(one.row);
    venues.set(one.row, before === undefined ? one : both(before, one));
  }
  for (const one of venues.values()) publish(core, one);
}

function both(a: FeedState, b: FeedState): FeedState {
  const sums = Object.fromEntries(SUMS.map((key) => [key, a[key] + b[key]])) as Pick<
    FeedState,
    (typeof SUMS)[number]
  >;
  return {
    ...a,
    ...sums,
    state: Math.max(a.state, b.state),
    validity: Math.max(a.validity, b.validity),
    lastRecv: later(b.lastRecv, a.lastRecv) ? b.lastRecv : a.lastRecv,
  };
}

function publish({ counters, venues }: LaneCore, one: FeedState): void {
  const { meters } = one;
  counters.set(meters.connectionsUp, one.connectionsUp);
  counters.set(meters.connections, one.connections);
  counters.set(meters.booksWanted, one.books);
  counters.set(meters.booksLive, one.booksLive);
  counters.set(meters.markets, one.markets);
  counters.set(meters.snapshots, one.snapshots);
  counters.set(meters.snapshotsFailed, one.snapshotsFailed);
  counters.set(meters.rateLimited, one.rateLimited);
  venues.write(one.row, one.state, one.validity, one.connectionsUp, one.reconnects, one.lastRecv);
}

export function later(a: Nanos, b: Nanos): boolean {
  return a.hi === b.hi ? a.lo >>> 0 > b.lo >>> 0 : a.hi > b.hi;
}

/** The figures of a feed's instruments and connections. */
export function countsOf(
  markets: readonly Market[],
  sessions: readonly Session[],
): Pick<
  FeedState,
  "validity" | "connections" | "connectionsUp" | "reconnects" | "markets" | "books" | "booksLive"
> {
  const books = markets.filter((one) => one.book !== null);
  return {
    validity: books.reduce((sum, one) => Math.max(sum, one.state.validity), VALIDITY.LIVE as number),
    connections: sessions.length,
    connectionsUp: sessions.filter((one) => one.state === "open").length,
    reconnects: sessions.reduce((sum, one) => sum + one.reconnects, 0),
    markets: markets.length,
    books: books.length,
    booksLive: books.filter((one) => one.state.live).length,
  };
}
