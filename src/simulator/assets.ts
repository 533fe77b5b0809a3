import { spotName, perpetualName, type InstrumentKind } from "../model/index.ts";

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
}

/** Perpetuals quoted in dollars are inverse: their sizes are whole contracts. */
function perpetualLot(known: Asset, quote: string): string {
  return quote === "USD" ? "1" : known.perpLot;
}

/** The first `count` bases; beyond the table, made-up ones that still read as tickers. */
export function defaultBases(count: number): string[] {
  return Array.from({ length: count }, (_, i) => ASSETS[i]?.base ?? `SIM${i + 1}`);
}

/** Resolves a spec to a product. Throws RangeError on a name that is not BASE-QUOTE or BASE-QUOTE-PERP. */
export function productOf(spec: InstrumentSpec): Product {
  const [base, quote, suffix, ...rest] = spec.canonical.split("-");
  const perp = suffix === "PERP";
  if (!base || !quote || rest.length > 0 || (suffix !== undefined && !perp))
    throw new RangeError(`instrument: expected BASE-QUOTE or BASE-QUOTE-PERP, saw "${spec.canonical}"`);
  const known = ASSETS.find((row) => row.base === base) ?? asset(base, 10, "0.001", "0.01", "0.001", "0.1");
  return {
    canonical: perp ? perpetualName(base, quote) : spotName(base, quote),
    base,
    quote,
    kind: perp ? "perpetual" : "spot",
    price: spec.price ?? known.price,
    tick: spec.tick ?? (perp ? known.perpTick : known.spotTick),
    lot: spec.lot ?? (perp ? perpetualLot(known, quote) : known.spotLot),
  };
}
