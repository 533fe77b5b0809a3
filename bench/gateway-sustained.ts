/** A gateway as users start it, fed by a simulator in another process: rate, loss, memory, CPU, latency. */
import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openRegion, regionPath } from "../src/store/index.ts";
import { CHANNELS } from "./frames-record.ts";
import { answer, ended } from "./gateway-processes.ts";
import { between, Follower, percentile, latencies, losses, sample, sum } from "./gateway-watch.ts";
import type { Region } from "../src/log/index.ts";
import type { Processes } from "./gateway-processes.ts";
import type { Sample, Watched } from "./gateway-watch.ts";
import type { Row } from "./harness.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const MAIN = `${ROOT}dist/cli/main.js`;
const VENUES = "binance,binance-usdm,coinbase,kraken";
const LANE = "bench";
/** Messages per second that are to be sustained. */
const WANTED = 50_000;
/** What the simulator is asked for: steps it had to cut short are not made up for, and the average is to be WANTED. */
const ASKED = 60_000;
/** Part of WANTED at which measuring begins. */
const NEAR = 0.97;
/** Seconds after which it begins anyway. */
const PATIENCE = 8;
const SETTLE_MS = 4000;
const START_MS = 20_000;
/** A process with this much of a core has all it can get of one thread. */
const FULL_CORE = 0.9;
/** RSS is flat when the mean of the last third of the samples is at most this part of the first third's. */
const FLAT = 1.05;

export interface SustainedRow extends Row {
  seconds: number;
  messages_per_s: number;
  simulator_messages_per_s: number;
  slots_per_s: number;
  /** Frame handed over by the socket to commit of its events. */
  p50_us: number;
  p99_us: number;
  cpu_ns_per_message: number;
  /** Cores used: by the gateway, the simulator, this process, and everybody else. */
  cores: { gateway: number; simulator: number; bench: number; others: number; idle: number };
  rss_start_mib: number;
  rss_end_mib: number;
  /** Mean of the last third over mean of the first third. */
  rss_growth: number;
  lost: number;
  note: string;
  /** What broke a promise; empty when none was. */
  broken: string[];
}

/** Runs the whole for `seconds` after the warm-up. */
export async function sustained(processes: Processes, seconds: number): Promise<SustainedRow> {
  if (process.platform !== "linux") throw new Error(`expected Linux (/proc), saw ${process.platform}`);
  const { watched, failed } = await start(processes);
  const follower = new Follower(watched.region);
  const run = async (): Promise<SustainedRow> => {
    await warmUp(watched);
    return measure(watched, follower, seconds);
  };
  try {
    return await Promise.race([run(), failed]);
  } finally {
    follower.stop();
  }
}

/** The built program, made up to date first; TypeScript as it is where there is no compiler. */
export function feedhorn(): string[] {
  const compiler = `${ROOT}node_modules/.bin/tsc`;
  if (existsSync(compiler)) execFileSync(compiler, ["-b"], { cwd: ROOT, stdio: "inherit" });
  if (existsSync(MAIN)) return [process.execPath, MAIN];
  return [process.execPath, ...process.execArgv, `${ROOT}src/cli/main.ts`];
}

interface Announcement {
  endpoints: Record<string, { ws: string; rest: string }>;
  symbols: Record<string, string[]>;
  control: string;
}

/** Both processes; `failed` rejects when one of them ends. `more`: further keys of the gateway's configuration. */
export async function start(
  processes: Processes,
  more: object = {},
): Promise<{ watched: Watched; failed: Promise<never> }> {
  const command = feedhorn();
  const load = ["simulate", "--announce", "--venues", VENUES, "--load", String(ASKED)];
  const simulator = processes.spawn(command, load);
  const lines = createInterface({ input: simulator.stdout! });
  const first = await answer<string>(simulator, (heard) => lines.once("line", heard));
  const announced = JSON.parse(first) as Announcement;
  const config = `${processes.folder}/feedhorn.json`;
  writeFileSync(config, JSON.stringify({ ...configFor(announced, processes.folder), ...more }));
  const gateway = processes.spawn(command, ["run", config]);
  const failed = Promise.race([ended(simulator), ended(gateway)]);
  const region = await Promise.race([opened(regionPath(LANE, processes.folder)), failed]);
  const pids = { gateway: gateway.pid!, simulator: simulator.pid! };
  return { watched: { region, control: announced.control, ...pids }, failed };
}

function configFor({ endpoints, symbols }: Announcement, dir: string): object {
  const feeds = Object.entries(endpoints).map(([venue, { ws, rest }]) => ({
    venue,
    symbols: symbols[venue],
    channels: CHANNELS,
    ws_url: ws,
    rest_url: rest,
  }));
  return { region: { dir }, ops: { port: 0 }, log: { level: "warn" }, lanes: [{ name: LANE, feeds }] };
}

/** Waits for the gateway's memory, and until every book in it is proved. */
export async function opened(path: string): Promise<Region> {
  const until = async (what: string, done: () => boolean): Promise<void> => {
    for (const end = performance.now() + START_MS; !done(); await sleep(50))
      if (performance.now() > end) throw new Error(`expected ${what} within ${START_MS} ms`);
  };
  await until(`a region at ${path}`, () => existsSync(path));
  const { region } = openRegion(path);
  const wanted = (): number => sum(region, "feedhorn_books", "");
  await until("every book live", () => wanted() > 0 && sum(region, "feedhorn_books_live") === wanted());
  return region;
}

export async function warmUp(watched: Watched): Promise<void> {
  await sleep(SETTLE_MS);
  let before = await sample(watched);
  for (let second = 0; second < PATIENCE; second++) {
    await sleep(1000);
    const after = await sample(watched);
    if (rate(before, after, "frames") >= NEAR * WANTED) return;
    before = after;
  }
}

/** Growth per second of one field. */
function rate(
  before: Sample,
  after: Sample,
  key: "frames" | "sent" | "gatewayCpu" | "simulatorCpu" | "benchCpu",
): number {
  return (after[key] - before[key]) / (after.at - before.at);
}

async function measure(watched: Watched, follower: Follower, seconds: number): Promise<SustainedRow> {
  const { region } = watched;
  const lossesBefore = losses(region);
  const lostBefore = follower.lost;
  const slotsBefore = follower.slots;
  const latencyBefore = latencies(region);
  const samples = [await sample(watched)];
  for (let second = 0; second < seconds; second++) {
    await sleep(1000);
    samples.push(await sample(watched));
    say(samples);
  }
  const latency = between(latencyBefore, latencies(region));
  const lost = follower.lost - lostBefore;
  const grown = [...losses(region)]
    .map(([name, value]) => [name, value - (lossesBefore.get(name) ?? 0)] as const)
    .filter(([, value]) => value !== 0);
  const row = rowOf(samples, follower.slots - slotsBefore, lost);
  if (lost > 0) row.broken.push(`a reader lost ${lost} slots`);
  for (const [name, value] of grown) row.broken.push(`${name} grew by ${value}`);
  row.p50_us = short(percentile(latency, 0.5));
  row.p99_us = short(percentile(latency, 0.99));
  return row;
}

function say(samples: readonly Sample[]): void {
  const [before, after] = samples.slice(-2);
  const resident = (after.resident / 2 ** 20).toFixed(1);
  const cpu = (rate(before, after, "gatewayCpu") * 100).toFixed(0);
  const messages = Math.round(rate(before, after, "frames"));
  process.stderr.write(
    `gateway: ${messages} messages/s, simulator ${Math.round(rate(before, after, "sent"))}/s, ` +
      `gateway CPU ${cpu} %, RSS ${resident} MiB\n`,
  );
}

function rowOf(samples: readonly Sample[], slots: number, lost: number): SustainedRow {
  const first = samples[0];
  const last = samples.at(-1)!;
  const seconds = last.at - first.at;
  const perSecond = rate(first, last, "frames");
  const growth = growthOf(samples.map(({ resident }) => resident));
  const broken = growth > FLAT ? [`RSS grew by ${((growth - 1) * 100).toFixed(1)} %`] : [];
  return {
    bench: "gateway",
    case: "sustained",
    ns_per_op: short(1e9 / perSecond),
    baseline: `${WANTED} messages/s`,
    baseline_ns_per_op: 1e9 / WANTED,
    ratio: short(perSecond / WANTED),
    seconds: short(seconds),
    messages_per_s: Math.round(perSecond),
    simulator_messages_per_s: Math.round(rate(first, last, "sent")),
    slots_per_s: Math.round(slots / seconds),
    p50_us: NaN,
    p99_us: NaN,
    cpu_ns_per_message: Math.round((1e9 * rate(first, last, "gatewayCpu")) / perSecond),
    cores: coresOf(first, last),
    rss_start_mib: short(first.resident / 2 ** 20),
    rss_end_mib: short(last.resident / 2 ** 20),
    rss_growth: short(growth),
    lost,
    note: perSecond >= WANTED ? "sustained" : bottleneck(first, last),
    broken,
  };
}

function coresOf(first: Sample, last: Sample): SustainedRow["cores"] {
  const gateway = rate(first, last, "gatewayCpu");
  const simulator = rate(first, last, "simulatorCpu");
  const bench = rate(first, last, "benchCpu");
  const seconds = last.at - first.at;
  const busy = (last.machine.busy - first.machine.busy) / seconds;
  const idle = (last.machine.idle - first.machine.idle) / seconds;
  const others = Math.max(0, busy - gateway - simulator - bench);
  return {
    gateway: short(gateway),
    simulator: short(simulator),
    bench: short(bench),
    others: short(others),
    idle: short(idle),
  };
}

/** Who kept the rate below what was asked for. */
function bottleneck(first: Sample, last: Sample): string {
  const cores = coresOf(first, last);
  const missed = `${WANTED} messages/s not reached`;
  if (cores.gateway >= FULL_CORE) return `${missed}: the gateway's core is full`;
  if (cores.simulator >= FULL_CORE) return `${missed}: the simulator's core is full`;
  const overruns = last.overruns - first.overruns;
  return (
    `${missed}: the simulator (${cores.simulator} of a core) was late ${overruns} times and sent less; ` +
    `other processes took ${cores.others} cores`
  );
}

function growthOf(resident: readonly number[]): number {
  const third = Math.max(1, Math.floor(resident.length / 3));
  const mean = (values: readonly number[]): number =>
    values.reduce((total, one) => total + one, 0) / values.length;
  return mean(resident.slice(-third)) / mean(resident.slice(0, third));
}

/** Three significant digits. */
function short(value: number): number {
  return Number(value.toPrecision(3));
}
