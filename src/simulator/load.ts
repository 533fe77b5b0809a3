import type { Exchange } from "./exchange.ts";

/** Bounds of the book changes per second and instrument that the pace may ask for. */
const SLOWEST = 0.1;
const FASTEST = 1e6;
/** Where the rate goes back to when nobody listens. */
const RESTING = 20;
/** How far one correction goes at most. */
const STEP = 2.5;

/**
 * Holds the messages sent per real second near a target by turning the market's rate up and down. Every frame is
 * encoded from the market's true state, so sequences, checksums and books stay valid at any load.
 */
export class Pace {
  readonly #exchanges: readonly Exchange[];
  readonly #target: number;
  #messages = 0;
  #at: number;

  constructor(exchanges: readonly Exchange[], messagesPerSecond: number, nowMs: number) {
    if (!(messagesPerSecond > 0))
      throw new RangeError(`load.messagesPerSecond: expected a number above 0, saw ${messagesPerSecond}`);
    this.#exchanges = exchanges;
    this.#target = messagesPerSecond;
    this.#at = nowMs;
  }

  /**
   * Corrects the rate from what was sent since the last call. Call a few times a second. `saturated`: this thread
   * had no time left in between, so the rate only goes down.
   */
  correct(nowMs: number, saturated: boolean): void {
    const messages = this.#exchanges.reduce((sum, exchange) => sum + exchange.stats.messages, 0);
    const measured = ((messages - this.#messages) * 1000) / Math.max(1, nowMs - this.#at);
    this.#messages = messages;
    this.#at = nowMs;
    const factor = Math.max(1 / STEP, Math.min(saturated ? 0.9 : STEP, this.#target / measured));
    for (const { market } of this.#exchanges)
      market.rate = messages === 0 || measured === 0 ? RESTING : clamp(market.rate * factor);
  }
}

function clamp(rate: number): number {
  return Math.max(SLOWEST, Math.min(FASTEST, rate));
}
