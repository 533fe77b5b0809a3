import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FRAME, instrumentOf } from "../../model/index.ts";
import type { MarketEvent } from "../../model/index.ts";
import { RECV, Rig } from "../../../test/contracts/venue-rig.ts";
import type { Read } from "../../../test/contracts/venue-rig.ts";
import { coinbaseExchange } from "./venue.ts";

const PRODUCTS = ["BTC-USD", "ETH-USD"].map((symbol) => instrumentOf({ symbol, canonical: symbol }));
const rig = new Rig(coinbaseExchange, PRODUCTS, 1 << 22, 1 << 17);
const read = (frame: object | string): Read =>
  rig.text(typeof frame === "string" ? frame : JSON.stringify(frame), { at: 11, behind: 0x31 });

// ---- a second reading of the same frames, as plain as it can be: what must come out -------------------------------

type Pair = [price: string, size: string];
interface Frame {
  type: string;
  product_id: string;
  time?: string;
  changes?: [side: string, ...pair: Pair][];
  asks?: Pair[];
  bids?: Pair[];
  trade_id?: number;
  sequence?: number;
  side?: string;
  [text: string]: unknown;
}

function micros(text: string | undefined): number | null {
  if (text === undefined || text.startsWith("0001")) return null;
  const fraction = /\.(\d+)Z$/.exec(text)?.[1] ?? "0";
  return Date.parse(`${text.slice(0, 19)}Z`) * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}

function naive(frame: Frame): MarketEvent[] {
  const { type, product_id: symbol, time, side } = frame;
  if (!PRODUCTS.some((one) => one.symbol === symbol)) return [];
  const num = (name: string): number => Number(frame[name]);
  const at = {
    venue: "coinbase-exchange",
    symbol,
    instrument: symbol,
    ts_event: micros(time),
    ts_recv: RECV,
  };
  const pairs = (list: Pair[] = []): [number, number][] => list.map(([p, s]) => [Number(p), Number(s)]);
  const book = { type: "book", ...at, seq: null, prev_seq: null } as const;
  if (type === "snapshot")
    return [{ ...book, action: "snapshot", bids: pairs(frame.bids), asks: pairs(frame.asks) }];
  if (type === "l2update") {
    const of = (name: string): Pair[] =>
      frame.changes!.flatMap(([one, ...pair]) => (one === name ? [pair] : []));
    return [{ ...book, action: "update", bids: pairs(of("buy")), asks: pairs(of("sell")) }];
  }
  if (type === "match" || type === "last_match") {
    const flags = type === "match" ? {} : { flags: ["snapshot"] };
    const taker = side === "sell" ? "buy" : "sell";
    const id = String(frame.trade_id);
    return [{ type: "trade", ...at, id, price: num("price"), size: num("size"), side: taker, ...flags }];
  }
  const some = (key: string, name: string): object => (num(name) === 0 ? {} : { [key]: num(name) });
  const range = { ...some("high_24h", "high_24h"), ...some("low_24h", "low_24h") };
  const day = { last_price: num("price"), volume_24h: num("volume_24h"), ...range };
  const top = (price: string, name: string): number | null => (num(price) === 0 ? null : num(name));
  const quote = {
    bid_price: top("best_bid", "best_bid"),
    bid_size: top("best_bid", "best_bid_size"),
    ask_price: top("best_ask", "best_ask"),
    ask_size: top("best_ask", "best_ask_size"),
    update_id: frame.sequence === 0 ? null : String(frame.sequence),
  };
  const quoted = quote.bid_price !== null || quote.ask_price !== null;
  return [
    ...(num("price") === 0 ? [] : [{ type: "ticker", ...at, ...day } as MarketEvent]),
    ...(quoted ? [{ type: "quote", ...at, ...quote } as MarketEvent] : []),
  ];
}

// ---- frames as the venue writes them ------------------------------------------------------------------------------

const decimal = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(fc.nat(99_999_999), fc.nat(2)).map(([n, scale]) => (n / 10 ** scale).toFixed(scale)),
  },
  { weight: 8, arbitrary: fc.nat(2_000_000_000).map((n) => (n / 1e8).toFixed(8)) },
  fc.constantFrom("0", "0.00000000", "0.00", "1e-8", "1049374.33415860", "90071992.54740993"),
);
const product = fc.constantFrom("BTC-USD", "ETH-USD", "LTC-USD");
const sides = fc.constantFrom("buy", "sell");
const count = fc.oneof(fc.nat(9_999_999), fc.nat(2 ** 31), fc.maxSafeNat());
const time = fc.oneof(
  fc
    .tuple(fc.nat(59), fc.nat(999_999))
    .map(([second, us]) => `2026-05-28T08:00:${pad(second, 2)}.${pad(us, 6)}Z`),
  fc.constantFrom("2023-07-04T18:14:39Z", "0001-01-01T00:00:00.000000Z"),
);
const pad = (n: number, digits: number): string => String(n).padStart(digits, "0");
const pairs = fc.array(fc.tuple(decimal, decimal), { maxLength: 8 });

const update = fc.record({
  type: fc.constant("l2update"),
  product_id: product,
  changes: fc.array(fc.tuple(sides, decimal, decimal), { maxLength: 8 }),
  time,
});
const timeless = { type: fc.constant("snapshot"), product_id: product, asks: pairs, bids: pairs };
const snapshot = fc.oneof(fc.record({ ...timeless, time }), fc.record(timeless));
const match = fc.record({
  type: fc.constantFrom("match", "last_match"),
  trade_id: count.map((n) => Math.max(1, n)),
  maker_order_id: fc.uuid(),
  taker_order_id: fc.uuid(),
  side: sides,
  size: decimal,
  price: decimal,
  product_id: product,
  sequence: count,
  time,
});
const ticker = fc.record({
  type: fc.constant("ticker"),
  sequence: count,
  product_id: product,
  price: decimal,
  open_24h: decimal,
  volume_24h: decimal,
  low_24h: decimal,
  high_24h: decimal,
  volume_30d: decimal,
  best_bid: decimal,
  best_bid_size: decimal,
  best_ask: decimal,
  best_ask_size: decimal,
  side: sides,
  time,
  trade_id: count,
  last_size: decimal,
});

describe("frames of Coinbase Exchange", () => {
  it.each([
    ["l2update", update],
    ["snapshot", snapshot],
    ["match", match],
    ["ticker", ticker],
  ])("%s means what a naive reading says, read straight", (_name, frames: fc.Arbitrary<object>) => {
    let straight = 0;
    fc.assert(
      fc.property(frames, (frame) => {
        const { events, fallbacks, slowFallbacks, frame: verdict } = read(frame);
        expect(verdict).toBe(FRAME.DATA);
        expect(JSON.parse(JSON.stringify(events))).toEqual(JSON.parse(JSON.stringify(naive(frame as Frame))));
        straight += fallbacks + slowFallbacks === 0 ? 1 : 0;
      }),
      { seed: 7, numRuns: 400 },
    );
    // Counts of sixteen digits are left to the second way.
    expect(straight).toBeGreaterThan(150);
  });

  const MATCH = {
    type: "match",
    trade_id: 995098702,
    maker_order_id: "ac928c66-ca53-498f-9c13-a110027a60e8",
    taker_order_id: "132fb6ae-456b-4654-b4e0-d681ac05cea1",
    side: "sell",
    size: "0.0015",
    price: "118341.00",
    product_id: "BTC-USD",
    sequence: 126772717300,
    time: "2026-05-28T08:00:02.801234Z",
  };

  it("name the maker's side of a trade, and the taker's of a ticker", () => {
    const [trade] = read(MATCH).events;
    expect(trade).toMatchObject({ type: "trade", side: "buy" });
    expect(read({ ...MATCH, side: "buy" }).events[0]).toMatchObject({ side: "sell" });
  });

  it.each([
    ["a size that cannot be", { ...MATCH, size: "0.-10000" }, FRAME.BAD],
    ["a negative price", { ...MATCH, price: "-1" }, FRAME.BAD],
    ["a number in place of a text", { ...MATCH, price: 118341 }, FRAME.UNKNOWN],
    ["no side", { ...MATCH, side: "hold" }, FRAME.UNKNOWN],
    ["an id that is no whole number", { ...MATCH, trade_id: 1.5 }, FRAME.UNKNOWN],
    ["a time that is none", { ...MATCH, time: "yesterday" }, FRAME.BAD],
    ["another type", { ...MATCH, type: "matched" }, FRAME.UNKNOWN],
    ["no type", { product_id: "BTC-USD" }, FRAME.UNKNOWN],
    [
      "a change whose size cannot be",
      { type: "l2update", product_id: "BTC-USD", changes: [["buy", "1", "0.-10000"]], time: MATCH.time },
      FRAME.BAD,
    ],
    // Nothing would tell that it is missing.
    [
      "a change of no known side",
      { type: "l2update", product_id: "BTC-USD", changes: [["bid", "1", "1"]], time: MATCH.time },
      FRAME.BAD,
    ],
    ["a change without a time", { type: "l2update", product_id: "BTC-USD", changes: [] }, FRAME.BAD],
    [
      "a snapshot with one side",
      { type: "snapshot", product_id: "BTC-USD", asks: [], time: MATCH.time },
      FRAME.BAD,
    ],
    ["a list", "[]", FRAME.UNKNOWN],
    ["no JSON", "{]", FRAME.BAD],
    ["an auction", { type: "auction", product_id: "BTC-USD" }, FRAME.IGNORED],
    ["a heartbeat", { type: "heartbeat", last_trade_id: 20, product_id: "BTC-USD" }, FRAME.CONTROL],
  ])("%s is seen for what it is", (_name, frame, verdict) => {
    const { frame: seen, slots } = read(frame);
    expect([seen, slots.length]).toEqual([verdict, 0]);
  });

  it("a snapshot of a whole book is read straight", () => {
    const side = (from: number, step: number): Pair[] =>
      Array.from({ length: 20_000 }, (_, i) => [(from + i * step).toFixed(2), "0.12345678"]);
    const frame = {
      type: "snapshot",
      product_id: "BTC-USD",
      asks: side(100_000, 0.5),
      bids: side(99_999, -0.5),
    };
    const { events, fallbacks } = read({ ...frame, time: MATCH.time });
    expect([fallbacks, events]).toEqual([0, naive({ ...frame, time: MATCH.time } as Frame)]);
  });
});
