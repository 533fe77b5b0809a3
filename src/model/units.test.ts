import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instrumentOf } from "./instrument.ts";
import type { Instrument } from "./instrument.ts";
import { plainText } from "./decimal.ts";
import { baseSize, notional, premium, sizeOfBase } from "./units.ts";

function contract(canonical: string, contractValue: number, sizeUnit?: "quote"): Instrument {
  const fields = { symbol: canonical, canonical, contractValue };
  return instrumentOf(sizeUnit === undefined ? fields : { ...fields, sizeUnit });
}

/** Contracts of every venue of derivatives, as their metadata describes them; what is said of their sizes. */
const EXAMPLES = [
  ["spot", contract("BTC-USDT", 1), 64000, 0.25, 0.25, 16000],
  ["OKX linear, ctVal 0.1 ETH", contract("ETH-USDT-PERP", 0.1), 2000, 3, 0.3, 600],
  ["OKX inverse, ctVal 100 USD", contract("BTC-USD-PERP", 100, "quote"), 64000, 250, 0.390625, 25000],
  ["OKX option, ctVal 1, ctMult 0.01", contract("BTC-USD-25DEC26-100000-C", 0.01), 64000, 5, 0.05, 3200],
  ["Bybit linear, base coins", contract("BTC-USDT-PERP", 1), 63976.1, 0.015, 0.015, 959.6415],
  ["Bybit inverse, dollars", contract("BTC-USD-PERP", 1, "quote"), 62500, 1000, 0.016, 1000],
  ["Bitget COIN-FUTURES, base coins", contract("BTC-USD-PERP", 1), 73700, 7.296, 7.296, 537715.2],
  ["Deribit inverse, dollars", contract("BTC-USD-PERP", 1, "quote"), 64000, 4000, 0.0625, 4000],
  ["Deribit option, base coins", contract("BTC-USD-25DEC26-100000-C", 1), 64012.1, 5, 5, 320060.5],
  ["Binance COIN-M, 100 USD", contract("BTC-USD-PERP", 100, "quote"), 64000, 32, 0.05, 3200],
  ["Binance COIN-M, 10 USD", contract("ETH-USD-PERP", 10, "quote"), 2000, 7, 0.035, 70],
] as const;

describe("units of sizes", () => {
  it.each(EXAMPLES)("%s", (_, one, price, size, base, worth) => {
    expect(baseSize(one, price, size)).toBe(base);
    expect(notional(one, price, size)).toBe(worth);
    expect(sizeOfBase(one, price, base)).toBe(size);
  });

  it("an option's price is paid for the coins it is about, in the currency of the price", () => {
    expect(premium(contract("BTC-USD-25DEC26-100000-C", 0.01), 0.0115, 30)).toBe(0.00345);
    expect(premium(contract("BTC-USDT-25DEC26-100000-C", 1), 238.5, 0.02)).toBe(4.77);
  });

  it("what cannot be known is NaN", () => {
    const [linear, inverse] = [contract("A-USDT-PERP", 1), contract("A-USD-PERP", 1, "quote")];
    const unknown = contract("A-USDT-PERP", NaN);
    const values = [
      baseSize(unknown, 1, 1),
      notional(unknown, 1, 1),
      sizeOfBase(unknown, 1, 1),
      baseSize(inverse, NaN, 1),
      baseSize(inverse, 0, 1),
      sizeOfBase(inverse, 0, 1),
      notional(linear, 0, 1),
    ];
    expect(values).toEqual(values.map(() => NaN));
    expect([baseSize(linear, NaN, 2), notional(inverse, NaN, 2)]).toEqual([2, 2]);
  });
});

/** A decimal of `digits` digits with `scale` of them behind the point, as an integer and as a double. */
function decimalOf(digits: number): fc.Arbitrary<{ mantissa: bigint; scale: number; value: number }> {
  return fc
    .tuple(fc.integer({ min: 1, max: 10 ** digits - 1 }), fc.integer({ min: 0, max: digits }))
    .map(([n, scale]) => ({ mantissa: BigInt(n), scale, value: n / 10 ** scale }));
}

describe("products of decimals", () => {
  it("are those of whole numbers, wherever the point stands", () => {
    fc.assert(
      fc.property(decimalOf(6), decimalOf(4), decimalOf(5), (price, value, size) => {
        const text = (mantissa: bigint, scale: number): string => {
          const digits = String(mantissa).padStart(scale + 1, "0");
          return plainText(
            Number(`${digits.slice(0, digits.length - scale)}.${digits.slice(-scale || digits.length)}`),
          );
        };
        const base = text(value.mantissa * size.mantissa, value.scale + size.scale);
        const all = [price, value, size];
        const worth = text(
          all.reduce((product, { mantissa }) => product * mantissa, 1n),
          all.reduce((sum, { scale }) => sum + scale, 0),
        );
        const linear = { contractValue: value.value };
        expect(plainText(baseSize(linear, price.value, size.value))).toBe(base);
        expect(plainText(notional(linear, price.value, size.value))).toBe(worth);
        expect(plainText(notional({ ...linear, sizeUnit: "quote" }, price.value, size.value))).toBe(base);
      }),
      { seed: 24, numRuns: 1000 },
    );
  });

  it("of both kinds come back to the size they were made of", () => {
    const units = fc.constantFrom({}, { sizeUnit: "quote" } as const);
    fc.assert(
      fc.property(decimalOf(7), decimalOf(4), decimalOf(6), units, (price, value, size, unit) => {
        const one = { contractValue: value.value, ...unit };
        const back = sizeOfBase(one, price.value, baseSize(one, price.value, size.value));
        expect(Math.abs(back / size.value - 1)).toBeLessThan(1e-14);
        const worth = notional(one, price.value, size.value);
        expect(Math.abs(worth / (baseSize(one, price.value, size.value) * price.value) - 1)).toBeLessThan(
          1e-14,
        );
      }),
      { seed: 25, numRuns: 1000 },
    );
  });
});
