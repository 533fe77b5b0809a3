import { DatabaseError } from "./client.ts";
import type { Database } from "./client.ts";
import { columnList, placed, quoted } from "./layout.ts";
import type { PgTable } from "./layout.ts";
import type { Marks } from "./marks.ts";
import type { Upkeep } from "./partitions.ts";
import { COPY_HEAD, COPY_TAIL } from "./row-buffer.ts";
import type { RowBuffer } from "./row-buffer.ts";
import { eventStarts, rowsOf } from "./row-text.ts";

/** An event, one row or several of a table, that the server would not take, whatever was tried. */
export interface RefusedEvent {
  readonly lane: string;
  readonly seq: number;
  readonly reason: string;
  /** Its table and rows as JSON. */
  readonly record: string;
  readonly rows: number;
}

export interface Committed {
  readonly rows: number;
  /** Rows that were there already. */
  readonly repeated: number;
}

export interface CommitOptions {
  readonly db: Database;
  readonly schema: string;
  readonly upkeep: Upkeep;
  readonly marks: Marks;
  refused(rows: readonly RefusedEvent[]): void;
}

/** More refused events in one transaction are no bad records but a table of another shape. */
const MOST_REFUSED = 1000;
const TWICE = "23505";
const NOT_ALLOWED = "23514";

/**
 * Rows of any tables and how far they go, in one transaction: COPY straight into the tables, which is twice as fast as by way of a
 * staging table. Only where the key of a row is there already (marks that were lost, a second writer) do the rows of that table go by way of
 * one, and what is there stays as it is.
 */
export class Commit {
  readonly #options: CommitOptions;
  #refused: RefusedEvent[] = [];
  #repeated = 0;

  constructor(options: CommitOptions) {
    this.#options = options;
  }

  /** All of it or nothing. What it throws leaves the connection unfit for more. */
  async commit(
    filled: readonly (readonly [PgTable, RowBuffer])[],
    marks: ReadonlyMap<string, number>,
  ): Promise<Committed> {
    const { db, upkeep, refused } = this.#options;
    for (const [table, { days }] of filled) await upkeep.ensure(table, days);
    this.#refused = [];
    this.#repeated = 0;
    await db.query("BEGIN");
    for (const [table, rows] of filled) await this.#put(table, rows.data);
    await this.#options.marks.move(marks);
    if (this.#refused.length > 0) refused(this.#refused);
    await db.query("COMMIT");
    this.#options.marks.moved(marks);
    const all = filled.reduce((sum, [, one]) => sum + one.rows, 0);
    const not = this.#refused.reduce((sum, one) => sum + one.rows, this.#repeated);
    return { rows: all - not, repeated: this.#repeated };
  }

  async #put(table: PgTable, rows: Uint8Array): Promise<void> {
    try {
      await this.#copy(`SAVEPOINT one; ${this.#into(placed(this.#options.schema, table.name), table)}`, rows);
    } catch (error) {
      if (codeOf(error) === TWICE) await this.#again(table, rows);
      else await this.#halves(table, rows, error);
    }
  }

  /** By way of a staging table. */
  async #again(table: PgTable, rows: Uint8Array): Promise<void> {
    const { db, schema } = this.#options;
    const [whole, stage] = [placed(schema, table.name), quoted(`feedhorn_stage_${table.name}`)];
    await db.query("ROLLBACK TO SAVEPOINT one");
    await db.query(`CREATE TEMPORARY TABLE IF NOT EXISTS ${stage} (LIKE ${whole}) ON COMMIT DELETE ROWS`);
    try {
      const list = columnList(table);
      await this.#copy(`SAVEPOINT one; ${this.#into(stage, table)}`, rows);
      const insert = `INSERT INTO ${whole} (${list}) SELECT ${list} FROM ${stage} ON CONFLICT DO NOTHING`;
      const { count } = await db.query(insert);
      await db.query(`TRUNCATE ${stage}`);
      this.#repeated += rowsOf(table, rows).length - count;
    } catch (error) {
      await this.#halves(table, rows, error);
    }
  }

  /** One event is at fault: the halves without it go in, and in the end it is alone. */
  async #halves(table: PgTable, rows: Uint8Array, error: unknown): Promise<void> {
    if (!ofTheRecord(error)) throw error;
    await this.#options.db.query("ROLLBACK TO SAVEPOINT one");
    const starts = eventStarts(table, rows);
    const count = starts.length - 1;
    if (count === 1) return this.#refuse(table, rows, error);
    const middle = starts[count >> 1]!;
    await this.#put(table, rows.subarray(0, middle));
    await this.#put(table, rows.subarray(middle));
  }

  #refuse(table: PgTable, event: Uint8Array, error: Error): void {
    const rows = rowsOf(table, event);
    this.#refused.push({
      lane: String(rows[0]!["lane"]),
      seq: Number(rows[0]!["log_seq"]),
      reason: error.message,
      record: JSON.stringify({ table: table.name, rows }),
      rows: rows.length,
    });
    if (this.#refused.length > MOST_REFUSED)
      throw new Error(
        `PostgreSQL: table ${table.name}: expected to take rows, saw ${MOST_REFUSED} refused in one transaction, the last because of ${error.message}; compare the table with the documentation`,
      );
  }

  #copy(sql: string, rows: Uint8Array): Promise<void> {
    return this.#options.db.copy(sql, [COPY_HEAD, rows, COPY_TAIL]);
  }

  #into(name: string, table: PgTable): string {
    return `COPY ${name} (${columnList(table)}) FROM STDIN (FORMAT binary)`;
  }
}

function codeOf(error: unknown): string {
  return error instanceof DatabaseError ? error.code : "";
}

/**
 * Whether what the server says is about a row's content: bad data, a constraint, a trigger of the operator's. That there is no partition
 * for a row has the code of a constraint, and names none. https://www.postgresql.org/docs/current/errcodes-appendix.html, classes 22, 23, P0
 */
export function ofTheRecord(error: unknown): error is DatabaseError {
  const code = codeOf(error);
  if (code === NOT_ALLOWED) return (error as DatabaseError).constraint !== null;
  return code.startsWith("22") || (code.startsWith("23") && code !== TWICE) || code === "P0001";
}
