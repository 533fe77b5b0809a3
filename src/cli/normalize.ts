import { NdjsonOutput } from "./ndjson.ts";
import { UsageError } from "./program.ts";
import type { Program } from "./program.ts";
import { SCANNER_HELP, scannerOf } from "./scanner.ts";

interface Options {
  readonly venue?: string;
  readonly frames: string;
  readonly books?: true;
  readonly depth?: string;
  readonly final?: true;
  readonly summary?: true;
  readonly maxLine?: string;
  readonly scanner: string;
}

const EXAMPLES = `
Input is frames/1 (a header line, then {"ts","conn","dir","url","text"|"b64"}) or bare frames, one a line; gzip is
unpacked. A bare frame has no receive time: its ts_recv is 0.

Examples:
  feedhorn normalize --venue binance --frames session.ndjson | jq -c 'select(.type == "trade")'
  feedhorn normalize --venue kraken --books --final --summary < session.ndjson.gz
  websocat wss://... | feedhorn normalize --venue binance

Exit codes: 0 done; 1 no frame could be read; 2 called wrongly. Bad frames go to stderr by line number.`;

/** `normalize` turns recorded frames into events, or into the books they describe. */
export function register(program: Program): void {
  program
    .command("normalize")
    .description("turn recorded frames of a venue into events (NDJSON), or into its books")
    .option("--venue <id>", "venue the frames come from (default: the one that the file's header names)")
    .option("--frames <file>", "frames file; - is standard input", "-")
    .option("--books", "print the rebuilt book after every event that changes it, instead of the events")
    .option("--depth <levels>", "levels per side to print, with --books (default: 10)")
    .option("--final", "print every book once, at the end, with --books")
    .option("--summary", "print what became of the frames to stderr, as one line of JSON")
    .option("--max-line <bytes>", "longest line to read (default: 67108864)")
    .option("--scanner <which>", SCANNER_HELP, "auto")
    .addHelpText("after", EXAMPLES)
    .action(normalize);
}

async function normalize(options: Options): Promise<void> {
  if (options.books === undefined && (options.depth !== undefined || options.final === true))
    throw new UsageError("expected --books beside --depth and --final");
  const { runNormalize } = await import("../app/normalize/run.ts");
  const output = new NdjsonOutput(process.stdout);
  await runNormalize(
    {
      venue: options.venue ?? null,
      frames: options.frames,
      books: options.books === true,
      depth: wholeNumber("--depth", options.depth, 10),
      final: options.final === true,
      maxLine: wholeNumber("--max-line", options.maxLine, 64 * 1024 * 1024),
      summary: options.summary === true,
      scanner: scannerOf(options.scanner),
    },
    {
      print: (value) => output.print(value),
      settle: () => output.settle(),
      say: (text) => process.stderr.write(`${text}\n`),
      usage: (message) => new UsageError(message),
    },
  );
}

/** A whole number > 0 as it was typed. */
function wholeNumber(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text) || value < 1)
    throw new UsageError(`${name}: expected a whole number from 1 on, saw ${JSON.stringify(text)}`);
  return value;
}
