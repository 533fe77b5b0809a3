import { describe, expect, it } from "vitest";
import { CounterWriter, DepthWriter, InstrumentWriter, VenueWriter } from "../log/index.ts";
import { VALIDITY, instrumentOf } from "../model/index.ts";
import type { Validity } from "../model/index.ts";
import { heapRegion } from "../store/index.ts";
import { venueById } from "../venues/index.ts";
import { checkConfig } from "./config.ts";
import type { FeedRoster } from "./lane/messages.ts";
import { RegionSource } from "./region-source.ts";
import type { WatchedLane } from "./region-source.ts";

const kraken = venueById("kraken")!;

/** A lane as its region shows it: books of Kraken with their validity, and connections of which all are open. */
function lane(
  feeds: object[],
  books: Record<string, Validity>,
  connections: number,
  roster?: FeedRoster[] | null,
): WatchedLane {
  const { region } = heapRegion({ lane: "test", slots: 512, instruments: 16 });
  const rows = new InstrumentWriter(region.control, region.instruments);
  const depths = new DepthWriter(region.depth);
  for (const [base, validity] of Object.entries(books)) {
    const id = rows.add(kraken.code, instrumentOf({ symbol: `${base}/USD`, canonical: `${base}-USD` }));
    depths.open(id);
    depths.close(validity, 0, 1, 0, 0);
  }
  const venues = new VenueWriter(region.venues);
  const now = BigInt(Date.now()) * 1_000_000n;
  const recv = { hi: Number(now >> 32n), lo: Number(BigInt.asIntN(32, now)) };
  venues.write(venues.declare(kraken.code, kraken.id), 1, VALIDITY.LIVE, connections, 0, recv);
  const counters = new CounterWriter(region.counters);
  for (const name of ["feedhorn_connections", "feedhorn_connections_up"]) {
    const row = counters.declare({ name, labels: 'venue="kraken"', unit: "", help: "" }, true);
    counters.set(row, connections);
  }
  const config = checkConfig({ feeds: feeds.map((feed) => ({ venue: "kraken", ...feed })) }, "test", {});
  const plan = config.lanes[0]!;
  return { plan, region, ...(roster === undefined ? {} : { roster: () => roster }) };
}

const book = (...bases: string[]): FeedRoster["heard"] =>
  bases.map((base) => ({ symbol: `${base}/USD`, channels: ["book"] }));
const { LIVE, STALE, WARMING } = VALIDITY;

describe("what is ready", () => {
  it("is what the configuration names, until the lane tells what it listens to", () => {
    const feeds = [{ symbols: ["BTC-USD", "NOPE-USD"] }];
    expect(new RegionSource([lane(feeds, { BTC: LIVE }, 1, null)], "1").ready()).toEqual({
      ready: false,
      reasons: ["kraken NOPE-USD: unlisted"],
    });
  });

  it("is then what is listened to: patterns resolved, orders counted, what has ended left out", () => {
    const feeds = [{ symbols: ["*-USD"] }];
    const books = { BTC: LIVE, ETH: WARMING, OLD: STALE };
    const ready = (roster: FeedRoster[]): readonly string[] =>
      new RegionSource([lane(feeds, books, 1, roster)], "1").ready().reasons;
    expect(ready([{ heard: book("BTC"), unlisted: [] }])).toEqual([]);
    expect(ready([{ heard: book("BTC", "ETH"), unlisted: ["X-USD"] }])).toEqual([
      "kraken ETH-USD: warming",
      "kraken X-USD: unlisted",
    ]);
  });

  it("is nothing to wait for where everything was removed", () => {
    const roster = [{ heard: [], unlisted: [] }];
    expect(new RegionSource([lane([{ symbols: ["BTC-USD"] }], {}, 0, roster)], "1").ready().ready).toBe(true);
  });
});

describe("/health", () => {
  it("takes several feeds of a venue together, in one lane and in several", () => {
    const one = lane([{ symbols: ["BTC-USD"] }, { symbols: ["ETH-USD"] }], { BTC: LIVE, ETH: LIVE }, 2);
    const two = lane([{ symbols: ["SOL-USD"] }], { SOL: WARMING }, 1);
    const { venues } = new RegionSource([one, two], "1").health();
    expect(venues["kraken"]).toMatchObject({
      state: "warming",
      connections: { open: 3, wanted: 3 },
      instruments: { live: 2, total: 3 },
    });
  });
});
