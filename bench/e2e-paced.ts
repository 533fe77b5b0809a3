/** Latencies at an even pace: from when a frame was due to when what it brought was committed, or emitted. */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { CHART_SHARES, percentileChart } from "./chart.ts";
import { quantile } from "./harness.ts";
import type { Samples } from "./harness.ts";

/** Frames per second: a busy venue. */
export const RATE = 20_000;
/** A second of each pipeline per round; the first tenth only warms up. */
export const PACED = 20_000;
const SKIPPED = PACED / 10;

/** Microseconds of every frame that counts, from the file of times and the time at which the first was due. */
export function latencies(file: string, first: number): Float64Array {
  const bytes = readFileSync(file);
  const times = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  return times.map((time, i) => (time - first - (i * 1e9) / RATE) / 1000).subarray(SKIPPED);
}

/** What one pipeline saw, by round: its latencies at CHART_SHARES, and at some by name. */
export class Curves {
  readonly #rounds = new Map<string, number[][]>();

  /** Adds a round; returns its median, ns. */
  add(name: string, us: Float64Array): number {
    const sorted = us.toSorted();
    const at = (p: number): number => sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))];
    const rounds = this.#rounds.get(name) ?? [];
    this.#rounds.set(name, rounds);
    rounds.push([...CHART_SHARES, 0.9, 0.99].map(at));
    return at(0.5) * 1000;
  }

  /** Rounds before those that count are forgotten. */
  skip(count: number): void {
    for (const rounds of this.#rounds.values()) rounds.splice(0, count);
  }

  /** 90th and 99th percentile, ns, by round. */
  tail(which: 0 | 1): Samples {
    const column = CHART_SHARES.length + which;
    return new Map(
      [...this.#rounds].map(([name, rounds]) => [name, rounds.map((one) => one[column] * 1000)]),
    );
  }

  /** Medians over the rounds, as a chart. */
  draw(file: string, title: string): void {
    // As many curves as can be told apart: that of the recorder without the scanner lies on the others.
    const shown = [...this.#rounds].filter(([name]) => !name.startsWith("recorder, "));
    const series = shown.map(([name, rounds]) => ({
      name,
      points: CHART_SHARES.map((p, i) => ({ p, us: median(rounds.map((one) => one[i])) })).filter(
        ({ p }) => p <= 1 - 1 / (PACED - SKIPPED),
      ),
    }));
    const [cpu] = cpus();
    const day = new Date().toISOString().slice(0, 10);
    const note = `${cpu?.model.trim() ?? "unknown"}, ${cpus().length} cores, node ${process.version}, ${day}`;
    writeFileSync(file, percentileChart({ title, note, series }));
  }
}

function median(values: readonly number[]): number {
  return Math.max(0, Number(quantile(values, 0.5).toPrecision(3)));
}
