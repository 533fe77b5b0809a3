import type { FaultName, FaultRecord } from "../../simulator/index.ts";
import { FAULT_NAMES, faultOf } from "../../simulator/index.ts";
import type { LedgerScore } from "./ledger-trial.ts";
import { COMPANIONS } from "./storm.ts";
import type { ChaosRun, JudgedOutage } from "./run.ts";
import { allowedUntil, concerns } from "./verdict.ts";
import { LOOK_MS } from "./watch.ts";

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
  /** Outages of it that no other fault prolonged. */
  alone: number;
  /**
   * Of these, the longest time from the end of the fault, or from when it showed if that was later, to live again, without what this
   * process got no turn in; simulated ms.
   */
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
  /** Trades, where ids count each of them; null where they do not, and nothing can be named. */
  trades: TradeScore | null;
  complaints: number;
}

/** Trades that did not come in their order: what the storm took of them, and what the ledger says. */
export type TradeScore = Pick<LedgerScore, "withheld" | "named" | "filled" | "never" | "lost">;

export interface ChaosScore {
  readonly faults: readonly FaultScore[];
  readonly venues: readonly VenueScore[];
}

const NO_TRADES: TradeScore = { withheld: 0, named: 0, filled: 0, never: 0, lost: 0 };

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
    venues.set(
      id,
      (row = { venue: id, runs: 0, struck: 0, outages: 0, equal: 0, trades: null, complaints: 0 }),
    );
  const outages = run.outages.filter(({ venue }) => venue.id === id);
  row.runs += 1;
  row.struck += run.faults.filter(({ venue }) => venue === id).length;
  row.outages += outages.length;
  row.equal += run.equal[id] ?? 0;
  addTrades(
    row,
    run.ledger.find(({ venue }) => venue === id),
  );
  row.complaints += outages.filter(({ complaint }) => complaint !== null).length;
}

function addTrades(row: VenueScore, ledger: LedgerScore | undefined): void {
  if (ledger?.counted !== true) return;
  const { withheld, named, filled, never, lost } = row.trades ?? NO_TRADES;
  row.trades = {
    withheld: withheld + ledger.withheld,
    named: named + ledger.named,
    filled: filled + ledger.filled,
    never: never + ledger.never,
    lost: lost + ledger.lost,
  };
}

function addFault(faults: Map<FaultName, FaultScore>, record: FaultRecord, run: ChaosRun): void {
  const { fault } = record;
  const venue = run.settings.venues.find(({ id }) => id === record.venue)!;
  const bound = allowedUntil(record, venue, run.settings.speed) - record.until;
  let row = faults.get(fault);
  if (row === undefined) {
    const undisturbed = faultOf(fault).boundMs === 0;
    row = { fault, undisturbed, struck: 0, seen: 0, healed: 0, alone: 0, worstMs: 0, boundMs: bound };
    faults.set(fault, row);
  }
  const caused = run.outages.filter((outage) => causeOf(outage, run) === record);
  row.struck += 1;
  if (caused.length > 0) row.seen += 1;
  if (caused.every(({ complaint }) => complaint === null)) row.healed += 1;
  const ended = faultOf(fault).fromStart === true ? record.at : record.until;
  for (const outage of caused) {
    if (!isAlone(outage, record, run)) continue;
    row.alone += 1;
    row.worstMs = Math.max(row.worstMs, outage.to - Math.max(ended, outage.from) - outage.starved);
  }
  row.boundMs = Math.min(row.boundMs, bound);
}

/** A fault and the one that was sent with it, so that somebody meets it, strike within this time, simulated ms. */
const PAIR_MS = 2000;

/** The disturbing faults about the market of an outage that struck before it ended and may still have kept it. */
function suspects(outage: JudgedOutage, { faults, settings }: ChaosRun): FaultRecord[] {
  const late = 2 * LOOK_MS * settings.speed;
  return faults.filter(
    (fault) =>
      concerns(fault, outage) &&
      faultOf(fault.fault).boundMs > 0 &&
      fault.at <= outage.to + late &&
      allowedUntil(fault, outage.venue, settings.speed) >= outage.from,
  );
}

/**
 * The cause of an outage: the last disturbing fault before it; what was sent along with another stands for that one.
 * What none of them explains is put down to whatever struck last.
 */
function causeOf(outage: JudgedOutage, run: ChaosRun): FaultRecord | undefined {
  const late = 2 * LOOK_MS * run.settings.speed;
  const before = (fault: FaultRecord): boolean => fault.at <= outage.from + late;
  const last = suspects(outage, run).findLast(before);
  if (last === undefined) return run.faults.findLast((fault) => concerns(fault, outage) && before(fault));
  return suspects(outage, run).find((fault) => before(fault) && arePaired(fault, last)) ?? last;
}

function arePaired(fault: FaultRecord, companion: FaultRecord): boolean {
  const apart = companion.at - fault.at;
  return COMPANIONS[fault.fault] === companion.fault && apart >= 0 && apart <= PAIR_MS;
}

/** Nothing else struck that could have made it longer. */
function isAlone(outage: JudgedOutage, cause: FaultRecord, run: ChaosRun): boolean {
  return suspects(outage, run).every((fault) => fault === cause || arePaired(cause, fault));
}
