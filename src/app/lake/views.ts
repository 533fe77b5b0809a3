import { join } from "node:path";
import { DuckError } from "../../sinks/duckdb.ts";
import type { Duck } from "../../sinks/duckdb.ts";
import { ofThisVersion, usableFiles } from "../../sinks/parquet/check.ts";
import type { Refused } from "../../sinks/parquet/check.ts";
import { text } from "../../sinks/parquet/names.ts";
import { columnsOf, LAKE_TABLES } from "../../sinks/parquet/schema.ts";
import type { LakeTable } from "../../sinks/parquet/schema.ts";

/** A column as queries see it. */
export interface ViewColumn {
  readonly name: string;
  readonly type: string;
  readonly doc: string;
}

export interface View {
  readonly name: string;
  readonly doc: string;
  readonly columns: readonly ViewColumn[];
}

const PARTITION: readonly ViewColumn[] = [
  {
    name: "date",
    type: "DATE",
    doc: "day of its folder, UTC: filter by it, and those of other days are not read",
  },
  { name: "hour", type: "INTEGER", doc: "hour of its folder, UTC" },
];

const BARS = [
  ["bars_1s", "1 second"],
  ["bars_1m", "1 minute"],
  ["bars_5m", "5 minutes"],
  ["bars_1h", "1 hour"],
  ["bars_1d", "1 day"],
] as const;

const BAR_COLUMNS: readonly ViewColumn[] = [
  { name: "ts", type: "TIMESTAMP", doc: "begin of the bar, UTC, by the venue's clock" },
  { name: "venue", type: "VARCHAR", doc: "" },
  { name: "symbol", type: "VARCHAR", doc: "native" },
  { name: "instrument", type: "VARCHAR", doc: "canonical" },
  { name: "open", type: "DECIMAL(38,18)", doc: "first price" },
  { name: "high", type: "DECIMAL(38,18)", doc: "" },
  { name: "low", type: "DECIMAL(38,18)", doc: "" },
  { name: "close", type: "DECIMAL(38,18)", doc: "last price" },
  { name: "volume", type: "DECIMAL(38,18)", doc: "in the venue's unit of sizes" },
  { name: "vwap", type: "DOUBLE", doc: "" },
  { name: "trades", type: "BIGINT", doc: "how many" },
];

const DOCS: Readonly<Record<LakeTable, string>> = {
  trades: "trades",
  quotes: "best bid and offer",
  book_deltas: "changes of books, one row a level",
  book_snapshots: "whole books, one row a level",
  tickers: "figures of derivatives",
  stats: "figures of the last 24 hours",
  option_tickers: "figures of options",
  index: 'values of indices (a word of SQL: write "index")',
  liquidations: "forced orders",
  instruments: "what venues say of their instruments",
  status: "changes of validity and trading states",
  spot_mids: "prices of products over venues, once a second (docs/derived.md)",
  spot_sources: "what each venue gave to them",
  iv_surfaces: "implied volatilities of one expiry, once a second",
  iv_points: "their strikes",
  holes: "slots that nobody has: none, unless a disk or budget was too small",
};

/** Everything that can be asked, with its columns. */
export const VIEWS: readonly View[] = [
  ...LAKE_TABLES.map((name) => ({ name, doc: DOCS[name], columns: [...columnsOf(name), ...PARTITION] })),
  ...BARS.map(([name, span]) => ({ name, doc: `trades in bars of ${span}`, columns: BAR_COLUMNS })),
];

/** Makes the views that a text may mean. Returns what was refused. Throws DuckError. */
export async function makeViews(duck: Duck, dir: string, sql: string | null): Promise<Refused[]> {
  const { tables, refused } = usableFiles(dir);
  const all = [...refused];
  const bars = BARS.filter(([name]) => means(sql, name));
  for (const table of LAKE_TABLES) {
    if (!means(sql, table) && !(table === "trades" && bars.length > 0)) continue;
    const fit = await ofThisVersion(duck, dir, tables.get(table) ?? []);
    all.push(...fit.refused);
    await duck.run(
      viewSql(
        table,
        fit.files.map((file) => join(dir, file)),
      ),
    );
  }
  for (const [name, span] of bars) await duck.run(barSql(name, span));
  return all;
}

/** Whether a file was there when the views were made and is no more: then they are to be made again. */
export function isGone(error: unknown): boolean {
  return error instanceof DuckError && /no files found|no such file/i.test(error.message);
}

/** Questions about what there is mean everything. */
const OF_ALL = /\b(show|information_schema|duckdb_\w+|pg_catalog)\b/i;

function means(sql: string | null, name: string): boolean {
  return sql === null || OF_ALL.test(sql) || new RegExp(`\\b${name}\\b`, "i").test(sql);
}

function viewSql(table: LakeTable, files: readonly string[]): string {
  const columns = [...columnsOf(table), ...PARTITION];
  if (files.length === 0) {
    const empty = columns.map(({ name, type }) => `NULL::${type} AS "${name}"`).join(", ");
    return `CREATE OR REPLACE VIEW "${table}" AS SELECT ${empty} WHERE false`;
  }
  const list = files.map(text).join(", ");
  const from = `read_parquet([${list}], hive_partitioning = true, hive_types = {date: DATE, hour: INTEGER})`;
  return `CREATE OR REPLACE VIEW "${table}" AS SELECT ${columns.map(({ name }) => `"${name}"`).join(", ")} FROM ${from}`;
}

/** Bars are by the venue's clock, where it gives one; duplicates do not count. */
function barSql(name: string, span: string): string {
  return `CREATE OR REPLACE VIEW ${name} AS
    SELECT time_bucket(INTERVAL '${span}', CAST(moment AS TIMESTAMP)) AS ts, venue, symbol, instrument,
      first(price ORDER BY moment, seq) AS open, max(price) AS high, min(price) AS low,
      last(price ORDER BY moment, seq) AS close, sum(size) AS volume,
      sum(CAST(price AS DOUBLE) * CAST(size AS DOUBLE)) / nullif(sum(CAST(size AS DOUBLE)), 0) AS vwap,
      count(*) AS trades
    FROM (SELECT *, coalesce(ts_event, ts_recv) AS moment FROM trades WHERE NOT duplicate)
    GROUP BY ALL`;
}
