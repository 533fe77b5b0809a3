import type { Config } from "./config.ts";

/**
 * The whole program as a table: what is not in it does not run.
 *
 *   lane  | feeds                                       | thread         | writes
 *   main  | binance x8, kraken x8                       | worker "main"  | <dir>/main.region
 *   -     | /health /ready /metrics (reads all regions) | main           | -
 */
export function topologyText(config: Config): string[] {
  const rows = config.lanes.map((lane) => [
    lane.name,
    lane.feeds.map((feed) => `${feed.venue} x${feed.symbols.length}`).join(", "),
    `worker "${lane.name}"`,
    `${config.region.dir}/${lane.name}.region`,
  ]);
  const table = [
    ["lane", "feeds", "thread", "writes"],
    ...rows,
    ["-", "/health /ready /metrics (reads all regions)", "main", "-"],
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join(" | ")
      .trimEnd(),
  );
}
