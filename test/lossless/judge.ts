import * as fs from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { DuckDBConnection } from "@duckdb/node-api";
import { COMPARED } from "./compared.ts";
import { loadTestimonies } from "./testimony-table.ts";
import type { Testimony } from "./witness.ts";

/** Slots that must be missing, both ends included, with the reason that the lake gives. */
export interface Missing {
  readonly first: number;
  readonly last: number;
  readonly reason: string;
}

export interface Verdict {
  /** In words; empty when the lake holds every slot once, as the witness saw it. */
  readonly faults: readonly string[];
  readonly files: number;
  readonly rows: number;
  /** Rows by table. */
  readonly tables: Readonly<Record<string, number>>;
  readonly slots: number;
  /** Sequence behind the last row. */
  readonly end: number;
  readonly holes: readonly Missing[];
}

/** Examples of a fault that are shown. */
const SHOWN = 3;

/** Compares a lake with what the witness saw, in SQL over the lake's files. `folder`: for a database that is thrown away;
 * `refused`: files that are none of the lake's. */
export async function judge(
  lake: string,
  testimonies: readonly Testimony[],
  folder: string,
  refused: readonly string[] = [],
): Promise<Verdict> {
  const file = join(folder, "judge.db");
  const instance = await DuckDBInstance.create(file, { memory_limit: "2GB" });
  const connection = await instance.connect();
  try {
    await loadTestimonies(connection, testimonies);
    return await new Judge(connection, lake, testimonies).verdict(refused);
  } finally {
    connection.closeSync();
    instance.closeSync();
    for (const one of [file, `${file}.wal`]) fs.rmSync(one, { force: true });
  }
}

class Judge {
  readonly #connection: DuckDBConnection;
  readonly #lake: string;
  readonly #testimonies: readonly Testimony[];
  readonly #faults: string[] = [];

  constructor(connection: DuckDBConnection, lake: string, testimonies: readonly Testimony[]) {
    this.#connection = connection;
    this.#lake = lake;
    this.#testimonies = testimonies;
  }

  async verdict(refused: readonly string[]): Promise<Verdict> {
    const { files: all, left } = filesOf(this.#lake);
    const files = all.filter((file) => !refused.includes(file));
    if (left.length > 0)
      this.#faults.push(`${left.length} files were left unfinished: ${left.slice(0, SHOWN).join(", ")}`);
    for (const { lost } of this.#testimonies)
      if (lost > 0) this.#faults.push(`the witness itself lost ${lost} slots`);
    for (const table of TABLES) await this.#open(table, files);
    await this.#connection.run(
      `CREATE VIEW tiles AS ${TABLES.map((table) => `SELECT seq, slots, '${table}' AS tbl FROM ${table}`).join(" UNION ALL ")}`,
    );
    await this.#tiling();
    await this.#values();
    const holes = await this.#rows("SELECT seq, seq + slots - 1, reason FROM holes ORDER BY seq");
    const tables = await this.#rows("SELECT tbl, count(*) FROM tiles GROUP BY ALL");
    const [totals] = await this.#rows(
      "SELECT count(*), coalesce(sum(slots), 0), coalesce(max(seq + slots), 0) FROM tiles WHERE tbl <> 'holes'",
    );
    const [rows, slots, end] = totals!.map(Number);
    return {
      faults: this.#faults,
      files: files.length,
      rows: rows!,
      tables: Object.fromEntries(tables.map(([table, count]) => [String(table), Number(count)])),
      slots: slots!,
      end: end!,
      holes: holes.map(([first, last, reason]) => ({
        first: Number(first),
        last: Number(last),
        reason: String(reason),
      })),
    };
  }

  /** A view over the files of a table; empty where there are none. */
  async #open(table: string, files: readonly string[]): Promise<void> {
    const own = files.filter((file) => file.startsWith(join(this.#lake, table, "/")));
    const list = own.map((file) => `'${file}'`).join(", ");
    const empty =
      COMPARED[table]?.empty ?? "NULL::BIGINT AS seq, NULL::BIGINT AS slots, NULL::VARCHAR AS reason";
    const source = own.length === 0 ? `SELECT ${empty} WHERE false` : `SELECT * FROM read_parquet([${list}])`;
    await this.#connection.run(`CREATE VIEW ${table} AS ${source}`);
  }

  /** Every slot once: sorted by sequence, each row begins where the one before ends, from the first slot to the head. */
  async #tiling(): Promise<void> {
    const wrong = await this.#rows(`
      SELECT before, seq, tbl FROM (
        SELECT seq, tbl, lag(seq + slots, 1, ${this.#testimonies[0]!.first}) OVER (ORDER BY seq, slots) AS before FROM tiles
      ) WHERE before <> seq ORDER BY seq`);
    for (const [before, seq, table] of wrong.slice(0, SHOWN)) {
      const what = Number(before) < Number(seq) ? "are missing" : "are there twice";
      this.#faults.push(
        `slots from ${before} to before ${seq} ${what} (${table}); ${wrong.length} such places`,
      );
    }
    const [[end]] = (await this.#rows("SELECT coalesce(max(seq + slots), 0) FROM tiles")) as [[string]];
    const head = this.#testimonies.at(-1)!.end;
    if (Number(end) !== head) this.#faults.push(`the lake ends at ${end}, the ring at ${head}`);
  }

  /** Every row says what the slots at its sequence say. */
  async #values(): Promise<void> {
    for (const [table, { join: joins, same }] of Object.entries(COMPARED)) {
      const checks = Object.entries(same).map(
        ([name, sql]) => `CASE WHEN (${sql}) IS NOT TRUE THEN '${name} ' ELSE '' END`,
      );
      const wrong = await this.#rows(`
        SELECT wrong, count(*), min(seq) FROM (
          SELECT t.seq, CASE WHEN w.seq IS NULL THEN 'no such slot' ELSE ${checks.join(" || ")} END AS wrong
          FROM ${table} t LEFT JOIN witness w ON w.seq = t.seq ${joins}
        ) WHERE wrong <> '' GROUP BY ALL ORDER BY 2 DESC`);
      for (const [what, count, seq] of wrong.slice(0, SHOWN))
        this.#faults.push(`${table}: ${count} rows differ from the ring in: ${what}, the first at ${seq}`);
    }
  }

  async #rows(sql: string): Promise<unknown[][]> {
    return (await this.#connection.runAndReadAll(sql)).getRowsJson() as unknown[][];
  }
}

const TABLES = [...Object.keys(COMPARED), "holes"];

/** Files of the lake that are finished, and those that are not. */
function filesOf(lake: string): { files: string[]; left: string[] } {
  const all = fs.readdirSync(lake, { recursive: true, encoding: "utf8" }).map((name) => join(lake, name));
  return {
    files: all.filter((name) => name.endsWith(".parquet")),
    left: all.filter((name) => name.endsWith(".tmp")),
  };
}
