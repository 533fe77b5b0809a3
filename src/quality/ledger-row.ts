import { halvesToText } from "../model/index.ts";
import type { Gap, Outcome } from "./gap.ts";

/** Channels of the ledger, in the order of its numbers. */
export const LEDGER_CHANNELS = [
  "trade",
  "quote",
  "book",
  "ticker",
  "index",
  "liquidation",
  "status",
] as const;

export type LedgerChannel = (typeof LEDGER_CHANNELS)[number];

/** One gap, or one stretch of it that has an outcome of its own. Times are UNIX us, ids decimal text. */
export interface LedgerGap {
  /** First and last id missing; null where the venue does not number, or nothing was told. */
  readonly from_id: string | null;
  readonly to_id: string | null;
  /** Ids missing; null where they cannot be counted. Books whose updates carry ranges of ids count the ids. */
  readonly count: number | null;
  /** Receive time of the last message before it, and of the first behind it; null while there is none. */
  readonly since: number | null;
  readonly until: number | null;
  readonly cause: string;
  readonly outcome: Outcome;
}

/** What was heard of one instrument and channel in one hour of receive time. */
export interface LedgerRow {
  readonly venue: string;
  readonly symbol: string;
  readonly instrument: string | null;
  readonly channel: LedgerChannel;
  /** Start of the hour, UNIX us. */
  readonly hour: number;
  readonly messages: number;
  /** 64-byte slots these messages took on the log. */
  readonly slots: number;
  /** Trade id, update id or sequence of the first and the last message; null where the venue gives none. */
  readonly first_id: string | null;
  readonly last_id: string | null;
  /** Receive times, UNIX us. */
  readonly first_ts: number | null;
  readonly last_ts: number | null;
  /** Messages that were fetched again after a gap. */
  readonly recovered: number;
  /** Times the venue began to count anew. */
  readonly resets: number;
  readonly gaps: readonly LedgerGap[];
  /** Gaps beyond those that are named one by one. */
  readonly gaps_unnamed: number;
  /** ms in which nothing could be heard or the book was not live, by reason. */
  readonly down_ms: Readonly<Record<string, number>>;
  /** Sum over its slots, 16 hexadecimal digits (log/slot-hash.ts): equal when the same was heard. */
  readonly hash: string;
}

/** Gaps of one row that are named one by one. */
const MAX_GAPS = 1024;

/** Where the last id stands in the words of a tally; of trades that count, it is the highest. */
export const LAST_ID = 2;

/** One row while it grows: numbers in place, the rest only when something is wrong. */
export class RowTally {
  readonly hour: number;
  messages = 0;
  slots = 0;
  recovered = 0;
  resets = 0;
  unnamed = 0;
  gaps: Gap[] = [];
  down: Map<string, number> | null = null;
  /** Receive times, UNIX us: first, last; NaN before the first. */
  readonly times = new Float64Array(2).fill(NaN);
  /** First and last id as halves (low, high); then the two sums of the hash. */
  readonly words = new Int32Array(6);

  constructor(hour: number) {
    this.hour = hour;
  }

  add(gap: Gap): void {
    if (this.gaps.length < MAX_GAPS) this.gaps.push(gap);
    else this.unnamed += 1;
  }

  /** Adds us of silence. */
  wasDown(reason: string, us: number): void {
    if (!(us > 0)) return;
    this.down ??= new Map();
    this.down.set(reason, (this.down.get(reason) ?? 0) + us);
  }

  /** Nothing was heard and nothing is to be told. */
  get empty(): boolean {
    return this.messages === 0 && this.gaps.length === 0 && this.down === null;
  }

  /** `down`: a silence that goes on, in us so far. */
  told(
    of: Pick<LedgerRow, "venue" | "symbol" | "instrument" | "channel">,
    down?: readonly [reason: string, us: number],
  ): LedgerRow {
    const { words, times } = this;
    const sums = new Map(this.down);
    if (down !== undefined && down[1] > 0) sums.set(down[0], (sums.get(down[0]) ?? 0) + down[1]);
    return {
      venue: of.venue,
      symbol: of.symbol,
      instrument: of.instrument,
      channel: of.channel,
      hour: this.hour,
      messages: this.messages,
      slots: this.slots,
      first_id: idText(words, 0),
      last_id: idText(words, LAST_ID),
      first_ts: orNull(times[0]!),
      last_ts: orNull(times[1]!),
      recovered: this.recovered,
      resets: this.resets,
      gaps: this.gaps.flatMap(gapLines),
      gaps_unnamed: this.unnamed,
      down_ms: Object.fromEntries([...sums].map(([reason, us]) => [reason, Math.round(us / 1000)])),
      hash: hex(words[4]!) + hex(words[5]!),
    };
  }
}

/** A gap as it is told: one line for each outcome its ids had. */
export function gapLines(gap: Gap): LedgerGap[] {
  const common = { since: orNull(gap.since), until: orNull(gap.until), cause: gap.cause };
  if (gap.parts.length === 0) {
    const count = gap.outcome === "never_existed" ? 0 : null;
    return [{ from_id: null, to_id: null, count, ...common, outcome: gap.outcome }];
  }
  return gap.parts.map(({ from, to, outcome }) => ({
    from_id: String(from),
    to_id: String(to),
    count: to - from + 1,
    ...common,
    outcome,
  }));
}

/** Two rows of the same hour and stream, the older first: what two runs of a gateway heard. */
export function mergeRows(a: LedgerRow, b: LedgerRow): LedgerRow {
  const reasons = new Set([...Object.keys(a.down_ms), ...Object.keys(b.down_ms)]);
  return {
    ...b,
    messages: a.messages + b.messages,
    slots: a.slots + b.slots,
    first_id: a.first_id ?? b.first_id,
    last_id: b.last_id ?? a.last_id,
    first_ts: a.first_ts ?? b.first_ts,
    last_ts: b.last_ts ?? a.last_ts,
    recovered: a.recovered + b.recovered,
    resets: a.resets + b.resets,
    gaps: [...a.gaps, ...b.gaps],
    gaps_unnamed: a.gaps_unnamed + b.gaps_unnamed,
    down_ms: Object.fromEntries(
      [...reasons].map((reason) => [reason, (a.down_ms[reason] ?? 0) + (b.down_ms[reason] ?? 0)]),
    ),
    hash: sumHash(a.hash, b.hash),
  };
}

/** The hash of both together. */
export function sumHash(a: string, b: string): string {
  return [0, 8]
    .map((at) => hex(Number.parseInt(a.slice(at, at + 8), 16) + Number.parseInt(b.slice(at, at + 8), 16)))
    .join("");
}

function idText(words: Int32Array, at: number): string | null {
  const text = halvesToText(words[at + 1]!, words[at]!);
  return text === "0" ? null : text;
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}
