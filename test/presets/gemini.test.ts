import { join } from "node:path";
import { Admin, Consumer, stringDeserializers } from "@platformatic/kafka";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { consumeSettings } from "../../src/app/consume/options.ts";
import { consume } from "../../src/app/consume/run.ts";
import { createLog } from "../../src/app/log.ts";
import { readPreset } from "../../src/app/config/preset.ts";
import type { Config } from "../../src/app/config.ts";
import { openLane } from "../../src/client/index.ts";
import type { MarketEvent } from "../../src/client/index.ts";
import { scaled } from "../../src/model/index.ts";
import { call } from "../cli-rig.ts";
import { asked } from "../e2e/consume-rig.ts";
import { eventually } from "../e2e/gateway-process.ts";
import { sharedService } from "../services/share.ts";
import { PresetRig } from "./rig.ts";

/** The job of the Gemini SOLUSD pipeline: files that its reader maps, trades in Kafka, rows in Postgres. */

const LONG = { timeout: 240_000 };
const DAY_MS = 86_400_000;
const kafka = sharedService("kafka");
const postgres = sharedService("postgres");

let rig: PresetRig;
beforeEach(() => {
  rig = new PresetRig();
});
afterEach(() => rig.close());

const files = (): { OB_MMAP: string; TOB_MMAP: string } => ({
  OB_MMAP: join(rig.dir, "ob.mmap"),
  TOB_MMAP: join(rig.dir, "tob.mmap"),
});

/** The preset on a simulated market, with everything it keeps in the rig's folder. */
async function start(variables: Record<string, string>): Promise<void> {
  const { ws, rest } = await rig.simulate("gemini", ["SOL-USD", "BTC-USD"]);
  const { config } = readPreset("gemini-solusd", undefined, { ...files(), ...variables });
  const adapt = (made: Config): Config => ({
    ...made,
    data: { dir: join(rig.dir, "data") },
    sinks: made.sinks.map((sink) => ({ ...sink, dir: undefined })),
    lanes: made.lanes.map((lane) => ({
      ...lane,
      feeds: lane.feeds.map((feed) => ({ ...feed, ws_url: ws, rest_url: rest })),
    })),
  });
  await rig.start(config, adapt);
}

/** Every record of a topic, by the vendor's own consumer. */
async function recordsOf(topic: string): Promise<{ key: string; value: string }[]> {
  const client = { clientId: "test", bootstrapBrokers: [kafka.service.address] };
  const admin = new Admin(client);
  const there = (await admin.listTopics()).includes(topic);
  await admin.close();
  if (!there) return [];
  const group = `test-${Math.random()}`;
  const consumer = new Consumer({ ...client, groupId: group, deserializers: stringDeserializers });
  try {
    const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic)!;
    let left = ends.reduce((sum, end) => sum + Number(end), 0);
    if (left === 0) return [];
    const stream = await consumer.consume({
      topics: [topic],
      mode: "earliest",
      autocommit: false,
      maxWaitTime: 100,
    });
    const records: { key: string; value: string }[] = [];
    for await (const { key, value } of stream) {
      records.push({ key, value });
      if (--left === 0) break;
    }
    return records;
  } finally {
    await consumer.close(true);
  }
}

/** A trade of the lane as the pipeline's consumers get it. */
function payloadOf(event: MarketEvent & { type: "trade" }): string {
  const { ts_event: at, symbol, price, size, side } = event;
  const units = (value: number): string => String(scaled(value, 6));
  return `{"ts_ms":${Math.floor(at! / 1000)},"symbol":"${symbol}","price_u":${units(price)},"qty_u":${units(size)},"side":"${side}"}`;
}

function tradesOf(events: readonly MarketEvent[]): string[] {
  return events.flatMap((event) => (event.type === "trade" ? [payloadOf(event)] : []));
}

async function reader(): Promise<string> {
  const { OB_MMAP, TOB_MMAP } = files();
  const { status, stdout, stderr } = await call(["reader", "--book", OB_MMAP, "--top", TOB_MMAP]);
  expect([status, stderr]).toEqual([0, ""]);
  return stdout;
}

/** `feedhorn consume` as it is without flags, by the pipeline's variables; resolves when it has left its group. */
function consuming(): { end(): Promise<void> } {
  const env = {
    KAFKA_BROKERS: kafka.service.address,
    PG_DSN: `host=127.0.0.1 port=${postgres.service.port} user=postgres dbname=postgres`,
  };
  const flags = { group: "gemini-consumer", subscription: "gemini-trades-sub", start: "earliest" } as const;
  const rest = { schema: "public", create: true, keepDays: 7, batch: 2000, maxBytes: 1 << 20 };
  const settings = consumeSettings({ from: "kafka", scheme: "gemini", ...flags, ...rest }, env);
  let stop = (): void => undefined;
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  const ended = consume(settings, createLog({ level: "fatal" }), { port: null, stop: stopped });
  return { end: () => (stop(), ended) };
}

/** The table as the pipeline made it, with the key of ours, and rows of eight and six days ago. */
function oldTable(now: number): string {
  const row = (symbol: string, days: number): string =>
    `(${now - days * DAY_MS}, '${symbol}', 1, 1, 'buy', 'old', ${days})`;
  return `CREATE TABLE trades (ts_ms BIGINT, symbol TEXT, price_u BIGINT, qty_u BIGINT, side TEXT, lane TEXT, log_seq BIGINT,
    PRIMARY KEY (lane, log_seq, ts_ms));
    INSERT INTO trades VALUES ${row("EIGHT", 8)}, ${row("SIX", 6)}`;
}

describe.skipIf(kafka.missing !== null || postgres.missing !== null)("gemini-solusd", () => {
  it("keeps the two files, brings every trade to Kafka and from there to Postgres", LONG, async () => {
    await asked(postgres.service, oldTable(Date.now()));
    await start({ KAFKA_BROKERS: kafka.service.address });
    const lane = openLane("main", { dir: join(rig.dir, "regions"), from: "oldest" });
    // Two files, each written when its own row is.
    const text = await eventually(
      "a book and a best price in the files",
      reader,
      (one) =>
        /bids 50\/50, asks 50\/50/.test(one) && /spread {2}\d+\.\d{6} \(\d+\.\d\d bps of mid\)/.test(one),
    );
    expect(text).toMatch(/age {5}\d+\.\d{3} s/);
    const events: MarketEvent[] = [];
    await eventually(
      "some trades",
      () => lane.poll((event) => events.push(event)) + tradesOf(events).length,
      () => tradesOf(events).length > 50,
      90_000,
    );
    await rig.gateway.stop();
    lane.poll((event) => events.push(event));
    lane.close();
    const records = await recordsOf("gemini.trades");
    expect(records.map(({ value }) => value)).toEqual(tradesOf(events));
    expect(new Set(records.map(({ value }) => (JSON.parse(value) as { symbol: string }).symbol))).toEqual(
      new Set(["SOLUSD"]),
    );
    await rowsOf(events);
    expect(await reader()).toMatch(/bid {5}-\n {2}ask {5}-\n[^]*bids 0\/50, asks 0\/50/);
  });

  /** Every trade is a row, once, by its place in the lane; what is older than seven days is gone. */
  async function rowsOf(events: readonly MarketEvent[]): Promise<void> {
    const running = consuming();
    const sql = "SELECT ts_ms, symbol, price_u, qty_u, side FROM trades WHERE lane = 'main' ORDER BY log_seq";
    const rows = await eventually(
      "every trade in Postgres",
      () => asked(postgres.service, sql),
      (seen) => seen.length >= tradesOf(events).length,
      90_000,
    );
    const texts = rows.map(
      ({ ts_ms, symbol, price_u, qty_u, side }) =>
        `{"ts_ms":${ts_ms},"symbol":"${symbol}","price_u":${price_u},"qty_u":${qty_u},"side":"${side}"}`,
    );
    expect(texts).toEqual(tradesOf(events));
    await running.end();
    const old = await asked(postgres.service, "SELECT symbol FROM trades WHERE lane = 'old'");
    expect(old).toEqual([{ symbol: "SIX" }]);
  }
});
