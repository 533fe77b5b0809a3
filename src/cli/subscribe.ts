import type { sendOrder } from "../app/order-client.ts";
import type { Program } from "./program.ts";
import { textTable } from "./text-table.ts";

type OrderResult = Awaited<ReturnType<typeof sendOrder>>[number];

interface Options {
  readonly remove?: boolean;
  readonly channels?: string;
  readonly port: string;
  readonly json?: boolean;
}

/** What was asked for is so now. */
const DONE: ReadonlySet<string> = new Set(["accepted", "already", "removed"]);

const HELP = `
Examples:
  feedhorn subscribe kraken SOL-USD ETH-USD            begins with what the feed hears of the others
  feedhorn subscribe deribit 'BTC-*-C' --channels ticker
  feedhorn subscribe kraken SOL-USD --remove

The gateway runs on this machine, and its configuration has a feed of the venue. What is ordered is forgotten when it
stops: put what is to stay into the configuration. The exit code is 1 when a name could not be taken.
GET /subscriptions tells what is listened to.
`;

/** `subscribe`: an order to a running gateway. */
export function register(program: Program): void {
  program
    .command("subscribe")
    .description("have a running gateway listen to more instruments, or to fewer, without a restart")
    .argument("<venue>", "venue that has a feed")
    .argument("<symbols...>", "canonical or native names, or patterns of them ('*-USDT')")
    .option("--remove", "stop listening to them")
    .option("--channels <list>", "channels, comma separated (default: those of the feed)")
    .option("--port <n>", "port of the gateway's operations server (default: FEEDHORN_OPS_PORT, or 9090)", "")
    .option("--json", "print one JSON object per name")
    .addHelpText("after", HELP)
    .action(run);
}

async function run(venue: string, symbols: string[], options: Options): Promise<void> {
  const { number } = await import("./simulate.ts");
  const { opsPort } = await import("../app/config/env.ts");
  const client = await import("../app/order-client.ts");
  const { UsageError } = await import("./program.ts");
  if (options.remove === true && options.channels !== undefined)
    throw new UsageError("--channels: an instrument is given up as a whole; leave it out with --remove");
  const port = options.port === "" ? opsPort() : number("--port", options.port, 1, 65_535);
  const channels = options.channels?.split(",").map((one) => one.trim());
  const part = { venue, symbols, channels };
  const results = await client.sendOrder(
    port,
    options.remove === true ? { remove: [part] } : { add: [part] },
  );
  process.stdout.write(
    options.json === true
      ? results.map((one) => `${JSON.stringify(one)}\n`).join("")
      : `${textTable(["name", "outcome", "instruments", "reason"], results.map(cells))}\n`,
  );
  const failed = results.filter((one) => !DONE.has(one.outcome)).length;
  if (failed > 0) throw new Error(`${failed} of ${results.length} names could not be taken`);
}

function cells({ symbol, outcome, instruments, reason }: OrderResult): string[] {
  const named = instruments.length <= 3 ? instruments.join(" ") : `${instruments.length} instruments`;
  return [symbol, outcome, named, reason ?? ""];
}
