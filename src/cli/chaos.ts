import type { ChaosPlan, ChaosStanding } from "../app/chaos.ts";
import type { FaultName } from "../simulator/index.ts";
import { UsageError } from "./program.ts";
import type { Program } from "./program.ts";
import { stopSignal } from "./signals.ts";

interface Options {
  readonly seed: string;
  readonly minutes: string;
  readonly runs: string;
  readonly parallel: string;
  readonly venues?: string;
  readonly draw: string;
  readonly speed: string;
  readonly faults: string;
  readonly instruments: string;
  readonly rate: string;
  readonly only?: string;
  readonly json?: boolean;
}

/** Between two lines of progress where there is no terminal. */
const PLAIN_MS = 5000;

const HELP = `
Each run starts a simulated market and the gateway's own lane in this process, joined by real sockets, lets faults
strike that are drawn from the seed, and compares every book that is marked live, at every commit, with what the venue
truly had. It ends when every fault is healed, or when the time stated for that is over. It touches no venue and no
lane of a gateway that runs.

Examples:
  feedhorn chaos                                        one run of two venues, one simulated minute
  feedhorn chaos --seed 7 --minutes 10 --venues all     every venue for ten simulated minutes
  feedhorn chaos --runs 200 --minutes 0.5 --parallel 24 two hundred short runs, seeds 1 to 200
  feedhorn chaos --seed 42 --json                       one JSON object: scorecard, violations, every fault

The exit code is 1 when anything was violated; each violation comes with the command that plays its run again.
docs/chaos.md says what is promised, and what a seed can and cannot repeat.
`;

/** `chaos`: the gateway under seeded faults, and the scorecard. */
export function register(program: Program): void {
  program
    .command("chaos")
    .description("run the gateway under seeded faults and compare every live book with the truth")
    .option("--seed <n>", "seed of the first run: a whole number; further runs have the next ones", "1")
    .option("--minutes <n>", "simulated minutes in which faults strike", "1")
    .option("--runs <n>", "runs, each with a seed of its own", "1")
    .option("--parallel <n>", "runs at a time, in one thread", "8")
    .option("--venues <list>", "venues, comma separated, or all (default: each run draws some from its seed)")
    .option("--draw <n>", "how many venues a run draws", "2")
    .option("--speed <x>", "simulated seconds per second", "10")
    .option("--faults <n>", "faults per simulated minute at each venue", "12")
    .option("--instruments <n>", "instruments per venue", "2")
    .option("--rate <n>", "book changes per simulated second and instrument", "8")
    .option("--only <list>", "draw from these faults alone, comma separated (docs/simulator.md has them)")
    .option("--json", "print one JSON object instead of tables")
    .addHelpText("after", HELP)
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { chaos } = await import("../app/chaos.ts");
  const { chaosJson, chaosText } = await import("./chaos-text.ts");
  const plan = await planOf(options);
  const signal = stopSignal();
  const stopped = signal.seen.then((name) => Promise.reject(new Error(`stopped by ${name} before the end`)));
  const report = await Promise.race([chaos(plan, await teller()), stopped]).finally(clearLine);
  signal.release();
  process.stdout.write(options.json === true ? chaosJson(plan, report) : chaosText(plan, report));
  if (report.violations.length > 0)
    throw new Error(`expected a clean run under faults, saw ${report.violations.length} violations`);
}

/** On a terminal one line that changes; elsewhere one every few seconds, not among the results. */
async function teller(): Promise<(standing: ChaosStanding) => void> {
  const { standingText } = await import("./chaos-text.ts");
  const live = process.stderr.isTTY === true;
  let told = performance.now();
  return (standing) => {
    const now = performance.now();
    if (!live && now - told < PLAIN_MS) return;
    told = now;
    process.stderr.write(live ? `\r\u001b[K${standingText(standing)}` : `${standingText(standing)}\n`);
  };
}

function clearLine(): void {
  if (process.stderr.isTTY === true) process.stderr.write("\r\u001b[K");
}

async function faultsOf(text: string): Promise<FaultName[]> {
  const { FAULT_NAMES } = await import("../simulator/index.ts");
  return text.split(",").map((name) => {
    const known = FAULT_NAMES.find((one) => one === name.trim());
    if (known !== undefined) return known;
    throw new UsageError(`--only: expected faults of ${FAULT_NAMES.join(" ")}, saw ${JSON.stringify(name)}`);
  });
}

async function planOf(options: Options): Promise<ChaosPlan> {
  const { number, venuesOf } = await import("./simulate.ts");
  const whole = (name: string, text: string, min: number, max: number): number =>
    Math.floor(number(name, text, min, max));
  return {
    seed: whole("--seed", options.seed, 0, 2 ** 48),
    runs: whole("--runs", options.runs, 1, 100_000),
    parallel: whole("--parallel", options.parallel, 1, 64),
    draw: whole("--draw", options.draw, 1, 64),
    minutes: number("--minutes", options.minutes, 0.1, 10_000),
    speed: number("--speed", options.speed, 0.1, 20),
    perMinute: number("--faults", options.faults, 0.01, 600),
    instruments: whole("--instruments", options.instruments, 1, 8),
    rate: number("--rate", options.rate, 0.1, 200),
    ...(options.only === undefined ? {} : { only: await faultsOf(options.only) }),
    ...(options.venues === undefined ? {} : { venues: await venuesOf(options.venues) }),
  };
}
