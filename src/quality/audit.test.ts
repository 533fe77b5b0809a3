import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ladderBook, sortedBook } from "../book/index.ts";
import type { OrderBook } from "../book/index.ts";
import { SIDE } from "../model/index.ts";
import { judgeBooks } from "./audit.ts";

const TICK = 0.25;
const MIDDLE = 400;

/** Steps from the middle, and sizes, of a side. */
const someLevels = fc.uniqueArray(
  fc.tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 50 })),
  {
    selector: ([steps]) => steps,
    minLength: 1,
    maxLength: 60,
  },
);

type Levels = readonly (readonly [steps: number, size: number])[];

function priceOf(side: number, steps: number): number {
  return (MIDDLE + (side === SIDE.BID ? -steps : steps)) * TICK;
}

function fill(book: OrderBook, bids: Levels, asks: Levels): OrderBook {
  for (const [steps, size] of bids) book.apply(SIDE.BID, priceOf(SIDE.BID, steps), size / 8);
  for (const [steps, size] of asks) book.apply(SIDE.ASK, priceOf(SIDE.ASK, steps), size / 8);
  return book;
}

const books = fc.tuple(someLevels, someLevels, fc.boolean()).map(([bids, asks, hot]) => ({
  bids,
  asks,
  live: fill(hot ? ladderBook(TICK) : sortedBook(), bids, asks),
  fetched: fill(sortedBook(), bids, asks),
}));

describe("audit", () => {
  it("finds nothing between equal books, whatever their form", () => {
    fc.assert(
      fc.property(books, ({ bids, asks, live, fetched }) => {
        const compared = bids.length + asks.length;
        expect(judgeBooks(live, fetched, 0)).toEqual({ compared, wrong: 0, notional: 0, levels: [] });
      }),
    );
  });

  it("names exactly the one level that is missing, too many or of another size, wherever it stands", () => {
    const place = fc.record({
      side: fc.constantFrom(SIDE.BID, SIDE.ASK),
      steps: fc.integer({ min: 1, max: 220 }),
      size: fc.integer({ min: 0, max: 50 }),
    });
    fc.assert(
      fc.property(books, place, ({ live, fetched }, { side, steps, size }) => {
        const price = priceOf(side, steps);
        const expected = (side === SIDE.BID ? fetched.bids : fetched.asks).sizeAt(price);
        fc.pre(expected !== size / 8);
        live.apply(side, price, size / 8);
        const { wrong, notional, levels } = judgeBooks(live, fetched, 0);
        const name = side === SIDE.BID ? "bid" : "ask";
        expect(levels).toEqual([{ side: name, price, expected, seen: size / 8 }]);
        expect([wrong, notional]).toEqual([1, price * Math.abs(expected - size / 8)]);
      }),
      { numRuns: 500 },
    );
  });

  it("looks no further than both are known", () => {
    const some: Levels = Array.from({ length: 30 }, (_, i) => [i + 1, 8]);
    const live = fill(sortedBook(), some, some);
    const fetched = fill(sortedBook(), some.slice(0, 20), some);
    expect(judgeBooks(live, fetched, 0)).toMatchObject({ compared: 60, wrong: 10 });
    fetched.markHorizon();
    expect(judgeBooks(live, fetched, 0)).toMatchObject({ compared: 50, wrong: 0 });
    live.apply(SIDE.ASK, priceOf(SIDE.ASK, 12), 0);
    expect(judgeBooks(live, fetched, 10)).toMatchObject({ compared: 20, wrong: 0 });
    expect(judgeBooks(live, fetched, 12)).toMatchObject({ wrong: 1, levels: [{ side: "ask", seen: 0 }] });
  });

  it("counts all that is wrong and names the first twenty", () => {
    const some: Levels = Array.from({ length: 40 }, (_, i) => [i + 1, 8]);
    const { compared, wrong, levels } = judgeBooks(fill(sortedBook(), some, some), sortedBook(), 0);
    expect([compared, wrong, levels.length, levels[0]]).toEqual([
      80,
      80,
      20,
      { side: "bid", price: priceOf(SIDE.BID, 1), expected: 0, seen: 1 },
    ]);
  });
});
