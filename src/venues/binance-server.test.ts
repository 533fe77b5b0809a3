import { describe, expect, it } from "vitest";
import { instrumentOf } from "../model/index.ts";
import type { ClientRequest, MarketEvent, ServerConnection, Subscription } from "../model/index.ts";
import { binanceCoinm } from "./binance-coinm/venue.ts";
import { binanceUs } from "./binance-us/venue.ts";
import { binanceUsdm } from "./binance-usdm/venue.ts";
import { binance } from "./binance/venue.ts";
import { fixed } from "./binance-encode.ts";

/** Frames key for key as in the venue's documentation. */

const connection = (path: string): ServerConnection => ({
  path,
  sequence: 0,
  active: [],
  now: () => 1779955201234567,
});
const spot = instrumentOf({ symbol: "BTCUSDT", canonical: "BTC-USDT", tick: 0.01, lot: 0.00001 });
const perpetual = instrumentOf({
  symbol: "BTCUSDT",
  canonical: "BTC-USDT-PERP",
  kind: "perpetual",
  tick: 0.1,
  lot: 0.001,
});
const common = { venue: "", symbol: "BTCUSDT", instrument: null, ts_recv: 1 };
const trade: MarketEvent = {
  type: "trade",
  ...common,
  ts_event: 1779955201233891,
  id: "5012345678",
  price: 118345.6,
  size: 0.0125,
  side: "sell",
};
const quote: MarketEvent = {
  type: "quote",
  ...common,
  ts_event: 1779955201233891,
  update_id: "72000000123",
  bid_price: 118345.6,
  bid_size: 7.25,
  ask_price: null,
  ask_size: null,
};
const book: MarketEvent = {
  type: "book",
  action: "update",
  ...common,
  ts_event: 1779955201233891,
  seq: "72000000137",
  prev_seq: "72000000130",
  bids: [[118345.6, 0]],
  asks: [
    [118345.7, 0.9],
    [118346, 1e-3],
  ],
} as MarketEvent;
const ticker: MarketEvent = {
  type: "ticker",
  ...common,
  ts_event: 1779955202000000,
  mark_price: 118300.55,
  index_price: 118352.10891304,
  funding_rate: -0.0001,
  next_funding_ts: 1779984000000000,
};
const liquidation: MarketEvent = {
  type: "liquidation",
  ...common,
  ts_event: 1779955201233891,
  price: 9910,
  size: 0.014,
  side: "sell",
};
const on = (channel: Subscription["channel"]): Subscription => ({ channel, symbol: "BTCUSDT" });

describe("spot frames", () => {
  const write = (event: MarketEvent, channel: Subscription["channel"], path = "/ws"): string =>
    binance.server.encode(event, spot, on(channel), connection(path));

  it("pad to eight decimals, in the order the venue writes", () => {
    expect(write(trade, "trade")).toBe(
      '{"e":"trade","E":1779955201234,"s":"BTCUSDT","t":5012345678,"p":"118345.60000000","q":"0.01250000","T":1779955201233,"m":true,"M":true}',
    );
    expect(write(quote, "quote")).toBe(
      '{"u":72000000123,"s":"BTCUSDT","b":"118345.60000000","B":"7.25000000","a":"0.00000000","A":"0.00000000"}',
    );
    expect(write(book, "book")).toBe(
      '{"e":"depthUpdate","E":1779955201233,"s":"BTCUSDT","U":72000000131,"u":72000000137,"b":[["118345.60000000","0.00000000"]],"a":[["118345.70000000","0.90000000"],["118346.00000000","0.00100000"]]}',
    );
  });

  it("are wrapped by the path, and in the unit it asks for", () => {
    expect(write(quote, "quote", "/stream")).toMatch(
      /^\{"stream":"btcusdt@bookTicker","data":\{"u":72000000123,/,
    );
    expect(write(trade, "agg_trade", "/stream?timeUnit=MICROSECOND")).toBe(
      '{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1779955201234567,"s":"BTCUSDT","a":5012345678,"p":"118345.60000000","q":"0.01250000","f":5012345678,"l":5012345678,"T":1779955201233891,"m":true,"M":true}}',
    );
    expect(write(book, "partial_book", "/stream")).toMatch(
      /^\{"stream":"btcusdt@depth20@100ms","data":\{"lastUpdateId":72000000137,"bids":/,
    );
  });

  it("of Binance.US still carry order ids", () => {
    const text = binanceUs.server.encode(trade, spot, on("trade"), connection("/ws"));
    expect(text).toContain('"q":"0.01250000","b":10024691357,"a":10024691358,"T":');
  });

  it("cannot say what the channel does not hold", () => {
    const status: MarketEvent = { type: "status", ...common, ts_event: 0, scope: "venue", state: "live" };
    expect(() => write(status, "trade")).toThrow(/expected an event of trade, saw status/);
  });
});

describe("futures frames", () => {
  const write = (event: MarketEvent, channel: Subscription["channel"]): string =>
    binanceUsdm.server.encode(event, perpetual, on(channel), connection("/public/ws"));

  it("carry the keys of 2026, at the symbol's precision", () => {
    expect(write(trade, "trade")).toBe(
      '{"e":"trade","E":1779955201234,"T":1779955201233,"s":"BTCUSDT","t":5012345678,"p":"118345.6","q":"0.0125","X":"MARKET","m":true}',
    );
    expect(write(trade, "agg_trade")).toContain(
      '"q":"0.0125","nq":"0.0125","f":5012345678,"l":5012345678,"T":1779955201233,"m":true,"st":1}',
    );
    expect(write(quote, "quote")).toBe(
      '{"e":"bookTicker","u":72000000123,"E":1779955201234,"T":1779955201233,"s":"BTCUSDT","ps":"BTCUSDT","b":"118345.6","B":"7.250","a":"0.0","A":"0.000","st":1}',
    );
    expect(write(book, "book")).toBe(
      '{"e":"depthUpdate","E":1779955201234,"T":1779955201233,"s":"BTCUSDT","ps":"BTCUSDT","U":72000000132,"u":72000000137,"pu":72000000130,"b":[["118345.6","0.000"]],"a":[["118345.7","0.900"],["118346.0","0.001"]],"st":1}',
    );
    expect(write(ticker, "ticker")).toBe(
      '{"e":"markPriceUpdate","E":1779955202000,"s":"BTCUSDT","p":"118300.55000000","i":"118352.10891304","P":"118352.10891304","r":"-0.00010000","ap":"118300.55000000","T":1779984000000,"st":1}',
    );
    expect(write(liquidation, "liquidation")).toBe(
      '{"e":"forceOrder","E":1779955201234,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014","p":"9910.0","ap":"9910.0","X":"FILLED","l":"0.014","z":"0.014","T":1779955201233}}',
    );
  });

  it("have a snapshot with both times, and spot one without", () => {
    const full = book as MarketEvent & { type: "book" };
    expect(binanceUsdm.server.snapshotBody(full, perpetual)).toMatch(
      /^\{"lastUpdateId":72000000137,"E":1779955201233,"T":1779955201233,"bids":/,
    );
    expect(binance.server.snapshotBody({ ...full, seq: null, bids: [], asks: [] }, spot)).toBe(
      '{"lastUpdateId":-1,"bids":[],"asks":[]}',
    );
  });
});

describe("COIN-M frames", () => {
  const symbol = "BTCUSD_PERP";
  const coin = instrumentOf({ symbol, canonical: "BTC-USD-PERP", kind: "perpetual", tick: 0.1, lot: 1 });
  const write = (event: MarketEvent, channel: Subscription["channel"]): string =>
    binanceCoinm.server.encode({ ...event, symbol }, coin, { channel, symbol }, connection("/ws"));
  const contracts = { ...quote, bid_size: 7, ask_price: 118345.7, ask_size: 2 } as MarketEvent;

  it("name the pair, are of family 2, and have their keys where COIN-M has them", () => {
    expect(write(contracts, "quote")).toBe(
      '{"e":"bookTicker","u":72000000123,"s":"BTCUSD_PERP","ps":"BTCUSD","b":"118345.6","B":"7","a":"118345.7","A":"2","T":1779955201233,"E":1779955201234,"st":2}',
    );
    expect(write(ticker, "ticker")).toBe(
      '{"e":"markPriceUpdate","E":1779955202000,"s":"BTCUSD_PERP","p":"118300.55000000","P":"118352.10891304","i":"118352.10891304","r":"-0.00010000","T":1779984000000,"st":2}',
    );
    expect(write({ ...liquidation, size: 14 } as MarketEvent, "liquidation")).toBe(
      '{"e":"forceOrder","E":1779955201234,"o":{"s":"BTCUSD_PERP","ps":"BTCUSD","S":"SELL","o":"LIMIT","f":"IOC","q":"14","p":"9910.0","ap":"9910.0","X":"FILLED","l":"14","z":"14","T":1779955201233}}',
    );
    expect(write({ ...trade, size: 3 } as MarketEvent, "agg_trade")).not.toContain('"nq"');
  });

  it("have a snapshot that names its symbol", () => {
    const full = { ...book, symbol } as MarketEvent & { type: "book" };
    expect(binanceCoinm.server.snapshotBody(full, coin)).toMatch(
      /^\{"lastUpdateId":72000000137,"symbol":"BTCUSD_PERP","pair":"BTCUSD","E":1779955201233,"T":1779955201233,"bids":/,
    );
  });
});

describe("requests", () => {
  const { server } = binance;
  const asked = (text: string): ClientRequest => {
    const heard = server.request(text);
    if (heard instanceof Error) throw heard;
    return heard;
  };

  it.each([
    ["{]", { code: 3, id: null }],
    ["[]", { code: 2, id: null }],
    ['{"id":1}', { code: 2, id: 1, msg: "Invalid request: missing field `method`" }],
    ['{"method":"JOIN","id":"a1"}', { code: 2, id: "a1" }],
    [
      '{"method":"SUBSCRIBE","params":["nonsense"],"id":4}',
      { code: 2, id: 4, msg: "Invalid request: invalid stream" },
    ],
    ['{"method":"SUBSCRIBE","params":"btcusdt@trade","id":4}', { code: 2, id: 4 }],
    ['{"method":"SUBSCRIBE","params":[],"id":1.5}', { code: 2, id: null }],
    ['{"method":"SET_PROPERTY","params":["colour",true],"id":5}', { code: 0, id: 5 }],
    ['{"method":"SET_PROPERTY","params":["combined",1],"id":5}', { code: 1, id: 5 }],
    ['{"method":"SET_PROPERTY","params":[1],"id":5}', { code: 2, id: 5 }],
  ])("%s is refused", (text, said) => {
    const error = server.request(text);
    if (!(error instanceof Error)) throw new Error("expected an error");
    const [answer = ""] = server.failure(error, connection("/ws"));
    expect(JSON.parse(answer)).toMatchObject(said);
  });

  it("are answered bare, on any path", () => {
    for (const path of ["/ws", "/stream"]) {
      const own = { ...connection(path), active: [on("trade"), on("book")] };
      const answer = (text: string): string[] => server.accept(asked(text), [], own);
      expect(answer('{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":7}')).toEqual([
        '{"result":null,"id":7}',
      ]);
      expect(answer('{"method":"LIST_SUBSCRIPTIONS","id":"x"}')).toEqual([
        '{"result":["btcusdt@trade","btcusdt@depth@100ms"],"id":"x"}',
      ]);
      expect(answer('{"method":"GET_PROPERTY","params":["combined"],"id":2}')).toEqual([
        `{"result":${path === "/stream"},"id":2}`,
      ]);
      expect(answer('{"method":"SET_PROPERTY","params":["combined",true],"id":3}')).toEqual([
        '{"result":null,"id":3}',
      ]);
    }
  });

  it("for symbols that do not exist are acknowledged all the same, once", () => {
    const both = asked('{"method":"SUBSCRIBE","params":["btcusdt@trade","nopeusdt@trade"],"id":7}');
    expect(server.refuse(both, both.subscriptions.slice(1), connection("/ws"))).toEqual([]);
    expect(server.refuse(both, both.subscriptions, connection("/ws"))).toEqual(['{"result":null,"id":7}']);
  });

  it("may stand in the address", () => {
    const wanted = [on("trade"), { channel: "partial_book", symbol: "币安USDT", depth: 5 }];
    const name = encodeURIComponent("币安usdt@depth5@100ms");
    expect(server.initial(`/stream?streams=btcusdt@trade/${name}&timeUnit=MICROSECOND`)).toEqual(wanted);
    expect(server.initial(`/ws/btcusdt@trade/${name}`)).toEqual(wanted);
    for (const path of ["/ws", "/stream", "/stream?streams=", "/ws/%zz@trade%", "/"])
      expect(server.initial(path)).toEqual([]);
    expect(binanceUsdm.server.initial("/market/stream?streams=btcusdt@markPrice@1s")).toEqual([on("ticker")]);
  });
});

describe("REST errors", () => {
  it("say how long to wait", () => {
    expect(binance.server.restError(429).headers).toEqual({ "Retry-After": "1" });
    expect(JSON.parse(binance.server.restError(429).body)).toMatchObject({ code: -1003 });
    expect(binance.server.restError(418).headers).toEqual({ "Retry-After": "120" });
    expect(JSON.parse(binance.server.restError(400).body)).toEqual({ code: -1121, msg: "Invalid symbol." });
    expect(JSON.parse(binance.server.restError(500).body)).toMatchObject({ code: -1000 });
  });
});

describe("fixed", () => {
  it.each([
    [1, 8, "1.00000000"],
    [1e-8, 8, "0.00000001"],
    [0.1, 1, "0.1"],
    [0.123456789, 8, "0.123456789"],
    [5, 0, "5"],
    [5, -1, "5"],
    [1e21, 2, "1000000000000000000000.00"],
  ])("%s with %s places is %s", (value, places, text) => expect(fixed(value, places)).toBe(text));
});
