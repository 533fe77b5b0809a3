import { createTable, KEYS, QUEST_TABLES, setTtl } from "./layout.ts";
import type { QuestTable } from "./layout.ts";
import type { SeenTable, Server } from "./server.ts";

export interface TableOptions {
  readonly prefix: string;
  readonly create: boolean;
  readonly keep_days: number;
}

/** Makes the tables where they are missing, and rejects where one is not such that rows written again are there once. */
export async function prepare(server: Server, options: TableOptions): Promise<void> {
  const names = QUEST_TABLES.map(({ name }) => `${options.prefix}${name}`);
  const before = await server.tablesOf(names);
  if (options.create) for (const table of QUEST_TABLES) await make(server, table, options, before);
  const seen = before.size === names.length ? before : await server.tablesOf(names);
  for (const table of QUEST_TABLES) check(`${options.prefix}${table.name}`, table, seen);
}

async function make(
  server: Server,
  table: QuestTable,
  { prefix, keep_days: days }: TableOptions,
  before: ReadonlyMap<string, SeenTable>,
): Promise<void> {
  const seen = before.get(`${prefix}${table.name}`);
  if (seen === undefined) await server.ask(createTable(prefix, table, days));
  else if (!sameTtl(seen.ttl, days)) await server.ask(setTtl(prefix, table, days));
}

/** Whole weeks are told as weeks. */
function sameTtl(ttl: string, days: number): boolean {
  if (days === 0) return ttl === "0";
  return (
    [`${days} DAY`, `${days} DAYS`, `${24 * days} HOUR`, `${24 * days} HOURS`].includes(ttl) ||
    (days % 7 === 0 && ttl.startsWith(`${days / 7} WEEK`))
  );
}

function check(name: string, table: QuestTable, all: ReadonlyMap<string, SeenTable>): void {
  const seen = all.get(name);
  if (seen === undefined)
    throw new Error(
      `QuestDB: table ${name}: expected it to be there, saw none; make it, or say create: true`,
    );
  const missing = table.columns.filter((one) => !seen.columns.includes(one.name));
  if (missing.length > 0)
    throw new Error(
      `QuestDB: table ${name}: expected columns ${missing.map((one) => one.name).join(", ")}, saw none such; add them (docs/sinks/questdb.md), or choose another prefix`,
    );
  const { dedup, keys } = seen;
  if (!dedup || keys.length !== KEYS.length || KEYS.some((key) => !keys.includes(key)))
    throw new Error(
      `QuestDB: table ${name}: expected DEDUP UPSERT KEYS(${KEYS.join(", ")}), saw ${dedup ? keys.join(", ") : "none"}; without them rows could be there twice: ALTER TABLE "${name}" DEDUP ENABLE UPSERT KEYS(${KEYS.join(", ")})`,
    );
}
