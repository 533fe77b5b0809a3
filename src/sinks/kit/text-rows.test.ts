import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TextRows } from "./text-rows.ts";

function textOf(rows: TextRows, from = 0, to = rows.events): string {
  return Buffer.from(rows.textOf(from, to)).toString("utf8");
}

/** A row without an event before it. */
function timeOf(ns: bigint, point: boolean): string {
  const rows = new TextRows();
  rows.event(0, "a", 0);
  rows.putTime(Number(ns >> 32n), Number(BigInt.asIntN(32, ns)), point);
  return textOf(rows);
}

describe("times", () => {
  it("are exact to the nanosecond from 1970 to 2255", () => {
    const ns = fc.bigInt({ min: 1n, max: 9_000_000_000_000_000_000n });
    fc.assert(
      fc.property(ns, (value) => {
        expect(BigInt(timeOf(value, false))).toBe(value);
        const [sec, fraction] = timeOf(value, true).split(".") as [string, string];
        expect([sec.length, fraction.length]).toEqual([10, 9]);
        expect(BigInt(sec + fraction)).toBe(value);
      }),
      { seed: 41, numRuns: 2000 },
    );
  });

  it("look as their vendors want them", () => {
    expect(timeOf(1_700_000_000_123_456_789n, true)).toBe("1700000000.123456789");
    expect(timeOf(7n, true)).toBe("0000000000.000000007");
    expect(timeOf(7n, false)).toBe("0000000007");
  });
});

describe("events", () => {
  it("begin where their number changes, and are found again with their places", () => {
    const rows = new TextRows();
    const say = (event: number, seq: number, text: string): void => {
      rows.event(event, "a", seq);
      rows.out.text(text);
    };
    say(1, 10, "one,");
    say(2, 11, "two,");
    say(2, 12, "two again,");
    say(5, 13, "three");
    expect(rows.events).toBe(3);
    expect([textOf(rows, 0, 1), textOf(rows, 1, 2), textOf(rows, 2, 3)]).toEqual([
      "one,",
      "two,two again,",
      "three",
    ]);
    expect(textOf(rows)).toBe("one,two,two again,three");
    expect(rows.placeOf(1)).toEqual(["a", 11]);
    rows.clear();
    say(5, 20, "new");
    expect([rows.events, textOf(rows), rows.placeOf(0)]).toEqual([1, "new", ["a", 20]]);
  });
});
