import { afterEach, expect, it } from "vitest";
import { ClockOffset } from "../../src/quality/clock-offset.ts";
import { readCounters } from "../../src/log/index.ts";
import { venueById } from "../../src/venues/index.ts";
import { startRig, until } from "./rig.ts";
import type { Rig } from "./rig.ts";

let rig: Rig | null = null;
afterEach(async () => {
  await rig?.close();
  rig = null;
});

function gauge(name: string): number {
  return readCounters(rig!.handle.region.counters).find((row) => row.name === name)?.value ?? NaN;
}

it.each([
  ["kraken", 0],
  ["kraken", 2700],
  ["binance", -1300],
])("%s's clock is %i ms ahead, and the error bar has that in it", { timeout: 30_000 }, async (id, skew) => {
  rig = await startRig({
    venues: [venueById(id)!],
    instruments: 3,
    seed: "clock",
    clockSkewMs: skew,
    judgeClock: () => new ClockOffset(),
    feed: { refreshMs: 300 },
  });
  const error = (): number => gauge("feedhorn_clock_offset_error_us");
  await until("an estimate within a second", 10_000, () => error() < 600_000);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(Math.abs(gauge("feedhorn_clock_offset_us") - skew * 1000)).toBeLessThanOrEqual(error() + 1);
  expect(error()).toBeLessThan(520_000);
  expect(gauge("feedhorn_clock_steps_total")).toBe(0);
});
