import { SCOPE, SLOT } from "../../log/index.ts";
import { INSTRUMENT_STATUS, REASON_NAMES, VALIDITY_NAMES } from "../../model/index.ts";
import type { Byte, Described, DescribedColumn, Kind } from "../kit/table-columns.ts";

/**
 * What is kept of a slot while rows are gathered, by name. Integers are taken from a word of the slot (`u8`: from a byte
 * of that word), the others from a place of doubles; `decimal` and `micros` (UNIX microseconds) are NULL for NaN.
 */
export type Kept =
  | { readonly as: "seq" | "event" | "name" | "unfit" }
  | { readonly as: "i64" | "u64" | "u32"; readonly word: number }
  | { readonly as: "u8"; readonly word: number; readonly byte: number }
  | { readonly as: "f64" | "decimal" | "micros"; readonly at: number };

/** One column of a file: its type, what it says, and the SQL that makes it (t: what is kept, n: its instrument). */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly doc: string;
  readonly sql: string;
  readonly kept: Readonly<Record<string, Kept>>;
}

const DECIMAL = "DECIMAL(38,18)";
/** In the year 2261, ns; what is later, or before 1970, is no time and NULL. */
const LAST_TIME = "9200000000000000000";

type Reading<K extends Kind> = (
  one: Described<K>,
  slots: number,
) => readonly [type: string, sql: string, kept: Column["kept"]];

const READINGS: { readonly [K in Kind]: Reading<K> } = {
  lane: () => ["VARCHAR", "$lane", {}],
  slots: (_, slots) => ["SMALLINT", `${slots}::SMALLINT`, {}],
  place: ({ name }) => ["BIGINT", `t.${name}`, { [name]: { as: "seq" } }],
  event: ({ name }) => ["BIGINT", `t.${name}`, { [name]: { as: "event" } }],
  venue: ({ name }) => ofNames("VARCHAR", name),
  symbol: ({ name }) => ofNames("VARCHAR", name),
  instrument: ({ name }) => ofNames("VARCHAR", name),
  time: ({ name, at }) => [
    "TIMESTAMP_NS",
    `CASE WHEN t.${name} BETWEEN 1 AND ${LAST_TIME} THEN make_timestamp_ns(t.${name}) END`,
    { [name]: { as: "i64", word: at / 4 } },
  ],
  id: ({ name, at }) => ["UBIGINT", `nullif(t.${name}, 0)`, { [name]: { as: "u64", word: at / 4 } }],
  decimal: ({ name, at, needs }) => [
    DECIMAL,
    needs === undefined ? `t.${name}` : `CASE WHEN t.${needs.name} <> 0 THEN t.${name} END`,
    { ...(needs && byteOf(needs)), [name]: { as: "decimal", at: at / 8 } },
  ],
  double: ({ name, at }) => ["DOUBLE", known(name), { [name]: { as: "f64", at: at / 8 } }],
  micros: ({ name, at }) => [
    "TIMESTAMP",
    `make_timestamp(t.${name})`,
    { [name]: { as: "micros", at: at / 8 } },
  ],
  span: ({ name, at }) => ["BIGINT", `CAST(${known(name)} AS BIGINT)`, { [name]: { as: "f64", at: at / 8 } }],
  count: (one) => ["INTEGER", `t.${one.name}::INTEGER`, byteOf(one)],
  wide_count: ({ name, at }) => [
    "INTEGER",
    `t.${name}_low + 256 * t.${name}_high::INTEGER`,
    { ...byteOf({ name: `${name}_low`, at }), ...byteOf({ name: `${name}_high`, at: at + 1 }) },
  ],
  u32: ({ name, at, where }) => [
    "UINTEGER",
    `CASE WHEN t.${where.name} = ${where.equal} THEN t.${name} END`,
    { ...byteOf(where), [name]: { as: "u32", word: at / 4 } },
  ],
  side: (one) => ["VARCHAR", wordSql(one.words, `t.${one.name}`), byteOf(one)],
  word: (one) => ["VARCHAR", wordSql(one.words.slice(1), `t.${one.name}`), byteOf(one)],
  flag: ({ bit }) => ["BOOLEAN", `(t.flags & ${bit}) <> 0`, byteOf({ name: "flags", at: SLOT.at.flags })],
  scope: (one) => ["VARCHAR", scopeSql(`t.${one.name}`), byteOf(one)],
  state: (one) => [
    "VARCHAR",
    `CASE WHEN t.${one.scope.name} = ${SCOPE.BOOK} THEN ${named(VALIDITY_NAMES, `t.${one.name}`)} ELSE ${named(INSTRUMENT_STATUS, `t.${one.name}`)} END`,
    { ...byteOf(one.scope), ...byteOf(one) },
  ],
  reason: (one) => [
    "VARCHAR",
    `CASE WHEN t.${one.name} <> 0 THEN ${named(REASON_NAMES, `t.${one.name}`)} END`,
    byteOf(one),
  ],
  row_word: ({ name }) => ofNames("VARCHAR", name),
  row_name: ({ name }) => ofNames("VARCHAR", name),
  row_decimal: ({ name }) => ofNames(DECIMAL, name),
  row_small: ({ name }) => ofNames("INTEGER", name),
  row_time: ({ name }) => ofNames("TIMESTAMP", name),
};

/** A column as the lake has it. `slots`: how many a row of its table stands for. */
export function columnOf(one: DescribedColumn, slots: number): Column {
  const read = READINGS[one.is] as Reading<Kind>;
  const [type, sql, kept] = read(one, slots);
  return { name: one.name, type, doc: (one.doc ?? "").replaceAll("`log_seq`", "`seq`"), sql, kept };
}

/** Values that no column can hold, by the number of their text. */
export const UNFIT: Column = {
  name: "unfit",
  type: "VARCHAR",
  doc: 'values that DECIMAL(38,18) cannot hold, whose columns are NULL: JSON, as {"price":"1e-19"}; else NULL',
  sql: "list_extract($unfits, t.unfit::INTEGER)",
  kept: { unfit: { as: "unfit" } },
};

/** What the instrument is called, or says of itself. */
function ofNames(type: string, name: string): ReturnType<Reading<Kind>> {
  return [type, `n.${name}`, { name: { as: "name" } }];
}

/** A double that is not NaN. */
function known(name: string): string {
  return `nullif(t.${name}, 'nan'::DOUBLE)`;
}

/** Words of a list by number; 0 and what is not in it are NULL. */
function wordSql(words: readonly string[], number: string): string {
  return `list_extract([${words.map((word) => `'${word}'`).join(", ")}], ${number}::INTEGER)`;
}

/** A word where there is one, else #number, as in the JSON form. */
function named(words: readonly string[], number: string): string {
  return `coalesce(${wordSql(words, `(${number} + 1)`)}, '#' || ${number})`;
}

function scopeSql(number: string): string {
  return `CASE ${number} WHEN ${SCOPE.BOOK} THEN 'book' WHEN ${SCOPE.INSTRUMENT} THEN 'instrument' ELSE 'venue' END`;
}

function byteOf({ name, at }: Byte): Record<string, Kept> {
  return { [name]: { as: "u8", word: Math.floor(at / 4), byte: at % 4 } };
}
