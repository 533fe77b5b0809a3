import type { Random } from "./random.ts";

/** Grid of the walk, microseconds. */
const STEP = 100_000;
const KEPT = 4096;
/** Volatility of one step in a quiet and in a busy market (log price; about 18 % and 80 % a year). */
const QUIET = 1e-5;
const BUSY = 4.5e-5;

/**
 * A random walk of a log price with bursts, as a function of time: the walk is drawn on a 100 ms grid in order,
 * so the value at a time does not depend on who asked for which times before.
 */
export class PricePath {
  readonly #random: Random;
  readonly #origin: number;
  readonly #scale: number;
  readonly #pull: number;
  readonly #values = new Float64Array(KEPT);
  readonly #busy = new Uint8Array(KEPT);
  #last = 0;

  /** `scale` multiplies the volatility; `pull` (0..1) draws each step back to 0, for spreads that must not wander. */
  constructor(random: Random, origin: number, scale: number, pull: number) {
    this.#random = random;
    this.#origin = origin;
    this.#scale = scale;
    this.#pull = pull;
  }

  /** Log price relative to the start, at UNIX microseconds `at` (not before the origin). */
  at(at: number): number {
    const position = Math.max(0, (at - this.#origin) / STEP);
    const whole = Math.floor(position);
    this.#reach(whole + 1);
    const from = this.#values[whole % KEPT]!;
    return from + (this.#values[(whole + 1) % KEPT]! - from) * (position - whole);
  }

  /** True in a burst: volatility and activity are several times the usual. */
  busy(at: number): boolean {
    const whole = Math.max(0, Math.floor((at - this.#origin) / STEP));
    this.#reach(whole);
    return this.#busy[whole % KEPT] === 1;
  }

  #reach(target: number): void {
    while (this.#last < target) {
      const from = this.#last % KEPT;
      this.#last += 1;
      const busy = this.#busy[from] === 1 ? this.#random.chance(0.95) : this.#random.chance(0.004);
      this.#busy[this.#last % KEPT] = busy ? 1 : 0;
      const move = this.#random.normal() * (busy ? BUSY : QUIET) * this.#scale;
      this.#values[this.#last % KEPT] = this.#values[from]! * (1 - this.#pull) + move;
    }
  }
}
