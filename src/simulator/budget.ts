/** A fixed-window budget, as venues count requests: `take` spends, or says no until the window is over. */
export class Budget {
  readonly #limit: number;
  readonly #windowMs: number;
  #start = -Infinity;
  #used = 0;

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  take(nowMs: number, cost = 1): boolean {
    if (nowMs >= this.#start + this.#windowMs) {
      this.#start = nowMs;
      this.#used = 0;
    }
    this.#used += cost;
    return this.#used <= this.#limit;
  }

  get used(): number {
    return this.#used;
  }

  /** Milliseconds until the window ends. */
  left(nowMs: number): number {
    return Math.max(0, this.#start + this.#windowMs - nowMs);
  }
}
