import type { FeedConfig, LaneConfig } from "./config/schema.ts";
import type { Config } from "./config.ts";

const OPS = "/health /ready /metrics /subscriptions";

/**
 * The whole program as a table: what is not in it does not run.
 *
 *   lane  | feeds                                       | thread         | writes
 *   main  | binance x8, kraken x8                       | worker "main"             | <dir>/main.region
 *   fast  | binance x2                                  | worker "fast" low cores 3 | <dir>/fast.region
 *   -     | ledger of every lane                        | main                      | memory
 *   -     | /health /ready /metrics /subscriptions /ledger | main                   | -
 */
export function topologyText(config: Config): string[] {
  const rows = config.lanes.map((lane) => [
    lane.name,
    lane.feeds.map(wishes).join(", "),
    `worker "${lane.name}"${manner(lane)}`,
    `${config.region.dir}/${lane.name}.region`,
  ]);
  const table = [
    ["lane", "feeds", "thread", "writes"],
    ...rows,
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

/** Names and patterns count once each, whatever they mean. */
function wishes({ venue, symbols, chains }: FeedConfig): string {
  const followed = chains.length === 0 ? "" : ` and ${chains.length} chain${chains.length === 1 ? "" : "s"}`;
  return `${venue} x${symbols.length}${followed}`;
}

/** How a lane's thread runs, where that is not the usual way. */
function manner({ latency, cores }: LaneConfig): string {
  return `${latency === "low" ? " low" : ""}${cores === undefined ? "" : ` cores ${cores.join(",")}`}`;
}
