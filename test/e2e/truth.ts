import { afterAll, beforeAll, expect, it } from "vitest";
import { DepthReader, TopReader } from "../../src/log/index.ts";
import type { Venue } from "../../src/model/index.ts";
import { startRig, until } from "./rig.ts";
import type { Rig } from "./rig.ts";
import { Storm } from "../../src/app/chaos/storm.ts";
import type { StormOptions } from "../../src/app/chaos/storm.ts";
import { complaint } from "../../src/app/chaos/verdict.ts";
import { LOOK_MS, Watch } from "../../src/app/chaos/watch.ts";

/** Ten times its speed: what a machine with two cores plays for all venues, eight instruments each. */
const SPEED = 10;
const MINUTE = 60_000;
const SEED = process.env["TRUTH_SEED"] ?? "truth";
/** Half-open connections are found by silence: three real seconds are thirty simulated ones. */
const IDLE_MS = 3000;
/** Between two looks at the venues' lists, real ms: what was taken off them has to be missed. */
const REFRESH_MS = 1500;
/** Simulated UNIX time at the start, us: faults count from here. */
const ORIGIN = 1_795_000_000_000_000;
/** How long a run is, and how much of it there must be. */
export interface TruthRun {
  /** Simulated minutes. */
  readonly minutes: number;
  /** Simulated ms: the market settles, the storm, and time to heal; between two blows at one venue. */
  readonly storm: Pick<StormOptions, "from" | "to" | "every" | "without">;
  /** Live commits compared with the truth, at each venue at least. */
  readonly compared: number;
  /** Kinds of faults that may be left over at a venue when the storm ends. */
  readonly spared: number;
  /** What venues list instead of the common bases. */
  readonly listed?: Readonly<Record<string, readonly string[]>>;
}

/** Eleven simulated minutes and a half, every fault there is at every venue. */
export const WHOLE: TruthRun = {
  minutes: 11.5,
  // Nothing that is listed there has a date.
  storm: { from: 10_000, to: 9.5 * MINUTE, every: 7_500, without: ["expire"] },
  compared: 10_000,
  spared: 0,
};

/** Faults strike every venue of a lane, and no book is ever live that is not the venue's. */
export function truthSuite(venues: readonly Venue[], wanted: TruthRun = WHOLE): void {
  const { minutes, compared, listed } = wanted;
  let rig: Rig;
  let watch: Watch;
  let storm: Storm;

  beforeAll(async () => {
    const feed = { idleMs: IDLE_MS, refreshMs: REFRESH_MS };
    rig = await startRig({
      venues,
      seed: SEED,
      speed: SPEED,
      rate: 8,
      origin: ORIGIN,
      feed,
      rows: 512,
      listed,
    });
    watch = new Watch(rig, ORIGIN, SPEED);
    storm = new Storm({ simulator: rig.simulator, venues, seed: SEED, ...wanted.storm });
    await until("all books live", 20_000, () => {
      watch.look();
      return watch.allLive;
    });
    watch.outages.length = 0;
    await until(`${minutes} simulated minutes`, (minutes * MINUTE) / SPEED + 120_000, () => {
      watch.look();
      storm.step(watch.now);
      return watch.now >= minutes * MINUTE;
    });
  }, 240_000);

  afterAll(async () => {
    await rig?.close();
  });

  it("tells what it saw", () => {
    const { of, broken, proved } = watch.reader.verdicts;
    const faults = rig.simulator.faultLog.length;
    const { overruns } = rig.simulator.stats();
    console.info(
      `seed ${SEED}: live commits equal to the truth ${JSON.stringify(of)}; ${faults} faults, ${broken} books broken, ${proved} proved, ${overruns} steps cut short`,
    );
    expect(watch.now).toBeGreaterThanOrEqual(minutes * MINUTE);
  });

  it("never shows a live book that differs from the truth", () => {
    const { verdicts, lost } = watch.reader;
    expect(verdicts.wrong).toEqual([]);
    expect([lost, verdicts.unknown]).toEqual([0, 0]);
    for (const { id } of venues) expect(verdicts.of[id], id).toBeGreaterThan(compared);
  });

  it("was struck by every fault at every venue, as far as the time reached", () => {
    const left = Object.entries(storm.missing()).filter(([, names]) => names.length > wanted.spared);
    expect(Object.fromEntries(left)).toEqual({});
    expect(watch.reader.verdicts.broken).toBeGreaterThan(2 * minutes * venues.length);
  });

  it("heals every fault within its stated bound, and breaks nothing else", () => {
    const complaints = watch.outages.flatMap(
      (outage) => complaint(outage, rig.simulator.faultLog, SPEED, LOOK_MS * SPEED) ?? [],
    );
    expect({ complaints, reports: complaints.length === 0 ? [] : rig.reports.slice(-200) }).toEqual({
      complaints: [],
      reports: [],
    });
    expect(watch.allLive).toBe(true);
  });

  it("keeps the tables equal to the log", () => {
    watch.look();
    const depths = new DepthReader(rig.handle.region.depth);
    const tops = new TopReader(rig.handle.region.top);
    for (const market of watch.markets) {
      const depth = depths.read(market.id)!;
      const { bids, asks } = watch.reader.top(market.id, 50);
      expect([market.symbol, depth.bids, depth.asks]).toEqual([market.symbol, bids, asks]);
      expect(depth.validity).toBe("live");
      const top = tops.read(market.id)!;
      if (!market.topFromQuotes)
        expect([top.bidPrice, top.askPrice]).toEqual([depth.bids[0]![0], depth.asks[0]![0]]);
    }
  });
}
