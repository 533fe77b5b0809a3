import { Sender } from "@questdb/nodejs-client";
import { questdb } from "../src/sinks/questdb.ts";
import { services, startService } from "../test/services/service.ts";
import type { BenchPlace, BenchServer, PlainEvent, PlainWriter, VendorBench } from "./sinks-vendor.ts";

/** Rows of one request of the loop: what QuestDB's own client sends at a time over HTTP. */
const BATCH = 75_000;

/** The same columns, types and keys, by QuestDB's own client. */
const HEAD =
  "ts TIMESTAMP, lane SYMBOL, log_seq LONG, slots INT, venue SYMBOL, symbol SYMBOL, instrument SYMBOL, ts_event TIMESTAMP, ts_recv TIMESTAMP";
const FLAGS = "snapshot BOOLEAN, recovered BOOLEAN, gap BOOLEAN, invalid BOOLEAN, duplicate BOOLEAN";
const PLAIN: Readonly<Record<string, string>> = {
  trades: "id VARCHAR, price DOUBLE, size DOUBLE, side SYMBOL",
  quotes: "bid_price DOUBLE, bid_size DOUBLE, ask_price DOUBLE, ask_size DOUBLE, update_id VARCHAR",
  levels:
    "event LONG, last BOOLEAN, side SYMBOL, price DOUBLE, size DOUBLE, venue_seq VARCHAR, venue_prev_seq VARCHAR",
};
const NAMES = ["snapshot", "recovered", "gap", "invalid", "duplicate"];

export const vendor: VendorBench = {
  sink: questdb,
  missing: () => services.missing("questdb"),
  start: () => startService("questdb"),
  cases: [
    {
      name: "tables",
      options: ({ server, word }) => ({ url: urlOf(server), prefix: `${word}_` }),
      plain: (place) => PlainTables.open(place),
      reset: ({ server, word }) => emptied(server, `${word}_`),
    },
  ],
};

function urlOf({ host, port }: BenchServer): string {
  return `http://${host}:${port}`;
}

async function ask(server: BenchServer, sql: string): Promise<unknown[][]> {
  const answer = await fetch(`${urlOf(server)}/exec?query=${encodeURIComponent(sql)}`);
  const said = (await answer.json()) as { dataset?: unknown[][]; error?: string };
  if (!answer.ok) throw new Error(`${sql}: ${said.error}`);
  return said.dataset ?? [];
}

async function emptied(server: BenchServer, prefix: string): Promise<void> {
  const tables = (await ask(server, "SELECT table_name FROM tables()")).map(([name]) => String(name));
  for (const name of tables) if (name.startsWith(prefix)) await ask(server, `TRUNCATE TABLE ${name}`);
}

class PlainTables implements PlainWriter {
  readonly #sender: Sender;
  readonly #prefix: string;

  private constructor(sender: Sender, prefix: string) {
    this.#sender = sender;
    this.#prefix = prefix;
  }

  static async open({ server, word }: BenchPlace): Promise<PlainTables> {
    for (const [name, columns] of Object.entries(PLAIN))
      await ask(
        server,
        `CREATE TABLE ${word}_${name} (${HEAD}, ${columns}, ${FLAGS}) TIMESTAMP(ts) PARTITION BY DAY WAL DEDUP UPSERT KEYS(ts, lane, log_seq)`,
      );
    const sender = await Sender.fromConfig(`http::addr=${server.host}:${server.port};auto_flush=off`);
    return new PlainTables(sender, `${word}_`);
  }

  async write(events: readonly PlainEvent[]): Promise<void> {
    let rows = 0;
    for (const event of events) {
      rows += await this.#event(event);
      if (rows < BATCH) continue;
      await this.#sender.flush();
      rows = 0;
    }
    await this.#sender.flush();
  }

  close(): Promise<void> {
    return this.#sender.close();
  }

  async #event(event: PlainEvent): Promise<number> {
    if (event.type === "trade") {
      const sender = this.#begin("trades", event, event.log_seq, event["side"] as string);
      sender.stringColumn("id", event["id"] as string);
      await this.#end(sender, event, ["price", "size"], event);
      return 1;
    }
    if (event.type === "quote") {
      const sender = this.#begin("quotes", event, event.log_seq, null);
      sender.stringColumn("update_id", event["update_id"] as string);
      await this.#end(sender, event, ["bid_price", "bid_size", "ask_price", "ask_size"], event);
      return 1;
    }
    return this.#levels(event);
  }

  async #levels(event: PlainEvent): Promise<number> {
    const [bids, asks] = [event["bids"], event["asks"]] as [number[][], number[][]];
    const all = [...bids.map((one) => ["bid", ...one]), ...asks.map((one) => ["ask", ...one])];
    for (const [i, [side, price, size]] of all.entries()) {
      const sender = this.#begin("levels", event, event.log_seq + i, side as string);
      sender.intColumn("event", event.log_seq).booleanColumn("last", i === all.length - 1);
      if (typeof event["seq"] === "string") sender.stringColumn("venue_seq", event["seq"]);
      if (typeof event["prev_seq"] === "string") sender.stringColumn("venue_prev_seq", event["prev_seq"]);
      await this.#end(sender, event, ["price", "size"], { price, size });
    }
    return all.length;
  }

  #begin(table: string, event: PlainEvent, seq: number, side: string | null): Sender {
    const sender = this.#sender.table(`${this.#prefix}${table}`).symbol("lane", event.lane);
    sender.symbol("venue", event.venue).symbol("symbol", event.symbol).symbol("instrument", event.instrument);
    if (side !== null) sender.symbol("side", side);
    return sender.intColumn("log_seq", seq).intColumn("slots", 1);
  }

  async #end(
    sender: Sender,
    event: PlainEvent,
    numbers: readonly string[],
    values: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    for (const name of numbers) if (typeof values[name] === "number") sender.floatColumn(name, values[name]);
    const [ts, recv] = [event["ts_event"] as number, event["ts_recv"] as number];
    sender.timestampColumn("ts_event", ts, "us").timestampColumn("ts_recv", recv, "us");
    for (const name of NAMES) sender.booleanColumn(name, false);
    await sender.at(ts, "us");
  }
}
