import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FRAME, encodeText, instrumentOf, withOptions } from "../../model/index.ts";
import type { Level, MarketEvent } from "../../model/index.ts";
import { RECV, Rig } from "../../../test/contracts/venue-rig.ts";
import type { Read } from "../../../test/contracts/venue-rig.ts";
import { coinbase } from "./venue.ts";

const PRODUCTS = ["BTC-USD", "ETH-USD"].map((symbol) => instrumentOf({ symbol, canonical: symbol }));
const rig = new Rig(coinbase, PRODUCTS, 1 << 23, 1 << 17);
const read = (frame: string): Read => rig.text(frame, { at: 11, behind: 0x31 });

// ---- a second reading of the same frames, as plain as it can be: what must come out -------------------------------

type Row = Record<string, string>;
interface RawEvent {
  type: string;
  product_id?: string;
  updates?: Row[];
  trades?: Row[];
  tickers?: Row[];
}

function micros(text: string): number | null {
  const fraction = /\.(\d+)Z$/.exec(text)?.[1] ?? "0";
  const us = Date.parse(`${text.slice(0, 19)}Z`) * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
  return us === 0 ? null : us;
}

function naive(text: string): MarketEvent[] {
  const frame = JSON.parse(text) as { timestamp: string; sequence_num: number; events: RawEvent[] };
  const seq = frame.sequence_num === 0 ? null : String(frame.sequence_num);
  return frame.events
    .flatMap((event): MarketEvent[] => {
      const common = (
        symbol: string,
        at: string,
      ): Pick<MarketEvent, "venue" | "symbol" | "instrument" | "ts_event" | "ts_recv"> => ({
        venue: "coinbase",
        symbol,
        instrument: symbol,
        ts_event: micros(at),
        ts_recv: RECV,
      });
      if (event.updates !== undefined) {
        const side = (name: string): Level[] =>
          event
            .updates!.filter((row) => row["side"] === name)
            .map((row) => [Number(row["price_level"]), Number(row["new_quantity"])]);
        const action = event.type as "snapshot" | "update";
        return [
          {
            type: "book",
            action,
            ...common(event.product_id!, frame.timestamp),
            bids: side("bid"),
            asks: side("offer"),
            seq,
            prev_seq: null,
          },
        ];
      }
      const flags = event.type === "snapshot" ? { flags: ["snapshot"] } : {};
      const trades = (event.trades ?? []).toReversed().map((row): MarketEvent => {
        const side = row["side"] === "SELL" ? "buy" : "sell";
        const numbers = {
          id: row["trade_id"]!,
          price: Number(row["price"]),
          size: Number(row["size"]),
          side,
        } as const;
        return { type: "trade", ...common(row["product_id"]!, row["time"]!), ...numbers, ...flags };
      });
      const tickers = (event.tickers ?? []).flatMap((row) =>
        naiveTicker(row, common(row["product_id"]!, frame.timestamp)),
      );
      return [...trades, ...tickers];
    })
    .filter(({ symbol }) => PRODUCTS.some((one) => one.symbol === symbol));
}

function naiveTicker(
  row: Row,
  common: Pick<MarketEvent, "venue" | "symbol" | "instrument" | "ts_event" | "ts_recv">,
): MarketEvent[] {
  const price = (key: string, name: string): object =>
    Number(row[name]) === 0 ? {} : { [key]: Number(row[name]) };
  const range = { ...price("high_24h", "high_24_h"), ...price("low_24h", "low_24_h") };
  const day: MarketEvent = {
    type: "ticker",
    ...common,
    last_price: Number(row["price"]),
    volume_24h: Number(row["volume_24_h"]),
    ...range,
  };
  const side = (name: string, at: string): number | null =>
    row[at] === undefined || Number(row[at]) === 0 ? null : Number(row[name]);
  const [bid_price, bid_size] = [side("best_bid", "best_bid"), side("best_bid_quantity", "best_bid")];
  const [ask_price, ask_size] = [side("best_ask", "best_ask"), side("best_ask_quantity", "best_ask")];
  const quote: MarketEvent = {
    type: "quote",
    ...common,
    bid_price,
    bid_size,
    ask_price,
    ask_size,
    update_id: null,
  };
  return [
    ...(Number(row["price"]) === 0 ? [] : [day]),
    ...(bid_price === null && ask_price === null ? [] : [quote]),
  ];
}

// ---- frames as the venue writes them, with everything optional left out now and then -----------------------------

const decimal = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(fc.nat(99_999_999), fc.nat(2)).map(([n, scale]) => (n / 10 ** scale).toFixed(scale)),
  },
  { weight: 8, arbitrary: fc.nat(2_000_000_000).map((n) => (n / 1e8).toFixed(8).replace(/\.?0+$/, "")) },
  fc.constantFrom("0", "0.00000000", "1e-8", "1049374.33415860", "90071992.54740993"),
);
const product = fc.constantFrom("BTC-USD", "ETH-USD", "LTC-USD");
const time = fc
  .tuple(fc.nat(99), fc.nat(999_999_999), fc.constantFrom(9, 9, 6, 6, 3, 0))
  .map(([second, ns, digits]) => {
    const fraction = digits === 0 ? "" : `.${String(ns).padStart(9, "0").slice(0, digits)}`;
    return `2026-05-28T08:0${second % 3}:${String(second % 60).padStart(2, "0")}${fraction}Z`;
  });
const fields = (names: Record<string, fc.Arbitrary<string>>): fc.Arbitrary<Row> =>
  fc.record(names) as fc.Arbitrary<Row>;
const level = fields({
  side: fc.constantFrom("bid", "offer"),
  event_time: fc.oneof(time, fc.constant("1970-01-01T00:00:00Z")),
  price_level: decimal,
  new_quantity: decimal,
});
const trade = fields({
  trade_id: fc.nat({ max: 2 ** 53 - 1 }).map(String),
  product_id: product,
  price: decimal,
  size: decimal,
  side: fc.constantFrom("BUY", "SELL"),
  time,
});
const percent = fc.tuple(fc.constantFrom("", "-"), decimal).map((parts) => parts.join(""));
const figures = {
  type: fc.constant("ticker"),
  product_id: product,
  price: decimal,
  volume_24_h: decimal,
  low_24_h: decimal,
  high_24_h: decimal,
  low_52_w: decimal,
  high_52_w: decimal,
  price_percent_chg_24_h: percent,
};
const best = { best_bid: decimal, best_bid_quantity: decimal, best_ask: decimal, best_ask_quantity: decimal };
const type = fc.constantFrom("snapshot", "update");

function frames(channel: string, event: fc.Arbitrary<object>): fc.Arbitrary<string> {
  return fc
    .tuple(fc.boolean(), time, fc.nat(1e9), fc.array(event, { minLength: 1, maxLength: 3 }))
    .map(([client, timestamp, sequence_num, events]) =>
      JSON.stringify({ channel, ...(client ? { client_id: "" } : {}), timestamp, sequence_num, events }),
    );
}

const KINDS = {
  l2_data: frames(
    "l2_data",
    fc.record({ type, product_id: product, updates: fc.array(level, { maxLength: 8 }) }),
  ),
  market_trades: frames("market_trades", fc.record({ type, trades: fc.array(trade, { maxLength: 5 }) })),
  ticker: frames(
    "ticker",
    fc.record({ type, tickers: fc.array(fields({ ...figures, ...best }), { maxLength: 3 }) }),
  ),
  ticker_batch: frames(
    "ticker_batch",
    fc.record({ type, tickers: fc.array(fields(figures), { maxLength: 3 }) }),
  ),
};

/** The same JSON with the keys of every object in another order, a key we do not know, and blanks. */
function rearranged(text: string): string {
  const turn = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(turn);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries([
      ["more", ["]}"]],
      ...Object.entries(value)
        .toReversed()
        .map(([name, one]) => [name, turn(one)]),
    ]) as unknown;
  };
  return JSON.stringify(turn(JSON.parse(text)), null, 1);
}

describe("Coinbase frames", () => {
  it.each(Object.entries(KINDS))("%s: straight through, value for value", (_kind, kind) => {
    fc.assert(
      fc.property(kind, (frame) => {
        const { frame: verdict, events, fallbacks, connection } = read(frame);
        expect([verdict, fallbacks]).toEqual([FRAME.DATA, 0]);
        expect(connection).toBe((JSON.parse(frame) as { sequence_num: number }).sequence_num);
        expect(events).toEqual(naive(frame));
      }),
      { seed: 21, numRuns: 300 },
    );
  });

  it.each(Object.entries(KINDS))(
    "%s: in any order of keys, with blanks and keys we do not know",
    (_kind, kind) => {
      fc.assert(
        fc.property(kind, (frame) => {
          const { frame: verdict, events, fallbacks, connection } = read(rearranged(frame));
          expect([verdict, fallbacks]).toEqual([FRAME.DATA, 1]);
          expect(connection).toBe((JSON.parse(frame) as { sequence_num: number }).sequence_num);
          expect(events).toEqual(naive(frame));
        }),
        { seed: 22, numRuns: 150 },
      );
    },
  );

  it("reads a snapshot of five megabytes in place", () => {
    const row = (i: number): string =>
      `{"side":"${i % 2 === 0 ? "bid" : "offer"}","event_time":"1970-01-01T00:00:00Z","price_level":"${(1000 + i / 100).toFixed(2)}","new_quantity":"0.${String(i + 1).padStart(8, "0")}"}`;
    const levels = Array.from({ length: 48_000 }, (_, i) => row(i));
    const frame = `{"channel":"l2_data","timestamp":"2026-05-28T08:00:00.223456789Z","sequence_num":2,"events":[{"type":"snapshot","product_id":"BTC-USD","updates":[${levels.join(",")}]}]}`;
    expect(frame.length).toBeGreaterThan(4_900_000);
    const { events, fallbacks } = read(frame);
    expect(fallbacks).toBe(0);
    expect(events).toEqual(naive(frame));
  });

  it("takes the side of a trade for the maker's, unless told otherwise", () => {
    const frame = (side: string): string =>
      `{"channel":"market_trades","timestamp":"2026-05-28T08:00:02.789012345Z","sequence_num":15,"events":[{"type":"update","trades":[{"trade_id":"1","product_id":"BTC-USD","price":"1","size":"1","side":"${side}","time":"2026-05-28T08:00:02.701234Z"}]}]}`;
    const other = new Rig(withOptions(coinbase, { market_trades_side: "taker" }), PRODUCTS);
    for (const pad of ["", " "]) {
      expect(["BUY", "SELL"].flatMap((side) => rig.text(pad + frame(side)).events)).toMatchObject([
        { side: "sell" },
        { side: "buy" },
      ]);
      expect(["BUY", "SELL"].flatMap((side) => other.text(pad + frame(side)).events)).toMatchObject([
        { side: "buy" },
        { side: "sell" },
      ]);
    }
  });

  it("counts digits a double cannot hold once, whatever way the trade was read", () => {
    const row = (price: string): string =>
      `{"trade_id":"1","product_id":"BTC-USD","price":"${price}","size":"2","side":"BUY","time":"2026-05-28T08:00:02.701234Z"}`;
    const frame = (rows: string[]): string =>
      `{"channel":"market_trades","timestamp":"2026-05-28T08:00:02.789012345Z","sequence_num":15,"events":[{"type":"update","trades":[${rows.join(",")}]}]}`;
    const long = row("1.00000000000000000001");
    const lists = [[long], [long, row("1")], [row("1"), long, long]];
    for (const pad of ["", " "])
      expect(lists.map((rows) => read(pad + frame(rows)).inexact)).toEqual([1, 1, 2]);
  });

  it("reads more trades than its list holds, by the other way", () => {
    const rows = Array.from(
      { length: 2049 },
      (_, i) =>
        `{"trade_id":"${i}","product_id":"BTC-USD","price":"1.5","size":"2","side":"BUY","time":"2026-05-28T08:00:02.701234Z"}`,
    );
    const frame = (list: string[]): string =>
      `{"channel":"market_trades","timestamp":"2026-05-28T08:00:02.789012345Z","sequence_num":15,"events":[{"type":"snapshot","trades":[${list.join(",")}]}]}`;
    expect([read(frame(rows.slice(1))).slowFallbacks, read(frame(rows)).slowFallbacks]).toEqual([0, 1]);
    expect(read(frame(rows)).events).toEqual(naive(frame(rows)));
  });
});

const head =
  '{"channel":"market_trades","timestamp":"2026-05-28T08:00:02.789012345Z","sequence_num":15,"events":';
const trades = (row: string): string => `${head}[{"type":"update","trades":[{${row}}]}]}`;
const rest = '"side":"BUY","time":"2026-05-28T08:00:02.701234Z"';
const good = `"trade_id":"1","product_id":"BTC-USD","price":"1","size":"1",${rest}`;

describe("Coinbase frames that are no data", () => {
  it.each([
    ["a negative price", trades(good.replace('"price":"1"', '"price":"-1"'))],
    ["a price beyond doubles", trades(good.replace('"price":"1"', '"price":"1e400"'))],
    ["a price that is no number", trades(good.replace('"price":"1"', '"price":"NaN"'))],
    ["an empty price", trades(good.replace('"price":"1"', '"price":""'))],
    ["a malformed size", trades(good.replace('"size":"1"', '"size":"0.-10000"'))],
    [
      "a trade id beyond 64 bits",
      trades(good.replace('"trade_id":"1"', '"trade_id":"18446744073709551616"')),
    ],
    ["a time that is none", trades(good.replace("2026-05-28T08", "2026-05-28 08"))],
    [
      "no channel, as it may be a book's",
      '{"timestamp":"2026-05-28T08:00:02Z","sequence_num":15,"events":[]}',
    ],
    ["more behind its end", `${trades(good)}}`],
    ["half a frame", trades(good).slice(0, 120)],
  ])("BAD: %s", (_what, frame) => {
    expect([read(frame).frame, read(frame).slots.length]).toEqual([FRAME.BAD, 0]);
  });

  it.each([
    ["a price as a number", trades(good.replace('"price":"1"', '"price":1'))],
    ["a side of another name", trades(good.replace("BUY", "buy"))],
    ["a second trade without a product", trades(`${good}},{${good.replace('"product_id":"BTC-USD",', "")}`)],
    [
      "another channel",
      '{"channel":"heartbeat","timestamp":"2026-05-28T08:00:02Z","sequence_num":15,"events":[]}',
    ],
  ])("UNKNOWN, but counted: %s", (_what, frame) => {
    expect([read(frame).frame, read(frame).slots.length, read(frame).connection]).toEqual([
      FRAME.UNKNOWN,
      0,
      15,
    ]);
  });

  it.each([
    ['a level on the side "ask"', "update", '"side":"ask","price_level":"1"'],
    ["a level without a price", "update", '"side":"bid"'],
    ["an event of another type", "delta", '"side":"bid","price_level":"1"'],
  ])("BAD, but counted, as a change would be missing unseen: %s", (_what, word, keys) => {
    const item = `{${keys},"event_time":"2026-05-28T08:00:02Z","new_quantity":"1"}`;
    const event = `{"type":"${word}","product_id":"BTC-USD","updates":[${item}]}`;
    const seen = read(
      `{"channel":"l2_data","timestamp":"2026-05-28T08:00:02Z","sequence_num":15,"events":[${event}]}`,
    );
    expect([seen.frame, seen.slots.length, seen.connection]).toEqual([FRAME.BAD, 0, 15]);
  });

  it("count in the connection's numbers whatever they are, but for errors", () => {
    const frame = (channel: string, event: string): string =>
      `{"channel":"${channel}","timestamp":"2026-05-28T08:00:10Z","sequence_num":31,"events":[${event}]}`;
    expect(
      [
        frame("heartbeats", '{"current_time":"2026-05-28 08:00:10 +0000 UTC m=+1","heartbeat_counter":42}'),
        frame("subscriptions", '{"subscriptions":{}}'),
        frame("candles", ""),
        '{"type":"error","message":"authentication failure"}',
        '{"channel":"ticker","timestamp":"2026-05-28T08:00:10Z","events":[]}',
      ].map((text) => [read(text).frame, read(text).connection]),
    ).toEqual([
      [FRAME.HEARTBEAT, 31],
      [FRAME.CONTROL, 31],
      [FRAME.IGNORED, 31],
      [FRAME.CONTROL, null],
      [FRAME.UNKNOWN, null],
    ]);
  });

  it("end where they end, even when what is missing stands behind", () => {
    const frame = encodeText(trades(good));
    rig.slab.bytes.set(frame, 0);
    for (let end = 1; end < frame.length; end++) {
      const verdict = coinbase.parse(rig.slab, 0, end, rig.tsRecv, rig.out);
      rig.out.rewind(rig.out.endFrame());
      expect(verdict).toBe(FRAME.BAD);
    }
  });
});
