import { FAULT_NAMES, applies, faultOf } from "../../simulator/index.ts";
import type { FaultName, ScriptEntry } from "../../simulator/index.ts";
import { Random } from "../../simulator/random.ts";
import type { Venue } from "../../model/index.ts";
import { COMPANIONS } from "./storm.ts";

export interface ChaosScriptOptions {
  readonly seed: string;
  readonly venues: readonly Venue[];
  /** Native symbols by venue id. */
  readonly symbols: Readonly<Record<string, readonly string[]>>;
  /** Faults a simulated minute at each venue. */
  readonly perMinute: number;
  /** Simulated ms it covers, from 0. */
  readonly length: number;
  /** Faults to draw from; left out: all. */
  readonly only?: readonly FaultName[] | undefined;
}

/** Of those of the market: they are about all of it, or about the one listing that has a date. */
const WITHOUT_SYMBOL: ReadonlySet<FaultName> = new Set<FaultName>(["burst", "restart_ids", "expire"]);

const MINUTE = 60_000;
/** Two faults follow one another after the mean time, give or take this share of it. */
const SPREAD = 0.5;

/**
 * What strikes when: drawn from the seed and nothing else. Each venue has a deck of every fault that means anything at
 * it, shuffled anew when it is through, so that rare kinds come as often as any.
 */
export function chaosScript(options: ChaosScriptOptions): ScriptEntry[] {
  const entries = options.venues.flatMap((venue) => drawVenue(venue, options));
  return entries.toSorted((a, b) => a.at - b.at);
}

function drawVenue(venue: Venue, options: ChaosScriptOptions): ScriptEntry[] {
  const { seed, symbols, perMinute, length, only = FAULT_NAMES } = options;
  if (!only.some((name) => applies(name, venue))) return [];
  const random = new Random(`${seed}/chaos/${venue.id}`);
  const mean = MINUTE / perMinute;
  const entries: ScriptEntry[] = [];
  let deck: FaultName[] = [];
  let at = mean * random.unit();
  for (; at < length; at += mean * random.between(1 - SPREAD, 1 + SPREAD)) {
    if (deck.length === 0) deck = shuffled(venue, only, random);
    const fault = deck.pop()!;
    const entry = { at: Math.round(at), fault, venue: venue.id, symbol: random.pick(symbols[venue.id]!) };
    entries.push(takesSymbol(fault) ? entry : { at: entry.at, fault, venue: venue.id });
    const companion = COMPANIONS[fault];
    if (companion !== undefined && applies(companion, venue)) entries.push({ ...entry, fault: companion });
  }
  return entries;
}

/** A door has no symbol; the market takes one only where one instrument is meant. */
function takesSymbol(fault: FaultName): boolean {
  const { target } = faultOf(fault);
  return target !== "venue" && target !== "rest" && !WITHOUT_SYMBOL.has(fault);
}

function shuffled(venue: Venue, only: readonly FaultName[], random: Random): FaultName[] {
  return FAULT_NAMES.filter((name) => only.includes(name) && applies(name, venue))
    .map((name) => [random.unit(), name] as const)
    .toSorted((a, b) => a[0] - b[0])
    .map(([, name]) => name);
}
