import { instrumentOf } from "../../model/index.ts";
import type { Instrument, Venue } from "../../model/index.ts";

/**
 * The instruments of one venue. A name may be native (`BTCUSDT`) or canonical (`BTC-USDT`); native wins, and an
 * instrument that trades wins over one that does not.
 */
export class Catalog {
  readonly #bySymbol = new Map<string, Instrument>();
  readonly #byCanonical = new Map<string, Instrument>();

  get size(): number {
    return this.#bySymbol.size;
  }

  /** Adds or replaces; returns those that were not there before or differ. */
  update(instruments: readonly Instrument[]): Instrument[] {
    const changed = instruments.filter((one) => !same(this.#bySymbol.get(one.symbol), one));
    for (const one of changed) {
      this.#bySymbol.set(one.symbol, one);
      const other = this.#byCanonical.get(one.canonical);
      if (other === undefined || other.symbol === one.symbol || one.status === "trading") {
        this.#byCanonical.set(one.canonical, one);
      }
    }
    return changed;
  }

  get(symbol: string): Instrument | undefined {
    return this.#bySymbol.get(symbol);
  }

  /** How many of those known are not in a list. */
  missing(instruments: readonly Instrument[]): number {
    const listed = new Set(instruments.map((one) => one.symbol));
    return [...this.all()].filter((one) => !listed.has(one.symbol)).length;
  }

  all(): IterableIterator<Instrument> {
    return this.#bySymbol.values();
  }

  /** By native name, or else by canonical name. */
  find(name: string): Instrument | undefined {
    return this.#bySymbol.get(name) ?? this.#byCanonical.get(name);
  }

  /** Takes the venue's whole list: beside those new or changed, returns what is not in it any more, and forgets it. */
  replace(instruments: readonly Instrument[]): { changed: Instrument[]; vanished: Instrument[] } {
    const listed = new Set(instruments.map((one) => one.symbol));
    const vanished = [...this.all()].filter((one) => !listed.has(one.symbol));
    for (const one of vanished) this.#forget(one);
    return { changed: this.update(instruments), vanished };
  }

  /** Its canonical name goes to another instrument that bears it, if there is one. */
  #forget({ symbol, canonical }: Instrument): void {
    this.#bySymbol.delete(symbol);
    if (this.#byCanonical.get(canonical)?.symbol !== symbol) return;
    this.#byCanonical.delete(canonical);
    for (const other of this.all())
      if (other.canonical === canonical) this.#byCanonical.set(canonical, other);
  }
}

function same(a: Instrument | undefined, b: Instrument): boolean {
  return (
    a !== undefined && (Object.keys(b) as (keyof Instrument)[]).every((key) => Object.is(a[key], b[key]))
  );
}

/** Metadata by rule alone, where the venue's cannot be had: enough to subscribe, without tick, lot and precisions. */
export function ruleInstrument(venue: Venue, name: string): Instrument {
  const canonical = venue.canonical(name);
  return canonical === null
    ? instrumentOf({ symbol: venue.native(name), canonical: name })
    : instrumentOf({ symbol: name, canonical });
}
