import { describe, expect, it } from "vitest";
import { TradeBook } from "./trade-book.ts";

/** Ids in the order in which they are made; each goes to the connection that is named, if any. */
function bookOf(
  ...notes: readonly (readonly [id: number, what: "made" | "sent" | "withheld", to?: number])[]
) {
  const book = new TradeBook();
  for (const [id, what, connection = 0] of notes)
    book.take({ venue: "v", symbol: "s", id, what, connection });
  return book;
}

describe("what a venue did with its trades", () => {
  it("delivered one when a later one came over the same connection alone", () => {
    const book = bookOf([1, "made"], [1, "sent", 7], [2, "made"], [2, "sent", 7]);
    expect(book.delivered(1, new Set([2]))).toBe(7);
    expect(book.delivered(2, new Set([1]))).toBeNull();
  });

  it("is not known to have delivered one by a later one that came over two connections", () => {
    const book = bookOf([1, "made"], [1, "sent", 7], [2, "made"], [2, "sent", 7], [2, "sent", 8]);
    expect(book.delivered(1, new Set([2]))).toBeNull();
  });

  it("did not deliver what went down with a connection, though another tells it again", () => {
    const book = bookOf(
      [1, "made"],
      [1, "sent", 7],
      [2, "made"],
      [3, "made"],
      [3, "sent", 8],
      // A repeat of what is older than connection 8: the client may have fetched it long ago.
      [1, "sent", 8],
      [4, "made"],
      [4, "sent", 8],
    );
    expect(book.delivered(1, new Set([3, 4]))).toBeNull();
    expect(book.delivered(3, new Set([4]))).toBe(8);
  });

  it("withheld what left on no connection", () => {
    const book = bookOf([1, "made"], [1, "withheld", 7], [2, "made"], [2, "withheld", 7], [2, "sent", 8]);
    expect(book.withheld(1)).toBe(true);
    expect(book.withheld(2)).toBe(false);
    expect(book.withheld(3)).toBe(false);
  });
});
