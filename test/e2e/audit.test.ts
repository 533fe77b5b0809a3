import fc from "fast-check";
import { afterEach, expect, it } from "vitest";
import type { Market } from "../../src/feed/market/market.ts";
import { makeBook } from "../../src/book/index.ts";
import type { OrderBook } from "../../src/book/index.ts";
import { TopReader, readCounters } from "../../src/log/index.ts";
import { SIDE } from "../../src/model/index.ts";
import { judgeBooks } from "../../src/quality/index.ts";
import { VENUES } from "../../src/venues/index.ts";
import { startRig, until } from "./rig.ts";
import type { Rig } from "./rig.ts";

/** Venues whose books can be fetched with a number of the stream. */
const AUDITED = VENUES.filter((venue) => venue.snapshot.via === "rest" || venue.audit !== undefined);

let rig: Rig | undefined;

afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

/** Sums of the audit's figures over all venues, by name. */
function figures({ handle }: Rig): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { name, value } of readCounters(handle.region.counters))
    if (name.startsWith("feedhorn_audit_")) sums[name.slice(15)] = (sums[name.slice(15)] ?? 0) + value;
  return sums;
}

/** What the log says of wrong books: facts by line. */
function findings({ reports }: Rig): Record<string, unknown>[] {
  return reports
    .filter((line) => line.startsWith("error the book is not the venue's"))
    .map((line) => JSON.parse(line.slice(line.indexOf("{"))) as Record<string, unknown>);
}

it("finds every book equal while the market moves, also over two connections each", async () => {
  rig = await startRig({
    venues: AUDITED,
    seed: "audit",
    speed: 5,
    rate: 20,
    instruments: 2,
    feed: { channels: ["book"], redundancy: 2, audit: { everyMs: 50, judge: judgeBooks } },
  });
  const now = rig;
  await until("sixty audits", 60_000, () => (figures(now)["equal_total"] ?? 0) >= 60);
  const {
    wrong_levels_total: wrong,
    unclear_total: unclear,
    levels_total: levels,
    runs_total: runs,
  } = figures(now);
  expect([wrong, findings(now)]).toEqual([0, []]);
  expect(levels).toBeGreaterThan(60 * 40);
  expect(unclear! / runs!).toBeLessThan(0.2);
  const audited = new Set(
    readCounters(now.handle.region.counters)
      .filter(({ name, value }) => name === "feedhorn_audit_equal_total" && value > 0)
      .map(({ labels }) => labels),
  );
  expect([...audited].toSorted()).toEqual(AUDITED.map(({ id }) => `venue="${id}"`).toSorted());
}, 90_000);

/** Three ways to be wrong, at a level deep enough to stay so until somebody looks. */
function corrupt(
  { book }: Market,
  way: number,
): { side: string; price: number; expected: number; seen: number } {
  const level = new Float64Array(2);
  const bids = way !== 1;
  const side = bids ? book!.bids : book!.asks;
  const rank = Math.floor(side.count / 2);
  side.levelAt(rank, level, 0);
  const [price, size] = [level[0]!, level[1]!];
  if (way === 2) {
    side.levelAt(rank + 1, level, 0);
    const between = (price + level[0]!) / 2;
    book!.apply(SIDE.BID, between, 1);
    return { side: "bid", price: between, expected: 0, seen: 1 };
  }
  const seen = way === 0 ? size * 2 : 0;
  book!.apply(bids ? SIDE.BID : SIDE.ASK, price, seen);
  return { side: bids ? "bid" : "ask", price, expected: size, seen };
}

/** One wrong level, wherever it is: how far down its side (0 to 1), and its size as a multiple of the true one; 0 = gone. */
const wrongLevel = fc.record({
  bids: fc.boolean(),
  depth: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  times: fc.oneof(
    fc.constant(0),
    fc.double({ min: 0.001, max: 1000, noNaN: true }).filter((one) => one !== 1),
  ),
});

it("names any one wrong level, with price, both sizes and notional, at every venue with an audit", async () => {
  rig = await startRig({
    venues: AUDITED,
    seed: "any level",
    rate: 1,
    instruments: 1,
    feed: { channels: ["book"], audit: { everyMs: 50, judge: judgeBooks } },
  });
  const now = rig;
  const markets = now.lane.feeds.flatMap((feed) => feed.markets);
  await until("live books", 30_000, () => markets.every(({ state }) => state.live));
  const level = new Float64Array(2);
  // Real books of each venue; the judge is asked at once, so that thousands of levels take no minutes.
  for (const { venue, symbol, book, shown } of markets) {
    const { bids, asks } = book!;
    const copy = (): OrderBook => {
      const same = makeBook(NaN);
      for (const [side, of] of [
        [SIDE.BID, bids],
        [SIDE.ASK, asks],
      ] as const)
        for (let rank = 0; rank < of.count; rank++) {
          of.levelAt(rank, level, 0);
          same.apply(side, level[0]!, level[1]!);
        }
      return same;
    };
    fc.assert(
      fc.property(wrongLevel, ({ bids: bid, depth, times }) => {
        const side = bid ? bids : asks;
        // What the stream does not show is not known.
        const known = shown === 0 ? side.count : Math.min(side.count, shown - 1);
        side.levelAt(Math.floor(depth * known), level, 0);
        const [price, size] = [level[0]!, level[1]!];
        const wrong = copy();
        wrong.apply(bid ? SIDE.BID : SIDE.ASK, price, size * times);
        const { wrong: count, levels, notional } = judgeBooks(wrong, copy(), shown);
        expect([venue.id, symbol, count, notional, levels]).toEqual([
          venue.id,
          symbol,
          1,
          price * Math.abs(size - size * times),
          [{ side: bid ? "bid" : "ask", price, expected: size, seen: size * times }],
        ]);
      }),
      { seed: 5, numRuns: 40 },
    );
  }
}, 60_000);

it("names exactly the level that was corrupted in each book, and the books heal", async () => {
  rig = await startRig({
    venues: AUDITED,
    seed: "corrupt",
    rate: 2,
    instruments: 1,
    feed: { channels: ["book"], audit: { everyMs: 50, judge: judgeBooks } },
  });
  const now = rig;
  const markets = now.lane.feeds.flatMap((feed) => feed.markets);
  const equal = (): Map<string, number> =>
    new Map(
      readCounters(now.handle.region.counters)
        .filter(({ name }) => name === "feedhorn_audit_equal_total")
        .map(({ labels, value }) => [labels, value]),
    );
  await until("equal books", 30_000, () => [...equal().values()].every((count) => count > 0));
  const epochs = markets.map(({ state }) => state.epoch);
  const wrong = markets.map((market, i) => ({ market, ...corrupt(market, i % 3) }));
  await until("a finding for each", 30_000, () => findings(now).length >= markets.length);
  const found = findings(now).toSorted((a, b) => String(a["venue"]).localeCompare(String(b["venue"])));
  expect(found).toMatchObject(
    wrong
      .toSorted((a, b) => a.market.venue.id.localeCompare(b.market.venue.id))
      .map(({ market, ...level }) => ({
        venue: market.venue.id,
        symbol: market.symbol,
        wrong: 1,
        notional: level.price * Math.abs(level.expected - level.seen),
        levels: [level],
      })),
  );
  const before = equal();
  await until("the healed books equal", 30_000, () =>
    [...equal()].every(([labels, count]) => count > before.get(labels)!),
  );
  expect(figures(now)).toMatchObject({ wrong_levels_total: markets.length, wrong_notional: 0 });
  expect(markets.map(({ state }) => state.epoch)).toEqual(epochs.map((epoch) => epoch + 1));
  const tops = new TopReader(now.handle.region.top);
  for (const { id, symbol } of markets) expect([symbol, tops.read(id)?.validity]).toEqual([symbol, "live"]);
}, 100_000);
