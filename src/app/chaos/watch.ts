import type { Market } from "../../feed/market/market.ts";
import type { Venue } from "../../model/index.ts";
import type { Rig } from "./rig.ts";
import { TruthReader } from "./reader.ts";
import type { TruthKey } from "./reader.ts";

/** A stretch of simulated ms in which a market was not live, or was live and behind. */
export interface Outage {
  readonly venue: Venue;
  readonly symbol: string;
  readonly what: "not live" | "live but behind the venue";
  readonly from: number;
  to: number;
  /** Simulated ms within it for which this process got no turn: at its beginning, what came before. */
  starved: number;
}

/** A live book may be this much behind the venue, simulated ms: what the machine needs, not what a fault may cost. */
const BEHIND_MS = 25_000;

/** Real ms between two looks. */
export const LOOK_MS = 20;

/** Watches every market from the log alone. */
export class Watch {
  readonly outages: Outage[] = [];
  readonly reader: TruthReader;
  readonly markets: readonly Market[];
  readonly #rig: Rig;
  readonly #origin: number;
  readonly #speed: number;
  readonly #keys: ReadonlyMap<number, TruthKey>;
  readonly #open = new Map<number, Outage>();
  readonly #behind = new Map<number, Outage>();
  /** When it was looked last, real ms, and how much later than intended all looks came together, simulated ms. */
  #looked = performance.now();
  #starved = 0;
  readonly #turns: { readonly at: number; readonly starved: number }[] = [];

  /** `origin`: simulated UNIX us at the start; `speed`: of the market. */
  constructor(rig: Rig, origin: number, speed: number) {
    this.#rig = rig;
    this.#speed = speed;
    this.#origin = origin;
    this.markets = rig.lane.feeds.flatMap((feed) => feed.markets);
    this.#keys = new Map(
      this.markets.map((one) => [one.id, { venue: one.venue, symbol: one.symbol, depth: one.keepDepth }]),
    );
    this.reader = new TruthReader(rig.handle.region, rig.simulator.truth, (id) => this.#keys.get(id) ?? null);
    this.reader.reader.seekOldest();
  }

  /** Simulated ms since the start. */
  get now(): number {
    return (this.#rig.simulator.now() - this.#origin) / 1000;
  }

  look(): void {
    this.#attend();
    this.reader.poll();
    const { now } = this;
    for (const market of this.markets) {
      const live = this.reader.live(market.id);
      this.#note(this.#open, market, "not live", !live, now);
      this.#note(this.#behind, market, "live but behind the venue", live && this.#late(market), now);
    }
  }

  /** Market and client live in one process: where it gets no turn on a crowded machine, nobody heals anything. */
  #attend(): void {
    const now = performance.now();
    const late = now - this.#looked - LOOK_MS;
    if (late > LOOK_MS) this.#starved += late * this.#speed;
    this.#looked = now;
    this.#turns.push({ at: this.now, starved: this.#starved });
    while (this.#turns[0]!.at < this.now - 2 * BEHIND_MS) this.#turns.shift();
  }

  #note(open: Map<number, Outage>, market: Market, what: Outage["what"], bad: boolean, now: number): void {
    const begun = open.get(market.id);
    if (begun !== undefined && !bad) {
      begun.to = now;
      begun.starved = this.#starved - begun.starved;
    }
    if (!bad) open.delete(market.id);
    if (!bad || begun !== undefined) return;
    const outage = {
      venue: market.venue,
      symbol: market.symbol,
      what,
      from: now,
      to: Infinity,
      starved: this.#starved,
    };
    open.set(market.id, outage);
    this.outages.push(outage);
  }

  /** The venue has shown a state that is younger than what this book stands at, and long ago, in time in which we had a turn. */
  #late(market: Market): boolean {
    const { venue, symbol, depth } = this.#keys.get(market.id)!;
    const next = this.#rig.simulator.truth
      .book(venue.id, symbol, depth)
      .after(this.reader.lastKey(market.id));
    return next !== null && this.#rig.simulator.now() - next.ts > (BEHIND_MS + this.#lately()) * 1000;
  }

  /** What this process got no turn in, of the last stretch of simulated ms that a book may be behind. */
  #lately(): number {
    return this.#starved - (this.#turns[0]?.starved ?? 0);
  }

  get allLive(): boolean {
    return this.#open.size === 0 && this.outages.length > 0;
  }

  /** Markets that are not live now. */
  get notLive(): number {
    return this.#open.size;
  }

  /** Every market is live, and none behind. */
  get calm(): boolean {
    return this.#open.size === 0 && this.#behind.size === 0;
  }

  /** Simulated ms for which this process got no turn. */
  get starved(): number {
    return this.#starved;
  }
}
