/** One of the two writers of a case of bench/sinks.ts, in a process of its own: vendor, case, `feedhorn` or `plain`, and its place as JSON. */
import { widenInlining } from "../src/app/compiler.ts";
import { checkConfig } from "../src/app/config.ts";
import { readSecrets } from "../src/app/config/secrets.ts";
import type { OpenSink, Sink, SinkHost } from "../src/sinks/index.ts";
import { LANE, marketRound } from "./sinks-market.ts";
import type { BenchPlace, VendorBench, VendorCase } from "./sinks-vendor.ts";

const [, , type, name, who, told] = process.argv as unknown as [
  string,
  string,
  string,
  string,
  string,
  string,
];
widenInlining(); // as in a sink's own process
const place = JSON.parse(told) as BenchPlace;
const { vendor } = (await import(`./sinks-${type}.ts`)) as { vendor: VendorBench };
const found = vendor.cases.find((one) => one.name === name)!;
const events = found.events ?? 50_000;
const market = marketRound(events);
let first = 0;

const round = who === "feedhorn" ? await ours(vendor.sink as Sink, found) : await theirs(found);
process.on("message", () => {
  void round().then((answer) => process.send!(answer));
});
process.send!("ready");

async function timed(work: () => Promise<void>): Promise<{ ns: number; cpuNs: number; rss: number }> {
  const [start, cpu] = [process.hrtime.bigint(), process.cpuUsage()];
  await work();
  const ns = Number(process.hrtime.bigint() - start);
  const { user, system } = process.cpuUsage(cpu);
  return { ns: ns / events, cpuNs: ((user + system) * 1000) / events, rss: process.memoryUsage.rss() };
}

async function ours(
  sink: Sink,
  { options, env, reset }: VendorCase,
): Promise<() => ReturnType<typeof timed>> {
  const open = await opened(sink, options(place), env?.(place) ?? {});
  first = open.resumeAt?.(LANE) ?? 0;
  return async () => {
    await reset?.(place);
    const batches = market.batches(first);
    first += market.slots;
    return timed(async () => {
      for (const batch of batches) if ((await open.write(batch)) === "full") await open.flush();
      const safe = (await open.flush())[LANE];
      if (safe !== first) throw new Error(`expected ${type} to hold everything before ${first}, saw ${safe}`);
    });
  };
}

function opened(sink: Sink, options: object, env: Readonly<Record<string, string>>): Promise<OpenSink> {
  const config = checkConfig(
    {
      data: { dir: place.dir },
      lanes: [{ name: LANE, feeds: [{ venue: "kraken", symbols: ["BTC/USD"], channels: ["trade"] }] }],
      sinks: [{ type, name: place.word, ...options }],
    },
    "bench",
    env,
  );
  const settings = config.sinks[0]!;
  const host: SinkHost = {
    name: place.word,
    lanes: [LANE],
    data: place.dir,
    secrets: readSecrets(settings, env),
    report: (level, message, facts) =>
      void (level === "info" || process.stderr.write(`${level}: ${message} ${JSON.stringify(facts)}\n`)),
    state: () => undefined,
    figure: () => undefined,
  };
  return sink.open(settings, host);
}

async function theirs({ plain, reset }: VendorCase): Promise<() => ReturnType<typeof timed>> {
  const writer = await plain(place);
  return async () => {
    await reset?.(place);
    const all = market.events(first);
    first += market.slots;
    return timed(() => writer.write(all));
  };
}
