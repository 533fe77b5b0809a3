import { RowRefused } from "../kit/halving.ts";
import type { Answer, HttpDoor } from "../kit/http-door.ts";

/** What a table is like at the server. */
export interface SeenTable {
  readonly dedup: boolean;
  /** "0", or as "7 DAY". */
  readonly ttl: string;
  readonly columns: readonly string[];
  /** What makes a row the same row. */
  readonly keys: readonly string[];
}

/** QuestDB's HTTP interface: SQL at /exec, rows at /write. https://questdb.com/docs/query/rest-api/ */
export class Server {
  readonly #door: HttpDoor;

  constructor(door: HttpDoor) {
    this.#door = door;
  }

  /** Rows of the answer; none for statements. */
  async ask(sql: string): Promise<readonly (readonly unknown[])[]> {
    const answer = await this.#door.ask(`/exec?query=${encodeURIComponent(sql)}`);
    const said = jsonOf(answer);
    if (answer.status === 200) return (said?.["dataset"] as unknown[][] | undefined) ?? [];
    throw this.#refusal(answer, said?.["error"], `to ${shortened(sql)}`);
  }

  /** Lines of the InfluxDB protocol: all of them are committed, or none. */
  async write(lines: Uint8Array): Promise<void> {
    const answer = await this.#door.ask("/write?precision=n", lines);
    if (answer.status === 204) return;
    const said = jsonOf(answer);
    const error = this.#refusal(answer, said?.["message"], "to rows");
    // What it says of a line is of that line; all else is the server's own trouble.
    if (answer.status === 400 && said?.["code"] === "invalid") throw new RowRefused(error.message);
    throw error;
  }

  /** Of the tables of these names those that are there. */
  async tablesOf(names: readonly string[]): Promise<ReadonlyMap<string, SeenTable>> {
    const all = await this.ask("SELECT table_name, dedup, ttlValue, ttlUnit FROM tables()");
    const there = all.filter(([name]) => names.includes(String(name)));
    const parts = there.map(
      ([name]) => `SELECT '${String(name)}' AS t, "column", upsertKey FROM table_columns('${String(name)}')`,
    );
    const columns = parts.length === 0 ? [] : await this.ask(parts.join(" UNION ALL "));
    const seen = there.map(([name, dedup, value, unit]): [string, SeenTable] => {
      const own = columns.filter(([table]) => table === name);
      const keys = own.filter(([, , key]) => key === true).map(([, column]) => String(column));
      const ttl = Number(value) === 0 ? "0" : `${Number(value)} ${String(unit)}`;
      return [
        String(name),
        { dedup: dedup === true, ttl, columns: own.map(([, column]) => String(column)), keys },
      ];
    });
    return new Map(seen);
  }

  /** Tables whose rows are committed and not yet to be seen, with how many commits; and those that are stuck. */
  async lags(prefix: string): Promise<{ readonly commits: number; readonly stuck: readonly string[] }> {
    const rows = await this.ask("SELECT name, suspended, sequencerTxn - writerTxn FROM wal_tables()");
    const own = rows.filter(([name]) => String(name).startsWith(prefix));
    const stuck = own.filter(([, suspended]) => suspended === true).map(([name]) => String(name));
    return { commits: own.reduce((sum, [, , behind]) => sum + Number(behind), 0), stuck };
  }

  /** Only words that are QuestDB's are repeated: somebody else at its address may repeat what he was sent. */
  #refusal({ status }: Answer, said: unknown, what: string): Error {
    const words =
      typeof said === "string" ? said.replaceAll(/\s+/g, " ").slice(0, 500) : "no word of QuestDB's";
    const hint = status === 401 || status === 403 ? "; look at user, password_env and token_env" : "";
    return new Error(
      `QuestDB: expected ${this.#door.origin} to say yes ${what}, saw status ${status}: ${status === 401 ? "it does not know us" : words}${hint}`,
    );
  }
}

function jsonOf({ text }: Answer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function shortened(sql: string): string {
  return sql.length <= 120 ? sql : `${sql.slice(0, 117)}...`;
}
