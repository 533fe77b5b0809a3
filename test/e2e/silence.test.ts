import { afterEach, describe, expect, it } from "vitest";
import { EventReader, RingReader } from "../../src/log/index.ts";
import { VALIDITY } from "../../src/model/index.ts";
import { SILENCE_DEFAULTS, SilenceJudge } from "../../src/quality/silence.ts";
import { venueById } from "../../src/venues/index.ts";
import { startRig, until } from "./rig.ts";
import type { Rig } from "./rig.ts";

/** One symbol falls silent on a busy connection: found by its own measure, started again, and no other disturbed. */

/** As by default, but for a test that cannot listen for a quarter of an hour first. */
const HURRIED = { ...SILENCE_DEFAULTS, minMs: 1000, learnMs: 4000, leastGaps: 20, experience: 1 };

let rig: Rig | null = null;
afterEach(async () => {
  await rig?.close();
  rig = null;
});

async function start(venue: string): Promise<void> {
  const judgeSilence = (): SilenceJudge => new SilenceJudge(HURRIED);
  rig = await startRig({
    venues: [venueById(venue)!],
    instruments: 5,
    rate: 150,
    seed: "silence",
    feed: { judgeSilence, channels: ["book"] },
  });
  const live = (): number => rig!.lane.feeds[0]!.markets.filter((one) => one.state.live).length;
  await until("five books live", 8000, () => live() === 5);
}

function counter(key: "silenceSuspected" | "silenceRestarts" | "silenceConfirmed" | "silenceFalse"): number {
  const [feed] = rig!.lane.feeds;
  return rig!.lane.core.counters.get(feed!.meters[key]);
}

/** Book states of the log since the last call. */
function reader(): () => string[] {
  const { region } = rig!.handle;
  const ring = new RingReader(region.control, region.slots);
  const events = new EventReader(region.names());
  return () => {
    const out: string[] = [];
    ring.poll((slots, word) => {
      const event = events.accept(slots, word);
      if (event?.type === "status") out.push(`${event.symbol} ${event.state} ${event.reason ?? ""}`.trim());
    }, 1 << 20);
    return out;
  };
}

describe("one symbol silent on a busy socket", () => {
  it.each(["kraken", "binance"])(
    "%s: is found within five of its gaps and heals",
    { timeout: 60_000 },
    async (id) => {
      await start(id);
      await new Promise((resolve) => setTimeout(resolve, 8000));
      const market = rig!.lane.feeds[0]!.markets[1]!;
      const read = reader();
      read();
      const from = performance.now();
      rig!.simulator.inject({ fault: "stall", venue: id, symbol: market.symbol, duration: 6000 });
      await until("a stream found", 6000, () => rig!.reports.some((one) => one.includes("subscribed again")));
      const found = performance.now() - from;
      const line = rig!.reports.find((one) => one.includes("subscribed again") && one.includes('"book"'));
      expect(line).toContain(`"symbol":"${market.symbol}"`);
      const { spacing_ms } = JSON.parse(line!.slice(line!.indexOf("{"))) as { spacing_ms: number };
      expect(found).toBeLessThan(5 * Math.max(spacing_ms, HURRIED.minMs / HURRIED.factor) + 300);
      await until("all live again", 20_000, () => rig!.lane.feeds[0]!.markets.every((one) => one.state.live));
      await until("the verdict", 5000, () => counter("silenceConfirmed") > 0);
      const said = read();
      expect(said.slice(0, 1)).toEqual([`${market.symbol} stale silent`]);
      expect(said.filter((one) => !one.startsWith(market.symbol))).toEqual([]);
      expect(said.at(-1)).toBe(`${market.symbol} live`);
      expect(rig!.reports.filter((one) => one.includes("connection lost"))).toEqual([]);
      expect(market.state.validity).toBe(VALIDITY.LIVE);
    },
  );

  it("binance: a market that is only quiet is asked about and left alone", { timeout: 60_000 }, async () => {
    await start("binance");
    await new Promise((resolve) => setTimeout(resolve, 8000));
    const { symbol } = rig!.lane.feeds[0]!.markets[1]!;
    const read = reader();
    read();
    rig!.simulator.inject({ fault: "quiet", venue: "binance", symbol, duration: 8000 });
    await until("a question answered", 8000, () => counter("silenceFalse") > 0);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(read()).toEqual([]);
  });
});
