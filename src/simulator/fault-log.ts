import type { FaultName } from "./faults.ts";

export type HealedBy = "reconnect" | "resubscribe" | "snapshot";

/** One injected fault, as it happened. Times are simulated ms since the start. */
export interface FaultRecord {
  readonly id: number;
  readonly at: number;
  /** UNIX us of the simulated market. */
  readonly ts: number;
  readonly fault: FaultName;
  readonly venue: string;
  /** Native symbol, or null when the fault is not about one. */
  readonly symbol: string | null;
  /** Id of the trade whose frame was struck. */
  readonly trade?: string;
  /** Connection number, or null when it is not about one. */
  readonly connection: number | null;
  /** When it ended or ends by itself; equals `at` for an instant. Later than that until what ends it has happened. */
  until: number;
  /** The stated bound: live again by this time (simulated ms). */
  liveBy: number;
  /** What the client was seen to do about it first, and when. */
  healedBy?: HealedBy;
  healedAt?: number;
}

/** Newest records kept; older ones leave, so that a rig may run for weeks. */
const KEPT = 10_000;

export class FaultLog {
  readonly records: FaultRecord[] = [];
  #next = 1;
  #open: FaultRecord[] = [];

  add(record: Omit<FaultRecord, "id">): FaultRecord {
    const made = { id: this.#next++, ...record };
    this.records.push(made);
    this.#open.push(made);
    if (this.records.length > KEPT) this.records.shift();
    if (this.#open.length > KEPT) this.#open.shift();
    return made;
  }

  /** Faults injected so far, also those whose record has left. */
  get total(): number {
    return this.#next - 1;
  }

  /** Notes what a client did at `at` (ms): it answers the open faults of the venue that are about this symbol or none. */
  heal(venue: string, symbol: string | null, by: HealedBy, at: number): void {
    const concerned = (record: FaultRecord): boolean =>
      record.venue === venue && (record.symbol === null || symbol === null || record.symbol === symbol);
    for (const record of this.#open) {
      if (!concerned(record)) continue;
      record.healedBy = by;
      record.healedAt = at;
    }
    this.#open = this.#open.filter((record) => record.healedBy === undefined);
  }
}
