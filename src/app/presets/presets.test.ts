import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { printConfig, readConfig } from "../config.ts";
import { ConfigError } from "../config/error.ts";
import { readPreset } from "../config/preset.ts";
import { b25 } from "./b25.ts";
import { geminiSolusd } from "./gemini-solusd.ts";

const PRESETS = join(import.meta.dirname, "../../../presets");
let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "feedhorn-presets-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

function faults(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.lines;
    throw error;
  }
  return [];
}

describe("a preset", () => {
  it.each([
    ["gemini-solusd", "gemini.env"],
    ["b25", "config.yaml"],
  ])("%s makes of its own example what stands beside it", (name, theirs) => {
    const { config, notes } = readPreset(name, join(PRESETS, name, theirs), {});
    const ours = readConfig(join(PRESETS, name, "feedhorn.yaml"), {});
    expect(JSON.parse(printConfig(config))).toEqual(JSON.parse(printConfig(ours)));
    expect(notes).toEqual([]);
  });

  it("that there is none of is told, with what was probably meant", () => {
    expect(faults(() => readPreset("b52", undefined, {}))[0]).toMatch(
      /^--preset: expected one of gemini-solusd, b25.*, saw "b52"; did you mean b25\?$/,
    );
  });

  it("without its file says so", () => {
    for (const file of ["none.env", "none.yaml"])
      expect(faults(() => readPreset("b25", join(dir, file), {}))).toEqual([
        `${join(dir, file)}: no such file`,
      ]);
  });
});

describe("gemini-solusd", () => {
  const of = (
    env: Record<string, string>,
    input: unknown = undefined,
  ): ReturnType<typeof geminiSolusd.translate> => geminiSolusd.translate(input, env, "t");

  it("needs nothing: its defaults are those of its README", () => {
    const { config, notes, secrets } = of({});
    expect(config).toEqual({
      feeds: [{ venue: "gemini", symbols: ["SOL-USD"], channels: ["trade", "quote", "book"] }],
      compat: {
        book_files: {
          venue: "gemini",
          symbol: "SOL-USD",
          book_file: "/dev/shm/solusd_order_book.mmap",
          top_file: "/dev/shm/solusd_top_of_book.mmap",
        },
      },
      data: { dir: "data/gemini-solusd" },
      sinks: [
        {
          type: "kafka",
          scheme: "gemini",
          kinds: ["trade"],
          brokers: ["localhost:9092"],
          topic: "gemini.trades",
        },
      ],
    });
    expect([notes, secrets]).toEqual([[], {}]);
  });

  it("takes its variables, and they win over a file of them", () => {
    const { config } = of(
      { OB_MMAP: "/m/ob", KAFKA_BROKERS: "a:1, b:2", KAFKA_TOPIC: "" },
      { OB_MMAP: "/file", TOB_MMAP: "/m/tob", KAFKA_TOPIC: "trades" },
    );
    expect(config.compat?.book_files).toMatchObject({ book_file: "/m/ob", top_file: "/m/tob" });
    expect(config.sinks).toMatchObject([{ brokers: ["a:1", "b:2"], topic: "trades" }]);
  });

  it("brings trades to Pulsar where that is named, and to both where both are", () => {
    const pulsar = {
      type: "pulsar",
      scheme: "gemini",
      kinds: ["trade"],
      url: "ws://mq:8080",
      tenant: "public",
      namespace: "default",
      topic: "gemini.trades",
    };
    expect(of({ PULSAR_URL: "pulsar://mq:6650" }).config.sinks).toEqual([pulsar]);
    const { config, secrets } = of({
      PULSAR_URL: "pulsar+ssl://mq:6651",
      PULSAR_TOKEN: "tok",
      KAFKA_BROKERS: "a:1",
    });
    expect(config.sinks).toMatchObject([
      { type: "kafka", brokers: ["a:1"] },
      { ...pulsar, url: "wss://mq:8443", token_env: "PULSAR_TOKEN" },
    ]);
    expect(secrets).toEqual({ PULSAR_TOKEN: "tok" });
    expect(faults(() => of({ PULSAR_URL: "pulsar://user:secret@mq:6650" }))).toEqual([
      expect.stringMatching(/^t: PULSAR_URL: expected pulsar:\/\/host:6650, or ws:\/\/ (?!.*secret)/),
    ]);
  });

  it("names what it does not know", () => {
    expect(faults(() => of({}, { KAFKA_BROKER: "a:1" }))).toEqual([
      "t: KAFKA_BROKER: unknown key; did you mean KAFKA_BROKERS?",
    ]);
    expect(faults(() => of({}, ["x"]))).toEqual(['t: (file): expected a table of keys, saw ["x"]']);
    expect(of({ PG_DSN: "host=localhost password=s" }).notes).toEqual([
      "PG_DSN is read by feedhorn consume, which writes trades to Postgres",
    ]);
  });
});

describe("b25", () => {
  const of = (input: unknown, env: Record<string, string> = {}): ReturnType<typeof b25.translate> =>
    b25.translate(input, env, "t");
  const plain = { symbols: ["btcusdt"] };

  it("has the defaults of its README", () => {
    expect(of(plain)).toEqual({
      config: {
        feeds: [
          {
            venue: "binance",
            symbols: ["BTCUSDT"],
            channels: ["trade", "quote", "book", "ticker"],
            backoff: { min_ms: 1000, max_ms: 60_000 },
          },
        ],
        compat: {
          message_ring: {
            venue: "binance",
            symbols: ["BTCUSDT"],
            file: "/dev/shm/market_data_shm",
            depth: 20,
          },
        },
        ops: { port: 9090, service: "market-data", aliases: ["b25"] },
        sinks: [{ type: "redis", scheme: "b25", required: true, url: "redis://localhost:6379", depth: 20 }],
      },
      secrets: {},
      notes: [],
    });
  });

  it("takes every key, from its file or from variables", () => {
    const file = {
      symbols: ["BTCUSDT"],
      redis_url: "redis://cache:6380/2",
      order_book_depth: 10,
      health_port: 8080,
      shm_name: "md",
      reconnect_delay_ms: 500,
      max_reconnect_delay_ms: 9000,
    };
    const env = Object.fromEntries(
      Object.entries(file).map(([key, value]) => [key.toUpperCase(), String(value)]),
    );
    const expected = {
      feeds: [{ symbols: ["BTCUSDT"], backoff: { min_ms: 500, max_ms: 9000 } }],
      compat: { message_ring: { file: "/dev/shm/md", depth: 10 } },
      ops: { port: 8080 },
      sinks: [{ url: "redis://cache:6380/2", depth: 10 }],
    };
    expect(of(file).config).toMatchObject(expected);
    expect(of(undefined, env).config).toMatchObject(expected);
    expect(of(plain, { SYMBOLS: "ETHUSDT, SOLUSDT" }).config.feeds![0]!.symbols).toEqual([
      "ETHUSDT",
      "SOLUSDT",
    ]);
  });

  it.each([
    ["wss://stream.binance.com:9443/ws", "https://api.binance.com", { venue: "binance" }],
    ["wss://fstream.binance.com/ws", "https://fapi.binance.com", { venue: "binance-usdm" }],
    ["wss://dstream.binance.com/ws", "https://dapi.binance.com", { venue: "binance-coinm" }],
    ["wss://stream.binance.us:9443/ws", "https://api.binance.us", { venue: "binance-us" }],
    [
      "ws://127.0.0.1:7001/ws",
      "http://127.0.0.1:7002/api",
      { venue: "binance", ws_url: "ws://127.0.0.1:7001", rest_url: "http://127.0.0.1:7002" },
    ],
  ])("listens to the venue of %s", (ws, rest, expected) => {
    const { venue, ws_url, rest_url } = of({ ...plain, exchange_ws_url: ws, exchange_rest_url: rest }).config
      .feeds![0]!;
    expect({ venue, ...(ws_url && { ws_url }), ...(rest_url && { rest_url }) }).toEqual(expected);
  });

  it("takes a password out of the address, and keeps it as other secrets are", () => {
    const file = join(dir, "b25.yaml");
    writeFileSync(file, "symbols: [BTCUSDT]\nredis_url: rediss://app:p%40ss-word@cache:6379/1\n");
    const env: Record<string, string | undefined> = {};
    const { config } = readPreset("b25", file, env);
    expect(config.sinks[0]).toMatchObject({
      url: "rediss://cache:6379/1",
      username: "app",
      password_env: "REDIS_URL_PASSWORD",
    });
    expect(env).toEqual({ REDIS_URL_PASSWORD: "p@ss-word" });
    expect(printConfig(config)).not.toContain("p@ss");
  });

  it("names faults by its own keys", () => {
    expect(faults(() => of({ symbol: ["BTCUSDT"] }))).toEqual([
      "t: symbols: missing; expected a list (Symbols of the venue (BTCUSDT))",
      "t: symbol: unknown key; did you mean symbols?",
    ]);
    expect(faults(() => of({ ...plain, order_book_depth: 0, health_port: "x" }))).toEqual([
      "t: order_book_depth: expected at least 1, saw 0",
      't: health_port: expected a whole number, saw "x"',
    ]);
    expect(faults(() => of({ ...plain, reconnect_delay_ms: 50, max_reconnect_delay_ms: 10 }))).toEqual([
      "t: max_reconnect_delay_ms: expected at least reconnect_delay_ms (50), saw 10",
    ]);
    expect(faults(() => of({ ...plain, redis_url: "http://user:secret@h" }))[0]).not.toContain("secret");
  });
});
