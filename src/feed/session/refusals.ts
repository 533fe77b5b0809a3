import { subscriptionKey } from "../../model/index.ts";
import type { Subscription } from "../../model/index.ts";

/** The same refusal is told again after this long, ms. */
const TELL_AGAIN_MS = 600_000;
/** Refusals remembered; the oldest are forgotten, and told again if they come again. */
const MOST = 10_000;

/** Remembers what was refused, so that a venue that refuses the same thing again and again is told of once. */
export class Refusals {
  readonly #toldAt = new Map<string, number>();

  /** Whether this refusal, at `mark` (monotonic ms), is worth telling. */
  tells(subscription: Subscription, reason: string, mark: number): boolean {
    const key = `${subscriptionKey(subscription)} ${reason}`;
    const told = this.#toldAt.get(key);
    if (told !== undefined && mark - told < TELL_AGAIN_MS) return false;
    this.#toldAt.delete(key);
    this.#toldAt.set(key, mark);
    if (this.#toldAt.size > MOST) this.#toldAt.delete(this.#toldAt.keys().next().value!);
    return true;
  }
}
