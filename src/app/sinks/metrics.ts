import type { SinkStanding } from "./messages.ts";

interface SinkMetric {
  readonly name: string;
  readonly help: string;
  readonly kind: "counter" | "gauge";
  read(standing: SinkStanding): number;
}

function metric(name: string, kind: SinkMetric["kind"], help: string, read: SinkMetric["read"]): SinkMetric {
  return { name: `feedhorn_sink_${name}`, kind, help, read };
}

/** Figures of every sink, by its name. Totals are those since its process started. */
export const SINK_METRICS: readonly SinkMetric[] = [
  metric("up", "gauge", "1 while the sink is connected", (one) => (one.state === "connected" ? 1 : 0)),
  metric("lag_slots", "gauge", "slots committed and not yet safe at the vendor", (one) => one.lagSlots),
  metric(
    "lag_ms",
    "gauge",
    "age of the newest event that is safe there, while some are not",
    (one) => one.lagMs,
  ),
  metric("written_slots_total", "counter", "slots handed to the sink", (one) => one.written),
  metric("batches_total", "counter", "batches handed to the sink", (one) => one.batches),
  metric("flushes_total", "counter", "flushes done", (one) => one.flushes),
  metric("failures_total", "counter", "times it was begun again from its last mark", (one) => one.failures),
  metric("lost_slots_total", "counter", "slots that were gone before the sink read them", (one) => one.lost),
  metric(
    "conflated_slots_total",
    "counter",
    "slots that a newer one stood in for (delivery: latest)",
    (one) => one.conflated,
  ),
  metric("resident_bytes", "gauge", "memory of the sink's process", (one) => one.rss),
];
