import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ticks } from "./ticks.ts";

const S = 1_000_000;

describe("ticks", () => {
  it("are the seconds of the wall, each once, and the first look only begins", () => {
    const ticks = new Ticks(1000);
    const seen = [10.2, 10.9, 11, 11.4, 12.001, 12.999, 13].map((s) => ticks.due(s * S));
    expect(seen).toEqual([null, null, 11 * S, null, 12 * S, null, 13 * S]);
    expect(ticks.skipped).toBe(0);
  });

  it("that were missed are counted and not made up for", () => {
    const ticks = new Ticks(1000);
    expect([10.5, 11, 15.25, 16].map((s) => ticks.due(s * S))).toEqual([null, 11 * S, 15 * S, 16 * S]);
    expect(ticks.skipped).toBe(3);
  });

  it("say how long it is to the next one", () => {
    expect([new Ticks(1000).left(10.25 * S), new Ticks(250).left(10.25 * S)]).toEqual([0.75 * S, 0.25 * S]);
  });

  it("given and skipped are all that have passed, whatever the pace", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3_500_000), { maxLength: 50 }), (steps) => {
        const ticks = new Ticks(1000);
        let now = 1_700_000_000_250_000;
        ticks.due(now);
        const given = steps.map((step) => ticks.due((now += step))).filter((tick) => tick !== null);
        expect(given.length + ticks.skipped).toBe(Math.floor(now / S) - 1_700_000_000);
        expect(given.every((tick, i) => tick % S === 0 && (i === 0 || tick > given[i - 1]!))).toBe(true);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});
