import type { FaultName, FaultRecord } from "../simulator/index.ts";
import { FAULT_NAMES, faultOf } from "../simulator/index.ts";
import type { ChaosRun, JudgedOutage } from "./chaos-run.ts";
import { allowedUntil, concerns } from "./chaos-verdict.ts";
import { LOOK_MS } from "./chaos-watch.ts";

/** How one kind of fault went. */
export interface FaultScore {
  readonly fault: FaultName;
  /** It is promised that a sound client shows nothing of it. */
  readonly undisturbed: boolean;
  struck: number;
  /** A book left `live` because of it, as far as it is told from other faults at that time. */
  seen: number;
  /** Of those struck: everything was live within the bound. */
  healed: number;
  /** Longest time from the end of the fault, or from when it showed if that was later, to live again; simulated ms. */
  worstMs: number;
  /** The smallest bound it was given, with our own patience at that speed; simulated ms. */
  boundMs: number;
}

export interface VenueScore {
  readonly venue: string;
  runs: number;
  struck: number;
  outages: number;
  /** Live commits compared with the truth. */
  equal: number;
  complaints: number;
}

export interface ChaosScore {
  readonly faults: readonly FaultScore[];
  readonly venues: readonly VenueScore[];
}

/** Adds up what runs saw, by kind of fault and by venue. */
export function scoreOf(runs: readonly ChaosRun[]): ChaosScore {
  const faults = new Map<FaultName, FaultScore>();
  const venues = new Map<string, VenueScore>();
  for (const run of runs) {
    for (const { id } of run.settings.venues) addVenue(venues, id, run);
    for (const fault of run.faults) addFault(faults, fault, run);
  }
  const rank = (one: FaultScore): number => FAULT_NAMES.indexOf(one.fault);
  return {
    faults: [...faults.values()].toSorted((a, b) => rank(a) - rank(b)),
    venues: [...venues.values()].toSorted((a, b) => (a.venue < b.venue ? -1 : 1)),
  };
}

function addVenue(venues: Map<string, VenueScore>, id: string, run: ChaosRun): void {
  let row = venues.get(id);
  if (row === undefined)
    venues.set(id, (row = { venue: id, runs: 0, struck: 0, outages: 0, equal: 0, complaints: 0 }));
  const outages = run.outages.filter(({ venue }) => venue.id === id);
  row.runs += 1;
  row.struck += run.faults.filter(({ venue }) => venue === id).length;
  row.outages += outages.length;
  row.equal += run.equal[id] ?? 0;
  row.complaints += outages.filter(({ complaint }) => complaint !== null).length;
}

function addFault(faults: Map<FaultName, FaultScore>, record: FaultRecord, run: ChaosRun): void {
  const { fault } = record;
  const venue = run.settings.venues.find(({ id }) => id === record.venue)!;
  const bound = allowedUntil(record, venue, run.settings.speed) - record.until;
  let row = faults.get(fault);
  if (row === undefined) {
    const undisturbed = faultOf(fault).boundMs === 0;
    row = { fault, undisturbed, struck: 0, seen: 0, healed: 0, worstMs: 0, boundMs: bound };
    faults.set(fault, row);
  }
  const caused = run.outages.filter((outage) => causeOf(outage, run) === record);
  row.struck += 1;
  if (caused.length > 0) row.seen += 1;
  if (caused.every(({ complaint }) => complaint === null)) row.healed += 1;
  const ended = faultOf(fault).fromStart === true ? record.at : record.until;
  for (const { from, to } of caused) row.worstMs = Math.max(row.worstMs, to - Math.max(ended, from));
  row.boundMs = Math.min(row.boundMs, bound);
}

/**
 * The cause of an outage: of the faults before it that are about that market and not yet past their bound, the one that
 * may take longest; else the last one. Faults that disturb nobody are a cause only of what nothing else explains.
 */
function causeOf(outage: JudgedOutage, { faults, settings }: ChaosRun): FaultRecord | undefined {
  const late = 2 * LOOK_MS * settings.speed;
  const allowed = (fault: FaultRecord): number => allowedUntil(fault, outage.venue, settings.speed);
  const before = faults.filter((fault) => concerns(fault, outage) && fault.at <= outage.from + late);
  const disturbing = before.filter(({ fault }) => faultOf(fault).boundMs > 0);
  const active = disturbing.filter((fault) => allowed(fault) >= outage.from);
  const [longest] = active.toSorted((a, b) => allowed(b) - b.until - (allowed(a) - a.until));
  return longest ?? disturbing.at(-1) ?? before.at(-1);
}
