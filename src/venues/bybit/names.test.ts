import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CATEGORIES, namesOf, textOf } from "./names.ts";
import type { Category } from "./names.ts";

const FORMS: readonly (readonly [Category, string, string])[] = [
  ["spot", "BTCUSDT", "BTC-USDT"],
  ["spot", "ETHBTC", "ETH-BTC"],
  ["spot", "XUSDTUSDC", "XUSDT-USDC"],
  ["linear", "linear:BTCUSDT", "BTC-USDT-PERP"],
  ["linear", "linear:1000PEPEUSDT", "1000PEPE-USDT-PERP"],
  ["linear", "linear:SHIB1000USDT", "SHIB1000-USDT-PERP"],
  ["linear", "linear:BTCPERP", "BTC-USDC-PERP"],
  ["linear", "linear:PERPUSDT", "PERP-USDT-PERP"],
  ["linear", "linear:BTCUSDT-25DEC26", "BTC-USDT-25DEC26"],
  ["linear", "linear:BTC-6JAN23", "BTC-USDC-06JAN23"],
  ["inverse", "inverse:BTCUSD", "BTC-USD-PERP"],
  ["inverse", "inverse:BTCUSDZ26", "BTC-USD-25DEC26"],
  ["inverse", "inverse:ETHUSDH27", "ETH-USD-26MAR27"],
  ["inverse", "inverse:ETHUSDG28", "ETH-USD-25FEB28"],
  ["option", "option:BTC-25DEC26-100000-C-USDT", "BTC-USDT-25DEC26-100000-C"],
  ["option", "option:XRP-30OCT26-0.4-P-USDT", "XRP-USDT-30OCT26-0.4-P"],
  ["option", "option:BTC-6JAN23-17500-C", "BTC-USDC-06JAN23-17500-C"],
];

describe("names of Bybit", () => {
  it.each(FORMS)("%s: %s is %s", (category, symbol, name) => {
    const names = namesOf(category);
    expect([names.canonical(symbol), names.native(name)]).toEqual([name, symbol]);
    expect(names.symbol(textOf(symbol))).toBe(symbol);
    // Nobody but its own category knows it.
    for (const other of CATEGORIES.filter((one) => one !== category)) {
      expect(namesOf(other).canonical(symbol)).toBeNull();
      expect(() => namesOf(other).native(name)).toThrow(`of ${other}, saw "${name}"`);
    }
  });

  it.each(CATEGORIES)("%s: of no known form have no name", (category) => {
    const names = namesOf(category);
    for (const text of [
      "",
      "USDT",
      "BTC",
      "BTC-USDT",
      "BTCUSDT-06JAN23",
      "BTCUSDT-32DEC26",
      "BTC-25DEZ26-1-C",
    ])
      expect([text, names.canonical(names.symbol(text))]).toEqual([text, null]);
    for (const name of ["", "BTC", "BTC-", "BTC-USDT-SWAP", "BTC-USDT-25DEZ26", "BTC-EUR-25DEC26-1-C"])
      expect(() => names.native(name)).toThrow(RangeError);
    expect(() => namesOf("inverse").native("BTC-USD-24DEC26")).toThrow("of a last Friday");
  });

  it("go both ways for whole lists", () => {
    const coin = fc.stringMatching(/^(?:10{1,6})?[A-Z][A-Z0-9]{1,9}$/).filter((one) => !/USDT?$/.test(one));
    const date = fc
      .date({ min: new Date("2020-01-01"), max: new Date("2039-12-31"), noInvalidDate: true })
      .map((day) => {
        const [, month, number, year] = day.toUTCString().replace(",", "").split(" ");
        return `${month}${number!.toUpperCase()}${year!.slice(2)}`;
      });
    const strike = fc.oneof(fc.integer({ min: 1, max: 1e6 }).map(String), fc.constantFrom("0.4", "0.0125"));
    const quote = fc.constantFrom("USDT", "USDC");
    const all = fc.tuple(coin, quote, date, strike, fc.constantFrom("C", "P"));
    fc.assert(
      fc.property(all, ([base, coined, day, price, right]) => {
        const made: [Category, string][] = [
          ["spot", `${base}-${coined}`],
          ["linear", `${base}-${coined}-PERP`],
          ["linear", `${base}-${coined}-${day}`],
          ["inverse", `${base}-USD-PERP`],
          ["option", `${base}-${coined}-${day}-${price}-${right}`],
        ];
        for (const [category, name] of made) {
          const names = namesOf(category);
          expect(names.canonical(names.native(name))).toBe(name);
        }
      }),
      { seed: 20261005, numRuns: 400 },
    );
  });
});
