/**
 * What became of ids that did not come in order:
 * - open: they may still be fetched
 * - filled: they came later
 * - never_existed: the venue gave no such ids, which was proved
 * - lost: they did not come in time, or cannot come any more
 * - unknown: nothing tells whether anything is missing, or only the ledger has not read it
 */
export type Outcome = "open" | "filled" | "never_existed" | "lost" | "unknown";

/** Ids of a gap that have one outcome in common, both ends inclusive. */
export interface Part {
  from: number;
  to: number;
  outcome: Outcome;
}

/** Parts of one gap; what would split it further is not told apart any more. */
const MAX_PARTS = 1024;

/** A later answer never replaces a better one. */
const RANK: Readonly<Record<Outcome, number>> = { open: 0, unknown: 0, lost: 1, never_existed: 2, filled: 3 };

/** One hole in a stream: which ids, since when, why, and what became of them. Times are UNIX us. */
export class Gap {
  /** Start of the hour in whose row it stands. */
  readonly hour: number;
  /** Receive time of the last message before it, and of the first one behind it; NaN while there is none. */
  readonly since: number;
  until: number;
  /** Why, in a word: of REASON_NAMES, or of the ledger itself. */
  readonly cause: string;
  /** Where ids are known, sorted and without holes of their own; empty otherwise. */
  parts: Part[] = [];
  /** Of all of it; where ids are known, of the least settled part. */
  outcome: Outcome;
  /** It was counted among the settled ones. */
  counted = false;

  constructor(hour: number, since: number, until: number, cause: string, outcome: Outcome = "open") {
    this.hour = hour;
    this.since = since;
    this.until = until;
    this.cause = cause;
    this.outcome = outcome;
  }

  get from(): number {
    return this.parts[0]?.from ?? NaN;
  }

  get to(): number {
    return this.parts.at(-1)?.to ?? NaN;
  }

  /** Ids with an outcome. */
  count(outcome: Outcome): number {
    return this.parts.reduce(
      (sum, part) => sum + (part.outcome === outcome ? part.to - part.from + 1 : 0),
      0,
    );
  }

  /** All of the gap, which had no ids so far. */
  set(from: number, to: number, outcome: Outcome): void {
    this.parts = [{ from, to, outcome }];
    this.outcome = outcome;
  }

  /** Says what became of ids [from, to], as far as they are of this gap; returns of how many it was news. */
  mark(from: number, to: number, outcome: Outcome): number {
    const parts = this.parts.flatMap((part) => split(part, from, to, outcome));
    const joined = join(parts);
    if (joined.length > MAX_PARTS) return 0;
    const before = this.count(outcome);
    this.parts = joined;
    this.outcome = joined.reduce<Outcome>(
      (worst, part) => (RANK[part.outcome] < RANK[worst] ? part.outcome : worst),
      "filled",
    );
    return this.count(outcome) - before;
  }

  /** What is still open is given up. */
  giveUp(): void {
    if (this.parts.length === 0 && this.outcome === "open") this.outcome = "lost";
    for (const part of this.parts) if (part.outcome === "open") this.mark(part.from, part.to, "lost");
  }

  /** Whether the id is one of those that did not come. */
  misses(id: number): boolean {
    return this.parts.some((part) => id >= part.from && id <= part.to && part.outcome !== "filled");
  }
}

function split(part: Part, from: number, to: number, outcome: Outcome): Part[] {
  const [a, b] = [Math.max(part.from, from), Math.min(part.to, to)];
  if (a > b || RANK[outcome] <= RANK[part.outcome]) return [part];
  const parts: Part[] = [];
  if (part.from < a) parts.push({ ...part, to: a - 1 });
  parts.push({ from: a, to: b, outcome });
  if (b < part.to) parts.push({ ...part, from: b + 1 });
  return parts;
}

/** Neighbours with the same outcome become one. */
function join(parts: readonly Part[]): Part[] {
  const joined: Part[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (last?.outcome === part.outcome) last.to = part.to;
    else joined.push({ ...part });
  }
  return joined;
}
