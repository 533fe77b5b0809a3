import { afterEach, expect, it } from "vitest";
import { DepthReader } from "../../src/log/index.ts";
import type { DepthOfBook } from "../../src/log/index.ts";
import { defineVenue } from "../../src/model/index.ts";
import type { Level, Venue } from "../../src/model/index.ts";
import { restSnapshot } from "../../src/venues/binance-snapshot.ts";
import { VENUES } from "../../src/venues/index.ts";
import { startRig, until } from "./rig.ts";
import type { Rig } from "./rig.ts";

/** Levels of the snapshot that Binance is asked for here: far fewer than its books have. */
const LIMIT = 20;

function venueOf(id: string): Venue {
  return VENUES.find((venue) => venue.id === id)!;
}

const binance = defineVenue({
  ...venueOf("binance"),
  snapshot: restSnapshot("/api/v3/depth", LIMIT, 1),
});

let rig: Rig | undefined;

afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

/** How a row stands to the truth at its sequence: what differs, or how many levels were compared. */
function compare(row: DepthOfBook, top: { bids: Level[]; asks: Level[] }): number | string {
  const sides = [
    ["bids", row.bids, top.bids],
    ["asks", row.asks, top.asks],
  ] as const;
  for (const [name, seen, true_] of sides)
    if (JSON.stringify(seen) !== JSON.stringify(true_.slice(0, seen.length)))
      return `${name} at ${row.seq}: saw ${JSON.stringify(seen)}, the venue has ${JSON.stringify(true_)}`;
  return row.bids.length + row.asks.length;
}

it("gives only levels that are known, and asks anew when none is left", async () => {
  rig = await startRig({
    venues: [binance],
    seed: "horizon",
    speed: 20,
    rate: 40,
    listed: ["BTC-USDT", "ETH-USDT"],
    feed: { channels: ["book"] },
  });
  const { simulator, lane, handle } = rig;
  const { markets } = lane.feeds[0]!;
  const depths = new DepthReader(handle.region.depth);
  const counter = lane.feeds[0]!.meters.resyncs;
  const resyncs = (): number => handle.region.counters.f64[(counter * handle.region.counters.size) / 8]!;
  const wrong: string[] = [];
  const seen = { rows: 0, short: 0, beyond: 0 };
  await until("both books live", 10_000, () => markets.every(({ state }) => state.live));
  await until("books that ran out of known levels", 60_000, () => {
    for (const { id, symbol, book } of markets) {
      const row = depths.read(id)!;
      const state = simulator.truth.at({ venue: "binance", symbol, seq: row.seq });
      if (row.validity !== "live" || state === null || state.top === null) continue;
      const compared = compare(row, state.top);
      if (typeof compared === "string") wrong.push(compared);
      else if (compared < 2 * LIMIT) seen.short += 1;
      seen.rows += 1;
      expect(Number.isFinite(row.bidHorizon) && Number.isFinite(row.askHorizon)).toBe(true);
      expect(row.bids.at(-1)![0]).toBeGreaterThanOrEqual(row.bidHorizon);
      expect(row.asks.at(-1)![0]).toBeLessThanOrEqual(row.askHorizon);
      if (book!.bids.count > row.bids.length) seen.beyond += 1;
    }
    return seen.rows > 200 && seen.beyond > 20 && resyncs() > 0;
  });
  expect(wrong).toEqual([]);
  expect(seen.short).toBeGreaterThan(0);
  expect(rig.reports.filter((line) => line.startsWith("error"))).toEqual([]);
}, 90_000);

it("knows a book to its end where the snapshot has less than it may have, and what a venue shows where it is cut", async () => {
  rig = await startRig({
    venues: [venueOf("binance"), venueOf("kraken"), venueOf("okx")],
    seed: "horizon",
    listed: ["BTC-USDT"],
    feed: { channels: ["book"], depth: 10 },
  });
  const { lane, handle } = rig;
  const markets = lane.feeds.flatMap((feed) => feed.markets);
  const depths = new DepthReader(handle.region.depth);
  await until("all books live", 10_000, () => markets.every(({ state }) => state.live));
  const rows = Object.fromEntries(markets.map(({ id, venue }) => [venue.id, depths.read(id)!]));
  expect([rows["binance"]!.bidHorizon, rows["binance"]!.askHorizon]).toEqual([NaN, NaN]);
  const { bids, bidHorizon, asks, askHorizon } = rows["kraken"]!;
  expect([bids.length, asks.length, bidHorizon, askHorizon]).toEqual([10, 10, bids[9]![0], asks[9]![0]]);
  expect(rows["okx"]!.bids.length).toBe(50);
}, 30_000);
