import { Refused } from "./kit/refused.ts";
import { checkTables } from "./postgres/check.ts";
import { Database } from "./postgres/client.ts";
import { Commit } from "./postgres/commit.ts";
import { Gathering, tablesOf } from "./postgres/gathering.ts";
import type { Layout } from "./postgres/gathering.ts";
import { Hypertables, hasTimescale } from "./postgres/hypertables.ts";
import { quoted } from "./postgres/layout.ts";
import { Marks } from "./postgres/marks.ts";
import { Partitions } from "./postgres/partitions.ts";
import type { Upkeep } from "./postgres/partitions.ts";
import { addressOf } from "./postgres/settings.ts";
import type { AddressOptions } from "./postgres/settings.ts";
import type { DurableMarks, OpenSink, Sink, SinkHost, SlotBatch } from "./sink.ts";

/** Its part of the configuration. */
export interface PostgresOptions extends AddressOptions {
  /** Default: feedhorn, of the layout gemini public. */
  readonly schema?: string | undefined;
  /** tables: one for each kind of event (kit/tables.ts); gemini: trades as integers in the one table of that pipeline. */
  readonly layout: Layout;
  /** Whether schema, tables and partitions are made where they are missing. */
  readonly create: boolean;
  /** Days that are kept; 0: all. */
  readonly keep_days: number;
  /** auto: hypertables where the extension is installed. */
  readonly timescale: "auto" | "never";
  /** Chunks of hypertables older than so many days are compressed; 0: never. */
  readonly compress_days: number;
  /** An index of symbol and time for each table. */
  readonly symbol_index: boolean;
  /** Rows are held in so much memory, twice; then they are written before flush_ms is over. */
  readonly buffer_bytes: number;
}

/** Tables of PostgreSQL. Rows and the place they go to are one transaction: nothing is missing or there twice, whatever is killed. */
export const postgres: Sink<PostgresOptions> = {
  type: "postgres",
  delivery: "lossless",
  accepts: "all",
  flushMs: 1000,
  open: (options, host) => OpenPostgres.open(options, host),
};

const HOUR_MS = 3_600_000;

class OpenPostgres implements OpenSink {
  readonly #options: PostgresOptions;
  readonly #host: SinkHost;
  readonly #db: Database;
  readonly #upkeep: Upkeep;
  readonly #marks: Marks;
  readonly #commit: Commit;
  readonly #refused: Refused;
  readonly #counts = { rows: 0, repeated: 0, transactions: 0 };
  /** One is filled while the server works on the other. */
  #filling: Gathering;
  #spare: Gathering;
  #running: Promise<void> = Promise.resolve();
  #failure: unknown = null;
  #worked = 0;

  private constructor(options: PostgresOptions, host: SinkHost, db: Database, upkeep: Upkeep) {
    const schema = schemaOf(options);
    this.#options = options;
    this.#host = host;
    this.#db = db;
    this.#upkeep = upkeep;
    this.#marks = new Marks(db, schema, host.name);
    this.#refused = new Refused(host);
    this.#filling = new Gathering(options.layout);
    this.#spare = new Gathering(options.layout);
    this.#commit = new Commit({
      db,
      schema,
      upkeep,
      marks: this.#marks,
      refused: (rows) => {
        for (const { lane, seq, reason, record } of rows) this.#refused.keep(lane, seq, reason, record);
      },
    });
  }

  static async open(options: PostgresOptions, host: SinkHost): Promise<OpenPostgres> {
    const db = await Database.open({
      ...addressOf(options, host.secrets),
      application: `feedhorn ${host.name}`,
      waits: (what) => (what === null ? host.state("connected") : host.state("degraded", what)),
    });
    try {
      const opened = new OpenPostgres(options, host, db, await upkeepOf(options, db));
      await opened.#begin();
      return opened;
    } catch (error) {
      await db.close();
      throw error;
    }
  }

  resumeAt(lane: string): number | null {
    return this.#marks.of(lane);
  }

  async write(batch: SlotBatch): Promise<void> {
    const unsayable = (seq: number, price: number, size: number): void =>
      this.#refused.keep(
        batch.lane,
        seq,
        "no number of millionths",
        JSON.stringify({ price: `${price}`, size: `${size}` }),
      );
    this.#filling.put(batch, Date.now(), unsayable);
    if (this.#filling.bytes >= this.#options.buffer_bytes) await this.#begins();
  }

  async flush(): Promise<DurableMarks> {
    await this.#begins();
    await this.#settled();
    if (performance.now() - this.#worked >= HOUR_MS) await this.#work();
    return this.#marks.all;
  }

  async close(): Promise<void> {
    await this.#db.close();
    await this.#running;
  }

  async #begin(): Promise<void> {
    const { create, layout } = this.#options;
    const schema = schemaOf(this.#options);
    const tables = tablesOf(layout);
    if (create) {
      await this.#db.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`);
      await this.#marks.create();
      await this.#upkeep.create(tables);
    }
    await checkTables(this.#db, schema, tables);
    await this.#marks.read();
    await this.#work();
  }

  /** Writes what is there while more is gathered; waits for the transaction before it. */
  async #begins(): Promise<void> {
    await this.#settled();
    const full = this.#filling;
    if (full.marks.size === 0) return;
    this.#filling = this.#spare;
    this.#spare = full;
    this.#running = this.#write(full).catch((error: unknown) => {
      this.#failure = error ?? new Error("PostgreSQL: a transaction failed without a reason");
    });
  }

  async #settled(): Promise<void> {
    await this.#running;
    if (this.#failure !== null) throw this.#failure;
  }

  async #write(full: Gathering): Promise<void> {
    const { rows, repeated } = await this.#commit.commit(full.filled, full.marks);
    full.clear();
    this.#counts.rows += rows;
    this.#counts.repeated += repeated;
    this.#counts.transactions += 1;
    this.#tell();
  }

  /** At the start and every hour. */
  async #work(): Promise<void> {
    this.#worked = performance.now();
    if (!this.#options.create) return;
    const gone = await this.#upkeep.work(tablesOf(this.#options.layout), Date.now());
    if (gone.length > 0)
      this.#host.report("info", "days older than keep_days dropped", { partitions: gone.join(" ") });
  }

  #tell(): void {
    const { rows, repeated, transactions } = this.#counts;
    const counter = (name: string, help: string, value: number): void =>
      this.#host.figure("counter", name, help, value);
    counter("postgres_rows_total", "Rows written", rows);
    counter(
      "postgres_repeated_rows_total",
      "Rows that were there already and were left as they are",
      repeated,
    );
    counter("postgres_transactions_total", "Transactions", transactions);
  }
}

function schemaOf({ schema, layout }: PostgresOptions): string {
  return schema ?? (layout === "gemini" ? "public" : "feedhorn");
}

async function upkeepOf(options: PostgresOptions, db: Database): Promise<Upkeep> {
  const common = {
    schema: schemaOf(options),
    keepDays: options.keep_days,
    symbolIndex: options.symbol_index,
  };
  if (options.timescale === "auto" && (await hasTimescale(db)))
    return new Hypertables(db, { ...common, compressDays: options.compress_days });
  return new Partitions(db, common);
}
