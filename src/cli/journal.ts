import type { CheckedSegment, Hole, JournalSurvey } from "../store/index.ts";
import type { Program } from "./program.ts";
import { agoText, bytesText, textTable, timeText } from "./text-table.ts";

interface Options {
  readonly data: string;
  readonly verify?: boolean;
  readonly forget?: string;
  readonly json?: boolean;
}

const HELP = `
Examples:
  feedhorn journal                            every lane: segments, and how far each sink has read
  feedhorn journal main --verify              read every byte of it, and name what is missing or damaged
  feedhorn journal main --forget old-sink     delete a cursor, so that it holds no segments any more
  feedhorn journal --json | jq .

With --verify the exit code is 1 when a segment is damaged or slots are missing. A journal may be looked at while it is written.
`;

/** `journal`: what is kept of the lanes on disk. */
export function register(program: Program): void {
  program
    .command("journal")
    .description("list what the journal keeps on disk: segments, cursors, holes; or verify it")
    .argument("[lane]", "only this lane")
    .option("--data <folder>", "the gateway's data folder (data.dir)", "data")
    .option("--verify", "read every byte, and name holes and damage")
    .option("--forget <sink>", "delete the cursor of a sink that is no more")
    .option("--json", "print one JSON object a lane")
    .addHelpText("after", HELP)
    .action(run);
}

async function run(lane: string | undefined, options: Options): Promise<void> {
  const { CursorFile, journalFolder, listJournals, surveyJournal, verifyJournal } =
    await import("../store/index.ts");
  const { UsageError } = await import("./program.ts");
  const lanes = listJournals(options.data).filter((name) => lane === undefined || name === lane);
  if (lanes.length === 0)
    throw new UsageError(
      `${options.data}: expected the journal of ${lane === undefined ? "a lane" : `lane ${lane}`}, saw none; name the data folder with --data`,
    );
  if (options.forget !== undefined) {
    if (lane === undefined)
      throw new UsageError("expected the lane whose cursor to forget, saw none; name it");
    new CursorFile(journalFolder(options.data, lane), options.forget).remove();
  }
  let faults = 0;
  for (const name of lanes) {
    const folder = journalFolder(options.data, name);
    const survey = surveyJournal(folder);
    const checked = options.verify === true ? verifyJournal(folder) : null;
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify({ lane: name, ...survey, ...checked })}\n`
        : laneText(name, survey, checked, Date.now() * 1000),
    );
    if (checked !== null)
      faults += checked.holes.length + checked.segments.filter(({ problem }) => problem !== null).length;
  }
  if (faults > 0)
    throw new Error(
      `expected whole segments without holes, saw ${faults} that are not; they are named above`,
    );
}

function laneText(
  lane: string,
  { segments, cursors }: JournalSurvey,
  checked: { segments: CheckedSegment[]; holes: Hole[] } | null,
  now: number,
): string {
  const bytes = segments.reduce((sum, one) => sum + one.bytes, 0);
  const head = `${lane}: ${segments.length} segments, ${bytesText(bytes)}`;
  const table =
    checked === null
      ? textTable(
          ["first slot", "size", "written"],
          segments.map(({ first, bytes: size, written }) => [first, bytesText(size), agoText(written, now)]),
        )
      : checkedTable(checked.segments);
  const held = cursors.map(({ sink, next, damaged }) => [
    sink,
    damaged ? "damaged: holds everything" : next,
    segments.filter(({ first }) => first > next).length,
  ]);
  const parts = [head, table];
  if (held.length > 0) parts.push(textTable(["sink", "next slot", "segments behind"], held));
  if (checked !== null) parts.push(holesText(checked.holes));
  return `${parts.join("\n\n")}\n\n`;
}

function checkedTable(segments: readonly CheckedSegment[]): string {
  return textTable(
    ["first slot", "next slot", "slots", "size", "region of", "state"],
    segments.map(({ first, next, slots, bytes, session, closed, problem }) => [
      first,
      next,
      slots,
      bytesText(bytes),
      timeText(session),
      problem ?? (closed ? "whole, closed" : "whole"),
    ]),
  );
}

function holesText(holes: readonly Hole[]): string {
  if (holes.length === 0) return "no holes";
  return textTable(
    ["hole from", "to", "slots", "because"],
    holes.map(({ first, last, reason }) => [first, last, last - first + 1, reason]),
  );
}
