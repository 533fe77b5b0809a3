import type { Lane } from "../client/index.ts";
import type { MarketEvent } from "../model/index.ts";

/** Validity of every book as of the event being looked at: what the table said at the start, then what the log says. */
export class ValidityTrack {
  readonly #lane: Lane;
  readonly #states = new Map<string, string>();

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  /** Takes the table's word: right for what is written from now on, not for what was written before. */
  readTable(): void {
    this.#states.clear();
    for (const row of this.#lane.instruments()) {
      const top = this.#lane.top(row.id);
      if (top !== null) this.#states.set(`${this.#lane.venueOf(row)} ${row.symbol}`, top.validity);
    }
  }

  /** Validity when the event was written; null when nothing has told yet. */
  of(event: MarketEvent): string | null {
    const key = `${event.venue} ${event.symbol}`;
    if (event.type === "status" && event.scope === "book") this.#states.set(key, event.state);
    return this.#states.get(key) ?? null;
  }
}
