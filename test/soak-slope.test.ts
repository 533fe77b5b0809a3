import { expect, it } from "vitest";
import { seeded } from "../bench/harness.ts";
import { slopeOf, verdictOf } from "../bench/soak-slope.ts";

/** An hour of samples: a level, growth an hour, a sawtooth of garbage and noise, MiB. */
function hour(growth: number, tooth: number, noise = 2): number[] {
  const random = seeded(7);
  return Array.from(
    { length: 3600 },
    (_, i) => 200 + (growth * i) / 3600 + (tooth * (i % 20)) / 20 + noise * (random() - 0.5),
  );
}

it("finds the growth of an hour under garbage that comes and goes", () => {
  const { perHour, error } = slopeOf(hour(30, 12), 1);
  expect(Math.abs(perHour - 30)).toBeLessThan(3 * error + 0.1);
  expect(error).toBeLessThan(1);
  expect(verdictOf({ perHour, error }, 5)).toBe("grows");
});

it("calls garbage and noise alone flat", () => {
  const { perHour, error } = slopeOf(hour(0, 12), 1);
  expect(Math.abs(perHour)).toBeLessThan(1);
  expect(verdictOf({ perHour, error }, 5)).toBe("flat");
});

it("does not decide what a short run cannot tell", () => {
  const slope = slopeOf(hour(0, 12, 20).slice(0, 60), 1 / 60);
  expect(slope.error).toBeGreaterThan(20);
  expect(verdictOf({ perHour: 0, error: slope.error }, 5)).toBe("not decided: run longer");
});

it("knows nothing of fewer samples than blocks", () => {
  const slope = slopeOf([1, 2, 3], 1);
  expect(slope).toEqual({ perHour: NaN, error: NaN });
  expect(verdictOf(slope, 5)).toBe("not decided: run longer");
});
