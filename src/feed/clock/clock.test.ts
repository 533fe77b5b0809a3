import { afterEach, describe, expect, it, vi } from "vitest";
import { Clock } from "./clock.ts";
import { toMicros } from "../../model/index.ts";

describe("Clock", () => {
  afterEach(() => vi.restoreAllMocks());

  it("gives UNIX time within a few ms of the wall clock, with sub-ms steps", () => {
    const clock = new Clock();
    const time = { hi: 0, lo: 0 };
    clock.read(time);
    expect(Math.abs(toMicros(time.hi, time.lo) / 1000 - Date.now())).toBeLessThan(50);
  });

  it("never steps back, even when the wall clock does", () => {
    const clock = new Clock();
    const start = performance.now();
    const real = Date.now();
    let mark = start;
    vi.spyOn(performance, "now").mockImplementation(() => mark);
    vi.spyOn(Date, "now").mockImplementation(() => real - 3_600_000);
    const time = { hi: 0, lo: 0 };
    let last = 0;
    for (let i = 0; i < 100; i++) {
      mark += 500;
      clock.read(time);
      const now = toMicros(time.hi, time.lo);
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
  });

  it("follows a step forward", () => {
    const clock = new Clock();
    const real = Date.now();
    let mark = performance.now();
    vi.spyOn(performance, "now").mockImplementation(() => mark);
    vi.spyOn(Date, "now").mockImplementation(() => real + 60_000);
    mark += 11_000;
    const time = { hi: 0, lo: 0 };
    clock.read(time);
    clock.read(time);
    expect(Math.abs(toMicros(time.hi, time.lo) / 1000 - (real + 60_000))).toBeLessThan(100);
  });
});
