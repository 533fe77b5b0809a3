import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { combine, highWord, loadSequence, lowWord, storeSequence } from "./sequence.ts";

const EDGES = [0, 2 ** 24, 2 ** 31, 2 ** 32, 2 ** 32 + 2 ** 24, 2 ** 40, 2 ** 48, 2 ** 53 - 5];

describe("a sequence in two words", () => {
  it.each(EDGES)("reads back around %d", (edge) => {
    const words = new Int32Array(2);
    for (let seq = Math.max(0, edge - 3); seq <= Math.min(edge + 3, Number.MAX_SAFE_INTEGER); seq++) {
      storeSequence(words, 0, seq);
      expect(loadSequence(words, 0)).toBe(seq);
    }
  });

  it("is exact when the high word is older or newer by less than 2^31 - 2^24", () => {
    const skew = 2 ** 31 - 2 ** 24 - 1;
    const near = fc.integer({ min: -skew, max: skew });
    const any = fc.oneof(fc.constantFrom(...EDGES.slice(0, -1)), fc.integer({ min: 0, max: 2 ** 52 }));
    fc.assert(
      fc.property(any, near, (seq, moved) => {
        const other = Math.max(0, seq + moved);
        expect(combine(lowWord(seq), highWord(other))).toBe(seq);
      }),
      { seed: 1, numRuns: 20_000 },
    );
  });

  it("knows nothing beyond that: the documented limit is a real one", () => {
    const seq = 2 ** 40;
    expect(combine(lowWord(seq), highWord(seq + 2 ** 31 + 2 ** 24))).not.toBe(seq);
  });
});
