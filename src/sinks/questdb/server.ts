import { RowRefused } from "../kit/halving.ts";
import type { Answer, HttpDoor } from "../kit/http-door.ts";

/** What a table is like at the server. */
export interface SeenTable {
  readonly dedup: boolean;
  readonly columns: ReadonlyMap<string, { readonly type: string; readonly key: boolean }>;
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

  async tableOf(name: string): Promise<SeenTable | null> {
    const [about] = await this.ask(`SELECT dedup FROM tables() WHERE table_name = '${name}'`);
    if (about === undefined) return null;
    const rows = await this.ask(`SELECT "column", "type", upsertKey FROM table_columns('${name}')`);
    const columns = new Map(
      rows.map(([column, type, key]) => [String(column), { type: String(type), key: key === true }]),
    );
    return { dedup: about[0] === true, columns };
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
