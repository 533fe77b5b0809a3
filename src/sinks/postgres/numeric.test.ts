import fc from "fast-check";
import { expect, it } from "vitest";
import { plainText } from "../../model/index.ts";
import { MOST_NUMERIC_BYTES, numericText, putNumeric, putNumeric64 } from "./numeric.ts";

const view = new DataView(new ArrayBuffer(1024));

function text(value: number): string {
  expect(putNumeric(value, view, 8) - 8).toBeLessThanOrEqual(MOST_NUMERIC_BYTES);
  return numericText(view, 8);
}

it("has the digits of the shortest text, and no more", () => {
  for (const value of [0, 1, 9999, 10_000, 0.1, 43_210.1, 0.00012, 1e-8, 123_456_789.123, 99_999_999.9999])
    expect(text(value)).toBe(plainText(value));
  expect(text(1e-19)).toBe("0.0000000000000000001");
  expect(text(5e-324)).toBe(plainText(5e-324));
  expect(text(1.7976931348623157e308)).toBe(plainText(1.7976931348623157e308));
  expect(text(-0.5)).toBe("-0.5");
  expect(text(-0)).toBe("0");
  expect([text(Infinity), text(-Infinity)]).toEqual(["Infinity", "-Infinity"]);
});

/** numeric_send of PostgreSQL 15: select encode(numeric_send(43210.1), 'hex'), ... */
it("has the bytes that the server has", () => {
  const bytes = (value: number): string => {
    const end = putNumeric(value, view, 0);
    return Buffer.from(view.buffer, 0, end).toString("hex");
  };
  expect(bytes(43_210.1)).toBe("000300010000000100040c8a03e8");
  expect(bytes(-12.25)).toBe("0002000040000002000c09c4");
});

it("is exact for any double", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(text(value)).toBe(value === 0 ? "0" : plainText(value));
    }),
    { numRuns: 2000, seed: 7 },
  );
});

it("is exact for decimals as venues have them", () => {
  const decimal = fc.tuple(fc.nat(1e15), fc.nat(18)).map(([whole, places]) => Number(`${whole}e-${places}`));
  fc.assert(
    fc.property(decimal, (value) => {
      expect(text(value)).toBe(plainText(value));
    }),
    { numRuns: 2000, seed: 9 },
  );
});

it("holds unsigned integers of 64 bits", () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (value) => {
      putNumeric64(Number(value >> 32n) | 0, Number(value & 0xffffffffn) | 0, view, 0);
      expect(numericText(view, 0)).toBe(String(value));
    }),
    { numRuns: 1000, seed: 3 },
  );
});
