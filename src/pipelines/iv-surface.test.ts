import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InstrumentEvent, IvSurfaceEvent, OptionTickerEvent } from "../model/index.ts";
import { ivSurface } from "./iv-surface.ts";
import type { Heard, TopEvent } from "./pipeline.ts";

const AT = 1_700_000_000_000_000;
const NOW = AT + 4000;
const DAY = 86_400_000_000;
const OPTIONS = { every: 1000, fresh: 3000, expiries: 4, strikeRangeFactor: 0.5, maxStrikes: 100 };
const DAYS = ["15NOV23", "17NOV23", "24NOV23", "29DEC23", "29MAR24", "28JUN24"];

interface Spec {
  readonly day?: number;
  readonly strike: number;
  readonly side?: "C" | "P";
  readonly venue?: string;
}

function nameOf({ day = 1, strike, side = "C" }: Spec): string {
  return `BTC-USD-${DAYS[day]}-${strike}-${side}`;
}

function head({ venue = "deribit", ...spec }: Spec) {
  return { venue, symbol: nameOf(spec), instrument: nameOf(spec), ts_event: null };
}

function listed(spec: Spec, more: Partial<InstrumentEvent> = {}): InstrumentEvent {
  const facts = { kind: "option", base: "BTC", quote: "USD", status: "trading" };
  const expiry = AT + (spec.day ?? 1) * 2 * DAY;
  return { type: "instrument", ...head(spec), ...facts, strike: spec.strike, expiry, ts_recv: 0, ...more };
}

function ticker(spec: Spec, more: Partial<OptionTickerEvent> = {}): OptionTickerEvent {
  const figures = { index_price: 100, underlying_price: 101, mark_iv: 0.5, bid_iv: 0.48, ask_iv: 0.53 };
  return {
    type: "option_ticker",
    ...head(spec),
    ...figures,
    open_interest: 10,
    ts_recv: NOW - 1000,
    ...more,
  };
}

const both = (spec: Spec, more: Partial<OptionTickerEvent> = {}): Heard[] => [
  listed(spec),
  ticker(spec, more),
];

function made(events: readonly Heard[], options = {}): IvSurfaceEvent[] {
  const pipeline = ivSurface({ ...OPTIONS, ...options });
  const out: IvSurfaceEvent[] = [];
  for (const event of events) pipeline.on(event, () => expect.unreachable("nothing is made before the tick"));
  pipeline.on({ type: "time", at: AT, now: NOW }, (event) => out.push(event as IvSurfaceEvent));
  return out;
}

describe("iv_surface", () => {
  it("has one point a strike, of the side out of the money, by growing strikes", () => {
    const [event, ...more] = made([
      ...both({ strike: 110, side: "C" }, { mark_iv: 0.54 }),
      ...both({ strike: 110, side: "P" }, { mark_iv: 0.9 }),
      ...both({ strike: 90, side: "C" }, { mark_iv: 0.9 }),
      ...both({ strike: 90, side: "P" }, { mark_iv: 0.5, bid_iv: 0 }),
    ]);
    expect(more).toEqual([]);
    expect(event).toEqual({
      type: "iv_surface",
      venue: "derived",
      symbol: "deribit:BTC-USD-17NOV23",
      instrument: "BTC-USD-17NOV23",
      source: "deribit",
      expiry: AT + 2 * DAY,
      index_price: 100,
      forward: 101,
      atm_iv: 0.52,
      atm_spread_iv: null,
      quality: "ok",
      n_points: 2,
      n_valid_points: 2,
      min_strike: 90,
      max_strike: 110,
      butterfly: 0,
      calendar: 0,
      points: [
        { strike: 90, side: "put", iv: 0.5, bid_iv: null, ask_iv: 0.53 },
        { strike: 110, side: "call", iv: 0.54, bid_iv: 0.48, ask_iv: 0.53 },
      ],
      ts_event: AT,
      ts_recv: NOW,
    });
  });

  it("takes the other side where the one out of the money is good for nothing", () => {
    const [event] = made([
      ...both({ strike: 90, side: "C" }, { mark_iv: 0.51 }),
      ...both({ strike: 90, side: "P" }, { mark_iv: 0 }),
    ]);
    expect(event!.points).toMatchObject([{ strike: 90, side: "call", iv: 0.51 }]);
    expect(event).toMatchObject({ n_points: 1, atm_iv: 0.51, quality: "degraded" });
  });

  it("drops what is old, has no volatility, or nobody bids, offers or holds", () => {
    const empty = { open_interest: 0, bid_iv: 0 };
    const { ask_iv: _, ...unquoted } = ticker({ strike: 95 }, empty);
    const topOf = (strike: number, ask_price: number | null, ask_size: number | null): TopEvent => ({
      type: "top",
      venue: "deribit",
      symbol: nameOf({ strike }),
      bid_price: 0,
      bid_size: 0,
      ask_price,
      ask_size,
      validity: "live",
      ts_recv: NOW,
    });
    const [event] = made([
      ...both({ strike: 80 }, { ts_recv: NOW - 3_000_000 }),
      ...both({ strike: 85 }, { ts_recv: NOW - 2_999_999 }),
      ...both({ strike: 90 }, { mark_iv: NaN }),
      listed({ strike: 95 }),
      unquoted,
      ...both({ strike: 100 }, empty),
      topOf(100, null, null),
      ...both({ strike: 105 }, empty),
      topOf(105, 0.01, 0),
      ...both({ strike: 110 }, empty),
      topOf(110, 0.01, 2),
    ]);
    expect(event!.points.map(({ strike }) => strike)).toEqual([85, 110]);
    expect(event).toMatchObject({ n_points: 6, n_valid_points: 2 });
  });

  it("keeps to strikes near the money, and to the nearest of them", () => {
    const strikes = [40, 50, 70, 90, 98, 103, 120, 150, 151];
    const events = strikes.flatMap((strike) => both({ strike }));
    const of = (options: object) => made(events, options)[0]!;
    expect(of({}).points.map(({ strike }) => strike)).toEqual([50, 70, 90, 98, 103, 120, 150]);
    expect(of({ strikeRangeFactor: 0.1 }).points.map(({ strike }) => strike)).toEqual([90, 98, 103]);
    expect(of({ maxStrikes: 3 }).points.map(({ strike }) => strike)).toEqual([90, 98, 103]);
    expect(of({ maxStrikes: 3 })).toMatchObject({
      n_points: 7,
      n_valid_points: 3,
      atm_spread_iv: 0.53 - 0.48,
    });
  });

  it("has the nearest expiries that are heard of, none that is over, venues apart", () => {
    const events = [
      ...[5, 3, 2, 1].flatMap((day) => both({ day, strike: 100 })),
      ...both({ day: 4, strike: 100 }, { ts_recv: NOW - 60_000_000 }),
      listed({ day: 0, strike: 100 }, { expiry: NOW }),
      ticker({ day: 0, strike: 100 }),
      ...both({ day: 2, strike: 100, venue: "aevo" }),
    ];
    const seen = (options: object) => made(events, options).map(({ symbol }) => symbol);
    expect(seen({ expiries: 3 })).toEqual([
      "aevo:BTC-USD-24NOV23",
      "deribit:BTC-USD-17NOV23",
      "deribit:BTC-USD-24NOV23",
      "deribit:BTC-USD-29DEC23",
    ]);
    expect(seen({ expiries: 9 })).toHaveLength(5);
  });

  it("stays, empty and degraded, while its tickers are old; options that are delisted are gone", () => {
    const old = both({ strike: 100 }, { ts_recv: NOW - 5_000_000 });
    const nothing = { atm_iv: null, index_price: null, quality: "degraded", n_points: 0, points: [] };
    expect(made(old)).toMatchObject([nothing]);
    expect(made([...both({ strike: 100 }), listed({ strike: 100 }, { status: "expired" })])).toEqual([]);
  });

  it("says where strikes and expiries contradict each other", () => {
    const chain = (day: number, iv: (strike: number) => number) =>
      [80, 90, 100, 110, 120].flatMap((strike) => both({ day, strike }, { mark_iv: iv(strike) }));
    const events = [
      ...chain(1, () => 0.5),
      ...chain(2, (k) => (k === 100 ? 3 : 0.5)),
      ...chain(3, () => 0.2),
    ];
    const seen = made(events).map(({ quality, butterfly, calendar }) => [quality, butterfly, calendar]);
    // 0.2^2 * 6 days is less than 0.5^2 * 4 days at all five strikes.
    expect(seen).toEqual([
      ["ok", 0, 0],
      ["suspect", 1, 0],
      ["suspect", 0, 5],
    ]);
  });

  it("agrees with the definition at the money, whatever the chain", () => {
    const point = fc.record({
      strike: fc.integer({ min: 51, max: 149 }),
      iv: fc.integer({ min: 1, max: 200 }),
    });
    const chain = fc.uniqueArray(point, { selector: ({ strike }) => strike, minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(chain, fc.integer({ min: 95, max: 105 }), (points, price) => {
        const near = points.filter(({ strike }) => Math.abs(strike - price) <= price / 2);
        const [event] = made(
          points.flatMap(({ strike, iv }) => both({ strike }, { mark_iv: iv / 100, index_price: price })),
        );
        const sorted = near.toSorted((a, b) => a.strike - b.strike);
        const below = sorted.findLast(({ strike }) => strike <= price);
        const above = sorted.find(({ strike }) => strike > price);
        const [low, high] = [below ?? above, above ?? below];
        const part = low === high ? 0 : (price - low!.strike) / (high!.strike - low!.strike);
        const expected = low === undefined ? null : (low.iv * (1 - part) + high!.iv * part) / 100;
        expect(event!.points.map(({ strike }) => strike)).toEqual(sorted.map(({ strike }) => strike));
        if (expected === null) expect(event!.atm_iv).toBeNull();
        else expect(Math.abs(event!.atm_iv! - expected)).toBeLessThan(1e-12);
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});
