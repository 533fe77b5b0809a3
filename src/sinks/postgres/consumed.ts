import { checkTables } from "./check.ts";
import { Database, DatabaseError } from "./client.ts";
import type { DatabaseOptions } from "./client.ts";
import { ofTheRecord } from "./commit.ts";
import { dayAt } from "./days.ts";
import { GEMINI_TABLE, columnList, placed, quoted } from "./layout.ts";
import type { PgTable } from "./layout.ts";
import { Partitions } from "./partitions.ts";

/** Events in scheme native, whole and as JSON, with what one asks by in columns. */
export const EVENTS_TABLE: PgTable = {
  name: "events",
  doc: "Events as JSON.",
  columns: [
    { name: "ts", type: "timestamp with time zone", required: true, doc: "the venue's time, else ours" },
    { name: "lane", type: "text", required: true, doc: "lane of the gateway" },
    { name: "log_seq", type: "bigint", required: true, doc: "(lane, log_seq) is unique" },
    { name: "slots", type: "bigint", required: true, doc: "slots of the log it stands for" },
    { name: "type", type: "text", required: true, doc: "trade, quote, book, .. hole" },
    { name: "venue", type: "text", required: false, doc: "venue id" },
    { name: "symbol", type: "text", required: false, doc: "native symbol" },
    { name: "instrument", type: "text", required: false, doc: "canonical name" },
    { name: "event", type: "jsonb", required: true, doc: "all of it" },
  ],
  time: "ts",
  key: ["lane", "log_seq", "ts"],
};

export const CONSUMED_TABLES = { gemini: GEMINI_TABLE, native: EVENTS_TABLE } as const;
export type ConsumedScheme = keyof typeof CONSUMED_TABLES;

/** One row: its cells in the order of the table's columns, and its time, UNIX ms. */
export interface ConsumedRow {
  readonly cells: readonly (string | number | null)[];
  readonly at: number;
}

export interface ConsumedOptions {
  readonly address: Omit<DatabaseOptions, "application" | "waits">;
  readonly name: string;
  readonly schema: string;
  readonly scheme: ConsumedScheme;
  readonly create: boolean;
  /** 0: everything is kept. */
  readonly keepDays: number;
  readonly waits: (what: string | null) => void;
}

export interface Inserted {
  readonly rows: number;
  /** Those the server would not take: their place among the rows, and its words. */
  readonly refused: readonly { readonly index: number; readonly reason: string }[];
}

/** What a transaction deletes at a time: it holds no lock for long. */
const DELETE_ROWS = 20_000;
const DAY_MS = 86_400_000;

/** Where consumed messages go. Rows are known again by their key, so the same may be inserted as often as it comes. */
export class ConsumedTable {
  readonly #db: Database;
  readonly #options: ConsumedOptions;
  readonly #table: PgTable;
  readonly #days: Partitions;

  private constructor(db: Database, options: ConsumedOptions) {
    this.#db = db;
    this.#options = options;
    this.#table = CONSUMED_TABLES[options.scheme];
    this.#days = new Partitions(db, {
      schema: options.schema,
      keepDays: options.keepDays,
      symbolIndex: false,
    });
  }

  static async open(options: ConsumedOptions): Promise<ConsumedTable> {
    const { address, name, waits, schema, create } = options;
    const db = await Database.open({ ...address, application: name, waits });
    try {
      const opened = new ConsumedTable(db, options);
      if (create) {
        if (schema !== "public") await db.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`);
        await opened.#days.create([opened.#table]);
      }
      await checkTables(db, schema, [opened.#table]);
      return opened;
    } catch (error) {
      await db.close();
      throw error;
    }
  }

  /** All that the server takes are there when it resolves; those that were there before stay as they are. */
  async insert(rows: readonly ConsumedRow[]): Promise<Inserted> {
    if (rows.length === 0) return { rows: 0, refused: [] };
    if (this.#options.create) await this.#days.ensure(this.#table, new Set(rows.map(({ at }) => dayAt(at))));
    return this.#insert(rows, 0);
  }

  async #insert(rows: readonly ConsumedRow[], first: number): Promise<Inserted> {
    try {
      return { rows: await this.#all(rows), refused: [] };
    } catch (error) {
      if (!ofTheRecord(error)) throw error;
      if (rows.length === 1) return { rows: 0, refused: [{ index: first, reason: error.message }] };
      const middle = rows.length >> 1;
      const one = await this.#insert(rows.slice(0, middle), first);
      const two = await this.#insert(rows.slice(middle), first + middle);
      return { rows: one.rows + two.rows, refused: [...one.refused, ...two.refused] };
    }
  }

  async #all(rows: readonly ConsumedRow[]): Promise<number> {
    const { columns } = this.#table;
    const arrays = columns.map(({ type }, i) => `$${i + 1}::${type}[]`);
    const list = columnList(this.#table);
    const { count } = await this.#db.query(
      `INSERT INTO ${this.#place} (${list}) SELECT * FROM unnest(${arrays.join(", ")}) AS n (${list}) ON CONFLICT DO NOTHING`,
      columns.map((_, i) => rows.map(({ cells }) => cells[i] ?? null)),
    );
    return count;
  }

  /** What is older than the days to keep goes: whole days at once, of the others row by row. Returns rows and partitions. */
  async forget(now: number): Promise<{ rows: number; partitions: string[] }> {
    const { keepDays, create } = this.#options;
    const partitions = create ? await this.#days.work([this.#table], now) : [];
    if (keepDays === 0) return { rows: 0, partitions };
    const { time, key } = this.#table;
    const before = now - keepDays * DAY_MS;
    const limit = time === "ts_ms" ? String(before) : `to_timestamp(${before / 1000})`;
    const names = key.map(quoted).join(", ");
    let rows = 0;
    for (;;) {
      const { count } = await this.#db.query(
        `DELETE FROM ${this.#place} WHERE ${quoted(time)} < ${limit} AND (${names}) IN ` +
          `(SELECT ${names} FROM ${this.#place} WHERE ${quoted(time)} < ${limit} LIMIT ${DELETE_ROWS})`,
      );
      rows += count;
      if (count < DELETE_ROWS) return { rows, partitions };
    }
  }

  close(): Promise<void> {
    return this.#db.close();
  }

  get #place(): string {
    return placed(this.#options.schema, this.#table.name);
  }
}

/** Whether an error is the database's, or else of whoever it came to. */
export function isOfDatabase(error: unknown): boolean {
  return (
    error instanceof DatabaseError || (error instanceof Error && error.message.startsWith("PostgreSQL:"))
  );
}
