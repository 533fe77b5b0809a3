import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duck, DuckError } from "../../sinks/duckdb.ts";
import type { Answer, Cell } from "../../sinks/duckdb.ts";
import type { Refused } from "../../sinks/parquet/check.ts";
import { text } from "../../sinks/parquet/names.ts";
import { isGone, makeViews } from "./views.ts";

/** Formats that a query can write to a file. */
export const FILE_FORMATS = ["csv", "json", "ndjson", "parquet"] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

const READS = new Set(["SELECT", "EXPLAIN"]);
const THREADS = 2;
const MEMORY_MIB = 1024;
/** Files may be merged while they are asked for; then the question is put again. */
const TRIES = 5;

/** Told of the columns, then of rows as they come. */
export interface Taker {
  begin(names: readonly string[], types: readonly string[]): void;
  take(rows: readonly (readonly Cell[])[]): Promise<void>;
}

/** A lake that answers questions and cannot be changed by them. */
export class LakeQuery {
  readonly #duck: Duck;
  readonly #dir: string;
  /** Files that are not used, with the reason; of the tables asked for. */
  refused: readonly Refused[] = [];

  private constructor(duck: Duck, dir: string) {
    this.#duck = duck;
    this.#dir = dir;
  }

  static async open(dir: string): Promise<LakeQuery> {
    const duck = await Duck.open({
      threads: THREADS,
      memoryMiB: MEMORY_MIB,
      spill: join(tmpdir(), "feedhorn-query"),
    });
    await duck.run("SET enable_progress_bar = true; SET enable_progress_bar_print = false");
    return new LakeQuery(duck, dir);
  }

  /** 0 to 1 of the running question; below 0 when it is not known. */
  get progress(): number {
    return this.#duck.progress;
  }

  /** Puts one question. Throws Error for what is none, DuckError for what DuckDB says of it. */
  async stream(sql: string, taker: Taker): Promise<void> {
    await this.#prepare(sql);
    let begun = false;
    const begin = (names: readonly string[], types: readonly string[]): void => {
      begun = true;
      taker.begin(names, types);
    };
    await this.#persistently(
      sql,
      () => this.#duck.stream(sql, begin, (rows) => taker.take(rows)),
      () => !begun,
    );
  }

  /** The whole answer at once. */
  async ask(sql: string): Promise<Answer> {
    await this.#prepare(sql);
    return this.#persistently(sql, () => this.#duck.ask(sql));
  }

  /** Writes the answer to a file; returns its rows. */
  async write(sql: string, path: string, format: FileFormat): Promise<number> {
    await this.#prepare(sql);
    const bare = sql.trim().replace(/;\s*$/, "");
    const how = {
      csv: "FORMAT csv, HEADER",
      json: "FORMAT json, ARRAY true",
      ndjson: "FORMAT json",
      parquet: "FORMAT parquet, COMPRESSION zstd",
    }[format];
    return this.#persistently(sql, () => this.#duck.run(`COPY (${bare}\n) TO ${text(path)} (${how})`));
  }

  close(): void {
    this.#duck.close();
  }

  async #prepare(sql: string): Promise<void> {
    this.refused = await makeViews(this.#duck, this.#dir, sql);
    const kinds = await this.#duck.kindsOf(sql);
    if (kinds.length !== 1) throw new Error(`expected one question, saw ${kinds.length} statements`);
    if (!READS.has(kinds[0]!))
      throw new Error(
        `expected a question (SELECT, WITH, DESCRIBE, EXPLAIN), saw ${kinds[0]}: the lake is read only`,
      );
  }

  async #persistently<T>(sql: string, step: () => Promise<T>, may: () => boolean = () => true): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await step();
      } catch (error) {
        if (!isGone(error) || tries === TRIES || !may()) throw error;
        this.refused = await makeViews(this.#duck, this.#dir, sql);
      }
    }
  }
}

export { DuckError };
