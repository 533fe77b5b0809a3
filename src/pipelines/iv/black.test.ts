import { describe, expect, it } from "vitest";
import { callPrice, normal } from "./black.ts";

/** The area under the bell from 0 to x, by Simpson's rule. */
function area(x: number): number {
  const steps = 2000;
  const step = x / steps;
  const bell = (i: number): number => Math.exp(-((i * step) ** 2) / 2);
  let sum = bell(0) + bell(steps);
  for (let i = 1; i < steps; i++) sum += bell(i) * (i % 2 === 0 ? 2 : 4);
  return (sum * step) / 3 / Math.sqrt(2 * Math.PI);
}

describe("black", () => {
  it("has the normal distribution to thirteen digits, and its tails", () => {
    for (let x = -7; x <= 7; x += 0.37) expect(Math.abs(normal(x) - 0.5 - area(x))).toBeLessThan(1e-13);
    expect([normal(0), normal(-40), normal(40)]).toEqual([0.5, 0, 1]);
    // Abramowitz and Stegun, table 26.2: Q(8) = 6.22096e-16.
    expect(normal(-8) / 6.22096e-16).toBeCloseTo(1, 4);
  });

  it("prices a call: at the money, without time, and far away", () => {
    const atMoney = 100 * (2 * normal(0.1) - 1);
    expect(callPrice(100, 100, 1, 0.2)).toBeCloseTo(atMoney, 12);
    expect([callPrice(100, 90, 0, 0.2), callPrice(100, 110, 1, 0), callPrice(100, 1e9, 1, 0.2)]).toEqual([
      10, 0, 0,
    ]);
    expect(callPrice(100, 1e-9, 1, 0.2)).toBeCloseTo(100, 8);
  });
});
