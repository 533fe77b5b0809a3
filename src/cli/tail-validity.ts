import type { Lane } from "../client/index.ts";
import type { MarketEvent } from "../model/index.ts";

/** How far a book may be trusted, and why; "none" where there is nothing to say. */
export interface Standing {
  readonly validity: string;
  readonly reason: string;
}

/**
 * Validity of every book as of the event being looked at. The log tells of every change; what held before the first
 * change stands in the table, which tells of now: it is taken only for books of which no change lies in between.
 */
export class ValidityTrack {
  readonly #lane: Lane;
  readonly #states = new Map<string, Standing>();
  /** Slots were lost, and with them perhaps changes. */
  #unsure = false;

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  /** Takes the table's word, but not for books whose state changes in what `ahead` has to read. */
  begin(ahead: Lane): void {
    this.#readTable();
    ahead.poll((event) => {
      if (isChange(event)) this.#states.delete(keyOf(event));
    });
  }

  /** Validity when the event was written; null when nothing has told. */
  of(event: MarketEvent): Standing | null {
    const key = keyOf(event);
    if (isChange(event)) this.#states.set(key, { validity: event.state, reason: event.reason ?? "none" });
    return this.#states.get(key) ?? null;
  }

  /** Slots were lost: nothing is known until the log tells, or the reader has caught up with the table. */
  lost(): void {
    this.#states.clear();
    this.#unsure = true;
  }

  /** Everything that was polled was looked at; the table is of the same moment when nothing was written around it. */
  caughtUp(): void {
    if (!this.#unsure || this.#lane.lag > 0) return;
    this.#readTable();
    this.#unsure = this.#lane.lag > 0;
    if (this.#unsure) this.#states.clear();
  }

  #readTable(): void {
    for (const row of this.#lane.instruments()) {
      const top = this.#lane.top(row.id);
      if (top === null) continue;
      const { validity, reason } = top;
      this.#states.set(`${this.#lane.venueOf(row)} ${row.symbol}`, { validity, reason });
    }
  }
}

function keyOf({ venue, symbol }: MarketEvent): string {
  return `${venue} ${symbol}`;
}

function isChange(event: MarketEvent): event is MarketEvent & { type: "status" } {
  return event.type === "status" && event.scope === "book";
}
