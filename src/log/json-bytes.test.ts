import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeText, halvesToText } from "../model/index.ts";
import { JsonBytes } from "./json-bytes.ts";

const RUNS = 5000 * Number(process.env["FEEDHORN_LONG"] ?? 1);

function numberText(value: number): string {
  const out = new JsonBytes();
  out.number(value);
  return decodeText(out.bytes, 0, out.length);
}

it("writes numbers as JSON.stringify does", () => {
  const cases = [
    0,
    -0,
    1,
    9,
    10,
    99,
    100,
    9999,
    10_000,
    99_999_999,
    1e8,
    123_456_789_012,
    999_999_999_999_999,
    1e15,
    2 ** 53,
  ];
  cases.push(
    0.1,
    0.25,
    43_210.1,
    1e-6,
    9.9e-7,
    1e-7,
    0.00012345,
    0.00000001,
    1.00000001,
    9_999_999.9999,
    1e21,
    1.5e300,
    5e-324,
  );
  cases.push(0.1 + 0.2, 4.35, 1.005, 1e15 + 0.125, 999_999_999.999_999, NaN, Infinity, -Infinity);
  for (const value of [...cases, ...cases.map((one) => -one)])
    expect(numberText(value)).toBe(JSON.stringify(value));
});

it("writes any double and any decimal as JSON.stringify does", () => {
  const decimal = fc
    .tuple(fc.integer({ min: 0, max: 12 }), fc.maxSafeInteger())
    .map(([places, digits]) => digits / 10 ** places);
  fc.assert(
    fc.property(fc.oneof(fc.double(), decimal, fc.float()), (value) => {
      expect(numberText(value)).toBe(JSON.stringify(value));
    }),
    { numRuns: RUNS },
  );
});

it("writes 64-bit numbers with every digit", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer(), (hi, lo) => {
      const out = new JsonBytes();
      out.long(hi, lo, false);
      expect(decodeText(out.bytes, 0, out.length)).toBe(`"${halvesToText(hi, lo)}"`);
    }),
    { numRuns: RUNS },
  );
});

it("keeps what is there when it grows", () => {
  const out = new JsonBytes();
  let wanted = "";
  for (let i = 0; i < 5000; i++) {
    out.number(i / 8);
    out.reserve(1);
    out.char(0x2c);
    wanted += `${i / 8},`;
  }
  expect(decodeText(out.bytes, 0, out.length)).toBe(wanted);
});
