import { expect, it } from "vitest";
import { VALIDITY } from "../../src/model/index.ts";
import { venueById } from "../../src/venues/index.ts";
import { startRig, until } from "./rig.ts";

it("survives its own parser: a frame that makes it throw costs one resynchronisation, not the lane", async () => {
  const kraken = venueById("kraken")!;
  let frames = 0;
  const parse: typeof kraken.parse = (slab, start, end, tsRecv, out) => {
    const code = kraken.parse(slab, start, end, tsRecv, out);
    if (++frames === 60) throw new Error("a slip of ours");
    return code;
  };
  const rig = await startRig({ venues: [{ ...kraken, parse }], instruments: 3, seed: "thrown" });
  try {
    const markets = rig.lane.feeds[0]!.markets;
    const live = (): number => markets.filter((market) => market.state.validity === VALIDITY.LIVE).length;
    await until("the slip", 8000, () => rig.reports.some((line) => line.includes("a slip of ours")));
    await until("all live again", 8000, () => live() === 3);
    expect(markets.every((market) => market.state.epoch === 2)).toBe(true);
  } finally {
    await rig.close();
  }
});
