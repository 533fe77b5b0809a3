import { quantile, readCounters, readHistograms } from "../../log/index.ts";
import type { HistogramRow, Region } from "../../log/index.ts";
import type { VenueId } from "../../model/index.ts";
import type { Percentiles } from "./histogram.ts";
import type { LatencyProbe, ProbeStages } from "./probe.ts";
import { cpuSeconds } from "./process.ts";

/** Counters of a lane that stand still while nothing goes wrong, and what they are called in the report. */
const FAULTS: Readonly<Record<string, string>> = {
  feedhorn_gaps_total: "gaps",
  feedhorn_resyncs_total: "resyncs",
  feedhorn_bad_frames_total: "bad frames",
  feedhorn_unknown_frames_total: "unknown frames",
  feedhorn_duplicates_total: "duplicates",
  feedhorn_reconnects_total: "reconnects",
  feedhorn_ring_refused_total: "events too large",
};

/** What is looked at before and after. */
export interface Look {
  /** Monotonic ms. */
  readonly at: number;
  /** Totals by their name in the report. */
  readonly faults: ReadonlyMap<string, number>;
  readonly histograms: readonly HistogramRow[];
  /** CPU seconds of the gateway's process; null where that is not known. */
  readonly cpu: number | null;
  /** Slots that the reader was too slow for. */
  readonly readerLost: number;
}

export interface LoadReport {
  /** Messages that the schedule held; fewer were sent when the generator fell behind it. */
  readonly due: number;
  /** Messages sent in the measured time, seen by the reader, and not seen by it. */
  readonly sent: number;
  readonly seen: number;
  readonly lost: number;
  readonly readerLost: number;
  /** Clients cut because they did not read. */
  readonly cut: number;
  readonly seconds: number;
  readonly stages: ProbeStages;
  /** The lane's own histograms, whose buckets are 12.5 % wide: us by stage. */
  readonly lane: ReadonlyMap<string, Percentiles>;
  readonly faults: ReadonlyMap<string, number>;
  /** Of the gateway's whole process: share of one core, and us per message. */
  readonly cpu: { readonly share: number; readonly perMessage: number } | null;
}

/** Everything that is known of a lane from outside, of one venue. */
export function look(region: Region, venue: VenueId, readerLost: number): Look {
  const ours = ({ labels }: { readonly labels: string }): boolean => labels.includes(`venue="${venue}"`);
  const faults = new Map(Object.values(FAULTS).map((name) => [name, 0]));
  for (const row of readCounters(region.counters).filter(ours)) {
    const name = FAULTS[row.name];
    if (name !== undefined) faults.set(name, faults.get(name)! + row.value);
  }
  const histograms = readHistograms(region.histograms).filter(ours);
  return { at: performance.now(), faults, histograms, cpu: cpuSeconds(region.writerPid), readerLost };
}

/** What the report wants to know of the generator: clients it cut, and messages per second. */
interface Generator {
  readonly cut: number;
  readonly rate: number;
}

/** What happened between two looks, and what the probe saw. */
export function reportOf(
  probe: LatencyProbe,
  { cut, rate }: Generator,
  before: Look,
  after: Look,
): LoadReport {
  const seconds = (after.at - before.at) / 1000;
  return {
    due: Math.floor(rate * seconds),
    sent: probe.sent,
    seen: probe.seen,
    lost: probe.lost + probe.waiting,
    readerLost: after.readerLost - before.readerLost,
    cut,
    seconds,
    stages: probe.stages,
    lane: new Map(after.histograms.map((row, i) => [stageOf(row), since(before.histograms[i], row)])),
    faults: new Map([...after.faults].map(([name, total]) => [name, total - (before.faults.get(name) ?? 0)])),
    cpu:
      before.cpu === null || after.cpu === null ? null : cpuOf(after.cpu - before.cpu, seconds, probe.sent),
  };
}

function cpuOf(used: number, seconds: number, messages: number): LoadReport["cpu"] {
  return { share: used / seconds, perMessage: (used * 1e6) / Math.max(1, messages) };
}

/** `stage` of a row's labels; the row without one is the whole way through the lane. */
function stageOf({ labels }: HistogramRow): string {
  return /stage="([^"]*)"/.exec(labels)?.[1] ?? "whole read";
}

function since(before: HistogramRow | undefined, after: HistogramRow): Percentiles {
  const buckets = after.buckets.map((count, i) => count - (before?.buckets[i] ?? 0));
  const row = { ...after, buckets };
  const count = buckets.reduce((sum, n) => sum + n, 0);
  const [p50, p90, p99, p999] = [0.5, 0.9, 0.99, 0.999].map((q) => quantile(row, q)) as [
    number,
    number,
    number,
    number,
  ];
  return { count, p50, p90, p99, p999, max: quantile(row, 1) };
}
