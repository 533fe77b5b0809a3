import { expect, it } from "vitest";
import { Present } from "./present.ts";

it("knows each record once, by lane", () => {
  const present = new Present();
  present.add("a", 7);
  present.add("b", 8);
  expect([present.take("a", 8), present.take("c", 7)]).toEqual([false, false]);
  expect([present.take("a", 7), present.take("a", 7)]).toEqual([true, false]);
  expect(present.forget({})).toBe(1);
});

it("forgets what its lane has passed, and nothing of others", () => {
  const present = new Present();
  for (const seq of [5, 6, 7]) {
    present.add("a", seq);
    present.add("b", seq);
  }
  expect(present.forget({ a: 7, b: 5 })).toBe(4);
  expect([5, 6, 7].map((seq) => present.take("a", seq))).toEqual([false, false, true]);
  expect(present.forget({ a: 8, b: 8 })).toBe(0);
});
