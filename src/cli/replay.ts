import type { PlayOptions } from "../app/tape/play.ts";
import { UsageError } from "./program.ts";
import type { Program } from "./program.ts";
import { SCANNER_HELP, scannerOf } from "./scanner.ts";

interface Options {
  readonly venue?: string;
  readonly lane: string;
  readonly dir?: string;
  readonly speed: string;
  readonly from?: string;
  readonly to?: string;
  readonly scanner: string;
}

const HELP = `
Examples:
  feedhorn replay data/tape/main && feedhorn tail replay --from oldest
  feedhorn replay data --from 2026-11-21T14:03:00Z --speed 1
  feedhorn replay session.ndjson --venue binance

A tape gives the slots that its lane wrote then, byte for byte (docs/tape.md): it is run from its beginning, at full speed up to
--from. A file of frames goes through parser, books and ring of this version; it is read twice, so it is no pipe.
`;

/** `replay SOURCE`: a recording through the real path into a lane that readers can follow. */
export function register(program: Program): void {
  program
    .command("replay")
    .description("run a recording (a tape, or frames/1) through the real path into a lane")
    .argument("<source>", "tape (a folder or a segment), or a frames file")
    .option("--venue <id>", "venue whose frames these are (frames files only)")
    .option("--lane <name>", "lane to write", "replay")
    .option("--dir <folder>", "folder of the lane (default: as in docs/config.md)")
    .option("--speed <x>", "recorded seconds per second; 0 = as fast as possible", "0")
    .option("--from <time>", "tapes only: until then at full speed")
    .option("--to <time>", "tapes only: ends there")
    .option("--scanner <which>", SCANNER_HELP, "auto")
    .addHelpText("after", HELP)
    .action(run);
}

async function run(source: string, options: Options): Promise<void> {
  if (source === "-")
    throw new UsageError("replay reads its file twice: save standard input to a file first");
  const { leadsToTape } = await import("../app/tape/open.ts");
  if (leadsToTape(source)) await runTape(source, options);
  else await runFrames(source, options);
}

async function runTape(source: string, options: Options): Promise<void> {
  const { timeOption } = await import("./time-option.ts");
  const { number } = await import("./simulate.ts");
  const { playTape } = await import("../app/tape/play.ts");
  const { ProgressBar } = await import("./progress-bar.ts");
  if (options.venue !== undefined) throw new UsageError("--venue: a tape says itself whose frames these are");
  const bar = new ProgressBar("replay");
  const played = await playTape({
    tape: source,
    lane: options.lane,
    dir: options.dir,
    speed: number("--speed", options.speed, 0, 1_000_000),
    from: timeOption("--from", options.from),
    to: timeOption("--to", options.to),
    scanner: scannerOf(options.scanner),
    report,
    tell: (line) => void process.stderr.write(`${line}\n`),
    progress: (share) => bar.at(share),
  });
  bar.end();
  const { broken } = played;
  const slots = { slots: played.end - played.first, ...played };
  process.stdout.write(`${JSON.stringify(slots)}\n`);
  if (broken !== "")
    throw new Error(
      `the tape was played up to slot ${played.end}, and not beyond: ${broken}; ` +
        "what it holds behind that: feedhorn export --frames",
    );
}

const report: PlayOptions["report"] = (level, message, facts) => {
  if (level !== "info") process.stderr.write(`${level}: ${message} ${JSON.stringify(facts)}\n`);
};

async function runFrames(frames: string, options: Options): Promise<void> {
  const { venueById, VENUES } = await import("../venues/index.ts");
  const { number } = await import("./simulate.ts");
  const venue = venueById(options.venue ?? "");
  if (venue === null)
    throw new UsageError(
      `--venue: expected one of ${VENUES.map((one) => one.id).join(", ")}, saw "${options.venue ?? ""}"`,
    );
  const { replay } = await import("../app/replay.ts");
  const summary = await replay({
    venue,
    frames,
    lane: options.lane,
    dir: options.dir,
    speed: number("--speed", options.speed, 0, 1_000_000),
    scanner: scannerOf(options.scanner),
    report: (level, message, facts) =>
      process.stderr.write(`${level}: ${message} ${JSON.stringify(facts)}\n`),
  });
  process.stdout.write(`${JSON.stringify(summary)}\n`);
  if (summary.frames === 0) throw new Error(`${frames}: no frame of ${venue.id} could be played`);
}
