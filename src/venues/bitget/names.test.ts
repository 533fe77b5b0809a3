import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonical, namedOf, native, productOf, symbolOf } from "./names.ts";

const FORMS = [
  ["BTCUSDT", "BTC-USDT", "BTCUSDT", "SPOT"],
  ["BGBUSDC", "BGB-USDC", "BGBUSDC", "SPOT"],
  ["RGOOGLUSDT", "RGOOGL-USDT", "RGOOGLUSDT", "SPOT"],
  ["ETHBTC", "ETH-BTC", "ETHBTC", "SPOT"],
  ["币安人生USDT", "币安人生-USDT", "币安人生USDT", "SPOT"],
  ["BTCUSDT:USDT-FUTURES", "BTC-USDT-PERP", "BTCUSDT", "USDT-FUTURES"],
  ["1000BONKUSDT:USDT-FUTURES", "1000BONK-USDT-PERP", "1000BONKUSDT", "USDT-FUTURES"],
  ["USDCUSDT:USDT-FUTURES", "USDC-USDT-PERP", "USDCUSDT", "USDT-FUTURES"],
  ["BTCPERP:USDC-FUTURES", "BTC-USDC-PERP", "BTCPERP", "USDC-FUTURES"],
  ["PERPPERP:USDC-FUTURES", "PERP-USDC-PERP", "PERPPERP", "USDC-FUTURES"],
  ["BTCUSD:COIN-FUTURES", "BTC-USD-PERP", "BTCUSD", "COIN-FUTURES"],
  ["BTCUSD_CM:COIN-FUTURES", "BTC-USD_CM-PERP", "BTCUSD_CM", "COIN-FUTURES"],
  ["BTCUSDZ24:COIN-FUTURES", "BTC-USD-27DEC24", "BTCUSDZ24", "COIN-FUTURES"],
  ["BTCUSDH25:COIN-FUTURES", "BTC-USD-28MAR25", "BTCUSDH25", "COIN-FUTURES"],
  ["ETHUSDM25:COIN-FUTURES", "ETH-USD-27JUN25", "ETHUSDM25", "COIN-FUTURES"],
  ["ETHUSDU26:COIN-FUTURES", "ETH-USD-25SEP26", "ETHUSDU26", "COIN-FUTURES"],
  ["BTCUSDTZ26:USDT-FUTURES", "BTC-USDT-25DEC26", "BTCUSDTZ26", "USDT-FUTURES"],
] as const;

describe("names of Bitget", () => {
  it.each(FORMS)("%s is %s", (symbol, name, id, product) => {
    expect(canonical(symbol)).toBe(name);
    expect(native(name)).toBe(symbol);
    expect(namedOf(symbol)).toEqual({ id, product });
    expect(symbolOf({ id, product })).toBe(symbol);
  });

  it("are one each: no two products share a name, native or canonical", () => {
    expect(new Set(FORMS.map(([symbol]) => symbol)).size).toBe(FORMS.length);
    expect(new Set(FORMS.map(([, name]) => name)).size).toBe(FORMS.length);
  });

  it("of no known form have no canonical one", () => {
    for (const symbol of [
      "",
      "USDT",
      "BTCXYZ",
      "BTC-USDT",
      "BTCUSDT:",
      "BTCUSDT:SPOT",
      "BTCUSDT:usdt-futures",
      "BTCUSDT:SUSDT-FUTURES",
      "BTCUSDT:COIN-FUTURES",
      "BTCUSD:USDT-FUTURES",
      "BTCPERP:USDT-FUTURES",
      "BTCUSDF25:COIN-FUTURES",
      "BTCUSDZ2:COIN-FUTURES",
      "BTCUSD_CMZ24:COIN-FUTURES",
      "BTCPERPZ24:USDC-FUTURES",
      "BTCUSDT_CM",
    ])
      expect([symbol, canonical(symbol)]).toEqual([symbol, null]);
  });

  it("cannot be made from what the venue does not list", () => {
    for (const name of [
      "",
      "BTC",
      "BTC-EUR-PERP",
      "BTC-USD-25NOV26",
      "BTC-USDC-25DEC26",
      "BTC-USD_CM",
      "BTC-USD_CM-25DEC26",
      "BTC-USD-25DEC26-100000-C",
      "BTCUSDT:USDT-FUTURES",
    ])
      expect(() => native(name), name).toThrow(RangeError);
  });

  it("of instTypes are known in either case", () => {
    expect(["SPOT", "spot", "USDT-FUTURES", "coin-futures"].map(productOf)).toEqual([
      "SPOT",
      "SPOT",
      "USDT-FUTURES",
      "COIN-FUTURES",
    ]);
    expect(["Spot", "margin", "SUSDT-FUTURES", 1, undefined].map(productOf)).toEqual(Array(5).fill(null));
  });

  it("go both ways, whatever is listed", () => {
    const base = fc.stringMatching(/^[A-Z0-9]{1,10}$/);
    const dated = fc
      .tuple(fc.constantFrom("H", "M", "U", "Z"), fc.integer({ min: 20, max: 60 }))
      .map(([q, y]) => `${q}${y}`);
    const form = fc.oneof(
      fc.constantFrom("USDT", "USDC", "BTC", "EUR", "BGB"),
      fc.constantFrom("USDT:USDT-FUTURES", "PERP:USDC-FUTURES", "USD:COIN-FUTURES", "USD_CM:COIN-FUTURES"),
      dated.map((one) => `USD${one}:COIN-FUTURES`),
      dated.map((one) => `USDT${one}:USDT-FUTURES`),
    );
    fc.assert(
      fc.property(base, form, (first, rest) => {
        const symbol = `${first}${rest}`;
        const name = canonical(symbol);
        expect(name).not.toBeNull();
        expect(native(name!)).toBe(symbol);
        expect(canonical(name!)).toBeNull();
      }),
      { seed: 20261121, numRuns: 5000 },
    );
  });
});
