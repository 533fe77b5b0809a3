import { describe, expect, test } from "vitest";
import { SIDE, instrumentOf } from "../model/index.ts";
import { defaultBases, productOf } from "./assets.ts";
import { gridOf } from "./grid.ts";
import type { Fill, Listing, ListingSpec } from "./listing.ts";
import { Market, World, type MarketSink } from "./market.ts";
import { Random } from "./random.ts";

const ORIGIN = 1_760_000_000_000_000;
const SECOND = 1_000_000;

function specs(): ListingSpec[] {
  return defaultBases(8).map((base) => {
    const product = productOf({ canonical: `${base}-USDT` });
    const instrument = instrumentOf({ symbol: base, canonical: product.canonical });
    return {
      instrument,
      grid: gridOf(product.tick, product.lot),
      price: product.price,
      levels: 400,
      notional: 3000,
    };
  });
}

function marketOf(seed: string, rate = 100, commonIds = false): Market {
  const world = new World(new Random(seed), ORIGIN);
  return new Market({ world, name: "test", specs: specs(), rate, commonIds });
}

/** Everything that happens, as lines of text. */
function recorder(lines: string[]): MarketSink {
  return {
    fill: (listing, fill) =>
      lines.push(`${listing.time} ${listing.instrument.symbol} ${fill.ticks} ${fill.makers.join("+")}`),
    changed: (listing) => {
      lines.push(`${listing.time} ${listing.instrument.symbol} ${listing.updateId} ${listing.book.hash()}`);
      listing.touched.clear();
    },
  };
}

describe("determinism", () => {
  test("one seed is one history, however it is cut into steps", () => {
    const whole: string[] = [];
    marketOf("a").advance(ORIGIN + 10 * SECOND, recorder(whole));
    const cut: string[] = [];
    const market = marketOf("a");
    for (let at = ORIGIN; at <= ORIGIN + 10 * SECOND; at += 7919) market.advance(at, recorder(cut));
    market.advance(ORIGIN + 10 * SECOND, recorder(cut));
    expect(cut).toEqual(whole);
    expect(whole.length).toBeGreaterThan(5000);
  });

  test("another seed is another history", () => {
    const [a, b]: string[][] = [[], []];
    marketOf("a").advance(ORIGIN + SECOND, recorder(a!));
    marketOf("b").advance(ORIGIN + SECOND, recorder(b!));
    expect(a).not.toEqual(b);
  });
});

/** Runs `seconds` of market and hands over each change with the state before it. */
function watch(
  market: Market,
  seconds: number,
  seen: (listing: Listing, before: Map<string, number>, fills: Fill[]) => void,
): void {
  const shadows = new Map(market.listings.map((listing) => [listing, shadowOf(listing)]));
  let fills: Fill[] = [];
  market.advance(ORIGIN + seconds * SECOND, {
    fill: (_, fill) => fills.push({ ...fill, makers: [...fill.makers] }),
    changed: (listing) => {
      seen(listing, shadows.get(listing)!, fills);
      fills = [];
      for (const side of [SIDE.BID, SIDE.ASK])
        for (const ticks of listing.touched.side(side))
          shadows.get(listing)!.set(`${side}:${ticks}`, listing.book.side(side).lotsOf(ticks));
      listing.touched.clear();
    },
  });
}

function shadowOf({ book }: Listing): Map<string, number> {
  const shadow = new Map<string, number>();
  for (const side of [book.bids, book.asks])
    for (let rank = 0; rank < side.count; rank++)
      shadow.set(`${side.side}:${side.ticksAt(rank)}`, side.lotsAt(rank));
  return shadow;
}

describe("the book", () => {
  test("is never crossed, keeps its depth, and every change has a later time and a new id", () => {
    const last = new Map<Listing, { time: number; id: number }>();
    watch(marketOf("shape"), 20, (listing) => {
      const { bids, asks } = listing.book;
      const before = last.get(listing) ?? { time: 0, id: listing.updateId - 1 };
      expect(bids.ticksAt(0)).toBeLessThan(asks.ticksAt(0));
      expect(Math.min(bids.count, asks.count)).toBeGreaterThan(350);
      expect(Math.max(bids.count, asks.count)).toBeLessThan(450);
      expect(listing.time).toBeGreaterThan(before.time);
      expect(listing.updateId).toBe(before.id + 1);
      last.set(listing, { time: listing.time, id: listing.updateId });
    });
  });

  test("ids from a common counter grow over all listings and leave room between", () => {
    let last = 0;
    watch(marketOf("ids", 100, true), 5, (listing) => {
      expect(listing.updateId).toBeGreaterThanOrEqual(last + (last === 0 ? 1 : 2));
      last = listing.updateId;
    });
  });

  test("is touched where real books are: p50 4, p75 12, p90 28", () => {
    const ranks: number[] = [];
    watch(marketOf("ranks"), 60, ({ book, touched }, _, fills) => {
      if (fills.length > 0) return;
      for (const side of [book.bids, book.asks])
        for (const ticks of touched.side(side.side)) ranks.push(Math.max(0, side.rankBeyond(ticks) - 1));
    });
    ranks.sort((a, b) => a - b);
    const at = (share: number): number => ranks[Math.floor(ranks.length * share)]!;
    expect(at(0.5)).toBeGreaterThanOrEqual(2);
    expect(at(0.5)).toBeLessThanOrEqual(6);
    expect(at(0.75)).toBeGreaterThanOrEqual(8);
    expect(at(0.75)).toBeLessThanOrEqual(18);
    expect(at(0.9)).toBeGreaterThanOrEqual(20);
    expect(at(0.9)).toBeLessThanOrEqual(70);
  });

  test("follows the price traders believe in", () => {
    const market = marketOf("follow");
    market.advance(ORIGIN + 60 * SECOND, recorder([]));
    for (const listing of market.listings) {
      const middle = (listing.book.bids.priceAt(0) + listing.book.asks.priceAt(0)) / 2;
      expect(Math.abs(middle / market.fair(listing, ORIGIN + 60 * SECOND) - 1)).toBeLessThan(0.001);
    }
  });
});

describe("trades", () => {
  test("happen at the touch, level after level, and their size leaves the book", () => {
    let matched = 0;
    watch(marketOf("trades"), 20, (listing, before, fills) => {
      const { book } = listing;
      for (const { ticks, makers, aggressor } of fills) {
        const side = aggressor === SIDE.BUY ? book.asks : book.bids;
        const resting = before.get(`${side.side}:${ticks}`) ?? 0;
        const taken = makers.reduce((sum, lots) => sum + lots, 0);
        const better = [...before].filter(
          ([key, lots]) =>
            key.startsWith(`${side.side}:`) && lots > 0 && side.within(Number(key.slice(2)), ticks),
        );
        expect(better.map(([key]) => Number(key.slice(2)))).toEqual([ticks]);
        expect(taken).toBeLessThanOrEqual(resting);
        expect(side.lotsOf(ticks)).toBe(resting - taken);
        before.set(`${side.side}:${ticks}`, resting - taken);
        matched += 1;
      }
    });
    expect(matched).toBeGreaterThan(300);
  });

  test("show in the day's figures", () => {
    const market = marketOf("day");
    const listing = market.listings[0]!;
    const before = listing.day.figures(ORIGIN);
    const prices: number[] = [];
    market.advance(ORIGIN + 20 * SECOND, {
      fill: (of, fill) => of === listing && prices.push(listing.book.bids.priceOfTicks(fill.ticks)),
      changed: () => {},
    });
    const after = listing.day.figures(ORIGIN + 20 * SECOND);
    expect(after.last).toBe(prices.at(-1));
    expect(after.volume).toBeGreaterThan(before.volume);
    expect(after.high).toBe(Math.max(before.high, ...prices));
    expect(after.low).toBe(Math.min(before.low, ...prices));
  });
});

test("quiet stops one listing, a burst speeds all", () => {
  const count = (market: Market): Map<string, number> => {
    const counts = new Map<string, number>();
    market.advance(ORIGIN + 5 * SECOND, {
      fill: () => {},
      changed: ({ instrument }) => counts.set(instrument.symbol, (counts.get(instrument.symbol) ?? 0) + 1),
    });
    return counts;
  };
  const usual = count(marketOf("x"));
  const quiet = marketOf("x");
  quiet.quiet(quiet.listings[0]!, ORIGIN + 5 * SECOND);
  const hushed = count(quiet);
  expect(hushed.get("BTC")).toBeUndefined();
  expect(hushed.get("ETH")).toBe(usual.get("ETH"));
  const busy = marketOf("x");
  busy.burst = 20;
  busy.burstUntil = ORIGIN + 5 * SECOND;
  expect(count(busy).get("ETH")).toBeGreaterThan(10 * usual.get("ETH")!);
});
