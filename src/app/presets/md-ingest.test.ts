import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkConfig, printConfig, readConfig } from "../config.ts";
import { ConfigError } from "../config/error.ts";
import { readPreset } from "../config/preset.ts";
import { mdIngest } from "./md-ingest.ts";

const FOLDER = join(import.meta.dirname, "../../../presets/md-ingest");
const SPOT = { connectors: { kraken: { products: ["BTC/USD"] } } };

function faults(input: unknown): readonly string[] {
  try {
    mdIngest.translate(input, {}, "t");
  } catch (error) {
    if (error instanceof ConfigError) return error.lines;
    throw error;
  }
  return [];
}

describe("preset md-ingest", () => {
  it("makes of its own example what stands beside it, and says what of it means nothing here", () => {
    const { config, notes } = readPreset("md-ingest", join(FOLDER, "config.toml"), {});
    const ours = readConfig(join(FOLDER, "feedhorn.yaml"), {});
    expect(JSON.parse(printConfig(config))).toEqual(JSON.parse(printConfig(ours)));
    expect(notes).toEqual([
      "router.ingress_buffer: no buffers are to be sized here: a ring and a journal stand between feeds and sinks",
    ]);
  });

  it("needs connectors, each with what it is to listen to, at a venue that there is", () => {
    expect([
      faults({}),
      faults({ connectors: { kraken: { products: ["BTC/USD"], enabled: false } } }),
      faults({ connectors: { krakn: { products: ["BTC/USD"] } } }),
      faults({ connectors: { deribit: {} } }),
      faults({ connectors: { kraken: { products: [] } } }),
    ]).toEqual([
      ["t: connectors: missing; expected a table for each venue, as [connectors.deribit]"],
      ["t: connectors: missing; expected a table for each venue, as [connectors.deribit]"],
      ['t: connectors.krakn: expected the name of a venue, saw "krakn"; name it with venue = "..."'],
      ["t: connectors.deribit: expected products (spot) or currencies (options), saw neither"],
      [expect.stringContaining("t: connectors.kraken.products: ")],
    ]);
  });

  it("tells keys that it does not know, and leaves them out", () => {
    const { config, notes } = mdIngest.translate(
      {
        connectors: { kraken: { products: ["BTC/USD"], channel_capacity: 9, tls: true } },
        pipeline: { spot_mid: { color: "red" } },
        sinks: { parquet: { flush_rows: 500 } },
        logging: { level: "debug" },
      },
      {},
      "t",
    );
    expect(notes).toEqual([
      "connectors.kraken.channel_capacity: no buffers are to be sized here: a ring and a journal stand between feeds and sinks",
      "connectors.kraken.tls: not known here, left out",
      "pipeline.spot_mid.color: not known here, left out",
      "logging: not known here, left out",
      "sinks.parquet.flush_rows: files end at 10000 rows here, whatever it says",
    ]);
    expect(checkConfig(config, "t", {}).sinks.map(({ type }) => type)).toEqual(["parquet", "redis"]);
  });

  it("names venues as theirs may: binance_spot, or any table with its venue", () => {
    const connectors = {
      binance_spot: { symbols: ["BTCUSDT"] },
      second: {
        venue: "okx",
        products: ["ETH-USDC"],
        ws_url: "ws://127.0.0.1:1",
        rest_url: "http://127.0.0.1:2",
      },
    };
    const { config } = mdIngest.translate({ connectors }, {}, "t");
    expect(config.feeds).toEqual([
      { venue: "binance", symbols: ["BTCUSDT"], channels: ["trade", "quote"] },
      {
        venue: "okx",
        symbols: ["ETH-USDC"],
        channels: ["trade", "quote"],
        ws_url: "ws://127.0.0.1:1",
        rest_url: "http://127.0.0.1:2",
      },
    ]);
    expect(config.derived).toMatchObject({
      spot_mid: {
        aliases: {
          "BTC-USDT": "BTC-USD",
          "BTC-USDC": "BTC-USD",
          "ETH-USDT": "ETH-USD",
          "ETH-USDC": "ETH-USD",
        },
      },
    });
    expect(config.derived?.iv_surface).toBeUndefined();
  });

  it("writes nothing that is turned off, and derives nothing of it", () => {
    const off = { enabled: false };
    const { config } = mdIngest.translate(
      { ...SPOT, pipeline: { spot_mid: off }, sinks: { parquet: off, redis: off } },
      {},
      "t",
    );
    expect([config.sinks, config.data, config.derived]).toEqual([[], undefined, undefined]);
  });

  it("keeps a password in the address out of the configuration", () => {
    const { config, secrets } = mdIngest.translate(
      { ...SPOT, sinks: { redis: { url: "rediss://u:p%40ss@h:1/2" } } },
      {},
      "t",
    );
    expect(config.sinks![1]).toMatchObject({
      url: "rediss://h:1/2",
      username: "u",
      password_env: "MD_INGEST_REDIS_PASSWORD",
    });
    expect(secrets).toEqual({ MD_INGEST_REDIS_PASSWORD: "p@ss" });
    expect(JSON.stringify(config)).not.toContain("p@ss");
  });
});
