import { expect, test } from "vitest";
import { Agenda } from "./agenda.ts";
import { Budget } from "./budget.ts";

test("runs what is due in time order, and what is due at once in the order it was planned", () => {
  const agenda = new Agenda();
  const seen: string[] = [];
  const worlds: number[] = [];
  agenda.repeat(10, 10, (at) => seen.push(`tick ${at}`));
  agenda.once(15, () => agenda.once(18, (at) => seen.push(`late ${at}`)));
  agenda.once(20, (at) => seen.push(`once ${at}`));
  agenda.run(30, (at) => worlds.push(at));
  expect(seen).toEqual(["tick 10", "late 18", "tick 20", "once 20", "tick 30"]);
  expect(worlds).toEqual([10, 15, 18, 20, 20, 30]);
  expect(agenda.size).toBe(1);
});

test("a budget is spent within its window and new in the next", () => {
  const budget = new Budget(3, 1000);
  expect([0, 10, 20, 30].map((at) => budget.take(at))).toEqual([true, true, true, false]);
  expect(budget.left(400)).toBe(600);
  expect(budget.take(1000, 3)).toBe(true);
  expect(budget.take(1001)).toBe(false);
});
