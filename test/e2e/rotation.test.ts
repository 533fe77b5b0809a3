import { afterEach, expect, it } from "vitest";
import { Watch } from "../../src/app/chaos/watch.ts";
import { readCounters } from "../../src/log/index.ts";
import type { Venue } from "../../src/model/index.ts";
import { VENUES } from "../../src/venues/index.ts";
import { Commits, numbered } from "./commits.ts";
import { startRig, until } from "./rig.ts";
import type { Rig } from "./rig.ts";

/** Connections reach their age again and again: each is replaced by one that carries everything already. */

const SPEED = 4;
const ORIGIN = 1_795_000_000_000_000;
/** Age of a connection, and how many are replaced at each venue. */
const LIFE_MS = 1500;
const ROTATIONS = 4;
const CHOSEN: ReadonlySet<string> = new Set([
  "binance",
  "okx",
  "bybit",
  "deribit",
  "gemini",
  "bitget",
  "kraken",
  "coinbase",
]);

let rig: Rig | undefined;

afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

/** As the venue is, but for its patience with new connections: they come much faster here than in a day. */
function patient(venue: Venue): Venue {
  return { ...venue, limits: { ...venue.limits, connects: 1_000_000, messages: 1_000_000, windows: [] } };
}

function counted(name: string): Map<string, number> {
  const rows = readCounters(rig!.handle.region.counters).filter((row) => row.name === name);
  return new Map(rows.map(({ labels, value }) => [labels, value]));
}

it.each([1, 2])(
  "loses and doubles nothing while connections are replaced by age (redundancy %i)",
  { timeout: 100_000 },
  async (redundancy) => {
    const venues = VENUES.filter(({ id }) => CHOSEN.has(id)).map(patient);
    rig = await startRig({
      venues,
      seed: `rotation ${redundancy}`,
      instruments: 2,
      rate: 10,
      speed: SPEED,
      origin: ORIGIN,
      limits: false,
      feed: { redundancy, rotateMs: LIFE_MS, channels: ["trade", "quote", "book"] },
    });
    const watch = new Watch(rig, ORIGIN, SPEED);
    const look = (): boolean => {
      watch.look();
      return watch.allLive;
    };
    await until("all books live", 20_000, look);
    const commits = new Commits(rig);
    const began = watch.outages.length;
    const enough = (): boolean => {
      look();
      commits.poll();
      const done = [...counted("feedhorn_rotations_total").values()];
      return done.length === venues.length && done.every((count) => count >= ROTATIONS);
    };
    await until("rotations", 60_000, enough);
    await until("all books live again", 10_000, look);
    commits.poll();
    const rotations = [...counted("feedhorn_rotations_total").values()].reduce(
      (sum, count) => sum + count,
      0,
    );
    expect(rotations).toBeGreaterThanOrEqual(20);
    for (const market of commits.markets) {
      const name = `${market.venue.id} ${market.symbol}`;
      const { lost, twice, all } = commits.trades(market);
      expect([name, lost, twice], name).toEqual([name, [], []]);
      expect(all, name).toBeGreaterThan(30);
      if (!numbered(market)) continue;
      const { changes, breaks, states } = commits.of(market);
      expect([name, breaks, states], name).toEqual([name, [], []]);
      expect(changes, name).toBeGreaterThan(50);
    }
    expect(watch.reader.verdicts.wrong).toEqual([]);
    // Where nothing numbers the changes a book starts again on the new connection; at once.
    const slow = watch.outages.slice(began).filter(({ from, to, starved }) => to - from > 5000 + starved);
    expect(slow).toEqual([]);
    const reconnects = [...counted("feedhorn_reconnects_total").values()];
    expect(reconnects.reduce((sum, count) => sum + count, 0)).toBe(0);
  },
);
