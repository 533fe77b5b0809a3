import type { Database } from "./client.ts";
import { createPartition, dayAt, partitionDay, partitionName } from "./days.ts";
import { createSymbolIndex, createTable, literal, placed } from "./layout.ts";
import type { PgTable } from "./layout.ts";

/** What is done about tables' time: made ahead, forgotten. All of it outside of transactions. */
export interface Upkeep {
  /** Makes what is missing of tables. */
  create(tables: readonly PgTable[]): Promise<void>;
  /** Rows of these days can be written after it. */
  ensure(table: PgTable, days: Iterable<number>): Promise<void>;
  /** Makes ready for days to come, and forgets what is too old. Returns what went, for the log. */
  work(tables: readonly PgTable[], now: number): Promise<string[]>;
}

export interface UpkeepOptions {
  readonly schema: string;
  /** Days that are kept; 0: all. */
  readonly keepDays: number;
  readonly symbolIndex: boolean;
}

/** Days made ahead, today among them. */
const AHEAD = 3;
/** Dropping waits for readers of the table so long, ms; then it is tried again the next time. */
const LOCK_MS = 2000;
/** Two programs that make the same partition do it one after the other. */
const LOCK = "pg_advisory_xact_lock(hashtext('feedhorn partitions'))";

/** Daily partitions by name. Only those that are named as ours are ever dropped. */
export class Partitions implements Upkeep {
  readonly #db: Database;
  readonly #options: UpkeepOptions;
  /** Days that have a partition of ours, by table; null: it has no partitions. */
  readonly #known = new Map<string, Set<number> | null>();

  constructor(db: Database, options: UpkeepOptions) {
    this.#db = db;
    this.#options = options;
  }

  async create(tables: readonly PgTable[]): Promise<void> {
    const { schema, symbolIndex } = this.#options;
    const all = tables.flatMap((table) => {
      const index = symbolIndex ? createSymbolIndex(schema, table) : null;
      return [createTable(schema, table, true), ...(index === null ? [] : [index])];
    });
    await this.#db.query(all.join(";\n"));
  }

  async ensure(table: PgTable, days: Iterable<number>): Promise<void> {
    const known = this.#known.get(table.name) ?? (await this.#look([table])).get(table.name);
    // A table that others made without partitions takes every day.
    if (known === null || known === undefined) return;
    const missing = [...days].filter((day) => !known.has(day));
    if (missing.length === 0) return;
    await this.#db.query(`BEGIN; SELECT ${LOCK}`);
    try {
      const there = (await this.#look([table])).get(table.name);
      const wanted = missing.filter((day) => there?.has(day) === false);
      const { schema } = this.#options;
      await this.#db.query(
        `${wanted.map((day) => `${createPartition(schema, table, day)}; `).join("")}COMMIT`,
      );
    } catch (error) {
      await this.#db.query("ROLLBACK");
      throw error;
    }
    await this.#look([table]);
  }

  async work(tables: readonly PgTable[], now: number): Promise<string[]> {
    const today = dayAt(now);
    const ahead = Array.from({ length: AHEAD }, (_, i) => today + i);
    const gone: string[] = [];
    await this.#look(tables);
    for (const table of tables) {
      await this.ensure(table, ahead);
      gone.push(...(await this.#forget(table, today)));
    }
    return gone;
  }

  /** A day goes when all of it is older than `keepDays` days. */
  async #forget(table: PgTable, today: number): Promise<string[]> {
    const { keepDays, schema } = this.#options;
    if (keepDays === 0) return [];
    const old = [...(this.#known.get(table.name) ?? [])].filter((day) => day + 1 <= today - keepDays);
    if (old.length === 0) return [];
    const gone: string[] = [];
    for (const day of old.toSorted((a, b) => a - b)) {
      const name = partitionName(table.name, day);
      try {
        await this.#db.query(
          `BEGIN; SET LOCAL lock_timeout = ${LOCK_MS}; DROP TABLE ${placed(schema, name)}; COMMIT`,
        );
        gone.push(name);
      } catch (error) {
        await this.#db.query("ROLLBACK");
        // 55P03: somebody reads it. It goes the next time.
        if ((error as { code?: string }).code !== "55P03") throw error;
      }
    }
    await this.#look([table]);
    return gone;
  }

  /** What there is of each table now. */
  async #look(tables: readonly PgTable[]): Promise<ReadonlyMap<string, Set<number> | null>> {
    const { schema } = this.#options;
    const names = tables.map(
      ({ name }) => `(${literal(name)}, to_regclass(${literal(placed(schema, name))}))`,
    );
    const { rows } = await this.#db.query(
      `SELECT t.name, p.relkind = 'p' AS parted, c.relname FROM (VALUES ${names.join(", ")}) t (name, id) ` +
        "JOIN pg_class p ON p.oid = t.id LEFT JOIN pg_inherits i ON i.inhparent = t.id LEFT JOIN pg_class c ON c.oid = i.inhrelid",
    );
    for (const { name, parted } of rows) this.#known.set(String(name), parted === true ? new Set() : null);
    for (const { name, relname } of rows) {
      const day = partitionDay(String(name), String(relname));
      if (day !== null) this.#known.get(String(name))?.add(day);
    }
    return this.#known;
  }
}
