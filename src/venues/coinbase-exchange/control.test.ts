import { describe, expect, it } from "vitest";
import type { Channel, Control, ServerConnection, Subscription } from "../../model/index.ts";
import { fixturesOf } from "../../../test/contracts/frames.ts";
import { coinbaseExchange } from "./venue.ts";

const [CONNECT] = fixturesOf("coinbase-exchange");
const said = CONNECT!.frames.flatMap(({ dir, text }) =>
  dir === "in" ? coinbaseExchange.control(text!) : [],
);
const one = (channel: Channel, symbol = ""): Subscription => ({ channel, symbol });
const control = (frame: object): Control[] => coinbaseExchange.control(JSON.stringify(frame));

describe("cold frames of Coinbase Exchange", () => {
  it("say what they say", () => {
    expect(said.slice(0, -1)).toEqual([
      { type: "active", subscriptions: [one("book", "BTC-USD"), one("heartbeat", "BTC-USD")] },
      {
        type: "active",
        subscriptions: [
          one("book", "BTC-USD"),
          one("trade", "ETH-USD"),
          one("heartbeat", "BTC-USD"),
          one("heartbeat", "ETH-USD"),
        ],
      },
      {
        type: "refused",
        id: null,
        symbol: "DOGE-XYZ",
        reason: "Failed to subscribe: DOGE-XYZ is not a valid product",
      },
      { type: "error", reason: "Failed to subscribe: level2 channel requires authentication" },
      { type: "error", reason: "Malformed JSON" },
      { type: "last_trade", symbol: "BTC-USD", id: 995098700 },
      { type: "last_trade", symbol: "ETH-USD", id: 20 },
    ]);
    const listed = said.at(-1)!;
    if (listed.type !== "instruments") throw new Error("expected instruments");
    expect(listed.instruments.map(({ symbol, status, lot }) => [symbol, status, lot])).toEqual([
      ["BTC-USD", "trading", 1e-8],
      ["ETH-USD", "trading", 1e-8],
      ["CBETH-USD", "trading", 1e-5],
    ]);
  });

  it("answer `status` for all products, whatever their list holds", () => {
    for (const product_ids of [[], [""], null])
      expect(control({ type: "subscriptions", channels: [{ name: "status", product_ids }] })).toEqual([
        { type: "active", subscriptions: [one("instrument")] },
        { type: "ack", id: null, channel: "instrument" },
      ]);
  });

  it.each([
    [{ type: "subscriptions" }],
    [{ type: "status", products: {} }],
    [{ type: "heartbeat", product_id: "BTC-USD", last_trade_id: "20" }],
    [{ type: "heartbeat", product_id: "BTC-USD", last_trade_id: -1 }],
    [{ type: "match" }],
    [[]],
  ])("%j is unknown", (frame) => {
    expect(control(frame)).toEqual([{ type: "unknown" }]);
  });

  it("an error without a word is an error", () => {
    expect(control({ type: "error" })).toEqual([{ type: "error", reason: "no reason given" }]);
  });
});

describe("requests to Coinbase Exchange", () => {
  const wanted = [
    one("book", "BTC-USD"),
    one("trade", "BTC-USD"),
    one("quote", "ETH-USD"),
    one("ticker", "ETH-USD"),
  ];
  const texts = (make: typeof coinbaseExchange.subscribe, of = wanted): string[] => {
    let id = 0;
    return make(of, () => ++id).map(({ text }) => text);
  };

  it("ask for one product each, with its heartbeat", () => {
    expect(texts(coinbaseExchange.subscribe)).toEqual([
      '{"type":"subscribe","product_ids":["BTC-USD"],"channels":["level2_batch","heartbeat"]}',
      '{"type":"subscribe","product_ids":["BTC-USD"],"channels":["matches","heartbeat"]}',
      '{"type":"subscribe","product_ids":["ETH-USD"],"channels":["ticker","heartbeat"]}',
      '{"type":"subscribe","product_ids":["ETH-USD"],"channels":["ticker_batch","heartbeat"]}',
    ]);
    expect(texts(coinbaseExchange.unsubscribe, [one("book", "BTC-USD")])).toEqual([
      '{"type":"unsubscribe","product_ids":["BTC-USD"],"channels":["level2_batch","heartbeat"]}',
    ]);
  });

  it("ask for the states of all products at once", () => {
    const all = [one("instrument", "BTC-USD"), one("instrument", "ETH-USD")];
    expect(texts(coinbaseExchange.subscribe, all)).toEqual(['{"type":"subscribe","channels":["status"]}']);
  });

  it("ask for nothing the venue does not have", () => {
    expect(texts(coinbaseExchange.subscribe, [one("liquidation", "BTC-USD")])).toEqual([]);
  });
});

describe("Coinbase Exchange's side", () => {
  const { server } = coinbaseExchange;
  const connection = (...active: Subscription[]): ServerConnection => ({
    path: "/",
    sequence: 90,
    active,
    now: () => 1_779_955_201_464_459,
    lastTrade: () => 20,
  });

  it("hears requests in both forms", () => {
    const heard = (channels: unknown[]): unknown =>
      server.request(JSON.stringify({ type: "subscribe", product_ids: ["BTC-USD"], channels }));
    expect(heard(["level2_batch", "heartbeat"])).toMatchObject({ subscriptions: [one("book", "BTC-USD")] });
    expect(heard(["heartbeat"])).toMatchObject({ subscriptions: [one("heartbeat", "BTC-USD")] });
    expect(heard([{ name: "matches", product_ids: ["ETH-USD"] }, "ticker"])).toMatchObject({
      op: "subscribe",
      subscriptions: [one("trade", "ETH-USD"), one("quote", "BTC-USD")],
    });
    expect(heard(["level3"])).toEqual(new Error("level3 is not a valid channel"));
    expect(heard([])).toEqual(new Error("channels must not be empty"));
    const bare = JSON.stringify({ type: "subscribe", channels: ["ticker"] });
    expect(server.request(bare)).toEqual(new Error("ticker channel requires product_ids"));
  });

  it("answers with everything that is subscribed, and a heartbeat for each product", () => {
    const at = connection(one("book", "BTC-USD"), one("trade", "BTC-USD"), one("quote", "ETH-USD"));
    const heard = { op: "subscribe", id: null, subscriptions: [], raw: null } as const;
    expect(server.accept(heard, [], at)).toEqual([
      '{"type":"subscriptions","channels":[{"name":"level2_50","product_ids":["BTC-USD"]},{"name":"matches","product_ids":["BTC-USD"]},{"name":"ticker","product_ids":["ETH-USD"]},{"name":"heartbeat","product_ids":["BTC-USD","ETH-USD"]}]}',
    ]);
    expect(server.heartbeats!(at)).toEqual([
      '{"type":"heartbeat","last_trade_id":20,"product_id":"BTC-USD","sequence":90,"time":"2026-05-28T08:00:01.464459Z"}',
      '{"type":"heartbeat","last_trade_id":20,"product_id":"ETH-USD","sequence":91,"time":"2026-05-28T08:00:01.464459Z"}',
    ]);
    expect(server.heartbeats!(connection())).toEqual([]);
  });

  it("refuses a product by its name", () => {
    const heard = { op: "subscribe", id: null, subscriptions: [], raw: null } as const;
    const [text] = server.refuse(heard, [one("book", "DOGE-XYZ")], connection());
    expect(coinbaseExchange.control(text!)).toMatchObject([{ type: "refused", symbol: "DOGE-XYZ" }]);
  });
});
