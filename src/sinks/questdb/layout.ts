import type { CellType } from "../kit/cells.ts";
import { UNFIT } from "../kit/columns.ts";
import { HOLES, TABLES } from "../kit/tables.ts";

/** A table of QuestDB: its columns behind `ts`, which is its designated timestamp. */
export interface QuestTable {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/**
 * What holds each kind of cell. Integers that may be NULL are a size larger than they have to be, as SHORT has none; ids of venues may be
 * above 2^63, which no integer of QuestDB holds.
 */
const TYPES: Readonly<Record<CellType, string>> = {
  word: "SYMBOL",
  name: "SYMBOL",
  text: "VARCHAR",
  whole: "LONG",
  small: "INT",
  u32: "LONG",
  u64: "VARCHAR",
  decimal: "DOUBLE",
  double: "DOUBLE",
  time: "TIMESTAMP",
  flag: "BOOLEAN",
};

/** What makes a row the same row: written again it takes the place of itself. */
export const KEYS = ["ts", "lane", "log_seq"] as const;

export const QUEST_TABLES: readonly QuestTable[] = [
  ...Object.entries(TABLES).map(([name, { columns }]) => quest(name, [...columns, UNFIT])),
  quest("holes", HOLES),
];

function quest(name: string, columns: readonly { name: string; type: CellType }[]): QuestTable {
  return { name, columns: columns.map((one) => ({ name: one.name, type: TYPES[one.type] })) };
}

/** `keepDays` 0: for ever. https://questdb.com/docs/concept/ttl/ */
export function createTable(prefix: string, { name, columns }: QuestTable, keepDays: number): string {
  const list = columns.map((one) => `"${one.name}" ${one.type}`).join(", ");
  const ttl = keepDays === 0 ? "" : ` TTL ${keepDays} DAYS`;
  return (
    `CREATE TABLE IF NOT EXISTS "${prefix}${name}" (${list}) TIMESTAMP(ts) PARTITION BY DAY${ttl} WAL ` +
    `DEDUP UPSERT KEYS(${KEYS.join(", ")})`
  );
}

/** For a table that is there already. */
export function setTtl(prefix: string, { name }: QuestTable, keepDays: number): string {
  return `ALTER TABLE "${prefix}${name}" SET TTL ${keepDays} DAYS`;
}
