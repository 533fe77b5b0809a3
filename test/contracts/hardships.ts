import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Control, MarketEvent, Venue } from "../../src/model/index.ts";
import { FIXTURES, readFrames, symbolsOf } from "./frames.ts";
import { HardshipLane } from "./hardship-lane.ts";

/** What happens to every venue sooner or later: each has a frames file `fixtures/venues/<venue>/hardships/<name>.jsonl`. */
export const HARDSHIPS = {
  error: "the venue answers with an error frame while data flows",
  maintenance: "the venue announces or enters maintenance, and comes back",
  "id-reset": "sequence numbers or ids begin anew",
  "empty-book": "a book without a level on either side",
  "one-sided-book": "a book with levels on one side only",
  halted: "trading of one symbol stops",
  delisted: "a symbol is taken off the list while it is subscribed",
} as const;

export type Hardship = keyof typeof HARDSHIPS;

/** One thing the lane told, after the frame on `line` of the hardship's file; or how everything stood at its end. */
export type Outcome =
  | { readonly hardship: string; readonly line: number; readonly event: MarketEvent }
  | { readonly hardship: string; readonly line: number; readonly control: Control }
  | { readonly hardship: string; readonly line: number; readonly report: string }
  | {
      readonly hardship: string;
      readonly counters: Readonly<Record<string, number>>;
      /** Validity and reason of every book that was ever spoken of, by native symbol. */
      readonly books: Readonly<Record<string, string>>;
    };

const OUTCOMES = "outcomes.jsonl";
const NONE = "none.json";
/** A reason is a sentence, with its source in it. */
const SHORTEST_REASON = 40;

function folderOf(venue: string): string {
  return join(FIXTURES, venue, "hardships");
}

/** Hardships of which the venue's documentation has no frame: name to the reason, a sentence with its source. */
function undocumented(venue: string): Record<string, string> {
  const path = join(folderOf(venue), NONE);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Record<string, string>) : {};
}

/** Every hardship that has a file, in the order of the table above, then what else a venue thought worth a file. */
function filesOf(venue: string): string[] {
  const folder = folderOf(venue);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const found = names
    .filter((name) => name.endsWith(".jsonl") && name !== OUTCOMES)
    .map((name) => name.slice(0, -".jsonl".length));
  const known = Object.keys(HARDSHIPS);
  return [
    ...known.filter((name) => found.includes(name)),
    ...found.filter((name) => !known.includes(name)).toSorted(),
  ];
}

/** Plays one file through a lane of its own. */
function play(venue: Venue, folder: string, hardship: string): Outcome[] {
  const lane = new HardshipLane(venue, symbolsOf(folder));
  const outcomes: Outcome[] = [];
  readFrames(join(folderOf(folder), `${hardship}.jsonl`)).forEach((frame, i) => {
    // Line 1 is the header.
    const line = i + 2;
    const { events, controls, reports } = lane.take(frame);
    for (const control of controls) outcomes.push({ hardship, line, control });
    for (const report of reports) outcomes.push({ hardship, line, report });
    for (const event of events) outcomes.push({ hardship, line, event });
  });
  outcomes.push({ hardship, ...lane.end() });
  return outcomes.map((one) => JSON.parse(JSON.stringify(one)) as Outcome);
}

function write(folder: string, outcomes: readonly Outcome[]): void {
  const lines = outcomes.map((one) => `${JSON.stringify(one)}\n`);
  writeFileSync(join(folderOf(folder), OUTCOMES), lines.join(""));
}

function expected(folder: string): Outcome[] {
  const path = join(folderOf(folder), OUTCOMES);
  if (!existsSync(path))
    throw new Error(`no ${path}: write it with WRITE_OUTCOMES=${folder}, then read every line of it`);
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Outcome);
}

/** Each hardship of a venue has a file or a reason; each file has the outcome that somebody has read. */
export function hardshipContract(venue: Venue, folder: string = venue.id): void {
  const missing = undocumented(folder);

  it.each(Object.keys(HARDSHIPS))("%s has frames, or a reason why there are none", (name) => {
    if (filesOf(folder).includes(name)) return expect(missing[name]).toBeUndefined();
    const reason = missing[name] ?? "";
    const todo = `${name} (${HARDSHIPS[name as Hardship]}): expected ${folderOf(folder)}/${name}.jsonl, or the reason in ${NONE}`;
    expect(reason.length, todo).toBeGreaterThanOrEqual(SHORTEST_REASON);
  });

  it("has no reasons for hardships nobody knows", () => {
    expect(Object.keys(missing).filter((name) => !Object.hasOwn(HARDSHIPS, name))).toEqual([]);
  });

  it("ends as it was read and agreed", () => {
    const outcomes = filesOf(folder).flatMap((name) => play(venue, folder, name));
    if (process.env["WRITE_OUTCOMES"] === folder) write(folder, outcomes);
    expect(outcomes).toEqual(expected(folder));
  });

  it("ends the same a second time", () => {
    for (const name of filesOf(folder)) expect(play(venue, folder, name)).toEqual(play(venue, folder, name));
  });
}
