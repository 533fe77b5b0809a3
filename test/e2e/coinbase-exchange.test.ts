import { afterEach, describe, expect, it } from "vitest";
import { REASON, VALIDITY } from "../../src/model/index.ts";
import type { FaultName } from "../../src/simulator/index.ts";
import { coinbaseExchange } from "../../src/venues/coinbase-exchange/venue.ts";
import { startRig, until } from "./rig.ts";
import type { Rig } from "./rig.ts";
import { TruthReader } from "../../src/app/chaos/reader.ts";

/**
 * The whole path of Coinbase Exchange: simulator, sockets, lane. Nothing numbers the frames of its books, so that one
 * which is lost alone cannot be seen: a book says that it is live on the venue's word. What can be seen ends its proof.
 */

let rig: Rig | null = null;
afterEach(async () => {
  await rig?.close();
  rig = null;
});

const markets = (): Rig["lane"]["feeds"][number]["markets"] =>
  rig!.lane.feeds.flatMap((feed) => feed.markets);
const live = (): number => markets().filter((one) => one.state.live).length;

async function start(): Promise<TruthReader> {
  const venues = [coinbaseExchange];
  rig = await startRig({ venues, seed: 5, rate: 20, speed: 5, instruments: 3, feed: { idleMs: 4000 } });
  const keys = new Map(markets().map((one) => [one.id, { venue: one.venue, symbol: one.symbol, depth: 0 }]));
  const reader = new TruthReader(rig.handle.region, rig.simulator.truth, (id) => keys.get(id) ?? null);
  reader.reader.seekOldest();
  await until("all books live", 10_000, () => live() === 3);
  return reader;
}

/** Injects a fault, waits until its book started again; how many snapshots each book had since. */
async function strike(fault: FaultName, symbol: string, duration = 0): Promise<number[]> {
  const before = markets().map(({ state }) => state.epoch);
  const at = markets().findIndex((one) => one.symbol === symbol);
  rig!.simulator.inject({ fault, venue: coinbaseExchange.id, symbol, duration });
  await until(`${fault} seen`, 8000, () => markets()[at]!.state.epoch > before[at]!);
  await until(`${fault} healed`, 10_000, () => live() === 3);
  return markets().map(({ state }, i) => state.epoch - before[i]!);
}

async function compare(reader: TruthReader): Promise<void> {
  const from = reader.verdicts.equal;
  await until("a hundred commits", 10_000, () => {
    reader.poll();
    return reader.verdicts.equal > from + 100;
  });
  expect([reader.verdicts.wrong, reader.verdicts.unknown]).toEqual([[], 0]);
}

describe("Coinbase Exchange from the simulator to the lane", () => {
  it("is true, and live on the venue's word alone", { timeout: 30_000 }, async () => {
    const reader = await start();
    expect(markets().map(({ state }) => [state.validity, state.reason])).toEqual(
      [1, 2, 3].map(() => [VALIDITY.LIVE, REASON.UNPROVED]),
    );
    await compare(reader);
    expect(rig!.reports.filter((line) => !line.startsWith("info"))).toEqual([]);
  });

  it(
    "starts every book of a connection again after a frame that cannot be read",
    { timeout: 30_000 },
    async () => {
      const reader = await start();
      expect(await strike("smash", "BTC-USD")).toEqual([1, 1, 1]);
      await compare(reader);
    },
  );

  it(
    "learns from the heartbeat that trades are missing, and asks for that book again",
    { timeout: 30_000 },
    async () => {
      const reader = await start();
      await until("trades", 5000, () => markets().every(({ trades }) => trades.last > 0));
      const at = markets().findIndex(({ symbol }) => symbol === "BTC-USD");
      const { state } = markets()[at]!;
      const healed = strike("stall", "BTC-USD", 20_000);
      await until("the loss known", 4000, () => state.reason === REASON.CONNECTION_GAP);
      expect(state.live).toBe(false);
      const snapshots = await healed;
      expect(snapshots.filter((_count, i) => i !== at)).toEqual([0, 0]);
      expect(rig!.reports.filter((line) => /connection lost|refused/.test(line))).toEqual([]);
      await compare(reader);
    },
  );
});
