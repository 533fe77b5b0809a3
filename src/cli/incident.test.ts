import { describe, expect, it } from "vitest";
import { lengthOf, momentOf } from "./incident.ts";
import { barText } from "./progress-bar.ts";
import { timeOption } from "./time-option.ts";

const NOW = Date.UTC(2026, 10, 21, 14, 30, 0);
const at = (text: string): number => Date.parse(text) * 1000;

describe("the moment of an incident", () => {
  it.each([
    ["14:03:10", "2026-11-21T14:03:10Z"],
    ["14:03", "2026-11-21T14:03:00Z"],
    ["14:30:00.001", "2026-11-20T14:30:00.001Z"],
    ["23:59:59", "2026-11-20T23:59:59Z"],
    ["2026-11-19 14:03:10", "2026-11-19T14:03:10Z"],
    ["2026-11-19T14:03:10+02:00", "2026-11-19T12:03:10Z"],
    ["2026-11-19", "2026-11-19T00:00:00Z"],
    ["1795266747", "2026-11-21T13:12:27Z"],
    ["1795266747123456789", "2026-11-21T13:12:27.123Z"],
  ])("%s is %s", (text, expected) => {
    expect(Math.floor(momentOf(text, false, NOW) / 1000)).toBe(Date.parse(expected));
  });

  it("is of this machine's zone when asked for", () => {
    const local = new Date(2026, 10, 19, 4, 5, 6);
    expect(momentOf("2026-11-19T04:05:06", true, NOW)).toBe(local.getTime() * 1000);
  });

  it.each(["soon", "25:00:00", "14:61", "12", ""])("refuses %j", (text) => {
    expect(() => momentOf(text, false, NOW)).toThrow(/expected a time/);
  });

  it("has a window of a length that can be", () => {
    expect([lengthOf("30s"), lengthOf("500ms"), lengthOf("1.5m")]).toEqual([30e6, 5e5, 90e6]);
    for (const text of ["30", "0s", "2h", "-3s", "3601s"]) expect(() => lengthOf(text)).toThrow(/--window/);
  });
});

describe("times and progress", () => {
  it("reads --from and --to", () => {
    expect(timeOption("--from", "2026-11-21T14:03:10Z")).toBe(at("2026-11-21T14:03:10Z"));
    expect(timeOption("--from", "1795266747")).toBe(1_795_266_747_000_000);
    expect(timeOption("--from", undefined)).toBeUndefined();
    expect(() => timeOption("--from", "yesterday")).toThrow(/--from: expected a time/);
  });

  it("draws what is done and what is left", () => {
    expect(barText("replay", 0.5, 10_000)).toBe("replay [###############---------------] 50 %, 10 s left");
    expect(barText("replay", 0, 0)).toBe("replay [------------------------------] 0 %");
  });
});
