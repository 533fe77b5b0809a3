import { describe, expect, it } from "vitest";
import { SIDE } from "../model/index.ts";
import { Bitmap } from "./bitmap.ts";
import { ladderBook, makeBook, sortedBook } from "./order-book.ts";
import { LadderSide } from "./ladder-side.ts";
import { SortedSide } from "./sorted-side.ts";
import { tickGrid } from "./tick-grid.ts";

const FORMS = [
  ["sorted", () => sortedBook({ maxLevels: 64 })],
  ["ladder", () => ladderBook(0.01, { window: 1024, maxLevels: 64 })],
] as const;

describe.each(FORMS)("%s book", (_, make) => {
  it("starts empty: no best, not crossed, nothing to copy", () => {
    const book = make();
    const best = new Float64Array(4);
    book.copyBest(best, 0);
    expect([...best]).toEqual([NaN, NaN, NaN, NaN]);
    expect(book.crossed()).toBe(false);
    expect(book.bids.copyTop(5, best, 0)).toBe(0);
    expect(book.asks.levelAt(0, best, 0)).toBe(false);
    expect([book.bids.horizon(), book.asks.horizon()]).toEqual([-Infinity, Infinity]);
  });

  it("keeps the venue's very double", () => {
    const book = make();
    const prices = [0.07, 0.29, 1.1, 2.2, 8.41, 4.35, 1.005, 0.57];
    for (const price of prices) book.apply(SIDE.ASK, price, 1);
    const into = new Float64Array(16);
    expect(book.asks.copyTop(8, into, 0)).toBe(8);
    expect(Array.from({ length: 8 }, (__, i) => into[2 * i])).toEqual(prices.toSorted((a, b) => a - b));
  });

  it("is crossed when the best bid reaches the best ask", () => {
    const book = make();
    book.apply(SIDE.BID, 10, 1);
    book.apply(SIDE.ASK, 10.01, 1);
    expect(book.crossed()).toBe(false);
    book.apply(SIDE.BID, 10.01, 1);
    expect(book.crossed()).toBe(true);
  });

  it("refuses numbers that are none and counts them", () => {
    const book = make();
    for (const [price, size] of [
      [NaN, 1],
      [Infinity, 1],
      [10, NaN],
      [10, -1],
      [10, Infinity],
    ]) {
      book.apply(SIDE.BID, price, size);
    }
    book.apply(SIDE.NONE, 10, 1);
    expect(book.bids.count).toBe(0);
    expect(book.bids.refused).toBe(5);
  });

  it("takes absurd prices that venues really send", () => {
    const book = make();
    for (const price of [9e12, 1e10, 63_990.01, 0.01]) book.apply(SIDE.ASK, price, 2);
    book.apply(SIDE.ASK, 0.01, 0);
    const into = new Float64Array(6);
    expect(book.asks.copyTop(3, into, 0)).toBe(3);
    expect([...into]).toEqual([63_990.01, 2, 1e10, 2, 9e12, 2]);
  });

  it("says how far a cut snapshot is known", () => {
    const book = make();
    for (let i = 0; i < 10; i++) book.apply(SIDE.BID, 100 - i, 1);
    book.bids.markHorizon();
    book.apply(SIDE.BID, 80, 1);
    book.apply(SIDE.BID, 95, 0);
    expect(book.bids.horizon()).toBe(91);
    expect(book.bids.knownCount()).toBe(9);
    expect(book.asks.horizon()).toBe(Infinity);
    book.clear();
    expect(book.bids.horizon()).toBe(-Infinity);
  });

  it("knows nothing beyond a truncation, until the side is shorter than the depth", () => {
    const book = make();
    for (let i = 0; i < 12; i++) book.apply(SIDE.ASK, 100 + i, 1);
    book.truncate(10);
    expect(book.asks.count).toBe(10);
    expect(book.asks.horizon()).toBe(109);
    book.apply(SIDE.ASK, 100, 0);
    book.truncate(10);
    expect(book.asks.horizon()).toBe(Infinity);
  });

  it("tells the horizon's price: of a cut snapshot, of the levels a venue shows, none where all is known", () => {
    const book = make();
    const horizons = (depth: number): number[] => {
      const into = new Float64Array(2);
      book.bids.copyHorizon(depth, into, 0);
      book.asks.copyHorizon(depth, into, 1);
      return [...into];
    };
    for (let i = 0; i < 12; i++) {
      book.apply(SIDE.BID, 99 - i, 1);
      book.apply(SIDE.ASK, 100 + i, 1);
    }
    expect(horizons(0)).toEqual([NaN, NaN]);
    expect([horizons(10), horizons(12), horizons(13)]).toEqual([
      [90, 109],
      [88, 111],
      [NaN, NaN],
    ]);
    book.markHorizon();
    book.apply(SIDE.ASK, 120, 1);
    book.apply(SIDE.BID, 88, 0);
    expect([horizons(0), horizons(3)]).toEqual([
      [88, 111],
      [97, 102],
    ]);
    book.clear();
    expect(horizons(1)).toEqual([NaN, NaN]);
  });

  it("is exhausted when nothing is left within the horizon, whatever stands beyond it", () => {
    const book = make();
    for (const price of [99, 98]) book.apply(SIDE.BID, price, 1);
    for (const price of [100, 101]) book.apply(SIDE.ASK, price, 1);
    expect(book.exhausted()).toBe(false);
    book.markHorizon();
    book.apply(SIDE.ASK, 103, 1);
    book.apply(SIDE.ASK, 100, 0);
    expect(book.exhausted()).toBe(false);
    book.apply(SIDE.ASK, 101, 0);
    expect(book.exhausted()).toBe(true);
    book.apply(SIDE.ASK, 103, 0);
    expect(book.exhausted()).toBe(true);
    book.clear();
    expect(book.exhausted()).toBe(false);
  });
});

describe("bounds", () => {
  it("gives up the worst levels, counts them and moves the horizon", () => {
    const side = new SortedSide(-1, { maxLevels: 64, levels: 4 });
    const level = new Float64Array(2);
    for (let i = 0; i < 500; i++) {
      level[0] = 1000 + ((i * 37) % 500);
      level[1] = i + 1;
      side.applyAt(level, 0);
    }
    const into = new Float64Array(128);
    const held = side.copyTop(64, into, 0);
    expect(held).toBe(side.count);
    expect(side.count).toBeLessThanOrEqual(64);
    expect(side.count).toBeGreaterThanOrEqual(56);
    expect(side.count + side.dropped).toBe(500);
    const known = side.knownCount();
    expect(Array.from({ length: known }, (_, i) => into[2 * i])).toEqual(
      Array.from({ length: known }, (_, i) => 1000 + i),
    );
    expect(side.horizon()).toBe(1000 + known - 1);
  });

  it.each([
    ["best first", (i: number) => 2 * i],
    ["worst first", (i: number) => 4000 - 2 * i],
    ["from the middle to both ends", (i: number) => 2000 + (i % 2 === 0 ? i : -i)],
    ["in no order", (i: number) => 2 * ((i * 997) % 2000)],
  ])("holds the best of 2000 written %s, with and without a bound", (_, placeOf) => {
    for (const maxLevels of [2000, 301]) {
      const side = new SortedSide(-1, { maxLevels, levels: 2 });
      for (const round of [1, 2]) {
        const wanted = new Map<number, number>();
        side.clear();
        for (let i = 0; i < 2000; i++) {
          const [price, size] = [1 + placeOf(i), round + i];
          wanted.set(price, size);
          side.applyAt(Float64Array.of(price, size), 0);
        }
        const all = [...wanted].toSorted(([a], [b]) => a - b);
        const into = new Float64Array(4000);
        const known = side.knownCount();
        expect(known).toBeGreaterThan(maxLevels === 2000 ? 1999 : 255);
        side.copyTop(known, into, 0);
        expect([...into.subarray(0, 2 * known)]).toEqual(all.slice(0, known).flat());
        expect(side.sizeAt(all[known - 1]![0])).toBe(all[known - 1]![1]);
        expect(side.sizeAt(-1)).toBe(0);
      }
    }
  });

  it("takes a snapshot of 50,000 levels best first in the time of some thousand", () => {
    const side = new SortedSide(1);
    const level = Float64Array.of(0, 1);
    const began = performance.now();
    for (let i = 0; i < 50_000; i++) {
      level[0] = 100_000 - i;
      side.applyAt(level, 0);
    }
    // Moving all levels for each takes 300 ms and more.
    expect(performance.now() - began).toBeLessThan(100);
    expect([side.count, side.bestKey(), side.sizeAt(50_001)]).toEqual([50_000, 100_000, 1]);
  });

  it("keeps far levels of a ladder bounded too", () => {
    const grid = tickGrid(0.01);
    if (grid === null) throw new Error("expected a grid for 0.01");
    const side = new LadderSide(1, grid, { window: 1024, maxLevels: 32 });
    for (let i = 0; i < 300; i++) side.applyAt(Float64Array.of(5000 - i, 1), 0);
    expect(side.count).toBeLessThanOrEqual(1024 + 32);
    expect(side.dropped).toBeGreaterThan(0);
    expect(side.horizon()).toBeGreaterThan(4700);
  });
});

describe("ticks", () => {
  it("splits a tick into integers", () => {
    expect(tickGrid(0.25)).toEqual({ mantissa: 25, scale: 100, inverse: 4 });
    expect(tickGrid(1e-8)).toEqual({ mantissa: 1, scale: 1e8, inverse: 1e8 });
    expect(tickGrid(10)).toEqual({ mantissa: 10, scale: 1, inverse: 0.1 });
    for (const bad of [0, -1, NaN, Infinity, 1e-16]) expect(tickGrid(bad)).toBeNull();
  });

  it("decides the form of a book", () => {
    expect(makeBook(0.01, { hot: true }).bids).toBeInstanceOf(LadderSide);
    expect(makeBook(0.01).bids).toBeInstanceOf(SortedSide);
    expect(makeBook(NaN, { hot: true }).bids).toBeInstanceOf(SortedSide);
    expect(() => ladderBook(0)).toThrow(/expected a tick > 0/);
  });
});

describe("Bitmap", () => {
  it.each([1024, 32_768])("finds neighbours among %d slots", (size) => {
    const bitmap = new Bitmap(size);
    const slots = [0, 1, 31, 32, 1000, 1023, size - 1].filter(
      (s, i, all) => s < size && all.indexOf(s) === i,
    );
    for (const slot of slots) bitmap.add(slot);
    const found: number[] = [];
    for (let s = bitmap.below(size); s >= 0; s = bitmap.below(s)) found.push(s);
    expect(found).toEqual(slots.toReversed());
    const upward: number[] = [];
    for (let s = bitmap.above(-1); s >= 0; s = bitmap.above(s)) upward.push(s);
    expect(upward).toEqual(slots);
    for (const slot of slots) {
      expect(bitmap.lowest()).toBe(slot);
      bitmap.remove(slot);
    }
    expect([bitmap.lowest(), bitmap.below(size)]).toEqual([-1, -1]);
  });

  it("refuses other sizes", () => {
    expect(() => new Bitmap(1000)).toThrow("expected a power of two from 1024 to 32768 slots, saw 1000");
  });
});
