import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MessageBudget, WindowBudget } from "./budget.ts";

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

describe("MessageBudget", () => {
  const limits = {
    streamsPerSocket: 1,
    messages: 10,
    messageWindowMs: 1000,
    windows: [{ count: 20, ms: 60_000 }],
    connects: 1,
    connectWindowMs: 1,
    restWeight: 1,
    maxFrame: 1,
  };

  it("keeps four fifths of every window at once", () => {
    const budget = new MessageBudget(limits);
    const sent = (now: number): number => {
      let count = 0;
      while (budget.take(now) === 0) count += 1;
      return count;
    };
    expect([sent(0), sent(500), sent(1000), sent(2000)]).toEqual([8, 0, 8, 0]);
    expect(budget.take(2000)).toBe(58_000);
    expect([sent(60_000), sent(61_000)]).toEqual([8, 8]);
  });

  it("spends nothing of a window that is free while another is not", () => {
    const budget = new MessageBudget({ ...limits, messages: 100, windows: [{ count: 2, ms: 100 }] });
    for (let now = 0; now < 1000; now++) budget.take(now);
    const free = Array.from({ length: 70 }, (_, i) => budget.take(2000 + i * 100));
    expect(free).toEqual(free.map(() => 0));
  });

  it("counts what had to be said at once", () => {
    const budget = new MessageBudget(limits);
    for (let i = 0; i < 12; i++) budget.spend(0);
    expect(budget.take(10)).toBe(990);
  });
});
