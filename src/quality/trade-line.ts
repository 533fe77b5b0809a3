import type { Gap } from "./gap.ts";

/** What an id says of the line of ids it stands in. */
export const STEP = {
  /** The first one, or the one after the highest. */
  NEXT: 1,
  /** Ids before it are missing: `missingFrom` to `missingTo`. */
  GAP: 2,
  /** It was missing: the gap in `filled` has it now. */
  FILLED: 3,
  /** Older than the first one that was heard. */
  EARLY: 4,
  /** Heard before. */
  REPEAT: 5,
  /** The venue counts anew: ids missing since then are in `missing`. */
  RESET: 6,
} as const;

export type Step = (typeof STEP)[keyof typeof STEP];

/** Ids of a new line after which the venue is held to have renumbered: as many as the lane waits for (book/dedup). */
const RESET_RUN = 64;
/** Largest step inside a line that is not believed in yet. */
const RESET_STEP = 1000;
/** Gaps per stream that can still be filled. */
const MAX_GAPS = 4096;

/** A line of ids below the highest one, perhaps that of a venue that counts anew. */
interface Candidate {
  from: number;
  high: number;
  heard: number;
  missing: Set<number>;
}

/**
 * The ids of one stream whose venue counts each message: which came, and exactly which did not. It is fed what the lane
 * has let through, so that an id comes twice only when the venue numbers anew.
 */
export class TradeLine {
  /** After GAP. */
  missingFrom = 0;
  missingTo = 0;
  /** After FILLED. */
  filled: Gap | null = null;
  /** After RESET: ranges of the new line that did not come. */
  missing: [from: number, to: number][] = [];
  /** Gaps that can still be filled, by growing ids. */
  gaps: Gap[] = [];
  #high: number;
  #floor: number;
  #candidate: Candidate | null = null;
  /** The highest id of the numbering before this one, -1 when there was none. */
  #former = -1;

  /** `high`: the highest id heard in an earlier run, -1 when there was none. */
  constructor(high = -1) {
    this.#high = high;
    this.#floor = high;
  }

  get high(): number {
    return this.#high;
  }

  /** `fetched`: it did not come by itself, so it says nothing of where the venue counts. */
  accept(id: number, fetched: boolean): Step {
    const high = this.#high;
    if (id === high + 1 || high < 0) return this.#advance(id, STEP.NEXT);
    // Fetched for a hole of the numbering before: above this one, and no gap of it.
    if (fetched && id > high && id <= this.#former) return STEP.EARLY;
    if (id > high) {
      this.missingFrom = high + 1;
      this.missingTo = id - 1;
      return this.#advance(id, STEP.GAP);
    }
    this.filled = this.gapOf(id);
    if (this.filled !== null) return STEP.FILLED;
    if (!fetched && this.#renumbered(id)) return STEP.RESET;
    return id < this.#floor ? STEP.EARLY : STEP.REPEAT;
  }

  /** The gap that an id is missing in. */
  gapOf(id: number): Gap | null {
    let [low, end] = [0, this.gaps.length];
    while (low < end) {
      const middle = (low + end) >> 1;
      if (this.gaps[middle]!.to < id) low = middle + 1;
      else end = middle;
    }
    const gap = this.gaps[low];
    return gap?.misses(id) === true ? gap : null;
  }

  /** Keeps a gap above all others, so that it can be filled. Returns the one that had to leave for it, or null. */
  keep(gap: Gap): Gap | null {
    this.gaps.push(gap);
    return this.gaps.length > MAX_GAPS ? this.gaps.shift()! : null;
  }

  /** Nothing of these can come any more. */
  forget(done: (gap: Gap) => boolean): void {
    this.gaps = this.gaps.filter((gap) => !done(gap));
  }

  #advance(id: number, step: Step): Step {
    if (this.#high < 0) this.#floor = id;
    this.#high = id;
    this.#candidate = null;
    return step;
  }

  #renumbered(id: number): boolean {
    const one = this.#candidate;
    if (one === null || id < one.from - RESET_STEP || id > one.high + RESET_STEP) {
      this.#candidate = { from: id, high: id, heard: 1, missing: new Set() };
      return false;
    }
    if (id > one.high) for (let k = one.high + 1; k < id; k++) one.missing.add(k);
    else if (id < one.from) for (let k = id + 1; k < one.from; k++) one.missing.add(k);
    else if (!one.missing.delete(id)) return false;
    one.from = Math.min(one.from, id);
    one.high = Math.max(one.high, id);
    one.heard += 1;
    if (one.heard < RESET_RUN) return false;
    this.missing = ranges([...one.missing].toSorted((a, b) => a - b));
    this.#floor = one.from;
    this.#former = this.#high;
    this.#high = one.high;
    this.#candidate = null;
    return true;
  }
}

function ranges(ids: readonly number[]): [number, number][] {
  const found: [number, number][] = [];
  for (const id of ids) {
    const last = found.at(-1);
    if (last !== undefined && last[1] === id - 1) last[1] = id;
    else found.push([id, id]);
  }
  return found;
}
