import { createTable, KEYS, QUEST_TABLES, setTtl } from "./layout.ts";
import type { QuestTable } from "./layout.ts";
import type { Server } from "./server.ts";

export interface TableOptions {
  readonly prefix: string;
  readonly create: boolean;
  readonly keep_days: number;
}

/** Makes the tables where they are missing, and rejects where one is not such that rows written again are there once. */
export async function prepare(
  server: Server,
  { prefix, create, keep_days: days }: TableOptions,
): Promise<void> {
  for (const table of QUEST_TABLES) {
    if (create) {
      await server.ask(createTable(prefix, table, days));
      await server.ask(setTtl(prefix, table, days));
    }
    await check(server, prefix, table);
  }
}

async function check(server: Server, prefix: string, table: QuestTable): Promise<void> {
  const name = `${prefix}${table.name}`;
  const seen = await server.tableOf(name);
  if (seen === null)
    throw new Error(
      `QuestDB: table ${name}: expected it to be there, saw none; make it, or say create: true`,
    );
  const missing = table.columns.filter((one) => !seen.columns.has(one.name));
  if (missing.length > 0)
    throw new Error(
      `QuestDB: table ${name}: expected columns ${missing.map((one) => one.name).join(", ")}, saw none such; add them (docs/sinks/questdb.md), or choose another prefix`,
    );
  const keys = [...seen.columns].filter(([, { key }]) => key).map(([column]) => column);
  if (!seen.dedup || keys.length !== KEYS.length || KEYS.some((key) => !keys.includes(key)))
    throw new Error(
      `QuestDB: table ${name}: expected DEDUP UPSERT KEYS(${KEYS.join(", ")}), saw ${seen.dedup ? keys.join(", ") : "none"}; without them rows could be there twice: ALTER TABLE "${name}" DEDUP ENABLE UPSERT KEYS(${KEYS.join(", ")})`,
    );
}
