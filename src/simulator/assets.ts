import type { InstrumentKind } from "../model/index.ts";

/** A thing that is traded: where its price starts (US dollars) and the steps it is usually quoted in. */
export interface Asset {
  readonly base: string;
  readonly price: number;
  readonly spotTick: string;
  readonly spotLot: string;
  readonly perpTick: string;
  readonly perpLot: string;
}

function asset(
  base: string,
  price: number,
  spotTick: string,
  spotLot: string,
  perpTick: string,
  perpLot: string,
): Asset {
  return { base, price, spotTick, spotLot, perpTick, perpLot };
}

export const ASSETS: readonly Asset[] = [
  asset("BTC", 118_345.6, "0.01", "0.00001", "0.1", "0.001"),
  asset("ETH", 4312.55, "0.01", "0.0001", "0.01", "0.001"),
  asset("SOL", 231.48, "0.01", "0.001", "0.01", "0.01"),
  asset("XRP", 2.9431, "0.0001", "0.1", "0.0001", "0.1"),
  asset("DOGE", 0.24113, "0.00001", "1", "0.00001", "1"),
  asset("ADA", 0.8823, "0.0001", "0.1", "0.0001", "1"),
  asset("LINK", 22.87, "0.001", "0.01", "0.001", "0.01"),
  asset("LTC", 117.62, "0.01", "0.001", "0.01", "0.001"),
];

/** What to list: a canonical name, and where its price starts and how it steps if the table does not know it. */
export interface InstrumentSpec {
  readonly canonical: string;
  readonly price?: number;
  readonly tick?: string;
  readonly lot?: string;
}

export interface Product {
  readonly canonical: string;
  readonly base: string;
  readonly quote: string;
  readonly kind: InstrumentKind;
  readonly price: number;
  readonly tick: string;
  readonly lot: string;
  /** UNIX us; NaN = never. */
  readonly expiry: number;
  readonly strike: number;
}

/** Perpetuals quoted in dollars are inverse: their sizes are whole contracts. */
function perpetualLot(known: Asset, quote: string): string {
  return quote === "USD" ? "1" : known.perpLot;
}

/** The first `count` bases; beyond the table, made-up ones that still read as tickers. */
export function defaultBases(count: number): string[] {
  return Array.from({ length: count }, (_, i) => ASSETS[i]?.base ?? `SIM${i + 1}`);
}

const NAME = /^([^-]+)-([^-]+)(?:-(?:(PERP)|(\d\d)([A-Z]{3})(\d\d)(?:-(\d+(?:\.\d+)?)-[CP])?))?$/;
const MONTHS = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
/** Days from 1970-01-01 to 2000-01-01. */
const DAYS_TO_2000 = 10_957;

/** 08:00 UTC of a day, UNIX us. `year` is of this century, months begin with 1. */
function expiryOf(year: number, month: number, day: number): number {
  const lengths = [31, year % 4 === 0 ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  const before = lengths.slice(0, month - 1).reduce((sum, length) => sum + length, 0);
  const days = DAYS_TO_2000 + 365 * year + Math.ceil(year / 4) + before + day - 1;
  return (days * 24 + 8) * 3_600_000_000;
}

/** Options cost a part of what they are about, and step more finely; in coins where they are settled in them. */
function optionOf(known: Asset, quote: string): { price: number; tick: string; lot: string } {
  if (quote === "USD") return { price: 0.04, tick: "0.00001", lot: "1" };
  return { price: known.price * 0.04, tick: known.perpTick, lot: known.perpLot };
}

/** Resolves a spec to a product. Throws RangeError on a name that is none of the canonical forms. */
export function productOf(spec: InstrumentSpec): Product {
  const [canonical, base, quote, perp, day, month, year, strike] = NAME.exec(spec.canonical) ?? [];
  const at = month === undefined ? 0 : MONTHS.indexOf(month);
  if (canonical === undefined || base === undefined || quote === undefined || at < 0 || at % 3 !== 0)
    throw new RangeError(
      `instrument: expected BASE-QUOTE, BASE-QUOTE-PERP or BASE-QUOTE-DDMMMYY[-STRIKE-C|P], saw "${spec.canonical}"`,
    );
  const known = ASSETS.find((row) => row.base === base) ?? asset(base, 10, "0.001", "0.01", "0.001", "0.1");
  const contract = perp !== undefined || day !== undefined;
  const option = strike === undefined ? null : optionOf(known, quote);
  return {
    canonical,
    base,
    quote,
    kind: option !== null ? "option" : perp !== undefined ? "perpetual" : contract ? "future" : "spot",
    price: spec.price ?? option?.price ?? known.price,
    tick: spec.tick ?? option?.tick ?? (contract ? known.perpTick : known.spotTick),
    lot: spec.lot ?? option?.lot ?? (contract ? perpetualLot(known, quote) : known.spotLot),
    expiry: day === undefined ? NaN : expiryOf(Number(year), at / 3 + 1, Number(day)),
    strike: strike === undefined ? NaN : Number(strike),
  };
}
