import { afterEach, describe, expect, it } from "vitest";
import { VALIDITY, withOptions } from "../../src/model/index.ts";
import type { FaultName } from "../../src/simulator/index.ts";
import { bybit } from "../../src/venues/bybit/venue.ts";
import { startRig, until } from "./rig.ts";
import type { Rig } from "./rig.ts";
import { TruthReader } from "../../src/app/chaos/reader.ts";

/** The whole path for a category of Bybit: simulator, sockets, lane. Books of 50 levels are counted one by one. */

let rig: Rig | null = null;
afterEach(async () => {
  await rig?.close();
  rig = null;
});

const markets = (): Rig["lane"]["feeds"][number]["markets"] =>
  rig!.lane.feeds.flatMap((feed) => feed.markets);
const live = (): number => markets().filter((one) => one.state.live).length;

async function start(category: string): Promise<TruthReader> {
  const venues = [withOptions(bybit, { category })];
  rig = await startRig({ venues, seed: 5, rate: 20, speed: 5, instruments: 3, feed: { idleMs: 4000 } });
  const keys = new Map(
    markets().map((one) => [one.id, { venue: one.venue, symbol: one.symbol, depth: one.keepDepth }]),
  );
  const reader = new TruthReader(rig.handle.region, rig.simulator.truth, (id) => keys.get(id) ?? null);
  reader.reader.seekOldest();
  await until(`all books of ${category} live`, 10_000, () => live() === 3);
  return reader;
}

/** Strikes a frame of one book, and waits until it was seen and healed. */
async function strike(fault: FaultName, symbol: string): Promise<void> {
  const market = markets().find((one) => one.symbol === symbol)!;
  const { epoch } = market.state;
  rig!.simulator.inject({ fault, venue: "bybit", symbol });
  await until(`${fault} seen`, 8000, () => market.state.epoch > epoch);
  await until(`${fault} healed`, 10_000, () => market.state.validity === VALIDITY.LIVE);
}

describe.each([
  ["spot", "BTCUSDT"],
  ["linear", "linear:BTCUSDT"],
])("Bybit %s from the simulator to the lane", (category, symbol) => {
  it(
    "heals a lost frame by subscribing that book alone again, and is true",
    { timeout: 40_000 },
    async () => {
      const reader = await start(category);
      expect(markets().map((one) => [one.keepDepth, one.topFromQuotes])).toEqual(
        [50, 50, 50].map((depth) => [depth, true]),
      );
      await strike("drop", symbol);
      await until("two hundred commits", 10_000, () => {
        reader.poll();
        return reader.verdicts.equal > 200;
      });
      expect([reader.verdicts.wrong, reader.verdicts.unknown]).toEqual([[], 0]);
      expect(live()).toBe(3);
      expect(rig!.reports.filter((line) => /connection lost|refused|not listed/.test(line))).toEqual([]);
    },
  );
});
