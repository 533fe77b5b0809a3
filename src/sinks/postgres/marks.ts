import type { Database } from "./client.ts";
import { placed } from "./layout.ts";

const TABLE = "feedhorn_marks";

/** Next sequence of each lane, in the database itself: moved in the transaction that writes the rows before it. */
export class Marks {
  readonly #db: Database;
  readonly #table: string;
  readonly #sink: string;
  readonly #known = new Map<string, number>();

  constructor(db: Database, schema: string, sink: string) {
    this.#db = db;
    this.#table = placed(schema, TABLE);
    this.#sink = sink;
  }

  async create(): Promise<void> {
    await this.#db.query(
      `CREATE TABLE IF NOT EXISTS ${this.#table} (sink text NOT NULL, lane text NOT NULL, log_seq bigint NOT NULL, ` +
        "moved timestamp with time zone NOT NULL, PRIMARY KEY (sink, lane))",
    );
  }

  async read(): Promise<void> {
    const { rows } = await this.#db.query(`SELECT lane, log_seq FROM ${this.#table} WHERE sink = $1`, [
      this.#sink,
    ]);
    for (const { lane, log_seq } of rows) this.#known.set(String(lane), Number(log_seq));
  }

  of(lane: string): number | null {
    return this.#known.get(lane) ?? null;
  }

  get all(): Record<string, number> {
    return Object.fromEntries(this.#known);
  }

  /**
   * In the open transaction. Only from where this side knows it to stand: a transaction of ours that was thought lost and went
   * through after all, or another program of this name, is found here, and nothing of this one is written.
   */
  async move(marks: ReadonlyMap<string, number>): Promise<void> {
    for (const [lane, mark] of marks) {
      const before = this.#known.get(lane);
      const { count } =
        before === undefined
          ? await this.#db.query(
              `INSERT INTO ${this.#table} VALUES ($1, $2, $3, now()) ON CONFLICT DO NOTHING`,
              [this.#sink, lane, mark],
            )
          : await this.#db.query(
              `UPDATE ${this.#table} SET log_seq = $3, moved = now() WHERE sink = $1 AND lane = $2 AND log_seq = $4`,
              [this.#sink, lane, mark, before],
            );
      if (count !== 1)
        throw new Error(
          `PostgreSQL: ${TABLE}: expected lane ${lane} of ${this.#sink} at ${before ?? "no mark"}, where this program left it, saw that it was moved meanwhile; it is read again`,
        );
    }
  }

  /** The transaction went through. */
  moved(marks: ReadonlyMap<string, number>): void {
    for (const [lane, mark] of marks) this.#known.set(lane, mark);
  }
}
