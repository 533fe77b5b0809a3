import type { MessageWindow, VenueLimits } from "../../model/index.ts";

/**
 * A sliding window of spent units: at most `limit` in any `windowMs`. Used for messages on a socket, new connections
 * and REST request weight. Times are monotonic milliseconds given by the caller.
 */
export class WindowBudget {
  readonly #limit: number;
  readonly #windowMs: number;
  #spent: { at: number; units: number }[] = [];
  #blockedUntil = 0;

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Units free at `now`. */
  free(now: number): number {
    this.#expire(now);
    if (now < this.#blockedUntil) return 0;
    return this.#limit - this.#spent.reduce((sum, entry) => sum + entry.units, 0);
  }

  /** Spends `units` if they fit; returns 0 when spent, otherwise the milliseconds to wait before asking again. */
  take(units: number, now: number): number {
    if (this.free(now) >= units) {
      this.#spent.push({ at: now, units });
      return 0;
    }
    if (now < this.#blockedUntil) return this.#blockedUntil - now;
    const oldest = this.#spent[0];
    return Math.max(1, oldest === undefined ? 0 : oldest.at + this.#windowMs - now);
  }

  /** The other side says that `used` units are gone in the current window: believe the larger figure. */
  observe(used: number, now: number): void {
    const ours = this.#limit - this.free(now);
    if (used > ours) this.#spent.push({ at: now, units: used - ours });
  }

  /** The other side refused: nothing for `ms`. */
  block(ms: number, now: number): void {
    this.#blockedUntil = Math.max(this.#blockedUntil, now + ms);
  }

  /** Spends `units` whether they fit or not. */
  force(units: number, now: number): void {
    this.#spent.push({ at: now, units });
  }

  /** Takes back what the last `take` spent. */
  giveBack(units: number): void {
    if (this.#spent.at(-1)?.units === units) this.#spent.pop();
  }

  #expire(now: number): void {
    while (this.#spent.length > 0 && this.#spent[0]!.at + this.#windowMs <= now) this.#spent.shift();
  }
}

/** Part of a venue's message limits that is planned for: what is said without asking (pongs, answers) needs the rest. */
const SHARE = 0.8;

/** The messages of one connection: every window of the venue's limits holds at once. */
export class MessageBudget {
  readonly #windows: readonly WindowBudget[];

  constructor({ messages, messageWindowMs, windows = [] }: VenueLimits) {
    const all: MessageWindow[] = [{ count: messages, ms: messageWindowMs }, ...windows];
    this.#windows = all.map(({ count, ms }) => new WindowBudget(Math.max(1, Math.floor(count * SHARE)), ms));
  }

  /** Spends one message if no window forbids it; returns 0 when spent, otherwise the milliseconds to wait. */
  take(now: number): number {
    const waits = this.#windows.map((window) => window.take(1, now));
    const wait = Math.max(...waits);
    if (wait > 0) this.#windows.forEach((window, i) => waits[i] === 0 && window.giveBack(1));
    return wait;
  }

  /** A message that goes out whatever the limits say. */
  spend(now: number): void {
    for (const window of this.#windows) window.force(1, now);
  }
}
