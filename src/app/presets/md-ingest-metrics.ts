import type { CounterSample, HistogramSample, Labels } from "../../servers/ops-source.ts";

type Samples = readonly CounterSample[];

/**
 * The figures of a gateway under the names of md-ingest. Its Redis and Parquet writers are the sinks of that name; where a figure of theirs had a
 * label that ours has not, the label is left out.
 */
export class MdIngestMetrics {
  poll(): void {
    // Everything is made of our own figures.
  }

  histograms(): HistogramSample[] {
    return [];
  }

  counters(own: Samples): CounterSample[] {
    return [
      counter("md_router_events_total", "events committed", total(own, "feedhorn_events_total")),
      counter(
        "md_derived_processed_total",
        "derived figures made",
        total(own, "feedhorn_derived_events_total"),
      ),
      counter(
        "md_derived_drops_total",
        "slots that derived figures were too slow for, and figures without room",
        total(own, "feedhorn_derived_lost_slots_total") + total(own, "feedhorn_derived_refused_total"),
      ),
      ...venues(own),
      ...redis(sinkOf(own, "redis")),
      ...parquet(sinkOf(own, "parquet")),
      ...same(own, "feedhorn_spot_divergence_bps", "md_spot_divergence_bps", (labels) => labels),
      ...same(own, "feedhorn_iv_surface_points", "md_iv_surface_points", ({ surface = "" }) => ({
        expiry: surface.slice(surface.indexOf(":") + 1),
      })),
    ];
  }
}

function venues(own: Samples): CounterSample[] {
  const named = (name: string): Samples => own.filter((one) => one.name === name && one.labels["venue"]);
  const ids = new Set(named("feedhorn_connections_up").map(({ labels }) => labels["venue"]!));
  const of = (name: string, venue: string): number =>
    total(
      named(name).filter(({ labels }) => labels["venue"] === venue),
      name,
    );
  return [...ids].flatMap((venue) => [
    gauge("md_connected", "1 while a connection is open", of("feedhorn_connections_up", venue) > 0 ? 1 : 0, {
      venue,
    }),
    counter("md_reconnects_total", "connections opened again", of("feedhorn_reconnects_total", venue), {
      venue,
    }),
    ...messages(named("feedhorn_events_total"), venue),
  ]);
}

function messages(events: Samples, venue: string): CounterSample[] {
  const own = events.filter(({ labels }) => labels["venue"] === venue);
  const channels = new Set(own.map(({ labels }) => labels["kind"] ?? "other"));
  return [...channels].map((channel) => {
    const some = own.filter(({ labels }) => (labels["kind"] ?? "other") === channel);
    const value = total(some, "feedhorn_events_total");
    return counter("md_messages_total", "events committed", value, { venue, channel });
  });
}

function redis(own: Samples): CounterSample[] {
  if (own.length === 0) return [];
  const of = (name: string): number => total(own, `feedhorn_sink_${name}`);
  return [
    gauge("md_redis_connected", "1 while Redis answers", of("up")),
    counter("md_redis_writes_total", "events that Redis has answered for", of("events_written_total")),
    counter("md_redis_failures_total", "times that Redis went away", of("failures_total")),
    counter("md_redis_queue_drops_total", "events that Redis was too slow for", of("events_dropped_total")),
  ];
}

function parquet(own: Samples): CounterSample[] {
  if (own.length === 0) return [];
  const of = (name: string): number => total(own, `feedhorn_sink_${name}`);
  return [
    counter("md_parquet_files_written_total", "files written", of("lake_files_total")),
    counter("md_parquet_rows_written_total", "rows written", of("lake_rows_total")),
  ];
}

/** Figures of the sink of this name. */
function sinkOf(own: Samples, name: string): Samples {
  return own.filter(
    ({ name: metric, labels }) => metric.startsWith("feedhorn_sink_") && labels["sink"] === name,
  );
}

function total(own: Samples, name: string): number {
  return own.filter((one) => one.name === name).reduce((sum, { value }) => sum + Number(value), 0);
}

function same(
  own: Samples,
  ours: string,
  theirs: string,
  labelled: (labels: Labels) => Labels,
): CounterSample[] {
  return own
    .filter(({ name }) => name === ours)
    .map((one) => ({ ...one, name: theirs, labels: labelled(one.labels) }));
}

function counter(name: string, help: string, value: number, labels: Labels = {}): CounterSample {
  return { name, help, kind: "counter", labels, value };
}

function gauge(name: string, help: string, value: number, labels: Labels = {}): CounterSample {
  return { name, help, kind: "gauge", labels, value };
}
