import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { putNumber } from "../model/index.ts";
import type { TradeIds } from "../model/index.ts";
import { SEEN, TradeDedup } from "./dedup.ts";
import { TradeHole } from "./trade-hole.ts";

const halves = new Int32Array(2);

function accept(dedup: TradeDedup, id: number): number {
  putNumber(id, halves, 0);
  return dedup.accept(halves[0]!, halves[1]!);
}

describe("TradeHole", () => {
  it("takes each id once, in any order, and knows which ranges did not come", () => {
    const hole = new TradeHole(100, 110);
    expect([100, 101, 109, 110].map((id) => hole.holds(id))).toEqual([false, true, true, false]);
    expect([105, 101, 105, 109].map((id) => hole.accept(id))).toEqual([true, true, false, true]);
    expect([hole.size, hole.filled]).toEqual([9, 3]);
    expect(hole.missing()).toEqual([
      [102, 104],
      [106, 108],
    ]);
    for (const id of [102, 103, 104, 106, 107, 108]) hole.accept(id);
    expect(hole.missing()).toEqual([]);
  });
});

describe("holes of a TradeDedup", () => {
  it.each<TradeIds>(["contiguous", "increasing"])("%s: are filled however far back they lie", (rule) => {
    const dedup = new TradeDedup(rule, 64);
    for (const id of [1000, 1001, 1500]) accept(dedup, id);
    const hole = dedup.open(1001, 1500)!;
    for (let id = 1501; id < 5000; id++) expect(accept(dedup, id)).toBe(SEEN.NEW);
    expect([1002, 1499, 1002, 1001, 1500].map((id) => accept(dedup, id))).toEqual([
      SEEN.LATE,
      SEEN.LATE,
      SEEN.DUPLICATE,
      SEEN.DUPLICATE,
      SEEN.DUPLICATE,
    ]);
    hole.closed = true;
    expect([1499, 1498].map((id) => accept(dedup, id))).toEqual([SEEN.DUPLICATE, SEEN.LATE]);
    expect(hole.filled).toBe(3);
  });

  it("are limited: a new one takes the place of one that is closed, never of one that is open", () => {
    const dedup = new TradeDedup("contiguous", 64);
    const holes = Array.from({ length: 8 }, (_, i) => dedup.open(10 * i, 10 * i + 5));
    expect(holes).not.toContain(null);
    expect(dedup.open(80, 85)).toBeNull();
    holes[3]!.closed = true;
    expect(dedup.open(80, 85)).not.toBeNull();
    expect(dedup.open(90, 95)).toBeNull();
  });

  it("end when the venue counts anew", () => {
    const dedup = new TradeDedup("contiguous", 64);
    for (const id of [5000, 5010]) accept(dedup, id);
    const hole = dedup.open(5000, 5010)!;
    const seen = Array.from({ length: 65 }, (_, i) => accept(dedup, i + 1));
    expect(seen.at(-1)).toBe(SEEN.RESTART);
    expect(hole.closed).toBe(true);
  });

  it("let every id through once: what is missing is exactly what never came", () => {
    const ids = fc.uniqueArray(fc.integer({ min: 2, max: 199 }), { maxLength: 150 });
    fc.assert(
      fc.property(ids, fc.constantFrom<TradeIds>("contiguous", "increasing"), (late, rule) => {
        const dedup = new TradeDedup(rule, 64);
        accept(dedup, 1);
        accept(dedup, 200);
        const hole = dedup.open(1, 200)!;
        for (let id = 201; id < 400; id++) accept(dedup, id);
        const twice = late.flatMap((id) => [id, id]);
        expect(twice.filter((id) => accept(dedup, id) === SEEN.LATE)).toEqual(late);
        const missing = hole
          .missing()
          .flatMap(([a, b]) => Array.from({ length: b - a + 1 }, (_, i) => a + i));
        const came = new Set(late);
        expect(missing).toEqual(Array.from({ length: 198 }, (_, i) => i + 2).filter((id) => !came.has(id)));
      }),
      { seed: 20261121, numRuns: 200 },
    );
  });
});
