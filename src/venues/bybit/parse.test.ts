import { describe, expect, it } from "vitest";
import { FRAME, instrumentOf } from "../../model/index.ts";
import { fixturesOf } from "../../../test/contracts/frames.ts";
import { Rig } from "../../../test/contracts/venue-rig.ts";
import type { Read } from "../../../test/contracts/venue-rig.ts";
import { bybit } from "./venue.ts";

/** Texts of every category: parse does not know which it is. */
const TEXTS = [
  "BTCUSDT",
  "ETHBTC",
  "SHIBUSDT",
  "BTCUSDT-25DEC26",
  "BTCPERP",
  "1000PEPEUSDT",
  "BTCUSD",
].concat(["BTCUSDZ26", "BTC-25DEC26-100000-C-USDT", "BTC-25DEC26-100000-P"]);
const rig = new Rig(
  bybit,
  TEXTS.map((symbol) => instrumentOf({ symbol, canonical: symbol })),
);
const read = (text: string): Read => rig.text(text, { at: 7, behind: 0x30 });
const FRAMES = ["bybit", "bybit/linear", "bybit/inverse", "bybit/option"].flatMap((folder) =>
  fixturesOf(folder).flatMap(({ frames }) =>
    frames.flatMap(({ dir, text }) => (dir === "in" && text !== undefined ? [text] : [])),
  ),
);

type Json = { [key: string]: Json } & Json[] & string;
const known = (text: string): boolean => TEXTS.includes(text);
const pair = (level: Json): number[] => [Number(level[0]), Number(level[1])];

/** Last 16 digits of a UUID, or the number, as the number it is. */
const idOf = (id: string): string =>
  id.includes("-") ? String(BigInt(`0x${id.replaceAll("-", "").slice(16)}`)) : id;

function plainBook({ type, ts, cts, data }: Json, top: boolean): object[] {
  const head = { symbol: data!["s"], ts_event: Number(cts ?? ts) * 1000 };
  if (top) {
    const [bid_price = null, bid_size = null] = data!["b"]!.flatMap(pair);
    const [ask_price = null, ask_size = null] = data!["a"]!.flatMap(pair);
    return [
      { type: "quote", ...head, bid_price, bid_size, ask_price, ask_size, update_id: String(data!["u"]) },
    ];
  }
  const u = Number(data!["u"]);
  const action = String(type) === "snapshot" || u === 1 ? "snapshot" : "update";
  const ids = { seq: u === 0 ? null : String(u), prev_seq: action === "snapshot" ? null : String(u - 1) };
  return [
    { type: "book", action, ...head, bids: data!["b"]!.map(pair), asks: data!["a"]!.map(pair), ...ids },
  ];
}

function plainTicker({ ts, data }: Json): object[] {
  const one = data as unknown as Record<string, string>;
  const open = one["singleOpenInterest"];
  const number = (text: string | undefined): number | undefined => (text ? Number(text) : undefined);
  const price = (text: string | undefined): number | undefined => number(text) || undefined;
  const next = number(one["nextFundingTime"]);
  const figures = {
    mark_price: number(one["markPrice"]),
    index_price: number(one["indexPrice"]),
    funding_rate: number(one["fundingRate"]),
    next_funding_ts: next === undefined ? undefined : next * 1000,
    open_interest: number(open),
  };
  const day = {
    last_price: price(one["lastPrice"]),
    volume_24h: number(one["volume24h"]),
    high_24h: price(one["highPrice24h"]),
    low_24h: price(one["lowPrice24h"]),
  };
  if (one["markPriceIv"] !== undefined) return plainOption(data!, ts!, day);
  const groups = [figures, one["lastPrice"] === "0" ? {} : day].map((group) =>
    Object.fromEntries(Object.entries(group).filter(([, value]) => value !== undefined)),
  );
  return groups
    .filter((group) => Object.keys(group).length > 0)
    .map((group) => ({ type: "ticker", symbol: one["symbol"], ts_event: Number(ts) * 1000, ...group }));
}

/** All figures of an option, its quote where there is one, and the day where there was a trade. */
function plainOption(one: Json, ts: Json, day: object): object[] {
  const head = { symbol: one["symbol"], ts_event: Number(ts) * 1000 };
  const value = (name: string): number => Number(one[name]);
  const some = (name: string): number | undefined => value(name) || undefined;
  const figures = {
    mark_price: value("markPrice"),
    index_price: value("indexPrice"),
    underlying_price: value("underlyingPrice"),
    open_interest: value("openInterest"),
    mark_iv: value("markPriceIv"),
    bid_iv: some("bidIv"),
    ask_iv: some("askIv"),
    delta: value("delta"),
    gamma: value("gamma"),
    vega: value("vega"),
    theta: value("theta"),
    last_price: some("lastPrice"),
    volume_24h: value("volume24h"),
  };
  const [bid, ask] = [some("bidPrice"), some("askPrice")];
  const quote = {
    bid_price: bid ?? null,
    bid_size: bid === undefined ? null : value("bidSize"),
    ask_price: ask ?? null,
    ask_size: ask === undefined ? null : value("askSize"),
    update_id: null,
  };
  const told = Object.fromEntries(Object.entries(figures).filter(([, figure]) => figure !== undefined));
  return [
    { type: "option_ticker", ...head, ...told },
    { type: "quote", ...head, ...quote },
    ...(some("lastPrice") === undefined ? [] : [{ type: "ticker", ...head, ...day }]),
  ];
}

function plainRows(data: Json, forced: boolean): object[] {
  return data.map((row) => {
    const buys = String(row["S"]) === "Buy";
    const common = {
      symbol: row["s"],
      ts_event: Number(row["T"]) * 1000,
      price: Number(row["p"]),
      size: Number(row["v"]),
    };
    if (forced) return { type: "liquidation", ...common, side: buys ? "sell" : "buy" };
    return { type: "trade", ...common, id: idOf(String(row["i"])), side: buys ? "buy" : "sell" };
  });
}

/** What a frame says, by the documentation and nothing else: JSON.parse and Number. */
function plain(text: string): object[] {
  const frame = JSON.parse(text) as Json;
  const [stream, depth] = String(frame["topic"]).split(".");
  const events =
    stream === "orderbook"
      ? plainBook(frame, depth === "1")
      : stream === "tickers"
        ? plainTicker(frame)
        : plainRows(frame["data"]!, stream === "allLiquidation");
  return events.filter((event) => known((event as { symbol: string }).symbol));
}

const stripped = ({ events }: Read): object[] =>
  events.map(({ venue: _venue, instrument: _name, ts_recv: _recv, ...rest }) => rest);

describe("frames of Bybit", () => {
  it("mean what a naive reading says", () => {
    const data = FRAMES.filter((text) => read(text).frame === FRAME.DATA);
    expect(data.length).toBeGreaterThan(65);
    for (const text of data) {
      const seen = read(text);
      expect(stripped(seen), text).toEqual(plain(text));
      expect(seen.inexact, text).toBe(0);
    }
  });

  it("are on the fast path in every order of keys that was seen of production", () => {
    const fellBack = ({ fallbacks, slowFallbacks }: Read): boolean => fallbacks + slowFallbacks > 0;
    const slow = FRAMES.filter((text) => fellBack(read(text))).map((text) => text.slice(0, 44));
    expect(slow).toEqual([
      '{"type":"delta","topic":"orderbook.50.BTCUSD',
      '{"type":"snapshot","topic":"orderbook.1.BTCU',
      '{"topic":"publicTrade.BTCUSDT","type":"snaps',
      // A UUID in capitals.
      '{"topic":"publicTrade.BTCUSDT","type":"snaps',
      '{"data":{"symbol":"BTCUSDT","markPrice":"172',
      // The message id in another place, as in documentation of 2023.
      '{"topic":"orderbook.25.BTC-25DEC26-100000-P"',
      '{"id":"tickers.x","topic":"tickers.BTC-25DEC',
    ]);
  });
});

const BOOK =
  '{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1787644800122,"data":{"s":"BTCUSDT","b":[["64010.1","2"]],"a":[],"u":3,"seq":4},"cts":1787644800120}';
const QUOTE =
  '{"topic":"orderbook.1.BTCUSDT","ts":1787644800122,"type":"snapshot","data":{"s":"BTCUSDT","b":[["64010.1","2"]],"a":[],"u":3,"seq":4},"cts":1787644800120}';
const TRADE =
  '{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1786540363844,"data":[{"T":1786540363843,"s":"BTCUSDT","S":"Buy","v":"0.015","p":"63976.10","L":"PlusTick","i":"e799c7b7-1ccc-53d9-b84a-fb7a460397bc","BT":false,"RPI":false,"seq":7}]}';
const PAIR =
  '{"topic":"publicTrade.BTCUSDT","ts":1786538700834,"type":"snapshot","data":[{"i":"2290000001190010739","T":1786538700833,"p":"64104.5","v":"0.00325","S":"Sell","seq":112571834644,"s":"BTCUSDT","BT":false,"RPI":false}]}';
const TICKER =
  '{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","markPrice":"63986.66","fundingRate":"-0.1","nextFundingTime":"1787673600000"},"cs":5,"ts":1786540397983}';
const FORCED =
  '{"topic":"allLiquidation.BTCUSDT","type":"snapshot","ts":1739502303204,"data":[{"T":1739502302929,"s":"BTCUSDT","S":"Sell","v":"20000","p":"0.04499"}]}';

/** [frame, what is replaced, by what, verdict] */
const WRONG: readonly (readonly [string, string, string, number])[] = [
  // Values that cannot be.
  [BOOK, '"64010.1"', '"-64010.1"', FRAME.BAD],
  [BOOK, '"64010.1"', '""', FRAME.BAD],
  [BOOK, '"64010.1"', '"1e400"', FRAME.BAD],
  [BOOK, '"64010.1"', '"064010.1"', FRAME.BAD],
  [BOOK, '"2"', '"NaN"', FRAME.BAD],
  [BOOK, '"u":3', '"u":-3', FRAME.BAD],
  [BOOK, '"u":3', '"u":9007199254740992', FRAME.BAD],
  [BOOK, '"seq":4', '"seq":0.5', FRAME.BAD],
  [BOOK, '"cts":1787644800120', '"cts":9787644800120', FRAME.BAD],
  [BOOK, '"ts":1787644800122', '"ts":-1', FRAME.BAD],
  [QUOTE, '"2"', '"-2"', FRAME.BAD],
  [TRADE, '"63976.10"', '""', FRAME.BAD],
  [TRADE, "e799c7b7-", "e799c7g7-", FRAME.BAD],
  [TRADE, "fb7a460397bc", "fb7a460397b", FRAME.BAD],
  [TRADE, "1ccc-53d9", "1ccc053d9", FRAME.BAD],
  [TRADE, '"T":1786540363843', '"T":1786540363843.5', FRAME.BAD],
  [PAIR, "2290000001190010739", "22900000011900107390000", FRAME.BAD],
  [PAIR, "2290000001190010739", "trade", FRAME.BAD],
  [TICKER, '"63986.66"', '"-63986.66"', FRAME.BAD],
  [TICKER, '"-0.1"', '"--0.1"', FRAME.BAD],
  [TICKER, '"cs":5', '"cs":5.5', FRAME.BAD],
  [FORCED, '"20000"', '"-20000"', FRAME.BAD],
  // Forms that nobody has documented.
  [BOOK, '"delta"', '"update"', FRAME.UNKNOWN],
  [BOOK, '["64010.1","2"]', '["64010.1","2","1"]', FRAME.UNKNOWN],
  [BOOK, '["64010.1","2"]', '[64010.1,"2"]', FRAME.UNKNOWN],
  [BOOK, '"u":3,', "", FRAME.UNKNOWN],
  [BOOK, '"u":3', '"u":"3"', FRAME.UNKNOWN],
  [BOOK, '"s":"BTCUSDT"', '"s":"ETHUSDT"', FRAME.UNKNOWN],
  [BOOK, '"a":[],', "", FRAME.UNKNOWN],
  [BOOK, "orderbook.50.", "orderbook.51.", FRAME.UNKNOWN],
  [BOOK, "orderbook.50.", "orderbook.0050.", FRAME.UNKNOWN],
  [QUOTE, '"a":[]', '"a":[["1","1"],["2","1"]]', FRAME.UNKNOWN],
  [TRADE, "publicTrade.BTCUSDT", "publicTrade.", FRAME.UNKNOWN],
  [FORCED, "allLiquidation.BTCUSDT", "allLiquidation.", FRAME.UNKNOWN],
  [TRADE, '"Buy"', '"buy"', FRAME.UNKNOWN],
  [TRADE, '"i":"e799c7b7-1ccc-53d9-b84a-fb7a460397bc"', '"i":7', FRAME.UNKNOWN],
  [TRADE, '"v":"0.015"', '"v":0.015', FRAME.UNKNOWN],
  [TICKER, '"symbol":"BTCUSDT"', '"symbol":"ETHUSDT"', FRAME.UNKNOWN],
  [TICKER, '"63986.66"', "63986.66", FRAME.UNKNOWN],
  [FORCED, '"S":"Sell"', '"S":"Short"', FRAME.UNKNOWN],
  // Known by name.
  [QUOTE, '"snapshot"', '"delta"', FRAME.IGNORED],
  [BOOK, "orderbook.50.", "orderbook.rpi.", FRAME.IGNORED],
  [BOOK, "orderbook.50.", "orderbook.full.", FRAME.IGNORED],
];

describe("verdicts", () => {
  it.each(WRONG)("on %s with %s as %s", (frame, from, to, verdict) => {
    const whole = read(frame);
    expect([whole.frame, whole.slowFallbacks]).toEqual([FRAME.DATA, 0]);
    expect(frame).toContain(from);
    const seen = read(frame.replace(from, to));
    expect([seen.frame, seen.slots.length]).toEqual([verdict, 0]);
  });

  it("on answers, pongs and what is no frame", () => {
    for (const text of ['{"success":true,"ret_msg":"pong","op":"ping"}', '{"args":["1"],"op":"pong"}'])
      expect(read(text).frame).toBe(FRAME.HEARTBEAT);
    for (const text of ['{"success":false,"op":"ping"}', '{"success":true,"op":"subscribe"}'])
      expect(read(text).frame).toBe(FRAME.CONTROL);
    for (const text of ["", "{", '{"topic":']) expect(read(text).frame).toBe(FRAME.BAD);
    for (const text of ["{}", "[]", "17", '{"topic":7}', '{"topic":"greeks.BTC"}', '{"op":"auth"}'])
      expect(read(text).frame).toBe(FRAME.UNKNOWN);
  });

  it("on numbers: the largest that are exact, and the one that means a restart", () => {
    const [book] = read(BOOK.replace('"u":3', '"u":9007199254740991')).events;
    expect(book).toMatchObject({ action: "update", seq: "9007199254740991", prev_seq: "9007199254740990" });
    const [high] = read(BOOK.replace('"u":3', '"u":4294967296')).events;
    expect(high).toMatchObject({ seq: "4294967296", prev_seq: "4294967295" });
    const [restart] = read(BOOK.replace('"u":3', '"u":1')).events;
    expect(restart).toMatchObject({ action: "snapshot", seq: "1", prev_seq: null });
  });
});
