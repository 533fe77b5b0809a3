import { FAULT_NAMES, applies, faultOf } from "../../simulator/index.ts";
import type { FaultName, Simulator } from "../../simulator/index.ts";
import { Random } from "../../simulator/random.ts";
import type { Venue } from "../../model/index.ts";

/** What has to happen beside a fault so that anybody meets it: a new connection, or a snapshot that is asked for. */
export const COMPANIONS: Partial<Record<FaultName, FaultName>> = {
  lose_acks: "reset",
  ignore_subscribe: "reset",
  omit_subscribe: "reset",
  rest_429: "drop",
  rest_418: "drop",
  rest_503: "drop",
  rest_hang: "drop",
  rest_reset: "drop",
  rest_truncated: "drop",
  rest_stale: "drop",
};

/** One venue's faults that have not struck yet, in the order in which they are tried. */
interface Site {
  readonly venue: Venue;
  readonly pending: FaultName[];
  /** Simulated ms of the next blow. */
  next: number;
}

export interface StormOptions {
  readonly simulator: Simulator;
  readonly venues: readonly Venue[];
  readonly seed: string;
  /** Simulated ms: from when to when it lasts, and between two blows at one venue. */
  readonly from: number;
  readonly to: number;
  readonly every: number;
  /** Kinds that do not strike. */
  readonly without?: readonly FaultName[];
}

/**
 * Every fault that means anything at a venue strikes it, one blow after another, in an order drawn from the seed. A
 * frame fault waits for its frame and may go down with its connection: what has not struck is tried again.
 */
export class Storm {
  readonly #options: StormOptions;
  readonly #random: Random;
  readonly #sites: readonly Site[];
  #read = 0;

  constructor(options: StormOptions) {
    this.#options = options;
    this.#random = new Random(`${options.seed}/storm`);
    const { venues, from, every, without = [] } = options;
    this.#sites = venues.map((venue, i) => ({
      venue,
      pending: this.#shuffled(FAULT_NAMES.filter((name) => applies(name, venue) && !without.includes(name))),
      next: from + (every * i) / venues.length,
    }));
  }

  /** What never struck, by venue. */
  missing(): Record<string, readonly FaultName[]> {
    this.#cross();
    const left = this.#sites.filter(({ pending }) => pending.length > 0);
    return Object.fromEntries(left.map(({ venue, pending }) => [venue.id, pending]));
  }

  /** `now`: simulated ms. */
  step(now: number): void {
    this.#cross();
    if (now >= this.#options.to) return;
    for (const site of this.#sites) {
      if (now < site.next) continue;
      site.next += this.#options.every;
      this.#strike(site);
    }
  }

  #strike({ venue, pending }: Site): void {
    const fault = pending.shift();
    if (fault === undefined) return;
    // Stays in the list until the log says that it struck.
    pending.push(fault);
    const companion = COMPANIONS[fault];
    const symbol = this.#random.pick(this.#options.simulator.symbols[venue.id]!);
    const named = faultOf(fault).target === "symbol" ? { symbol } : {};
    this.#options.simulator.inject({ fault, venue: venue.id, ...named });
    if (companion !== undefined && applies(companion, venue))
      this.#options.simulator.inject({ fault: companion, venue: venue.id });
  }

  /** Crosses out what has struck since the last look. */
  #cross(): void {
    const { faultLog } = this.#options.simulator;
    for (; this.#read < faultLog.length; this.#read++) {
      const { fault, venue } = faultLog[this.#read]!;
      const pending = this.#sites.find((site) => site.venue.id === venue)?.pending ?? [];
      const at = pending.indexOf(fault);
      if (at >= 0) pending.splice(at, 1);
    }
  }

  #shuffled(names: readonly FaultName[]): FaultName[] {
    return names
      .map((name) => [this.#random.between(0, 1), name] as const)
      .toSorted((a, b) => a[0] - b[0])
      .map(([, name]) => name);
  }
}
