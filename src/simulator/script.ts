import { CHANNELS, type Channel, type Venue } from "../model/index.ts";
import { FAULTS, FAULT_NAMES, applies, faultOf, type FaultName } from "./faults.ts";
import { Random } from "./random.ts";

/** One planned fault. `at` and `duration` are simulated milliseconds; `at` counts from the start. */
export interface ScriptEntry {
  at: number;
  fault: FaultName;
  /** Venue id; left out = any venue the fault applies to. */
  venue?: string;
  /** Native symbol; left out = any. */
  symbol?: string;
  /** For frame faults: the channel whose frame is struck; left out: the fault's own, "book" of most. */
  channel?: Channel;
  duration?: number;
  /** Strike every connection of the venue instead of one. */
  every_connection?: boolean;
}

export interface ScriptOptions {
  readonly seed: string;
  readonly venues: readonly Venue[];
  /** Native symbols of each venue, in the order of `venues`. */
  readonly symbols: readonly (readonly string[])[];
  /** Simulated ms the script covers, and when it begins. */
  readonly length: number;
  readonly start?: number;
  /** Mean faults a minute: one figure for all kinds together, or one for each kind named. */
  readonly perMinute: number | Partial<Record<FaultName, number>>;
  /** Kinds to draw from when `perMinute` is one figure; all when left out. */
  readonly kinds?: readonly FaultName[];
}

const MINUTE = 60_000;
/** Entries a script may have. */
const MAX_ENTRIES = 100_000;

/** Draws a script: Poisson arrivals per kind, each from its own stream of the seed, so kinds do not shift one another. */
export function makeScript(options: ScriptOptions): ScriptEntry[] {
  const kinds = options.kinds ?? FAULT_NAMES;
  const { perMinute } = options;
  const rates =
    typeof perMinute === "number"
      ? kinds.map((kind) => [kind, perMinute / kinds.length] as const)
      : undefined;
  const entries = (rates ?? (Object.entries(perMinute) as [FaultName, number][])).flatMap(([kind, rate]) =>
    drawKind(kind, rate, options),
  );
  return entries.toSorted((a, b) => a.at - b.at).slice(0, MAX_ENTRIES);
}

function drawKind(kind: FaultName, rate: number, options: ScriptOptions): ScriptEntry[] {
  const random = new Random(`${options.seed}/script/${kind}`);
  const venues = options.venues.flatMap((venue, i) => (applies(kind, venue) ? [{ venue, i }] : []));
  const start = options.start ?? 0;
  const entries: ScriptEntry[] = [];
  if (venues.length === 0 || !(rate > 0)) return entries;
  let at = start + random.exponential(MINUTE / rate);
  for (
    ;
    at < start + options.length && entries.length < MAX_ENTRIES;
    at += random.exponential(MINUTE / rate)
  ) {
    const { venue, i } = random.pick(venues);
    const entry: ScriptEntry = { at: Math.round(at), fault: kind, venue: venue.id };
    if (namesSymbol(kind)) entry.symbol = random.pick(options.symbols[i]!);
    entries.push(entry);
  }
  return entries;
}

/** Faults that are about one symbol always name it in a drawn script. */
function namesSymbol(kind: FaultName): boolean {
  return faultOf(kind).target === "symbol" || kind === "quiet" || kind === "drop_trades" || kind === "delist";
}

/**
 * Reads a script from parsed YAML or JSON: a list of entries. Throws TypeError that names the entry, what was
 * expected and what was seen.
 */
export function parseScript(value: unknown): ScriptEntry[] {
  if (!Array.isArray(value)) throw new TypeError(`faults: expected a list of entries, saw ${show(value)}`);
  if (value.length > MAX_ENTRIES)
    throw new TypeError(`faults: expected at most ${MAX_ENTRIES} entries, saw ${value.length}`);
  return value.map((entry, i) => parseEntry(entry, `faults[${i}]`)).toSorted((a, b) => a.at - b.at);
}

const KEYS: Record<keyof ScriptEntry, (value: unknown) => boolean> = {
  at: isTime,
  fault: (value) => typeof value === "string" && Object.hasOwn(FAULTS, value),
  venue: isText,
  symbol: isText,
  channel: (value) => CHANNELS.includes(value as Channel),
  duration: isTime,
  every_connection: (value) => typeof value === "boolean",
};

const EXPECTED: Record<keyof ScriptEntry, string> = {
  at: "milliseconds >= 0",
  fault: `one of ${FAULT_NAMES.join(" ")}`,
  venue: "a venue id",
  symbol: "a native symbol",
  channel: `one of ${CHANNELS.join(" ")}`,
  duration: "milliseconds >= 0",
  every_connection: "true or false",
};

/** One entry; `where` names it in errors. `at` may be left out: 0. */
export function parseEntry(value: unknown, where: string): ScriptEntry {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError(`${where}: expected { at, fault, ... }, saw ${show(value)}`);
  const entry: Record<string, unknown> = { at: 0, ...value };
  for (const [key, seen] of Object.entries(entry)) {
    if (!Object.hasOwn(KEYS, key))
      throw new TypeError(`${where}.${key}: unknown key; expected one of ${Object.keys(KEYS).join(" ")}`);
    const name = key as keyof ScriptEntry;
    if (!KEYS[name](seen))
      throw new TypeError(`${where}.${key}: expected ${EXPECTED[name]}, saw ${show(seen)}`);
  }
  if (entry["fault"] === undefined)
    throw new TypeError(`${where}.fault: expected ${EXPECTED.fault}, saw nothing`);
  return entry as unknown as ScriptEntry;
}

function isTime(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && Number.isFinite(value);
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value.length > 0 && value.length <= 64;
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 60);
}
