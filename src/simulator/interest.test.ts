import { expect, test } from "vitest";
import { instrumentOf, type Level } from "../model/index.ts";
import { bookChecksum } from "./checksum.ts";
import { gridOf } from "./grid.ts";
import { bookHash } from "./hash.ts";
import { View } from "./interest.ts";
import { LevelBook } from "./level-book.ts";
import { Market, World } from "./market.ts";
import { Random } from "./random.ts";
import { TruthBook, TRUTH_LIMITS } from "./truth.ts";

const ORIGIN = 1_760_000_000_000_000;

/** A client's side: apply, then truncate to the depth. */
function applied(
  side: Map<number, number>,
  changes: Level[],
  depth: number,
  sign: number,
): Map<number, number> {
  for (const [price, size] of changes) {
    if (size === 0) side.delete(price);
    else side.set(price, size);
  }
  return new Map([...side].toSorted((a, b) => sign * (a[0] - b[0])).slice(0, depth));
}

test.each([10, 100, 390])("a client that truncates to %i levels always holds the true view", (depth) => {
  const grid = gridOf("0.01", "0.001");
  const instrument = instrumentOf({ symbol: "S", canonical: "SOL-USDT" });
  const world = new World(new Random(`view${depth}`), ORIGIN);
  const market = new Market({
    world,
    name: "v",
    specs: [{ instrument, grid, price: 230, levels: 380, notional: 2000 }],
    rate: 400,
    commonIds: false,
  });
  const listing = market.listings[0]!;
  const view = new View(depth, listing, new TruthBook(TRUTH_LIMITS));
  let bids = applied(new Map(), listing.book.bids.levels(depth), depth, -1);
  let asks = applied(new Map(), listing.book.asks.levels(depth), depth, 1);
  let silent = 0;
  let changes = 0;
  market.advance(ORIGIN + 12e6, {
    fill: () => {},
    changed: () => {
      changes += 1;
      // Every third change alone, the others in batches of a few.
      if (changes % 7 < 4) return;
      const diff = view.diff();
      listing.touched.clear();
      if (diff.bids.length + diff.asks.length === 0) silent += 1;
      bids = applied(bids, diff.bids, depth, -1);
      asks = applied(asks, diff.asks, depth, 1);
      expect(bookHash([...bids], [...asks])).toBe(listing.book.hashTop(depth));
    },
  });
  expect(changes).toBeGreaterThan(3000);
  if (depth === 10) expect(silent).toBeGreaterThan(100);
});

test("checksum: the example with the result 22548323 (price precision 1, size precision 8)", () => {
  const book = new LevelBook(gridOf("0.1", "0.00000001"));
  book.asks.set(1005, 25_000_000);
  book.asks.set(1010, 100_000_000);
  book.bids.set(1000, 200_000_000);
  book.bids.set(995, 300_000);
  expect(bookChecksum(book)).toBe(22_548_323);
  book.bids.set(995, 300_001);
  expect(bookChecksum(book)).not.toBe(22_548_323);
});

test("checksum: only the ten best levels count", () => {
  const book = new LevelBook(gridOf("1", "1"));
  for (let i = 1; i <= 12; i++) {
    book.asks.set(100 + i, i);
    book.bids.set(100 - i, i);
  }
  const before = bookChecksum(book);
  book.asks.set(111, 99);
  expect(bookChecksum(book)).toBe(before);
  book.asks.set(110, 99);
  expect(bookChecksum(book)).not.toBe(before);
});
