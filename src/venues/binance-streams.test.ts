import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FUTURES_STREAMS,
  NAMES_PER_REQUEST,
  SPOT_STREAMS,
  partialDepth,
  readControl,
} from "./binance-streams.ts";
import { requests, streamName, streamUrl, subscriptionOf } from "./binance-streams.ts";

describe("stream names", () => {
  it.each([
    [{ channel: "trade", symbol: "BTCUSDT" }, "btcusdt@trade"],
    [{ channel: "agg_trade", symbol: "BTCUSDT" }, "btcusdt@aggTrade"],
    [{ channel: "quote", symbol: "BTCUSDT" }, "btcusdt@bookTicker"],
    [{ channel: "book", symbol: "BTCUSDT" }, "btcusdt@depth@100ms"],
    [{ channel: "partial_book", symbol: "BTCUSDT" }, "btcusdt@depth20@100ms"],
    [{ channel: "partial_book", symbol: "BTCUSDT", depth: 6 }, "btcusdt@depth10@100ms"],
    [{ channel: "ticker", symbol: "BTCUSDT_261225" }, "btcusdt_261225@markPrice@1s"],
    [{ channel: "liquidation", symbol: "BTCUSDT" }, "btcusdt@forceOrder"],
    [{ channel: "instrument", symbol: "" }, "!contractInfo"],
  ] as const)("%j is %s", (subscription, name) => {
    expect(streamName(FUTURES_STREAMS, subscription)).toBe(name);
    expect(subscriptionOf(FUTURES_STREAMS, name)).toMatchObject({
      channel: subscription.channel,
      symbol: subscription.symbol,
    });
  });

  it("change the case of ASCII letters and of nothing else", () => {
    const name = streamName(SPOT_STREAMS, { channel: "trade", symbol: "币安ÄßİUSDT" });
    expect(name).toBe("币安Äßİusdt@trade");
    expect(subscriptionOf(SPOT_STREAMS, name)).toEqual({ channel: "trade", symbol: "币安ÄßİUSDT" });
  });

  it("that mean nothing are null", () => {
    for (const name of [
      "",
      "@trade",
      "btcusdt",
      "btcusdt@",
      "btcusdt@depth7@100ms",
      "btcusdt@Trade",
      "btcusdt@depth#@100ms",
    ])
      expect(subscriptionOf(SPOT_STREAMS, name)).toBeNull();
    expect(subscriptionOf(SPOT_STREAMS, "btcusdt@markPrice@1s")).toBeNull();
    for (const name of ["!contractInfo", "!forceOrder@arr", "!"])
      expect(subscriptionOf(SPOT_STREAMS, name)).toBeNull();
    expect(subscriptionOf(FUTURES_STREAMS, "btcusdt@!contractInfo")).toBeNull();
    expect(() => streamName(SPOT_STREAMS, { channel: "liquidation", symbol: "X" })).toThrow(
      /expected a channel out of trade/,
    );
  });

  it("ask for a partial book that is deep enough, or the deepest", () => {
    expect([undefined, 1, 5, 6, 10, 11, 20, 21, 5000].map(partialDepth)).toEqual([
      20, 5, 5, 10, 10, 20, 20, 20, 20,
    ]);
  });
});

describe("requests", () => {
  it("carry at most 200 names each, and all of them", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1024 }), (count) => {
        const wanted = Array.from(
          { length: count },
          (_, i) => ({ channel: "trade", symbol: `S${i}` }) as const,
        );
        let id = 0;
        const made = requests(SPOT_STREAMS, "SUBSCRIBE", wanted, () => ++id);
        expect(made.flatMap(({ covers }) => covers)).toEqual(wanted);
        expect(made.map((one) => one.id)).toEqual(made.map((_, i) => i + 1));
        for (const { covers, text } of made) {
          expect(covers.length).toBeLessThanOrEqual(NAMES_PER_REQUEST);
          expect(JSON.parse(text)).toMatchObject({
            method: "SUBSCRIBE",
            params: covers.map(({ symbol }) => `${symbol.toLowerCase()}@trade`),
          });
        }
      }),
      { seed: 11, numRuns: 50 },
    );
  });
});

describe("control", () => {
  const read = (text: string): unknown => readControl(SPOT_STREAMS, text);

  it.each([
    ['{"result":null,"id":7}', { type: "ack", id: 7 }],
    ['{"result":true,"id":8}', { type: "ack", id: 8 }],
    ['{"result":null,"id":"abc"}', { type: "ack", id: null }],
    [
      '{"code":2,"msg":"Invalid request: x","id":9}',
      { type: "refused", id: 9, reason: "Invalid request: x (code 2)" },
    ],
    ['{"code":3,"msg":"Invalid JSON: x"}', { type: "error", reason: "Invalid JSON: x (code 3)" }],
    [
      '{"error":{"code":2,"msg":"invalid stream"},"id":9}',
      { type: "refused", id: 9, reason: "invalid stream (code 2)" },
    ],
    ['{"e":"serverShutdown","E":1}', { type: "shutdown", reason: "serverShutdown" }],
    [
      '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}',
      { type: "shutdown", reason: "serverShutdown" },
    ],
    ["{}", { type: "unknown" }],
    ["[]", { type: "unknown" }],
    ["{", { type: "unknown" }],
  ])("%s", (text, said) => expect(read(text)).toEqual([said]));

  it("tells the state of a contract, not of one of the other family", () => {
    const contract = {
      e: "contractInfo",
      E: 1,
      s: "BTCUSDT",
      ps: "BTCUSDT",
      ct: "PERPETUAL",
      cs: "SETTLING",
    };
    const said = (more: object, family = 1): unknown =>
      readControl(
        FUTURES_STREAMS,
        JSON.stringify({ stream: "!contractInfo", data: { ...contract, ...more } }),
        family,
      );
    const state = [{ type: "instrument_state", symbol: "BTCUSDT", state: "halted" }];
    expect(said({})).toEqual(state);
    expect(said({ st: 1 })).toEqual(state);
    expect(said({ st: 2 })).toEqual([]);
    expect(said({ st: 2 }, 2)).toEqual(state);
    expect(said({ cs: "A_WORD_OF_TOMORROW" })).toMatchObject([{ state: "unknown" }]);
    for (const broken of [{ s: 7 }, { cs: null }]) expect(said(broken)).toEqual([{ type: "unknown" }]);
  });

  it("lists what is active", () => {
    expect(read('{"result":["btcusdt@trade","btcusdt@depth5@100ms","?",7],"id":3}')).toEqual([
      {
        type: "active",
        subscriptions: [
          { channel: "trade", symbol: "BTCUSDT" },
          { channel: "partial_book", symbol: "BTCUSDT", depth: 5 },
        ],
      },
    ]);
  });
});

describe("addresses", () => {
  it("keep the folder of the endpoint, once", () => {
    expect(streamUrl("wss://a.example:9443", "", "?x=1")).toBe("wss://a.example:9443/stream?x=1");
    expect(streamUrl("wss://a.example/", "", "")).toBe("wss://a.example/stream");
    expect(streamUrl("wss://a.example/public", "/public", "")).toBe("wss://a.example/public/stream");
    expect(streamUrl("ws://127.0.0.1:9000", "/market", "")).toBe("ws://127.0.0.1:9000/market/stream");
    expect(streamUrl("ws://127.0.0.1:9000/ws", "", "")).toBe("ws://127.0.0.1:9000/stream");
  });
});
