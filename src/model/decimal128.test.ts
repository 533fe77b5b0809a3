import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainText } from "./decimal.ts";
import { putDecimal128 } from "./decimal128.ts";

const RUNS = 20_000 * Number(process.env["FEEDHORN_LONG"] ?? 1);

/** The integer in four words. */
function read(words: Int32Array, at: number): bigint {
  let value = 0n;
  for (let i = 3; i >= 0; i--) value = (value << 32n) | BigInt(words[at + i]! >>> 0);
  return BigInt.asIntN(128, value);
}

/** The same by the digits of the text; null where 38 digits with 18 decimals cannot hold it. */
function expected(value: number): bigint | null {
  if (!Number.isFinite(value)) return null;
  const [whole = "", fraction = ""] = plainText(Math.abs(value)).split(".");
  if (fraction.length > 18 || whole.length > 20) return null;
  const digits = BigInt(whole + fraction.padEnd(18, "0"));
  return value < 0 ? -digits : digits;
}

function both(value: number): { seen: bigint | null; expected: bigint | null } {
  const words = new Int32Array(8).fill(-77);
  const fits = putDecimal128(value, words, 2);
  expect([words[1], words[6]]).toEqual([-77, -77]);
  return { seen: fits ? read(words, 2) : null, expected: expected(value) };
}

/** Texts as venues send them. */
const price = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 17n }), fc.integer({ min: 0, max: 20 }), fc.boolean())
  .map(([digits, places, negative]) => Number(`${negative ? "-" : ""}${digits}e-${places}`));

describe("a double as DECIMAL(38, 18)", () => {
  it.each([
    [0, 0n],
    [-0, 0n],
    [1, 10n ** 18n],
    [-0.1, -(10n ** 17n)],
    [43210.12, 43210_120000000000000000n],
    [0.1 + 0.2, 300000000000000040n],
    [1e-18, 1n],
    [-1e-18, -1n],
    [1e-19, null],
    [1.5e-18, null],
    [99_999_999_999_999_980_000, 99_999_999_999_999_980_000n * 10n ** 18n],
    [1e20, null],
    [Number.MAX_SAFE_INTEGER, 9007199254740991n * 10n ** 18n],
    [Number.MAX_VALUE, null],
    [Number.MIN_VALUE, null],
    [NaN, null],
    [Infinity, null],
    [-Infinity, null],
  ])("%d", (value, wanted) => {
    expect(both(value)).toEqual({ seen: wanted, expected: wanted });
  });

  it("is the shortest decimal text of any double, exactly, or refused", () => {
    fc.assert(
      fc.property(fc.oneof(price, price, fc.double({ noNaN: true })), (value) => {
        const { seen, expected: wanted } = both(value);
        expect(seen).toBe(wanted);
      }),
      { seed: 11, numRuns: RUNS },
    );
  });

  it("leaves the words alone where it refuses", () => {
    const words = Int32Array.of(1, 2, 3, 4);
    expect(putDecimal128(NaN, words, 0)).toBe(false);
    expect(putDecimal128(1e21, words, 0)).toBe(false);
    expect([...words]).toEqual([1, 2, 3, 4]);
  });
});
