import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { copySegments, LineFile, newFolder, openTape, writeTextFile } from "../../store/index.ts";
import type { Tape, TapeSession } from "../../store/index.ts";
import { readLedger } from "../ledger/client.ts";
import { packageVersion } from "../version.ts";
import { readAbout } from "./about.ts";
import { exportFrames } from "./export.ts";
import { readmeOf } from "./incident-text.ts";
import { sessionAt, tapeFolderOf, timeText } from "./open.ts";
import { fromJournal, fromReplay, slotsIn } from "./window.ts";
import type { Numbered, Window } from "./window.ts";

/** Each file of an incident, and the copy of the tape, bytes at most. */
const MAX_FILE = 1 << 28;
const MAX_TAPE = 2 ** 31;

export interface IncidentOptions extends Window {
  readonly data: string;
  readonly lane?: string;
  /** Folder that is made. */
  readonly output: string;
  /** How the time was understood, in words. */
  readonly asked: string;
  readonly tell: (line: string) => void;
}

export interface Incident {
  readonly output: string;
  readonly lane: string;
  readonly frames: number;
  readonly events: number;
  readonly ledgerRows: number;
  /** What is not there, and why. */
  readonly missing: readonly string[];
}

/** Gathers everything that is kept of a window of time. Throws when there is no tape of it, or the folder is there already. */
export async function gatherIncident(options: IncidentOptions): Promise<Incident> {
  const { data, output, from, to, tell } = options;
  const tape = openTape(tapeFolderOf(data, options.lane));
  try {
    const session = sessionAt(tape, from, tell);
    const lane = readAbout(session.about)?.lane ?? options.lane ?? "main";
    if (slotsIn(session, options) === null)
      throw new Error(`expected a tape of ${timeText(from)} to ${timeText(to)}, saw ${spanText(tape)}`);
    newFolder(output);
    const missing: string[] = [...tape.refused];
    const frames = await writeFrames(tape, options, missing);
    const events = await writeEvents(session, lane, options, missing);
    const ledgerRows = writeLedger(options, lane, missing);
    const copied = copySegments(partsUntil(session, to), join(output, "tape"), MAX_TAPE);
    if (!copied)
      missing.push(`the tape itself: more than ${MAX_TAPE} bytes; the command below reads it where it is`);
    const result = { output, lane, frames, events, ledgerRows, missing };
    describe(session, options, result, copied);
    return result;
  } finally {
    tape.close();
  }
}

async function writeFrames(tape: Tape, options: IncidentOptions, missing: string[]): Promise<number> {
  const file = new LineFile(join(options.output, "frames.ndjson"), MAX_FILE);
  const { from, to } = options;
  for await (const line of exportFrames(tape, { from, to }, (hole) => missing.push(`frames: ${hole}`)))
    file.write(line);
  return ended(file, "frames.ndjson", missing) - 1;
}

async function writeEvents(
  session: TapeSession,
  lane: string,
  options: IncidentOptions,
  missing: string[],
): Promise<number> {
  const file = new LineFile(join(options.output, "slots.ndjson"), MAX_FILE);
  const range = slotsIn(session, options)!;
  const each: Numbered = (seq, event) => {
    const at = (event as { ts_recv?: number }).ts_recv;
    if (at === undefined || (at >= options.from && at <= options.to))
      file.write(`${JSON.stringify({ lane, slot: seq, ...event })}\n`);
  };
  const journal = join(options.data, "journal", lane);
  const gone = existsSync(journal) ? fromJournal(journal, range, () => undefined) : range.end - range.first;
  // Run again only where the journal does not have all of it.
  const broken = gone === 0 ? "" : await fromReplay(session, range, options, each);
  if (gone === 0 || (broken !== "" && file.lines === 0 && existsSync(journal)))
    fromJournal(journal, range, each);
  if (broken !== "") missing.push(`slots: ${broken}`);
  return ended(file, "slots.ndjson", missing);
}

function writeLedger({ data, output, from, to }: IncidentOptions, lane: string, missing: string[]): number {
  const file = new LineFile(join(output, "ledger.ndjson"), MAX_FILE);
  try {
    const words = { lane, from: timeText(from), to: timeText(to), limit: "10000" };
    const { rows, venues, lane_gaps: gaps } = readLedger(join(data, "ledger"), words);
    for (const row of [...rows, ...venues, ...gaps]) file.write(`${JSON.stringify(row)}\n`);
  } catch (error) {
    missing.push(`ledger: ${error instanceof Error ? error.message : String(error)}`);
  }
  return ended(file, "ledger.ndjson", missing);
}

function ended(file: LineFile, name: string, missing: string[]): number {
  file.close();
  if (file.left > 0) missing.push(`${name}: ${file.left} lines beyond ${MAX_FILE} bytes`);
  return file.lines;
}

/** Segments that a replay up to `to` reads. */
function partsUntil({ segments }: TapeSession, to: number): string[] {
  const begun = segments.filter(({ path }) => Number(BigInt(/(\d+)\.fht$/.exec(path)![1]!) / 1000n) <= to);
  return begun.map(({ path }) => path);
}

function describe(session: TapeSession, options: IncidentOptions, result: Incident, copied: boolean): void {
  const about = readAbout(session.about);
  const { output } = options;
  const versions = {
    recorded_by: about?.software ?? "unknown",
    gathered_by: packageVersion(),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    session: session.name,
    first_seq: about?.first ?? null,
  };
  writeTextFile(join(output, "config.json"), `${JSON.stringify(about?.config ?? null, null, 2)}\n`);
  writeTextFile(join(output, "versions.json"), `${JSON.stringify(versions, null, 2)}\n`);
  const tape = copied ? "tape" : session.segments[0]!.path.replace(/[^/\\]+$/, "");
  const text = readmeOf({ ...options, ...result, tape, files: readdirSync(output).toSorted(), versions });
  writeTextFile(join(output, "README.md"), text);
}

function spanText({ sessions }: Tape): string {
  const spans = sessions.map((one) => {
    const heads = one.segments.flatMap((segment) =>
      segment.list().flatMap((found) => ("head" in found ? [found.head] : [])),
    );
    const last = heads.at(-1);
    const until =
      last === undefined
        ? "?"
        : timeText(Number((BigInt(last.last.hi) * 4294967296n + BigInt(last.last.lo >>> 0)) / 1000n));
    return `${timeText(Number(BigInt(one.name) / 1000n))} to ${until}`;
  });
  return spans.join(", ");
}
