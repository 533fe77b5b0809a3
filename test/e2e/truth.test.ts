import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DepthReader, TopReader } from "../../src/log/index.ts";
import { boundOf } from "../../src/simulator/index.ts";
import type { FaultName, FaultRecord } from "../../src/simulator/index.ts";
import { venueById } from "../../src/venues/index.ts";
import { startRig, until } from "./rig.ts";
import type { Rig } from "./rig.ts";
import { TruthReader } from "./truth-reader.ts";

/** Ten simulated minutes at ten times their speed, four venues of eight instruments, faults on. */
const SPEED = 10;
const MINUTES = 10;
const SEED = process.env["TRUTH_SEED"] ?? "truth";
const VENUES = ["binance", "binance-usdm", "coinbase", "kraken"].map((id) => venueById(id)!);
const KINDS: readonly FaultName[] = [
  "drop",
  "duplicate",
  "reorder",
  "truncate",
  "smash",
  "binary",
  "flip_digit",
  "reset",
  "fin",
  "going_away",
  "half_open",
  "stall",
  "rest_429",
  "rest_503",
];
const FAULTS = { perMinute: 12, kinds: KINDS, start: 10_000, length: (MINUTES - 1.5) * 60_000 };
/** Half-open connections are found by silence: three real seconds are thirty simulated ones. */
const IDLE_MS = 3000;
/** Simulated UNIX time at the start, us: faults count from here. */
const ORIGIN = 1_795_000_000_000_000;
/** Time of the simulated market between two looks at what is live, ms. */
const LOOK_MS = 20 * SPEED;

/** A stretch of simulated ms in which a market was not live. */
interface Outage {
  readonly venue: string;
  readonly symbol: string;
  readonly from: number;
  to: number;
}

/** Watches every market from the log alone. */
class Watch {
  readonly outages: Outage[] = [];
  readonly reader: TruthReader;
  readonly #rig: Rig;
  readonly #open = new Map<number, Outage>();

  constructor(rig: Rig) {
    this.#rig = rig;
    const markets = rig.lane.feeds.flatMap((feed) => feed.markets);
    const keys = new Map(
      markets.map((one) => [one.id, { venue: one.venue, symbol: one.symbol, depth: one.keepDepth }]),
    );
    this.reader = new TruthReader(rig.handle.region, rig.simulator.truth, (id) => keys.get(id) ?? null);
    this.reader.reader.seekOldest();
  }

  /** Simulated ms since the start. */
  get now(): number {
    return (this.#rig.simulator.now() - ORIGIN) / 1000;
  }

  look(): void {
    this.reader.poll();
    const { now } = this;
    for (const market of this.#rig.lane.feeds.flatMap((feed) => feed.markets)) {
      const open = this.#open.get(market.id);
      if (this.reader.live(market.id)) {
        if (open !== undefined) open.to = now;
        this.#open.delete(market.id);
      } else if (open === undefined) {
        const outage = { venue: market.venue.id, symbol: market.symbol, from: now, to: Infinity };
        this.#open.set(market.id, outage);
        this.outages.push(outage);
      }
    }
  }

  get allLive(): boolean {
    return this.#open.size === 0 && this.outages.length > 0;
  }
}

/** A loss nobody can see shows at the next event of its symbol; the quietest ones speak this often, ms. */
const QUIET_MS = 60_000;

/**
 * What is wrong with an outage: no fault explains it, or it outlived the bound of those that do. A bound counts from
 * the end of the fault or from the moment it could be seen, whichever is later.
 */
function complaint(outage: Outage, faults: readonly FaultRecord[]): string | null {
  const causes = faults.filter(
    (fault) =>
      fault.venue === outage.venue &&
      (fault.symbol === null || fault.symbol === outage.symbol || fault.connection !== null) &&
      fault.at <= outage.from + LOOK_MS &&
      fault.until + boundOf(fault.fault, venueById(fault.venue)!) + QUIET_MS >= outage.from,
  );
  const name = `${outage.venue} ${outage.symbol} not live from ${Math.round(outage.from)} to ${Math.round(outage.to)} ms`;
  if (causes.length === 0) return `${name}: no fault explains it`;
  const allowed = causes.map(
    (fault) => Math.max(fault.until, outage.from) + boundOf(fault.fault, venueById(fault.venue)!),
  );
  const names = [...new Set(causes.map((one) => one.fault))].join(", ");
  return outage.to <= Math.max(...allowed) + LOOK_MS
    ? null
    : `${name}: allowed until ${Math.round(Math.max(...allowed))} by ${names}`;
}

describe("ten simulated minutes under faults", () => {
  let rig: Rig;
  let watch: Watch;

  beforeAll(async () => {
    rig = await startRig({
      venues: VENUES,
      seed: SEED,
      speed: SPEED,
      rate: 8,
      faults: FAULTS,
      origin: ORIGIN,
      feed: { idleMs: IDLE_MS },
    });
    watch = new Watch(rig);
    await until("all books live", 15_000, () => {
      watch.look();
      return watch.allLive;
    });
    watch.outages.length = 0;
    await until(`${MINUTES} simulated minutes`, (MINUTES * 60_000) / SPEED + 120_000, () => {
      watch.look();
      return watch.now >= MINUTES * 60_000;
    });
  }, 240_000);

  afterAll(async () => {
    await rig?.close();
  });

  it("tells what it saw", () => {
    const { equal, broken, proved } = watch.reader.verdicts;
    const faults = rig.simulator.faultLog.length;
    console.info(
      `seed ${SEED}: ${equal} live commits equal to the truth, ${faults} faults, ${broken} books broken, ${proved} proved`,
    );
    expect(watch.now).toBeGreaterThanOrEqual(MINUTES * 60_000);
  });

  it("never shows a live book that differs from the truth", () => {
    const { verdicts, lost } = watch.reader;
    expect(verdicts.wrong).toEqual([]);
    expect(lost).toBe(0);
    expect(verdicts.unknown).toBe(0);
    expect(verdicts.equal).toBeGreaterThan(50_000);
  });

  it("was really disturbed, at every venue", () => {
    const struck = new Set(rig.simulator.faultLog.map((fault) => fault.venue));
    expect([...struck].toSorted()).toEqual(["binance", "binance-usdm", "coinbase", "kraken"]);
    expect(rig.simulator.faultLog.length).toBeGreaterThan(60);
    expect(watch.reader.verdicts.broken).toBeGreaterThan(50);
  });

  it("heals every fault within its stated bound, and breaks nothing else", () => {
    const complaints = watch.outages
      .map((outage) => complaint(outage, rig.simulator.faultLog))
      .filter((one) => one !== null);
    expect({ complaints, reports: complaints.length === 0 ? [] : rig.reports }).toEqual({
      complaints: [],
      reports: [],
    });
    expect(watch.allLive).toBe(true);
  });

  it("keeps the tables equal to the log", () => {
    watch.look();
    const depths = new DepthReader(rig.handle.region.depth);
    const tops = new TopReader(rig.handle.region.top);
    for (const market of rig.lane.feeds.flatMap((feed) => feed.markets)) {
      const depth = depths.read(market.id)!;
      const replica = watch.reader.top(market.id, 50);
      expect({ symbol: market.symbol, bids: depth.bids, asks: depth.asks }).toEqual({
        symbol: market.symbol,
        ...replica,
      });
      expect(depth.validity).toBe("live");
      if (!market.topFromQuotes)
        expect([tops.read(market.id)!.bidPrice, tops.read(market.id)!.askPrice]).toEqual([
          depth.bids[0]![0],
          depth.asks[0]![0],
        ]);
    }
  });
});
