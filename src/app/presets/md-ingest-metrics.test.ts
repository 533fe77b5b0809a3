import { expect, it } from "vitest";
import type { CounterSample, Labels } from "../../servers/ops-source.ts";
import { MdIngestMetrics } from "./md-ingest-metrics.ts";

function own(name: string, labels: Labels, value: number): CounterSample {
  return { name: `feedhorn_${name}`, help: "", kind: "counter", labels, value };
}

it("tells a gateway's figures under the names of md-ingest", () => {
  const samples = [
    own("events_total", { lane: "main", venue: "kraken", kind: "trade" }, 5),
    own("events_total", { lane: "main", venue: "kraken", kind: "quote" }, 7),
    own("events_total", { lane: "two", venue: "kraken", kind: "quote" }, 1),
    own("connections_up", { lane: "main", venue: "kraken" }, 2),
    own("connections_up", { lane: "main", venue: "deribit" }, 0),
    own("reconnects_total", { lane: "main", venue: "deribit" }, 3),
    own("derived_events_total", { pipeline: "spot_mid" }, 10),
    own("derived_events_total", { pipeline: "iv_surface" }, 4),
    own("derived_lost_slots_total", { lane: "main" }, 2),
    own("derived_refused_total", {}, 1),
    own("spot_divergence_bps", { product: "BTC-USD" }, 1.5),
    own("iv_surface_points", { surface: "deribit:BTC-USD-25DEC26" }, 21),
    own("sink_up", { sink: "redis" }, 1),
    own("sink_events_written_total", { sink: "redis" }, 100),
    own("sink_failures_total", { sink: "redis" }, 2),
    own("sink_failures_total", { sink: "parquet" }, 9),
    own("sink_events_dropped_total", { sink: "redis" }, 6),
    own("sink_lake_files_total", { sink: "parquet" }, 8),
    own("sink_lake_rows_total", { sink: "parquet" }, 800),
  ];
  const said = new MdIngestMetrics().counters(samples).map(({ name, labels, value }) => {
    const inner = Object.entries(labels).map(([key, word]) => `${key}=${word}`);
    return `${name}{${inner.join(",")}} ${value}`;
  });
  expect(said).toEqual([
    "md_router_events_total{} 13",
    "md_derived_processed_total{} 14",
    "md_derived_drops_total{} 3",
    "md_connected{venue=kraken} 1",
    "md_reconnects_total{venue=kraken} 0",
    "md_messages_total{venue=kraken,channel=trade} 5",
    "md_messages_total{venue=kraken,channel=quote} 8",
    "md_connected{venue=deribit} 0",
    "md_reconnects_total{venue=deribit} 3",
    "md_redis_connected{} 1",
    "md_redis_writes_total{} 100",
    "md_redis_failures_total{} 2",
    "md_redis_queue_drops_total{} 6",
    "md_parquet_files_written_total{} 8",
    "md_parquet_rows_written_total{} 800",
    "md_spot_divergence_bps{product=BTC-USD} 1.5",
    "md_iv_surface_points{expiry=BTC-USD-25DEC26} 21",
  ]);
});

it("says nothing of sinks that there are not", () => {
  const names = new MdIngestMetrics().counters([]).map(({ name }) => name);
  expect(names).toEqual(["md_router_events_total", "md_derived_processed_total", "md_derived_drops_total"]);
});
