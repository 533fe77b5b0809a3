import type { Answer } from "../../sinks/duckdb.ts";
import { LAKE_TABLES } from "../../sinks/parquet/schema.ts";
import type { LakeQuery } from "./query.ts";

/** What of the lake a report is about. */
export interface ReportFilter {
  /** UNIX us; by our clock. */
  readonly from: number | null;
  readonly to: number | null;
  readonly venue: string | null;
  /** Native or canonical. */
  readonly symbol: string | null;
}

export interface Section {
  readonly key: string;
  readonly title: string;
  readonly answer: Answer;
}

interface Question {
  readonly key: string;
  readonly title: string;
  sql(where: string): string;
}

/** Tables of events and what counts as one of them. */
const EVENTS = [
  ["trades", "true"],
  ["quotes", "true"],
  ["book_deltas", "last"],
  ["book_snapshots", "last"],
  ["tickers", "true"],
  ["stats", "true"],
  ["option_tickers", "true"],
  ["index", "true"],
  ["liquidations", "true"],
  ["status", "true"],
] as const;

/** What instruments are heard through, and their names in the report. */
const CHANNELS = [
  ["trades", "trade"],
  ["quotes", "quote"],
  ["book_deltas", "book"],
  ["option_tickers", "option ticker"],
] as const;

const QUESTIONS: readonly Question[] = [
  {
    key: "coverage",
    title: "Events by hour (UTC)",
    sql: (where) => {
      const counts = EVENTS.map(
        ([table, one]) =>
          `SELECT date, hour, '${table}' AS kind, count(*) FILTER (${one}) AS n FROM "${table}" ${where} GROUP BY ALL`,
      );
      const sums = EVENTS.map(
        ([table]) => `coalesce(sum(n) FILTER (kind = '${table}'), 0)::BIGINT AS ${table}_`,
      );
      return `SELECT date, hour, ${sums.join(", ").replaceAll(/(\w+)_(?=,|$)/g, '"$1"')} FROM (${counts.join(" UNION ALL ")}) GROUP BY ALL ORDER BY ALL`;
    },
  },
  {
    key: "sequence",
    title: "The log of each lane, whole: what is missing, and what is there twice (both must be 0)",
    sql: () => {
      const rows = LAKE_TABLES.map(
        (table) => `SELECT lane, seq, slots::BIGINT AS slots, ${table === "holes"} AS hole FROM "${table}"`,
      );
      return `WITH steps AS (
          SELECT *, lag(seq + slots) OVER (PARTITION BY lane ORDER BY seq) AS due FROM (${rows.join(" UNION ALL ")}))
        SELECT lane, min(seq) AS first, max(seq + slots) AS end, coalesce(sum(slots) FILTER (NOT hole), 0)::BIGINT AS slots,
          coalesce(sum(seq - due) FILTER (seq > due), 0)::BIGINT AS missing,
          coalesce(sum(due - seq) FILTER (due > seq), 0)::BIGINT AS twice,
          count(*) FILTER (hole) AS named_holes, coalesce(sum(slots) FILTER (hole), 0)::BIGINT AS slots_in_holes
        FROM steps GROUP BY lane ORDER BY lane`;
    },
  },
  {
    key: "gaps",
    title: "Minutes in which nothing was heard, between the first and the last of each",
    sql: (where) => {
      const minutes = CHANNELS.map(
        ([table, channel]) =>
          `SELECT DISTINCT venue, symbol, '${channel}' AS channel, time_bucket(INTERVAL '1 minute', CAST(ts_recv AS TIMESTAMP)) AS minute FROM ${table} ${where}`,
      );
      return `WITH steps AS (
          SELECT *, lag(minute) OVER (PARTITION BY venue, symbol, channel ORDER BY minute) AS before
          FROM (${minutes.join(" UNION ALL ")}))
        SELECT venue, symbol, channel, min(minute) AS first, max(minute) AS last, count(*) AS minutes,
          date_diff('minute', min(minute), max(minute)) + 1 - count(*) AS gap_minutes,
          coalesce(max(date_diff('minute', before, minute)) - 1, 0) AS longest
        FROM steps GROUP BY ALL ORDER BY gap_minutes DESC, venue, symbol, channel LIMIT 50`;
    },
  },
  {
    key: "prices",
    title: "Trades",
    sql: (where) => `SELECT venue, symbol, instrument, count(*) AS trades, sum(size) AS volume,
        round(sum(CAST(price AS DOUBLE) * CAST(size AS DOUBLE)) / nullif(sum(CAST(size AS DOUBLE)), 0), 8) AS vwap,
        min(price) AS low, max(price) AS high
      FROM trades ${and(where, "NOT duplicate")} GROUP BY ALL ORDER BY trades DESC, venue, symbol LIMIT 50`,
  },
  {
    key: "latency",
    title: "From the venue's clock to ours, ms (below 0: one of the clocks is wrong)",
    sql: (where) => {
      const all = CHANNELS.map(
        ([table, channel]) =>
          `SELECT venue, '${channel}' AS channel, (epoch_ns(ts_recv) - epoch_ns(ts_event)) / 1e6 AS ms FROM ${table} ${and(where, "ts_event IS NOT NULL AND NOT recovered")}`,
      );
      const quantile = (q: number, name: string): string => `round(quantile_cont(ms, ${q}), 3) AS ${name}`;
      return `SELECT venue, channel, count(*) AS n, round(min(ms), 3) AS min, ${quantile(0.5, "p50")}, ${quantile(0.9, "p90")},
          ${quantile(0.99, "p99")}, ${quantile(0.999, "p999")}, round(max(ms), 3) AS max
        FROM (${all.join(" UNION ALL ")}) GROUP BY ALL ORDER BY venue, channel`;
    },
  },
  {
    key: "quality",
    title: "Events by their flags",
    sql: (where) => {
      const all = EVENTS.map(
        ([table, one]) => `SELECT venue, '${table}' AS kind, count(*) AS events,
            count(*) FILTER (snapshot) AS snapshots, count(*) FILTER (recovered) AS recovered, count(*) FILTER (gap) AS after_gap,
            count(*) FILTER (invalid) AS invalid, count(*) FILTER (duplicate) AS duplicate
          FROM "${table}" ${and(where, one)} GROUP BY ALL`,
      );
      return `${all.join(" UNION ALL ")} ORDER BY venue, kind`;
    },
  },
  {
    key: "crossed",
    title: "Quotes whose bid is at or above their offer",
    sql: (
      where,
    ) => `SELECT venue, symbol, count(*) AS quotes, count(*) FILTER (bid_price > ask_price) AS crossed,
        count(*) FILTER (bid_price = ask_price) AS locked, count(*) FILTER (bid_price IS NULL OR ask_price IS NULL) AS one_sided
      FROM quotes ${where} GROUP BY ALL HAVING crossed + locked + one_sided > 0 ORDER BY crossed DESC, venue, symbol LIMIT 50`,
  },
];

/** Every section in turn, as soon as it is known. */
export async function* reportOf(lake: LakeQuery, filter: ReportFilter): AsyncGenerator<Section> {
  const where = whereSql(filter);
  for (const { key, title, sql } of QUESTIONS) yield { key, title, answer: await lake.ask(sql(where)) };
}

/** How many sections there are. */
export const SECTIONS = QUESTIONS.length;

function whereSql({ from, to, venue, symbol }: ReportFilter): string {
  const said = [
    from === null ? null : `ts_recv >= make_timestamp_ns(${from}000)`,
    // A day more: hours are those of the venue's clock.
    from === null ? null : `date >= CAST(make_timestamp(${from}) AS DATE) - 1`,
    to === null ? null : `ts_recv < make_timestamp_ns(${to}000)`,
    to === null ? null : `date <= CAST(make_timestamp(${to}) AS DATE) + 1`,
    venue === null ? null : `venue = ${quoted(venue)}`,
    symbol === null ? null : `(symbol = ${quoted(symbol)} OR instrument = ${quoted(symbol)})`,
  ].filter((one) => one !== null);
  return said.length === 0 ? "" : `WHERE ${said.join(" AND ")}`;
}

function and(where: string, more: string): string {
  return where === "" ? `WHERE ${more}` : `${where} AND ${more}`;
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
