import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WindowBudget } from "./budget.ts";

describe("WindowBudget", () => {
  it("spends up to the limit and says how long to wait for the oldest unit to expire", () => {
    const budget = new WindowBudget(10, 1000);
    expect(budget.take(6, 0)).toBe(0);
    expect(budget.take(4, 300)).toBe(0);
    expect(budget.take(1, 400)).toBe(600);
    expect(budget.take(1, 1000)).toBe(0);
    expect(budget.free(1000)).toBe(5);
  });

  it("believes the other side's larger figure, never a smaller one", () => {
    const budget = new WindowBudget(100, 60_000);
    budget.take(10, 0);
    budget.observe(70, 10);
    expect(budget.free(20)).toBe(30);
    budget.observe(5, 30);
    expect(budget.free(30)).toBe(30);
  });

  it("gives nothing while blocked", () => {
    const budget = new WindowBudget(100, 1000);
    budget.block(5000, 0);
    expect(budget.free(4999)).toBe(0);
    expect(budget.take(1, 100)).toBe(4900);
    expect(budget.take(1, 5000)).toBe(0);
  });

  it("never lets more than the limit through in any window (property)", () => {
    const asks = fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 8 })), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(asks, (steps) => {
        const budget = new WindowBudget(10, 1000);
        const taken: [number, number][] = [];
        let now = 0;
        for (const [gap, units] of steps) {
          now += gap;
          if (budget.take(units, now) === 0) taken.push([now, units]);
        }
        for (const [at] of taken) {
          const inWindow = taken
            .filter(([t]) => t > at - 1000 && t <= at)
            .reduce((sum, [, units]) => sum + units, 0);
          expect(inWindow).toBeLessThanOrEqual(10);
        }
      }),
      { seed: 7, numRuns: 200 },
    );
  });
});
