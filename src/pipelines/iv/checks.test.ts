import { describe, expect, it } from "vitest";
import { butterflies, calendars, volatilityAt } from "./checks.ts";

const flat = (iv: number, strikes = [80, 90, 100, 110, 120]) => strikes.map((strike) => ({ strike, iv }));

describe("what no surface may do", () => {
  it("strikes: a flat or smiling one is whole, one point too dear is seen", () => {
    const smile = [80, 90, 100, 110, 120].map((strike) => ({
      strike,
      iv: 0.5 + ((strike - 100) / 100) ** 2,
    }));
    expect(butterflies({ forward: 100, years: 0.25, points: flat(0.5) })).toBe(0);
    expect(butterflies({ forward: 100, years: 0.25, points: smile })).toBe(0);
    const dear = flat(0.5).map((point) => (point.strike === 100 ? { ...point, iv: 0.75 } : point));
    expect(butterflies({ forward: 100, years: 0.25, points: dear })).toBe(1);
  });

  it("strikes: the venue's rounding is no arbitrage", () => {
    const near = [99.8, 99.9, 100, 100.1].map((strike, i) => ({ strike, iv: i === 1 ? 0.50005 : 0.5 }));
    expect(butterflies({ forward: 100, years: 0.25, points: near })).toBe(0);
  });

  it("expiries: total variance does not shrink, by moneyness, where both are known", () => {
    const early = { forward: 100, years: 0.1, points: flat(0.6) };
    const late = (iv: number, forward = 100) => ({ forward, years: 0.2, points: flat(iv) });
    // 0.6^2 * 0.1 = 0.036 = 0.2 * 0.4243^2
    expect([calendars(early, late(0.43)), calendars(early, late(0.42))]).toEqual([0, 5]);
    // On a forward of 200 the strikes lie at 40 to 60 of the earlier one, where it has none.
    expect(calendars(early, late(0.42, 200))).toBe(0);
  });

  it("between strikes it is linear, outside unknown", () => {
    const points = [
      { strike: 90, iv: 0.5 },
      { strike: 110, iv: 0.7 },
    ];
    expect([89, 90, 95, 110, 111].map((strike) => volatilityAt(points, strike))).toEqual([
      null,
      0.5,
      0.55,
      0.7,
      null,
    ]);
  });
});
