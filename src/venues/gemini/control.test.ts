import { describe, expect, it } from "vitest";
import { instrumentOf } from "../../model/index.ts";
import type { Channel, MarketEvent, ServerConnection, Subscription } from "../../model/index.ts";
import { fixturesOf } from "../../../test/contracts/frames.ts";
import { gemini } from "./venue.ts";

const [CONNECT] = fixturesOf("gemini");
const one = (channel: Channel, symbol: string, depth?: number): Subscription =>
  depth === undefined ? { channel, symbol } : { channel, symbol, depth };

describe("cold frames of Gemini", () => {
  it("say what they say", () => {
    const said = CONNECT!.frames.flatMap(({ dir, text }) => (dir === "in" ? gemini.control(text!) : []));
    expect(said.filter(({ type }) => type !== "unknown")).toEqual([
      { type: "ack", id: 1 },
      { type: "ack", id: 2 },
      {
        type: "refused",
        id: 4,
        symbol: "NOSUCHUSD",
        reason: "Invalid stream name: nosuchusd@depth@100ms (code -1013)",
      },
      { type: "refused", id: 5, reason: "Invalid symbol (code -1013)" },
      { type: "refused", id: 6, reason: "Unsupported operation (code -1020)" },
      { type: "refused", id: 7, reason: "Rate limit exceeded (code -1003)" },
      { type: "error", reason: "Internal error (code -1000)" },
      {
        type: "active",
        subscriptions: [
          one("quote", "BTCUSD"),
          one("trade", "BTCUSD"),
          one("book", "BTCUSD"),
          one("partial_book", "ETHUSD", 20),
        ],
      },
      { type: "ack", id: 100 },
      { type: "ack", id: 9 },
      { type: "error", reason: "NoValidTradingPairs" },
    ]);
  });

  it("are unknown when they are of no form", () => {
    for (const text of ["", "[]", '{"id":1}', '{"status":"200"}', "null"])
      expect(gemini.control(text)).toEqual([{ type: "unknown" }]);
    expect(gemini.control('{"id":"x","status":400}')).toEqual([
      { type: "error", reason: "refused (code 400)" },
    ]);
  });
});

describe("requests to Gemini", () => {
  it("are one for each symbol, so that a wrong name takes no other with it", () => {
    let id = 0;
    const wanted = [
      one("book", "BTCUSD"),
      one("trade", "BTCUSD"),
      one("partial_book", "ETHUSD", 7),
      one("quote", "BTCUSD"),
      one("partial_book", "LTCUSD"),
    ];
    expect(gemini.subscribe(wanted, () => ++id).map(({ text }) => text)).toEqual([
      '{"id":1,"method":"subscribe","params":["btcusd@depth@100ms","btcusd@trade","btcusd@bookTicker"]}',
      '{"id":2,"method":"subscribe","params":["ethusd@depth10@100ms"]}',
      '{"id":3,"method":"subscribe","params":["ltcusd@depth20@100ms"]}',
    ]);
    expect(() => gemini.unsubscribe([one("ticker", "BTCUSD")], () => ++id)).toThrow(
      "expected a channel out of trade, quote, book, partial_book; saw ticker",
    );
  });

  it("ask for whole books by the address", () => {
    const [endpoint] = gemini.sockets;
    expect(gemini.connectUrl(endpoint!, endpoint!.url)).toBe("wss://ws.gemini.com/?snapshot=-1");
    expect(gemini.connectUrl(endpoint!, "ws://127.0.0.1:9/")).toBe("ws://127.0.0.1:9/?snapshot=-1");
  });
});

describe("Gemini's side", () => {
  const connection = (): ServerConnection => ({
    path: "/?snapshot=-1",
    sequence: 0,
    active: [one("trade", "BTCUSD")],
    now: () => 1_779_955_200_123_456,
  });
  const ask = (text: string): string[] => {
    const request = gemini.server.request(text);
    return request instanceof Error
      ? gemini.server.failure(request, connection())
      : gemini.server.accept(request, request.subscriptions, connection());
  };

  it("answers in the venue's words", () => {
    expect(
      [
        '{"id":"7","method":"SUBSCRIBE","params":["btcusd@trade"]}',
        '{"id":8,"method":"ping"}',
        '{"id":9,"method":"list_subscriptions"}',
        '{"id":10,"method":"time"}',
        '{"id":11,"method":"bogus"}',
        '{"id":12,"method":"subscribe","params":["btcusd@trades"]}',
        '{"id":13,"method":"subscribe","params":{"streams":["btcusd@trade"]}}',
        '{"id":14,"method":"subscribe","params":[7]}',
        "{",
      ].flatMap(ask),
    ).toEqual([
      '{"id":"7","status":200}',
      '{"id":8,"status":200}',
      '{"id":9,"status":200,"result":["btcusd@trade"]}',
      '{"id":10,"status":200,"serverTime":1779955200123}',
      '{"id":11,"status":400,"error":{"code":-1020,"msg":"Unsupported operation"}}',
      '{"id":12,"status":400,"error":{"code":-1013,"msg":"Invalid stream name: btcusd@trades"}}',
      '{"id":13,"status":400,"error":{"code":-1013,"msg":"Invalid params"}}',
      '{"id":14,"status":400,"error":{"code":-1013,"msg":"Invalid stream name: 7"}}',
      '{"status":400,"error":{"code":-1013,"msg":"Invalid JSON"}}',
    ]);
  });

  it("refuses a request with one wrong name whole", () => {
    const text = '{"id":3,"method":"subscribe","params":["btcusd@trade","nosuchusd@depth@100ms"]}';
    const request = gemini.server.request(text);
    if (request instanceof Error) throw request;
    const [good, bad] = request.subscriptions;
    expect(gemini.server.accept(request, [good!], connection())).toEqual([]);
    const [answer] = gemini.server.refuse(request, [bad!], connection());
    expect(answer).toBe(
      '{"id":3,"status":400,"error":{"code":-1013,"msg":"Invalid stream name: nosuchusd@depth@100ms"}}',
    );
    expect(gemini.control(answer!)).toMatchObject([{ type: "refused", id: 3, symbol: "NOSUCHUSD" }]);
  });

  const instrument = instrumentOf({ symbol: "BTCUSD", canonical: "BTC-USD", tick: 0.01, lot: 1e-8 });
  const common = {
    venue: "gemini",
    symbol: "BTCUSD",
    instrument: "BTC-USD",
    ts_event: 1_783_981_140_085_684,
    ts_recv: 0,
  };
  const write = (channel: Channel, event: MarketEvent): string =>
    gemini.server.encode(event, instrument, one(channel, "BTCUSD"), connection());

  it("writes books, quotes and trades as the venue does", () => {
    const update: MarketEvent & { type: "book" } = {
      type: "book",
      action: "update",
      ...common,
      bids: [[118340.1, 0.25]],
      asks: [[9e12, 0]],
      seq: "9",
      prev_seq: "7",
    };
    const levels = '[["118340.10","0.25000000"]],"a":[["9000000000000.00","0.00000000"]]';
    const head = '{"e":"depthUpdate","E":1783981140085684000,"s":"btcusd","U"';
    expect(write("book", update)).toBe(`${head}:7,"u":9,"b":${levels}}`);
    expect(write("book", { ...update, action: "snapshot", prev_seq: null })).toBe(
      `${head}:9,"u":9,"b":${levels}}`,
    );
    const quote = { bid_price: 118340.1, bid_size: 0.25, ask_price: null, ask_size: null, update_id: "8" };
    expect(write("quote", { type: "quote", ...common, ...quote })).toBe(
      '{"u":8,"E":1783981140085684000,"s":"btcusd","b":"118340.10","B":"0.25000000","a":"","A":""}',
    );
    const trade = { id: "5", price: 118341, size: 0.5, side: "sell" } as const;
    expect(write("trade", { type: "trade", ...common, ...trade })).toBe(
      '{"E":1783981140085684000,"s":"btcusd","t":5,"p":"118341.00","q":"0.50000000","m":true}',
    );
  });

  it("writes REST books and errors", () => {
    const book: MarketEvent & { type: "book" } = {
      type: "book",
      action: "snapshot",
      ...common,
      bids: [[1.5, 2]],
      asks: [],
      seq: "1",
      prev_seq: null,
    };
    expect(gemini.server.snapshotBody(book, instrument)).toBe(
      '{"bids":[{"price":"1.50","amount":"2.00000000","timestamp":"1783981140"}],"asks":[]}',
    );
    expect([429, 503, 400].map((status) => gemini.server.restError(status).body)).toEqual([
      '{"result":"error","reason":"Too Many Requests","message":"Too Many Requests"}',
      '{"result":"error","reason":"Maintenance","message":"The system is down for maintenance"}',
      '{"result":"error","reason":"Bad Request","message":"Supplied value is not a valid symbol"}',
    ]);
  });
});
