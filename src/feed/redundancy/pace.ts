import { MAX_COPIES } from "../../book/index.ts";
import type { Time } from "../lane-core.ts";

/** Delays remembered per connection. */
const WINDOW = 64;
/** An event that a connection has not brought so long after the first copy, ms, counts as that late. */
const LATE_MS = 1000;

export interface SlowRule {
  /** Events decided between the connections, since the last change among them. */
  readonly wins: number;
  /** Delays known of each connection. */
  readonly samples: number;
  /** A connection is slow when its median delay is so many times that of the best, and so many ms more. */
  readonly factor: number;
  readonly marginMs: number;
}

export const SLOW: SlowRule = { wins: 1000, samples: 32, factor: 2, marginMs: 1 };

/**
 * Which of several connections is how fast: who brought each event first, and, for one event at a time, how much later
 * the others brought it. A connection is known by its place, 0 to 7.
 */
export class Pace {
  /** Events brought first from each place; and how many those were when a connection came or went last. */
  readonly wins = new Float64Array(MAX_COPIES);
  readonly #before = new Float64Array(MAX_COPIES);
  readonly #time: Pick<Time, "mark">;
  readonly #delays = new Float64Array(MAX_COPIES * WINDOW);
  readonly #counts = new Uint32Array(MAX_COPIES);
  /** The event that is followed: who has not brought it yet (bits), which it is, when it came first (mark, ms). */
  #waiting = 0;
  #market = -1;
  #lo = 0;
  #hi = 0;
  readonly #at = new Float64Array(1);
  /** Connections that are up, as bits. */
  #up = 0;

  constructor(time: Pick<Time, "mark">) {
    this.#time = time;
  }

  /** A connection came or went: what was learned of its place is of another. */
  join(place: number, up: boolean): void {
    this.#up = up ? this.#up | (1 << place) : this.#up & ~(1 << place);
    this.#waiting &= this.#up;
    this.#counts[place] = 0;
    this.#before.set(this.wins);
  }

  /** `place` brought an event first. */
  first(place: number, market: number, lo: number, hi: number): void {
    this.wins[place]! += 1;
    const { mark } = this.#time;
    if (this.#waiting !== 0 && mark - this.#at[0]! < LATE_MS) return;
    this.#close();
    this.#market = market;
    this.#lo = lo | 0;
    this.#hi = hi | 0;
    this.#at[0] = mark;
    this.#waiting = this.#up & ~(1 << place);
    this.#note(place, 0);
  }

  /** `place` brought a copy. */
  again(place: number, market: number, lo: number, hi: number): void {
    const bit = 1 << place;
    if (
      (this.#waiting & bit) === 0 ||
      market !== this.#market ||
      (lo | 0) !== this.#lo ||
      (hi | 0) !== this.#hi
    )
      return;
    this.#waiting &= ~bit;
    this.#note(place, this.#time.mark - this.#at[0]!);
  }

  /** Who never brought it is late, at least. */
  #close(): void {
    for (let place = 0; place < MAX_COPIES; place++)
      if ((this.#waiting & (1 << place)) !== 0) this.#note(place, LATE_MS);
  }

  #note(place: number, delay: number): void {
    this.#delays[place * WINDOW + (this.#counts[place]! % WINDOW)] = delay;
    this.#counts[place]! += 1;
  }

  /** Median delay of a connection against the first copy, ms; NaN while nothing is known. */
  delay(place: number): number {
    const known = Math.min(WINDOW, this.#counts[place]!);
    if (known === 0) return NaN;
    const from = place * WINDOW;
    const sorted = this.#delays.subarray(from, from + known).toSorted();
    return sorted[known >> 1]!;
  }

  /** The slowest of the connections that are up, when it is worth a change; -1 otherwise. */
  slowest(rule: SlowRule = SLOW): number {
    let [worst, most, least, wins] = [-1, -1, Infinity, 0];
    for (let place = 0; place < MAX_COPIES; place++) {
      if ((this.#up & (1 << place)) === 0) continue;
      if (this.#counts[place]! < rule.samples) return -1;
      const delay = this.delay(place);
      wins += this.wins[place]! - this.#before[place]!;
      least = Math.min(least, delay);
      if (delay > most) [worst, most] = [place, delay];
    }
    const slow = most >= rule.factor * least && most - least >= rule.marginMs;
    return slow && wins >= rule.wins ? worst : -1;
  }
}
