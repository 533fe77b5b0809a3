/**
 * Does the gateway's memory stay flat at 20,000 messages a second, three connections for each subscription and everything
 * on that watches over completeness?
 *
 * `feedhorn simulate` (four venues) sends every message to three connections of one `feedhorn run` with its ledger on disk,
 * drift, silence, clocks, audits and backfill. Memory is sampled once a second for `--minutes` (default 80); the first quarter, at
 * most twenty minutes, is warming up: tables that were reserved are touched one by one, and the allocator finds its size
 * (`warm_up` tells what it was at the beginning of that). The slope is that of a line through twelve means, with its standard error; memory is
 * flat when slope and two errors stay below the limit, so that a short run may end undecided.
 */
import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Processes, residentBytes } from "./gateway-processes.ts";
import { feedhorn } from "./gateway-sustained.ts";
import { losses, sum } from "./gateway-watch.ts";
import type { BenchOptions, Row } from "./harness.ts";
import { cpuNs, framesOf, run, simulate } from "./integrity-gateways.ts";
import type { Gateway, Market } from "./integrity-gateways.ts";
import { memoryOf, telling } from "./soak-memory.ts";
import type { Memory } from "./soak-memory.ts";
import { slopeOf, verdictOf } from "./soak-slope.ts";
import type { Verdict } from "./soak-slope.ts";

const COPIES = 3;
/** Messages a second of the market; and what the simulator is asked for, as steps that it must cut short are not made up for. */
const WANTED = 20_000;
const LOAD = 1.1 * WANTED * COPIES;
/** Growth that is called none, MiB an hour. */
const LIMIT = 5;
const MIB = 2 ** 20;
const WARM = { share: 0.25, most: 1200 };
/** Seconds between two lines of progress. */
const SAY = 60;
/** Copies are dropped all the time here, and that is no loss. */
const ORDINARY = new Set(["feedhorn_duplicates_total"]);

interface Growth {
  first_mib: number;
  last_mib: number;
  max_mib: number;
  mib_per_hour: number;
  error: number;
  verdict: Verdict;
}

export interface SoakRow extends Row {
  minutes: number;
  /** What is left out of `memory`: its minutes, and RSS at its beginning. */
  warm_up: { minutes: number; first_mib: number };
  messages_per_s: number;
  frames_per_s: number;
  events_per_s: number;
  duplicates_per_s: number;
  /** Memory of the gateway, without the warm-up: what the system counts, its private part, and what V8 does. */
  memory: Record<keyof Memory, Growth>;
  simulator_rss_mib: [first: number, last: number];
  books: string;
  verdict: Verdict;
  /** What went wrong at any time; empty when nothing did. */
  broken: string[];
}

interface Sample {
  readonly at: number;
  readonly memory: Memory;
}

export async function bench({ minutes = 80 }: BenchOptions): Promise<Row[]> {
  if (process.platform !== "linux") throw new Error(`expected Linux (/proc), saw ${process.platform}`);
  const processes = new Processes();
  try {
    const folder = `${processes.folder}/memory`;
    mkdirSync(folder);
    const command = feedhorn();
    const [node, ...program] = command;
    const market = await simulate(processes, command, LOAD);
    const shape = {
      name: "everything on",
      copies: COPIES,
      feed: { audit_ms: 10_000, silence: { learn_ms: 60_000 } },
      config: { ledger: { dir: `${processes.folder}/ledger` } },
    };
    const gateway = await run(processes, [node!, ...telling(folder), ...program], market, shape);
    return [await Promise.race([measure(gateway, market, folder, minutes), gateway.failed, market.failed])];
  } finally {
    await processes.close();
  }
}

async function measure(gateway: Gateway, market: Market, folder: string, minutes: number): Promise<SoakRow> {
  const seconds = Math.round(60 * minutes);
  const warm = Math.round(Math.min(WARM.most, WARM.share * seconds));
  const warmUp = { minutes: short(warm / 60), first_mib: short(residentBytes(gateway.pid) / MIB) };
  await sleep(1000 * Math.max(2, warm));
  const begun = totals(gateway, market);
  const samples: Sample[] = [];
  for (let second = 0; second < seconds - warm; second++) {
    await sleep(Math.max(0, begun.at + 1000 * (second + 1) - performance.now()));
    samples.push({ at: performance.now(), memory: memoryOf(gateway.pid, folder) });
    if (samples.length % SAY === 0) say(samples, gateway, begun);
  }
  return { ...rowOf(samples, gateway, market, begun), minutes, warm_up: warmUp };
}

interface Totals {
  readonly at: number;
  readonly frames: number;
  readonly events: number;
  readonly duplicates: number;
  readonly cpu: number;
  readonly losses: Map<string, number>;
  readonly simulator: number;
}

function totals(gateway: Gateway, { pid }: Market): Totals {
  const { region } = gateway;
  return {
    at: performance.now(),
    frames: framesOf(gateway),
    events: sum(region, "feedhorn_events_total"),
    duplicates: sum(region, "feedhorn_duplicates_total"),
    cpu: cpuNs(gateway.pid),
    losses: losses(region),
    simulator: residentBytes(pid),
  };
}

function growthOf(samples: readonly Sample[], key: keyof Memory): Growth {
  const values = samples.map(({ memory }) => memory[key] / MIB);
  const hours = (samples.at(-1)!.at - samples[0]!.at) / 3_600_000;
  const slope = slopeOf(values, hours);
  return {
    first_mib: short(values[0]!),
    last_mib: short(values.at(-1)!),
    max_mib: short(Math.max(...values)),
    mib_per_hour: short(slope.perHour),
    error: short(slope.error),
    verdict: verdictOf(slope, LIMIT),
  };
}

function say(samples: readonly Sample[], gateway: Gateway, begun: Totals): void {
  const seconds = (performance.now() - begun.at) / 1000;
  const { last_mib, mib_per_hour, error, max_mib, verdict } = growthOf(samples, "rss");
  const heap = growthOf(samples, "heap");
  const rate = Math.round((framesOf(gateway) - begun.frames) / COPIES / seconds);
  process.stderr.write(
    `soak: ${(seconds / 60).toFixed(0)} min, ${rate} messages/s x ${COPIES}, RSS ${last_mib} MiB (most ${max_mib}), ` +
      `${mib_per_hour} +- ${error} MiB/h, heap ${heap.last_mib} MiB, ${heap.mib_per_hour} +- ${heap.error} MiB/h: ${verdict}\n`,
  );
}

function rowOf(
  samples: readonly Sample[],
  gateway: Gateway,
  market: Market,
  begun: Totals,
): Omit<SoakRow, "minutes" | "warm_up"> {
  const now = totals(gateway, market);
  const seconds = (now.at - begun.at) / 1000;
  const frames = now.frames - begun.frames;
  const perSecond = frames / COPIES / seconds;
  const memory = {
    rss: growthOf(samples, "rss"),
    anon: growthOf(samples, "anon"),
    heap: growthOf(samples, "heap"),
    external: growthOf(samples, "external"),
    buffers: growthOf(samples, "buffers"),
  };
  const { region } = gateway;
  return {
    bench: "soak",
    case: `redundancy ${COPIES}, everything on`,
    ns_per_op: Math.round(((now.cpu - begun.cpu) * COPIES) / frames),
    baseline: `${WANTED} messages/s`,
    baseline_ns_per_op: 1e9 / WANTED,
    ratio: short(perSecond / WANTED),
    messages_per_s: Math.round(perSecond),
    frames_per_s: Math.round(frames / seconds),
    events_per_s: Math.round((now.events - begun.events) / seconds),
    duplicates_per_s: Math.round((now.duplicates - begun.duplicates) / seconds),
    memory,
    simulator_rss_mib: [short(begun.simulator / MIB), short(now.simulator / MIB)],
    books: `${sum(region, "feedhorn_books_live")} of ${sum(region, "feedhorn_books", "")}`,
    verdict: memory.rss.verdict,
    broken: brokenOf(begun, now, perSecond),
  };
}

function brokenOf(begun: Totals, now: Totals, perSecond: number): string[] {
  const grown = [...now.losses]
    .map(([name, value]) => [name, value - begun.losses.get(name)!] as const)
    .filter(([name, value]) => value !== 0 && !ORDINARY.has(name))
    .map(([name, value]) => `${name} grew by ${value}`);
  return perSecond < WANTED
    ? [...grown, `expected ${WANTED} messages/s, saw ${perSecond.toFixed(0)}`]
    : grown;
}

/** Four significant digits. */
function short(value: number): number {
  return Number(value.toPrecision(4));
}
