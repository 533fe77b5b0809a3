import { instrumentOf, type Instrument, type Venue } from "../model/index.ts";
import { defaultBases, productOf, type InstrumentSpec, type Product } from "./assets.ts";
import { gridOf, priceOf, sizeOf } from "./grid.ts";
import type { ListingSpec } from "./listing.ts";
import type { Random } from "./random.ts";

/** Levels a side a book is given. */
const LEVELS = { from: 300, to: 900 };
/** Median level, in units of the quote currency. */
const NOTIONAL = { from: 1500, to: 6000 };

export interface VenueChoice {
  readonly venue: Venue;
  /** Canonical names, or specs for assets the simulator's table does not know. Default: the common bases. */
  readonly instruments?: readonly (string | InstrumentSpec)[];
  /** Where the venue has dated futures, one is listed besides. */
  readonly dated?: boolean;
  /** How far the venue's clock is ahead, ms: in the times of its events and of its HTTP answers. Default 0. */
  readonly clockSkewMs?: number;
}

/**
 * Canonical name under which a venue lists a base, by asking the venue's own symbol rule: a perpetual where it keeps
 * the suffix; spot against USD where symbols have a separator, against USDT where base and quote are glued together.
 */
function listedName(venue: Venue, base: string): string {
  const perpetual = [`${base}-USDT-PERP`, `${base}-USD-PERP`].find((name) => roundTrip(venue, name));
  if (perpetual !== undefined) return perpetual;
  return /[^A-Z0-9]/.test(venue.native(`${base}-USD`)) ? `${base}-USD` : `${base}-USDT`;
}

/** Far beyond any run: what expires before is told to. */
const DATE = "25DEC37";

/** The canonical name of a dated future at a venue that has such beside what it lists else; null where there are none. */
export function datedName(venue: Venue): string | null {
  const name = `${listedName(venue, defaultBases(1)[0]!).replace(/-PERP$/, "")}-${DATE}`;
  return roundTrip(venue, name) ? name : null;
}

function roundTrip(venue: Venue, name: string): boolean {
  try {
    return venue.canonical(venue.native(name)) === name;
  } catch {
    return false;
  }
}

function instrumentFor(venue: Venue, product: Product): Instrument {
  const grid = gridOf(product.tick, product.lot);
  const proven = venue.book === "checksum";
  return instrumentOf({
    symbol: venue.native(product.canonical),
    canonical: product.canonical,
    kind: product.kind,
    base: product.base,
    quote: product.quote,
    status: "trading",
    tick: priceOf(grid, 1),
    lot: sizeOf(grid, 1),
    pricePrecision: proven ? grid.priceDecimals : -1,
    sizePrecision: proven ? grid.sizeDecimals : -1,
    expiry: product.expiry,
    strike: product.strike,
  });
}

/** What a venue lists. `count` bases when the choice names no instruments. Throws RangeError on doubles. */
export function specsOf(choice: VenueChoice, count: number, random: Random): ListingSpec[] {
  const { venue } = choice;
  const dated = choice.dated === true ? datedName(venue) : null;
  const usual = choice.instruments ?? defaultBases(count).map((base) => listedName(venue, base));
  const named = dated === null ? usual : [...usual, dated];
  const specs = named.map((one) => specOf(venue, typeof one === "string" ? { canonical: one } : one, random));
  const symbols = new Set(specs.map((spec) => spec.instrument.symbol));
  if (symbols.size !== specs.length || specs.length === 0)
    throw new RangeError(
      `${venue.id}: expected one or more different instruments, saw ${specs.map((s) => s.instrument.symbol).join(" ")}`,
    );
  return specs;
}

function specOf(venue: Venue, spec: InstrumentSpec, random: Random): ListingSpec {
  const product = productOf(spec);
  const own = random.fork(`lineup/${venue.id}/${product.canonical}`);
  return {
    instrument: instrumentFor(venue, product),
    grid: gridOf(product.tick, product.lot),
    price: product.price,
    levels: Math.round(own.between(LEVELS.from, LEVELS.to)),
    notional: own.between(NOTIONAL.from, NOTIONAL.to),
  };
}
