import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instrumentOf } from "../../model/index.ts";
import type { Channel, ServerConnection, Subscription } from "../../model/index.ts";
import { fixturesOf } from "../../../test/contracts/frames.ts";
import { coinbase } from "./venue.ts";

const [CONNECT] = fixturesOf("coinbase");
const said = CONNECT!.frames.flatMap(({ dir, text }) => (dir === "in" ? coinbase.control(text!) : []));
const one = (channel: Channel, symbol = ""): Subscription => ({ channel, symbol });

describe("cold frames of Coinbase", () => {
  it("say what they say", () => {
    const both = ["BTC-USD", "BTC-USDC", "ETH-USD", "ETH-USDC"];
    const books = both.map((symbol) => one("book", symbol));
    const trades = both.map((symbol) => one("trade", symbol));
    const tickers = ["BTC-USD", "BTC-USDC"].map((symbol) => one("ticker", symbol));
    expect(said.filter(({ type }) => type !== "unknown")).toEqual([
      { type: "active", subscriptions: [one("heartbeat")] },
      { type: "active", subscriptions: [...books, one("heartbeat")] },
      { type: "error", reason: "authentication failure" },
      { type: "active", subscriptions: [...books, ...trades, one("heartbeat")] },
      { type: "active", subscriptions: [...books, ...trades, ...tickers, one("heartbeat")] },
      { type: "active", subscriptions: [...trades, ...tickers, one("heartbeat")] },
    ]);
  });

  it("leave pairs alone that exist against USDC by themselves", () => {
    const text =
      '{"channel":"subscriptions","sequence_num":1,"events":[{"subscriptions":{"ticker":["USDT-USDC","USDT-USD","EURC-USD"]}}]}';
    expect(coinbase.control(text)).toEqual([
      {
        type: "active",
        subscriptions: ["USDT-USDC", "USDT-USD", "EURC-USD"].map((symbol) => one("quote", symbol)),
      },
    ]);
  });
});

describe("names of Coinbase", () => {
  it("are canonical already", () => {
    const code = fc.stringMatching(/^[A-Z0-9]{1,8}$/);
    fc.assert(
      fc.property(code, code, (base, quote) => {
        expect(coinbase.canonical(`${base}-${quote}`)).toBe(`${base}-${quote}`);
        expect(coinbase.native(`${base}-${quote}`)).toBe(`${base}-${quote}`);
      }),
      { seed: 4 },
    );
    expect(
      ["BTC-PERP-INTX", "BIT-28NOV25-CDE", "BTCUSD", "btc-usd"].map((name) => coinbase.canonical(name)),
    ).toEqual([null, null, null, null]);
    expect(() => coinbase.native("BTC-USDT-PERP")).toThrow(
      'expected a spot pair BASE-QUOTE, saw "BTC-USDT-PERP"',
    );
  });

  it("arrive as USD when they were asked for as USDC", () => {
    expect(["BTC-USDC", "BTC-USD", "USDT-USDC", "EURC-USDC"].map((name) => coinbase.aliases(name))).toEqual([
      ["BTC-USD"],
      [],
      [],
      [],
    ]);
  });
});

describe("products of Coinbase", () => {
  const row = (id: string, more: object): object => ({
    product_id: id,
    price_increment: "0.01",
    base_increment: "0.00000001",
    status: "online",
    trading_disabled: false,
    ...more,
  });
  const body = JSON.stringify({
    products: [
      row("BTC-USD", {}),
      row("OLD-USD", { trading_disabled: true }),
      row("NEW-USD", { status: "", price_increment: "" }),
      row("BTC-PERP-INTX", {}),
      7,
    ],
  });

  it("are the spot ones, with steps and states", () => {
    const steps = { tick: 0.01, lot: 1e-8 };
    expect(coinbase.instruments.parse(body)).toEqual([
      instrumentOf({ symbol: "BTC-USD", canonical: "BTC-USD", status: "trading", ...steps }),
      instrumentOf({ symbol: "OLD-USD", canonical: "OLD-USD", status: "halted", ...steps }),
      instrumentOf({ symbol: "NEW-USD", canonical: "NEW-USD", status: "unknown", ...steps, tick: NaN }),
    ]);
  });

  it("are in the strongest of the states that are said of them", () => {
    const state = (more: object): string | undefined =>
      coinbase.instruments.parse(JSON.stringify({ products: [row("BTC-USD", more)] }))[0]?.status;
    expect(state({ limit_only: true })).toBe("trading");
    expect(state({ post_only: true, auction_mode: true })).toBe("pre_open");
    expect(state({ post_only: true, cancel_only: true })).toBe("cancel_only");
    expect(state({ is_disabled: true, cancel_only: true })).toBe("halted");
    expect(state({ status: "delisted", trading_disabled: true })).toBe("delisted");
    expect(state({ post_only: true })).toBe("post_only");
  });

  it("are written as they are read, and named both ways, whole lists of them", () => {
    const code = fc.stringMatching(/^[A-Z0-9]{1,8}$/);
    const step = fc.integer({ min: 0, max: 10 }).map((n) => Number(`1e-${n}`));
    const states = [
      "trading",
      "halted",
      "cancel_only",
      "pre_open",
      "post_only",
      "delisted",
      "unknown",
    ] as const;
    const product = fc
      .tuple(code, code, step, step, fc.constantFrom(...states))
      .map(([base, quote, tick, lot, status]) =>
        instrumentOf({ symbol: `${base}-${quote}`, canonical: `${base}-${quote}`, tick, lot, status }),
      );
    const list = fc.uniqueArray(product, {
      minLength: 600,
      maxLength: 900,
      selector: ({ symbol }) => symbol,
    });
    fc.assert(
      fc.property(list, (products) => {
        const read = coinbase.instruments.parse(coinbase.server.instrumentsBody(products, ""));
        expect(read).toEqual(products);
        for (const { symbol, canonical } of read) {
          expect([coinbase.canonical(symbol), coinbase.native(canonical)]).toEqual([canonical, symbol]);
          const [alias] = coinbase.aliases(symbol);
          if (alias !== undefined) expect(symbol).toBe(`${alias}C`);
        }
      }),
      { seed: 6, numRuns: 20 },
    );
  });
});

describe("requests to Coinbase", () => {
  it("are one for each channel, heartbeats first", () => {
    let id = 0;
    const wanted = [
      one("book", "BTC-USD"),
      one("trade", "BTC-USD"),
      one("book", "ETH-USD"),
      one("heartbeat"),
      one("quote", "BTC-USD"),
      one("ticker", "BTC-USD"),
    ];
    expect(coinbase.subscribe(wanted, () => ++id).map(({ text }) => text)).toEqual([
      '{"type":"subscribe","channel":"heartbeats"}',
      '{"type":"subscribe","channel":"level2","product_ids":["BTC-USD","ETH-USD"]}',
      '{"type":"subscribe","channel":"market_trades","product_ids":["BTC-USD"]}',
      '{"type":"subscribe","channel":"ticker","product_ids":["BTC-USD"]}',
      '{"type":"subscribe","channel":"ticker_batch","product_ids":["BTC-USD"]}',
    ]);
  });
});

describe("Coinbase's side", () => {
  const fresh = (): ServerConnection => ({
    path: "/",
    sequence: 0,
    active: [],
    now: () => 1_779_955_200_123_456,
  });

  it("answers with everything that is subscribed, and numbers every frame", () => {
    const connection = fresh();
    const request = coinbase.server.request(
      '{"type":"subscribe","channel":"level2","product_ids":["BTC-USD","ETH-USDC"]}',
    );
    if (request instanceof Error) throw request;
    connection.active.push(one("heartbeat"), ...request.subscriptions);
    expect(coinbase.server.accept(request, request.subscriptions, connection)).toEqual([
      '{"channel":"subscriptions","timestamp":"2026-05-28T08:00:00.123456000Z","sequence_num":0,"events":[{"subscriptions":{"heartbeats":["heartbeats"],"level2":["BTC-USD","ETH-USD"]}}]}',
    ]);
    expect(coinbase.server.heartbeat(connection)).toBe(
      '{"channel":"heartbeats","timestamp":"2026-05-28T08:00:00.123456000Z","sequence_num":1,"events":[{"current_time":"2026-05-28 08:00:00.123456000 +0000 UTC","heartbeat_counter":1779955200}]}',
    );
    expect(coinbase.server.heartbeat(fresh())).toBeNull();
    expect(coinbase.server.refuse(request, [one("book", "FOO-BAR")], connection)).toEqual([
      '{"type":"error","message":"FOO-BAR is not a valid product"}',
    ]);
    expect(connection.sequence).toBe(2);
  });

  it("writes level2 as l2_data, asks as offers, and trades with the maker's side", () => {
    const connection = fresh();
    const btc = instrumentOf({ symbol: "BTC-USD", canonical: "BTC-USD", tick: 0.01 });
    const common = {
      venue: "coinbase",
      symbol: "BTC-USD",
      instrument: "BTC-USD",
      ts_event: 1_779_955_201_451_234,
      ts_recv: 0,
    };
    const book = {
      type: "book",
      action: "update",
      ...common,
      bids: [[118340.1, 0.25]],
      asks: [[118341, 0]],
      seq: null,
      prev_seq: null,
    } as const;
    const side = '"event_time":"2026-05-28T08:00:01.451234Z","price_level"';
    expect(
      coinbase.server.encode(
        { ...book, bids: [[118340.1, 0.25]], asks: [[118341, 0]] },
        btc,
        one("book", "BTC-USD"),
        connection,
      ),
    ).toBe(
      `{"channel":"l2_data","timestamp":"2026-05-28T08:00:01.451234000Z","sequence_num":0,"events":[{"type":"update","product_id":"BTC-USD","updates":[{"side":"bid",${side}:"118340.10","new_quantity":"0.25"},{"side":"offer",${side}:"118341.00","new_quantity":"0"}]}]}`,
    );
    expect(
      coinbase.server.encode(
        { type: "trade", ...common, id: "995098701", price: 118341, size: 0.0015, side: "buy" },
        btc,
        one("trade", "BTC-USD"),
        connection,
      ),
    ).toContain(
      '"sequence_num":1,"events":[{"type":"update","trades":[{"trade_id":"995098701","product_id":"BTC-USD","price":"118341.00","size":"0.0015","side":"SELL","time":"2026-05-28T08:00:01.451234Z"}]}]}',
    );
  });

  it("says what it does not take", () => {
    const bad = [
      "{",
      '{"type":"ping"}',
      '{"type":"subscribe","channel":"l2_data","product_ids":["BTC-USD"]}',
      '{"type":"subscribe","channel":"level2"}',
      '{"type":"subscribe","channel":"level2","product_ids":[1]}',
    ];
    const errors = bad.map((text) => coinbase.server.request(text));
    expect(errors.map((error) => (error instanceof Error ? error.message : error))).toEqual([
      "failed to parse message as JSON",
      "type must be subscribe or unsubscribe",
      "channel l2_data is not supported",
      "product_ids must not be empty",
      "product_ids must be a list of product ids",
    ]);
    expect(
      coinbase.server.failure(errors[1] as Error, fresh()).flatMap((text) => coinbase.control(text)),
    ).toEqual([{ type: "error", reason: "type must be subscribe or unsubscribe" }]);
  });
});
