import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClockOffset } from "./clock-offset.ts";

const SECOND = 1_000_000;
const START = 1_760_000_000 * SECOND;

/** Delays of a network, us: never less than `least`, mostly near it, some of them long. */
const network = fc.record({
  least: fc.integer({ min: 0, max: 200_000 }),
  jitter: fc.array(fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 3 * SECOND })), {
    minLength: 20,
    maxLength: 20,
  }),
});

interface World {
  readonly offset: (now: number) => number;
  readonly least: number;
  readonly jitter: readonly number[];
  /** Stamps are cut to this, us. */
  readonly cut: number;
}

/** Events every 500 ms and a request every `every` seconds, with stamps of whole seconds. */
function live(clock: ClockOffset, world: World, from: number, to: number, every: number): void {
  const { offset, least, jitter, cut } = world;
  const stamp = (at: number, grain: number): number => Math.floor((at + offset(at)) / grain) * grain;
  for (let at = from, i = 0; at < to; at += SECOND / 2, i++) {
    const delay = least + jitter[i % jitter.length]!;
    clock.event(stamp(at - delay, cut), at);
    if (i % (2 * every) !== 0) continue;
    const there = least + jitter[(i * 7) % jitter.length]!;
    const back = least + jitter[(i * 3) % jitter.length]!;
    clock.answer(at - there - back, stamp(at - back, SECOND), at, SECOND);
  }
}

function contains(clock: ClockOffset, truth: number, now: number): boolean {
  const { offset, error } = clock.estimate(now)!;
  return Math.abs(offset - truth) <= error + 1e-3;
}

describe("ClockOffset", () => {
  it("has the truth within its error bars, whatever the delays, offset and grain of the stamps", () => {
    const offsets = fc.integer({ min: -5 * SECOND, max: 5 * SECOND });
    const grains = fc.constantFrom(1, 1000, SECOND);
    fc.assert(
      fc.property(network, offsets, grains, fc.integer({ min: 3, max: 40 }), (net, offset, cut, every) => {
        const clock = new ClockOffset();
        const world = { ...net, offset: () => offset, cut };
        for (let minute = 0; minute < 5; minute++) {
          const from = START + minute * 60 * SECOND;
          live(clock, world, from, from + 60 * SECOND, every);
          expect(contains(clock, offset, from + 60 * SECOND)).toBe(true);
        }
        expect(clock.steps).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it("follows clocks that drift by up to a hundred in a million", () => {
    fc.assert(
      fc.property(network, fc.integer({ min: -100, max: 100 }), (net, ppm) => {
        const clock = new ClockOffset();
        const offset = (now: number): number => 3000 + ((now - START) * ppm) / 1e6;
        const end = START + 1800 * SECOND;
        live(clock, { ...net, offset, cut: 1000 }, START, end, 60);
        expect(contains(clock, offset(end), end)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it("is precise where answers are: the half of the fastest round trip", () => {
    const clock = new ClockOffset();
    for (let i = 0; i < 50; i++) {
      const at = START + i * SECOND;
      const there = 4000 + ((i * 37) % 50) * 100;
      const back = 6000 + ((i * 11) % 50) * 100;
      clock.answer(at, at + there + 12_345, at + there + back);
    }
    const { offset, error } = clock.estimate(START + 50 * SECOND)!;
    expect(error).toBeLessThan(6000);
    expect(Math.abs(offset - 12_345)).toBeLessThanOrEqual(error);
  });

  it("says nothing while only one side is limited", () => {
    const clock = new ClockOffset();
    expect(clock.estimate(START)).toBeNull();
    clock.event(START - 5000, START);
    clock.event(START - 4000, START);
    expect(clock.estimate(START)).toBeNull();
  });

  it("believes no single stamp from the future", () => {
    const clock = new ClockOffset();
    const world = { least: 10_000, jitter: [0, 500, 900], offset: () => 0, cut: 1 };
    live(clock, world, START, START + 60 * SECOND, 5);
    clock.event(START + 3600 * SECOND, START + 60 * SECOND);
    expect([contains(clock, 0, START + 60 * SECOND), clock.steps]).toEqual([true, 0]);
  });

  it.each([250_000, -250_000, 3 * SECOND, -3 * SECOND])(
    "follows a step of %i us within 40 seconds",
    (step) => {
      const clock = new ClockOffset();
      const turn = START + 600 * SECOND;
      const offset = (now: number): number => (now < turn ? 0 : step);
      const world = { least: 10_000, jitter: [0, 100, 3000, 700], offset, cut: 1000 };
      live(clock, world, START, turn, 7);
      expect(contains(clock, 0, turn - SECOND)).toBe(true);
      live(clock, world, turn, turn + 40 * SECOND, 7);
      expect(contains(clock, step, turn + 40 * SECOND)).toBe(true);
      expect(clock.steps).toBeGreaterThan(0);
    },
  );
});
