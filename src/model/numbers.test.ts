import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainText, scaled } from "./decimal.ts";
import {
  halvesToNumber,
  halvesToText,
  putMicros,
  putMillis,
  putNanos,
  putNumber,
  putText,
  toMicros,
} from "./time.ts";

const halves = new Int32Array(2);
const big = (): bigint => (BigInt(halves[1]! >>> 0) << 32n) | BigInt(halves[0]! >>> 0);

describe("time in halves", () => {
  it("equals BigInt arithmetic over the whole range (property)", () => {
    const seconds = fc.integer({ min: 0, max: 4_294_967_295 });
    fc.assert(
      fc.property(seconds, fc.integer({ min: 0, max: 999_999_999 }), (sec, nanos) => {
        putNanos(sec, nanos, halves, 0);
        expect(big()).toBe(BigInt(sec) * 1_000_000_000n + BigInt(nanos));
        expect(BigInt(toMicros(halves[1]!, halves[0]!))).toBe(big() / 1000n);
      }),
      { seed: 1, numRuns: 3000 },
    );
  });

  it("takes ms and us", () => {
    putMillis(1_700_000_000_123, halves, 0);
    expect(big()).toBe(1_700_000_000_123_000_000n);
    putMicros(1_700_000_000_125_417, halves, 0);
    expect(big()).toBe(1_700_000_000_125_417_000n);
  });

  it("keeps numbers and texts of ids (property)", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), fc.maxSafeNat(), (id, safe) => {
        putText(String(id), halves, 0);
        expect(halvesToText(halves[1]!, halves[0]!)).toBe(String(id));
        putNumber(safe, halves, 0);
        expect(halvesToNumber(halves[1]!, halves[0]!)).toBe(safe);
      }),
      { seed: 2, numRuns: 2000 },
    );
  });
});

describe("decimals at the edge", () => {
  it("writes any double without an exponent, reading back as the same double (property)", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = plainText(value);
        expect(text).toMatch(/^-?\d+(\.\d+)?$/);
        expect(Number(text)).toBe(value === 0 ? 0 : value);
      }),
      { seed: 5, numRuns: 3000 },
    );
  });

  it("scales exactly from the decimal text and cuts what lies below", () => {
    expect(scaled(2.01, 6)).toBe(2_010_000n);
    expect(scaled(145.85, 6)).toBe(145_850_000n);
    expect(scaled(1e-8, 6)).toBe(0n);
    expect(scaled(0.1234567, 6)).toBe(123_456n);
    expect(scaled(1e21, 2)).toBe(10n ** 23n);
    expect(() => scaled(-1, 6)).toThrow(RangeError);
    expect(() => scaled(NaN, 6)).toThrow(/expected a finite number/);
  });
});
