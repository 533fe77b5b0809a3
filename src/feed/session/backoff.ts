export interface BackoffOptions {
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * Exponential delays with full jitter in the upper half (0.5x to 1x), so that many clients cut at the same moment
 * do not return at the same moment. `reset` after the connection has proved itself.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: () => number;
  #tries = 0;

  constructor(options: BackoffOptions, random: () => number = Math.random) {
    this.#options = options;
    this.#random = random;
  }

  get tries(): number {
    return this.#tries;
  }

  /** Milliseconds to wait before the next try. */
  next(): number {
    const full = Math.min(this.#options.maxMs, this.#options.minMs * 2 ** Math.min(this.#tries, 30));
    this.#tries += 1;
    return full / 2 + (full / 2) * this.#random();
  }

  reset(): void {
    this.#tries = 0;
  }
}
