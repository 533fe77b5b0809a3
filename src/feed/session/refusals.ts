import type { BookKeeper } from "../market/book-keeper.ts";
import type { LaneCore, ReportLevel } from "../lane-core.ts";
import type { Latest } from "../market/latest.ts";
import type { Market } from "../market/market.ts";
import type { Meters } from "../meters.ts";
import { REASON, subscriptionKey } from "../../model/index.ts";
import type { Subscription } from "../../model/index.ts";

/** The same refusal is told again after this long, ms. */
const TELL_AGAIN_MS = 600_000;
/** Refusals remembered; the oldest are forgotten, and told again if they come again. */
const MOST = 10_000;

export interface RefusalParts {
  readonly core: LaneCore;
  readonly keeper: BookKeeper;
  readonly latest: Latest;
  readonly meters: Meters;
  marketOf(symbol: string): Market | undefined;
  report(level: ReportLevel, message: string, facts: Record<string, unknown>): void;
}

/** What a venue would not do: counted each time, and told once while it refuses the same thing again and again. */
export class Refusals {
  readonly #parts: RefusalParts;
  readonly #toldAt = new Map<string, number>();

  constructor(parts: RefusalParts) {
    this.#parts = parts;
  }

  /** It will not send this; `silent`: it has not said that it will. */
  refused(subscription: Subscription, reason: string, silent: boolean): void {
    const { core, meters, marketOf, report } = this.#parts;
    const { channel, symbol } = subscription;
    core.counters.add(meters.refused, 1);
    const market = marketOf(symbol);
    if (market !== undefined && !silent && market.bookSubscription?.channel === channel) this.#refuse(market);
    if (this.#tells(subscription, reason, core.time.mark))
      report("error", "subscription refused", { channel, symbol, reason });
  }

  /** Nobody confirmed that this ends: what still comes of it is skipped, and counts in the venue's limits. */
  goesOn(subscription: Subscription, reason: string): void {
    const { core, meters, report } = this.#parts;
    const { channel, symbol } = subscription;
    core.counters.add(meters.goesOn, 1);
    if (this.#tells(subscription, `end: ${reason}`, core.time.mark))
      report("warn", "unsubscribing was not confirmed", { channel, symbol, reason });
  }

  /** A book that the venue will not send is not asked for again and again, and says why it is not live. */
  #refuse(market: Market): void {
    const { core, keeper, latest } = this.#parts;
    if (market.refused || market.proved) return;
    market.refused = true;
    market.state.break(REASON.VENUE);
    latest.validity(market);
    core.time.read(core.now);
    keeper.appendState(market);
    core.writer.ring.commit();
  }

  #tells(subscription: Subscription, reason: string, mark: number): boolean {
    const key = `${subscriptionKey(subscription)} ${reason}`;
    const told = this.#toldAt.get(key);
    if (told !== undefined && mark - told < TELL_AGAIN_MS) return false;
    this.#toldAt.delete(key);
    this.#toldAt.set(key, mark);
    if (this.#toldAt.size > MOST) this.#toldAt.delete(this.#toldAt.keys().next().value!);
    return true;
  }
}
