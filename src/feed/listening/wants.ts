import type { Connection, Connections } from "../session/connections.ts";
import type { LaneCore, ReportLevel } from "../lane-core.ts";
import type { Market } from "../market/market.ts";
import type { Markets } from "../market/markets.ts";
import type { Meters } from "../meters.ts";
import type { Choice, Roster, Wanted } from "./roster.ts";
import { ended } from "./selection.ts";
import type { Standing } from "../session/session.ts";
import { REASON, VALIDITY, toMicros } from "../../model/index.ts";
import type { Channel, Instrument, Reason, Subscription, Validity, Venue } from "../../model/index.ts";

export interface WantsOptions {
  readonly venue: Venue;
  readonly core: LaneCore;
  /** What is heard of an instrument when nothing else is said. */
  readonly channels: readonly Channel[];
  readonly meters: Meters;
  readonly roster: Roster;
  readonly markets: Markets;
  readonly connections: Connections;
  readonly lingerMs: number;
  priceOf(base: string): number;
  subscriptionsOf(symbol: string, channels: readonly Channel[]): Subscription[];
  /** A connection is about to be asked for these. */
  attach(connection: Connection, subscriptions: readonly Subscription[]): void;
  closed(connection: Connection): void;
  report(level: ReportLevel, message: string, facts: Record<string, unknown>): void;
}

const NOT_YET: Standing = { state: "waiting", reason: "" };

/** Channels that a market is built on: with another one of these it is another market. */
const FOUNDATIONS: ReadonlySet<Channel> = new Set(["book", "partial_book", "quote"]);

/**
 * Makes what a feed listens to what is wanted, again and again: markets begin and are subscribed, end and are
 * unsubscribed, while everything else goes on. What replaces something begins before that ends.
 */
export class Wants {
  readonly options: WantsOptions;
  /** Grows whenever what is listened to changes. */
  revision = 0;
  #choice: Choice = { wanted: new Map(), unknown: [], left: [] };
  /** Channels of each market, by native symbol. */
  readonly #channels = new Map<string, readonly Channel[]>();
  /** Until when (mark, ms) what is not wanted any more is listened to. */
  readonly #lingering = new Map<string, number>();
  /** Why an instrument could not be taken, and names already reported. */
  readonly #untaken = new Map<string, string>();
  /** What is to be unsubscribed. */
  readonly #dropped: Subscription[] = [];
  readonly #told = new Set<string>();
  /** Something may be wanted that was not, or not any more. */
  #due = false;
  #connected = false;
  #running = false;
  /** The last list lacked so much that it was not believed. */
  #shrunk = false;

  constructor(options: WantsOptions) {
    this.options = options;
  }

  /** From now on connections are opened for what is wanted; until then frames come from elsewhere. */
  connect(): void {
    this.#connected = true;
  }

  get choice(): Choice {
    return this.#choice;
  }

  /** What would be wanted now; nothing is done about it. */
  preview(): Choice {
    const { roster, core, priceOf } = this.options;
    return roster.choose(this.#now(), core.time.mark, priceOf);
  }

  channelsOf(symbol: string): readonly Channel[] {
    return this.#channels.get(symbol) ?? [];
  }

  /** What has become of a subscription: before its connection is there, it waits. */
  standing(subscription: Subscription): Standing {
    return this.options.connections.of(subscription)?.session.standing(subscription) ?? NOT_YET;
  }

  untaken(symbol: string): string | undefined {
    return this.#untaken.get(symbol);
  }

  subscriptions({ symbol }: Market): Subscription[] {
    return this.options.subscriptionsOf(symbol, this.channelsOf(symbol));
  }

  /** Listens to what is wanted now, and to nothing else; `byOrder`: somebody asked for just that. */
  settle(byOrder = false): void {
    const { core, markets, connections, attach } = this.options;
    this.#due = false;
    this.#choice = this.preview();
    const { wanted } = this.#choice;
    this.#tellFaults();
    const fresh = [...wanted.values()].flatMap((one) => this.#want(one));
    core.writer.ring.commit();
    if (this.#connected && fresh.length > 0) connections.place(fresh, attach);
    const others = markets.all.filter(({ symbol }) => !wanted.has(symbol));
    for (const market of others) this.#unwant(market, byOrder);
    this.#unsubscribe();
    this.#running = true;
  }

  /** Metadata that is new or differs, fetched: what is wanted is settled at once. */
  changed(instruments: readonly Instrument[]): void {
    this.heard(instruments);
    this.settle();
  }

  /**
   * Metadata that is new or differs, told in the stream: what is listened to says so at once. What is wanted instead is
   * settled with the next tick, since a venue tells of hundreds of instruments at an expiry, one by one.
   */
  heard(instruments: readonly Instrument[]): void {
    const { markets, core } = this.options;
    this.#due = true;
    for (const instrument of instruments) {
      const market = markets.get(instrument.symbol);
      this.#untaken.delete(instrument.symbol);
      if (market === undefined) continue;
      if (ended(instrument)) this.#finish(market, instrument);
      else this.#change(market, instrument);
    }
    core.writer.ring.commit();
  }

  /** Some times per second. */
  tick(): void {
    if (this.#due) this.settle();
  }

  #change(market: Market, instrument: Instrument): void {
    const opens = instrument.status === "trading" && market.instrument.status !== "trading";
    this.options.markets.change(market, instrument);
    if (opens) this.#askAgain(market);
  }

  /** What was refused may be had now that it trades. */
  #askAgain(market: Market): void {
    market.refused = false;
    for (const one of this.subscriptions(market)) {
      const session = this.options.connections.of(one)?.session;
      if (session?.standing(one).state === "refused") session.add([one]);
    }
  }

  /**
   * The venue's whole list: what is not in it is delisted. A list without half of what there was is not believed until
   * the next one says the same, and an empty one never.
   */
  listed(instruments: readonly Instrument[]): void {
    const { roster, markets, report } = this.options;
    const missing = roster.catalog.missing(instruments);
    const doubtful = instruments.length === 0 || (missing * 2 > roster.catalog.size && !this.#shrunk);
    this.#shrunk = doubtful && instruments.length > 0;
    if (doubtful) {
      report("warn", "the venue's list lacks most of what it had: nothing is taken for delisted yet", {
        listed: instruments.length,
        missing,
      });
      return this.changed(roster.update(instruments));
    }
    const { changed, vanished } = roster.replace(instruments);
    for (const instrument of vanished) {
      const market = markets.get(instrument.symbol);
      const status = instrument.expiry <= this.#now() ? "expired" : "delisted";
      if (market !== undefined) this.#finish(market, { ...instrument, status });
    }
    this.changed(changed);
  }

  /** What time and prices change: expiries, chains, and what has lingered long enough. */
  watch(): void {
    const { markets, core, roster } = this.options;
    const now = this.#now();
    const due = markets.all.filter(({ instrument }) => instrument.expiry <= now && !ended(instrument));
    for (const market of due) this.#expire(market);
    core.writer.ring.commit();
    if (roster.moves || this.#lingering.size > 0 || roster.expires(now)) this.settle();
  }

  /** Its time has come: it is not traded any more, and listened to for a while. */
  #expire(market: Market): void {
    this.options.roster.expiring(market.instrument);
    this.options.markets.change(market, { ...market.instrument, status: "expired" });
  }

  /** The instrument is no more. Its prices say so before anything else is done. */
  #finish(market: Market, instrument: Instrument): void {
    const { roster, markets, meters, core, report } = this.options;
    const told = ended(market.instrument);
    roster.end(instrument);
    const subscriptions = this.#retire(market, VALIDITY.HALTED, REASON.VENUE);
    if (!told) markets.close(market, instrument);
    core.writer.ring.commit();
    core.counters.add(instrument.status === "expired" ? meters.expired : meters.delisted, 1);
    report("info", `instrument ${instrument.status}`, { symbol: instrument.symbol });
    this.#dropped.push(...subscriptions);
  }

  #want(wanted: Wanted): Subscription[] {
    const { instrument, channels } = wanted;
    const market = this.options.markets.get(instrument.symbol);
    this.#lingering.delete(instrument.symbol);
    if (market === undefined) return this.#begin(instrument, channels);
    const before = this.#channels.get(instrument.symbol) ?? [];
    const less = before.filter((one) => !channels.includes(one));
    const more = channels.filter((one) => !before.includes(one));
    if (less.length + more.length === 0) return [];
    if ([...less, ...more].some((one) => FOUNDATIONS.has(one))) {
      this.#dropped.push(...this.#retire(market, VALIDITY.STALE, REASON.OPERATOR));
      this.#unsubscribe();
      return this.#begin(instrument, channels);
    }
    this.#channels.set(instrument.symbol, channels);
    this.#dropped.push(...this.options.subscriptionsOf(instrument.symbol, less));
    return this.options.subscriptionsOf(instrument.symbol, more);
  }

  /** One instrument that finds no room (a full table, a name too long) does not cost the others theirs. */
  #begin(instrument: Instrument, channels: readonly Channel[]): Subscription[] {
    const { markets, core, meters, report, subscriptionsOf } = this.options;
    const { symbol } = instrument;
    if (this.#untaken.has(symbol)) return [];
    if (this.#dropped.some((one) => one.symbol === symbol)) this.#unsubscribe();
    const subscriptions = subscriptionsOf(symbol, channels);
    try {
      const market = markets.add(instrument, subscriptions);
      this.#channels.set(symbol, channels);
      this.revision += 1;
      if (!this.#running) return subscriptions;
      core.counters.add(meters.joined, 1);
      markets.tell(market);
      return subscriptions;
    } catch (error) {
      core.counters.add(meters.refused, 1);
      this.#untaken.set(symbol, error instanceof Error ? error.message : String(error));
      report("error", "instrument not taken", { symbol, reason: String(error) });
      return [];
    }
  }

  #unwant(market: Market, byOrder: boolean): void {
    const { roster, core, lingerMs } = this.options;
    const { symbol, instrument } = market;
    if (ended(instrument)) return this.#finish(market, instrument);
    if (byOrder || roster.over(symbol) !== null) return this.#leave(market, REASON.OPERATOR);
    const until = this.#lingering.get(symbol);
    if (until === undefined) this.#lingering.set(symbol, core.time.mark + lingerMs);
    else if (until <= core.time.mark) this.#leave(market, REASON.REQUESTED);
  }

  #leave(market: Market, reason: Reason): void {
    const { core, meters } = this.options;
    const subscriptions = this.#retire(market, VALIDITY.STALE, reason);
    core.writer.ring.commit();
    core.counters.add(meters.left, 1);
    this.#dropped.push(...subscriptions);
  }

  /** Returns what it was subscribed to. */
  #retire(market: Market, validity: Validity, reason: Reason): Subscription[] {
    const subscriptions = this.subscriptions(market);
    this.options.markets.retire(market, validity, reason);
    this.#channels.delete(market.symbol);
    this.#lingering.delete(market.symbol);
    this.revision += 1;
    return subscriptions;
  }

  /** Gives up what has ended, all of it in as few messages as the venue takes. */
  #unsubscribe(): void {
    const subscriptions = this.#dropped.splice(0);
    if (!this.#connected || subscriptions.length === 0) return;
    for (const connection of this.options.connections.drop(subscriptions)) this.options.closed(connection);
  }

  /** Names that are not listed, and what the limit leaves out, each told once. */
  #tellFaults(): void {
    const { core, meters, report, roster } = this.options;
    const { unknown, left } = this.#choice;
    for (const symbol of unknown.filter((one) => this.#tells(`unlisted ${one}`))) {
      core.counters.add(meters.refused, 1);
      const listed = roster.catalog.size;
      report("error", "instrument not listed by the venue; check the name", { symbol, listed });
    }
    const beyond = left.filter((one) => this.#tells(`beyond ${one}`));
    if (beyond.length === 0) return;
    core.counters.add(meters.refused, beyond.length);
    report("error", "more instruments than max_instruments: narrow the patterns or raise it", {
      limit: roster.limit,
      left_out: left.length,
      first: beyond[0],
    });
  }

  #tells(what: string): boolean {
    if (this.#told.has(what)) return false;
    this.#told.add(what);
    return true;
  }

  /** UNIX us. */
  #now(): number {
    const { hi, lo } = this.options.core.now;
    return toMicros(hi, lo);
  }
}
