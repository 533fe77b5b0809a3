/** What a region tells about a running lane, sampled from outside: rates, losses, latencies. */
import { quantile, readCounters, readHistograms, RingReader } from "../src/log/index.ts";
import { cpuSeconds, machineSeconds, residentBytes } from "./gateway-processes.ts";
import type { HistogramRow, Region } from "../src/log/index.ts";

/** Families that may not grow while nothing goes wrong, and what of them counts. */
const LOSSES: readonly (readonly [string, string])[] = [
  ["feedhorn_bad_frames_total", ""],
  ["feedhorn_unknown_frames_total", ""],
  ["feedhorn_gaps_total", ""],
  ["feedhorn_missing_total", ""],
  ["feedhorn_duplicates_total", ""],
  ["feedhorn_crossed_books_total", ""],
  ["feedhorn_checksums_total", 'result="mismatch"'],
  ["feedhorn_resyncs_total", ""],
  ["feedhorn_ring_refused_total", ""],
  ["feedhorn_reconnects_total", ""],
];
/** The ring holds seconds; a hundredth of one keeps the reader's batches small. */
const POLL_MS = 10;

/** Sum over all venues of a counter's rows whose labels contain `part`. */
export function sum(region: Region, name: string, part = ""): number {
  return readCounters(region.counters)
    .filter((row) => row.name === name && row.labels.includes(part))
    .reduce((total, { value }) => total + value, 0);
}

/** Everything that must not have happened, by name, as totals since the lane began. */
export function losses(region: Region): Map<string, number> {
  return new Map(LOSSES.map(([name, part]) => [name, sum(region, name, part)]));
}

/** One histogram of all venues: what was recorded between two looks. */
export function between(before: readonly HistogramRow[], after: readonly HistogramRow[]): HistogramRow {
  const all = (rows: readonly HistogramRow[], bucket: number): number =>
    rows.reduce((total, { buckets }) => total + buckets[bucket], 0);
  const buckets = after[0].buckets.map((_, bucket) => all(after, bucket) - all(before, bucket));
  const count = buckets.reduce((total, n) => total + n, 0);
  return { ...after[0], count, buckets, sum: NaN, max: Math.max(...after.map(({ max }) => max)) };
}

export function latencies(region: Region): HistogramRow[] {
  return readHistograms(region.histograms).filter(({ name }) => name === "feedhorn_commit_latency_us");
}

/** Upper bound of the bucket (at most 12.5 % wide) in which a share `q` of the values is reached. */
export function percentile(row: HistogramRow, q: number): number {
  return quantile(row, q);
}

/** A reader as any other program would be: it follows every slot, and counts what it did not see. */
export class Follower {
  readonly #reader: RingReader;
  readonly #timer: NodeJS.Timeout;
  slots = 0;

  constructor(region: Region) {
    this.#reader = new RingReader(region.control, region.slots);
    const take = (): void => {
      this.slots += 1;
    };
    this.#timer = setInterval(() => this.#reader.poll(take), POLL_MS);
  }

  get lost(): number {
    return this.#reader.lost;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** One look at everything. */
export interface Sample {
  /** Monotonic seconds. */
  at: number;
  frames: number;
  sent: number;
  /** Steps the simulator had to cut short. */
  overruns: number;
  gatewayCpu: number;
  simulatorCpu: number;
  benchCpu: number;
  machine: { busy: number; idle: number };
  resident: number;
}

export interface Watched {
  region: Region;
  gateway: number;
  simulator: number;
  /** Base URL of the simulator's control interface. */
  control: string;
}

export async function sample({ region, gateway, simulator, control }: Watched): Promise<Sample> {
  const response = await fetch(`${control}/stats`);
  const { messages, overruns } = (await response.json()) as { messages: number; overruns: number };
  return {
    at: performance.now() / 1000,
    frames: sum(region, "feedhorn_frames_total"),
    sent: messages,
    overruns,
    gatewayCpu: cpuSeconds(gateway),
    simulatorCpu: cpuSeconds(simulator),
    benchCpu: cpuSeconds(process.pid),
    machine: machineSeconds(),
    resident: residentBytes(gateway),
  };
}
