import type { Market } from "../../src/feed/market/market.ts";
import { EventReader, RingReader } from "../../src/log/index.ts";
import type { MarketEvent } from "../../src/model/index.ts";
import type { Rig } from "./rig.ts";

/** Books whose changes are numbered. */
export function numbered({ venue }: Market): boolean {
  return ["contiguous", "prevLink", "overlap"].includes(venue.book);
}

/** What the log said of one market. */
class Told {
  /** Changes of its book, and those that do not join the one before, by number. */
  changes = 0;
  readonly breaks: string[] = [];
  last = -1;
  /** Trades by id. */
  readonly trades = new Map<string, number>();
  /** States of its book, in order. */
  readonly states: string[] = [];

  /** Sizes are absolute: a change may reach back over what was told already, and must bring something new. */
  change(seq: number, before: number): void {
    this.changes += 1;
    if (this.last >= 0 && (before > this.last || seq <= this.last))
      this.breaks.push(`${this.last}, then ${before} to ${seq}`);
    this.last = seq;
  }
}

/** Follows the log and compares what it tells with what the venue truly said: every trade once, changes without a hole. */
export class Commits {
  readonly #rig: Rig;
  readonly #reader: RingReader;
  readonly #events: EventReader;
  readonly #markets: ReadonlyMap<string, Market>;
  readonly #told = new Map<Market, Told>();

  constructor(rig: Rig) {
    this.#rig = rig;
    const { region } = rig.handle;
    this.#reader = new RingReader(region.control, region.slots);
    this.#events = new EventReader(region.names());
    const markets = rig.lane.feeds.flatMap((feed) => feed.markets);
    this.#markets = new Map(markets.map((one) => [`${one.venue.id} ${one.symbol}`, one]));
    for (const market of markets) this.#told.set(market, new Told());
  }

  get markets(): Market[] {
    return [...this.#told.keys()];
  }

  of(market: Market): Told {
    return this.#told.get(market)!;
  }

  poll(): void {
    this.#reader.poll((slots, word) => {
      const event = this.#events.accept(slots, word);
      if (event !== null && event !== undefined) this.#take(event);
    }, 1 << 20);
    if (this.#reader.lost > 0) throw new Error(`expected to read every slot, lost ${this.#reader.lost}`);
  }

  #take(event: MarketEvent): void {
    const market = this.#markets.get(`${event.venue} ${event.symbol}`);
    if (market === undefined) return;
    const told = this.of(market);
    const { trades, states } = told;
    if (event.type === "trade" && event.id !== null) count(trades, event.id);
    else if (event.type === "status" && event.scope === "book")
      states.push(`${event.state} ${event.reason ?? ""}`.trim());
    else if (event.type === "book" && event.action === "snapshot") told.last = Number(event.seq ?? -1);
    else if (event.type === "book" && numbered(market))
      told.change(Number(event.seq), Number(event.prev_seq));
  }

  /**
   * What of the venue's trades is missing between the first and the last that were told (the simulator counts them one by
   * one), and what was told twice.
   */
  trades(market: Market): { lost: number[]; twice: string[]; all: number } {
    const { trades } = this.of(market);
    const ids = [...trades.keys()].map(Number);
    const [first, last] = [Math.min(...ids), Math.max(...ids)];
    if (last > this.#rig.simulator.tradeId(market.venue.id, market.symbol))
      throw new Error(`expected ids of trades that were, saw ${last}`);
    const lost: number[] = [];
    for (let id = first; id < last; id++) if (!trades.has(String(id))) lost.push(id);
    return { lost, twice: twice(trades), all: ids.length };
  }
}

function count<K>(map: Map<K, number>, key: K): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}

function twice<K>(map: ReadonlyMap<K, number>): K[] {
  return [...map].flatMap(([key, times]) => (times > 1 ? [key] : []));
}
