import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { missingOf } from "./missing.ts";
import { TradeBook } from "./trade-book.ts";

const NOTE = { venue: "v", symbol: "S" };

function bookOf(made: readonly number[]): TradeBook {
  const book = new TradeBook();
  for (const id of made) book.take({ ...NOTE, id, what: "made", connection: 0 });
  return book;
}

function heardOf(ids: readonly number[], fetched: readonly number[] = []) {
  return { ids: [...ids], fetched: new Set(fetched), twice: [] };
}

function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

describe("what is missing", () => {
  it("is what was passed over, with what became of it", () => {
    const book = bookOf([1001, 1002, 1003, 1004, 1007, 1008]);
    const heard = heardOf([1001, 1004, 1003, 1008, 1007], [1007]);
    expect([...missingOf(book, heard, true).must]).toEqual([
      [1002, "lost"],
      [1003, "filled"],
      [1005, "never_existed"],
      [1006, "never_existed"],
      [1007, "filled"],
    ]);
    expect(missingOf(book, heard, false).must.get(1005)).toBe("lost");
  });

  it("is exactly what was taken away, whatever that is", () => {
    const taken = fc.uniqueArray(fc.integer({ min: 1, max: 98 }), { maxLength: 40 });
    fc.assert(
      fc.property(taken, (gone) => {
        const made = range(5000, 100);
        const heard = heardOf(made.filter((id) => !gone.includes(id - 5000)));
        const { must, may } = missingOf(bookOf(made), heard, true);
        expect([...must.keys()].map((id) => id - 5000)).toEqual(gone.toSorted((a, b) => a - b));
        expect(may.size).toBe(0);
      }),
    );
  });

  it("is told of a new numbering once enough was heard of it, and not of the ids between two of them", () => {
    const made = [...range(10_000, 5), ...range(1000, 80)];
    const heard = (count: number) =>
      heardOf([...range(10_000, 5), ...range(1000, count).filter((id) => id !== 1010)]);
    expect(missingOf(bookOf(made), heard(64), true).must.size).toBe(0);
    expect([...missingOf(bookOf(made), heard(65), true).must]).toEqual([[1010, "lost"]]);
  });
});
