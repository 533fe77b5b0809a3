import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SIDE } from "../model/index.ts";
import { ladderBook, sortedBook } from "./order-book.ts";
import type { LadderSide } from "./ladder-side.ts";
import type { BookSide } from "./side.ts";
import type { OrderBook } from "./order-book.ts";

/** Runs of the differential test; FEEDHORN_LONG=20 makes it 20 times as long. */
const RUNS = 60 * Number(process.env["FEEDHORN_LONG"] ?? 1);
const seed = 20_261_121;

/** The book everybody understands: two maps, sorted when looked at. */
class NaiveBook {
  readonly sides = { [SIDE.BID]: new Map<number, number>(), [SIDE.ASK]: new Map<number, number>() };

  apply(side: number, price: number, size: number): void {
    const map = this.sides[side as 1 | 2];
    if (size === 0) map.delete(price);
    else map.set(price, size);
  }

  top(side: number, n: number): number[][] {
    const up = side === SIDE.ASK ? 1 : -1;
    return [...this.sides[side as 1 | 2]].toSorted((a, b) => up * (a[0] - b[0])).slice(0, n);
  }

  truncate(depth: number): void {
    for (const side of [SIDE.BID, SIDE.ASK]) {
      const kept = this.top(side, depth);
      this.sides[side].clear();
      for (const [price, size] of kept) this.sides[side].set(price, size);
    }
  }
}

function top(side: BookSide, n: number): number[][] {
  const into = new Float64Array(2 * n);
  const taken = side.copyTop(n, into, 0);
  return Array.from({ length: taken }, (_, i) => [into[2 * i], into[2 * i + 1]]);
}

type Op =
  | { op: "set"; side: number; price: number; size: number }
  | { op: "truncate"; depth: number }
  | { op: "clear" }
  | { op: "settle" };

/** Ticks near a wandering centre, far away, off the grid, and absurd. */
function opOf(tick: number, decimals: number): fc.Arbitrary<Op> {
  const price = fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 99_900, max: 100_100 }) },
    { weight: 4, arbitrary: fc.integer({ min: 95_000, max: 110_000 }) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 4_000_000 }) },
    { weight: 1, arbitrary: fc.constantFrom(0.5, 1.25, 99_999.5, 100_000.125, 9e12) },
  );
  const size = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 5 }));
  const set = fc.record({
    op: fc.constant("set" as const),
    side: fc.constantFrom(SIDE.BID, SIDE.ASK),
    price,
    size,
  });
  return fc.oneof(
    { weight: 300, arbitrary: set.map((o) => ({ ...o, price: Number((o.price * tick).toFixed(decimals)) })) },
    {
      weight: 1,
      arbitrary: fc.record({ op: fc.constant("truncate" as const), depth: fc.integer({ min: 1, max: 40 }) }),
    },
    { weight: 1, arbitrary: fc.constant({ op: "clear" as const }) },
    { weight: 20, arbitrary: fc.constant({ op: "settle" as const }) },
  );
}

function run(books: OrderBook[], naive: NaiveBook, op: Op): void {
  if (op.op === "set") naive.apply(op.side, op.price, op.size);
  else if (op.op === "truncate") naive.truncate(op.depth);
  else if (op.op === "clear") for (const side of [SIDE.BID, SIDE.ASK]) naive.sides[side].clear();
  for (const book of books) {
    if (op.op === "set") book.apply(op.side, op.price, op.size);
    else if (op.op === "truncate") book.truncate(op.depth);
    else if (op.op === "clear") book.clear();
    else book.settle();
  }
}

function expectSame(book: OrderBook, naive: NaiveBook): void {
  for (const [side, view] of [
    [SIDE.BID, book.bids],
    [SIDE.ASK, book.asks],
  ] as const) {
    const all = naive.top(side, Infinity);
    expect(top(view, 20)).toEqual(all.slice(0, 20));
    expect(view.count).toBe(all.length);
    const one = new Float64Array(2);
    const rank = all.length >> 1;
    expect(view.levelAt(rank, one, 0)).toBe(all.length > 0);
    if (all.length === 0) continue;
    expect([...one]).toEqual(all[rank]);
    for (const other of [0, (0.8 * all.length) | 0, all.length - 1])
      expect([view.levelAt(other, one, 0), ...one]).toEqual([true, ...all[other]]);
    expect(view.sizeAt(all[rank][0])).toBe(all[rank][1]);
    expect(view.sizeAt(all[rank][0] * (1 + 2 ** -50))).toBe(0);
  }
  const best = [...naive.top(SIDE.BID, 1), ...naive.top(SIDE.ASK, 1)];
  if (best.length === 2) expect(book.crossed()).toBe(best[0][0] >= best[1][0]);
  else expect(book.crossed()).toBe(false);
}

function bestOf(naive: NaiveBook): number[] {
  return [SIDE.BID, SIDE.ASK].flatMap((side) => naive.top(side, 1)[0] ?? [NaN, NaN]);
}

describe("both forms against a map", () => {
  it.each([
    [0.01, 2],
    [0.5, 3],
    [1e-8, 11],
    [25, 3],
  ])("hold the same levels, tick %d", (tick, decimals) => {
    const ops = fc.array(opOf(tick, decimals), { minLength: 1, maxLength: 1500, size: "max" });
    fc.assert(
      fc.property(ops, (list) => {
        const books = [sortedBook({ levels: 2 }), ladderBook(tick, { window: 1024 }), ladderBook(tick)];
        const naive = new NaiveBook();
        const best = new Float64Array(4);
        list.forEach((op, i) => {
          run(books, naive, op);
          if (i % 7 === 0)
            for (const book of books) {
              book.copyBest(best, 0);
              expect([...best]).toEqual(bestOf(naive));
            }
          if (i % 150 === 0) for (const book of books) expectSame(book, naive);
        });
        for (const book of books) expectSame(book, naive);
      }),
      { seed, numRuns: RUNS / 4 },
    );
  });

  it("never call a changed top unchanged, nor an unchanged one changed at the depth of the change", () => {
    const ops = fc.array(opOf(0.01, 2), { minLength: 20, maxLength: 200, size: "max" });
    fc.assert(
      fc.property(ops, fc.integer({ min: 1, max: 12 }), (list, n) => {
        const books = [sortedBook(), ladderBook(0.01, { window: 1024 })];
        const naive = new NaiveBook();
        for (const op of list) {
          const before = [naive.top(SIDE.BID, n), naive.top(SIDE.ASK, n)];
          for (const book of books) book.settle();
          run(books, naive, op);
          const changed =
            JSON.stringify(before) !== JSON.stringify([naive.top(SIDE.BID, n), naive.top(SIDE.ASK, n)]);
          const said = books.map((book) => book.topChanged(n));
          if (changed) expect(said).toEqual([true, true]);
          else if (op.op === "set") expect(said[0]).toBe(false);
        }
      }),
      { seed, numRuns: RUNS },
    );
  });
});

describe("a market that runs away", () => {
  it("is followed by the window without losing a level", () => {
    const ladder = ladderBook(0.01, { window: 1024 });
    const books = [sortedBook(), ladder];
    const naive = new NaiveBook();
    for (let i = 0; i < 6_000; i++) {
      // Up by 2 ticks a step for 3,000 steps, then down again: some 6 windows each way.
      const centre = 500_000 + 2 * (i < 3000 ? i : 6_000 - i);
      const price = (centre - ((i * 7919) % 40)) / 100;
      run(books, naive, { op: "set", side: SIDE.BID, price, size: 1 + (i % 9) });
      run(books, naive, {
        op: "set",
        side: SIDE.ASK,
        price: (centre + 5 + ((i * 104_729) % 40)) / 100,
        size: 1 + (i % 7),
      });
      if (i >= 6000)
        run(books, naive, { op: "set", side: SIDE.BID, price: naive.top(SIDE.BID, 1)[0][0], size: 0 });
      if (i % 500 === 0) for (const book of books) expectSame(book, naive);
    }
    for (const book of books) expectSame(book, naive);
    // The window came along: what is near the best is inside, what was left behind is not.
    const bids = ladder.bids as LadderSide;
    const centre = naive.top(SIDE.BID, 1)[0][0];
    const near = naive.top(SIDE.BID, Infinity).filter(([price]) => price > centre - 5).length;
    expect(bids.near).toBeGreaterThanOrEqual(near);
    expect(bids.near).toBeLessThan(bids.count);
  });
});
