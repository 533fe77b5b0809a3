import { describe, expect, it } from "vitest";
import { STEP, TradeLine } from "./trade-line.ts";

describe("a line of ids that begins anew", () => {
  function renumbered(): TradeLine {
    const line = new TradeLine();
    for (const id of [10_000, 10_001, 10_005]) line.accept(id, false);
    for (let id = 100; id < 163; id++) expect(line.accept(id, false)).toBe(STEP.EARLY);
    expect(line.accept(163, false)).toBe(STEP.RESET);
    expect(line.high).toBe(163);
    return line;
  }

  it("takes what is fetched of the old numbers for no gap of the new ones", () => {
    const line = renumbered();
    expect(line.accept(10_003, true)).toBe(STEP.EARLY);
    expect(line.accept(164, false)).toBe(STEP.NEXT);
  });

  it("finds gaps in the new numbers, fetched ones too", () => {
    const line = renumbered();
    expect(line.accept(166, false)).toBe(STEP.GAP);
    expect([line.missingFrom, line.missingTo]).toEqual([164, 165]);
    expect(line.accept(10_006, true)).toBe(STEP.GAP);
  });
});
