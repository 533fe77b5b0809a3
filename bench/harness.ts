import { loadavg } from "node:os";

/** One line of a result: how `case` of `bench` compares with `baseline`, both timed in the same rounds. */
export interface Row {
  bench: string;
  case: string;
  /** First quartile over the rounds: what it costs when nothing disturbs. */
  ns_per_op: number;
  baseline: string;
  baseline_ns_per_op: number;
  /** Median over the rounds of baseline time / own time: above 1 is faster than the baseline. */
  ratio: number;
  /** 10th and 90th percentile of the same. */
  spread?: [number, number];
}

export interface BenchOptions {
  /** Rounds that count. */
  rounds: number;
  /** Rounds before them that do not. */
  warmup: number;
  /** How long a bench runs that has no rounds. */
  minutes?: number;
}

/** What a file in bench/ exports under the name `bench`. */
export type Bench = (options: BenchOptions) => AsyncIterable<Row> | Promise<Row[]>;

export const DEFAULT_OPTIONS: BenchOptions = { rounds: 25, warmup: 5 };
const MIN_ROUNDS = 15;

/** Something timed: `run` does a fixed number of operations and answers nanoseconds per operation. */
export interface Contestant {
  name: string;
  run(): number | Promise<number>;
}

/** ns per operation of each contestant, by round. */
export type Samples = Map<string, number[]>;

/**
 * Runs all contestants once per round, in turn, so that what disturbs the machine disturbs all of them alike, and
 * in alternating order, so that none always follows the same neighbour.
 */
export async function race(contestants: readonly Contestant[], options: BenchOptions): Promise<Samples> {
  if (options.rounds < MIN_ROUNDS) {
    throw new RangeError(`expected at least ${MIN_ROUNDS} rounds, saw ${options.rounds}: fewer say nothing`);
  }
  const samples: Samples = new Map(contestants.map(({ name }) => [name, []]));
  for (let round = -options.warmup; round < options.rounds; round++) {
    for (const { name, run } of round % 2 === 0 ? contestants : contestants.toReversed()) {
      const ns = await run();
      if (round >= 0) samples.get(name)?.push(ns);
    }
  }
  return samples;
}

/** Times `operation`, which does `operations` operations. */
export function nsPerOp(operations: number, operation: () => void): number {
  const start = process.hrtime.bigint();
  operation();
  return Number(process.hrtime.bigint() - start) / operations;
}

/** The row of `subject` against `baseline`, by the per-round ratios. */
export function compare(
  bench: string,
  name: string,
  samples: Samples,
  subject: string,
  baseline: string,
): Row {
  const own = of(samples, subject);
  const base = of(samples, baseline);
  const ratios = own.map((ns, round) => base[round] / ns);
  return {
    bench,
    case: name,
    ns_per_op: rounded(quantile(own, 0.25)),
    baseline,
    baseline_ns_per_op: rounded(quantile(base, 0.25)),
    ratio: rounded(quantile(ratios, 0.5)),
    spread: [rounded(quantile(ratios, 0.1)), rounded(quantile(ratios, 0.9))],
  };
}

function of(samples: Samples, name: string): number[] {
  const found = samples.get(name);
  if (found === undefined)
    throw new Error(`expected a contestant named ${name}, saw ${[...samples.keys()].join(", ")}`);
  return found;
}

/** Quantile q (0..1) with linear interpolation; NaN for no values. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

/** Three significant digits: more would claim more than rounds can show. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** One sentence on how quiet the machine is now. */
export function quietNote(): string {
  const load = loadavg().map((n) => n.toFixed(2));
  const busy = Number(load[0]) > 0.5;
  return `load average ${load.join(" ")}: ${busy ? "busy, trust the ratios only" : "quiet"}`;
}

/** Deterministic uniform numbers in [0, 1) (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
