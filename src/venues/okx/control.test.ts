import { describe, expect, it } from "vitest";
import { FRAME, instrumentOf, withOptions } from "../../model/index.ts";
import type { ClientRequest, Control, ServerConnection, Subscription } from "../../model/index.ts";
import { fixturesOf } from "../../../test/contracts/frames.ts";
import { Rig } from "../../../test/contracts/venue-rig.ts";
import { statusOf, statusWord } from "./instruments.ts";
import { okx } from "./venue.ts";

const [CONNECT] = fixturesOf("okx");
const said = CONNECT!.frames.flatMap(({ dir, text }) =>
  dir === "in" && text !== "pong" ? okx.control(text!) : [],
);
const says = (type: Control["type"]): Control[] => said.filter((one) => one.type === type);

const NONE = { pricePrecision: -1, sizePrecision: -1, expiry: NaN, strike: NaN } as const;
const EXPIRY = Date.UTC(2026, 11, 25, 8) * 1000;

describe("cold frames of OKX", () => {
  it("answer each argument by itself; figures beside tickers are named as parts", () => {
    expect(says("ack")).toEqual([
      { type: "ack", id: 17, channel: "instrument" },
      { type: "ack", id: 17, channel: "status" },
      { type: "ack", id: 17, channel: "book", symbol: "BTC-USDT" },
      { type: "ack", id: 17, channel: "ticker", symbol: "BTC-USDT-SWAP" },
      { type: "ack", id: 17, channel: "ticker", symbol: "mark-price of BTC-USDT-SWAP" },
      { type: "ack", id: 17, channel: "ticker", symbol: "index-tickers of BTC-USDT" },
      { type: "ack", id: 17, channel: "liquidation" },
      { type: "ack", id: null, channel: "ticker", symbol: "BTC-USDT" },
      { type: "ack", id: 22, channel: "book", symbol: "BTC-USDT" },
    ]);
  });

  it("refuse by a text that names channel and instrument, or as a whole", () => {
    const wrong = (channel: string, instId: string): string =>
      `60018: Wrong URL or channel:${channel},instId:${instId} doesn't exist. Please use the correct URL, channel and parameters referring to API document.`;
    expect(says("refused")).toEqual([
      { type: "refused", id: 17, channel: "book", symbol: "FOO-BAR", reason: wrong("books", "FOO-BAR") },
      {
        type: "refused",
        id: 18,
        channel: "ticker",
        symbol: "BTC-USD-261225",
        reason: wrong("funding-rate", "BTC-USD-261225"),
      },
      { type: "refused", id: 19, symbol: "BTC-USDT", reason: wrong("trades-all", "BTC-USDT") },
      { type: "refused", id: 20, reason: "60011: Please log in" },
      { type: "refused", id: 21, reason: "60014: Requests too frequent" },
    ]);
    expect(says("error").map((one) => one.type === "error" && one.reason.slice(0, 23))).toEqual([
      "60012: Invalid request:",
      "63999: Login failed due",
    ]);
  });

  it("do not take an index that is refused for the spot pair of its name", () => {
    const msg = "Wrong URL or channel:index-tickers,instId:BTC-USDT doesn't exist.";
    expect(okx.control(JSON.stringify({ id: "9", event: "error", code: "60018", msg }))).toEqual([
      {
        type: "refused",
        id: 9,
        channel: "ticker",
        symbol: "index-tickers of BTC-USDT",
        reason: `60018: ${msg}`,
      },
    ]);
    const whole = "channel:liquidation-orders,instType:BOND doesn't exist.";
    expect(okx.control(JSON.stringify({ event: "error", code: "60018", msg: whole }))).toEqual([
      { type: "refused", id: null, channel: "liquidation", reason: `60018: ${whole}` },
    ]);
  });

  it("tell instruments of every kind, with contract values, expiries and states", () => {
    const all = says("instruments").flatMap((one) => (one.type === "instruments" ? one.instruments : []));
    const perpetual = { ...NONE, kind: "perpetual", base: "BTC", tick: 0.1 } as const;
    expect(all).toEqual([
      instrumentOf({
        symbol: "BTC-USDT",
        canonical: "BTC-USDT",
        status: "trading",
        tick: 0.1,
        lot: 1e-8,
      }),
      expect.objectContaining({ symbol: "MOVE-USDT", status: "pre_open" }),
      expect.objectContaining({ symbol: "LUNC-USDT", status: "halted" }),
      {
        ...perpetual,
        symbol: "BTC-USDT-SWAP",
        canonical: "BTC-USDT-PERP",
        quote: "USDT",
        status: "trading",
        lot: 0.01,
        contractValue: 0.01,
      },
      {
        ...perpetual,
        symbol: "BTC-USD-SWAP",
        canonical: "BTC-USD-PERP",
        quote: "USD",
        status: "trading",
        lot: 1,
        contractValue: 100,
        sizeUnit: "quote",
      },
      expect.objectContaining({ canonical: "BTC-USD-25DEC26", kind: "future", expiry: EXPIRY }),
      expect.objectContaining({ canonical: "BTC-USD_UM_XPERP-04APR31", kind: "future", contractValue: 0.01 }),
      expect.objectContaining({
        canonical: "BTC-USD-25DEC26-100000-C",
        kind: "option",
        contractValue: 0.01,
        strike: 100000,
        expiry: EXPIRY,
      }),
      expect.objectContaining({ symbol: "LUNA-USD-SWAP", status: "expired" }),
      expect.objectContaining({ symbol: "PUMP-USDT-SWAP", status: "halted" }),
    ]);
  });

  it("tell of maintenance of what trades, and of an upgrade that will close the connection", () => {
    expect(says("venue_status")).toEqual([
      {
        type: "venue_status",
        state: "trading",
        detail: "maintenance scheduled: Trading service upgrade (service 5)",
      },
      {
        type: "venue_status",
        state: "halted",
        detail: "maintenance ongoing: Trading service upgrade (service 5)",
      },
      {
        type: "venue_status",
        state: "pre_open",
        detail: "maintenance pre_open: Trading service upgrade (service 5)",
      },
      {
        type: "venue_status",
        state: "trading",
        detail: "maintenance completed: Trading service upgrade (service 5)",
      },
      {
        type: "venue_status",
        state: "trading",
        detail: "maintenance ongoing: Trading bot upgrade (service 7)",
      },
    ]);
    const reason = "64008: The connection will soon be closed for a service upgrade. Please reconnect.";
    expect(says("shutdown")).toEqual([{ type: "shutdown", reason }]);
  });

  it("are unknown when they are nothing of that", () => {
    for (const text of ["", "17", "{}", '{"event":"login"}', '{"event":"subscribe","arg":{"channel":"x"}}'])
      expect(okx.control(text)).toEqual([{ type: "unknown" }]);
  });

  it("have a word for every state, and a state for every word", () => {
    for (const word of ["live", "suspend", "preopen", "expired", "post_only"])
      expect(statusWord(statusOf(word))).toBe(word);
    expect(["test", "new", 7, undefined].map(statusOf)).toEqual(["unknown", "unknown", "unknown", "unknown"]);
    expect(statusWord("unknown")).toBe("test");
  });
});

function texts(subscriptions: readonly Subscription[]): string[] {
  let id = 16;
  return okx.subscribe(subscriptions, () => ++id).map(({ text }) => text);
}

describe("requests to OKX", () => {
  it("pack arguments, with their id as text", () => {
    expect(
      texts([
        { channel: "book", symbol: "BTC-USDT" },
        { channel: "quote", symbol: "BTC-USDT" },
        { channel: "partial_book", symbol: "BTC-USDT" },
        { channel: "trade", symbol: "BTC-USDT" },
        { channel: "ticker", symbol: "BTC-USDT" },
        { channel: "status", symbol: "" },
      ]),
    ).toEqual([
      '{"id":"17","op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"},{"channel":"bbo-tbt","instId":"BTC-USDT"},{"channel":"books5","instId":"BTC-USDT"},{"channel":"trades","instId":"BTC-USDT"},{"channel":"tickers","instId":"BTC-USDT"},{"channel":"status"}]}',
    ]);
  });

  it("ask for all figures an instrument has, and for its index", () => {
    const channels = (symbol: string): string[] => {
      const [text] = texts([{ channel: "ticker", symbol }]);
      const { args } = JSON.parse(text!) as {
        args: { channel: string; instId: string; instFamily?: string }[];
      };
      return args.map(({ channel, instId, instFamily = instId }) => `${channel} ${instFamily}`);
    };
    expect(channels("BTC-USD-SWAP")).toEqual([
      "tickers BTC-USD-SWAP",
      "mark-price BTC-USD-SWAP",
      "funding-rate BTC-USD-SWAP",
      "open-interest BTC-USD-SWAP",
      "index-tickers BTC-USD",
    ]);
    expect(channels("BTC-USD-261225").slice(1)).toEqual([
      "mark-price BTC-USD-261225",
      "open-interest BTC-USD-261225",
      "index-tickers BTC-USD",
    ]);
    expect(channels("BTC-USD_UM_XPERP-310404")).toContain("funding-rate BTC-USD_UM_XPERP-310404");
    expect(channels("BTC-USD_UM-261225-1-C").slice(1)).toEqual([
      "mark-price BTC-USD_UM-261225-1-C",
      "open-interest BTC-USD_UM-261225-1-C",
      "opt-summary BTC-USD_UM",
      "index-tickers BTC-USD",
    ]);
  });

  it("ask for a family once, and end only what is an instrument's own", () => {
    const options = ["BTC-USD-261225-1-C", "BTC-USD-261225-2-P", "BTC-USD-SWAP"];
    const tickers = options.map((symbol): Subscription => ({ channel: "ticker", symbol }));
    const all = [...tickers, { channel: "liquidation", symbol: "BTC-USD-SWAP" } as const];
    const args = (text: string): string[] =>
      (JSON.parse(text) as { args: Record<string, string>[] }).args.map((arg) =>
        Object.values(arg).join(" "),
      );
    const shared = ["index-tickers BTC-USD", "opt-summary BTC-USD", "liquidation-orders SWAP"];
    const [asked, ...more] = texts(all);
    expect(more).toEqual([]);
    for (const one of shared) expect(args(asked!).filter((arg) => arg === one)).toEqual([one]);
    const [ended] = okx.unsubscribe(all, () => 1);
    expect(args(ended!.text)).toEqual(args(asked!).filter((arg) => !shared.includes(arg)));
    expect(ended!.covers).toEqual(tickers);
  });

  it("name forced orders of a kind once, however many instruments want them", () => {
    const symbols = ["BTC-USDT-SWAP", "ETH-USDT-SWAP", "BTC-USDT", "BTC-USD-261225"];
    const all = symbols.map((symbol): Subscription => ({ channel: "liquidation", symbol }));
    let id = 0;
    const [request, ...more] = okx.subscribe(all, () => ++id);
    expect(more).toEqual([]);
    expect(request!.covers).toEqual(all);
    expect(JSON.parse(request!.text)).toEqual({
      id: "1",
      op: "subscribe",
      args: ["SWAP", "MARGIN", "FUTURES"].map((instType) => ({ channel: "liquidation-orders", instType })),
    });
  });

  it("stay below four kilobytes, and below the venue's count for a full connection", () => {
    const symbols = Array.from({ length: 100 }, (_, i) => `COIN${i}-USD-261225-100000-C`);
    const made = texts(symbols.map((symbol) => ({ channel: "ticker", symbol })));
    expect(made.every((text) => text.length <= 4096)).toBe(true);
    expect(made.length).toBeLessThan(10);
    expect(okx.heartbeat.ping!.text!(1)).toBe("ping");
  });
});

const connection: ServerConnection = { path: "/ws/v5/public", sequence: 0, active: [], now: () => 0 };

describe("the venue's side", () => {
  it("answers the text ping, and acks and refuses argument by argument", () => {
    expect(okx.server.accept(okx.server.request("ping") as ClientRequest, [], connection)).toEqual(["pong"]);
    const [text] = texts([
      { channel: "ticker", symbol: "BTC-USDT-SWAP" },
      { channel: "book", symbol: "FOO-BAR" },
    ]);
    const heard = okx.server.request(text!) as ClientRequest;
    const [ticker, book] = heard.subscriptions;
    const acks = okx.server.accept(heard, [ticker!], connection).flatMap((one) => okx.control(one));
    expect(acks.map((one) => one.type === "ack" && one.symbol)).toEqual([
      "BTC-USDT-SWAP",
      "mark-price of BTC-USDT-SWAP",
      "funding-rate of BTC-USDT-SWAP",
      "open-interest of BTC-USDT-SWAP",
      "index-tickers of BTC-USDT",
    ]);
    const [refused, ...more] = okx.server
      .refuse(heard, [book!], connection)
      .flatMap((one) => okx.control(one));
    expect(more).toEqual([]);
    expect(refused).toMatchObject({ type: "refused", id: 17, channel: "book", symbol: "FOO-BAR" });
  });

  it("hears what is no request", () => {
    for (const text of ["", "pong", "{}", '{"op":"login","args":[]}', '{"op":"subscribe","args":[]}'])
      expect(okx.server.request(text)).toBeInstanceOf(Error);
  });

  it("lets the figures of one event take turns", () => {
    const symbol = "BTC-USDT-SWAP";
    const one = instrumentOf({ symbol, canonical: "BTC-USDT-PERP" });
    const spot = instrumentOf({ symbol: "BTC-USDT", canonical: "BTC-USDT" });
    const rig = new Rig(okx, [one, spot]);
    const now: ServerConnection = { ...connection, now: () => 1_787_644_800_000_000 };
    const common = { venue: "okx", symbol, instrument: "BTC-USDT-PERP", ts_event: null, ts_recv: 0 };
    const figures = { mark_price: 2, index_price: 3, funding_rate: 0.1, open_interest: 7 };
    const seen = Array.from({ length: 4 }, () => {
      const text = okx.server.encode(
        { type: "ticker", ...common, ...figures },
        one,
        { channel: "ticker", symbol },
        now,
      );
      const { venue: _v, instrument: _i, ts_event: _e, ts_recv: _r, ...rest } = rig.text(text).events[0]!;
      return rest;
    });
    expect(seen).toEqual([
      { type: "ticker", symbol, mark_price: 2 },
      { type: "ticker", symbol, funding_rate: 0.1 },
      { type: "ticker", symbol, open_interest: 7 },
      { type: "index", symbol: "BTC-USDT", price: 3 },
    ]);
  });
});

describe("switches of OKX", () => {
  it("list the kinds of products by their own requests", () => {
    const path = (products: string): string[] =>
      withOptions(okx, { products }).instruments.requests.map(({ path: one }) => one.split("instType=")[1]!);
    const options = ["OPTION&instFamily=BTC-USD", "OPTION&instFamily=ETH-USD"];
    expect(okx.instruments.requests[0]!.path).toBe("/api/v5/public/instruments?instType=SPOT");
    expect(path("no_options")).toEqual(["SPOT", "SWAP", "FUTURES"]);
    expect(path("all")).toEqual(["SPOT", "SWAP", "FUTURES", ...options]);
    expect(path("option")).toEqual(options);
    expect(["spot", "swap", "futures", "option_btc", "option_eth"].flatMap(path)).toEqual([
      "SPOT",
      "SWAP",
      "FUTURES",
      ...options,
    ]);
    const listed = withOptions(okx, { products: "all" }).sockets[0]!.always!.map(({ symbol }) => symbol);
    expect(listed).toEqual(["SPOT", "SWAP", "FUTURES", "OPTION", ""]);
    expect(() => path("bonds")).toThrow(RangeError);
  });

  it("name the venue's error instead of an empty list", () => {
    const body = '{"code":"51000","msg":"Parameter instFamily error","data":[]}';
    expect(() => okx.instruments.parse(body)).toThrow("51000 Parameter instFamily error");
  });

  it("can fetch books over REST, should the stream send no snapshot any more", () => {
    const rest = withOptions(okx, { book_snapshot: "rest" });
    const rig = new Rig(rest, [instrumentOf({ symbol: "BTC-USDT", canonical: "BTC-USDT" })]);
    const common = {
      venue: "okx",
      symbol: "BTC-USDT",
      instrument: "BTC-USDT",
      ts_event: 1_787_644_800_105_000,
    };
    const event = {
      type: "book",
      action: "snapshot",
      ...common,
      bids: [[64010, 1.913]],
      asks: [[64010.1, 0.2541]],
      seq: "71230987001",
      prev_seq: null,
      ts_recv: 0,
    } as const;
    const body = okx.server.snapshotBody(
      { ...event, bids: [[64010, 1.913]], asks: [[64010.1, 0.2541]] },
      rig.instruments[0]!,
    );
    const read = rig.snapshot(body, "BTC-USDT");
    expect(read.events).toEqual([{ ...event, ts_recv: read.events[0]!.ts_recv }]);
    for (const bad of [
      "",
      "{}",
      '{"code":"51001","msg":"no","data":[]}',
      '{"code":"0","msg":"","data":[]}',
      body.slice(0, -1),
    ])
      expect(rig.snapshot(bad, "BTC-USDT").frame).toBe(FRAME.BAD);
    if (rest.snapshot.via !== "rest") throw new Error("expected REST");
    const { path } = rest.snapshot.request("BTC-USDT");
    expect(path).toBe("/api/v5/market/books?instId=BTC-USDT&sz=400&source=0");
    expect(rest.snapshot.symbolOf(okx.rest.url + path)).toBe("BTC-USDT");
    expect(rest.snapshot.symbolOf(`${okx.rest.url}/api/v5/market/tickers?instId=BTC-USDT`)).toBeNull();
  });
});
