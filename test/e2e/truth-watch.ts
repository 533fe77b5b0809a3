import type { Market } from "../../src/feed/market.ts";
import { boundOf } from "../../src/simulator/index.ts";
import type { FaultName, FaultRecord } from "../../src/simulator/index.ts";
import type { Venue } from "../../src/model/index.ts";
import type { Rig } from "./rig.ts";
import { TruthReader } from "./truth-reader.ts";
import type { TruthKey } from "./truth-reader.ts";

/** A stretch of simulated ms in which a market was not live, or was live and behind. */
export interface Outage {
  readonly venue: Venue;
  readonly symbol: string;
  readonly what: "not live" | "live but behind the venue";
  readonly from: number;
  to: number;
  /** Simulated ms within it for which this process got no turn: at its beginning, what came before. */
  starved: number;
}

/** A live book may be this much behind the venue, simulated ms: what the machine needs, not what a fault may cost. */
const BEHIND_MS = 25_000;

/** Real ms between two looks. */
export const LOOK_MS = 20;

/** Watches every market from the log alone. */
export class Watch {
  readonly outages: Outage[] = [];
  readonly reader: TruthReader;
  readonly markets: readonly Market[];
  readonly #rig: Rig;
  readonly #origin: number;
  readonly #speed: number;
  readonly #keys: ReadonlyMap<number, TruthKey>;
  readonly #open = new Map<number, Outage>();
  readonly #behind = new Map<number, Outage>();
  /** When it was looked last, real ms, and how much later than intended all looks came together, simulated ms. */
  #looked = performance.now();
  #starved = 0;

  /** `origin`: simulated UNIX us at the start; `speed`: of the market. */
  constructor(rig: Rig, origin: number, speed: number) {
    this.#rig = rig;
    this.#speed = speed;
    this.#origin = origin;
    this.markets = rig.lane.feeds.flatMap((feed) => feed.markets);
    this.#keys = new Map(
      this.markets.map((one) => [one.id, { venue: one.venue, symbol: one.symbol, depth: one.keepDepth }]),
    );
    this.reader = new TruthReader(rig.handle.region, rig.simulator.truth, (id) => this.#keys.get(id) ?? null);
    this.reader.reader.seekOldest();
  }

  /** Simulated ms since the start. */
  get now(): number {
    return (this.#rig.simulator.now() - this.#origin) / 1000;
  }

  look(): void {
    this.#attend();
    this.reader.poll();
    const { now } = this;
    for (const market of this.markets) {
      const live = this.reader.live(market.id);
      this.#note(this.#open, market, "not live", !live, now);
      this.#note(this.#behind, market, "live but behind the venue", live && this.#late(market), now);
    }
  }

  /** Market and client live in one process: where it gets no turn on a crowded machine, nobody heals anything. */
  #attend(): void {
    const now = performance.now();
    const late = now - this.#looked - LOOK_MS;
    if (late > LOOK_MS) this.#starved += late * this.#speed;
    this.#looked = now;
  }

  #note(open: Map<number, Outage>, market: Market, what: Outage["what"], bad: boolean, now: number): void {
    const begun = open.get(market.id);
    if (begun !== undefined && !bad) {
      begun.to = now;
      begun.starved = this.#starved - begun.starved;
    }
    if (!bad) open.delete(market.id);
    if (!bad || begun !== undefined) return;
    const outage = {
      venue: market.venue,
      symbol: market.symbol,
      what,
      from: now,
      to: Infinity,
      starved: this.#starved,
    };
    open.set(market.id, outage);
    this.outages.push(outage);
  }

  /** The venue has shown a state that is younger than what this book stands at, and long ago. */
  #late(market: Market): boolean {
    const { venue, symbol, depth } = this.#keys.get(market.id)!;
    const next = this.#rig.simulator.truth
      .book(venue.id, symbol, depth)
      .after(this.reader.lastKey(market.id));
    return next !== null && this.#rig.simulator.now() - next.ts > BEHIND_MS * 1000;
  }

  get allLive(): boolean {
    return this.#open.size === 0 && this.outages.length > 0;
  }
}

/** A loss nobody can see shows at the next event of its symbol; the quietest ones speak this often, ms. */
const QUIET_MS = 60_000;

/** Our own timers run in real time: what a client waits for an answer that never comes, real ms. */
const PATIENCE_MS: Partial<Record<FaultName, number>> = {
  rest_hang: 15_000,
  hang_upgrade: 10_000,
  // Tries that fail are repeated after 0.25, 0.5, 1, 2 s and more, as often as faults follow one another.
  rest_503: 4_000,
  rest_reset: 4_000,
  rest_truncated: 4_000,
  rest_stale: 4_000,
};

/** The stated bound, and what the client's own patience costs in a market that runs `speed` times faster. */
function boundAt({ fault }: FaultRecord, venue: Venue, speed: number): number {
  return boundOf(fault, venue) + (PATIENCE_MS[fault] ?? 0) * speed;
}

/** What faults one outage is judged by. */
interface Case {
  readonly outage: Outage;
  /** Faults of its venue that are about it, in the order in which they struck. */
  readonly faults: readonly FaultRecord[];
  readonly speed: number;
  readonly slack: number;
}

/**
 * Until when the outage is allowed, and by which faults. A bound counts from the end of the fault or from the moment it
 * could be seen, whichever is later; a fault that strikes before the bound of those before it is over may prolong it.
 */
function allowance({ outage, faults, speed, slack }: Case): { until: number; by: Set<string> } {
  let until = -Infinity;
  const by = new Set<string>();
  for (const fault of faults) {
    const bound = boundAt(fault, outage.venue, speed);
    const began = fault.at <= outage.from + slack && fault.until + bound + QUIET_MS >= outage.from;
    if (!began && (fault.at < outage.from || fault.at > until)) continue;
    until = Math.max(until, Math.max(fault.until, outage.from) + bound);
    by.add(fault.fault);
  }
  return { until, by };
}

/** What is wrong with an outage: no fault explains it, or it outlived what is allowed. `slack`: ms between two looks. */
export function complaint(
  outage: Outage,
  log: readonly FaultRecord[],
  speed: number,
  slack: number,
): string | null {
  const { venue, symbol, what, from, to } = outage;
  const faults = log.filter(
    (fault) =>
      fault.venue === venue.id &&
      (fault.symbol === null || fault.symbol === symbol || fault.connection !== null),
  );
  const { until, by } = allowance({ outage, faults, speed, slack });
  if (to <= until + slack + outage.starved) return null;
  const name = `${venue.id} ${symbol} ${what} from ${Math.round(from)} to ${Math.round(to)} ms`;
  if (by.size === 0) return `${name}: no fault explains it`;
  return `${name}: allowed until ${Math.round(until)} by ${[...by].join(", ")}`;
}
