import { describe, expect, it } from "vitest";
import { instrumentOf } from "../../model/index.ts";
import { venueById } from "../../venues/index.ts";
import type { LaneCore } from "../lane-core.ts";
import type { Link } from "../session/link.ts";
import { Market } from "../market/market.ts";
import { Resync } from "./resync.ts";
import type { SnapshotJob, SnapshotQueue } from "./snapshots.ts";

const BINANCE = venueById("binance")!;

function marketOf(): Market {
  const instrument = instrumentOf({ symbol: "BTCUSDT", canonical: "BTC-USDT", tick: 0.01, lot: 0.01 });
  const market = new Market(0, BINANCE, instrument, [{ channel: "book", symbol: "BTCUSDT" }], false);
  market.link = { session: { state: "open" } } as unknown as Link;
  return market;
}

describe("Resync", () => {
  it("asks for a listing that came back while the answer for the one before is still on its way", () => {
    const time = { mark: 1000, read: () => undefined };
    const core = { time, world: { random: () => 0.5 } } as unknown as LaneCore;
    const jobs: SnapshotJob[] = [];
    const taken: Market[] = [];
    const snapshots = {
      request: (job: SnapshotJob) => !jobs.some(({ key }) => key === job.key) && jobs.push(job) > 0,
    } as unknown as SnapshotQueue;
    const resync = new Resync({
      venue: BINANCE,
      core,
      snapshots,
      restUrl: "",
      timeoutMs: 1000,
      announce: () => undefined,
      apply: (market) => taken.push(market) > 0,
      refused: () => undefined,
    });
    const [before, after] = [marketOf(), marketOf()];
    resync.request([before]);
    expect(jobs).toHaveLength(1);
    before.retired = true;
    resync.request([after]);
    jobs.pop()!.done(Buffer.alloc(1), "");
    expect([taken, jobs]).toEqual([[], []]);
    time.mark += 300;
    resync.tick([after]);
    expect(jobs).toHaveLength(1);
    jobs.pop()!.done(Buffer.alloc(1), "");
    expect(taken).toEqual([after]);
  });
});
