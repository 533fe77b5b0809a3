import { TABLES, HOLES } from "../kit/tables.ts";
import type { CellType } from "../kit/cells.ts";

/** A column as it is made and as it is sent. */
export interface PgColumn {
  readonly name: string;
  readonly type: PgType;
  readonly required: boolean;
  readonly doc: string;
}

export type PgType =
  | "text"
  | "smallint"
  | "bigint"
  | "numeric"
  | "double precision"
  | "timestamp with time zone"
  | "boolean"
  | "numeric(20,0)"
  | "jsonb";

/** A table of the database: what it is made of, what it is partitioned by, what makes a row the same row. */
export interface PgTable {
  readonly name: string;
  readonly doc: string;
  readonly columns: readonly PgColumn[];
  /** Column of its time, a timestamp or UNIX ms. */
  readonly time: "ts" | "ts_ms";
  readonly key: readonly string[];
}

const TYPES: Readonly<Record<CellType, PgType>> = {
  word: "text",
  name: "text",
  text: "text",
  whole: "bigint",
  small: "smallint",
  u32: "bigint",
  u64: "numeric(20,0)",
  decimal: "numeric",
  double: "double precision",
  time: "timestamp with time zone",
  flag: "boolean",
};

interface Described {
  readonly name: string;
  readonly type: CellType;
  readonly doc: string;
  readonly required?: boolean;
}

function columns(described: readonly Described[]): PgColumn[] {
  return described.map(({ name, type, doc, required = false }) => ({
    name,
    type: TYPES[type],
    doc,
    required,
  }));
}

function table(name: string, doc: string, described: readonly Described[]): PgTable {
  return { name, doc, columns: columns(described), time: "ts", key: ["lane", "log_seq", "ts"] };
}

/** The log as typed tables, one for each kind of event. */
export const TABLES_LAYOUT: readonly PgTable[] = [
  ...Object.entries(TABLES).map(([name, { doc, columns: described }]) => table(name, doc, described)),
  table("holes", "Slots that nobody has.", HOLES),
];

/** The table that the Gemini pipeline's programs read, and our key. */
export const GEMINI_TABLE: PgTable = {
  name: "trades",
  doc: "Trades as integers, x 1,000,000.",
  columns: [
    ...columns([
      {
        name: "ts_ms",
        type: "whole",
        required: true,
        doc: "the venue's time, UNIX ms; where it has none ours",
      },
      { name: "symbol", type: "name", required: true, doc: "the venue's own" },
      { name: "price_u", type: "whole", required: true, doc: "price x 1,000,000" },
      { name: "qty_u", type: "whole", required: true, doc: "size x 1,000,000" },
      { name: "side", type: "word", doc: "buy or sell; NULL = unknown" },
      {
        name: "lane",
        type: "name",
        required: true,
        doc: "lane of the gateway, or the stream it was consumed from",
      },
      { name: "log_seq", type: "whole", required: true, doc: "its place there: (lane, log_seq) is unique" },
    ]),
  ],
  time: "ts_ms",
  key: ["lane", "log_seq", "ts_ms"],
};

/** A name as SQL says it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL says it. */
export function literal(value: string): string {
  const quotes = value.replaceAll("'", "''");
  return value.includes("\\") ? `E'${quotes.replaceAll("\\", "\\\\")}'` : `'${quotes}'`;
}

/** `"schema"."table"`. */
export function placed(schema: string, name: string): string {
  return `${quoted(schema)}.${quoted(name)}`;
}

/** The names of its columns, in order. */
export function columnList({ columns: all }: PgTable): string {
  return all.map(({ name }) => quoted(name)).join(", ");
}

/** `parted`: by its time, with partitions to come. */
export function createTable(schema: string, one: PgTable, parted: boolean): string {
  const lines = one.columns.map(
    ({ name, type, required }) => `  ${quoted(name)} ${type}${required ? " NOT NULL" : ""}`,
  );
  const key = `  PRIMARY KEY (${one.key.map(quoted).join(", ")})`;
  const by = parted ? ` PARTITION BY RANGE (${quoted(one.time)})` : "";
  return `CREATE TABLE IF NOT EXISTS ${placed(schema, one.name)} (\n${[...lines, key].join(",\n")}\n)${by}`;
}

/** For questions about one symbol; a table without one has none. */
export function createSymbolIndex(schema: string, one: PgTable): string | null {
  if (!one.columns.some(({ name }) => name === "symbol")) return null;
  const name = quoted(`${one.name}_by_symbol`);
  return `CREATE INDEX IF NOT EXISTS ${name} ON ${placed(schema, one.name)} (symbol, ${quoted(one.time)})`;
}
