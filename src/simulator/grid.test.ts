import fc from "fast-check";
import { expect, test } from "vitest";
import { gridOf, priceOf, rounded, sizeOf } from "./grid.ts";

test("prices and sizes are the doubles of their decimal text", () => {
  const grid = gridOf("0.01", "0.00000001");
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (n) => {
      const digits = String(n).padStart(9, "0");
      expect(priceOf(grid, n)).toBe(Number(`${digits.slice(0, -2)}.${digits.slice(-2)}`));
      expect(sizeOf(grid, n)).toBe(Number(`${digits.slice(0, -8)}.${digits.slice(-8)}`));
    }),
    { seed: 5 },
  );
});

test("steps that are not powers of ten", () => {
  const grid = gridOf("0.25", "50");
  expect(grid).toMatchObject({ tickUnits: 25, priceDecimals: 2, lotUnits: 50, sizeDecimals: 0 });
  expect([priceOf(grid, 3), sizeOf(grid, 3)]).toEqual([0.75, 150]);
  expect(rounded(1.005_004, 4)).toBe(1.005);
});

test.each(["0", "", "-1", "1e-8", "0.0", "abc"])("refuses the step %j", (text) => {
  expect(() => gridOf(text, "1")).toThrow(/positive decimal step/);
});
