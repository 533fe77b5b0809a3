import { expect, test } from "vitest";
import { Random } from "./random.ts";

test("the same name gives the same numbers, another name others", () => {
  const draw = (name: string): number[] =>
    Array.from(
      { length: 4 },
      (
        (r) => () =>
          r.uint32()
      )(new Random(name)),
    );
  expect(draw("a")).toEqual(draw("a"));
  expect(draw("a")).not.toEqual(draw("b"));
});

test("a fork does not depend on how much its parent was used", () => {
  const fresh = new Random("market");
  const used = new Random("market");
  for (let i = 0; i < 100; i++) used.normal();
  expect(used.fork("flow").uint32()).toBe(fresh.fork("flow").uint32());
  expect(fresh.fork("flow").uint32()).not.toBe(fresh.fork("clock").uint32());
});

test("the distributions have the moments they claim", () => {
  const random = new Random("moments");
  const n = 20_000;
  const mean = (draw: () => number): number => Array.from({ length: n }, draw).reduce((a, b) => a + b, 0) / n;
  expect(mean(() => random.unit())).toBeCloseTo(0.5, 1);
  expect(mean(() => random.normal())).toBeCloseTo(0, 1);
  expect(mean(() => random.normal() ** 2)).toBeCloseTo(1, 1);
  expect(mean(() => random.exponential(3))).toBeGreaterThan(2.9);
  expect(mean(() => random.exponential(3))).toBeLessThan(3.1);
  expect(Math.max(...Array.from({ length: n }, () => random.below(7)))).toBe(6);
});
