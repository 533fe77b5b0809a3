import { DERIVED, instrumentOf, plainText } from "../model/index.ts";
import type { Instrument, InstrumentEvent, Quality, SpotMidEvent, SpotSource } from "../model/index.ts";
import type { Emit, Heard, Pipeline, TimeEvent, TopEvent } from "./pipeline.ts";

export interface SpotMidOptions {
  /** ms */
  readonly every: number;
  /** A price older than that does not count, ms. */
  readonly fresh: number;
  /** Venues further apart than that are suspect, hundredths of a percent. */
  readonly divergenceBps: number;
  /** Products wanted, by canonical name; null: every spot pair that is heard. */
  readonly products: ReadonlySet<string> | null;
  /** Pairs that count as another product (BTC-USDT as BTC-USD): where a venue has both, that product's own goes first, then in this order. */
  readonly aliases: ReadonlyMap<string, string>;
}

/** One venue's pair of a product. */
interface Pair {
  readonly product: string;
  readonly venue: string;
  readonly symbol: string;
  /** Place of the pair among those of its product. */
  readonly rank: number;
  readonly tick: number;
  top: TopEvent | null;
}

const GONE: ReadonlySet<string> = new Set(["expired", "delisted"]);

/**
 * The consolidated mid of each product, once a tick: the median of the mids of all venues whose best bid and offer is live, not crossed
 * and young enough. Venues stand in the order of their ids, one price each.
 */
export function spotMid(options: SpotMidOptions): Pipeline {
  return new SpotMid(options);
}

class SpotMid implements Pipeline {
  readonly name = "spot_mid";
  readonly reads = ["instrument", "top", "time"] as const;
  readonly writes = ["spot_mid"] as const;
  readonly every: number;
  readonly #options: SpotMidOptions;
  readonly #products = new Map<string, Map<string, Pair>>();
  readonly #pairs = new Map<string, Pair>();
  /** Of all products, in order; null: to be put into order. */
  #names: readonly string[] | null = null;

  constructor(options: SpotMidOptions) {
    this.#options = options;
    this.every = options.every;
  }

  on(event: Heard, emit: Emit): void {
    if (event.type === "instrument") this.#listed(event);
    else if (event.type === "time") this.#tick(event, emit);
    else if (event.type === "top") {
      const pair = this.#pairs.get(keyOf(event));
      if (pair !== undefined) pair.top = event;
    }
  }

  wantsTop(venue: string, symbol: string): boolean {
    return this.#pairs.has(keyOf({ venue, symbol }));
  }

  #listed(event: InstrumentEvent): void {
    const { venue, symbol, instrument: canonical } = event;
    if (event.kind !== "spot" || canonical === null) return;
    const key = keyOf(event);
    const before = this.#pairs.get(key);
    this.#forget(key);
    if (GONE.has(event.status)) return;
    const { products, aliases } = this.#options;
    const product = aliases.get(canonical) ?? canonical;
    if (products !== null && !products.has(product)) return;
    const rank = product === canonical ? 0 : 1 + [...aliases.keys()].indexOf(canonical);
    const pair: Pair = { product, venue, symbol, rank, tick: event.tick ?? NaN, top: before?.top ?? null };
    const pairs = this.#products.get(product) ?? new Map<string, Pair>();
    this.#products.set(product, pairs.set(key, pair));
    this.#pairs.set(key, pair);
  }

  #forget(key: string): void {
    this.#names = null;
    const product = this.#pairs.get(key)?.product;
    if (product === undefined) return;
    this.#pairs.delete(key);
    const pairs = this.#products.get(product)!;
    pairs.delete(key);
    if (pairs.size === 0) this.#products.delete(product);
  }

  #tick(time: TimeEvent, emit: Emit): void {
    this.#names ??= [...this.#products.keys()].toSorted();
    for (const name of this.#names) {
      const pairs = [...this.#products.get(name)!.values()];
      if (pairs.every(({ top }) => top === null)) continue;
      const about = aboutOf(name, pairs);
      emit(this.#event(pairs, about, time), about);
    }
  }

  #event(pairs: readonly Pair[], about: Instrument, { at, now }: TimeEvent): SpotMidEvent {
    const { fresh: freshMs, divergenceBps } = this.#options;
    const places = decimalsOf(about.tick);
    const sources = byVenue(pairs, (pair) => sourceOf(pair, now, freshMs * 1000, places));
    const fresh = sources.filter(({ state }) => state === "fresh");
    const mids = fresh.map(({ mid }) => mid!).toSorted((a, b) => a - b);
    const ages = fresh.map(({ age_us: age }) => age!);
    const divergence = divergenceOf(mids);
    return {
      type: "spot_mid",
      venue: DERIVED,
      symbol: about.symbol,
      instrument: about.canonical,
      mid: medianOf(mids, places),
      quality: qualityOf(divergence, divergenceBps),
      divergence_bps: divergence,
      fresh: fresh.length,
      min_age_us: ages.length === 0 ? null : Math.min(...ages),
      max_age_us: ages.length === 0 ? null : Math.max(...ages),
      sources,
      ts_event: at,
      ts_recv: now,
    };
  }
}

function keyOf({ venue, symbol }: { readonly venue: string; readonly symbol: string }): string {
  return `${venue} ${symbol}`;
}

/** Rounded to the finest step that any of its venues has. */
function aboutOf(name: string, pairs: readonly Pair[]): Instrument {
  const ticks = pairs.map(({ tick }) => tick).filter((tick) => tick > 0);
  const places = Math.max(...ticks.map((tick) => decimalsOf(tick)!));
  const tick = ticks.length === 0 ? NaN : Math.min(...ticks.filter((one) => decimalsOf(one) === places));
  return instrumentOf({ symbol: name, canonical: name, kind: "index", status: "trading", tick });
}

/** Digits behind the point of a step; null where it is not known. */
function decimalsOf(tick: number): number | null {
  return tick > 0 ? (plainText(tick).split(".")[1] ?? "").length : null;
}

/** One price a venue: its preferred pair that is fresh, else its preferred one. */
function byVenue(pairs: readonly Pair[], source: (pair: Pair) => SpotSource): SpotSource[] {
  const ordered = pairs.toSorted(
    (a, b) => compare(a.venue, b.venue) || a.rank - b.rank || compare(a.symbol, b.symbol),
  );
  const venues = new Map<string, SpotSource>();
  for (const pair of ordered) {
    const one = source(pair);
    const known = venues.get(pair.venue);
    if (known === undefined || (known.state !== "fresh" && one.state === "fresh"))
      venues.set(pair.venue, one);
  }
  return [...venues.values()];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sourceOf({ venue, top }: Pair, now: number, freshUs: number, places: number | null): SpotSource {
  if (top === null)
    return {
      venue,
      bid_price: null,
      ask_price: null,
      mid: null,
      age_us: null,
      state: "empty",
      validity: "none",
    };
  const { bid_price: bid, ask_price: ask, validity } = top;
  const age = Math.max(0, now - top.ts_recv);
  const sided = bid !== null && ask !== null && bid > 0 && ask > 0;
  const crossed = validity === "crossed" || (sided && bid > ask);
  const mid = sided && !crossed ? round((bid + ask) / 2, places, 1) : null;
  const young = age < freshUs ? "fresh" : "stale";
  const state = crossed ? "crossed" : validity !== "live" ? "invalid" : sided ? young : "empty";
  return { venue, bid_price: bid, ask_price: ask, mid, age_us: age, state, validity };
}

/** The middle one; of two their mean. */
function medianOf(sorted: readonly number[], places: number | null): number | null {
  if (sorted.length === 0) return null;
  const half = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[half]!;
  return round((sorted[half - 1]! + sorted[half]!) / 2, places, 2);
}

function divergenceOf(sorted: readonly number[]): number | null {
  if (sorted.length < 2) return null;
  const [low, high] = [sorted[0]!, sorted.at(-1)!];
  return ((high - low) / low) * 10_000;
}

function qualityOf(divergence: number | null, most: number): Quality {
  if (divergence === null) return "degraded";
  return divergence > most ? "suspect" : "ok";
}

/**
 * Halves of steps have one digit more than the step, halves of those two: what lies beyond is the rounding of doubles.
 * Without a known step fifteen significant digits, the exactness of a double's decimal text.
 */
function round(value: number, places: number | null, more: number): number {
  return Number(places === null ? value.toPrecision(15) : value.toFixed(Math.min(100, places + more)));
}
