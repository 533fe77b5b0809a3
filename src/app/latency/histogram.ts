import { createHistogram } from "node:perf_hooks";
import type { RecordableHistogram } from "node:perf_hooks";

/** Longest latency told apart, ns: a minute. */
const LONGEST = 60e9;

/** Percentiles of one distribution, us. All are 0 when nothing was recorded. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Latencies in bounded memory, to three significant digits (an HdrHistogram, Node's own). */
export class LatencyHistogram {
  readonly #ns: RecordableHistogram = createHistogram({ lowest: 1, highest: LONGEST, figures: 3 });
  #max = 0;

  /** A latency, us; what is below a nanosecond counts as one, what is above a minute as a minute. */
  record(us: number): void {
    if (us > this.#max) this.#max = us;
    this.#ns.record(Math.max(1, Math.min(LONGEST, Math.round(us * 1000))));
  }

  get count(): number {
    return Number(this.#ns.count);
  }

  /** The latency that a share `p` (0 .. 1) did not exceed, us; 0 when nothing was recorded. */
  at(p: number): number {
    if (this.count === 0) return 0;
    // Node wants a percentile above 0.
    return Math.min(this.#max, this.#ns.percentile(Math.max(1e-9, p * 100)) / 1000);
  }

  percentiles(): Percentiles {
    const [p50, p90, p99, p999] = [0.5, 0.9, 0.99, 0.999].map((p) => this.at(p)) as [
      number,
      number,
      number,
      number,
    ];
    return { count: this.count, p50, p90, p99, p999, max: this.#max };
  }
}
