import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MarketEvent } from "../../src/model/index.ts";

/** Recorded and hand-written sessions: frames/1 files (a header line, then one JSON object per frame). */
export interface FrameLine {
  readonly ts: string;
  readonly dir: "open" | "in" | "out" | "http";
  readonly conn?: number;
  readonly url?: string;
  readonly text?: string;
  /** Of binary frames, in place of `text`. */
  readonly b64?: string;
}

/** Where the fixtures of all venues stand, a folder each. */
export const FIXTURES = new URL("../../fixtures/venues/", import.meta.url).pathname;
const CAPTURES =
  process.env["FEEDHORN_CAPTURES"] ?? new URL("../../../shared/captures/", import.meta.url).pathname;

export function readFrames(path: string): FrameLine[] {
  const [header = "", ...lines] = readFileSync(path, "utf8").trimEnd().split("\n");
  const format = (JSON.parse(header) as { format?: unknown }).format;
  if (format !== "frames/1")
    throw new Error(`${path}: expected a frames/1 header, saw ${header.slice(0, 80)}`);
  return lines.map((line) => JSON.parse(line) as FrameLine);
}

export interface Fixture {
  readonly name: string;
  readonly frames: FrameLine[];
}

/** A venue's fixture files in name order. */
export function fixturesOf(venue: string): Fixture[] {
  const folder = join(FIXTURES, venue);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(".jsonl") && name !== "expected.jsonl");
  return names.toSorted().map((name) => ({ name, frames: readFrames(join(folder, name)) }));
}

function expectedPath(venue: string): string {
  return join(FIXTURES, venue, "expected.jsonl");
}

/** Every event of every fixture, in order; null when nobody has looked at them yet. */
export function expectedOf(venue: string): MarketEvent[] | null {
  const path = expectedPath(venue);
  if (!existsSync(path)) return null;
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as MarketEvent);
}

/** Writes the expected events anew (WRITE_EXPECTED=<venue>): whoever does it reads the diff, line by line. */
export function writeExpected(venue: string, events: readonly MarketEvent[]): void {
  writeFileSync(expectedPath(venue), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
}

/** Native symbols the fixtures are about: named in origin.json, else those of the expected events. */
export function symbolsOf(venue: string): string[] {
  const path = join(FIXTURES, venue, "origin.json");
  const origin = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as { symbols?: string[] }) : {};
  return origin.symbols ?? [...new Set((expectedOf(venue) ?? []).map((event) => event.symbol))];
}

/** A recorded session, or null where this machine has none. */
export function captureOf(name: string): FrameLine[] | null {
  const path = join(CAPTURES, `${name}.frames.ndjson`);
  return existsSync(path) ? readFrames(path) : null;
}
