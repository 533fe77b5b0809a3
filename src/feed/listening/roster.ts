import { Catalog } from "./catalog.ts";
import type { FeedOptions } from "../feed-options.ts";
import { isPattern, matches } from "./glob.ts";
import { chainTable, ended, pickChain, priceSource } from "./selection.ts";
import type { Chain, ChainTable, Held } from "./selection.ts";
import type { Channel, Instrument } from "../../model/index.ts";

const MAX_INSTRUMENTS = 2000;
const GRACE_MS = 30_000;

/** A name, or a pattern of names, native or canonical, and what to hear of it. */
export interface Ask {
  readonly name: string;
  readonly channels: readonly Channel[];
}

/** An instrument that is to be listened to. */
export interface Wanted {
  readonly instrument: Instrument;
  readonly channels: readonly Channel[];
}

export interface RosterOptions {
  readonly asks: readonly Ask[];
  readonly chains: readonly Chain[];
  /** What chains hear of their instruments. */
  readonly channels: readonly Channel[];
  /** Instruments at most. */
  readonly limit: number;
  /** How long an expired instrument is wanted, us. */
  readonly graceUs: number;
}

/** What is wanted right now. */
export interface Choice {
  /** By native symbol: names first, then what chains need, then what patterns find. */
  readonly wanted: ReadonlyMap<string, Wanted>;
  /** Names that the venue does not list. */
  readonly unknown: readonly string[];
  /** Instruments beyond the limit. */
  readonly left: readonly string[];
}

/** What a chain's price source is heard for, and how long it is waited for before the chain starts without it, ms. */
const SOURCE_CHANNELS: readonly Channel[] = ["ticker"];
const PATIENCE_MS = 30_000;
/** Channels of instruments that are not traded; all others are of those that are. */
const OF_INDEXES: ReadonlySet<Channel> = new Set(["index", "instrument", "status"]);

interface ChainState {
  readonly chain: Chain;
  /** Null until the list of instruments was looked through. */
  table: ChainTable | null;
  source: Instrument | null;
  held: Held;
  /** Mark of the first choice. */
  since: number;
}

/** Which instruments of a venue one feed wants: names, patterns and chains over the catalog, less what was removed. */
export class Roster {
  readonly catalog = new Catalog();
  readonly #options: RosterOptions;
  readonly #chains: ChainState[];
  #asks: Ask[];
  /** Native symbols that fit each pattern, until the names listed change. */
  readonly #matched = new Map<string, readonly string[]>();
  /** Native symbols that an operator removed although something still asks for them. */
  readonly #removed = new Set<string>();
  /** When the next grace ends, UNIX us. */
  #graceEnds = Infinity;
  /** Instruments that ended while they were listened to, by native symbol, as they ended. */
  readonly #ended = new Map<string, Instrument>();

  constructor(options: RosterOptions) {
    this.#options = options;
    this.#asks = [...options.asks];
    this.#chains = options.chains.map((chain) => ({
      chain,
      table: null,
      source: null,
      held: new Map(),
      since: NaN,
    }));
  }

  get limit(): number {
    return this.#options.limit;
  }

  /** Whether the choice may change with prices and time. */
  get moves(): boolean {
    return this.#chains.length > 0;
  }

  /** An instrument's time has come; it is wanted for the grace that remains. */
  expiring({ expiry }: Instrument): void {
    this.#graceEnds = Math.min(this.#graceEnds, expiry + this.#options.graceUs);
  }

  /** Whether some instrument's grace has ended by `now` (UNIX us) that was not asked about before. */
  expires(now: number): boolean {
    if (this.#graceEnds > now) return false;
    this.#graceEnds = Infinity;
    return true;
  }

  /** Adds or replaces instruments; returns those that are new or differ. */
  update(instruments: readonly Instrument[]): Instrument[] {
    if (instruments.some((one) => movesChoice(this.catalog.get(one.symbol), one))) this.#forget();
    return this.#took(this.catalog.update(instruments));
  }

  /** Takes the venue's whole list. */
  replace(instruments: readonly Instrument[]): { changed: Instrument[]; vanished: Instrument[] } {
    const { changed, vanished } = this.catalog.replace(instruments);
    if (changed.length + vanished.length > 0) this.#forget();
    this.#took(changed);
    return { changed, vanished };
  }

  /** What was found by going through the whole list. */
  #forget(): void {
    this.#matched.clear();
    for (const state of this.#chains) state.table = null;
  }

  #took(changed: Instrument[]): Instrument[] {
    for (const one of changed) if (!ended(one)) this.#ended.delete(one.symbol);
    return changed;
  }

  /** The instrument is over, whatever still asks for it. */
  end(instrument: Instrument): void {
    this.#ended.set(instrument.symbol, instrument);
  }

  /** Whether it ended, or was removed: nothing is waited for then. */
  over(symbol: string): "ended" | "removed" | null {
    if (this.#ended.has(symbol)) return "ended";
    return this.#removed.has(symbol) ? "removed" : null;
  }

  /** Names and patterns that are asked for, and patterns alone. */
  get asked(): { readonly all: number; readonly patterns: number } {
    return { all: this.#asks.length, patterns: this.#asks.filter((one) => isPattern(one.name)).length };
  }

  /** Native symbols that fit a pattern. */
  matching(pattern: string): readonly string[] {
    let found = this.#matched.get(pattern);
    if (found === undefined) {
      found = [...this.catalog.all()].filter((one) => asksFor(pattern, one)).map((one) => one.symbol);
      if (this.asksExactly(pattern)) this.#matched.set(pattern, found);
    }
    return found;
  }

  asksExactly(name: string): boolean {
    return this.#asks.some((one) => one.name === name);
  }

  add(ask: Ask): void {
    this.#asks.push(ask);
    for (const symbol of this.#removed) {
      const one = this.catalog.get(symbol);
      if (one === undefined || asksFor(ask.name, one)) this.#removed.delete(symbol);
    }
  }

  /** Takes back the last `add`. */
  withdraw(ask: Ask): void {
    this.#asks = this.#asks.filter((one) => one !== ask);
  }

  /** Nothing asks for this name any more, and what other names, patterns or chains still want of it is left out. */
  remove(name: string): void {
    this.#asks = this.#asks.filter((one) => one.name !== name && !sameThing(this.catalog, one.name, name));
    for (const one of this.catalog.all()) if (asksFor(name, one)) this.#removed.add(one.symbol);
  }

  /** `now` in UNIX us, `mark` monotonic ms; `priceOf` gives what an asset is worth, NaN when nobody knows. */
  choose(now: number, mark: number, priceOf: (base: string) => number): Choice {
    const all = new Map<string, Wanted>();
    const unknown: string[] = [];
    const take = (instrument: Instrument, channels: readonly Channel[]): void =>
      this.#take(all, instrument, channels, now);
    for (const { name, channels } of this.#asks) {
      if (isPattern(name)) continue;
      const found = this.catalog.find(name);
      if (found !== undefined) take(found, channels);
      else if (!this.#gone(name)) unknown.push(name);
    }
    for (const state of this.#chains) this.#chain(state, now, mark, priceOf, take);
    for (const { name, channels } of this.#asks) {
      if (!isPattern(name)) continue;
      for (const symbol of this.matching(name)) {
        const one = this.catalog.get(symbol)!;
        if (!ended(one)) take(one, channels);
      }
    }
    const symbols = [...all.keys()];
    const left = symbols.slice(this.#options.limit);
    for (const symbol of left) all.delete(symbol);
    return { wanted: all, unknown, left };
  }

  #gone(name: string): boolean {
    return [...this.#ended.values()].some((one) => one.symbol === name || one.canonical === name);
  }

  #take(all: Map<string, Wanted>, instrument: Instrument, channels: readonly Channel[], now: number): void {
    const { symbol, kind, expiry } = instrument;
    if (this.over(symbol) !== null || expiry + this.#options.graceUs <= now) return;
    const before = all.get(symbol)?.channels ?? [];
    const fit = channels.filter((one) => (kind === "index" ? OF_INDEXES.has(one) : one !== "index"));
    if (fit.length > 0) all.set(symbol, { instrument, channels: [...new Set([...before, ...fit])] });
  }

  #chain(
    state: ChainState,
    now: number,
    mark: number,
    priceOf: (base: string) => number,
    take: (instrument: Instrument, channels: readonly Channel[]) => void,
  ): void {
    const { chain } = state;
    if (state.table === null) {
      state.table = chainTable(chain, this.catalog.all());
      state.source = chain.kinds.includes("option") ? priceSource(chain, this.catalog.all()) : null;
    }
    if (Number.isNaN(state.since)) state.since = mark;
    const blind = state.source === null || mark - state.since > PATIENCE_MS;
    if (state.source !== null) take(state.source, SOURCE_CHANNELS);
    const picked = pickChain(chain, state.table, priceOf(chain.base), now, state.held, blind);
    state.held = picked.held;
    for (const symbol of picked.symbols) take(this.catalog.get(symbol)!, this.#options.channels);
  }
}

/** Whether patterns and chains may find something else now; a mere halt changes nothing for them. */
function movesChoice(before: Instrument | undefined, now: Instrument): boolean {
  if (before === undefined || before.canonical !== now.canonical) return true;
  return ended(before) !== ended(now) || !Object.is(before.expiry, now.expiry);
}

/** Whether a name or pattern means this instrument. */
export function asksFor(name: string, { symbol, canonical }: Instrument): boolean {
  if (!isPattern(name)) return name === symbol || name === canonical;
  return matches(name, symbol) || matches(name, canonical);
}

/** Whether two names without patterns mean the same instrument. */
function sameThing(catalog: Catalog, a: string, b: string): boolean {
  const one = isPattern(a) || isPattern(b) ? undefined : catalog.find(a);
  return one !== undefined && one === catalog.find(b);
}

/** What a feed is configured to want. */
export function rosterOf(options: FeedOptions): Roster {
  const { symbols, chains = [], channels } = options;
  return new Roster({
    asks: symbols.map((name) => ({ name, channels })),
    chains,
    channels,
    limit: options.maxInstruments ?? MAX_INSTRUMENTS,
    graceUs: (options.graceMs ?? GRACE_MS) * 1000,
  });
}
