import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LONG, putNumber } from "../model/index.ts";
import { PendingDiffs } from "./pending-diffs.ts";

interface Diff {
  seq: number;
  levels: number[][];
}

function commit(pending: PendingDiffs, diff: Diff, long = new Int32Array(8)): boolean {
  for (const [side, price, size] of diff.levels) pending.level(side, price, size);
  putNumber(diff.seq, long, LONG.ID);
  putNumber(diff.seq - 1, long, LONG.PREV);
  putNumber(diff.seq * 1000, long, LONG.TS);
  return pending.commit(long, diff.seq, -diff.seq, diff.seq & 255);
}

function current(pending: PendingDiffs): Diff {
  const levels: number[][] = [];
  for (let at = pending.start; at < pending.end; at += 3)
    levels.push([...pending.levels.subarray(at, at + 3)]);
  return { seq: pending.seq, levels };
}

function diffOf(seq: number, levels: number): Diff {
  return { seq, levels: Array.from({ length: levels }, (_, i) => [1 + (i % 2), seq + i / 8, i]) };
}

describe("PendingDiffs", () => {
  it("gives back what was kept, oldest first, with ids and times", () => {
    const pending = new PendingDiffs();
    const diffs = [
      diffOf(9_007_199_254_740_000, 3),
      diffOf(9_007_199_254_740_001, 0),
      diffOf(9_007_199_254_740_002, 40),
    ];
    for (const diff of diffs) expect(commit(pending, diff)).toBe(true);
    expect([pending.count, pending.oldestPrev]).toEqual([3, 9_007_199_254_739_999]);
    for (const diff of diffs) {
      expect(pending.next()).toBe(true);
      expect(current(pending)).toEqual(diff);
      expect(pending.prev).toBe(diff.seq - 1);
      expect(pending.flags).toBe(diff.seq & 255);
      expect([pending.recvHi, pending.recvLo]).toEqual([diff.seq | 0, -diff.seq | 0]);
      const long = new Int32Array(8);
      pending.copyLong(long);
      const expected = new Int32Array(8);
      putNumber(diff.seq, expected, LONG.ID);
      putNumber(diff.seq - 1, expected, LONG.PREV);
      putNumber(diff.seq * 1000, expected, LONG.TS);
      expect([...long]).toEqual([...expected]);
      pending.drop();
    }
    expect([pending.next(), pending.count, pending.oldestPrev]).toEqual([false, 0, -1]);
  });

  it("tells that numbers fell below what was kept first", () => {
    const pending = new PendingDiffs();
    const fell = [];
    for (const seq of [500, 501, 40, 41]) {
      commit(pending, diffOf(seq, 1));
      fell.push(pending.fell);
    }
    expect(fell).toEqual([false, false, true, true]);
    pending.clear();
    expect(pending.fell).toBe(false);
  });

  it("gives up the oldest at the bound and says so", () => {
    const pending = new PendingDiffs({ maxDiffs: 2, maxLevels: 10 });
    expect([
      commit(pending, diffOf(1, 1)),
      commit(pending, diffOf(2, 1)),
      commit(pending, diffOf(3, 1)),
    ]).toEqual([true, true, false]);
    expect([pending.dropped, pending.oldestPrev]).toEqual([1, 1]);
    expect(commit(pending, diffOf(4, 10))).toBe(false);
    expect([pending.dropped, pending.count, pending.oldestPrev]).toEqual([3, 1, 3]);
    expect(commit(pending, diffOf(5, 11))).toBe(false);
    expect([pending.dropped, pending.count]).toEqual([5, 0]);
    expect(commit(pending, diffOf(6, 2))).toBe(true);
    expect(pending.next() && current(pending)).toEqual(diffOf(6, 2));
  });

  it("forgets the levels of a frame that turned out bad", () => {
    const pending = new PendingDiffs();
    pending.level(1, 5, 5);
    pending.abandon();
    commit(pending, diffOf(7, 2));
    expect(pending.next() && current(pending)).toEqual(diffOf(7, 2));
  });

  it("may be filled while it is read", () => {
    const pending = new PendingDiffs();
    commit(pending, diffOf(1, 2));
    expect(pending.next()).toBe(true);
    for (let seq = 2; seq <= 30; seq++) commit(pending, diffOf(seq, 2));
    expect(current(pending)).toEqual(diffOf(1, 2));
    for (let seq = 1; seq <= 30; seq++) {
      pending.next();
      if (seq === 30) pending.level(1, 31, 0);
      expect(current(pending)).toEqual(diffOf(seq, 2));
      pending.drop();
    }
    expect(pending.count).toBe(0);
    commit(pending, { seq: 31, levels: [[2, 31.125, 1]] });
    expect(pending.next() && current(pending)).toEqual(diffOf(31, 2));
  });

  it("survives heads that move between next and drop", () => {
    const pending = new PendingDiffs();
    for (let seq = 1; seq <= 8; seq++) commit(pending, diffOf(seq, 1));
    for (let seq = 1; seq <= 5; seq++) {
      pending.next();
      pending.drop();
    }
    pending.next();
    for (let seq = 9; seq <= 12; seq++) commit(pending, diffOf(seq, 1));
    expect(current(pending)).toEqual(diffOf(6, 1));
    pending.drop();
    expect(pending.next() && current(pending)).toEqual(diffOf(7, 1));
  });

  it("behaves as a bounded list under any order of calls", () => {
    const op = fc.oneof(
      { weight: 5, arbitrary: fc.record({ keep: fc.integer({ min: 0, max: 30 }) }) },
      { weight: 4, arbitrary: fc.constant({ keep: -1 }) },
      { weight: 1, arbitrary: fc.constant({ keep: -2 }) },
    );
    fc.assert(
      fc.property(fc.array(op, { maxLength: 400, size: "max" }), (ops) => {
        const pending = new PendingDiffs({ maxDiffs: 12, maxLevels: 100 });
        let model: Diff[] = [];
        ops.forEach(({ keep }, i) => {
          if (keep >= 0) {
            commit(pending, diffOf(i + 1, keep));
            model.push(diffOf(i + 1, keep));
            while (model.length > 12 || model.reduce((n, d) => n + d.levels.length, 0) > 100) model.shift();
          } else if (keep === -1) {
            // A level of the next diff may already be there while the last one is read.
            pending.level(1, 2, 3);
            expect(pending.next() ? current(pending) : undefined).toEqual(model.shift());
            pending.drop();
            pending.abandon();
          } else {
            pending.clear();
            model = [];
          }
          expect(pending.count).toBe(model.length);
        });
      }),
      { seed: 20_261_121, numRuns: 200 },
    );
  });
});
