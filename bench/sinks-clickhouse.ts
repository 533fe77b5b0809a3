import { createClient } from "@clickhouse/client";
import type { ClickHouseClient } from "@clickhouse/client";
import { clickhouse } from "../src/sinks/clickhouse.ts";
import { services, startService } from "../test/services/service.ts";
import type { BenchPlace, BenchServer, PlainEvent, PlainWriter, VendorBench } from "./sinks-vendor.ts";

/** Events of one insert of the loop. */
const BATCH = 20_000;

/** The same columns and types, by ClickHouse's own client. */
const HEAD =
  "ts DateTime64(9, 'UTC'), lane LowCardinality(String), log_seq UInt64, slots Int16, venue LowCardinality(String), " +
  "symbol LowCardinality(String), instrument LowCardinality(Nullable(String)), ts_event Nullable(DateTime64(9, 'UTC')), ts_recv Nullable(DateTime64(9, 'UTC'))";
const FLAGS = "snapshot Bool, recovered Bool, gap Bool, invalid Bool, duplicate Bool";
const PLAIN: Readonly<Record<string, string>> = {
  trades:
    "id Nullable(UInt64), price Nullable(Decimal(38, 18)), size Nullable(Decimal(38, 18)), side LowCardinality(Nullable(String))",
  quotes:
    "bid_price Nullable(Decimal(38, 18)), bid_size Nullable(Decimal(38, 18)), ask_price Nullable(Decimal(38, 18)), ask_size Nullable(Decimal(38, 18)), update_id Nullable(UInt64)",
  levels:
    "event UInt64, last Bool, side LowCardinality(Nullable(String)), price Nullable(Decimal(38, 18)), size Nullable(Decimal(38, 18)), venue_seq Nullable(UInt64), venue_prev_seq Nullable(UInt64)",
};

export const vendor: VendorBench = {
  sink: clickhouse,
  missing: () => services.missing("clickhouse"),
  start: () => startService("clickhouse"),
  cases: [
    {
      name: "tables",
      events: 20_000,
      options: ({ server, word }) => ({ url: urlOf(server), database: word }),
      plain: (place) => PlainTables.open(place),
      reset: ({ server, word }) => emptied(server, word),
    },
  ],
};

function urlOf({ host, port }: BenchServer): string {
  return `http://${host}:${port}`;
}

async function emptied(server: BenchServer, database: string): Promise<void> {
  const client = createClient({ url: urlOf(server) });
  const query = `SELECT name FROM system.tables WHERE database = '${database}'`;
  const names = await client.query({ query, format: "JSONEachRow" });
  for (const { name } of await names.json<{ name: string }>())
    await client.command({ query: `TRUNCATE TABLE ${database}.${name}` });
  await client.close();
}

type Row = Record<string, unknown>;

class PlainTables implements PlainWriter {
  readonly #client: ClickHouseClient;

  private constructor(client: ClickHouseClient) {
    this.#client = client;
  }

  static async open({ server, word }: BenchPlace): Promise<PlainTables> {
    const first = createClient({ url: urlOf(server) });
    await first.command({ query: `CREATE DATABASE IF NOT EXISTS ${word}` });
    await first.close();
    const client = createClient({ url: urlOf(server), database: word });
    for (const [name, columns] of Object.entries(PLAIN))
      await client.command({
        query: `CREATE TABLE ${name} (${HEAD}, ${columns}, ${FLAGS}) ENGINE = ReplacingMergeTree PARTITION BY toYYYYMMDD(ts) ORDER BY (venue, symbol, lane, log_seq)`,
      });
    return new PlainTables(client);
  }

  async write(events: readonly PlainEvent[]): Promise<void> {
    for (let at = 0; at < events.length; at += BATCH) {
      const tables = tablesOf(events.slice(at, at + BATCH));
      const all = [...tables].map(([table, values]) =>
        this.#client.insert({ table, values, format: "JSONEachRow" }),
      );
      await Promise.all(all);
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

function tablesOf(events: readonly PlainEvent[]): Map<string, Row[]> {
  const tables = new Map<string, Row[]>(Object.keys(PLAIN).map((name) => [name, []]));
  for (const event of events) {
    const { type, log_seq: seq, id, price, size, side } = event;
    if (type === "trade") tables.get("trades")!.push(rowOf(event, seq, { id, price, size, side }));
    else if (type === "quote") tables.get("quotes")!.push(rowOf(event, seq, quoteOf(event)));
    else
      for (const [i, level] of levelsOf(event).entries())
        tables.get("levels")!.push(rowOf(event, seq + i, level));
  }
  return tables;
}

function quoteOf({ bid_price, bid_size, ask_price, ask_size, update_id }: PlainEvent): Row {
  return { bid_price, bid_size, ask_price, ask_size, update_id };
}

function levelsOf(event: PlainEvent): Row[] {
  const { log_seq, seq: venue_seq, prev_seq: venue_prev_seq } = event;
  const [bids, asks] = [event["bids"], event["asks"]] as [number[][], number[][]];
  const all = [...bids.map((one) => ["bid", ...one]), ...asks.map((one) => ["ask", ...one])];
  const common = { event: log_seq, venue_seq, venue_prev_seq };
  return all.map(([side, price, size], i) => ({ ...common, last: i === all.length - 1, side, price, size }));
}

function rowOf(event: PlainEvent, seq: number, values: Row): Row {
  const { lane, venue, symbol, instrument } = event;
  const [ts, recv] = [timeOf(event["ts_event"] as number), timeOf(event["ts_recv"] as number)];
  const flags = { snapshot: false, recovered: false, gap: false, invalid: false, duplicate: false };
  const place = { ts, lane, log_seq: seq, slots: 1, venue, symbol, instrument, ts_event: ts, ts_recv: recv };
  return { ...place, ...values, ...flags };
}

/** UNIX us as seconds with a fraction, which ClickHouse takes. */
function timeOf(us: number): string {
  return `${Math.floor(us / 1e6)}.${String(us % 1e6).padStart(6, "0")}`;
}
