import { join } from "node:path";
import { Admin, Consumer, stringDeserializers } from "@platformatic/kafka";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readPreset } from "../../src/app/config/preset.ts";
import type { Config } from "../../src/app/config.ts";
import { openLane } from "../../src/client/index.ts";
import type { MarketEvent } from "../../src/client/index.ts";
import { scaled } from "../../src/model/index.ts";
import { call } from "../cli-rig.ts";
import { eventually } from "../e2e/gateway-process.ts";
import { sharedService } from "../services/share.ts";
import { PresetRig } from "./rig.ts";

/** The job of the Gemini SOLUSD pipeline: files that its reader maps, trades in Kafka, rows in Postgres. */

const LONG = { timeout: 180_000 };
const kafka = sharedService("kafka");

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

describe.skipIf(kafka.missing !== null)("gemini-solusd", () => {
  it("keeps the two files, and brings every trade to Kafka", LONG, async () => {
    await start({ KAFKA_BROKERS: kafka.service.address });
    const lane = openLane("main", { dir: join(rig.dir, "regions"), from: "oldest" });
    const text = await eventually("a book in the files", reader, (one) =>
      /bids 50\/50, asks 50\/50/.test(one),
    );
    expect(text).toMatch(/spread {2}\d+\.\d{6} \(\d+\.\d\d bps of mid\)/);
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
    expect(await reader()).toMatch(/bid {5}-\n {2}ask {5}-\n[^]*bids 0\/50, asks 0\/50/);
  });
});
