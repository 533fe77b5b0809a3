import { UsageError } from "./program.ts";
import type { Program } from "./program.ts";
import { stopSignal } from "./signals.ts";
import type { Venue } from "../model/index.ts";
import type { ScriptEntry } from "../simulator/index.ts";

interface Options {
  readonly venues: string;
  readonly instruments: string;
  readonly seed: string;
  readonly speed: string;
  readonly rate: string;
  readonly load?: string;
  readonly faults?: string;
  readonly script?: string;
  readonly port: string;
  readonly announce?: boolean;
  readonly untilEof?: boolean;
}

const HELP = `
Examples:
  feedhorn simulate                                    four venues, eight instruments each, on free ports
  feedhorn simulate --venues kraken --port 7000        one venue; WebSocket and REST on 127.0.0.1:7000
  feedhorn simulate --seed 7 --faults 20               the same faults every time, twenty a minute
  feedhorn simulate --load 50000                       as many messages per second, to measure a client
`;

/** `simulate`: a market made up from a seed, spoken in each venue's own protocol over real sockets on loopback. */
export function register(program: Program): void {
  program
    .command("simulate")
    .description("serve a simulated market in the venues' own protocols, for feedhorn or for your own bot")
    .option("--venues <list>", "venues, comma separated, or all", "binance,binance-usdm,coinbase,kraken")
    .option("--instruments <n>", "instruments per venue", "8")
    .option("--seed <text>", "the same seed gives the same market", "1")
    .option("--speed <x>", "simulated seconds per second", "1")
    .option("--rate <n>", "book changes per second and instrument in a quiet market", "20")
    .option("--load <n>", "messages per second over all venues, instead of --rate")
    .option("--faults <n>", "faults per minute, drawn from the seed")
    .option("--script <file>", "faults from a YAML or JSON list instead (docs/simulator.md)")
    .option("--port <n>", "port of the first venue, the next ones follow; 0 = any free ones", "0")
    .option("--announce", "for programs: print endpoints and symbols as one JSON line first")
    .option("--until-eof", "for programs: end when standard input does")
    .addHelpText("after", HELP)
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { startSimulator } = await import("../simulator/index.ts");
  const port = number("--port", options.port, 0, 65_535);
  const venues = await venuesOf(options.venues);
  const signal = stopSignal();
  const simulator = await startSimulator({
    venues,
    ports: Object.fromEntries(venues.map(({ id }, i) => [id, port === 0 ? 0 : port + i])),
    instruments: number("--instruments", options.instruments, 1, 64),
    seed: options.seed,
    speed: number("--speed", options.speed, 0.01, 1000),
    rate: number("--rate", options.rate, 0.01, 10_000),
    load:
      options.load === undefined
        ? undefined
        : { messagesPerSecond: number("--load", options.load, 1, 1_000_000) },
    faults: await faultsOf(options),
  });
  const { endpoints, symbols, control } = simulator;
  if (options.announce === true) process.stdout.write(`${JSON.stringify({ endpoints, symbols, control })}\n`);
  else {
    process.stdout.write("SIMULATED MARKET, made up from a seed: not real prices.\n\n");
    for (const [id, { ws, rest }] of Object.entries(endpoints)) {
      process.stdout.write(`${id.padEnd(14)} ws ${ws}  rest ${rest}  ${symbols[id]!.join(" ")}\n`);
    }
    process.stdout.write(`\ncontrol        ${control}  (truth, faults: docs/simulator.md). Ctrl-C stops.\n`);
  }
  await (options.untilEof === true ? Promise.race([signal.seen, inputEnd()]) : signal.seen);
  await simulator.close();
  // Node 20 can turn for ever in its own clean-up of handles whose other end was killed; there is nothing left to clean.
  process.exit();
}

/** The venues of a list; "all" is every venue there is. Throws UsageError for a name that is none. */
export async function venuesOf(list: string): Promise<readonly Venue[]> {
  const { VENUES, venueById } = await import("../venues/index.ts");
  if (list.trim() === "all") return VENUES;
  return list.split(",").map((id) => {
    const venue = venueById(id.trim());
    if (venue === null)
      throw new UsageError(
        `--venues: no venue "${id}"; expected all, or ${VENUES.map((one) => one.id).join(", ")}`,
      );
    return venue;
  });
}

/** Resolves when whoever started us is gone: then nobody holds the other end of our standard input. */
function inputEnd(): Promise<void> {
  return new Promise((resolve) => {
    process.stdin.once("end", resolve).once("error", resolve).resume();
  });
}

async function faultsOf(
  options: Options,
): Promise<ScriptEntry[] | { perMinute: number; length: number; start: number } | undefined> {
  if (options.script !== undefined) {
    const { readConfigFile } = await import("../app/config/file.ts");
    const { parseScript } = await import("../simulator/index.ts");
    return parseScript(readConfigFile(options.script));
  }
  if (options.faults === undefined) return undefined;
  const week = 7 * 24 * 3_600_000;
  return { perMinute: number("--faults", options.faults, 0, 10_000), length: week, start: 10_000 };
}

/** A number option in its bounds; throws UsageError with what was expected and seen. */
export function number(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= min && value <= max) return value;
  throw new UsageError(`${name}: expected a number from ${min} to ${max}, saw ${JSON.stringify(text)}`);
}
