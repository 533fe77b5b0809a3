import type { CellType } from "../kit/cells.ts";
import { UNFIT } from "../kit/columns.ts";
import { HOLES, TABLES } from "../kit/tables.ts";
import type { TableName } from "../kit/tables.ts";

export interface ClickTable {
  readonly name: TableName | "holes";
  readonly doc: string;
  readonly columns: readonly ClickColumn[];
}

export interface ClickColumn {
  readonly name: string;
  readonly type: string;
  readonly doc: string;
}

/** What holds each kind of cell; `null` says that it may be NULL. */
const TYPES: Readonly<Record<CellType, (none: boolean) => string>> = {
  word: (none) => `LowCardinality(${nullable("String", none)})`,
  name: (none) => `LowCardinality(${nullable("String", none)})`,
  text: (none) => nullable("String", none),
  whole: (none) => nullable("UInt64", none),
  small: (none) => nullable("Int16", none),
  u32: (none) => nullable("UInt32", none),
  u64: (none) => nullable("UInt64", none),
  decimal: (none) => nullable("Decimal(38, 18)", none),
  double: (none) => nullable("Float64", none),
  time: (none) => nullable("DateTime64(9, 'UTC')", none),
  flag: (none) => nullable("Bool", none),
};

function nullable(type: string, none: boolean): string {
  return none ? `Nullable(${type})` : type;
}

interface Described {
  readonly name: string;
  readonly type: CellType;
  readonly doc: string;
  readonly required?: boolean;
}

export const CLICK_TABLES: readonly ClickTable[] = [
  ...Object.entries(TABLES).map(([name, { doc, columns }]) =>
    click(name as TableName, doc, [...columns, UNFIT]),
  ),
  click("holes", "Slots that nobody has.", HOLES),
];

function click(name: ClickTable["name"], doc: string, columns: readonly Described[]): ClickTable {
  return {
    name,
    doc,
    columns: columns.map((one) => ({
      name: one.name,
      type: TYPES[one.type](one.required !== true),
      doc: one.doc,
    })),
  };
}

/** A name as SQL says it. */
export function quoted(name: string): string {
  return `\`${name.replaceAll(/[\\`]/g, "\\$&")}\``;
}

/** A text as SQL says it. */
export function literal(value: string): string {
  return `'${value.replaceAll(/[\\']/g, "\\$&")}'`;
}

/**
 * Sorted by symbol, as most questions name one; the index of log_seq finds what was written last, in every symbol. Rows of the same key
 * become one when parts are merged, at the latest with FINAL. Identical inserts of the same token are one for so many inserts.
 */
export function createTable(database: string, { name, doc, columns }: ClickTable, keepDays: number): string {
  const lines = columns.map(
    (one) => `  ${quoted(one.name)} ${one.type}${one.doc === "" ? "" : ` COMMENT ${literal(one.doc)}`}`,
  );
  const key = columns.some((one) => one.name === "symbol") ? "venue, symbol, lane, log_seq" : "lane, log_seq";
  const ttl = keepDays === 0 ? "" : ` TTL ${ttlOf(keepDays)}`;
  return (
    `CREATE TABLE IF NOT EXISTS ${quoted(database)}.${quoted(name)} (\n${lines.join(",\n")},\n` +
    `  INDEX by_log_seq log_seq TYPE minmax GRANULARITY 1\n) ENGINE = ReplacingMergeTree PARTITION BY toYYYYMMDD(ts) ORDER BY (${key})${ttl} ` +
    `SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1 COMMENT ${literal(doc)}`
  );
}

/** For a table that is there already. */
export function modifyTtl(database: string, { name }: ClickTable, keepDays: number): string {
  const table = `ALTER TABLE ${quoted(database)}.${quoted(name)}`;
  return keepDays === 0 ? `${table} REMOVE TTL` : `${table} MODIFY TTL ${ttlOf(keepDays)}`;
}

export function ttlOf(keepDays: number): string {
  return `toDateTime(ts) + toIntervalDay(${keepDays})`;
}
