import type { TlsFiles } from "../kit/tls.ts";
import { CopyIn } from "./copy-in.ts";
import type { Dsn, SslMode } from "./dsn.ts";

/** PostgreSQL over the package pg. The only file that knows it; it is loaded when the first connection is opened. */
async function load() {
  return (await import("pg")).default;
}

type PgClient = InstanceType<Awaited<ReturnType<typeof load>>["Client"]>;

export interface DatabaseOptions extends Pick<Dsn, "host" | "port" | "database" | "user" | "password"> {
  readonly sslmode: SslMode;
  /** Files for TLS, and the name to look for; null: what Node knows. */
  readonly tls: TlsFiles | null;
  /** Longest time that one statement may take, ms; the server ends it, or this side the connection. */
  readonly timeoutMs: number;
  /** Who asks, for pg_stat_activity. */
  readonly application: string;
  /** Told when the server keeps us waiting, and when it does not any more. */
  readonly waits?: (what: string | null) => void;
}

export interface Answer {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Rows that a statement inserted, updated, deleted or found. */
  readonly count: number;
}

/** What the server says of a statement. `code`: its SQLSTATE; empty: the connection itself. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  readonly code: string;
  /** Name of the constraint that was broken. */
  readonly constraint: string | null;

  constructor(message: string, code: string, constraint: string | null, cause: unknown) {
    super(message, { cause });
    this.code = code;
    this.constraint = constraint;
  }
}

/** What to do, by SQLSTATE. */
const HINTS: Readonly<Record<string, string>> = {
  "28P01": "correct user or password",
  "28000": "correct user, or pg_hba.conf of the server",
  "3D000": "create the database, or name another",
  "42501": "grant the user the right, or choose another user",
  "53100": "its disk is full: make room",
  "53300": "it has no connection left: raise max_connections",
};
const CONNECT_MS = 5000;
/** A server that has not answered for so long is waited for, ms. */
const SLOW_MS = 2000;
/** The server has so much longer to end a statement by itself. */
const GRACE_MS = 5000;

/** One connection: one statement at a time, each in the order it is asked. */
export class Database {
  readonly #client: PgClient;
  readonly #options: DatabaseOptions;
  #lost: Error | null = null;

  private constructor(client: PgClient, options: DatabaseOptions) {
    this.#client = client;
    this.#options = options;
    client.on("error", (error) => {
      this.#lost ??= error;
    });
  }

  /** Rejects with where it tried and what it saw. */
  static async open(options: DatabaseOptions): Promise<Database> {
    const { Client } = await load();
    const { host = "localhost", port = 5432, user = "postgres", database = user } = options;
    const client = new Client({
      host,
      port,
      user,
      database,
      ...(options.password === undefined ? {} : { password: options.password }),
      ssl: tlsOf(options),
      application_name: options.application,
      connectionTimeoutMillis: CONNECT_MS,
      statement_timeout: options.timeoutMs,
      idle_in_transaction_session_timeout: 4 * options.timeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    const opened = new Database(client, options);
    try {
      await client.connect();
    } catch (error) {
      client.end().catch(() => undefined);
      throw opened.#failed(`to connect to ${host}:${port}/${database} as ${user}`, error);
    }
    return opened;
  }

  /** One or more statements; with `values` one alone. The answer is the last one's. */
  async query(sql: string, values?: readonly unknown[]): Promise<Answer> {
    const ask = (): Promise<unknown> =>
      values === undefined ? this.#client.query(sql) : this.#client.query(sql, [...values]);
    const answer = (await this.#timed(sql, ask)) as PgAnswer | readonly PgAnswer[];
    const last = "length" in answer ? answer.at(-1)! : answer;
    return { rows: last.rows, count: last.rowCount ?? 0 };
  }

  /** A statement that ends in COPY .. FROM STDIN, and its data. The memory may be used again when it is settled. */
  async copy(sql: string, data: readonly Uint8Array[]): Promise<void> {
    await this.#timed(sql, () => {
      const copy = new CopyIn(sql, data);
      this.#client.query(copy);
      return copy.done;
    });
  }

  /** Gives the connection back; an open transaction is rolled back by the server. */
  async close(): Promise<void> {
    const end = this.#client.end().catch(() => undefined);
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, SLOW_MS).unref())]);
    this.#cut();
  }

  async #timed(sql: string, ask: () => Promise<unknown>): Promise<unknown> {
    if (this.#lost !== null) throw this.#failed(`an answer to ${shortened(sql)}`, this.#lost);
    const { waits = () => undefined, timeoutMs } = this.#options;
    let slow = false;
    const tell = setTimeout(() => {
      slow = true;
      waits(`PostgreSQL has not answered for ${SLOW_MS / 1000} s: ${shortened(sql)}`);
    }, SLOW_MS);
    const give = setTimeout(() => this.#cut(), timeoutMs + GRACE_MS);
    try {
      return await ask();
    } catch (error) {
      throw this.#failed(`an answer to ${shortened(sql)}`, error);
    } finally {
      clearTimeout(tell);
      clearTimeout(give);
      if (slow) waits(null);
    }
  }

  /** The socket is destroyed: whatever waits for it fails at once. */
  #cut(): void {
    const { connection } = this.#client as unknown as { connection: { stream: { destroy(): void } } };
    connection.stream.destroy();
  }

  #failed(what: string, error: unknown): DatabaseError {
    const { message, code, constraint } = said(error);
    const hint = HINTS[code] === undefined ? "" : `; ${HINTS[code]}`;
    return new DatabaseError(`PostgreSQL: expected ${what}, saw ${message}${hint}`, code, constraint, error);
  }
}

interface PgAnswer {
  readonly rows: Record<string, unknown>[];
  readonly rowCount: number | null;
}

/** A server's SQLSTATE has five characters; codes of sockets are longer and no business of a statement. */
function said(error: unknown): { message: string; code: string; constraint: string | null } {
  if (!(error instanceof Error)) return { message: String(error), code: "", constraint: null };
  const { code, constraint } = error as Error & { code?: unknown; constraint?: unknown };
  return {
    message: error.message === "" ? String(code ?? error.name) : error.message,
    code: typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : "",
    constraint: typeof constraint === "string" ? constraint : null,
  };
}

function tlsOf({ sslmode, tls }: DatabaseOptions): false | Record<string, unknown> {
  if (sslmode === "disable") return false;
  const files = { ...tls };
  if (sslmode === "require") return { ...files, rejectUnauthorized: false };
  if (sslmode === "verify-ca") return { ...files, checkServerIdentity: () => undefined };
  return { ...files };
}

function shortened(sql: string): string {
  return sql.length <= 120 ? sql : `${sql.slice(0, 117)}...`;
}
