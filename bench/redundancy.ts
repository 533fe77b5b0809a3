/**
 * What do two or three connections for each subscription cost: the gateway's processor time per frame received against one
 * connection, and per frame of the market (what one connection brings)?
 *
 * One `feedhorn simulate` (four venues) feeds three `feedhorn run` at once, with `redundancy` 1, 2 and 3, so that whatever
 * disturbs the machine disturbs all of them. A round is one window of each; FEEDHORN_BENCH_WINDOW is its length, ms.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { CHANNELS } from "./frames-record.ts";
import { Processes, answer, cpuSeconds, ended } from "./gateway-processes.ts";
import { feedhorn, opened } from "./gateway-sustained.ts";
import { sum } from "./gateway-watch.ts";
import { compare, race } from "./harness.ts";
import type { Region } from "../src/log/index.ts";
import { regionPath } from "../src/store/index.ts";
import type { BenchOptions, Contestant, Row } from "./harness.ts";

const WINDOW_MS = Number(process.env["FEEDHORN_BENCH_WINDOW"] ?? 1000);
const VENUES = "binance,binance-usdm,coinbase,kraken";
const LANE = "bench";
/** Messages a second to all gateways together: a sixth of them to each connection. */
const LOAD = 48_000;
const FRAMES = "feedhorn_frames_total";
const SETTLE_MS = 4000;

interface Gateway {
  readonly copies: number;
  readonly region: Region;
  readonly pid: number;
}

interface Announcement {
  readonly endpoints: Record<string, { ws: string; rest: string }>;
  readonly symbols: Record<string, string[]>;
}

export async function bench(options: BenchOptions): Promise<Row[]> {
  if (process.platform !== "linux") throw new Error(`expected Linux (/proc), saw ${process.platform}`);
  const processes = new Processes();
  try {
    const command = feedhorn();
    const args = ["simulate", "--announce", "--venues", VENUES, "--load", String(LOAD)];
    const simulator = processes.spawn(command, args);
    const lines = createInterface({ input: simulator.stdout! });
    const first = await answer<string>(simulator, (heard) => lines.once("line", heard));
    const announced = JSON.parse(first) as Announcement;
    const gateways: Gateway[] = [];
    for (const copies of [1, 2, 3]) gateways.push(await run(processes, command, announced, copies));
    return await Promise.race([measure(gateways, options), ended(simulator)]);
  } finally {
    await processes.close();
  }
}

async function run(
  processes: Processes,
  command: readonly string[],
  { endpoints, symbols }: Announcement,
  copies: number,
): Promise<Gateway> {
  const dir = `${processes.folder}/copies-${copies}`;
  mkdirSync(dir);
  const feeds = Object.entries(endpoints).map(([venue, { ws, rest }]) => ({
    venue,
    symbols: symbols[venue],
    channels: CHANNELS,
    ws_url: ws,
    rest_url: rest,
    redundancy: copies,
  }));
  const config = {
    region: { dir },
    ops: { port: 0 },
    log: { level: "error" },
    ledger: { enabled: false },
    lanes: [{ name: LANE, feeds }],
  };
  writeFileSync(`${dir}/feedhorn.json`, JSON.stringify(config));
  const gateway = processes.spawn(command, ["run", `${dir}/feedhorn.json`]);
  const region = await Promise.race([opened(regionPath(LANE, dir)), ended(gateway)]);
  return { copies, region, pid: gateway.pid! };
}

async function measure(gateways: readonly Gateway[], options: BenchOptions): Promise<Row[]> {
  await sleep(SETTLE_MS);
  const contestants: Contestant[] = gateways.map((gateway) => ({
    name: nameOf(gateway),
    run: () => window(gateway),
  }));
  const begun = performance.now();
  const before = gateways.map(({ region }) => sum(region, FRAMES));
  const samples = await race(contestants, options);
  const seconds = (performance.now() - begun) / 1000;
  const rates = new Map(
    gateways.map((one, i) => [one, (sum(one.region, FRAMES) - before[i]!) / seconds] as const),
  );
  const [one, ...others] = gateways as [Gateway, ...Gateway[]];
  return others.map((gateway) => {
    const row = compare(
      "redundancy",
      `${gateway.copies} connections, CPU`,
      samples,
      nameOf(gateway),
      nameOf(one),
    );
    return {
      ...row,
      times_per_frame_of_the_market: Number((gateway.copies / row.ratio).toPrecision(3)),
      frames_per_s: Math.round(rates.get(gateway)!),
      duplicates: sum(gateway.region, "feedhorn_duplicates_total"),
      books: `${sum(gateway.region, "feedhorn_books_live")} of ${sum(gateway.region, "feedhorn_books", "")}`,
    };
  });
}

function nameOf({ copies }: Gateway): string {
  return `gateway with redundancy ${copies}, per frame received`;
}

/** ns of processor time per frame received. */
async function window({ region, pid }: Gateway): Promise<number> {
  const frames = sum(region, FRAMES);
  const cpu = cpuSeconds(pid);
  await sleep(WINDOW_MS);
  return ((cpuSeconds(pid) - cpu) * 1e9) / (sum(region, FRAMES) - frames);
}
