import { HttpDoor } from "./kit/http-door.ts";
import { sendHalving } from "./kit/halving.ts";
import { Pair } from "./kit/pair.ts";
import { Refused } from "./kit/refused.ts";
import { RowLoad } from "./kit/row-load.ts";
import { tlsFiles } from "./kit/tls.ts";
import type { TlsOptions } from "./kit/tls.ts";
import { IlpRows } from "./questdb/ilp-rows.ts";
import { QUEST_TABLES } from "./questdb/layout.ts";
import { Server } from "./questdb/server.ts";
import { prepare } from "./questdb/tables.ts";
import type { TableOptions } from "./questdb/tables.ts";
import type { DurableMarks, OpenSink, Sink, SinkHost, SlotBatch } from "./sink.ts";

/** Its part of the configuration. */
export interface QuestdbOptions extends TableOptions {
  readonly url: string;
  readonly user?: string | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Rows are held in so much memory, twice; then they are written before flush_ms is over. */
  readonly buffer_bytes: number;
  readonly timeout_ms: number;
}

/** Tables of QuestDB. Rows written again take the place of themselves: nothing is missing or there twice, whatever is killed. */
export const questdb: Sink<QuestdbOptions> = {
  type: "questdb",
  delivery: "lossless",
  accepts: "all",
  flushMs: 1000,
  open: (options, host) => OpenQuestdb.open(options, host),
};

const LOOK_MS = 10_000;
const NONE: ReadonlySet<number> = new Set();

class OpenQuestdb implements OpenSink {
  readonly #options: QuestdbOptions;
  readonly #host: SinkHost;
  readonly #door: HttpDoor;
  readonly #server: Server;
  readonly #refused: Refused;
  readonly #pair: Pair<RowLoad>;
  readonly #rowsOf = new Map<RowLoad, IlpRows>();
  #rows = 0;
  #requests = 0;
  #looked = performance.now();

  private constructor(options: QuestdbOptions, host: SinkHost, door: HttpDoor) {
    this.#options = options;
    this.#host = host;
    this.#door = door;
    this.#server = new Server(door);
    this.#refused = new Refused(host);
    this.#pair = new Pair(
      () => this.#made(),
      (load) => this.#send(load),
    );
  }

  static async open(options: QuestdbOptions, host: SinkHost): Promise<OpenQuestdb> {
    const door = new HttpDoor({
      vendor: "QuestDB",
      url: options.url,
      tls: options.tls === undefined ? null : tlsFiles(options.tls),
      headers: credentials(options, host.secrets),
      timeoutMs: options.timeout_ms,
      waits: (what) => (what === null ? host.state("connected") : host.state("degraded", what)),
    });
    const opened = new OpenQuestdb(options, host, door);
    try {
      await prepare(opened.#server, options);
      return opened;
    } catch (error) {
      door.close();
      throw error;
    }
  }

  async write(batch: SlotBatch): Promise<void> {
    this.#pair.filling.put(batch, Date.now(), NONE);
    if (this.#pair.filling.bytes >= this.#options.buffer_bytes) await this.#pair.begin();
  }

  async flush(): Promise<DurableMarks> {
    await this.#pair.begin();
    await this.#pair.settled();
    if (performance.now() - this.#looked >= LOOK_MS) await this.#look();
    return this.#pair.safe;
  }

  async close(): Promise<void> {
    this.#door.close();
    await this.#pair.close();
  }

  #made(): RowLoad {
    const rows = new IlpRows(this.#options.prefix, QUEST_TABLES);
    const load = new RowLoad([rows], () => rows);
    this.#rowsOf.set(load, rows);
    return load;
  }

  async #send(load: RowLoad): Promise<void> {
    const rows = this.#rowsOf.get(load)!;
    const send = async (text: Uint8Array): Promise<void> => {
      await this.#server.write(text);
      this.#requests += 1;
    };
    await sendHalving({ rows, send, refused: this.#refused });
    this.#rows += rows.rows;
    this.#tell();
  }

  /** Whether what was committed can be seen: a table may be stuck for reasons of its disk, and takes rows all the same. */
  async #look(): Promise<void> {
    this.#looked = performance.now();
    const { commits, stuck } = await this.#server.lags(this.#options.prefix);
    this.#host.figure("gauge", "questdb_unseen_commits", "Commits that queries do not see yet", commits);
    if (stuck.length > 0)
      this.#host.state(
        "degraded",
        `QuestDB does not apply what it took: expected no suspended tables, saw ${stuck.join(", ")}; look into its log, then ALTER TABLE .. RESUME WAL`,
      );
  }

  #tell(): void {
    this.#host.figure("counter", "questdb_rows_total", "Rows written", this.#rows);
    this.#host.figure("counter", "questdb_requests_total", "Requests with rows", this.#requests);
  }
}

function credentials({ user }: QuestdbOptions, secrets: SinkHost["secrets"]): Record<string, string> {
  const { password_env: password, token_env: token } = secrets;
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  if (password === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${user ?? "admin"}:${password}`).toString("base64")}` };
}
