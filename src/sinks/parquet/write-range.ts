import * as fs from "node:fs";
import { dirname, join } from "node:path";
import type { Duck } from "../duckdb.ts";
import { fileName, makeFolder, partitionPath, syncPath, TEMPORARY } from "./files.ts";
import type { LaneRange, TimedHole } from "./lane-range.ts";
import { text } from "./names.ts";
import type { Part } from "./part.ts";
import { HOLE_COLUMNS, LAKE_VERSION } from "./schema.ts";

/** One file of a range: what it holds and where it goes. */
interface Written {
  readonly table: string;
  readonly hour: number;
  readonly first: number;
  readonly last: number;
  readonly rows: number;
  readonly select: string;
}

/** Writes and syncs every file of a range under its temporary name; returns their paths under the lake. */
export async function writeRange(duck: Duck, dir: string, range: LaneRange): Promise<string[]> {
  const files: string[] = [];
  for (const one of [...[...range.parts.values()].map((part) => ofPart(part, range)), ...holesOf(range)]) {
    const { lane, session } = range;
    const { table, hour, first, last } = one;
    const file = join(partitionPath(table, hour), fileName({ lane, session, first, last }));
    await writeFile(duck, join(dir, file), one, range);
    files.push(file);
  }
  return files;
}

/** Writes a file once; one that is there from an attempt before is whole, as it has been synced under this name. */
async function writeFile(duck: Duck, path: string, one: Written, range: LaneRange): Promise<void> {
  const beside = path + TEMPORARY;
  if (range.written.has(path)) return;
  makeFolder(dirname(path));
  try {
    const copied = await duck.run(copySql(one.select, beside, footer(one, range)));
    if (copied !== one.rows) throw new Error(`${beside}: expected ${one.rows} rows, wrote ${copied}`);
    syncPath(beside);
    syncPath(dirname(path));
  } catch (error) {
    fs.rmSync(beside, { force: true });
    throw error;
  }
  range.written.add(path);
}

/** The statement that makes a file of a query's rows, with facts in its footer. */
export function copySql(
  select: string,
  path: string,
  facts: Readonly<Record<string, string | number>>,
): string {
  const said = Object.entries(facts).map(([key, value]) => `${text(key)}: ${text(String(value))}`);
  return (
    `COPY (${select}) TO ${text(path)} ` +
    `(FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, KV_METADATA {${said.join(", ")}})`
  );
}

function footer(one: Written, { lane, session, first, end }: LaneRange): Record<string, string | number> {
  return {
    feedhorn: "lake",
    schema_version: LAKE_VERSION,
    table: one.table,
    lane,
    session,
    first_seq: one.first,
    last_seq: one.last,
    rows: one.rows,
    range_first: first,
    range_end: end,
  };
}

function ofPart(part: Part, { lane }: LaneRange): Written {
  const { table, hour, first, last, rows } = part;
  return { table, hour, first, last, rows, select: part.select(lane) };
}

/** Holes go with the hour they were found in. */
function holesOf({ lane, holes }: LaneRange): Written[] {
  const hours = new Set(holes.map(hourOfHole));
  return [...hours].map((hour) => {
    const some = holes.filter((hole) => hourOfHole(hole) === hour);
    const rows = some.map((hole) => holeSql(lane, hole)).join(", ");
    const columns = HOLE_COLUMNS.map(({ name }) => name).join(", ");
    const { first } = some[0]!;
    const { last } = some.at(-1)!;
    return {
      table: "holes",
      hour,
      first,
      last,
      rows: some.length,
      select: `SELECT * FROM (VALUES ${rows}) h(${columns})`,
    };
  });
}

function hourOfHole({ at }: TimedHole): number {
  return Math.floor(at / 3_600_000_000);
}

function holeSql(lane: string, { first, last, reason, at }: TimedHole): string {
  return `(${first}::BIGINT, ${last - first + 1}::BIGINT, ${text(lane)}, ${text(reason)}, make_timestamp_ns(${at}000))`;
}
