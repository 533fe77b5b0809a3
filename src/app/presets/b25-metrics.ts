import { bucketBound, readHistograms } from "../../log/index.ts";
import type { HistogramRow } from "../../log/index.ts";
import type { CounterSample, HistogramSample } from "../../servers/ops-source.ts";
import type { Aliases, CountedLane } from "./aliases.ts";
import { LaneCounts } from "./event-counts.ts";
import type { EventCounts } from "./event-counts.ts";

/** Its bounds, us. */
const BOUNDS = [1, 5, 10, 25, 50, 75, 100, 250, 500, 1000];
const LATENCY = "feedhorn_commit_latency_us";

/**
 * The figures of a gateway under the names of the B25 market data service. Where its figure had a symbol and ours is one for all, because its
 * connections had one symbol each and ours have many, the label is left out.
 */
export class B25Metrics implements Aliases {
  readonly #lanes: readonly CountedLane[];
  readonly #counts: readonly LaneCounts[];

  constructor(lanes: readonly CountedLane[]) {
    this.#lanes = lanes;
    this.#counts = lanes.map(({ region }) => new LaneCounts(region));
  }

  poll(): void {
    for (const one of this.#counts) one.poll();
  }

  counters(own: readonly CounterSample[]): CounterSample[] {
    this.poll();
    const total = (name: string): number =>
      own.filter((one) => one.name === name).reduce((sum, { value }) => sum + Number(value), 0);
    const connected = total("feedhorn_connections_up") > 0 ? 1 : 0;
    const sinks = (name: string): number => total(`feedhorn_sink_${name}_total`);
    return [
      ...this.#counts.flatMap((lane) => lane.all()).flatMap((one) => ofSymbol(one, connected)),
      counter("websocket_disconnects_total", "sockets opened again", total("feedhorn_reconnects_total")),
      counter("messages_error_total", "frames that could not be read", total("feedhorn_bad_frames_total")),
      counter("redis_publishes_total", "events that Redis has answered for", sinks("events_written")),
      counter(
        "redis_errors_total",
        "events that Redis refused, and times it went away",
        sinks("events_refused") + sinks("failures"),
      ),
    ];
  }

  histograms(): HistogramSample[] {
    const rows = this.#lanes
      .flatMap(({ region }) => readHistograms(region.histograms))
      .filter(({ name }) => name === LATENCY);
    return rows.length === 0 ? [] : [latencyOf(rows)];
  }
}

function ofSymbol({ symbol, trades, quotes, books, gaps }: EventCounts, connected: number): CounterSample[] {
  const processed = (type: string, value: number): CounterSample =>
    counter("messages_processed_total", "events committed, by symbol", value, { symbol, type });
  return [
    {
      ...counter("websocket_connected", "1 while a socket is open that carries the symbol", connected, {
        symbol,
      }),
      kind: "gauge",
    },
    processed("trade", trades),
    processed("orderbook", books),
    processed("ticker", quotes),
    counter("orderbook_updates_total", "changes of books", books, { symbol }),
    counter("trades_processed_total", "trades", trades, { symbol }),
    counter("sequence_errors_total", "times a book was given up for a hole in its sequence", gaps, {
      symbol,
    }),
  ];
}

function counter(
  name: string,
  help: string,
  value: number,
  labels: Readonly<Record<string, string>> = {},
): CounterSample {
  return { name, help, kind: "counter", labels, value };
}

/** From a socket's read until what it brought is committed, in its buckets. One of ours that lies across a bound counts above it. */
function latencyOf(rows: readonly HistogramRow[]): HistogramSample {
  const counts = Array.from({ length: BOUNDS.length + 1 }, () => 0);
  for (const { buckets } of rows)
    buckets.forEach((count, bucket) => {
      const upper = bucketBound(bucket);
      const place = BOUNDS.findIndex((bound) => upper <= bound);
      counts[place < 0 ? BOUNDS.length : place]! += count;
    });
  return {
    name: "processing_latency_microseconds",
    help: "from a socket read until all its frames are committed",
    labels: {},
    bounds: BOUNDS,
    counts,
    sum: rows.reduce((total, { sum }) => total + sum, 0),
  };
}
