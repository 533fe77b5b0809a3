import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readPreset } from "../../src/app/config/preset.ts";
import { openLane } from "../../src/client/index.ts";
import type { MarketEvent } from "../../src/client/index.ts";
import { eventually } from "../e2e/gateway-process.ts";
import { sharedService } from "../services/share.ts";
import { PresetRig } from "./rig.ts";

/** The job of the B25 market data service, read by redis-cli as its consumers would. */

const LONG = { timeout: 240_000 };
const SYMBOLS = ["BTCUSDT", "ETHUSDT"];
const shared = sharedService("redis", { password: "b25-secret" });

let rig: PresetRig;
let listener: Listener | null = null;
beforeEach(() => {
  rig = new PresetRig();
});
afterEach(async () => {
  listener?.end();
  await rig.close();
  delete process.env["REDIS_URL_PASSWORD"];
});

function cli(...words: string[]): string {
  const { port } = shared.service;
  const env = { PATH: process.env["PATH"], REDISCLI_AUTH: "b25-secret" };
  return execFileSync("redis-cli", ["-p", String(port), ...words], { encoding: "utf8", env }).trimEnd();
}

interface Message {
  readonly channel: string;
  readonly payload: Record<string, unknown>;
}

/** redis-cli that hears everything that is published. */
class Listener {
  readonly messages: Message[] = [];
  readonly #child: ChildProcess;
  #lines = "";

  constructor() {
    const env = { PATH: process.env["PATH"], REDISCLI_AUTH: "b25-secret" };
    const words = ["-p", String(shared.service.port), "psubscribe", "*"];
    this.#child = spawn("redis-cli", words, { env, stdio: ["ignore", "pipe", "ignore"] });
    this.#child.stdout!.setEncoding("utf8").on("data", (text: string) => this.#take(text));
  }

  get listens(): boolean {
    return cli("pubsub", "numpat") === "1";
  }

  on(prefix: string): Message[] {
    return this.messages.filter(({ channel }) => channel.startsWith(prefix));
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }

  /** pmessage, pattern, channel, payload: a line each. */
  #take(text: string): void {
    this.#lines += text;
    for (;;) {
      const words = this.#lines.split("\n", 5);
      if (words.length < 5 && !this.#lines.startsWith("psubscribe")) return;
      const count = words[0] === "psubscribe" ? 3 : 4;
      if (words.length <= count) return;
      this.#lines = this.#lines.slice(words.slice(0, count).join("\n").length + 1);
      if (count === 4)
        this.messages.push({
          channel: words[2]!,
          payload: JSON.parse(words[3]!) as Record<string, unknown>,
        });
    }
  }
}

async function start(): Promise<void> {
  const { ws, rest } = await rig.simulate("binance", ["BTC-USDT", "ETH-USDT"]);
  listener = new Listener();
  await eventually("redis-cli to listen", () => listener!.listens, Boolean);
  const { config } = readPreset("b25", undefined, {
    SYMBOLS: SYMBOLS.join(","),
    EXCHANGE_WS_URL: `${ws}/ws`,
    EXCHANGE_REST_URL: rest,
    REDIS_URL: `redis://:b25-secret@${shared.service.address}`,
    ORDER_BOOK_DEPTH: "5",
  });
  process.env["REDIS_URL_PASSWORD"] = "b25-secret";
  const { compat } = config;
  const ring = { ...compat!.message_ring!, file: join(rig.dir, "market_data_shm") };
  await rig.start({ ...config, compat: { ...compat!, message_ring: ring } });
}

describe.skipIf(shared.missing !== null)("b25", () => {
  it("publishes trades, books and market data, and keeps the newest for five minutes", LONG, async () => {
    await start();
    const lane = openLane("main", { dir: `${rig.dir}/regions`, from: "oldest" });
    const heard = listener!;
    const events: MarketEvent[] = [];
    const statsOf = (symbol: string): unknown[] => {
      lane.poll((event) => events.push(event));
      return events.flatMap((event) =>
        event.type === "ticker" && event.symbol === symbol
          ? [[event.volume_24h, event.high_24h, event.low_24h]]
          : [],
      );
    };
    await eventually(
      "trades, books and market data of both",
      () =>
        SYMBOLS.flatMap((symbol) =>
          ["trades", "orderbook", "market_data"].map((name) => heard.on(`${name}:${symbol}`).length),
        ),
      (counts) => counts.every((count) => count > 10),
    );
    for (const symbol of SYMBOLS) {
      expect(Number(cli("ttl", `market_data:${symbol}`))).toBeGreaterThan(290);
      const market = await eventually(
        "figures of 24 hours",
        () => JSON.parse(cli("get", `market_data:${symbol}`)) as Record<string, unknown>,
        ({ volume_24h: volume }) => volume !== null,
      );
      expect(statsOf(symbol)).toContainEqual([market["volume_24h"], market["high_24h"], market["low_24h"]]);
      expect(Object.keys(market)).toEqual([
        "symbol",
        "last_price",
        "bid_price",
        "ask_price",
        "volume_24h",
        "high_24h",
        "low_24h",
        "updated_at",
      ]);
      const {
        bid_price: bid,
        ask_price: ask,
        last_price: last,
        updated_at: at,
      } = market as Record<string, number>;
      expect(market["symbol"]).toBe(symbol);
      expect(last).toBeCloseTo((bid! + ask!) / 2, 9);
      expect(String(at)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|\+00:00)$/);
      expect(Math.abs(Date.now() - Date.parse(String(at)))).toBeLessThan(60_000);
    }
    const metrics = await (await fetch(`${rig.gateway.ops.url}/metrics`)).text();
    await rig.gateway.stop();
    lane.poll((event) => events.push(event));
    counted(metrics, events);
    lane.close();
    for (const symbol of SYMBOLS) trades(events, symbol);
    for (const { payload } of heard.on("orderbook:")) book(payload);
    sharedRing(events);
  });

  /** The last messages in the shared memory, oldest first: trades and quotes are those of the lane, to the last one. */
  function sharedRing(events: readonly MarketEvent[]): void {
    const bytes = readFileSync(join(rig.dir, "market_data_shm"));
    expect(bytes.length).toBe(16 + 1024 * 4096);
    const written = Number(bytes.readBigUInt64LE(0));
    const messages = Array.from({ length: Math.min(1024, written) }, (_, i) => {
      const at = 16 + ((written - Math.min(1024, written) + i) % 1024) * 4096;
      return JSON.parse(bytes.toString("utf8", at + 4, at + 4 + bytes.readUInt32LE(at))) as MarketEvent;
    });
    const told = messages.filter(({ type }) => type === "trade" || type === "quote");
    const heard = events.filter(({ type }) => type === "trade" || type === "quote");
    expect(told.length).toBeGreaterThan(30);
    expect(told).toEqual(heard.slice(-told.length));
    const books = messages.filter((one) => (one as { type: string }).type === "depth") as unknown as {
      bids: number[][];
      validity: string;
    }[];
    expect(
      books.filter(({ bids, validity }) => bids.length === 5 && validity === "live").length,
    ).toBeGreaterThan(5);
    expect(books.at(-1)).toMatchObject({ bids: [], asks: [] });
  }

  /** Its names, with figures of what had been heard by then. */
  function counted(metrics: string, events: readonly MarketEvent[]): void {
    const figure = (sample: string): number =>
      Number(new RegExp(`^${sample.replaceAll(/[{}+]/g, "\\$&")} (\\d+)$`, "m").exec(metrics)?.[1] ?? NaN);
    for (const symbol of SYMBOLS) {
      const heard = (type: string): number =>
        events.filter((event) => event.type === type && event.symbol === symbol).length;
      expect(figure(`websocket_connected{symbol="${symbol}"}`)).toBe(1);
      for (const [sample, type] of [
        [`trades_processed_total{symbol="${symbol}"}`, "trade"],
        [`messages_processed_total{symbol="${symbol}",type="trade"}`, "trade"],
        [`messages_processed_total{symbol="${symbol}",type="ticker"}`, "quote"],
        [`orderbook_updates_total{symbol="${symbol}"}`, "book"],
      ] as const) {
        expect([sample, figure(sample) > 5]).toEqual([sample, true]);
        expect(figure(sample)).toBeLessThanOrEqual(heard(type));
      }
      expect(figure(`sequence_errors_total{symbol="${symbol}"}`)).toBe(0);
    }
    expect(figure("messages_error_total")).toBe(0);
    expect(figure("redis_publishes_total")).toBeGreaterThan(50);
    expect(figure('processing_latency_microseconds_bucket{le="+Inf"}')).toBeGreaterThan(50);
    expect(metrics).toContain('processing_latency_microseconds_bucket{le="75"}');
  }

  /** Every trade of the lane was published once, in order, with its values. */
  function trades(events: readonly MarketEvent[], symbol: string): void {
    const expected = events.flatMap((event) =>
      event.type === "trade" && event.symbol === symbol
        ? [
            {
              symbol,
              trade_id: Number(event.id),
              price: event.price,
              quantity: event.size,
              timestamp: Math.floor(event.ts_event! / 1000),
              is_buyer_maker: event.side === "sell",
            },
          ]
        : [],
    );
    const seen = listener!.on(`trades:${symbol}`).map(({ payload }) => payload);
    expect(seen.length).toBeGreaterThan(10);
    expect(seen).toEqual(expected.slice(0, seen.length));
    // What came while the gateway ended may have been on its way to redis-cli.
    expect(expected.length - seen.length).toBeLessThan(20);
  }

  function book(payload: Record<string, unknown>): void {
    expect(Object.keys(payload)).toEqual(["symbol", "bids", "asks", "last_update_id", "timestamp"]);
    const [bids, asks] = [payload["bids"], payload["asks"]] as [number[][], number[][]];
    expect(Math.max(bids.length, asks.length)).toBeLessThanOrEqual(5);
    const prices = [...bids.toReversed(), ...asks].map(([price]) => price!);
    expect(prices).toEqual(prices.toSorted((a, b) => a - b));
    expect(payload["last_update_id"]).toBeTypeOf("number");
  }

  it("says that it is healthy, and not ready while Redis is away", LONG, async () => {
    await start();
    const { url } = rig.gateway.ops;
    const get = async (path: string): Promise<[number, Record<string, unknown>]> => {
      const answer = await fetch(url + path);
      return [answer.status, (await answer.json()) as Record<string, unknown>];
    };
    expect(
      await eventually(
        "ready",
        () => get("/ready"),
        ([status]) => status === 200,
      ),
    ).toBeDefined();
    expect((await get("/health"))[1]).toMatchObject({ status: "healthy", service: "market-data" });
    await shared.service.kill();
    try {
      const [, body] = await eventually(
        "not ready",
        () => get("/ready"),
        ([status]) => status === 503,
      );
      expect(body).toMatchObject({ status: "not_ready" });
      expect(String(body["reason"])).toMatch(/redis/i);
      expect(JSON.stringify(body)).not.toContain("b25-secret");
    } finally {
      await shared.service.start();
    }
    await eventually(
      "ready again",
      () => get("/ready"),
      ([status]) => status === 200,
    );
  });
});
