import { expect, test } from "vitest";
import { gridOf } from "./grid.ts";
import { LevelBook } from "./level-book.ts";
import { Truth, TruthBook, TRUTH_LIMITS } from "./truth.ts";

function bookOf(lots: number): LevelBook {
  const book = new LevelBook(gridOf("0.1", "0.01"));
  book.bids.set(1000, lots);
  book.asks.set(1001, 7);
  return book;
}

test("finds states by key, also after its ring has grown, and keeps the latest levels", () => {
  const truth = new TruthBook(TRUTH_LIMITS);
  for (let i = 1; i <= 5000; i++) {
    const book = bookOf(i);
    truth.record(i * 3, i * 10, book.hash(), book, Infinity);
  }
  expect(truth.size).toBe(5000);
  expect(truth.at(3)).toMatchObject({ key: 3, ts: 10, hash: bookOf(1).hash(), top: null });
  expect(truth.at(4)).toBeNull();
  expect(truth.hashAt(15_000)).toBe(bookOf(5000).hash());
  expect(truth.hashAt(15_001)).toBeNaN();
  expect(truth.latest()).toMatchObject({ key: 15_000, top: { bids: [[100, 50]], asks: [[100.1, 0.07]] } });
});

test("forgets by time and by number", () => {
  const byTime = new TruthBook({ ...TRUTH_LIMITS, windowMicros: 100 });
  for (let i = 1; i <= 50; i++) byTime.record(i, i * 10, i, bookOf(1), 1);
  expect(byTime.size).toBe(11);
  expect([byTime.at(39), byTime.at(40)?.hash]).toEqual([null, 40]);
  const byNumber = new TruthBook({ ...TRUTH_LIMITS, states: 1024 });
  for (let i = 1; i <= 3000; i++) byNumber.record(i, i, i, bookOf(1), 1);
  expect(byNumber.size).toBe(1024);
  expect([byNumber.at(1976), byNumber.at(1977)?.hash]).toEqual([null, 1977]);
});

test("a key names one state", () => {
  const truth = new TruthBook(TRUTH_LIMITS);
  truth.record(5, 1, 1, bookOf(1), 1);
  expect(() => truth.record(5, 2, 2, bookOf(1), 1)).toThrow(/above 5, saw 5/);
});

test("tells states of one numbering from those of the one before", () => {
  const truth = new TruthBook({ ...TRUTH_LIMITS, windowMicros: 1000 });
  const record = (key: number, ts: number): void => truth.record(key, ts, key * 10, bookOf(1), 1);
  for (const key of [5000, 5001, 5005]) record(key, key - 5000);
  truth.renumber();
  for (const key of [500, 503]) record(key, key);
  truth.renumber();
  for (const key of [50, 51]) record(key, 500 + key);
  expect([5000, 5005, 500, 503, 50, 51].map((key) => truth.hashAt(key))).toEqual([
    50_000, 50_050, 5000, 5030, 500, 510,
  ]);
  expect([5002, 501, 52, 4].map((key) => truth.hashAt(key))).toEqual([NaN, NaN, NaN, NaN]);
  expect([truth.after(5001)?.key, truth.after(5005)?.key, truth.after(503)?.key]).toEqual([5005, 500, 50]);
  expect(truth.after(51)).toBeNull();
  expect(() => record(51, 600)).toThrow(/above 51/);
  // The oldest leave by their time.
  record(60, 1003);
  expect([truth.hashAt(5000), truth.hashAt(5005), truth.hashAt(500)]).toEqual([NaN, 50_050, 5000]);
});

test("answers by sequence text, by time, and the latest", () => {
  const truth = new Truth();
  truth.book("v", "S").record(70, 700, 1, bookOf(1), 1);
  truth.book("v", "S").record(71, 701, 2, bookOf(2), 1);
  truth.book("v", "S", 10).record(900, 900, 3, bookOf(2), 10);
  expect(truth.at({ venue: "v", symbol: "S", seq: "70" })?.hash).toBe(1);
  expect(truth.at({ venue: "v", symbol: "S" })?.hash).toBe(2);
  expect(truth.at({ venue: "v", symbol: "S", ts: 900, depth: 10 })?.hash).toBe(3);
  expect(truth.at({ venue: "v", symbol: "T" })).toBeNull();
  expect(truth.list()).toEqual([
    { venue: "v", symbol: "S", depth: 0, states: 2 },
    { venue: "v", symbol: "S", depth: 10, states: 1 },
  ]);
});
