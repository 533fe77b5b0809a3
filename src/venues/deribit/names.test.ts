import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instrumentOf } from "../../model/index.ts";
import type { Instrument } from "../../model/index.ts";
import { deribit } from "./venue.ts";

const EXPIRIES = ["22NOV26", "4DEC26", "25DEC26", "1JAN27", "29JAN27", "26MAR27", "25JUN27", "31DEC27"];
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
/** Underlyings by the lowest strike and the step: sixty strikes each. */
const CHAINS: readonly (readonly [name: string, first: number, step: number])[] = [
  ["BTC", 20_000, 2500],
  ["ETH", 500, 125],
  ["BTC_USDC", 20_000, 2500],
  ["SOL_USDC", 80, 5],
  ["XRP_USDC", 0.5, 0.125],
  ["HYPE_USDC", 4, 0.25],
];
const STRIKES = 60;

function expiryOf(name: string): number {
  const [, day, month, year] = /^(\d+)([A-Z]{3})(\d\d)$/.exec(name)!;
  return Date.UTC(2000 + Number(year), MONTHS.indexOf(month!), Number(day), 8);
}

interface Row {
  readonly instrument_name: string;
  readonly [field: string]: unknown;
}

function optionRows([name, first, step]: (typeof CHAINS)[number]): Row[] {
  const [base, quote] = name.split("_");
  return EXPIRIES.flatMap((expiry) =>
    Array.from({ length: STRIKES }, (_, i) => first + i * step).flatMap((strike) =>
      ["C", "P"].map((right) => ({
        instrument_name: `${name}-${expiry}-${String(strike).replace(".", "d")}-${right}`,
        kind: "option",
        instrument_type: quote === undefined ? "reversed" : "linear",
        base_currency: base,
        quote_currency: quote ?? base,
        counter_currency: quote ?? "USD",
        tick_size: 0.0001,
        tick_size_steps: [{ above_price: 0.005, tick_size: 0.0005 }],
        min_trade_amount: 0.1,
        contract_size: 1,
        strike,
        option_type: right === "C" ? "call" : "put",
        expiration_timestamp: expiryOf(expiry),
        settlement_period: "month",
        state: "open",
        is_active: true,
      })),
    ),
  );
}

function otherRows([name]: (typeof CHAINS)[number]): Row[] {
  const [base, quote] = name.split("_");
  const common = {
    base_currency: base,
    quote_currency: quote ?? "USD",
    instrument_type: quote === undefined ? "reversed" : "linear",
    tick_size: 0.5,
    min_trade_amount: 10,
    contract_size: 10,
    state: "open",
  };
  const perpetual = { kind: "future", settlement_period: "perpetual", expiration_timestamp: 32503708800000 };
  return [
    { ...common, ...perpetual, instrument_name: `${name}-PERPETUAL` },
    ...EXPIRIES.map((expiry) => ({
      ...common,
      kind: "future",
      settlement_period: "week",
      expiration_timestamp: expiryOf(expiry),
      instrument_name: `${name}-${expiry}`,
    })),
    ...(quote === undefined ? [] : [{ ...common, kind: "spot", instrument_name: name }]),
    { ...common, kind: "future_combo", instrument_name: `${name}-FS-25DEC26_PERP` },
    { ...common, kind: "option_combo", instrument_name: `${name}-CS-25DEC26-70000_75000` },
  ];
}

const body = (result: unknown): string => JSON.stringify({ jsonrpc: "2.0", result, usIn: 1, usOut: 2 });

const ALL = CHAINS.flatMap((chain) => [...optionRows(chain), ...otherRows(chain)]);
const LISTED = deribit.instruments.parse(body(ALL));

describe("the whole list", () => {
  it("is read but for its combos, each row once", () => {
    const wanted = ALL.filter(({ kind }) => !String(kind).endsWith("combo"));
    expect(LISTED.map(({ symbol }) => symbol)).toEqual(wanted.map((row) => row.instrument_name));
    expect(LISTED.length).toBe(CHAINS.length * (8 * 60 * 2 + 1 + 8) + 4);
  });

  it("has names that go both ways, and are as many as the instruments", () => {
    for (const { symbol, canonical } of LISTED) {
      expect(deribit.canonical(symbol)).toBe(canonical);
      expect(deribit.native(canonical)).toBe(symbol);
      expect(deribit.canonical(canonical)).toBeNull();
    }
    expect(new Set(LISTED.map(({ canonical }) => canonical)).size).toBe(LISTED.length);
  });

  it("says the same when it is written and read again", () => {
    const [path] = deribit.instruments.requests.map((one) => one.path);
    expect(deribit.instruments.parse(deribit.server.instrumentsBody(LISTED, path!))).toEqual(LISTED);
  });

  it("says what a selection of a chain needs", () => {
    const chain = LISTED.filter(
      ({ kind, base, quote }) => kind === "option" && base === "BTC" && quote === "USD",
    );
    expect(chain.length).toBe(8 * 60 * 2);
    expect(new Set(chain.map(({ expiry }) => expiry))).toEqual(
      new Set(EXPIRIES.map((one) => expiryOf(one) * 1000)),
    );
    expect(chain.find(({ symbol }) => symbol === "BTC-4DEC26-100000-P")).toEqual({
      symbol: "BTC-4DEC26-100000-P",
      canonical: "BTC-USD-04DEC26-100000-P",
      kind: "option",
      base: "BTC",
      quote: "USD",
      status: "trading",
      tick: 0.0001,
      lot: 0.1,
      pricePrecision: -1,
      sizePrecision: -1,
      contractValue: 1,
      expiry: Date.UTC(2026, 11, 4, 8) * 1000,
      strike: 100_000,
    });
  });
});

describe("names", () => {
  it.each([
    ["BTC-PERPETUAL", "BTC-USD-PERP"],
    ["BTC_USDC-PERPETUAL", "BTC-USDC-PERP"],
    ["BTC-4SEP26", "BTC-USD-04SEP26"],
    ["BTC_USDC-25DEC26", "BTC-USDC-25DEC26"],
    ["BTC-25DEC26-100000-C", "BTC-USD-25DEC26-100000-C"],
    ["XRP_USDC-30JUN23-0d625-C", "XRP-USDC-30JUN23-0.625-C"],
    ["MATIC_USDC-9MAR24-1d02-P", "MATIC-USDC-09MAR24-1.02-P"],
    ["BTC_USDC", "BTC-USDC"],
    ["btc_usd", "BTC-DVOL"],
    ["eth_usd", "ETH-DVOL"],
  ])("%s is %s", (symbol, canonical) => {
    expect([deribit.canonical(symbol), deribit.native(canonical)]).toEqual([canonical, symbol]);
  });

  it.each([
    "BTC-FS-25DEC26_PERP",
    "BTC-CS-28AUG26-70000_75000",
    "BTC_USDC-PS-18SEP26-63000_61000",
    "BTC-ICOND-14NOV25-100000_105000_125000_130000",
    "BTC-04SEP26",
    "BTC-4SEP2026",
    "BTC-32SEP26",
    "BTC-4SEQ26",
    "BTC-25DEC26-0D625-C",
    "BTC-25DEC26-0.625-C",
    "BTC-25DEC26-100000",
    "BTC",
    "sol_usd",
    "BTC-perpetual",
    "toString",
    "",
    "BTC_USDC_X",
    "SYN.BTC-28AUG26",
  ])("%j has no canonical name", (symbol) => expect(deribit.canonical(symbol)).toBeNull());

  it.each([
    "BTC",
    "BTC-USD-25DEC",
    "BTC-USD-25DEZ26",
    "BTC-USD-5DEC26",
    "BTC-USD-00DEC26",
    "BTC-USD-PERPETUAL",
    "BTC-USD-25DEC26-100000",
    "BTC-USD-25DEC26-0d625-C",
    "btc-usd",
    "-",
    "",
  ])("%j is no canonical name", (name) => expect(() => deribit.native(name)).toThrow(/^expected BASE-QUOTE/));

  it("of any coin, day and strike go both ways", () => {
    const coin = fc.stringMatching(/^[A-Z0-9]{1,8}$/);
    const strike = fc.oneof(
      fc.integer({ min: 1, max: 10_000_000 }).map(String),
      fc
        .tuple(fc.nat(999), fc.stringMatching(/^\d{0,3}[1-9]$/))
        .map(([whole, places]) => `${whole}.${places}`),
    );
    const date = fc.tuple(fc.integer({ min: 1, max: 31 }), fc.constantFrom(...MONTHS), fc.nat(99));
    fc.assert(
      fc.property(
        coin,
        coin,
        date,
        strike,
        fc.constantFrom("C", "P"),
        (base, quote, [d, m, y], at, right) => {
          const day = `${String(d).padStart(2, "0")}${m}${String(y).padStart(2, "0")}`;
          for (const tail of ["", "-PERP", `-${day}`, `-${day}-${at}-${right}`]) {
            const name = `${base}-${quote}${tail}`;
            if (quote !== "DVOL") expect(deribit.canonical(deribit.native(name))).toBe(name);
          }
        },
      ),
      { seed: 11, numRuns: 2000 },
    );
  });
});

describe("metadata", () => {
  const one = (row: object): Instrument => deribit.instruments.parse(body([row]))[0]!;

  it("counts dollars where contracts are inverse, coins elsewhere", () => {
    const units = [
      "BTC-PERPETUAL",
      "BTC-25DEC26",
      "BTC_USDC-PERPETUAL",
      "BTC-25DEC26-100000-C",
      "BTC_USDC",
    ].map((name) => one(ALL.find((row) => row.instrument_name === name)!));
    expect(units.map(({ contractValue, sizeUnit }) => [contractValue, sizeUnit])).toEqual([
      [1, "quote"],
      [1, "quote"],
      [1, undefined],
      [1, undefined],
      [1, undefined],
    ]);
    expect(units.map(({ expiry }) => expiry)).toEqual([
      NaN,
      Date.UTC(2026, 11, 25, 8) * 1000,
      NaN,
      Date.UTC(2026, 11, 25, 8) * 1000,
      NaN,
    ]);
  });

  it.each([
    ...(["open trading", "settlement halted", "locked halted", "halted halted", "inactive halted"] as const),
    ...(["delivered expired", "closed expired", "archivized delisted", "some_word unknown"] as const),
    "toString unknown",
  ])("says what %s", (pair) => {
    const [state, status] = pair.split(" ");
    expect(one({ instrument_name: "BTC-PERPETUAL", kind: "future", state }).status).toBe(status);
  });

  it("believes is_active where there is no state, and nothing where there is neither", () => {
    const states = [{ is_active: true }, { is_active: false }, {}].map(
      (given) => one({ instrument_name: "BTC-PERPETUAL", kind: "future", ...given }).status,
    );
    expect(states).toEqual(["trading", "halted", "unknown"]);
  });

  it("knows the volatility indexes among the names of indexes", () => {
    const found = deribit.instruments.parse(body(["ada_usd", "btc_usd", "btc_usdc", "eth_usd", "toString"]));
    expect(
      found.map(({ symbol, canonical, kind, base, quote }) => [symbol, canonical, kind, base, quote]),
    ).toEqual([
      ["btc_usd", "BTC-DVOL", "index", "BTC", "DVOL"],
      ["eth_usd", "ETH-DVOL", "index", "ETH", "DVOL"],
    ]);
    const path = deribit.instruments.requests[1]!.path;
    expect(deribit.instruments.parse(deribit.server.instrumentsBody(found, path))).toEqual(found);
    expect(
      deribit.server.instrumentsBody([instrumentOf({ symbol: "BTC_USDC", canonical: "BTC-USDC" })], path),
    ).toContain('"result":[]');
  });

  it("names the venue's error", () => {
    const error = JSON.stringify({ jsonrpc: "2.0", error: { code: 10028, message: "too_many_requests" } });
    expect(() => deribit.instruments.parse(error)).toThrow(
      new SyntaxError("instruments: expected a list, saw the error 10028 too_many_requests"),
    );
  });
});
