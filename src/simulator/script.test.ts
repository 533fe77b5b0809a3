import { describe, expect, test } from "vitest";
import { VENUES } from "../venues/index.ts";
import { FAULT_NAMES, FAULTS, applies, boundOf } from "./faults.ts";
import { makeScript, parseEntry, parseScript } from "./script.ts";

const symbols = VENUES.map(() => ["A", "B"]);
const options = { seed: "s", venues: VENUES, symbols, length: 3_600_000, perMinute: 10 };

describe("a drawn script", () => {
  test("is the seed's, in time order, at about the asked rate, and reads back", () => {
    const script = makeScript(options);
    expect(makeScript(options)).toEqual(script);
    expect(makeScript({ ...options, seed: "t" })).not.toEqual(script);
    expect(script.map((entry) => entry.at)).toEqual(
      script.map((entry) => entry.at).toSorted((a, b) => a - b),
    );
    expect(script.length).toBeGreaterThan(450);
    expect(script.length).toBeLessThan(700);
    expect(parseScript(JSON.parse(JSON.stringify(script)))).toEqual(script);
  });

  test("only has faults that mean something at their venue, and those of a symbol name it", () => {
    for (const entry of makeScript({ ...options, perMinute: 100 })) {
      const venue = VENUES.find((one) => one.id === entry.venue)!;
      expect(applies(entry.fault, venue)).toBe(true);
      expect(entry.symbol !== undefined).toBe(
        FAULTS[entry.fault].target === "symbol" || ["quiet", "drop_trades", "delist"].includes(entry.fault),
      );
    }
  });

  test("adding a kind does not move the others", () => {
    const drops = makeScript({ ...options, perMinute: { drop: 2 } });
    const both = makeScript({ ...options, perMinute: { drop: 2, reset: 5 } });
    expect(both.filter((entry) => entry.fault === "drop")).toEqual(drops);
    expect(both.length).toBeGreaterThan(drops.length + 200);
  });

  test("stays inside its span", () => {
    const times = makeScript({ ...options, start: 60_000, length: 60_000, perMinute: 500 }).map(
      (entry) => entry.at,
    );
    expect(Math.min(...times)).toBeGreaterThanOrEqual(60_000);
    expect(Math.max(...times)).toBeLessThanOrEqual(120_000);
  });
});

test.each([
  [{}, "fault.fault: expected one of drop"],
  [{ fault: "dorp" }, "fault.fault: expected one of drop duplicate"],
  [{ fault: "drop", at: -1 }, "fault.at: expected milliseconds >= 0, saw -1"],
  [{ fault: "drop", when: 1 }, "fault.when: unknown key; expected one of at fault"],
  [{ fault: "drop", channel: "depth" }, "fault.channel: expected one of trade"],
  [{ fault: "drop", symbol: 5 }, "fault.symbol: expected a native symbol, saw 5"],
  [[], "fault: expected { at, fault, ... }, saw []"],
])("refuses %j in words", (value, message) => {
  expect(() => parseEntry(value, "fault")).toThrow(message);
});

test("a script is a list", () => {
  expect(() => parseScript({ fault: "drop" })).toThrow("faults: expected a list of entries");
  expect(parseScript([{ at: 5, fault: "drop" }, { fault: "fin" }]).map((entry) => entry.fault)).toEqual([
    "fin",
    "drop",
  ]);
});

test("thirty faults and more, each with a bound; what only silence shows has the venue's idle limit on top", () => {
  expect(FAULT_NAMES.length).toBeGreaterThanOrEqual(30);
  for (const venue of VENUES) {
    expect(boundOf("half_open", venue)).toBe(FAULTS.half_open.boundMs + venue.heartbeat.idleMs);
    expect(boundOf("drop", venue)).toBe(FAULTS.drop.boundMs);
  }
});
