import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Catalog } from "../src/feed/listening/catalog.ts";
import { instrumentOf, withOptions } from "../src/model/index.ts";
import type { Instrument, InstrumentKind, Venue } from "../src/model/index.ts";
import { venueById } from "../src/venues/index.ts";

/**
 * Whole lists of instruments, generated, through the metadata of a venue and back: every instrument has one native and
 * one canonical name, either finds it, and what a size of it is worth is what was said. Dates are last Fridays, as some
 * venues name no other; quotes and strikes are those that are listed somewhere.
 */
const LISTS: readonly (readonly [venue: string, options: Record<string, string>, kinds: InstrumentKind[]])[] =
  [
    ["okx", { products: "all" }, ["spot", "perpetual", "future", "option"]],
    ["bybit", { category: "spot" }, ["spot"]],
    ["bybit", { category: "linear" }, ["perpetual", "future"]],
    ["bybit", { category: "inverse" }, ["perpetual", "future"]],
    ["bybit", { category: "option" }, ["option"]],
    ["bitget", { api: "v3" }, ["spot", "perpetual", "future"]],
    ["bitget", { api: "v2" }, ["spot", "perpetual", "future"]],
    ["gemini", { api: "current" }, ["spot", "perpetual"]],
    ["kraken", {}, ["spot"]],
  ];

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/** 08:00 UTC of the last Friday of a month, UNIX ms. */
function lastFriday(year: number, month: number): number {
  const end = new Date(Date.UTC(year, month + 1, 0, 8));
  return end.getTime() - ((end.getUTCDay() + 2) % 7) * 86_400_000;
}

interface Made {
  readonly name: string;
  readonly kind: InstrumentKind;
  readonly expiry: number;
  readonly strike: number;
}

const base = fc.oneof(
  fc.constantFrom("BTC", "ETH"),
  fc.stringMatching(/^[A-F]{1,4}[0-9]?[HJ-LO-R]$/).map((text) => `1${text}`),
);
const quote = fc.constantFrom("USD", "USDT", "USDC", "EUR", "BTC", "GUSD", "USD_UM", "USD_CM");
const day = fc
  .tuple(fc.integer({ min: 2026, max: 2039 }), fc.constantFrom(2, 5, 8, 11))
  .map(([year, month]) => lastFriday(year, month));
const strike = fc.oneof(fc.integer({ min: 1, max: 500_000 }), fc.constantFrom(0.4, 0.0125, 2500.5));

function nameOf([first, second, kind, at, price, right]: readonly [
  string,
  string,
  InstrumentKind,
  number,
  number,
  string,
]): Made {
  const date = new Date(at);
  const dated = `${String(date.getUTCDate()).padStart(2, "0")}${MONTHS[date.getUTCMonth()]}${String(date.getUTCFullYear() % 100)}`;
  const pair = `${first}-${second}`;
  if (kind === "spot") return { name: pair, kind, expiry: NaN, strike: NaN };
  if (kind === "perpetual") return { name: `${pair}-PERP`, kind, expiry: NaN, strike: NaN };
  if (kind === "future") return { name: `${pair}-${dated}`, kind, expiry: at * 1000, strike: NaN };
  return { name: `${pair}-${dated}-${price}-${right}`, kind, expiry: at * 1000, strike: price };
}

function list(kinds: readonly InstrumentKind[]): fc.Arbitrary<Made[]> {
  const one = fc.tuple(base, quote, fc.constantFrom(...kinds), day, strike, fc.constantFrom("C", "P"));
  return fc.uniqueArray(one.map(nameOf), { selector: ({ name }) => name, minLength: 200, maxLength: 300 });
}

/** The instrument of a generated name, or null where the venue's rule has no symbol for it. */
function instrument(venue: Venue, { name, kind, expiry, strike: at }: Made): Instrument | null {
  let symbol: string;
  try {
    symbol = venue.native(name);
  } catch {
    return null;
  }
  if (venue.canonical(symbol) !== name) return null;
  const one = { symbol, canonical: name, kind, expiry, strike: at, status: "trading" } as const;
  const steps = { tick: 0.01, lot: 0.001, pricePrecision: 2, sizePrecision: 3 };
  return instrumentOf({ ...one, ...steps, ...worth(venue, one.canonical, kind) });
}

/** What the venues of this table say of their sizes. */
function worth(venue: Venue, name: string, kind: InstrumentKind): Partial<Instrument> {
  const contract = kind === "perpetual" || kind === "future";
  const inverse = contract && name.split("-")[1] === "USD";
  if (venue.id === "okx" && contract)
    return inverse ? { contractValue: 100, sizeUnit: "quote" } : { contractValue: 0.01 };
  if (venue.id === "okx" && kind === "option") return { contractValue: 0.01 };
  if (venue.id === "bybit" && inverse) return { sizeUnit: "quote" };
  return name.includes("USD_CM") && venue.id === "bitget" ? { sizeUnit: "quote" } : {};
}

describe.each(LISTS)("%s %o: whole lists of %o", (id, options, kinds) => {
  const venue = withOptions(venueById(id)!, options);

  it("come back from their metadata, and are found by either name", () => {
    const seen = new Set<InstrumentKind>();
    fc.assert(
      fc.property(list(kinds), (made) => {
        const all = made.flatMap((one) => instrument(venue, one) ?? []);
        // Metadata of options is asked for by family or coin.
        const asked = all.filter(({ kind, base: coin, quote: in_ }) => {
          const known = coin === "BTC" || coin === "ETH";
          return kind !== "option" || (known && (id !== "okx" || in_ === "USD"));
        });
        for (const { kind } of asked) seen.add(kind);
        const bodies = venue.instruments.requests.map(({ path }) =>
          venue.server.instrumentsBody(asked, path),
        );
        const read = bodies.flatMap((body) => venue.instruments.parse(body));
        const order = (one: Instrument, other: Instrument): number => (one.symbol < other.symbol ? -1 : 1);
        const plain = ({ pricePrecision: _p, sizePrecision: _s, ...rest }: Instrument): object => rest;
        expect(read.toSorted(order).map(plain)).toEqual(asked.toSorted(order).map(plain));
        const catalog = new Catalog();
        catalog.update(read);
        for (const { symbol, canonical } of asked) {
          expect(catalog.get(symbol)?.canonical).toBe(canonical);
          expect(catalog.find(canonical)?.symbol).toBe(symbol);
        }
      }),
      { seed: 20261121, numRuns: 15, endOnFailure: true },
    );
    expect([...seen].toSorted()).toEqual(kinds.toSorted());
  });
});
