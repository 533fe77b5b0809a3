import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BookCopies, COPY, GIVEN } from "./copies.ts";

const NAMES = ["", "take", "old", "hold", "lose", "restart"];

/** A book that goes where its copies tell it to. */
class Book {
  readonly copies: BookCopies;
  last: number;

  constructor(rule: "contiguous" | "prevLink" | "overlap", last: number, places: number) {
    this.copies = new BookCopies(rule);
    this.last = last;
    for (let place = 0; place < places; place++) this.copies.join(place, last);
  }

  hear(place: number, seq: number, prev = seq - 1, snapshot = false): string {
    const { given } = this.copies;
    given[GIVEN.SEQ] = seq;
    given[GIVEN.PREV] = prev;
    given[GIVEN.BOOK] = this.last;
    const verdict = this.copies.judge(place, place === 0, snapshot);
    if (verdict === COPY.TAKE) this.last = seq;
    return NAMES[verdict]!;
  }
}

describe("copies of a numbered book", () => {
  it("take the first of each event, whoever brings it", () => {
    const book = new Book("contiguous", 100, 2);
    expect([book.hear(0, 101), book.hear(1, 101), book.hear(1, 102), book.hear(0, 102)]).toEqual([
      "take",
      "old",
      "take",
      "old",
    ]);
  });

  it("wait at a hole for who is behind it, and lose it when nobody is", () => {
    const book = new Book("contiguous", 100, 2);
    expect([book.hear(0, 102), book.hear(1, 101), book.hear(1, 102)]).toEqual(["hold", "take", "take"]);
    expect([book.hear(0, 105), book.hear(1, 104)]).toEqual(["hold", "lose"]);
    const alone = new Book("contiguous", 100, 1);
    expect(alone.hear(0, 102)).toBe("lose");
    const left = new Book("contiguous", 100, 2);
    left.copies.leave(1);
    expect(left.hear(0, 102)).toBe("lose");
  });

  it("take what reaches over the last number: sizes are absolute", () => {
    for (const rule of ["contiguous", "prevLink", "overlap"] as const)
      expect(new Book(rule, 100, 2).hear(1, 105, 95)).toBe("take");
  });

  it("know a link that goes down from a copy that is old", () => {
    const book = new Book("prevLink", 100, 2);
    expect([book.hear(0, 3, 100), book.last, book.hear(1, 3, 100), book.hear(1, 4, 3)]).toEqual([
      "take",
      3,
      "old",
      "take",
    ]);
  });

  it("take a snapshot nobody asked for only when it is ahead, or the leader itself counts anew", () => {
    const book = new Book("contiguous", 100, 2);
    book.hear(0, 101);
    expect([book.hear(1, 90, 0, true), book.hear(1, 110, 0, true), book.hear(0, 5, 0, true)]).toEqual([
      "old",
      "take",
      "take",
    ]);
    // Where nothing marks a snapshot, a follower's says nothing about the book.
    expect(new Book("overlap", 100, 2).hear(1, 110, 0, true)).toBe("old");
  });

  it("see a leader that counts anew, and take nobody else's lag for it", () => {
    const book = new Book("contiguous", 1000, 2);
    book.hear(0, 1001);
    for (let seq = 1; seq <= 500; seq++) expect(book.hear(1, seq)).toBe("old");
    const told = Array.from({ length: 64 }, (_, i) => book.hear(0, i + 1));
    expect(told.indexOf("restart")).toBe(63);
  });

  it("carry a book on only where a connection has reached what the book had when it came", () => {
    const book = new Book("contiguous", 100, 1);
    book.hear(0, 101);
    book.copies.join(1, book.last);
    book.copies.leave(0);
    expect(book.copies.carried(book.last)).toBe(false);
    book.hear(1, 100);
    expect(book.copies.carried(book.last)).toBe(false);
    book.hear(1, 101);
    expect(book.copies.carried(book.last)).toBe(true);
    expect(book.copies.carried(100)).toBe(false);
  });

  it("never skip an event, whatever each connection loses and however they interleave", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.boolean()), { minLength: 1, maxLength: 300 }),
        (moves) => {
          const book = new Book("contiguous", 0, 3);
          const at = [0, 0, 0];
          for (const [place, lost] of moves) {
            const seq = ++at[place]!;
            const before = book.last;
            const verdict = lost ? "" : book.hear(place, seq);
            if (verdict === "take") expect(book.last).toBe(before + 1);
            if (verdict === "lose") expect(Math.min(...at)).toBeLessThanOrEqual(seq);
            if (verdict === "old") expect(seq).toBeLessThanOrEqual(before);
          }
        },
      ),
      { seed: 5, numRuns: 300 },
    );
  });
});
