import { afterEach, describe, expect, it } from "vitest";
import { VALIDITY, withOptions } from "../../src/model/index.ts";
import type { FaultName } from "../../src/simulator/index.ts";
import { bitget } from "../../src/venues/bitget/venue.ts";
import { startRig, until } from "./rig.ts";
import type { Rig } from "./rig.ts";

/** The whole path for each protocol of Bitget: simulator, sockets, lane. */

let rig: Rig | null = null;
afterEach(async () => {
  await rig?.close();
  rig = null;
});

const markets = (): Rig["lane"]["feeds"][number]["markets"] =>
  rig!.lane.feeds.flatMap((feed) => feed.markets);
const live = (): number => markets().filter((one) => one.state.live).length;
const reported = (text: string): number => rig!.reports.filter((line) => line.includes(text)).length;

async function start(api: string): Promise<void> {
  const venues = [withOptions(bitget, { api, products: "usdt-futures" })];
  rig = await startRig({ venues, seed: 5, rate: 20, speed: 5, instruments: 3, feed: { idleMs: 4000 } });
  await until(`all books of ${api} live`, 10_000, () => live() === 3);
}

/** Strikes a frame of one book, and waits until it was seen and healed. */
async function strike(fault: FaultName, symbol: string): Promise<void> {
  const market = markets().find((one) => one.symbol === symbol)!;
  const { epoch } = market.state;
  rig!.simulator.inject({ fault, venue: "bitget", symbol });
  await until(`${fault} seen`, 8000, () => market.state.epoch > epoch);
  await until(`${fault} healed`, 10_000, () => market.state.validity === VALIDITY.LIVE);
}

describe.each(["v3", "v2"])("Bitget %s from the simulator to the lane", (api) => {
  it("heals a lost frame by subscribing that book alone again", { timeout: 30_000 }, async () => {
    await start(api);
    await strike("drop", "BTCUSDT:USDT-FUTURES");
    expect([reported("connection lost"), reported("refused")]).toEqual([0, 0]);
    await until("books live", 5000, () => live() === 3);
  });

  it("goes live without a complaint, top of book from its quotes", { timeout: 30_000 }, async () => {
    await start(api);
    const [market] = markets();
    expect([market!.venue.book, market!.topFromQuotes]).toEqual(["prevLink", true]);
    expect(rig!.reports.filter((line) => !line.startsWith("info"))).toEqual([]);
  });
});
