import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instrumentOf } from "../../model/index.ts";
import type { Instrument } from "../../model/index.ts";
import { isPattern, matches } from "./glob.ts";
import { chainTable, pickChain, priceSource } from "./selection.ts";
import type { Chain, ChainTable, Held } from "./selection.ts";

const CHAIN: Chain = { base: "BTC", expiries: 2, strikes: 2, kinds: ["option"] };
const NONE: Held = new Map();

function option(expiry: number, strike: number, change: Partial<Instrument> = {}): Instrument[] {
  return ["C", "P"].map((side) =>
    instrumentOf({
      symbol: `BTC-${expiry}-${strike}-${side}`,
      canonical: `BTC-USD-${expiry}-${strike}-${side}`,
      kind: "option",
      status: "trading",
      expiry,
      strike,
      ...change,
    }),
  );
}

const strikesOf = (symbols: readonly string[], expiry: number): number[] => [
  ...new Set(
    symbols.filter((one) => one.startsWith(`BTC-${expiry}-`)).map((one) => Number(one.split("-")[2])),
  ),
];

/** Expiries 100, 200, 300, each with strikes 10, 20, ... 90. */
const LISTED = [100, 200, 300].flatMap((expiry) =>
  Array.from({ length: 9 }, (_, i) => option(expiry, (i + 1) * 10)).flat(),
);
const TABLE = chainTable(CHAIN, LISTED);

describe("patterns of names", () => {
  it.each([
    ["*-USDT", "BTC-USDT", true],
    ["*-USDT", "BTC-USDT-PERP", false],
    ["BTC-*-PERP", "BTC-USDT-PERP", true],
    ["BTC-*", "BTC-", true],
    ["?TC-USD", "BTC-USD", true],
    ["?TC-USD", "TC-USD", false],
    ["*", "anything", true],
    ["**T*", "BTC", true],
    ["BTC", "BTCC", false],
  ])("%s and %s: %s", (pattern, text, fits) => {
    expect(matches(pattern, text)).toBe(fits);
  });

  it("agrees with the regular expression it stands for", () => {
    const text = fc.string({ unit: fc.constantFrom("A", "B", "-"), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom("A", "B", "-", "*", "?"), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (glob, name) => {
        const source = glob.replaceAll("*", "[^]*").replaceAll("?", "[^]");
        expect(matches(glob, name)).toBe(new RegExp(`^${source}$`).test(name));
        expect(isPattern(glob)).toBe(/[*?]/.test(glob));
      }),
      { seed: 3, numRuns: 2000 },
    );
  });

  it("is done with a pattern that makes others try for ever", () => {
    expect(matches(`${"*A".repeat(30)}B`, "A".repeat(64))).toBe(false);
  });
});

describe("pickChain", () => {
  it("takes the nearest expiries and the strikes around the price, both sides of each", () => {
    const { symbols } = pickChain(CHAIN, TABLE, 52, 0, NONE, false);
    expect(symbols).toEqual(
      [100, 200].flatMap((expiry) =>
        [40, 50, 60, 70].flatMap((strike) => [`BTC-${expiry}-${strike}-C`, `BTC-${expiry}-${strike}-P`]),
      ),
    );
  });

  it("lets the next expiry join when one has passed", () => {
    const { symbols } = pickChain(CHAIN, TABLE, 52, 100, NONE, false);
    expect([strikesOf(symbols, 100), strikesOf(symbols, 300)]).toEqual([[], [40, 50, 60, 70]]);
  });

  it("waits for a price, or starts from the middle of the nearest expiry", () => {
    expect(pickChain(CHAIN, TABLE, NaN, 0, NONE, false).symbols).toEqual([]);
    const blind = pickChain(CHAIN, TABLE, NaN, 0, NONE, true).symbols;
    expect([strikesOf(blind, 100), strikesOf(blind, 200)]).toEqual([[40, 50, 60, 70], []]);
  });

  it("stays while the price moves about a strike, and follows when it is well beyond", () => {
    let held: Held = pickChain(CHAIN, TABLE, 52, 0, NONE, false).held;
    const at = (price: number): number[] => {
      const picked = pickChain(CHAIN, TABLE, price, 0, held, false);
      held = picked.held;
      return strikesOf(picked.symbols, 100);
    };
    expect([at(58), at(61), at(64.9), at(59)]).toEqual([1, 2, 3, 4].map(() => [40, 50, 60, 70]));
    expect(at(65)).toEqual([50, 60, 70, 80]);
    expect([at(59), at(55.1)]).toEqual([1, 2].map(() => [50, 60, 70, 80]));
    expect(at(55)).toEqual([40, 50, 60, 70]);
    expect(at(90.5)).toEqual([80, 90]);
    expect(at(5)).toEqual([10, 20]);
    expect(at(NaN)).toEqual([10, 20]);
  });

  it("takes futures with or without a price, leaves out what has ended and what is quoted otherwise", () => {
    const future = instrumentOf({ symbol: "F", canonical: "BTC-USD-1", kind: "future", expiry: 100 });
    const chain: Chain = { ...CHAIN, quote: "USD", kinds: ["option", "future"] };
    const others = [
      ...option(100, 55, { status: "delisted" }),
      ...option(100, 56, { quote: "USDC" }),
      ...option(100, 57, { base: "ETH" }),
    ];
    const table = chainTable(chain, [...LISTED, future, ...others]);
    expect(pickChain(chain, table, NaN, 0, NONE, false).symbols).toEqual(["F"]);
    expect(strikesOf(pickChain(chain, table, 52, 0, NONE, false).symbols, 100)).toEqual([40, 50, 60, 70]);
  });

  const strikes = fc.uniqueArray(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 40 });
  const lists = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 50 }), strikes), {
    selector: ([expiry]) => expiry,
    maxLength: 6,
  });
  const walk = fc.array(fc.double({ min: 1, max: 400, noNaN: true }), { minLength: 1, maxLength: 30 });
  const table = (list: readonly [number, number[]][]): ChainTable =>
    chainTable(
      CHAIN,
      list.flatMap(([expiry, row]) => row.flatMap((strike) => option(expiry, strike))),
    );

  it("holds at most what was asked for, always the strikes next to the price, only of what is to come", () => {
    fc.assert(
      fc.property(lists, walk, fc.integer({ min: 0, max: 60 }), (list, prices, now) => {
        let held = NONE;
        for (const price of prices) {
          const picked = pickChain(CHAIN, table(list), price, now, held, false);
          held = picked.held;
          const nearest = list
            .filter(([expiry]) => expiry > now)
            .toSorted(([a], [b]) => a - b)
            .slice(0, 2);
          expect(new Set(picked.symbols.map((one) => Number(one.split("-")[1])))).toEqual(
            new Set(nearest.map(([expiry]) => expiry)),
          );
          for (const [expiry, row] of nearest) {
            const taken = strikesOf(picked.symbols, expiry);
            expect(taken.length).toBeLessThanOrEqual(2 * CHAIN.strikes);
            // The window may lag by one strike, so the nearest one on either side is in it.
            const sorted = row.toSorted((a, b) => a - b);
            const below = sorted.findLast((one) => one <= price);
            const above = sorted.find((one) => one > price);
            for (const one of [below, above]) if (one !== undefined) expect(taken).toContain(one);
          }
          expect(pickChain(CHAIN, table(list), price, now, held, false)).toEqual(picked);
        }
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  it("does not change its mind while the price stays within half a step of one strike", () => {
    const inside = fc.array(fc.double({ min: 45.1, max: 54.9, noNaN: true }), {
      minLength: 2,
      maxLength: 50,
    });
    fc.assert(
      fc.property(inside, (prices) => {
        let held = NONE;
        const seen = new Set<string>();
        for (const price of prices) {
          const picked = pickChain(CHAIN, TABLE, price, 0, held, false);
          held = picked.held;
          seen.add(picked.symbols.join());
        }
        expect(seen.size).toBe(1);
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});

describe("priceSource", () => {
  const perpetual = (quote: string, change: Partial<Instrument> = {}): Instrument =>
    instrumentOf({ symbol: `P${quote}`, canonical: `BTC-${quote}-PERP`, kind: "perpetual", ...change });

  it("prefers the chain's own quote currency, takes any, and none that has ended", () => {
    const all = [...LISTED, perpetual("USDT"), perpetual("USD")];
    expect(priceSource({ ...CHAIN, quote: "USD" }, all)?.symbol).toBe("PUSD");
    expect(priceSource(CHAIN, all)?.symbol).toBe("PUSDT");
    expect(priceSource(CHAIN, [...LISTED, perpetual("USD", { status: "delisted" })])).toBeNull();
  });
});
