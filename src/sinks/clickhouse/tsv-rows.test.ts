import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TsvRows } from "./tsv-rows.ts";

function lineOf(put: (rows: TsvRows) => void): string {
  const rows = new TsvRows();
  rows.event(1, "a", 0);
  rows.begin("some");
  put(rows);
  rows.end();
  return Buffer.from(rows.textOf(0, 1)).toString("utf8");
}

/** A text that has no exponent, by its digits. */
function scaled(text: string): bigint {
  const [, sign, whole, fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)!;
  const value = BigInt(whole! + fraction.padEnd(18, "0"));
  return sign === "-" ? -value : value;
}

describe("rows", () => {
  it("have their cells between tabs, and \\N for what is absent", () => {
    const line = lineOf((rows) => {
      rows.text("buy");
      rows.none();
      rows.double(1.5);
      rows.flag(true);
      rows.whole(-3);
      rows.u64(-1, -1);
      rows.u64(0, 7012);
      rows.double(-Infinity);
      rows.time(0, 7);
    });
    expect(line).toBe("buy\t\\N\t1.5\t1\t-3\t18446744073709551615\t7012\t-inf\t0000000000.000000007\n");
  });

  it("escape tabs, line breaks and backslashes, and keep what is not ASCII", () => {
    expect(lineOf((rows) => rows.text("a\tb\nc\\d\re"))).toBe("a\\tb\\nc\\\\d\\re\n");
    expect(lineOf((rows) => rows.text("grüße\t₿"))).toBe("grüße\\t₿\n");
    expect(lineOf((rows) => rows.text(""))).toBe("\n");
  });

  it("have decimals exactly, without exponents, or say that they do not fit", () => {
    const value = fc.oneof(
      fc.double({ noNaN: true, min: -1e19, max: 1e19 }),
      fc
        .tuple(fc.integer({ min: -1e12, max: 1e12 }), fc.integer({ min: 0, max: 18 }))
        .map(([whole, places]) => Number(`${whole}e-${places}`)),
    );
    fc.assert(
      fc.property(value, (number) => {
        let fits = false;
        const text = lineOf((rows) => (fits = rows.decimal(number))).slice(0, -1);
        if (!fits) expect(text).toBe("\\N");
        else {
          expect(Number(text) + 0).toBe(number + 0);
          expect(text.replace("-", "").length).toBeLessThanOrEqual(40);
          expect(scaled(text)).toBeTypeOf("bigint");
        }
      }),
      { seed: 41, numRuns: 3000 },
    );
    expect(lineOf((rows) => expect(rows.decimal(1e-7)).toBe(true))).toBe("0.0000001\n");
    expect(lineOf((rows) => expect(rows.decimal(1e-19)).toBe(false))).toBe("\\N\n");
    expect(lineOf((rows) => expect(rows.decimal(1e21)).toBe(false))).toBe("\\N\n");
  });
});
