import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { RowRefused } from "../kit/halving.ts";
import type { Answer, HttpDoor } from "../kit/http-door.ts";
import { SocketLost } from "../kit/http-error.ts";
import { quoted } from "./layout.ts";
import type { ClickTable } from "./layout.ts";

export interface InsertOptions {
  readonly async_insert: boolean;
  readonly gzip: boolean;
}

/**
 * Codes that are about what a row says: cannot parse, out of bounds, no such value, a constraint of the operator's.
 * src/Common/ErrorCodes.cpp of ClickHouse.
 */
const OF_THE_ROW = new Set([6, 26, 27, 38, 41, 53, 69, 70, 72, 117, 131, 321, 349, 407, 469, 691]);
const AUTHENTICATION_FAILED = "516";
/** The answer of a ClickHouse, whatever stands before it. */
const SAID = /^(?:Code: (\d+)\. )?DB::Exception: (.*)/s;
const packed = promisify(gzip);

/** ClickHouse's HTTP interface. https://clickhouse.com/docs/interfaces/http */
export class Server {
  readonly #door: HttpDoor;
  readonly #options: InsertOptions;
  /** What the names of our queries begin with. */
  readonly #name: string;
  #queries = 0;

  constructor(door: HttpDoor, name: string, options: InsertOptions) {
    this.#door = door;
    this.#options = options;
    this.#name = `feedhorn-${name}-${Date.now().toString(36)}`;
  }

  /** Rows of a question, each a list of texts. `none`: what is said for NULL. */
  async ask(sql: string, words: Readonly<Record<string, string>> = {}): Promise<string[][]> {
    const path = this.#path({ default_format: "TabSeparated", ...words });
    const { text } = this.#checked(await this.#door.ask(path, sql), `to ${shortened(sql)}`);
    return text
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split("\t"));
  }

  /**
   * All rows or none (they are fewer than one block), and once for one token: an answer that was lost is asked for again. A RowRefused says
   * that it is about what they hold.
   */
  async insert(database: string, table: ClickTable, rows: Uint8Array, token: string): Promise<void> {
    const { async_insert: later, gzip: small } = this.#options;
    const list = table.columns.map(({ name }) => quoted(name)).join(", ");
    const path = this.#path({
      query: `INSERT INTO ${quoted(database)}.${quoted(table.name)} (${list}) FORMAT TabSeparated`,
      insert_deduplication_token: token,
      async_insert: later ? "1" : "0",
      ...(later ? { wait_for_async_insert: "1", async_insert_deduplicate: "1" } : {}),
    });
    const body = small ? await packed(rows, { level: 1 }) : rows;
    const headers: Record<string, string> = small ? { "content-encoding": "gzip" } : {};
    const send = (): Promise<Answer> => this.#door.ask(path, body, headers);
    const answer = await send().catch((error: unknown) => {
      if (!(error instanceof SocketLost) || error.refused) throw error;
      return send();
    });
    this.#checked(answer, `to rows of ${table.name}`);
  }

  /** Inserts of this name that have not ended: those of a process that has. */
  async running(): Promise<number> {
    const [row] = await this.ask(
      `SELECT count() FROM system.processes WHERE startsWith(query_id, {mine:String}) AND NOT startsWith(query_id, {own:String})`,
      { param_mine: this.#name.replace(/-[^-]*$/, "-"), param_own: this.#name },
    );
    return Number(row?.[0] ?? 0);
  }

  #path(words: Readonly<Record<string, string>>): string {
    const query = new URLSearchParams({ ...words, query_id: `${this.#name}-${++this.#queries}` });
    return `/?${query.toString()}`;
  }

  /** Only words that are ClickHouse's are repeated: somebody else at its address may repeat what he was sent. */
  #checked(answer: Answer, what: string): Answer {
    const { status, headers, text } = answer;
    if (status === 200 && headers["x-clickhouse-exception-code"] === undefined) return answer;
    const [, inText, words] = SAID.exec(text) ?? [];
    const code = String(headers["x-clickhouse-exception-code"] ?? inText ?? "");
    const said =
      words === undefined ? "no word of ClickHouse's" : words.replaceAll(/\s+/g, " ").slice(0, 500);
    const known = code === AUTHENTICATION_FAILED || status === 401 || status === 403;
    const hint = known ? "it does not know us; look at user and password_env" : `${said} (code ${code})`;
    const message = `ClickHouse: expected ${this.#door.origin} to say yes ${what}, saw status ${status}: ${hint}`;
    throw OF_THE_ROW.has(Number(code)) ? new RowRefused(message) : new Error(message);
  }
}

function shortened(sql: string): string {
  return sql.length <= 120 ? sql : `${sql.slice(0, 117)}...`;
}
