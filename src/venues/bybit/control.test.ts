import { describe, expect, it } from "vitest";
import { instrumentOf, withOptions } from "../../model/index.ts";
import type {
  RestRequest,
  ClientRequest,
  Control,
  ServerConnection,
  Subscription,
  Venue,
} from "../../model/index.ts";
import { fixturesOf } from "../../../test/contracts/frames.ts";
import { statusWord } from "./instruments.ts";
import { bybit } from "./venue.ts";

const linear = withOptions(bybit, { category: "linear" });
const option = withOptions(bybit, { category: "option" });
const CALL = "option:BTC-25DEC26-100000-C-USDT";

/** What the cold frames of a fixture file say; pongs are sorted out before. */
function said(venue: Venue, folder: string, name: string): Control[] {
  const { frames } = fixturesOf(folder).find((one) => one.name === name)!;
  return frames
    .filter(({ dir, text }) => dir === "in" && !text!.includes('"data":{"s"'))
    .flatMap(({ text }) => venue.control(text!));
}

describe("cold frames of Bybit", () => {
  it("answer whole requests, and name the symbol of a refused one", () => {
    const already = "error:already subscribed,topic:publicTrade.BTCUSDT";
    const unknown = "error:handler not found,topic:";
    expect(said(bybit, "bybit", "01-connect.jsonl")).toEqual([
      { type: "ack", id: 17 },
      { type: "refused", id: 18, symbol: "BTCUSDT", reason: `${unknown}orderbook.77.BTCUSDT` },
      { type: "refused", id: 19, symbol: "FOOUSDT", reason: "Invalid symbol :[tickers.FOOUSDT]" },
      { type: "refused", id: 20, symbol: "BTCUSDT", reason: already },
      { type: "refused", id: 21, reason: "args size >10" },
      { type: "error", reason: "Request not supported" },
      { type: "pong", id: 22 },
      { type: "ack", id: 23 },
      { type: "refused", id: 24, symbol: "nothing", reason: `${unknown}system.nothing` },
    ]);
    expect(said(linear, "bybit/linear", "01-connect.jsonl")[1]).toEqual({
      type: "refused",
      id: 18,
      symbol: "linear:FOOUSDT",
      reason: `${unknown}orderbook.50.FOOUSDT`,
    });
  });

  it("list what came and what failed, where they are of options", () => {
    expect(said(option, "bybit/option", "01-connect.jsonl")).toEqual([
      { type: "ack", id: null, channel: "book", symbol: CALL },
      { type: "ack", id: null, channel: "ticker", symbol: CALL },
      { type: "ack", id: null, channel: "trade" },
      {
        type: "refused",
        id: null,
        channel: "book",
        symbol: "option:BTC-1",
        reason: "among failTopics: orderbook.25.BTC-1",
      },
      { type: "refused", id: null, channel: "trade", reason: "among failTopics: publicTrade.FOO" },
      { type: "pong", id: null },
    ]);
  });

  it("tell of maintenance of what trades here", () => {
    const states = (venue: Venue): unknown[] =>
      said(venue, "bybit", "07-maintenance.jsonl").map((one) =>
        one.type === "venue_status" ? one.state : one.type,
      );
    const all = ["ack", "trading", "halted", "trading", "trading", "halted", "trading"];
    expect(states(bybit)).toEqual(all);
    expect(states(linear)).toEqual(all);
    expect(states(option)).toEqual(["ack", "trading", "trading", "trading", "halted", "halted", "trading"]);
  });

  it("are unknown when they are nothing of that", () => {
    for (const text of ["", "17", "{}", '{"op":"auth","success":true}', '{"type":"COMMAND_RESP"}'])
      expect(bybit.control(text)).toEqual([{ type: "unknown" }]);
  });
});

function texts(venue: Venue, subscriptions: readonly Subscription[]): string[] {
  let id = 16;
  return venue.subscribe(subscriptions, () => ++id).map(({ text }) => text);
}

describe("requests to Bybit", () => {
  it("hold the topics of one symbol", () => {
    const channels = ["book", "quote", "trade", "ticker", "liquidation"] as const;
    const both = ["linear:BTCUSDT", "linear:ETHUSDT"].flatMap((symbol) =>
      channels.map((channel): Subscription => ({ channel, symbol, depth: 100 })),
    );
    const topics = (text: string): string =>
      `["orderbook.200.${text}","orderbook.1.${text}","publicTrade.${text}","tickers.${text}","allLiquidation.${text}"]`;
    expect(texts(linear, both)).toEqual([
      `{"req_id":"17","op":"subscribe","args":${topics("BTCUSDT")}}`,
      `{"req_id":"18","op":"subscribe","args":${topics("ETHUSDT")}}`,
    ]);
  });

  it("ask for trades of options by coin, once", () => {
    const symbols = [CALL, "option:BTC-25DEC26-90000-P", "option:ETH-25DEC26-4000-C-USDT"];
    const wanted = symbols.map((symbol): Subscription => ({ channel: "trade", symbol }));
    let id = 0;
    const made = option.subscribe(wanted, () => ++id);
    expect(made.map(({ text, covers }) => [JSON.parse(text).args, covers.length])).toEqual([
      [["publicTrade.BTC"], 2],
      [["publicTrade.ETH"], 1],
    ]);
  });

  it("stay below 21,000 characters for a full connection of the longest names", () => {
    const symbols = Array.from({ length: 133 }, (_, i) => `option:XRP-25DEC26-${1000 + i}.125-C-USDT`);
    const channels = ["book", "ticker", "trade"] as const;
    const all = symbols.flatMap((symbol) => channels.map((channel) => ({ channel, symbol, depth: 100 })));
    expect(all.length).toBeLessThanOrEqual(bybit.limits.streamsPerSocket);
    const topics = texts(option, all).flatMap((text) => JSON.parse(text).args as string[]);
    expect(topics.join("").length).toBeLessThan(21_000);
    expect(bybit.heartbeat.ping!.text!(7)).toBe('{"req_id":"7","op":"ping"}');
  });
});

const connection: ServerConnection = { path: "/", sequence: 0, active: [], now: () => 0 };

describe("the venue's side", () => {
  it("answers pings in the form of the category", () => {
    const answer = (venue: Venue): string[] =>
      venue.server.accept(
        venue.server.request('{"req_id":"3","op":"ping"}') as ClientRequest,
        [],
        connection,
      );
    expect(answer(bybit).flatMap(bybit.control)).toEqual([{ type: "pong", id: 3 }]);
    expect(answer(option)).toEqual(['{"args":["1787644800846"],"op":"pong"}']);
  });

  it("refuses a request whole for one topic that there is not", () => {
    const [text] = texts(bybit, [{ channel: "book", symbol: "FOOUSDT" }]);
    const heard = bybit.server.request(text!) as ClientRequest;
    const answers = bybit.server.refuse(heard, heard.subscriptions, connection).flatMap(bybit.control);
    expect(answers).toMatchObject([{ type: "refused", id: 17, symbol: "FOOUSDT" }]);
    const mixed = {
      ...heard,
      subscriptions: [...heard.subscriptions, { channel: "trade", symbol: "X" }],
    } as const;
    expect(bybit.server.accept(mixed, heard.subscriptions, connection)).toEqual([]);
  });

  it("acks what options were given, and lists what they were not", () => {
    const [text] = texts(option, [
      { channel: "book", symbol: CALL },
      { channel: "ticker", symbol: CALL },
    ]);
    const heard = option.server.request(text!) as ClientRequest;
    const [book, ticker] = heard.subscriptions;
    expect(option.server.accept(heard, [book!], connection).flatMap(option.control)).toEqual([
      { type: "ack", id: null, channel: "book", symbol: CALL },
    ]);
    expect(option.server.refuse(heard, [ticker!], connection).flatMap(option.control)).toMatchObject([
      { type: "refused", channel: "ticker", symbol: CALL },
    ]);
  });

  it("hears what is no request", () => {
    const eleven = JSON.stringify({ op: "subscribe", args: Array(11).fill("tickers.BTCUSDT") });
    const bad = ["", "[]", '{"op":"auth","args":[]}', '{"op":"subscribe","args":[]}', eleven];
    for (const text of [...bad, '{"op":"subscribe","args":["orderbook.7.BTCUSDT"]}'])
      expect(bybit.server.request(text)).toBeInstanceOf(Error);
    expect(linear.server.request(eleven)).not.toBeInstanceOf(Error);
  });
});

describe("metadata", () => {
  const row = (fields: object): string =>
    JSON.stringify({ retCode: 0, retMsg: "OK", result: { list: [fields], nextPageCursor: "" } });
  const steps = { priceFilter: { tickSize: "0.50" }, lotSizeFilter: { qtyStep: "1" } };
  const future = {
    symbol: "BTCUSDZ26",
    contractType: "InverseFutures",
    status: "Trading",
    baseCoin: "BTC",
    quoteCoin: "USD",
    deliveryTime: "1798185600000",
    ...steps,
  };
  const inverse = withOptions(bybit, { category: "inverse" });

  it("knows days, strikes and states", () => {
    expect(inverse.instruments.parse(row(future))).toEqual([
      instrumentOf({
        symbol: "inverse:BTCUSDZ26",
        canonical: "BTC-USD-25DEC26",
        kind: "future",
        status: "trading",
        tick: 0.5,
        lot: 1,
        sizeUnit: "quote",
        expiry: Date.UTC(2026, 11, 25, 8) * 1000,
      }),
    ]);
    const states = ["PreLaunch", "Settling", "Delivering", "Closed", "Resting"].map(
      (status) => inverse.instruments.parse(row({ ...future, status }))[0]!.status,
    );
    expect(states).toEqual(["pre_open", "halted", "halted", "expired", "unknown"]);
    const delisted = { ...future, symbol: "BTCUSD", contractType: "InversePerpetual", status: "Closed" };
    expect(inverse.instruments.parse(row(delisted))).toMatchObject([
      { canonical: "BTC-USD-PERP", kind: "perpetual", status: "delisted", expiry: NaN },
    ]);
    const put = { ...future, symbol: "XRP-30OCT26-0.4-P-USDT", optionsType: "Put" };
    expect(option.instruments.parse(row(put))).toMatchObject([
      { canonical: "XRP-USDT-30OCT26-0.4-P", kind: "option", strike: 0.4, base: "XRP", quote: "USDT" },
    ]);
    expect(inverse.instruments.parse(row({ ...future, symbol: "BTCEUR", deliveryTime: "0" }))).toEqual([]);
  });

  it("comes in pages, which the cursor of each asks for, escaped once", () => {
    const { requests, next } = linear.instruments;
    const after = (cursor: unknown, from = requests[0]!): string | null =>
      next!(from, JSON.stringify({ retCode: 0, result: { list: [], nextPageCursor: cursor } }))?.path ?? null;
    const first = "/v5/market/instruments-info?category=linear&limit=1000";
    expect(requests.map(({ path }) => path)).toEqual([first]);
    expect(after("first%3DZRX")).toBe(`${first}&cursor=first%3DZRX`);
    expect(after("page=2 &", { path: `${first}&cursor=first%3DZRX`, weight: 1 })).toBe(
      `${first}&cursor=page%3D2%20%26`,
    );
    expect(["", null, 7, undefined].map((cursor) => after(cursor))).toEqual([null, null, null, null]);
    expect(next!(requests[0]!, "<html>")).toBeNull();
    // A venue that answers with the same cursor for ever is not asked for ever.
    expect(after("1", { path: `${first}&cursor=1`, weight: 1 })).toBeNull();
  });

  it("is written in pages that together are the list", () => {
    const all = Array.from({ length: 2301 }, (_, i) => {
      const text = `C${i}USDT`;
      const names = { symbol: `linear:${text}`, canonical: `C${i}-USDT-PERP`, kind: "perpetual" } as const;
      return instrumentOf({ ...names, status: "trading", tick: 0.1, lot: 0.001 });
    });
    const { requests, next, parse } = linear.instruments;
    const read: string[] = [];
    let pages = 0;
    for (let request: RestRequest | null = requests[0]!; request !== null; pages++) {
      const body = linear.server.instrumentsBody(all, request.path);
      read.push(...parse(body).map(({ symbol }) => symbol));
      request = next!(request, body);
    }
    expect(pages).toBe(3);
    expect(read).toEqual(all.map(({ symbol }) => symbol));
  });

  it("takes the coins of a spot pair from where they are told, not from its text", () => {
    const pair = { symbol: "XUSDTUSDC", baseCoin: "XUSDT", quoteCoin: "USDC", status: "Trading", ...steps };
    expect(bybit.instruments.parse(row({ ...pair, baseCoin: "X", quoteCoin: "USDTUSDC" }))).toMatchObject([
      { symbol: "XUSDTUSDC", canonical: "X-USDTUSDC", base: "X", quote: "USDTUSDC" },
    ]);
  });

  it("has a word for every state, and names the venue's error instead of an empty list", () => {
    const words = ["trading", "pre_open", "halted", "expired", "delisted", "unknown"] as const;
    expect(words.map(statusWord)).toEqual([
      "Trading",
      "PreLaunch",
      "Delivering",
      "Closed",
      "Closed",
      "Unlisted",
    ]);
    const body = '{"retCode":10001,"retMsg":"params error: Category is invalid","result":{}}';
    expect(() => bybit.instruments.parse(body)).toThrow("saw 10001 params error: Category is invalid");
  });
});
