import { quantile, readHistograms } from "../../src/log/index.ts";
import type { HistogramRow, Region } from "../../src/log/index.ts";

/** Commit latency of all venues of a lane as its own histograms have it: from the read of a frame to its commit, us. */
export class CommitLatency {
  readonly #region: Region;
  #before: HistogramRow;

  constructor(region: Region) {
    this.#region = region;
    this.#before = sum(region);
  }

  /** Since the last look. */
  look(): { readonly p50: number; readonly p99: number; readonly events: number } {
    const now = sum(this.#region);
    const buckets = now.buckets.map((count, i) => count - this.#before.buckets[i]!);
    const events = buckets.reduce((total, count) => total + count, 0);
    const row = { ...now, buckets, count: events };
    this.#before = now;
    return { p50: Math.round(quantile(row, 0.5)), p99: Math.round(quantile(row, 0.99)), events };
  }
}

function sum({ histograms }: Region): HistogramRow {
  const rows = readHistograms(histograms).filter(({ name }) => name === "feedhorn_commit_latency_us");
  const buckets = rows[0]!.buckets.map((_, i) => rows.reduce((total, row) => total + row.buckets[i]!, 0));
  return { ...rows[0]!, buckets };
}
