import type { Database } from "./client.ts";
import { literal, placed } from "./layout.ts";
import type { PgTable } from "./layout.ts";

/** Rejects where a table is not there or has columns of other types: COPY would refuse every row, one by one. */
export async function checkTables(db: Database, schema: string, tables: readonly PgTable[]): Promise<void> {
  const names = tables.map(({ name }) => `(${literal(name)}, to_regclass(${literal(placed(schema, name))}))`);
  const { rows } = await db.query(
    `SELECT t.name, a.attname, format_type(a.atttypid, a.atttypmod) AS type FROM (VALUES ${names.join(", ")}) t (name, id) ` +
      "JOIN pg_attribute a ON a.attrelid = t.id AND a.attnum > 0 AND NOT a.attisdropped",
  );
  for (const table of tables) {
    const own = rows.filter(({ name }) => name === table.name);
    check(schema, table, new Map(own.map(({ attname, type }) => [String(attname), String(type)])));
  }
}

function check(schema: string, { name: table, columns }: PgTable, types: ReadonlyMap<string, string>): void {
  const where = `PostgreSQL: table ${schema}.${table}`;
  if (types.size === 0)
    throw new Error(
      `${where}: expected it to be there, saw none; make it (docs/sinks/postgres.md), or say create: true`,
    );
  for (const { name, type } of columns) {
    const seen = types.get(name);
    if (seen === undefined || base(seen) !== base(type))
      throw new Error(
        `${where}: column ${name}: expected ${type}, saw ${seen ?? "no such column"}; alter the table, or choose another schema`,
      );
  }
}

/** A NUMERIC of less precision takes what it can hold. */
function base(type: string): string {
  return type.replace(/\(.*\)/, "").replace("character varying", "text");
}
