import type { FeedConfig, LaneConfig } from "./config/schema.ts";
import { compatPathsOf, laneFor } from "./config/compat.ts";
import { derivedLanes } from "./config/derived.ts";
import { hasJournal } from "./config.ts";
import type { Config } from "./config.ts";
import { deliveryOf } from "./config/sinks.ts";
import type { SinkConfig } from "./config/sinks.ts";
import { pipelinesOf } from "./derived/pipelines.ts";

const OPS = "/health /ready /metrics /subscriptions";

/**
 * The whole program as a table: what is not in it does not run.
 *
 *   lane  | feeds                                       | thread         | writes
 *   main  | binance x8, kraken x8                       | thread "main"             | <dir>/main.region
 *   fast  | binance x2                                  | process "fast" low cores 3 | <dir>/fast.region
 *   derived | spot_mid, iv_surface of every lane        | thread "derived"          | <dir>/derived.region
 *   -     | journal of every lane                       | thread                    | <data>/journal
 *   -     | sink lake: parquet, lossless, every lane    | process                   | <data>/lake
 *   -     | ledger of every lane                        | main                      | memory
 *   -     | /health /ready /metrics /subscriptions /ledger | main                   | -
 */
export function topologyText(config: Config): string[] {
  const rows = config.lanes.map((lane) => [
    lane.name,
    lane.udp === undefined ? lane.feeds.map(wishes).join(", ") : `udp ${lane.udp.bind}`,
    `${lane.isolation} "${lane.name}"${manner(lane)}`,
    `${config.region.dir}/${lane.name}.region`,
  ]);
  const table = [
    ["lane", "feeds", "thread", "writes"],
    ...rows,
    ...derivedLanes(config.derived).map((name) => [
      name,
      `${pipelinesOf(config.derived!)
        .map((one) => one.name)
        .join(", ")} of every lane`,
      `${config.derived!.isolation} "${name}"`,
      `${config.region.dir}/${name}.region`,
    ]),
    ...(hasJournal(config)
      ? [["-", "journal of every lane", config.journal.isolation, `${config.data.dir}/journal`]]
      : []),
    ...config.sinks.map((sink) => ["-", sinkText(sink), "process", sink.dir ?? "-"]),
    ...compatRows(config),
    ...(config.ledger.enabled ? [["-", "ledger of every lane", "main", config.ledger.dir ?? "memory"]] : []),
    ["-", OPS + (config.ledger.enabled ? " /ledger" : ""), "main", "-"],
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join(" | ")
      .trimEnd(),
  );
}

/** A part for each lane that memory of earlier systems' programs is written from. */
function compatRows({ compat, lanes }: Config): string[][] {
  if (compat === undefined) return [];
  const { book_files: files, message_ring: ring, k4 } = compat;
  const parts = [...(files === undefined ? [] : [files]), ...(ring === undefined ? [] : [ring]), ...k4];
  const names = new Set(parts.flatMap((one) => laneFor(one, lanes)?.name ?? []));
  const paths = compatPathsOf(compat).map(([, path]) => path);
  return [...names].map((name) => ["-", `compat memory of lane ${name}`, compat.isolation, paths.join(" ")]);
}

/** Names and patterns count once each, whatever they mean. */
function wishes({ venue, symbols, chains }: FeedConfig): string {
  const followed = chains.length === 0 ? "" : ` and ${chains.length} chain${chains.length === 1 ? "" : "s"}`;
  return `${venue} x${symbols.length}${followed}`;
}

function sinkText(sink: SinkConfig): string {
  const only = [...(sink.venues ?? []), ...(sink.kinds ?? [])];
  const lanes = sink.lanes === undefined ? "every lane" : sink.lanes.join(" ");
  return `sink ${[`${sink.name}: ${sink.type}`, deliveryOf(sink), lanes, ...only].join(", ")}`;
}

/** How a lane's thread runs, where that is not the usual way. */
function manner({ latency, cores }: LaneConfig): string {
  return `${latency === "low" ? " low" : ""}${cores === undefined ? "" : ` cores ${cores.join(",")}`}`;
}
