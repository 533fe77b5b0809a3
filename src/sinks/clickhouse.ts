import { Known } from "./clickhouse/known.ts";
import { CLICK_TABLES } from "./clickhouse/layout.ts";
import type { ClickTable } from "./clickhouse/layout.ts";
import { Server } from "./clickhouse/server.ts";
import type { InsertOptions } from "./clickhouse/server.ts";
import { prepare } from "./clickhouse/tables.ts";
import type { TableOptions } from "./clickhouse/tables.ts";
import { TsvRows } from "./clickhouse/tsv-rows.ts";
import { HttpDoor } from "./kit/http-door.ts";
import { sendHalving } from "./kit/halving.ts";
import { Pair } from "./kit/pair.ts";
import { Refused } from "./kit/refused.ts";
import { RowLoad } from "./kit/row-load.ts";
import { tlsFiles } from "./kit/tls.ts";
import type { TlsOptions } from "./kit/tls.ts";
import { after } from "./kit/within.ts";
import type { DurableMarks, OpenSink, Sink, SinkHost, SlotBatch } from "./sink.ts";

/** Its part of the configuration. */
export interface ClickhouseOptions extends TableOptions, InsertOptions {
  readonly url: string;
  readonly user?: string | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Rows are held in so much memory, twice; then they are written before flush_ms is over. */
  readonly buffer_bytes: number;
  readonly timeout_ms: number;
}

/** Tables of ClickHouse. What is there already is asked for and left out: nothing is missing or there twice, whatever is killed. */
export const clickhouse: Sink<ClickhouseOptions> = {
  type: "clickhouse",
  delivery: "lossless",
  accepts: "all",
  flushMs: 1000,
  open: (options, host) => OpenClickhouse.open(options, host),
};

const LOOK_MS = 200;

class OpenClickhouse implements OpenSink {
  readonly #options: ClickhouseOptions;
  readonly #host: SinkHost;
  readonly #door: HttpDoor;
  readonly #server: Server;
  readonly #known: Known;
  readonly #refused: Refused;
  readonly #pair: Pair<RowLoad>;
  readonly #rowsOf = new Map<RowLoad, ReadonlyMap<string, TsvRows>>();
  readonly #counts = { rows: 0, repeated: 0, inserts: 0 };

  private constructor(options: ClickhouseOptions, host: SinkHost, door: HttpDoor) {
    this.#options = options;
    this.#host = host;
    this.#door = door;
    this.#server = new Server(door, host.name, options);
    this.#known = new Known(this.#server, options.database);
    this.#refused = new Refused(host);
    this.#pair = new Pair(
      () => this.#made(),
      (load) => this.#send(load),
    );
  }

  static async open(options: ClickhouseOptions, host: SinkHost): Promise<OpenClickhouse> {
    const door = new HttpDoor({
      vendor: "ClickHouse",
      url: options.url,
      tls: options.tls === undefined ? null : tlsFiles(options.tls),
      headers: credentials(options, host.secrets),
      timeoutMs: options.timeout_ms,
      waits: (what) => (what === null ? host.state("connected") : host.state("degraded", what)),
    });
    const opened = new OpenClickhouse(options, host, door);
    try {
      await prepare(opened.#server, options);
      await opened.#others();
      return opened;
    } catch (error) {
      door.close();
      throw error;
    }
  }

  async write(batch: SlotBatch): Promise<void> {
    const known = await this.#known.of(batch);
    this.#pair.filling.put(batch, Date.now(), known);
    if (this.#pair.filling.bytes >= this.#options.buffer_bytes) await this.#pair.begin();
  }

  async flush(): Promise<DurableMarks> {
    await this.#pair.begin();
    await this.#pair.settled();
    return this.#pair.safe;
  }

  async close(): Promise<void> {
    this.#door.close();
    await this.#pair.close();
  }

  /** An insert of ours that the server has not ended could write rows behind our back: until then nobody asks what is there. */
  async #others(): Promise<void> {
    for (const end = performance.now() + this.#options.timeout_ms; (await this.#server.running()) > 0;) {
      if (performance.now() > end)
        throw new Error(
          "ClickHouse: expected earlier inserts of this sink to end, saw them running; look into system.processes",
        );
      await after(LOOK_MS);
    }
  }

  #made(): RowLoad {
    const rows = new Map<string, TsvRows>(CLICK_TABLES.map(({ name }) => [name, new TsvRows()]));
    const load = new RowLoad([...rows.values()], (table) => rows.get(table)!);
    this.#rowsOf.set(load, rows);
    return load;
  }

  /** All tables at once: the server has time for several. */
  async #send(load: RowLoad): Promise<void> {
    const tables = this.#rowsOf.get(load)!;
    const before = this.#refused.count;
    const all = CLICK_TABLES.map((table) => this.#insert(table, tables.get(table.name)!));
    const failed = (await Promise.allSettled(all)).find(({ status }) => status === "rejected");
    if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
    this.#counts.rows += load.rows - (this.#refused.count - before);
    this.#counts.repeated += load.repeated;
    this.#tell();
  }

  async #insert(table: ClickTable, rows: TsvRows): Promise<void> {
    const send = async (text: Uint8Array, name: string): Promise<void> => {
      await this.#server.insert(this.#options.database, table, text, `${this.#host.name} ${name}`);
      this.#counts.inserts += 1;
    };
    await sendHalving({ rows, send, refused: this.#refused });
  }

  #tell(): void {
    const { rows, repeated, inserts } = this.#counts;
    const counter = (name: string, help: string, value: number): void =>
      this.#host.figure("counter", name, help, value);
    counter("clickhouse_rows_total", "Rows written", rows);
    counter("clickhouse_repeated_rows_total", "Rows that were there already and were left out", repeated);
    counter("clickhouse_inserts_total", "Inserts", inserts);
  }
}

function credentials({ user }: ClickhouseOptions, secrets: SinkHost["secrets"]): Record<string, string> {
  const { password_env: password } = secrets;
  return {
    ...(user === undefined && password === undefined ? {} : { "x-clickhouse-user": user ?? "default" }),
    ...(password === undefined ? {} : { "x-clickhouse-key": password }),
  };
}
