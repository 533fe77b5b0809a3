import { describe, expect, it } from "vitest";
import { productOf } from "./assets.ts";

describe("products", () => {
  it.each([
    ["BTC-USDT", "spot", NaN, NaN, "0.00001"],
    ["BTC-USDT-PERP", "perpetual", NaN, NaN, "0.001"],
    ["BTC-USD-PERP", "perpetual", NaN, NaN, "1"],
    ["BTC-USD-25DEC26", "future", Date.UTC(2026, 11, 25, 8), NaN, "1"],
    ["ETH-USDC-01MAR28", "future", Date.UTC(2028, 2, 1, 8), NaN, "0.001"],
    ["BTC-USD-31JAN00-100000-C", "option", Date.UTC(2000, 0, 31, 8), 100000, "1"],
    ["XRP-USDT-29FEB24-0.4-P", "option", Date.UTC(2024, 1, 29, 8), 0.4, "0.1"],
  ] as const)("%s is a %s", (canonical, kind, expiry, strike, lot) => {
    expect(productOf({ canonical })).toMatchObject({ canonical, kind, expiry: expiry * 1000, strike, lot });
  });

  it("are not made of other names", () => {
    for (const canonical of [
      "BTC",
      "BTC-USDT-SWAP",
      "BTC-USD-25DEZ26",
      "BTC-USD-25ANF26",
      "BTC-USD-25DEC26-1-X",
    ])
      expect(() => productOf({ canonical })).toThrow(`saw "${canonical}"`);
  });
});
