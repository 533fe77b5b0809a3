import { UsageError } from "./program.ts";
import type { Program } from "./program.ts";
import { SCANNER_HELP, scannerOf } from "./scanner.ts";

interface Options {
  readonly venue: string;
  readonly lane: string;
  readonly dir?: string;
  readonly speed: string;
  readonly scanner: string;
}

/** `replay FRAMES`: a recorded session through the real path into a lane that readers can follow. */
export function register(program: Program): void {
  program
    .command("replay")
    .description("run a recorded session (frames/1) through the real path into a lane")
    .argument("<frames>", "frames file (read twice, so not a pipe)")
    .requiredOption("--venue <id>", "venue whose frames these are")
    .option("--lane <name>", "lane to write", "replay")
    .option("--dir <folder>", "folder of the lane (default: as in docs/config.md)")
    .option("--speed <x>", "recorded seconds per second; 0 = as fast as possible", "0")
    .option("--scanner <which>", SCANNER_HELP, "auto")
    .addHelpText(
      "after",
      "\nExample:\n  feedhorn replay session.ndjson --venue binance && feedhorn tail replay --from oldest\n",
    )
    .action(run);
}

async function run(frames: string, options: Options): Promise<void> {
  const { venueById, VENUES } = await import("../venues/index.ts");
  const { number } = await import("./simulate.ts");
  const venue = venueById(options.venue);
  if (venue === null)
    throw new UsageError(
      `--venue: expected one of ${VENUES.map((one) => one.id).join(", ")}, saw "${options.venue}"`,
    );
  if (frames === "-")
    throw new UsageError("replay reads its file twice: save standard input to a file first");
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
