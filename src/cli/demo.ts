import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Demo } from "../app/demo.ts";
import type { Program } from "./program.ts";
import { stopSignal } from "./signals.ts";

interface Options {
  readonly venues: string;
  readonly lane: string;
  readonly seed: string;
  readonly rate: string;
  readonly faults?: string;
  readonly plain?: boolean;
  readonly port?: string;
  /** False for --no-data. */
  readonly data: string | false;
}

const REFRESH_MS = 500;
const PLAIN_MS = 5000;

/** `demo`: the whole gateway against the simulator, with a live view. What \`npm start\` runs. */
export function register(program: Program): void {
  program
    .command("demo")
    .description("run the gateway against a simulated market and show it live")
    .option("--venues <list>", "venues, comma separated, or all", "binance,binance-usdm,coinbase,kraken")
    .option("--lane <name>", "lane to write: feedhorn tail <name> reads it", "demo")
    .option("--seed <text>", "seed of the market", "1")
    .option("--rate <n>", "book changes per second and instrument", "20")
    .option("--faults <n>", "faults per minute, to watch books break and heal")
    .option("--port <n>", "port of /health, /ready and /metrics (default 9090)")
    .option("--data <dir>", "folder that everything is written to: feedhorn query reads it", "data/demo")
    .option("--no-data", "nothing is kept on disk")
    .option("--plain", "lines instead of a live screen")
    .addHelpText(
      "after",
      '\nExamples:\n  feedhorn demo\n  feedhorn demo --venues all\n  feedhorn demo --faults 30\n  feedhorn tail demo --type trade   (in another terminal)\n  feedhorn query "select venue, count(*) from trades group by venue"\n',
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const signal = stopSignal({ patient: true });
  const { startDemo } = await import("../app/demo.ts");
  const { createLog } = await import("../app/log.ts");
  const live = process.stdout.isTTY === true && options.plain !== true;
  const simulate = [
    "--seed",
    options.seed,
    "--rate",
    options.rate,
    ...(options.faults === undefined ? [] : ["--faults", options.faults]),
  ];
  const { number, venuesOf } = await import("./simulate.ts");
  const venues = (await venuesOf(options.venues)).map(({ id }) => id);
  if (!live) process.stdout.write(`starting a simulated market of ${venues.join(", ")}\n\n`);
  const demo = await startDemo(
    {
      venues,
      lane: options.lane,
      command: [process.execPath, ...loaders(), mainProgram()],
      simulate,
      port: options.port === undefined ? undefined : number("--port", options.port, 0, 65_535),
      data: options.data === false ? undefined : options.data,
    },
    createLog({ level: live ? "fatal" : "warn" }),
  );
  const timer = setInterval(() => show(demo, live), live ? REFRESH_MS : PLAIN_MS);
  show(demo, live);
  const failure = await Promise.race([signal.seen.then(() => null), demo.failed]);
  clearInterval(timer);
  process.stdout.write(live ? "\n" : "stopping\n");
  const left = await demo.stop(signal.again);
  if (failure !== null) throw new Error(failure);
  if (left.length > 0) throw new Error(`stopped before everything was written: ${left.join("; ")}`);
}

/** This program: compiled beside this file, or a source beside it where a loader runs sources. */
function mainProgram(): string {
  return fileURLToPath(new URL(`./main${extname(import.meta.url)}`, import.meta.url));
}

/** How this process loads its modules, which the simulator's has to do too; a debugger is for one of them. */
function loaders(): string[] {
  return process.execArgv.filter((argument) => !argument.startsWith("--inspect"));
}

/** How far the start is, or what is wrong: books first, then what keeps them from being live. */
function standing(demo: Demo): string {
  const { ready, reasons } = demo.gateway.source.ready();
  if (ready) return "every book is live";
  const books = Object.values(demo.gateway.source.health().venues).map((one) => one.instruments);
  const [live, total] = [sum(books.map((one) => one.live)), sum(books.map((one) => one.total))];
  const more = reasons.length > 3 ? ` and ${reasons.length - 3} more` : "";
  return `not ready: ${live} of ${total} books live; ${reasons.slice(0, 3).join("; ")}${more}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

/** What is on disk, and how it is asked for. */
function kept({ config, gateway }: Demo): string[] {
  const { dir } = config.data;
  if (dir === undefined) return [];
  const { journal = {}, sinks = {} } = gateway.source.health();
  const bytes = sum(Object.values(journal).map((one) => one.bytes));
  const sinkTexts = Object.entries(sinks).map(
    ([name, { state, lag_ms: lag, written_slots: written }]) =>
      `${name} ${state === "connected" ? "" : `${state} `}${written} slots, ${(lag / 1000).toFixed(0)} s behind`,
  );
  const all = [`journal ${(bytes / 1e6).toFixed(1)} MB`, ...sinkTexts];
  return [
    `kept in ${dir}: ${all.join(", ")}`,
    'in another terminal: npx feedhorn query "select venue, count(*) from trades group by venue"',
    "",
  ];
}

function show(demo: Demo, live: boolean): void {
  const region = demo.gateway.lanes[0]!.path ?? "this process only";
  const { url } = demo.gateway.ops;
  const text = [
    "feedhorn demo: SIMULATED MARKET, prices are made up",
    standing(demo),
    "",
    ...demo.view.venues(performance.now()),
    "",
    ...demo.view.quotes(),
    "",
    ...kept(demo),
    `health ${url}/health   metrics ${url}/metrics   log ${region}`,
    `in another terminal: npx feedhorn tail ${demo.config.lanes[0]!.name}   Ctrl-C stops`,
  ];
  if (!live) return void process.stdout.write(`${text.join("\n")}\n\n`);
  const screen = text
    .map((line) => demo.view.coloured(line.slice(0, process.stdout.columns || 200)))
    .join("\n");
  process.stdout.write(`\u001b[H\u001b[J${screen}\n`);
}
