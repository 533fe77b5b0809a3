import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { postgres } from "../src/sinks/postgres.ts";
import { services, startService } from "../test/services/service.ts";
import type { BenchPlace, BenchServer, PlainEvent, PlainWriter, VendorBench } from "./sinks-vendor.ts";

/** Events of one transaction of the loop. */
const BATCH = 10_000;

/**
 * The same columns and the same promises: rows and how far they go in one transaction, COPY as text, a table a kind, whose key is
 * (lane, log_seq); without partitions.
 */
const HEAD =
  "ts timestamptz NOT NULL, lane text NOT NULL, log_seq bigint NOT NULL, slots smallint NOT NULL, venue text NOT NULL, " +
  "symbol text NOT NULL, instrument text, ts_event timestamptz, ts_recv timestamptz";
const FLAGS =
  "snapshot boolean NOT NULL, recovered boolean NOT NULL, gap boolean NOT NULL, invalid boolean NOT NULL, duplicate boolean NOT NULL";
const PLAIN: Readonly<Record<string, string>> = {
  trades: "id numeric(20,0), price numeric, size numeric, side text",
  quotes: "bid_price numeric, bid_size numeric, ask_price numeric, ask_size numeric, update_id numeric(20,0)",
  levels:
    "event bigint NOT NULL, last boolean NOT NULL, side text, price numeric, size numeric, venue_seq numeric(20,0), venue_prev_seq numeric(20,0), checksum bigint",
};

export const vendor: VendorBench = {
  sink: postgres,
  missing: () => services.missing("postgres"),
  start: () => startService("postgres"),
  cases: [
    {
      name: "tables",
      options: ({ server, word }) => ({ host: server.host, port: server.port, schema: word }),
      plain: (place) => PlainTables.open(place),
      reset: ({ server, word }) => emptied(server, word),
    },
  ],
};

async function connected({ host, port }: BenchServer): Promise<pg.Client> {
  const client = new pg.Client({ host, port, user: "postgres", database: "postgres" });
  await client.connect();
  return client;
}

async function emptied(server: BenchServer, schema: string): Promise<void> {
  const client = await connected(server);
  const { rows } = await client.query<{ name: string }>(
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = $1 AND tablename <> 'feedhorn_marks'",
    [schema],
  );
  if (rows.length > 0) await client.query(`TRUNCATE ${rows.map(({ name }) => name).join(", ")}`);
  await client.query("CHECKPOINT");
  await client.end();
}

class PlainTables implements PlainWriter {
  readonly #client: pg.Client;
  readonly #schema: string;

  private constructor(client: pg.Client, schema: string) {
    this.#client = client;
    this.#schema = schema;
  }

  static async open({ server, word }: BenchPlace): Promise<PlainTables> {
    const client = await connected(server);
    await client.query(`CREATE SCHEMA ${word}; CREATE TABLE ${word}.feedhorn_marks (log_seq bigint)`);
    await client.query(`INSERT INTO ${word}.feedhorn_marks VALUES (0)`);
    for (const [name, columns] of Object.entries(PLAIN))
      await client.query(
        `CREATE TABLE ${word}.${name} (${HEAD}, ${columns}, ${FLAGS}, PRIMARY KEY (lane, log_seq))`,
      );
    return new PlainTables(client, word);
  }

  async write(events: readonly PlainEvent[]): Promise<void> {
    for (let at = 0; at < events.length; at += BATCH) {
      const some = events.slice(at, at + BATCH);
      const end = some.at(-1)!;
      await this.#client.query("BEGIN");
      for (const [table, text] of tablesOf(some))
        await pipeline(
          Readable.from([text]),
          this.#client.query(copyFrom(`COPY ${this.#schema}.${table} FROM STDIN`)),
        );
      await this.#client.query(`UPDATE ${this.#schema}.feedhorn_marks SET log_seq = $1`, [
        end.log_seq + end.slots,
      ]);
      await this.#client.query("COMMIT");
    }
  }

  close(): Promise<void> {
    return this.#client.end();
  }
}

function tablesOf(events: readonly PlainEvent[]): Map<string, string> {
  const tables = new Map<string, string>();
  const add = (table: string, row: string): void => {
    tables.set(table, (tables.get(table) ?? "") + row);
  };
  for (const event of events) {
    const { type, log_seq: seq } = event;
    if (type === "trade")
      add("trades", lineOf(event, seq, [event["id"], event["price"], event["size"], event["side"]]));
    else if (type === "quote") add("quotes", lineOf(event, seq, quoteOf(event)));
    else for (const [i, level] of levelsOf(event).entries()) add("levels", lineOf(event, seq + i, level));
  }
  return tables;
}

function quoteOf(event: PlainEvent): unknown[] {
  return ["bid_price", "bid_size", "ask_price", "ask_size", "update_id"].map((name) => event[name]);
}

function levelsOf(event: PlainEvent): unknown[][] {
  const [bids, asks] = [event["bids"], event["asks"]] as [number[][], number[][]];
  const all = [...bids.map((one) => ["bid", ...one]), ...asks.map((one) => ["ask", ...one])];
  return all.map((one, i) => [
    event.log_seq,
    i === all.length - 1 ? "t" : "f",
    ...one,
    event["seq"],
    event["prev_seq"],
    null,
  ]);
}

function lineOf(event: PlainEvent, seq: number, values: readonly unknown[]): string {
  const { lane, venue, symbol, instrument } = event;
  const [ts, recv] = [timeOf(event["ts_event"] as number), timeOf(event["ts_recv"] as number)];
  const cells = [ts, lane, seq, 1, venue, symbol, instrument, ts, recv, ...values, "f", "f", "f", "f", "f"];
  return `${cells.map((cell) => (cell === null || cell === undefined ? "\\N" : String(cell))).join("\t")}\n`;
}

/** UNIX us as text, microseconds kept. */
function timeOf(us: number): string {
  const text = new Date(Math.floor(us / 1000)).toISOString();
  return `${text.slice(0, -1)}${String(us % 1000).padStart(3, "0")}Z`;
}
