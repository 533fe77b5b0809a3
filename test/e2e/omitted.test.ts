import { expect, it } from "vitest";
import { VALIDITY } from "../../src/model/index.ts";
import { VENUES } from "../../src/venues/index.ts";
import { startRig, until } from "./rig.ts";

const FETCHED = VENUES.filter((venue) => venue.snapshot.via === "rest");

it.each(FETCHED.map((venue) => [venue.id, venue] as const))(
  "%s: a book left out without a word does not stand live on its fetched snapshot, and is asked for again",
  async (id, venue) => {
    const feed = { idleMs: 1500, channels: ["book"] as const };
    const rig = await startRig({ venues: [venue], instruments: 4, seed: "omitted", speed: 4, feed });
    try {
      const { markets } = rig.lane.feeds[0]!;
      const count = (validity: number): number =>
        markets.filter((one) => one.state.validity === validity).length;
      await until("all books live", 15_000, () => count(VALIDITY.LIVE) === 4);
      rig.simulator.inject({ fault: "omit_subscribe", venue: id, duration: 8000 });
      rig.simulator.inject({ fault: "reset", venue: id });
      await until("books in doubt", 15_000, () => count(VALIDITY.STALE) > 0);
      await until("all books live and spoken of", 15_000, () => count(VALIDITY.LIVE) === 4);
      expect(markets.map((one) => one.streamed)).toEqual([true, true, true, true]);
    } finally {
      await rig.close();
    }
  },
);
