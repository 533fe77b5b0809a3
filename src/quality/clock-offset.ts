/** Where a venue's clock stands against ours: venue minus us, microseconds, positive when the venue is ahead. */
export interface ClockEstimate {
  /** Middle of what is possible, us. */
  readonly offset: number;
  /** Half of what is possible, us: the truth is within offset +- error. */
  readonly error: number;
}

/** Evidence is kept by windows, the best of each, for half an hour. */
const WINDOW_US = 10_000_000;
const WINDOWS = 180;
/** Two clocks without any discipline drift apart by less than this: 50 in a million each. */
const DRIFT = 100e-6;
/** So many windows in a row that all differ from those before by more than this, us, are a step. */
const PROOF = 3;
const STEP_US = 5000;

/** What one window proves: the offset is at least `lower` (as of `lowerAt`) and at most `upper`. NaN: nothing. */
interface Evidence {
  readonly index: number;
  /** The best of all events; one stamp alone may be wrong, so that the second best counts. */
  first: number;
  lower: number;
  lowerAt: number;
  upper: number;
  upperAt: number;
}

/**
 * The offset of one venue's clock, from evidence as it comes. Both kinds are inequalities, none is a guess:
 * - An event stamped `v` by the venue and received at `r` was not received before it happened: the offset is at least
 *   v - r. The fastest of many come near the truth, from below.
 * - An answer stamped `v` to a request sent at `s` and received at `r` was stamped in between: the offset is at least
 *   v - r and at most v + resolution - s, where stamps are cut to `resolution`.
 * Clocks drift: evidence of `t` ago holds give or take DRIFT * t. Clocks step: what contradicts newer evidence is
 * dropped, and so is what the fastest events of half a minute differ from; dropping costs precision, never truth.
 * Times are UNIX us of our clock.
 */
export class ClockOffset {
  #windows: Evidence[] = [];
  /** Times a clock stepped, theirs or ours. */
  steps = 0;

  /** An event stamped `venue` was received at `received`. */
  event(venue: number, received: number): void {
    const window = this.#window(received);
    const bound = venue - received;
    if (!(bound <= window.first)) {
      this.#below(window, window.first, received);
      window.first = bound;
    } else this.#below(window, bound, received);
  }

  /** An answer stamped `venue`, cut to `resolution` us, to a request sent at `sent` was received at `received`. */
  answer(sent: number, venue: number, received: number, resolution = 0): void {
    const window = this.#window(received);
    this.#below(window, venue - received, received);
    const bound = venue + resolution - sent;
    if (bound >= window.upper) return;
    window.upper = bound;
    window.upperAt = received;
  }

  /** Null while one of the sides is not limited. */
  estimate(now: number): ClockEstimate | null {
    this.#reconcile(now);
    const { lower, upper } = reckon(this.#windows, now);
    if (Number.isNaN(lower) || Number.isNaN(upper)) return null;
    return { offset: (lower + upper) / 2, error: (upper - lower) / 2 };
  }

  #below(window: Evidence, bound: number, at: number): void {
    if (!(bound > window.lower || (Number.isNaN(window.lower) && !Number.isNaN(bound)))) return;
    window.lower = bound;
    window.lowerAt = at;
  }

  #window(now: number): Evidence {
    const index = Math.floor(now / WINDOW_US);
    const last = this.#windows.at(-1);
    if (last?.index === index) return last;
    this.#stepped();
    const fresh = { index, first: NaN, lower: NaN, lowerAt: now, upper: Infinity, upperAt: now };
    this.#windows.push(fresh);
    if (this.#windows.length > WINDOWS) this.#windows.shift();
    return fresh;
  }

  /** The fastest events of the last windows are all slower, or all faster, than those before ever were. */
  #stepped(): void {
    const known = this.#windows.filter(({ lower }) => !Number.isNaN(lower));
    const recent = known.slice(-PROOF);
    const before = known.slice(0, -PROOF);
    if (before.length < PROOF) return;
    const now = recent.at(-1)!.lowerAt;
    const { lower } = reckon(before, now);
    const back = recent.every((one) => one.lower < lower - STEP_US);
    const forth = recent.every((one) => one.lower > lower + STEP_US);
    if (back || forth) this.#dropBefore(recent[0]!.index);
  }

  /** From the newest evidence back, as far as all of it can be true together. */
  #reconcile(now: number): void {
    let [lower, upper] = [-Infinity, Infinity];
    for (const one of this.#windows.toReversed()) {
      const bounds = reckon([one], now);
      if (bounds.lower > lower) lower = bounds.lower;
      if (bounds.upper < upper) upper = bounds.upper;
      if (lower > upper) return this.#dropBefore(one.index + 1);
    }
  }

  #dropBefore(index: number): void {
    this.steps += 1;
    this.#windows = this.#windows.filter((one) => one.index >= index);
  }
}

/** The best bounds of these windows at `now`; NaN where there is none. */
function reckon(windows: readonly Evidence[], now: number): { lower: number; upper: number } {
  let [lower, upper] = [-Infinity, Infinity];
  for (const one of windows) {
    const below = one.lower - DRIFT * Math.max(0, now - one.lowerAt);
    if (below > lower) lower = below;
    upper = Math.min(upper, one.upper + DRIFT * Math.max(0, now - one.upperAt));
  }
  return { lower: lower === -Infinity ? NaN : lower, upper: upper === Infinity ? NaN : upper };
}
