import { CLICK_TABLES, createTable, literal, modifyTtl, quoted, ttlOf } from "./layout.ts";
import type { ClickTable } from "./layout.ts";
import type { Server } from "./server.ts";

export interface TableOptions {
  readonly database: string;
  readonly create: boolean;
  readonly keep_days: number;
}

/** Makes what is missing, and rejects where a table has no such columns. */
export async function prepare(server: Server, options: TableOptions): Promise<void> {
  const { database, create, keep_days: days } = options;
  if (create) {
    await server.ask(`CREATE DATABASE IF NOT EXISTS ${quoted(database)}`);
    for (const table of CLICK_TABLES) await server.ask(createTable(database, table, days));
    await keep(server, options);
  }
  await check(server, database);
}

/** Tables that were there keep rows for as long as it is said now. */
async function keep(server: Server, { database, keep_days: days }: TableOptions): Promise<void> {
  const rows = await server.ask(
    `SELECT name, create_table_query FROM system.tables WHERE database = ${literal(database)}`,
  );
  const statements = new Map(rows.map(([name, statement]) => [name!, statement!]));
  for (const table of CLICK_TABLES) {
    const statement = statements.get(table.name) ?? "";
    const there = / TTL /.test(statement);
    if (days === 0 ? there : !statement.includes(ttlOf(days)))
      await server.ask(modifyTtl(database, table, days));
  }
}

async function check(server: Server, database: string): Promise<void> {
  const rows = await server.ask(
    `SELECT table, name FROM system.columns WHERE database = ${literal(database)}`,
  );
  for (const table of CLICK_TABLES)
    checkOne(
      database,
      table,
      new Set(rows.filter(([name]) => name === table.name).map(([, column]) => column!)),
    );
}

function checkOne(database: string, { name, columns }: ClickTable, seen: ReadonlySet<string>): void {
  const where = `ClickHouse: table ${database}.${name}`;
  if (seen.size === 0)
    throw new Error(
      `${where}: expected it to be there, saw none; make it (docs/sinks/clickhouse.md), or say create: true`,
    );
  const missing = columns.filter((one) => !seen.has(one.name)).map((one) => one.name);
  if (missing.length > 0)
    throw new Error(
      `${where}: expected columns ${missing.join(", ")}, saw none such; add them (docs/sinks/clickhouse.md), or choose another database`,
    );
}
