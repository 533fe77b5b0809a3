import { describe, expect, it } from "vitest";
import {
  futuresCanonical,
  futuresNative,
  readInstruments,
  spotCanonical,
  spotNative,
} from "./binance-symbols.ts";

describe("spot names", () => {
  it.each([
    ["BTCUSDT", "BTC-USDT"],
    ["ETHBTC", "ETH-BTC"],
    ["BTCUSD", "BTC-USD"],
    ["USDTTRY", "USDT-TRY"],
    ["BNBFDUSD", "BNB-FDUSD"],
    ["1000SATSUSDT", "1000SATS-USDT"],
    ["TUSDUSDT", "TUSD-USDT"],
    ["币安人生USDT", "币安人生-USDT"],
    ["RUNEEUR", "RUNE-EUR"],
    ["LRCBTC", "LRC-BTC"],
  ])("%s is %s and back", (native, canonical) => {
    expect(spotCanonical(native)).toBe(canonical);
    expect(spotNative(canonical)).toBe(native);
  });

  it("are null where no quote asset is known, and for names of another kind", () => {
    for (const name of ["", "USDT", "BTCXYZ", "BTC-USDT", "BTC/USDT", "BTCUSDT_261225"])
      expect(spotCanonical(name)).toBeNull();
  });

  it("of another product are refused, with the form that is expected", () => {
    for (const name of ["BTC-USDT-PERP", "BTC-USDT-25DEC26", "BTCUSDT", "-USDT", "BTC-"])
      expect(() => spotNative(name)).toThrow(/expected a name like BASE-QUOTE, saw/);
  });
});

describe("futures names", () => {
  it.each([
    ["BTCUSDT", "BTC-USDT-PERP"],
    ["ETHUSDC", "ETH-USDC-PERP"],
    ["BTCUSDT_261225", "BTC-USDT-25DEC26"],
    ["ETHUSDT_270326", "ETH-USDT-26MAR27"],
    ["1000PEPEUSDT", "1000PEPE-USDT-PERP"],
  ])("%s is %s and back", (native, canonical) => {
    expect(futuresCanonical(native)).toBe(canonical);
    expect(futuresNative(canonical)).toBe(native);
  });

  it("with impossible dates are null", () => {
    for (const name of [
      "BTCUSDT_261325",
      "BTCUSDT_260032",
      "BTCUSDT_26",
      "BTCUSDT_261225_1",
      "BTC-USDT-PERP",
    ])
      expect(futuresCanonical(name)).toBeNull();
  });

  it("of another product are refused", () => {
    for (const name of [
      "BTC-USDT",
      "BTC-USDT-PERP-X",
      "BTC-USDT-25XXX26",
      "BTC-USDT-25ANF26",
      "BTC-USD-27MAR26-100000-C",
    ])
      expect(() => futuresNative(name)).toThrow(/expected a name like BASE-QUOTE-PERP/);
  });
});

describe("exchangeInfo", () => {
  const filters = (tickSize: string, stepSize: string): object[] => [
    { filterType: "PRICE_FILTER", tickSize },
    { filterType: "LOT_SIZE", stepSize },
  ];
  const spot = {
    symbol: "BTCUSDT",
    status: "TRADING",
    baseAsset: "BTC",
    quoteAsset: "USDT",
    filters: filters("0.01000000", "0.00001000"),
  };

  it("of spot gives names, steps and status", () => {
    const words = ["TRADING", "END_OF_DAY", "HALT", "BREAK", "CANCEL_ONLY", "SOMETHING_NEW"];
    const body = JSON.stringify({ symbols: words.map((status) => ({ ...spot, status })) });
    const read = readInstruments(body);
    expect(read[0]).toEqual({
      symbol: "BTCUSDT",
      canonical: "BTC-USDT",
      kind: "spot",
      base: "BTC",
      quote: "USDT",
      status: "trading",
      tick: 0.01,
      lot: 0.00001,
      pricePrecision: -1,
      sizePrecision: -1,
      contractValue: 1,
      expiry: NaN,
      strike: NaN,
    });
    expect(read.map(({ status }) => status)).toEqual([
      "trading",
      "halted",
      "halted",
      "halted",
      "cancel_only",
      "unknown",
    ]);
  });

  it("takes assets from the metadata, not from the name", () => {
    const body = JSON.stringify({
      symbols: [{ ...spot, symbol: "XTUSD", baseAsset: "XT", quoteAsset: "USD" }],
    });
    expect(readInstruments(body)[0]).toMatchObject({ canonical: "XT-USD", base: "XT", quote: "USD" });
  });

  it("of futures gives kinds and expiries; a listing before its first day has no tick yet", () => {
    const future = {
      ...spot,
      contractType: "CURRENT_QUARTER",
      symbol: "BTCUSDT_261225",
      deliveryDate: 1798185600000,
    };
    const perpetual = { ...spot, contractType: "PERPETUAL", deliveryDate: 4133404800000 };
    const stock = { ...perpetual, symbol: "TSLAUSDT", baseAsset: "TSLA", contractType: "TRADIFI_PERPETUAL" };
    const pending = {
      ...perpetual,
      symbol: "NEWUSDT",
      baseAsset: "NEW",
      status: "PENDING_TRADING",
      contractType: "",
      filters: filters("0", "0"),
    };
    const read = readInstruments(JSON.stringify({ symbols: [future, perpetual, stock, pending] }));
    expect(read.map(({ canonical, kind, expiry }) => [canonical, kind, expiry])).toEqual([
      ["BTC-USDT-25DEC26", "future", 1798185600000000],
      ["BTC-USDT-PERP", "perpetual", NaN],
      ["TSLA-USDT-PERP", "perpetual", NaN],
      ["NEW-USDT-PERP", "perpetual", NaN],
    ]);
    expect(read[3]).toMatchObject({ status: "pre_open", tick: NaN, lot: NaN });
  });

  it("skips rows that are no instruments and refuses bodies that are no metadata", () => {
    expect(readInstruments(JSON.stringify({ symbols: [null, 7, {}, { symbol: "X" }, spot] }))).toHaveLength(
      1,
    );
    for (const body of ["", "[]", '{"code":-1003,"msg":"Too much request weight"}'])
      expect(() => readInstruments(body)).toThrow(/expected exchangeInfo with "symbols", saw/);
  });
});
