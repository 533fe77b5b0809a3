import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InstrumentEvent, SpotMidEvent } from "../model/index.ts";
import type { TopEvent } from "./pipeline.ts";
import { spotMid } from "./spot-mid.ts";

const NOW = 1_700_000_000_003_000;
const AT = 1_700_000_000_000_000;
const OPTIONS = {
  every: 1000,
  fresh: 3000,
  divergenceBps: 20,
  products: null,
  aliases: new Map<string, string>(),
};

function listed(venue: string, tick = 0.01, canonical = "BTC-USD", more = {}): InstrumentEvent {
  const names = { venue, symbol: canonical.replace("-", ""), instrument: canonical };
  const facts = { kind: "spot", base: "BTC", quote: "USD", status: "trading", tick };
  return { type: "instrument", ...names, ...facts, ts_event: null, ts_recv: 0, ...more };
}

function top(venue: string, bid: number | null, ask: number | null, more: Partial<TopEvent> = {}): TopEvent {
  const [bid_size, ask_size] = [1, 1];
  const names = { type: "top", venue, symbol: "BTCUSD" } as const;
  const sides = { bid_price: bid, bid_size, ask_price: ask, ask_size };
  return { ...names, ...sides, validity: "live", ts_recv: NOW - 1000, ...more };
}

/** What is made of these at one tick. */
function made(events: readonly (InstrumentEvent | TopEvent)[], options = {}): SpotMidEvent[] {
  const pipeline = spotMid({ ...OPTIONS, ...options });
  const out: SpotMidEvent[] = [];
  for (const event of events) pipeline.on(event, () => expect.unreachable("nothing is made before the tick"));
  pipeline.on({ type: "time", at: AT, now: NOW }, (event) => out.push(event as SpotMidEvent));
  return out;
}

describe("spot_mid", () => {
  it("is the median over venues, in their order, with what each gave to it", () => {
    const [event] = made([
      listed("kraken", 0.1),
      listed("binance"),
      listed("okx", 0.1),
      top("okx", 43210, 43210.4, { ts_recv: NOW - 2_999_999 }),
      top("kraken", 43210.1, 43210.2),
      top("binance", 43210.01, 43210.02, { ts_recv: NOW + 5 }),
    ]);
    expect(event).toEqual({
      type: "spot_mid",
      venue: "derived",
      symbol: "BTC-USD",
      instrument: "BTC-USD",
      mid: 43210.15,
      quality: "ok",
      divergence_bps: ((43210.2 - 43210.015) / 43210.015) * 10_000,
      fresh: 3,
      min_age_us: 0,
      max_age_us: 2_999_999,
      sources: [
        {
          venue: "binance",
          bid_price: 43210.01,
          ask_price: 43210.02,
          mid: 43210.015,
          age_us: 0,
          state: "fresh",
          validity: "live",
        },
        {
          venue: "kraken",
          bid_price: 43210.1,
          ask_price: 43210.2,
          mid: 43210.15,
          age_us: 1000,
          state: "fresh",
          validity: "live",
        },
        {
          venue: "okx",
          bid_price: 43210,
          ask_price: 43210.4,
          mid: 43210.2,
          age_us: 2_999_999,
          state: "fresh",
          validity: "live",
        },
      ],
      ts_event: AT,
      ts_recv: NOW,
    });
  });

  it("of two is their mean; the rounding of doubles is not in it", () => {
    const two = [listed("a", 0.1), listed("b", 0.1), top("a", 43210.1, 43210.2), top("b", 43210.3, 43210.4)];
    expect(made(two)[0]!.mid).toBe(43210.25);
    const odd = [listed("a", 0.01), listed("b", 0.1), top("a", 0.1, 0.2), top("b", 0.29, 0.32)];
    expect([(0.1 + 0.2) / 2, made(odd)[0]!.mid, made(odd)[0]!.sources[0]!.mid]).toEqual([
      0.15000000000000002, 0.2275, 0.15,
    ]);
    const unknown = [listed("a", NaN), top("a", 0.1, 0.2)];
    expect(made(unknown)[0]!.mid).toBe(0.15);
  });

  it("leaves out what is not live, crossed, old or one-sided, and says so", () => {
    const events = [
      ...["a", "b", "c", "d", "e", "f", "g"].map((venue) => listed(venue)),
      top("a", 100, 101, { validity: "stale" }),
      top("b", 101, 100),
      top("c", 100, 101, { ts_recv: NOW - 3_000_000 }),
      top("d", null, 101),
      top("e", 100, 100),
      top("f", 100, 101, { validity: "crossed" }),
    ];
    const [event] = made(events);
    expect(event!.sources.map(({ venue, state, mid }) => [venue, state, mid])).toEqual([
      ["a", "invalid", 100.5],
      ["b", "crossed", null],
      ["c", "stale", 100.5],
      ["d", "empty", null],
      ["e", "fresh", 100],
      ["f", "crossed", null],
      ["g", "empty", null],
    ]);
    expect(event).toMatchObject({ mid: 100, fresh: 1, quality: "degraded", divergence_bps: null });
    expect(event).toMatchObject({ min_age_us: 1000, max_age_us: 1000 });
  });

  it("is degraded and null without a fresh venue, and suspect when venues are apart", () => {
    const none = made([listed("a"), top("a", null, null)])[0]!;
    expect(none).toMatchObject({
      mid: null,
      quality: "degraded",
      fresh: 0,
      min_age_us: null,
      max_age_us: null,
    });
    const apart = (bps: number) =>
      made([listed("a"), listed("b"), top("a", 1000, 1000), top("b", 1000 + bps / 10, 1000 + bps / 10)])[0]!;
    expect([apart(20).quality, apart(20.1).quality]).toEqual(["ok", "suspect"]);
  });

  it("says nothing of products nobody has quoted, of derivatives, and of what is delisted", () => {
    expect(made([listed("a")])).toEqual([]);
    const future = [listed("a", 1, "BTC-USD", { kind: "perpetual" }), top("a", 1, 2)];
    const gone = [listed("a"), top("a", 1, 2), listed("a", 1, "BTC-USD", { status: "delisted" })];
    expect([made(future), made(gone)]).toEqual([[], []]);
  });

  it("makes one product of several pairs where it is told to, one price a venue, the preferred one first", () => {
    const products = new Set(["BTC-USD"]);
    const aliases = new Map([["BTC-USDT", "BTC-USD"]]);
    const usdt = { symbol: "BTCUSDT" };
    const events = [
      listed("a", 0.01, "BTC-USDT"),
      listed("b"),
      listed("b", 0.01, "BTC-USDT"),
      listed("c"),
      listed("c", 0.01, "BTC-USDT"),
      listed("d", 0.01, "ETH-USD"),
      top("a", 99, 99, usdt),
      top("b", 100, 100),
      top("b", 200, 200, usdt),
      top("c", 300, 300, { validity: "stale" }),
      top("c", 101, 101, usdt),
    ];
    const [event, ...more] = made(events, { products, aliases });
    expect(more).toEqual([]);
    expect(event!.sources.map(({ venue, mid }) => [venue, mid])).toEqual([
      ["a", 99],
      ["b", 100],
      ["c", 101],
    ]);
  });

  it("asks for the tops it needs alone", () => {
    const pipeline = spotMid({ ...OPTIONS, products: new Set(["BTC-USD"]) });
    pipeline.on(listed("a"), () => undefined);
    pipeline.on(listed("a", 1, "ETH-USD"), () => undefined);
    expect(["BTCUSD", "ETHUSD"].map((symbol) => pipeline.wantsTop!("a", symbol))).toEqual([true, false]);
  });

  it("agrees with the definition counted in whole steps, whatever the venues say", () => {
    const source = fc.record({
      bid: fc.integer({ min: 4_000_000, max: 4_010_000 }),
      spread: fc.integer({ min: -2, max: 500 }),
      age: fc.integer({ min: 0, max: 6_000_000 }),
      live: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(source, { minLength: 1, maxLength: 7 }), (sources) => {
        const events = sources.flatMap(({ bid, spread, age, live }, i) => [
          listed(`v${i}`),
          top(`v${i}`, bid / 100, (bid + spread) / 100, {
            ts_recv: NOW - age,
            validity: live ? "live" : "gapped",
          }),
        ]);
        const used = sources.filter(({ spread, age, live }) => live && spread >= 0 && age < 3_000_000);
        // Sums of bid and ask in cents: a mid is half of one.
        const sums = used.map(({ bid, spread }) => 2 * bid + spread).toSorted((a, b) => a - b);
        const n = sums.length;
        const quadruple = n === 0 ? null : sums[Math.floor((n - 1) / 2)]! + sums[Math.floor(n / 2)]!;
        const apart = n < 2 ? null : ((sums[n - 1]! - sums[0]!) / sums[0]!) * 10_000;
        const [event] = made(events);
        expect(event!.mid).toBe(quadruple === null ? null : quadruple / 400);
        expect(event!.fresh).toBe(n);
        if (apart === null) expect(event!.divergence_bps).toBeNull();
        else expect(Math.abs(event!.divergence_bps! - apart)).toBeLessThan(1e-9);
        const near = apart !== null && Math.abs(apart - 20) < 1e-9;
        if (!near) expect(event!.quality).toBe(apart === null ? "degraded" : apart > 20 ? "suspect" : "ok");
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});
