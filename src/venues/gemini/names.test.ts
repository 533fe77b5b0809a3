import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { instrumentOf } from "../../model/index.ts";
import { fixturesOf } from "../../../test/contracts/frames.ts";
import { gemini } from "./venue.ts";

const LISTED = JSON.parse(
  readFileSync(new URL("../../../fixtures/venues/gemini/symbols.json", import.meta.url), "utf8"),
) as string[];

describe("names of Gemini", () => {
  it("go both ways for every symbol that is listed, in either case", () => {
    expect(LISTED.length).toBeGreaterThan(348);
    const names = new Set<string>();
    for (const symbol of LISTED) {
      const name = gemini.canonical(symbol);
      expect(name, symbol).toMatch(/^[A-Z0-9]+-[A-Z]+(-PERP)?$/);
      expect(gemini.canonical(symbol.toUpperCase())).toBe(name);
      expect(gemini.native(name!)).toBe(symbol.toUpperCase());
      expect(gemini.aliases(symbol.toUpperCase())).toEqual([symbol]);
      names.add(name!);
    }
    expect(names.size).toBe(LISTED.length);
  });

  /** A base is real when a pair against a quote that no other quote ends with names it too. */
  it("find bases that other pairs name as well, wherever the end could be read in two ways", () => {
    const split = (symbol: string): string[] => gemini.canonical(symbol)!.split("-");
    const spot = LISTED.filter((symbol) => !symbol.endsWith("perp"));
    const sure = spot.filter((symbol) => /(usdc|usdt|eur|gbp|btc|eth)$/.test(symbol));
    const known = new Set([...sure.map((symbol) => split(symbol)[0]), "GUSD", "USDC", "USD1"]);
    const doubtful = spot.filter((symbol) => /(gusd|rlusd)$/.test(symbol));
    expect(doubtful.length).toBeGreaterThan(150);
    for (const symbol of doubtful) expect(known, symbol).toContain(split(symbol)[0]);
  });

  it("read the longest quote that fits, unless the base ends in its G", () => {
    const pairs = {
      "BTC-GUSD": "btcgusd",
      "2Z-RLUSD": "2zrlusd",
      "PAXG-USD": "paxgusd",
      "PAXG-GUSD": "paxggusd",
      "USDG-USD": "usdgusd",
      "GUSD-USD": "gusdusd",
      "USDC-USD": "usdcusd",
      "JITOSOL-SOL": "jitosolsol",
      "EFIL-FIL": "efilfil",
      "ZEC-LTC": "zecltc",
      "BTC-GUSD-PERP": "btcgusdperp",
      "BTC-USDC-PERP": "btcusdcperp",
    };
    for (const [name, symbol] of Object.entries(pairs)) expect(gemini.canonical(symbol)).toBe(name);
    expect(
      ["GEMI-BTC15M", "usd", "nosuch", "btcusdperp", "btcusdtperp", "perp", ""].map((one) =>
        gemini.canonical(one),
      ),
    ).toEqual([null, null, null, null, null, null, null]);
  });

  it("are refused when they are of another kind", () => {
    for (const name of ["BTC-USDT-PERP", "BTC-USD-25DEC26", "BTCUSD", "btc-usd", "BTC-", ""])
      expect(() => gemini.native(name), name).toThrow(RangeError);
  });
});

const [CONNECT] = fixturesOf("gemini");
const BODY = CONNECT!.frames[0]!.text!;

describe("metadata of Gemini", () => {
  const one = (symbol: string, canonical: string, status: string, tick: number, lot: number): object =>
    instrumentOf({ symbol, canonical, status: status as "trading", tick, lot });

  it("is the state and the steps of every symbol: tick_size is that of sizes", () => {
    const perpetual = {
      ...one("BTCUSDCPERP", "BTC-USDC-PERP", "trading", 0.5, 0.0001),
      kind: "perpetual",
    };
    expect(gemini.instruments.parse(BODY)).toEqual([
      one("BTCUSD", "BTC-USD", "trading", 0.01, 1e-8),
      one("PAXGUSD", "PAXG-USD", "post_only", 0.01, 1e-8),
      one("2ZRLUSD", "2Z-RLUSD", "trading", 0.0001, 1e-6),
      one("FTMUSD", "FTM-USD", "halted", 0.0001, 1e-6),
      one("ETHSGD", "ETH-SGD", "cancel_only", 0.01, 1e-6),
      perpetual,
    ]);
  });

  it("is written as it is read", () => {
    const read = gemini.instruments.parse(BODY);
    expect(gemini.instruments.parse(gemini.server.instrumentsBody(read, ""))).toEqual(read);
  });

  it("may be one row, or names alone", () => {
    const [row] = JSON.parse(BODY) as object[];
    expect(gemini.instruments.parse(JSON.stringify(row)).map(({ symbol }) => symbol)).toEqual(["BTCUSD"]);
    expect(gemini.instruments.parse('["btcusd","gemi-btc15m","btcgusdperp"]')).toEqual([
      one("BTCUSD", "BTC-USD", "unknown", NaN, NaN),
      { ...one("BTCGUSDPERP", "BTC-GUSD-PERP", "unknown", NaN, NaN), kind: "perpetual" },
    ]);
  });

  it("takes steps as texts, leaves out what has no pair, and does not guess states", () => {
    const rows = [
      { symbol: "ethusd", base_currency: "ETH", quote_currency: "USD", tick_size: "1E-6", status: "odd" },
      { symbol: "GEMI-BTC", base_currency: "GEMI", quote_currency: "USD" },
      { symbol: "NOUSD" },
    ];
    expect(gemini.instruments.parse(JSON.stringify(rows))).toEqual([
      one("ETHUSD", "ETH-USD", "unknown", NaN, 1e-6),
    ]);
  });

  it("says what the venue said instead", () => {
    const body = '{"result":"error","reason":"EndpointNotFound","message":"API endpoint does not exist"}';
    expect(() => gemini.instruments.parse(body)).toThrow("EndpointNotFound: API endpoint does not exist");
    expect(() => gemini.instruments.parse("[7]")).toThrow("saw [7]");
  });
});
