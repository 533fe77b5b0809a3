import { placed } from "./layout.ts";
import type { PgTable } from "./layout.ts";

const DAY_MS = 86_400_000;

/** `trades_p20260314`. */
export function partitionName(table: string, day: number): string {
  return `${table}_p${dateOf(day).replaceAll("-", "")}`;
}

/** Day since 1970 of a partition we made, or null: it is somebody else's. */
export function partitionDay(table: string, name: string): number | null {
  const match = /^(.*)_p(\d{4})(\d\d)(\d\d)$/.exec(name);
  if (match === null || match[1] !== table) return null;
  const at = Date.parse(`${match[2]}-${match[3]}-${match[4]}T00:00:00Z`);
  return Number.isNaN(at) ? null : at / DAY_MS;
}

/** FROM and TO of a day's partition. */
export function boundsOf({ time }: PgTable, day: number): [from: string, to: string] {
  if (time === "ts_ms") return [String(day * DAY_MS), String((day + 1) * DAY_MS)];
  return [`'${dateOf(day)} 00:00:00+00'`, `'${dateOf(day + 1)} 00:00:00+00'`];
}

/**
 * A partition beside the table, then put under it: unlike CREATE TABLE .. PARTITION OF that stops neither readers nor writers.
 * https://www.postgresql.org/docs/current/ddl-partitioning.html
 */
export function createPartition(schema: string, table: PgTable, day: number): string {
  const whole = placed(schema, table.name);
  const part = placed(schema, partitionName(table.name, day));
  const [from, to] = boundsOf(table, day);
  return (
    `CREATE TABLE ${part} (LIKE ${whole} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE); ` +
    `ALTER TABLE ${whole} ATTACH PARTITION ${part} FOR VALUES FROM (${from}) TO (${to})`
  );
}

export function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** Day since 1970 of a time, UNIX ms. */
export function dayAt(ms: number): number {
  return Math.floor(ms / DAY_MS);
}
