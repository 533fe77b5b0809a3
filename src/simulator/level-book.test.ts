import fc from "fast-check";
import { expect, test } from "vitest";
import { SIDE, type Level } from "../model/index.ts";
import { gridOf } from "./grid.ts";
import { bookHash } from "./hash.ts";
import { LevelBook } from "./level-book.ts";

const operation = fc.record({
  side: fc.constantFrom(SIDE.BID, SIDE.ASK),
  ticks: fc.integer({ min: 1, max: 60 }),
  lots: fc.integer({ min: 0, max: 5 }),
});

/** The same operations on two plain maps. */
function model(operations: { side: number; ticks: number; lots: number }[]): {
  bids: Level[];
  asks: Level[];
} {
  const sides = new Map([
    [SIDE.BID as number, new Map<number, number>()],
    [SIDE.ASK as number, new Map<number, number>()],
  ]);
  for (const { side, ticks, lots } of operations) {
    if (lots === 0) sides.get(side)!.delete(ticks);
    else sides.get(side)!.set(ticks, lots);
  }
  const rows = (side: number, sign: number): Level[] =>
    [...sides.get(side)!]
      .toSorted((a, b) => sign * (b[0] - a[0]))
      .map(([ticks, lots]) => [(ticks * 5) / 100, lots / 1000]);
  return { bids: rows(SIDE.BID, 1), asks: rows(SIDE.ASK, -1) };
}

test("agrees with two maps, and its running hash with the hash of its levels", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
      const book = new LevelBook(gridOf("0.05", "0.001"));
      for (const { side, ticks, lots } of operations) book.side(side).set(ticks, lots);
      const { bids, asks } = model(operations);
      expect(book.bids.levels(1000)).toEqual(bids);
      expect(book.asks.levels(1000)).toEqual(asks);
      expect(book.hash()).toBe(bookHash(bids, asks));
      expect(book.hashTop(7)).toBe(bookHash(bids.slice(0, 7), asks.slice(0, 7)));
    }),
    { seed: 11, numRuns: 200 },
  );
});

test("ranks count from the best", () => {
  const book = new LevelBook(gridOf("1", "1"));
  for (const ticks of [10, 20, 30]) book.asks.set(ticks, 1);
  for (const ticks of [3, 5, 9]) book.bids.set(ticks, 2);
  expect([book.asks.ticksAt(0), book.bids.ticksAt(0)]).toEqual([10, 9]);
  expect([book.asks.rankBeyond(20), book.bids.rankBeyond(5), book.bids.rankBeyond(4)]).toEqual([2, 2, 2]);
  expect([book.asks.within(25, 20), book.bids.within(4, 5), book.bids.within(5, 5)]).toEqual([
    false,
    false,
    true,
  ]);
  expect([book.asks.lotsOf(20), book.asks.lotsOf(21)]).toEqual([1, 0]);
});

test("the hash tells sides, prices and sizes apart, and not the order", () => {
  const level: Level = [100.5, 0.25];
  const other: Level = [100.4, 0.25];
  expect(bookHash([level], [])).not.toBe(bookHash([], [level]));
  expect(bookHash([level], [])).not.toBe(bookHash([other], []));
  expect(bookHash([level], [])).not.toBe(bookHash([[100.5, 0.250_000_000_000_000_1]], []));
  expect(bookHash([level, other], [])).toBe(bookHash([other, level], []));
});
