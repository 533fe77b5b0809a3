import type { Database } from "./client.ts";
import { createSymbolIndex, createTable, literal, placed, quoted } from "./layout.ts";
import type { PgTable } from "./layout.ts";
import type { Upkeep, UpkeepOptions } from "./partitions.ts";

export interface HypertableOptions extends UpkeepOptions {
  /** Chunks older than so many days are compressed; 0: never. */
  readonly compressDays: number;
}

/** Whether the extension is installed in this database. */
export async function hasTimescale(db: Database): Promise<boolean> {
  const { rows } = await db.query("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'");
  return rows.length > 0;
}

/**
 * Tables that TimescaleDB cuts by day, and forgets and compresses by its own policies.
 * https://docs.timescale.com/api/latest/hypertable/create_hypertable/
 */
export class Hypertables implements Upkeep {
  readonly #db: Database;
  readonly #options: HypertableOptions;

  constructor(db: Database, options: HypertableOptions) {
    this.#db = db;
    this.#options = options;
  }

  async create(tables: readonly PgTable[]): Promise<void> {
    const { schema, symbolIndex } = this.#options;
    for (const table of tables) {
      const index = symbolIndex ? createSymbolIndex(schema, table) : null;
      const all = [createTable(schema, table, false), ...hypertableSql(table, this.#options)];
      await this.#db.query([...all, ...(index === null ? [] : [index])].join(";\n"));
    }
  }

  async ensure(): Promise<void> {}

  async work(): Promise<string[]> {
    return [];
  }
}

/** Times as integers are days in their own unit, and the policies have to be told what now is. */
const DAY = { ts: "INTERVAL '1 day'", ts_ms: "86400000" } as const;
const NOW = "feedhorn_now_ms";

/** What makes a table a hypertable with policies, one statement each; saying it again changes nothing. */
export function hypertableSql(table: PgTable, options: HypertableOptions): string[] {
  const { schema, keepDays, compressDays } = options;
  const name = literal(placed(schema, table.name));
  const day = DAY[table.time];
  const days = (count: number): string =>
    table.time === "ts" ? `INTERVAL '${count} days'` : `BIGINT '${count * 86_400_000}'`;
  const create = `SELECT create_hypertable(${name}, ${literal(table.time)}, chunk_time_interval => ${day}, if_not_exists => TRUE)`;
  const now =
    table.time === "ts"
      ? []
      : [
          `CREATE OR REPLACE FUNCTION ${placed(schema, NOW)}() RETURNS BIGINT LANGUAGE SQL STABLE AS $$ SELECT (extract(epoch FROM now()) * 1000)::BIGINT $$`,
          `SELECT set_integer_now_func(${name}, ${literal(placed(schema, NOW))}, replace_if_exists => TRUE)`,
        ];
  const retention =
    keepDays === 0
      ? []
      : [`SELECT add_retention_policy(${name}, drop_after => ${days(keepDays)}, if_not_exists => TRUE)`];
  const segment = table.columns.some(({ name: one }) => one === "symbol") ? "lane, symbol" : "lane";
  const compression =
    compressDays === 0
      ? []
      : [
          `ALTER TABLE ${placed(schema, table.name)} SET (timescaledb.compress, timescaledb.compress_segmentby = ${literal(segment)}, timescaledb.compress_orderby = ${literal(`${quoted(table.time)}, log_seq`)})`,
          `SELECT add_compression_policy(${name}, compress_after => ${days(compressDays)}, if_not_exists => TRUE)`,
        ];
  return [create, ...now, ...retention, ...compression];
}
