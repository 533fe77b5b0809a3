import type { LoadOptions, LoadProgress } from "../app/latency/run.ts";
import { UsageError } from "./program.ts";
import type { Program } from "./program.ts";
import { stopSignal } from "./signals.ts";

interface Options {
  readonly venue?: string;
  readonly symbols: string;
  readonly rate: string;
  readonly seconds: string;
  readonly warmup: string;
  readonly mix: string;
  readonly seed: string;
  readonly port: string;
  readonly lane?: string;
  readonly latency: string;
  readonly cores?: string;
  readonly svg?: string;
  readonly json?: boolean;
}

const LATENCIES = ["low", "normal"] as const;

const HELP = `
It serves a simulated venue whose messages are due at even times, sends them then whatever the gateway does, reads the
gateway's lane in the same thread, and counts from the time each was due: a stall is charged to all that waited in it.
It keeps one core busy. Without --lane it starts a gateway of its own, writing the lane "load".

Examples:
  feedhorn load                                        10,000 messages a second for 10 s, a lane that sleeps
  feedhorn load --latency low --svg low.svg            a lane that never sleeps, and a chart of the percentiles
  feedhorn load --venue kraken --mix quote=8,book=2 --rate 50000
  feedhorn load --lane main --port 7000                a gateway that runs already, with ws_url and rest_url of a feed
                                                       leading to 127.0.0.1:7000 and the symbols of the simulator

The exit code is 1 when a message was lost, or the generator could not keep its schedule. docs/latency.md explains the stages.
`;

/** `load`: an open-loop load on a lane, and how long messages take through it. */
export function register(program: Program): void {
  program
    .command("load")
    .description("put a gateway under a paced load and measure its latency without coordinated omission")
    .option("--venue <id>", "venue to play (default: the first of the list)")
    .option("--symbols <n>", "instruments", "20")
    .option("--rate <n>", "messages per second, evenly spaced", "10000")
    .option("--seconds <n>", "how long to measure", "10")
    .option("--warmup <n>", "seconds under load before that", "3")
    .option("--mix <list>", "weights of trade, quote and book messages", "trade=3,quote=6,book=1")
    .option("--seed <text>", "the same seed gives the same messages", "1")
    .option("--port <n>", "port of the venue; 0 = any free one", "0")
    .option("--lane <name>", "lane of a gateway that runs already, instead of one of its own")
    .option("--latency <mode>", `of its own lane: ${LATENCIES.join(" or ")}`, "normal")
    .option("--cores <list>", "cores of its own lane, comma separated")
    .option("--svg <file>", "write a chart of the percentiles")
    .option("--json", "print one JSON object instead of a table")
    .addHelpText("after", HELP)
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { runLoad } = await import("../app/latency/run.ts");
  const { behind, loadChart, loadJson, loadText } = await import("./load-text.ts");
  const load = await readOptions(options);
  const signal = stopSignal();
  const stopped = signal.seen.then((name) => Promise.reject(new Error(`stopped by ${name} before the end`)));
  stopped.catch(() => undefined);
  const report = await runLoad(load, teller(), stopped).finally(clearLine);
  process.stdout.write(options.json === true ? loadJson(load, report) : loadText(load, report));
  if (options.svg !== undefined) {
    const { writeTextFile } = await import("../store/index.ts");
    writeTextFile(options.svg, loadChart(load, report, new Date()));
  }
  signal.release();
  if (behind(report))
    throw new Error(`expected ${report.due} messages to be sent, saw ${report.sent}; lower --rate`);
  if (report.lost > 0) throw new Error(`expected every message to be read, saw ${report.lost} lost`);
}

/** On a terminal one line that changes; elsewhere nothing. */
function teller(): (progress: LoadProgress) => void {
  if (process.stderr.isTTY !== true) return () => undefined;
  const text = import("./load-text.ts");
  return (progress) =>
    void text.then(({ progressText }) => process.stderr.write(`\r\u001b[K${progressText(progress)}`));
}

function clearLine(): void {
  if (process.stderr.isTTY === true) process.stderr.write("\r\u001b[K");
}

async function readOptions(options: Options): Promise<LoadOptions> {
  const { number } = await import("./simulate.ts");
  const { lanesDir } = await import("../app/config/lanes.ts");
  const { VENUES, venueById } = await import("../venues/index.ts");
  const venue = venueById(options.venue ?? VENUES[0]!.id);
  if (venue === null)
    throw new UsageError(
      `--venue: expected one of ${VENUES.map(({ id }) => id).join(", ")}, saw "${options.venue}"`,
    );
  const latency = LATENCIES.find((mode) => mode === options.latency);
  if (latency === undefined)
    throw new UsageError(`--latency: expected ${LATENCIES.join(" or ")}, saw "${options.latency}"`);
  const port = number("--port", options.port, 0, 65_535);
  if (options.lane !== undefined && port === 0)
    throw new UsageError("--lane: expected --port too, the one that the gateway's feed connects to");
  return {
    venue,
    latency,
    port,
    lane: options.lane ?? null,
    dir: lanesDir(),
    instruments: number("--symbols", options.symbols, 1, 1000),
    rate: number("--rate", options.rate, 1, 1_000_000),
    seconds: number("--seconds", options.seconds, 0.1, 86_400),
    warmup: number("--warmup", options.warmup, 0, 3600),
    mix: mixOf(options.mix),
    seed: options.seed,
    ...(options.cores === undefined
      ? {}
      : { cores: options.cores.split(",").map((text) => number("--cores", text, 0, 1023)) }),
  };
}

/** `trade=3,quote=6`: weights by kind; kinds left out do not come. */
function mixOf(text: string): LoadOptions["mix"] {
  const pairs = text.split(",").map((part) => /^(trade|quote|book)=(\d+(?:\.\d+)?)$/.exec(part.trim()));
  if (pairs.some((pair) => pair === null))
    throw new UsageError(`--mix: expected weights such as trade=3,quote=6,book=1, saw "${text}"`);
  return Object.fromEntries(pairs.map((pair) => [pair![1]!, Number(pair![2]!)]));
}
