import type { JournalStanding } from "./messages.ts";

interface JournalMetric {
  readonly name: string;
  readonly help: string;
  readonly kind: "counter" | "gauge";
  read(standing: JournalStanding): number;
}

function metric(
  name: string,
  kind: JournalMetric["kind"],
  help: string,
  read: JournalMetric["read"],
): JournalMetric {
  return { name: `feedhorn_journal_${name}`, kind, help, read };
}

/** Figures of the journal, by lane. Totals are those since the journal started last. */
export const JOURNAL_METRICS: readonly JournalMetric[] = [
  metric("lag_slots", "gauge", "slots committed and in no file yet", (one) => one.lag),
  metric(
    "unsynced_slots",
    "gauge",
    "slots copied that loss of power could cost",
    (one) => one.position - one.durable,
  ),
  metric("bytes", "gauge", "size of the journal on disk", (one) => one.stats.bytes),
  metric("segments", "gauge", "files of the journal", (one) => one.stats.segments),
  metric("slots_total", "counter", "slots copied", (one) => one.stats.slots),
  metric("syncs_total", "counter", "fsyncs", (one) => one.stats.syncs),
  metric(
    "holes_total",
    "counter",
    "runs of slots that were gone before they were copied",
    (one) => one.stats.holes,
  ),
  metric("lost_slots_total", "counter", "slots in holes", (one) => one.stats.lost),
  metric(
    "dropped_slots_total",
    "counter",
    "slots deleted by the budget although a sink had not read them",
    (one) => one.stats.dropped,
  ),
  metric("write_failures_total", "counter", "writes that failed", (one) => one.stats.failures),
  metric(
    "backlog_slots",
    "gauge",
    "slots that wait in memory for room on the disk",
    (one) => one.stats.waiting,
  ),
  metric("backlog_bytes", "gauge", "memory that they take", (one) => one.stats.waitingBytes),
  metric("backlog_slots_total", "counter", "slots that had to wait there", (one) => one.stats.waited),
  metric("failing", "gauge", "1 while writes fail (disk full), until all that waited is written", (one) =>
    one.stats.failing ? 1 : 0,
  ),
];
