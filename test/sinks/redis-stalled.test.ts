import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkConfig } from "../../src/app/config.ts";
import { SinkRunner } from "../../src/app/sinks/runner.ts";
import { SIDE } from "../../src/model/index.ts";
import { createRegion } from "../../src/store/index.ts";
import { sharedService } from "../services/share.ts";
import { RedisRig } from "./redis-rig.ts";
import { asking, clientOf } from "./redis-trial.ts";
import type { Client } from "./redis-trial.ts";

const PATIENT = { timeout: 30_000, interval: 20 };
const QUEUE = 2000;
const BTC = 0;
const ETH = 1;

const shared = sharedService("redis");

describe.skipIf(shared.missing !== null)("a best-effort sink whose Redis does not answer", () => {
  let dir = "";
  let rig: RedisRig;
  let runner: SinkRunner;
  let running: Promise<void>;
  const reports: string[] = [];

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "feedhorn-redis-"));
    reports.length = 0;
    await asking(shared.service, (client) => client.flushAll());
    rig = new RedisRig(createRegion({ lane: "main", dir, slots: 1 << 17, instruments: 16, maxStallMs: 0 }), [
      { symbol: "BTCUSDT", canonical: "BTC-USDT" },
      { symbol: "ETHUSDT", canonical: "ETH-USDT" },
    ]);
    const config = checkConfig(
      {
        feeds: [{ venue: "kraken", symbols: ["BTC-USDT"] }],
        sinks: [
          {
            type: "redis",
            url: `redis://${shared.service.address}`,
            outputs: ["pubsub", "latest"],
            queue_events: QUEUE,
            flush_ms: 100,
            connect_ms: 1000,
            answer_ms: 5000,
          },
        ],
      },
      "test",
    );
    const lanes = [{ name: "main", path: rig.handle.path }];
    const data = { sink: config.sinks[0]!, lanes, dir: null, journal: false, secrets: {} };
    runner = new SinkRunner(
      data,
      (level, message, facts) => void reports.push(`${level} ${message} ${JSON.stringify(facts)}`),
    );
    running = runner.claim().then(() => runner.run());
    await expect.poll(() => runner.standing().state, PATIENT).toBe("connected");
    await expect.poll(() => Object.keys(runner.standing().marks).length, PATIENT).toBe(1);
  });
  afterEach(async () => {
    runner.stop({});
    await running;
    rig.handle.close();
    rmSync(dir, { recursive: true });
  });

  function figure(name: string): number {
    return runner.standing().figures.find((one) => one.name === name)?.value ?? 0;
  }

  /** Events read, and what became of them. */
  function account(): Record<"events" | "written" | "coalesced" | "dropped" | "rest", number> {
    const [events, written, coalesced, dropped] = ["", "_written", "_coalesced", "_dropped"].map((part) =>
      figure(`events${part}_total`),
    ) as [number, number, number, number];
    return { events, written, coalesced, dropped, rest: events - written - coalesced - dropped };
  }

  /** `count` trades and as many quotes, in turns, the newest price last; in pieces that the ring has room for. */
  async function load(from: number, count: number): Promise<void> {
    for (let i = from; i < from + count; i++) {
      rig.trade(i, BTC, i, 1, SIDE.BUY, i);
      rig.quote(i, ETH, [i, 1], [i + 1, 1]);
      if (i % 1000 === 0) await sleep(1);
    }
  }

  it("reads on, keeps what is newest, counts what is not written, and tells of it", async () => {
    await load(0, 500);
    await expect.poll(() => account().rest, PATIENT).toBe(0);
    await expect.poll(() => account().events, PATIENT).toBe(1000);
    expect(account().dropped).toBe(0);
    const listener = await clientOf(shared.service);
    const heard: [channel: string, price: number][] = [];
    await listener.pSubscribe("feedhorn:*", (message, channel) => {
      const event = JSON.parse(message) as { price?: number; bid_price?: number };
      heard.push([channel, event.price ?? event.bid_price!]);
    });
    const before = account().written;
    shared.service.pause();
    await load(500, 20_000);
    await expect.poll(() => account().events, PATIENT).toBe(41_000);
    await expect.poll(() => runner.standing().state, PATIENT).toBe("degraded");
    expect(runner.standing()).toMatchObject({
      lost: 0,
      reason: expect.stringMatching(/answer within 1000 ms/) as string,
    });
    expect(figure("events_waiting")).toBeLessThanOrEqual(QUEUE + 1 + 2 * 4000);
    expect(account().dropped).toBeGreaterThan(20_000 - QUEUE - 2 * 4000);
    await load(20_500, 1);
    await expect.poll(() => account().events, PATIENT).toBe(41_002);

    shared.service.resume();
    await expect.poll(() => figure("events_waiting"), PATIENT).toBe(0);
    expect(account()).toMatchObject({ events: 41_002, rest: 0 });
    await expect.poll(() => runner.standing().state, PATIENT).toBe("connected");
    await expect.poll(() => heard.at(-1), PATIENT).toEqual(["feedhorn:trade:kraken:BTC-USDT", 20_500]);
    judge(heard);
    // What counts as written has come, no more and no less.
    expect(heard).toHaveLength(account().written - before);
    expect(reports.filter((line) => line.includes("does not answer"))).toHaveLength(1);
    expect(reports.filter((line) => line.includes("answers again"))).toHaveLength(1);
    listener.destroy();
  });

  /** What was on its way comes first; behind it the newest quote, then the newest trades, all of those that had room, in order. */
  function judge(heard: readonly (readonly [channel: string, price: number])[]): void {
    const quotes = heard.filter(([channel]) => channel.includes(":quote:")).map(([, price]) => price);
    const trades = heard.filter(([channel]) => channel.includes(":trade:")).map(([, price]) => price);
    expect(quotes.at(-1)).toBe(20_500);
    expect(trades.slice(-QUEUE)).toEqual(Array.from({ length: QUEUE }, (_, i) => 20_501 - QUEUE + i));
    const newest = heard.findIndex(([channel, price]) => channel.includes(":quote:") && price === 20_500);
    const kept = heard.findIndex(
      ([channel, price]) => channel.includes(":trade:") && price === 20_501 - QUEUE,
    );
    expect(newest).toBeLessThan(kept);
  }

  it("a server that is killed and comes back: what was under way is counted, what is newest is written", async () => {
    await load(0, 100);
    await expect.poll(() => account().rest, PATIENT).toBe(0);
    await shared.service.kill();
    await load(100, 5000);
    await expect.poll(() => runner.standing().state, PATIENT).toBe("down");
    expect(runner.standing().reason).toMatch(/expected a Redis server, saw .*ECONNREFUSED/);
    expect(runner.standing().failures).toBe(0);
    await shared.service.start();
    await expect.poll(() => runner.standing().state, PATIENT).toBe("connected");
    await expect.poll(() => account(), PATIENT).toMatchObject({ events: 10_200, rest: 0 });
    const client: Client = await clientOf(shared.service);
    expect(JSON.parse((await client.get("feedhorn:latest:quote:kraken:ETH-USDT"))!)).toMatchObject({
      bid_price: 5099,
    });
    expect(JSON.parse((await client.get("feedhorn:latest:trade:kraken:BTC-USDT"))!)).toMatchObject({
      price: 5099,
    });
    client.destroy();
  });
});
