import { VenueReader, counterValue, readCounters } from "../../log/index.ts";
import type { Region } from "../../log/index.ts";
import { withOptions } from "../../model/index.ts";
import type { Venue } from "../../model/index.ts";
import type { Ledger, LedgerRules } from "../../quality/index.ts";
import { venueById } from "../../venues/index.ts";
import type { LaneConfig } from "../config/schema.ts";

/** What the ledger has to know of the venues of a lane, by code. Of two feeds of one venue, the first is asked. */
export function rulesOf({ feeds }: LaneConfig): (code: number) => LedgerRules {
  const known = new Map<number, LedgerRules>();
  for (const { venue: id, options } of feeds) {
    const venue = venueById(id);
    if (venue === null || venue === undefined || known.has(venue.code)) continue;
    known.set(venue.code, ruleOf(withOptions(venue, options)));
  }
  return (code) => known.get(code) ?? { trades: "opaque", book: "none", apart: true };
}

function ruleOf({ trades, book, sockets }: Venue): LedgerRules {
  const carrying = (channels: readonly string[]): string[] =>
    sockets
      .filter((one) => one.channels.some((channel) => channels.includes(channel)))
      .map((one) => one.name);
  const books = carrying(["book", "partial_book"]);
  const apart = carrying(["trade", "agg_trade"]).some((name) => !books.includes(name));
  return { trades, book, apart };
}

/** What a lane only counts, per venue: copies it dropped, connections it lost, frames it could not read. */
export interface VenueLine {
  readonly venue: string;
  /** Start of the hour, UNIX us. */
  readonly hour: number;
  readonly duplicates: Readonly<Record<string, number>>;
  readonly connections_lost: number;
  readonly bad_frames: number;
}

/** Places of a venue's counters in the region's table, and what they were at the last look and when the hour began. */
interface Counted {
  readonly code: number;
  readonly id: string;
  readonly rows: readonly number[];
  seen: number[];
  begun: number[];
}

/** Sum over a counter's rows: name, label, and what a line calls it. */
const COUNTERS = [
  ["feedhorn_reconnects_total", ""],
  ["feedhorn_bad_frames_total", ""],
  ["feedhorn_duplicates_total", 'kind="trade"'],
  ["feedhorn_duplicates_total", 'kind="quote"'],
  ["feedhorn_duplicates_total", 'kind="book"'],
  ["feedhorn_connections_up", ""],
] as const;
const [LOST, BAD, TRADES, QUOTES, BOOKS, UP] = [0, 1, 2, 3, 4, 5] as const;

/** Looks between two searches for venues that are new, which read the names of all counters; and before the first is found. */
const LOOKS = 256;
const FIRST_LOOKS = 4;

/** Reads the counters of a lane's venues and tells the ledger what they say of its connections. */
export class LedgerVenues {
  readonly #region: Region;
  #venues: Counted[] = [];
  #looks = 0;

  constructor(region: Region) {
    this.#region = region;
  }

  /** To be called before the slots are read, so that a loss is known before what came after it. `now`: UNIX us. */
  tell(ledger: Ledger, now: number): void {
    if (this.#looks++ % (this.#venues.length === 0 ? FIRST_LOOKS : LOOKS) === 0) this.#find();
    for (const one of this.#venues) {
      const values = this.#values(one);
      if (values[LOST]! > one.seen[LOST]!) ledger.doubt(one.code, "lost");
      if (values[BAD]! > one.seen[BAD]!) ledger.doubt(one.code, "bad");
      // A venue that has not connected yet was not lost.
      if (values[UP]! > 0) ledger.connected(one.code, true, now);
      else if (one.seen[UP]! > 0) ledger.connected(one.code, false, now);
      one.seen = values;
    }
  }

  /** What was counted in the hour since `begin`. */
  lines(hour: number): VenueLine[] {
    return this.#venues.map(({ id, seen, begun }) => {
      const grown = (at: number): number => seen[at]! - begun[at]!;
      return {
        venue: id,
        hour,
        duplicates: { trade: grown(TRADES), quote: grown(QUOTES), book: grown(BOOKS) },
        connections_lost: grown(LOST),
        bad_frames: grown(BAD),
      };
    });
  }

  /** A new hour. */
  begin(): void {
    for (const one of this.#venues) one.begun = one.seen;
  }

  #values({ rows }: Counted): number[] {
    return rows.map((row) => (row < 0 ? 0 : counterValue(this.#region.counters, row)));
  }

  #find(): void {
    const counters = readCounters(this.#region.counters);
    const venues = new VenueReader(this.#region.venues).all();
    const known = new Set(this.#venues.map(({ code }) => code));
    for (const { code, id } of venues) {
      const rows = COUNTERS.map(([name, label]) =>
        counters.findIndex(
          (row) => row.name === name && row.labels.includes(`venue="${id}"`) && row.labels.includes(label),
        ),
      );
      if (known.has(code) || rows.includes(-1)) continue;
      const one: Counted = { code, id, rows, seen: [], begun: [] };
      one.seen = one.begun = this.#values(one);
      this.#venues.push(one);
    }
  }
}

export function addVenueLines(a: VenueLine, b: VenueLine): VenueLine {
  const kinds = new Set([...Object.keys(a.duplicates), ...Object.keys(b.duplicates)]);
  return {
    ...b,
    duplicates: Object.fromEntries(
      [...kinds].map((kind) => [kind, (a.duplicates[kind] ?? 0) + (b.duplicates[kind] ?? 0)]),
    ),
    connections_lost: a.connections_lost + b.connections_lost,
    bad_frames: a.bad_frames + b.bad_frames,
  };
}
