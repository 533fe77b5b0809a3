import fc from "fast-check";
import type { Arbitrary } from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeText, encodeText, futureName, instrumentOf, perpetualName, spotName } from "../model/index.ts";
import type { Instrument, Venue } from "../model/index.ts";
import { binanceCoinm } from "./binance-coinm/venue.ts";
import { binanceUs } from "./binance-us/venue.ts";
import { binanceUsdm } from "./binance-usdm/venue.ts";
import { binance } from "./binance/venue.ts";

/** Names both ways over whole lists of instruments as the venues have them, made up. */

const WORDS = ["BTC", "ETH", "1000PEPE", "1MBABYDOGE", "1INCH", "C98", "4", "USDC", "TUSD", "BTCDOM", "X"];
const letter = fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
const foreign = fc.constantFrom(..."币安人生我踏马来了龙虾０１９ÄßİЖ");
const asset: Arbitrary<string> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 4, arbitrary: fc.string({ unit: letter, minLength: 1, maxLength: 10 }) },
  { weight: 1, arbitrary: fc.string({ unit: foreign, minLength: 1, maxLength: 6 }) },
);
const day = fc.date({ min: new Date("2020-01-01"), max: new Date("2099-12-31"), noInvalidDate: true });
const status = fc.constantFrom("trading" as const, "halted" as const, "cancel_only" as const);
const step = fc.integer({ min: 0, max: 8 }).map((places) => Number(`1e-${places}`));

const SPOT_QUOTES = ["USDT", "USDC", "FDUSD", "TUSD", "BTC", "ETH", "BNB", "EUR", "TRY", "BRL", "U", "ZZZ9"];
const US_QUOTES = ["USDT", "USDC", "USD", "BTC", "ETH"];

type Named = Pick<Instrument, "symbol" | "canonical" | "kind" | "base" | "quote" | "expiry"> &
  Partial<Instrument>;

function pairs(quotes: readonly string[]): Arbitrary<Named> {
  return fc.tuple(asset, fc.constantFrom(...quotes)).map(([base, quote]) => ({
    symbol: base + quote,
    canonical: spotName(base, quote),
    kind: "spot",
    base,
    quote,
    expiry: NaN,
  }));
}

/** Perpetuals and dated futures; `forever` ends the names of the first. */
function contracts(quotes: readonly string[], forever: string, worth: object): Arbitrary<Named> {
  return fc.tuple(asset, fc.constantFrom(...quotes), fc.option(day)).map(([base, quote, date]): Named => {
    const pair = base + quote;
    const common = { base, quote, ...worth };
    if (date === null)
      return {
        symbol: pair + forever,
        canonical: perpetualName(base, quote),
        kind: "perpetual",
        ...common,
        expiry: NaN,
      };
    const text = date.toISOString().slice(2, 10).replaceAll("-", "");
    const [year, month, of] = [0, 2, 4].map((i) => Number(text.slice(i, i + 2)));
    const canonical = futureName(base, quote, year!, month!, of!);
    const expiry = Date.UTC(date.getUTCFullYear(), month! - 1, of, 8) * 1000;
    return { symbol: `${pair}_${text}`, canonical, kind: "future", ...common, expiry };
  });
}

/** A list as exchangeInfo has it: no symbol twice. */
function listOf(one: Arbitrary<Named>): Arbitrary<Instrument[]> {
  const dressed = fc
    .record({ one, status, tick: step, lot: step })
    .map(({ one: named, ...facts }) => instrumentOf({ ...named, ...facts }));
  return fc.uniqueArray(dressed, {
    selector: ({ symbol }) => symbol,
    minLength: 1,
    maxLength: 400,
    size: "max",
  });
}

const LISTS: readonly (readonly [Venue, Arbitrary<Instrument[]>])[] = [
  [binance, listOf(pairs(SPOT_QUOTES))],
  [binanceUs, listOf(pairs(US_QUOTES))],
  [binanceUsdm, listOf(contracts(["USDT", "USDC"], "", {}))],
  [binanceCoinm, listOf(contracts(["USD"], "_PERP", { contractValue: 10, sizeUnit: "quote" }))],
];

describe.each(LISTS)("$id", (venue, lists) => {
  const check = (holds: (list: Instrument[]) => void): void =>
    fc.assert(fc.property(lists, holds), { seed: 20261121, numRuns: 25 });

  it("reads a whole list as it was written, and every name leads back to its symbol", () => {
    check((list) => {
      const body = venue.server.instrumentsBody(list, venue.instruments.requests[0]!.path);
      expect(venue.instruments.parse(body)).toEqual(list);
      for (const { symbol, canonical } of list) expect(venue.native(canonical)).toBe(symbol);
    });
  });

  it("knows no two symbols by one name", () => {
    check((list) => {
      expect(new Set(list.map(({ canonical }) => canonical)).size).toBe(list.length);
    });
  });

  it("by rule alone says the same, or another cut of the very same symbol, or nothing", () => {
    check((list) => {
      for (const { symbol, quote, canonical } of list) {
        const guess = venue.canonical(symbol);
        if (guess !== null) expect(venue.native(guess)).toBe(symbol);
        if (quote === "USDT" || venue === binanceCoinm) expect(guess).toBe(canonical);
      }
    });
  });

  it("finds the symbol behind every stream it asks for, and in every frame", () => {
    check((list) => {
      const wanted = list.map(({ symbol }) => ({ channel: "trade", symbol }) as const);
      let id = 0;
      for (const { text, covers } of venue.subscribe(wanted, () => ++id)) {
        const heard = venue.server.request(text);
        if (heard instanceof Error) throw heard;
        expect(heard.subscriptions).toEqual(covers);
      }
      for (const { symbol } of list) {
        const [alias = ""] = venue.aliases(symbol);
        const bytes = encodeText(alias);
        expect(decodeText(bytes, 0, bytes.length)).toBe(alias);
        expect(alias).not.toMatch(/[A-Z]/);
      }
    });
  });
});

describe("names of another venue of the family", () => {
  it("are refused, with the form that is expected", () => {
    for (const name of ["BTC-USDT-PERP", "BTC-USDT-25DEC26", "BTC-USDC-PERP"])
      expect(() => binanceCoinm.native(name)).toThrow(/expected a name like BASE-USD-PERP/);
    for (const name of ["BTC-USD", "BTCUSD_PERP", "BTC-USD-PERP-X", "BTC-USD-31FOO26", "BTC-USD-32DEC26"])
      expect(() => binanceCoinm.native(name)).toThrow(/expected a name like BASE-/);
    for (const name of ["BTCUSDT", "BTCUSD", "BTCUSDT_PERP", "BTCUSD_261301", "BTC_USD_PERP", "USD_PERP", ""])
      expect(binanceCoinm.canonical(name)).toBeNull();
    for (const name of ["BTCUSD_PERP", "BTCUSDT_999999"]) expect(binanceUsdm.canonical(name)).toBeNull();
  });
});

describe("contracts of COIN-M", () => {
  const row = { symbol: "BTCUSD_PERP", baseAsset: "BTC", quoteAsset: "USD", contractType: "PERPETUAL" };
  const read = (more: object): Instrument =>
    binanceCoinm.instruments.parse(JSON.stringify({ symbols: [{ ...row, ...more }] }))[0]!;

  it("are worth dollars; where the venue does not say how many, nobody guesses", () => {
    expect(read({ contractStatus: "TRADING", contractSize: 100 })).toMatchObject({
      status: "trading",
      contractValue: 100,
      sizeUnit: "quote",
    });
    expect(read({ contractSize: "10" })).toMatchObject({ contractValue: 10, sizeUnit: "quote" });
    expect(read({ contractSize: 0 })).toMatchObject({ contractValue: NaN, sizeUnit: "quote" });
  });

  it("have a status of their own spelling", () => {
    const words = ["PRE_DELIVERING", "DELIVERED", "CLOSE", "constructor", undefined];
    expect(words.map((contractStatus) => read({ contractStatus }).status)).toEqual([
      "halted",
      "expired",
      "delisted",
      "unknown",
      "unknown",
    ]);
  });
});
