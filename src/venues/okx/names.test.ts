import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonical, indexOf, instTypeOf, native } from "./names.ts";

const FORMS = [
  ["BTC-USDT", "BTC-USDT", "SPOT", "BTC-USDT"],
  ["BTC-USDT-SWAP", "BTC-USDT-PERP", "SWAP", "BTC-USDT"],
  ["BTC-USD-SWAP", "BTC-USD-PERP", "SWAP", "BTC-USD"],
  ["BTC-USDC-SWAP", "BTC-USDC-PERP", "SWAP", "BTC-USDC"],
  ["BTC-USD_UM-SWAP", "BTC-USD_UM-PERP", "SWAP", "BTC-USD"],
  ["BTC-USD-261225", "BTC-USD-25DEC26", "FUTURES", "BTC-USD"],
  ["BTC-USDT-270101", "BTC-USDT-01JAN27", "FUTURES", "BTC-USDT"],
  ["BTC-USD_UM_XPERP-310404", "BTC-USD_UM_XPERP-04APR31", "FUTURES", "BTC-USD"],
  ["BTC-USD-261225-100000-C", "BTC-USD-25DEC26-100000-C", "OPTION", "BTC-USD"],
  ["ETH-USD_UM-260327-2500.5-P", "ETH-USD_UM-27MAR26-2500.5-P", "OPTION", "ETH-USD"],
] as const;

describe("names of OKX", () => {
  it.each(FORMS)("%s is %s", (instId, name, type, index) => {
    expect(canonical(instId)).toBe(name);
    expect(native(name)).toBe(instId);
    expect(instTypeOf(instId)).toBe(type);
    expect(indexOf(instId)).toBe(index);
  });

  it("of no known form have no canonical one", () => {
    for (const instId of [
      "",
      "BTC",
      "-USDT",
      "BTC-",
      "BTC-USDT-PERP",
      "BTC-USD-25DEC26",
      "BTC-USD-261301",
      "BTC-USD-261232",
      "BTC-USD-261225-100000",
      "BTC-USD-261225-100000-X",
      "BTC-USD-261225--C",
      "BTC-USD-261225-100000-C-1",
      "BTC-USDT_BTC-USDT-SWAP",
    ])
      expect([instId, canonical(instId)]).toEqual([instId, null]);
  });

  it("cannot be made from what is no canonical name", () => {
    for (const name of [
      "",
      "BTC",
      "BTC-USD-SWAP",
      "BTC-USD-25DEZ26",
      "BTC-USD-25DEC26-1-X",
      "BTC-USD-25AND26",
    ])
      expect(() => native(name)).toThrow(RangeError);
  });

  it("go both ways, whatever is listed", () => {
    const part = fc.stringMatching(/^[A-Z0-9]{1,10}$/);
    const quote = fc.oneof(part, fc.constantFrom("USD_UM", "USD_UM_XPERP"));
    const two = (least: number, most: number): fc.Arbitrary<string> =>
      fc.integer({ min: least, max: most }).map((n) => String(n).padStart(2, "0"));
    const date = fc.tuple(two(20, 40), two(1, 12), two(1, 28)).map((all) => all.join(""));
    const strike = fc.oneof(
      fc.nat(1e6).map(String),
      fc.nat(999).map((n) => `${n}.5`),
    );
    const third = fc.oneof(
      fc.constant([] as string[]),
      fc.constant(["SWAP"]),
      date.map((one) => [one]),
      fc.tuple(date, strike, fc.constantFrom("C", "P")),
    );
    fc.assert(
      fc.property(part, quote, third, (base, second, rest) => {
        const instId = [base, second, ...rest].join("-");
        const name = canonical(instId);
        expect(name).not.toBeNull();
        expect(native(name!)).toBe(instId);
        expect([null, name]).toContain(canonical(name!));
      }),
      { seed: 20261121, numRuns: 3000 },
    );
  });
});
