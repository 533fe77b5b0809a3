import { describe, expect, it } from "vitest";
import type { Control, Subscription } from "../../model/index.ts";
import { withOptions } from "../../model/index.ts";
import { fixturesOf } from "../../../test/contracts/frames.ts";
import { readInstruments } from "./instruments.ts";
import { bitget } from "./venue.ts";

const CONNECT = fixturesOf("bitget").find(({ name }) => name === "01-connect.jsonl")!.frames;
const old = withOptions(bitget, { api: "v2" });

const WANTED: readonly Subscription[] = [
  { channel: "book", symbol: "BTCUSDT" },
  { channel: "trade", symbol: "BTCUSDT:USDT-FUTURES" },
  { channel: "quote", symbol: "BTCPERP:USDC-FUTURES" },
  { channel: "ticker", symbol: "BTCUSD_CM:COIN-FUTURES" },
  { channel: "partial_book", symbol: "BTCUSDT", depth: 10 },
  { channel: "liquidation", symbol: "BTCUSDT:USDT-FUTURES" },
  { channel: "liquidation", symbol: "ETHUSDT:USDT-FUTURES" },
];

describe("cold frames of Bitget", () => {
  it("say what was accepted, refused and closed", () => {
    const said = CONNECT.flatMap(({ dir, text }) => (dir === "in" ? [bitget.control(text!)] : []));
    const spot = { channel: "book", symbol: "BTCUSDT" } as const;
    const refused = { type: "refused", id: null, channel: "book", symbol: "FOOUSDT" } as const;
    expect(said).toEqual<Control[][]>([
      [{ type: "ack", id: null, ...spot }],
      [{ type: "ack", id: null, channel: "trade", symbol: "BTCUSDT:USDT-FUTURES" }],
      [{ type: "ack", id: null, channel: "partial_book", symbol: "BTCUSDT" }],
      [{ type: "ack", id: null, channel: "liquidation" }],
      [{ ...refused, reason: "30001: Param error" }],
      // The end of a stream answers no request: the same one may be asked for again already.
      [{ type: "ack", id: -1, ...spot }],
      [{ type: "pong", id: null }],
      // Some servers ping by themselves.
      [{ type: "answer", text: "pong" }],
      [{ type: "error", reason: "30007: request over limit,connection close" }],
      [{ type: "error", reason: "30006: Too many requests" }],
      [{ type: "ack", id: null, ...spot }],
      [{ ...refused, reason: "30001: instType:SPOT,channel:books,instId:FOOUSDT doesn't exist" }],
      [
        {
          type: "refused",
          id: null,
          channel: "ticker",
          symbol: "GONEUSDT:USDT-FUTURES",
          reason: "30001: instType:USDT-FUTURES,channel:ticker,instId:GONEUSDT doesn't exist",
        },
      ],
      [{ type: "ack", id: -1, ...spot }],
    ]);
  });

  it("of no known form are unknown", () => {
    for (const text of [
      "",
      "{",
      "[]",
      "{}",
      '{"event":"subscribe"}',
      '{"event":"login"}',
      '{"event":"subscribe","arg":{"instType":"spot"}}',
    ])
      expect(bitget.control(text), text).toEqual([{ type: "unknown" }]);
  });
});

describe("requests of Bitget", () => {
  it("do not end what is told for a whole product", () => {
    const [ended, ...more] = bitget.unsubscribe(WANTED, () => 1);
    expect(more).toEqual([]);
    expect(ended!.text).not.toContain("liquidation");
    expect(ended!.covers).toEqual(WANTED.filter(({ channel }) => channel !== "liquidation"));
  });

  it("count in two windows, pings in none that is planned for", () => {
    const { messages, messageWindowMs, windows, pingsCount } = bitget.limits;
    expect([messages, messageWindowMs, windows, pingsCount]).toEqual([
      10,
      1_000,
      [{ count: 240, ms: 3_600_000 }],
      false,
    ]);
  });

  const textsOf = (venue: typeof bitget): unknown[] => {
    let id = 0;
    return venue.subscribe(WANTED, () => ++id).map(({ text }) => JSON.parse(text) as unknown);
  };

  it("name instType, topic and symbol in v3, and a product's forced orders once", () => {
    expect(textsOf(bitget)).toEqual([
      {
        op: "subscribe",
        args: [
          { instType: "spot", topic: "books", symbol: "BTCUSDT" },
          { instType: "usdt-futures", topic: "publicTrade", symbol: "BTCUSDT" },
          { instType: "usdc-futures", topic: "books1", symbol: "BTCPERP" },
          { instType: "coin-futures", topic: "ticker", symbol: "BTCUSD_CM" },
          { instType: "spot", topic: "books50", symbol: "BTCUSDT" },
          { instType: "usdt-futures", topic: "liquidation" },
        ],
      },
    ]);
  });

  it("name instType, channel and instId in v2, which has no forced orders", () => {
    expect(textsOf(old)).toEqual([
      {
        op: "subscribe",
        args: [
          { instType: "SPOT", channel: "books", instId: "BTCUSDT" },
          { instType: "USDT-FUTURES", channel: "trade", instId: "BTCUSDT" },
          { instType: "USDC-FUTURES", channel: "books1", instId: "BTCPERP" },
          { instType: "COIN-FUTURES", channel: "ticker", instId: "BTCUSD_CM" },
          { instType: "SPOT", channel: "books15", instId: "BTCUSDT" },
        ],
      },
    ]);
  });

  it("are cut before 4096 bytes, and cover all that was asked for", () => {
    const many = Array.from({ length: 200 }, (_, i): Subscription => ({
      channel: "book",
      symbol: `A${i}USDT:USDT-FUTURES`,
    }));
    let id = 0;
    const made = bitget.subscribe(many, () => ++id);
    expect(made.length).toBeGreaterThan(1);
    for (const { text } of made) expect(text.length).toBeLessThanOrEqual(4096);
    expect(made.flatMap(({ covers }) => covers)).toEqual(many);
  });

  it("are refused one by one, as the venue words it", () => {
    const connection = { path: "/", sequence: 0, active: [], now: () => 0 };
    for (const venue of [bitget, old]) {
      const [asked] = venue.subscribe(WANTED.slice(0, 2), () => 1);
      const heard = venue.server.request(asked!.text);
      if (heard instanceof Error) throw heard;
      const said = venue.server
        .refuse(heard, WANTED.slice(1, 2), connection)
        .flatMap((one) => venue.control(one));
      expect(said).toMatchObject([{ type: "refused", channel: "trade", symbol: "BTCUSDT:USDT-FUTURES" }]);
    }
  });
});

describe("metadata of Bitget", () => {
  const bodies = CONNECT.flatMap(({ dir, text }) => (dir === "http" ? [text!] : []));
  const facts = (body: string): unknown[] =>
    readInstruments(body).map((one) => [
      one.symbol,
      one.canonical,
      one.status,
      one.tick,
      one.lot,
      one.expiry,
    ]);

  it("is read from each of the venue's forms", () => {
    expect(bodies.slice(0, 4).map(facts)).toEqual([
      [
        ["BTCUSDT", "BTC-USDT", "trading", 0.01, 0.000001, NaN],
        ["RGOOGLUSDT", "RGOOGL-USDT", "unknown", 0.01, 0.0001, NaN],
        ["NEWUSDT", "NEW-USDT", "pre_open", 0.0001, 0.01, NaN],
        ["LUNAUSDT", "LUNA-USDT", "delisted", 0.0001, 0.01, NaN],
      ],
      [
        ["BTCUSDT:USDT-FUTURES", "BTC-USDT-PERP", "trading", 0.1, 0.0001, NaN],
        ["BTCUSDTZ26:USDT-FUTURES", "BTC-USDT-25DEC26", "trading", 0.5, 0.0001, 1798185600000000],
        ["BTCUSD_CM:COIN-FUTURES", "BTC-USD_CM-PERP", "trading", 0.1, 1, NaN],
      ],
      [
        ["BTCUSDT", "BTC-USDT", "trading", 0.01, 0.000001, NaN],
        ["OLDUSDT", "OLD-USDT", "halted", 0.0001, 0.01, NaN],
        ["BETAUSDT", "BETA-USDT", "pre_open", 0.0001, 0.01, NaN],
      ],
      [
        ["BTCUSD:COIN-FUTURES", "BTC-USD-PERP", "halted", 0.5, 0.001, NaN],
        ["BTCUSDZ24:COIN-FUTURES", "BTC-USD-27DEC24", "delisted", 0.1, 0.001, 1735286400000000],
        ["BTCPERP:USDC-FUTURES", "BTC-USDC-PERP", "trading", 0.1, 0.0001, NaN],
      ],
    ]);
  });

  it("that the venue refuses is refused in its own words", () => {
    expect(() => readInstruments(bodies[4]!)).toThrow(
      "expected code 00000, saw 40034 Parameter category does not exist",
    );
  });

  it("gives names that are told by the rule as well", () => {
    for (const one of bodies.slice(0, 4).flatMap(readInstruments)) {
      expect(bitget.canonical(one.symbol)).toBe(one.canonical);
      expect(bitget.native(one.canonical)).toBe(one.symbol);
    }
  });

  it("is asked for by product", () => {
    expect(bitget.instruments.requests.map(({ path }) => path.split("=")[1])).toEqual([
      "SPOT",
      "USDT-FUTURES",
      "COIN-FUTURES",
      "USDC-FUTURES",
    ]);
    const paths = ["spot", "usdt-futures", "coin-futures", "usdc-futures"].map(
      (products) => withOptions(bitget, { products, api: "v2" }).instruments.requests[0]!.path,
    );
    expect(paths).toEqual(
      ["SPOT", "USDT-FUTURES", "COIN-FUTURES", "USDC-FUTURES"].map(
        (one) => `/api/v3/market/instruments?category=${one}`,
      ),
    );
  });
});
