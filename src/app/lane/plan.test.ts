import { describe, expect, it } from "vitest";
import { checkConfig } from "../config.ts";
import { feedOptions } from "./plan.ts";
import { readProxies } from "../config/proxy.ts";

function plan(feed: Record<string, unknown>, env: Record<string, string> = {}) {
  const config = checkConfig({ feeds: [{ symbols: ["BTC-USD"], ...feed }] }, "test", {});
  return feedOptions(config.lanes[0]!, readProxies(env))[0]!;
}

describe("feedOptions", () => {
  it("names a channel the venue does not have and channels that exclude each other", () => {
    expect(() => plan({ venue: "kraken", channels: ["liquidation"] })).toThrow(
      /kraken has no channel "liquidation"; it has .*trade/,
    );
    expect(() => plan({ venue: "binance", channels: ["book", "partial_book"] })).toThrow(
      /"book" and "partial_book" exclude each other/,
    );
    expect(() => plan({ venue: "binance", channels: ["trade", "agg_trade"] })).toThrow(/exclude each other/);
  });

  it("sets a venue's switches and names those it does not have", () => {
    const maker = plan({ venue: "coinbase", channels: ["trade"] }).venue.parse;
    const taker = plan({ venue: "coinbase", channels: ["trade"], options: { market_trades_side: "taker" } })
      .venue.parse;
    expect(taker).not.toBe(maker);
    expect(() =>
      plan({ venue: "coinbase", channels: ["trade"], options: { market_trades_side: "both" } }),
    ).toThrow(/expected maker or taker, saw "both"/);
    expect(() => plan({ venue: "kraken", channels: ["trade"], options: { nope: true } })).toThrow(
      /kraken has no option "nope"; it has none/,
    );
  });

  it("goes through the environment's proxy, but never for loopback", () => {
    const env = { HTTPS_PROXY: "http://proxy:3128" };
    const { proxyFor } = plan({ venue: "kraken", channels: ["trade"] }, env);
    expect(proxyFor!("wss://ws.kraken.com/v2")).toBe("http://proxy:3128/");
    expect(proxyFor!("wss://127.0.0.1:9")).toBeNull();
  });
});
