import { boundOf, faultOf } from "../../simulator/index.ts";
import type { FaultName, FaultRecord } from "../../simulator/index.ts";
import type { Venue } from "../../model/index.ts";
import type { Outage } from "./watch.ts";

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

/** What leaves the venue's list, and is found there again by asking for it. */
const UNLISTS: ReadonlySet<FaultName> = new Set<FaultName>(["delist", "expire"]);

/** The stated bound, and what the client's own patience costs in a market that runs `speed` times faster. */
function boundAt({ fault }: FaultRecord, venue: Venue, speed: number): number {
  return boundOf(fault, venue) + (PATIENCE_MS[fault] ?? 0) * speed;
}

/** Simulated ms by which a fault has to be healed that showed at once. */
export function allowedUntil(fault: FaultRecord, venue: Venue, speed: number): number {
  return fault.until + boundAt(fault, venue, speed);
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

/**
 * Whether a fault is about the market of an outage: its own, its connection's or its whole venue's. What befalls REST
 * is no excuse where books are not fetched.
 */
export function concerns(fault: FaultRecord, { venue, symbol }: Pick<Outage, "venue" | "symbol">): boolean {
  const fetched = faultOf(fault.fault).target !== "rest" || venue.snapshot.via === "rest";
  const here = fault.symbol === null || fault.symbol === symbol || fault.connection !== null;
  return fault.venue === venue.id && here && fetched;
}

/** What is wrong with an outage: no fault explains it, or it outlived what is allowed. `slack`: ms between two looks. */
export function complaint(
  outage: Outage,
  log: readonly FaultRecord[],
  speed: number,
  slack: number,
): string | null {
  const { venue, symbol, what, from, to } = outage;
  // That an instrument is listed again, nobody learns from a venue that does not answer.
  const unlisted = log.some((fault) => UNLISTS.has(fault.fault) && concerns(fault, outage));
  const fetched = (fault: FaultRecord): boolean =>
    unlisted && fault.venue === venue.id && faultOf(fault.fault).target === "rest";
  const faults = log.filter((fault) => concerns(fault, outage) || fetched(fault));
  const { until, by } = allowance({ outage, faults, speed, slack });
  if (to <= until + slack + outage.starved) return null;
  const name = `${venue.id} ${symbol} ${what} from ${Math.round(from)} to ${Math.round(to)} ms`;
  if (by.size === 0) return `${name}: no fault explains it`;
  return `${name}: allowed until ${Math.round(until)} by ${[...by].join(", ")}`;
}
