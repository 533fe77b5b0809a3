import { UsageError } from "./program.ts";
import type { Program } from "./program.ts";

interface Options {
  readonly frames: string;
  readonly venue?: string;
  readonly from?: string;
  readonly to?: string;
}

/** `export --frames TAPE`: what a tape holds, as frames/1. */
export function register(program: Program): void {
  program
    .command("export")
    .description("print what a tape holds as frames/1, one line a frame (docs/tape.md)")
    .requiredOption("--frames <tape>", "tape: its folder, a segment, or a data folder with one tape in it")
    .option("--venue <id>", "only this venue's")
    .option("--from <time>", "only from then on")
    .option("--to <time>", "only until then")
    .addHelpText(
      "after",
      "\nExample:\n  feedhorn export --frames data --venue kraken --from 2026-11-21T14:03:00Z > kraken.ndjson\n",
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { timeOption } = await import("./time-option.ts");
  const { openTold } = await import("../app/tape/open.ts");
  const { exportFrames } = await import("../app/tape/export.ts");
  const from = timeOption("--from", options.from);
  const to = timeOption("--to", options.to);
  if (from !== undefined && to !== undefined && from > to)
    throw new UsageError("expected --from before --to, saw it after");
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  const tape = openTold(options.frames, tell);
  try {
    let lines = 0;
    for await (const text of exportFrames(tape, { venue: options.venue, from, to }, tell)) {
      lines += 1;
      if (!process.stdout.write(text)) await new Promise((resolve) => process.stdout.once("drain", resolve));
    }
    if (lines <= 1) throw new Error(`${options.frames}: expected frames in that time, saw none`);
  } finally {
    tape.close();
  }
}
