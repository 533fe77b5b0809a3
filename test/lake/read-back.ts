import { flagNames, FLAG } from "../../src/model/index.ts";
import { Duck } from "../../src/sinks/duckdb.ts";
import { columnsOf, LAKE_TABLES } from "../../src/sinks/parquet/schema.ts";
import type { LakeTable } from "../../src/sinks/parquet/schema.ts";
import { lakeFiles } from "../../src/sinks/parquet/files.ts";

type Row = Record<string, string | number | boolean | null>;

/** An event as the lake has it, with its place. */
export interface Read {
  readonly seq: number;
  readonly slots: number;
  readonly event: Record<string, unknown>;
}

/** Every row of a lake by table, in the order of the log; times as ns text, decimals as text. */
export async function rowsOf(dir: string): Promise<Map<LakeTable, Row[]>> {
  const duck = await Duck.open({ threads: 1, memoryMiB: 256, spill: null });
  const files = lakeFiles(dir);
  const tables = new Map<LakeTable, Row[]>();
  for (const table of LAKE_TABLES) {
    const own = files.filter((file) => file.startsWith(`${table}/`)).map((file) => `'${dir}/${file}'`);
    if (own.length === 0) continue;
    const columns = columnsOf(table).map(({ name, type }) => {
      if (type === "TIMESTAMP_NS") return `epoch_ns(${name})::VARCHAR AS ${name}`;
      return type === "TIMESTAMP" ? `epoch_us(${name})::VARCHAR AS ${name}` : name;
    });
    const sql = `SELECT ${columns.join(", ")} FROM read_parquet([${own.join(", ")}]) ORDER BY lane, seq`;
    const { names, rows } = await duck.ask(sql);
    tables.set(
      table,
      rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]!]))),
    );
  }
  duck.close();
  return tables;
}

/** Events of the tables, as the log's reader would say them, in order. */
export function eventsOf(tables: ReadonlyMap<LakeTable, Row[]>): Read[] {
  const all: Read[] = [];
  for (const [table, rows] of tables) {
    if (table === "book_deltas" || table === "book_snapshots") all.push(...booksOf(rows, table));
    else if (table === "spot_mids") all.push(...derivedOf(rows, tables.get("spot_sources"), spotMid));
    else if (table === "iv_surfaces") all.push(...derivedOf(rows, tables.get("iv_points"), ivSurface));
    else if (table !== "holes" && table !== "spot_sources" && table !== "iv_points")
      for (const row of rows)
        all.push({ seq: Number(row.seq), slots: Number(row.slots), event: plainEvent(table, row) });
  }
  return all.toSorted((a, b) => a.seq - b.seq);
}

function booksOf(rows: readonly Row[], table: string): Read[] {
  const books = new Map<string, Row[]>();
  for (const row of rows) books.set(String(row.event), [...(books.get(String(row.event)) ?? []), row]);
  return [...books].map(([first, some]) => {
    const head = some[0]!;
    const side = (name: string) =>
      some.filter((row) => row.side === name).map((row) => [num(row, "price"), num(row, "size")]);
    if (some.some((row, i) => row.last !== (i === some.length - 1))) throw new Error("last is not the last");
    const event = {
      type: "book",
      action: table === "book_deltas" ? "update" : "snapshot",
      ...named(head),
      bids: side("bid"),
      asks: side("ask"),
      seq: head.venue_seq,
      prev_seq: head.venue_prev_seq,
      ...(head.checksum === null ? {} : { checksum: head.checksum }),
      ...times(head, false),
    };
    return { seq: Number(first), slots: some.length, event };
  });
}

/** A row of heads with the rows behind it. */
function derivedOf(
  heads: readonly Row[],
  rows: readonly Row[] = [],
  body: (head: Row, rows: readonly Row[]) => Record<string, unknown>,
): Read[] {
  return heads.map((head) => {
    const own = rows.filter((row) => row.event === head.seq);
    const event = { ...body(head, own), ...times(head) };
    return { seq: Number(head.seq), slots: Number(head.slots) + own.length, event };
  });
}

function spotMid(head: Row, rows: readonly Row[]): Record<string, unknown> {
  const sources = rows.map((row) => ({
    venue: row.venue,
    bid_price: orNull(row, "bid_price"),
    ask_price: orNull(row, "ask_price"),
    mid: orNull(row, "mid"),
    age_us: orNull(row, "age_us"),
    state: row.state ?? "none",
    validity: row.validity ?? "none",
  }));
  return {
    type: "spot_mid",
    ...named(head),
    mid: orNull(head, "mid"),
    quality: head.quality ?? "none",
    divergence_bps: orNull(head, "divergence_bps"),
    fresh: head.fresh,
    min_age_us: orNull(head, "min_age_us"),
    max_age_us: orNull(head, "max_age_us"),
    sources,
  };
}

/** The venue of a surface's rows is that of its options. */
function ivSurface(head: Row, rows: readonly Row[]): Record<string, unknown> {
  const points = rows.map((row) => ({
    strike: orNull(row, "strike") ?? 0,
    side: row.side ?? "none",
    iv: orNull(row, "iv") ?? 0,
    bid_iv: orNull(row, "bid_iv"),
    ask_iv: orNull(row, "ask_iv"),
  }));
  return {
    type: "iv_surface",
    symbol: head.symbol,
    instrument: head.instrument,
    source: head.venue,
    expiry: head.expiry === null ? null : Number(head.expiry),
    index_price: orNull(head, "index_price"),
    forward: orNull(head, "forward"),
    atm_iv: orNull(head, "atm_iv"),
    atm_spread_iv: orNull(head, "atm_spread_iv"),
    quality: head.quality ?? "none",
    n_points: head.n_points,
    n_valid_points: points.length,
    min_strike: points[0]?.strike ?? null,
    max_strike: points.at(-1)?.strike ?? null,
    butterfly: head.butterfly,
    calendar: head.calendar,
    points,
  };
}

const TYPES: Readonly<Record<string, string>> = {
  trades: "trade",
  quotes: "quote",
  tickers: "ticker",
  stats: "ticker",
  option_tickers: "option_ticker",
  index: "index",
  liquidations: "liquidation",
  instruments: "instrument",
  status: "status",
};

function plainEvent(table: string, row: Row): Record<string, unknown> {
  return { type: TYPES[table], ...named(row), ...BODIES[table]!(row), ...times(row) };
}

/** What is NULL in these is left out of the event. */
function known(row: Row, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.map((name) => [name, num(row, name)]).filter(([, value]) => !Number.isNaN(value)),
  );
}

const FIGURES = [
  "mark_price",
  "index_price",
  "underlying_price",
  "open_interest",
  "interest_rate",
  "mark_iv",
  "bid_iv",
];
const GREEKS = ["ask_iv", "delta", "gamma", "vega", "theta", "rho", "last_price", "volume_24h"];

const BODIES: Readonly<Record<string, (row: Row) => Record<string, unknown>>> = {
  trades: (row) => ({ id: row.id ?? "0", price: num(row, "price"), size: num(row, "size"), side: row.side }),
  quotes: (row) => ({
    bid_price: orNull(row, "bid_price"),
    bid_size: orNull(row, "bid_size"),
    ask_price: orNull(row, "ask_price"),
    ask_size: orNull(row, "ask_size"),
    update_id: row.update_id,
  }),
  tickers: (row) =>
    known(row, "mark_price", "index_price", "funding_rate", "next_funding_ts", "open_interest"),
  stats: (row) => known(row, "last_price", "volume_24h", "high_24h", "low_24h", "vwap_24h"),
  option_tickers: (row) => known(row, ...FIGURES, ...GREEKS),
  index: (row) => ({ price: num(row, "price") }),
  liquidations: (row) => ({ price: num(row, "price"), size: num(row, "size"), side: row.side }),
  instruments: (row) => ({
    kind: row.kind,
    base: row.base,
    quote: row.quote,
    status: row.trading_status,
    ...known(row, "tick", "lot", "contract_value", "expiry", "strike"),
    ...(row.size_unit === "quote" ? { size_unit: "quote" } : {}),
  }),
  status: (row) => ({
    scope: row.scope,
    state: row.state,
    ...(row.epoch === null ? {} : { epoch: row.epoch }),
    ...(row.reason === null ? {} : { reason: row.reason }),
  }),
};

function named(row: Row): Record<string, unknown> {
  return { venue: row.venue, symbol: row.symbol, instrument: row.instrument };
}

/** A figure: of the column, or of `unfit`, where the column cannot hold it. */
function num(row: Row, name: string): number {
  const unfit = row.unfit === null || row.unfit === undefined ? {} : (JSON.parse(String(row.unfit)) as Row);
  return Number(row[name] ?? unfit[name] ?? NaN);
}

function orNull(row: Row, name: string): number | null {
  const value = num(row, name);
  return Number.isNaN(value) ? null : value;
}

function times(row: Row, snapshot = true): Record<string, unknown> {
  const bits =
    (row.gap === true ? FLAG.GAP : 0) |
    (row.invalid === true ? FLAG.INVALID : 0) |
    (row.duplicate === true ? FLAG.DUPLICATE : 0) |
    (row.recovered === true ? FLAG.RECOVERED : 0) |
    (snapshot && row.snapshot === true ? FLAG.SNAPSHOT : 0);
  const us = (name: string) => (row[name] === null ? null : Number(BigInt(String(row[name])) / 1000n));
  return {
    ts_event: us("ts_event"),
    ts_recv: us("ts_recv"),
    ...(bits === 0 ? {} : { flags: flagNames(bits) }),
  };
}
