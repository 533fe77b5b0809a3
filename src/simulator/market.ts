import { Flow } from "./flow.ts";
import { ticksOf } from "./grid.ts";
import { type Fill, Listing, type ListingSpec } from "./listing.ts";
import { PricePath } from "./price-path.ts";
import type { Random } from "./random.ts";

/** Where a market tells what happened, in time order. */
export interface MarketSink {
  /** One match. The book already shows the state after the whole order; `changed` follows. */
  fill(listing: Listing, fill: Fill): void;
  /** The book changed: version, updateId and time are those of the change. */
  changed(listing: Listing): void;
}

/** Prices that all venues share: one walk per base asset. */
export class World {
  readonly random: Random;
  readonly origin: number;
  readonly #paths = new Map<string, PricePath>();

  constructor(random: Random, origin: number) {
    this.random = random;
    this.origin = origin;
  }

  path(base: string): PricePath {
    let path = this.#paths.get(base);
    if (path === undefined) {
      path = new PricePath(this.random.fork(`asset/${base}`), this.origin, 1, 0);
      this.#paths.set(base, path);
    }
    return path;
  }
}

interface Trader {
  readonly listing: Listing;
  readonly flow: Flow;
  readonly clock: Random;
  readonly common: PricePath;
  /** This venue's own deviation from the common price (for perpetuals: the premium). */
  readonly own: PricePath;
}

export interface MarketOptions {
  readonly world: World;
  /** Names the random streams; two markets of one world need different names. */
  readonly name: string;
  readonly specs: readonly ListingSpec[];
  /** Book changes per second and instrument in a quiet market. */
  readonly rate: number;
  /** True when change ids come from one counter for the whole venue, so an instrument's ids jump. */
  readonly commonIds: boolean;
}

/** The listings of one venue. `advance` is the only thing that moves them. */
export class Market {
  readonly listings: readonly Listing[];
  readonly #world: World;
  readonly #traders: Trader[];
  readonly #next: Float64Array;
  readonly #commonIds: boolean;
  #counter: number;
  rate: number;
  /** Multiplies the rate until `burstUntil` (UNIX us). */
  burst = 1;
  burstUntil = 0;
  readonly #quietUntil: Float64Array;

  constructor(options: MarketOptions) {
    const { world, specs } = options;
    this.#world = world;
    this.rate = options.rate;
    this.#commonIds = options.commonIds;
    this.#traders = specs.map((spec) => makeTrader(world, options.name, spec));
    this.listings = this.#traders.map((trader) => trader.listing);
    this.#quietUntil = new Float64Array(specs.length);
    this.#counter = Math.max(0, ...this.listings.map((listing) => listing.updateId));
    this.#next = Float64Array.from(
      this.#traders,
      (trader) => world.origin + this.#pause(trader, world.origin),
    );
  }

  /** The common (index) price of a listing's asset, quote currency. */
  index(listing: Listing, at: number): number {
    return listing.spec.price * Math.exp(this.#world.path(listing.instrument.base).at(at));
  }

  /** The price this venue believes in. */
  fair(listing: Listing, at: number): number {
    const trader = this.#traders[this.listings.indexOf(listing)]!;
    return fairOf(trader, at);
  }

  /** Ids begin anew, each at a tenth of what it was: below all there were, whatever the first one was. */
  renumber(): void {
    const lower = (id: number): number => Math.floor(id / 10);
    this.#counter = lower(this.#counter);
    for (const listing of this.listings) {
      listing.updateId = this.#commonIds ? this.#counter : lower(listing.updateId);
      listing.tradeId = lower(listing.tradeId);
      listing.aggregateId = lower(listing.aggregateId);
    }
  }

  /** No change of this listing before `until` (UNIX us); a time that has come ends it. */
  quiet(listing: Listing, until: number): void {
    this.#quietUntil[this.listings.indexOf(listing)] = until;
  }

  /** Lets everything happen that is due up to and including `to` (UNIX us), in time order. */
  advance(to: number, sink: MarketSink): void {
    for (;;) {
      const first = this.#earliest();
      if (first < 0 || this.#next[first]! > to) return;
      const at = this.#next[first]!;
      const trader = this.#traders[first]!;
      if (trader.listing.listed && at >= this.#quietUntil[first]!) this.#step(trader, at, sink);
      this.#next[first] = at + this.#pause(trader, at);
    }
  }

  #earliest(): number {
    let first = -1;
    for (let i = 0; i < this.#next.length; i++)
      if (first < 0 || this.#next[i]! < this.#next[first]!) first = i;
    return first;
  }

  #pause(trader: Trader, at: number): number {
    const burst = at < this.burstUntil ? this.burst : 1;
    return trader.clock.exponential(1e6 / (this.rate * burst * (trader.common.busy(at) ? 4 : 0.9)));
  }

  #step(trader: Trader, at: number, sink: MarketSink): void {
    const { listing, flow } = trader;
    flow.step(ticksOf(listing.spec.grid, fairOf(trader, at)));
    listing.stamp(at);
    listing.version += 1;
    listing.updateId = this.#nextId(trader);
    for (const fill of flow.fills) {
      for (const lots of fill.makers) listing.day.trade(listing.time, fill.ticks, lots);
      sink.fill(listing, fill);
    }
    sink.changed(listing);
  }

  #nextId(trader: Trader): number {
    if (!this.#commonIds) return trader.listing.updateId + 1;
    // At least 2: an id that a snapshot may carry then never lies just before the first id of the next batch.
    this.#counter += 2 + trader.clock.below(4);
    return this.#counter;
  }
}

function fairOf(trader: Trader, at: number): number {
  return trader.listing.spec.price * Math.exp(trader.common.at(at) + trader.own.at(at));
}

function makeTrader(world: World, name: string, spec: ListingSpec): Trader {
  const random = world.random.fork(`${name}/${spec.instrument.canonical}`);
  const listing = new Listing(spec, world.origin, random.fork("open"));
  return {
    listing,
    flow: new Flow(listing, random.fork("flow")),
    clock: random.fork("clock"),
    common: world.path(spec.instrument.base),
    own: new PricePath(random.fork("own"), world.origin, 0.4, 0.002),
  };
}
