import type { LedgerQuery } from "../../servers/ledger.ts";
import { HOUR_US } from "../../quality/index.ts";
import type { LedgerRow } from "../../quality/index.ts";
import type { LaneGap } from "./lane.ts";
import type { VenueLine } from "./venues.ts";

/** Where rows come from: a running gateway's memory, or its files. */
export interface LedgerBooks {
  readonly name: string;
  /** The oldest first. */
  readonly hours: readonly number[];
  page(hour: number): {
    readonly rows: readonly LedgerRow[];
    readonly venues: readonly VenueLine[];
    readonly gaps: readonly LaneGap[];
  };
}

export type InLane<T> = T & { readonly lane: string };

/** Answer of GET /ledger. Times are UNIX us. */
export interface LedgerReport {
  /** Start of the oldest hour there is anything of, before any choice; null when there is none. */
  readonly kept_from: number | null;
  /** More rows fit the question than its limit: ask for less at a time. */
  readonly truncated: boolean;
  /** The newest hour first. */
  readonly rows: InLane<LedgerRow>[];
  readonly venues: InLane<VenueLine>[];
  readonly lane_gaps: InLane<LaneGap>[];
}

/** The rows that a question is about. */
export function select(books: readonly LedgerBooks[], query: LedgerQuery): LedgerReport {
  const report: LedgerReport & { truncated: boolean } = {
    kept_from: oldest(books),
    truncated: false,
    rows: [],
    venues: [],
    lane_gaps: [],
  };
  const lanes = books.filter(({ name }) => query.lane === undefined || name === query.lane);
  for (const hour of hoursOf(lanes, query))
    for (const lane of lanes) if (lane.hours.includes(hour)) addHour(report, lane, hour, query);
  return report;
}

function addHour(
  report: LedgerReport & { truncated: boolean },
  books: LedgerBooks,
  hour: number,
  query: LedgerQuery,
): void {
  const { rows, venues, gaps } = books.page(hour);
  const lane = books.name;
  for (const row of rows.filter((one) => fits(one, query))) {
    if (report.rows.length < query.limit) report.rows.push({ ...row, lane });
    else report.truncated = true;
  }
  if (report.venues.length < query.limit)
    for (const line of venues)
      if (query.venue === undefined || line.venue === query.venue) report.venues.push({ ...line, lane });
  for (const gap of gaps)
    if (!report.lane_gaps.some((one) => one.lane === lane && one.from === gap.from && one.to === gap.to))
      report.lane_gaps.push({ ...gap, lane });
}

function oldest(books: readonly LedgerBooks[]): number | null {
  const hours = books.flatMap((one) => one.hours.slice(0, 1));
  return hours.length === 0 ? null : Math.min(...hours);
}

function hoursOf(books: readonly LedgerBooks[], { from = -Infinity, to = Infinity }: LedgerQuery): number[] {
  const hours = [...new Set(books.flatMap((one) => one.hours))];
  return hours.filter((hour) => hour + HOUR_US > from && hour < to).toSorted((a, b) => b - a);
}

function fits(row: LedgerRow, { venue, symbol, channel, gaps }: LedgerQuery): boolean {
  if (venue !== undefined && row.venue !== venue) return false;
  if (symbol !== undefined && row.symbol !== symbol && row.instrument !== symbol) return false;
  if (channel !== undefined && row.channel !== channel) return false;
  return !gaps || row.gaps.length + row.gaps_unnamed > 0;
}
