import { MAX_COPIES } from "../../book/index.ts";
import { REASON } from "../../model/index.ts";
import type { Channel, Subscription } from "../../model/index.ts";
import type { BookKeeper } from "../market/book-keeper.ts";
import type { Carrier, Connection } from "../session/connections.ts";
import type { FeedOptions } from "../feed-options.ts";
import type { LaneCore, ReportLevel } from "../lane-core.ts";
import type { Latest } from "../market/latest.ts";
import type { Bundled, Copies, Link } from "../session/link.ts";
import { renew, turnAlone } from "../session/link-turn.ts";
import type { Market } from "../market/market.ts";
import { BookCopies } from "./copies.ts";
import { CopyMeters } from "./meters.ts";
import { Pace, SLOW } from "./pace.ts";
import type { SlowRule } from "./pace.ts";
import type { Resync } from "../snapshots/resync.ts";
import type { Session, SessionState, Standing } from "../session/session.ts";
import type { Shard } from "../session/subscribe.ts";

/** A connection among several is replaced for being slow this long after the last change, ms, at the earliest. */
const STEADY_MS = 60_000;
/** Between two such replacements, ms. */
const SLOW_EVERY_MS = 600_000;
/** A new connection that does not carry everything after this long, ms, is given up; the old one stays. */
const COMING_MS = 60_000;
/** Two carry the same for so long, ms, before the old one is closed: what it had sent until then has arrived. */
const TOGETHER_MS = 1000;
/** One that is open, and brings nothing while the others do, is replaced after this many idle times. */
const MUTE_IDLES = 2;
const PUBLISH_MS = 1000;
/** Trade ids remembered per instrument: 64 kB at most, copies may be so many trades late. */
const REMEMBERED = 4096;

/** Numbers by which events of a book are told apart, so that copies of it can be merged. */
const NUMBERED: ReadonlySet<string> = new Set(["contiguous", "prevLink", "overlap"]);

export interface BundleParts {
  readonly core: LaneCore;
  readonly keeper: BookKeeper;
  readonly latest: Latest;
  readonly resync: Resync;
  readonly idleMs: number;
  /** Planned age of a connection, ms; 0 = any. */
  readonly lifeMs: number;
  readonly slow?: SlowRule;
  marketOf(symbol: string): Market | undefined;
  /** Makes a connection that is not started yet. */
  open(shard: Shard): { session: Session; link: Link };
  closed(link: Link): void;
  report(level: ReportLevel, message: string, facts: Record<string, unknown>): void;
}

interface Member {
  readonly session: Session;
  readonly link: Link;
  readonly place: number;
  /** Age at which it is replaced, ms. */
  readonly life: number;
}

/** Connects `count` times, or once, to carry one shard. `name`: the labels of its connections in metrics, up to their places. */
export function several(
  { venue, idleMs, rotateMs }: FeedOptions,
  one: Shard,
  count: number,
  name: string,
  parts: Omit<BundleParts, "idleMs" | "lifeMs">,
): Connection {
  const limits = { idleMs: idleMs ?? venue.heartbeat.idleMs, lifeMs: rotateMs ?? venue.rotateMs };
  const bundle = new Bundle({ ...parts, ...limits }, one, count, name);
  return {
    session: bundle,
    get link() {
      return bundle.link;
    },
  };
}

/** A member that is to take the place of another. */
interface Change {
  readonly fresh: Member;
  readonly old: Member;
  readonly since: number;
  /** Since when the fresh one carries everything; NaN before. */
  carries: number;
}

/**
 * Several connections that carry the same, or one, beside which a second one is opened when it is to be replaced: until
 * then that one is as if it were alone, and costs nothing more. One leads: what cannot be merged comes from it alone, snapshots are asked of
 * it, and when it is lost another leads at once. A connection that is too old or too slow is replaced by one that
 * carries everything already.
 */
export class Bundle implements Carrier, Copies, Bundled {
  readonly pace: Pace;
  readonly #parts: BundleParts;
  readonly #members: Member[] = [];
  readonly #meters: CopyMeters | null;
  readonly #count: number;
  /** More than one may be up: what they bring is made one. */
  #merging: boolean;
  #leader: Member;
  #change: Change | null = null;
  #changedAt: number;
  #slowAt = -Infinity;
  #publishedAt = 0;
  #stopped = false;

  /** `name`: what its connections are called in metrics. */
  constructor(parts: BundleParts, shard: Shard, count: number, name: string) {
    this.#parts = parts;
    this.pace = new Pace(parts.core.time);
    this.#meters = count > 1 ? new CopyMeters(parts.core.counters, name) : null;
    this.#count = count;
    this.#merging = count > 1;
    this.#changedAt = parts.core.time.mark;
    this.#leader = this.#open(shard);
    this.#leader.link.leads = true;
    while (this.#members.length < count) this.#open(shard);
  }

  get link(): Link {
    return this.#leader.link;
  }

  get endpoint(): Shard["endpoint"] {
    return this.#leader.session.endpoint;
  }

  get shard(): Shard {
    return this.#leader.session.shard;
  }

  get size(): number {
    return this.#leader.session.size;
  }

  get wanted(): number {
    return this.#leader.session.wanted;
  }

  get state(): SessionState {
    return this.#leader.session.state;
  }

  carries(symbol: string, channel?: Channel): boolean {
    return this.#leader.session.carries(symbol, channel);
  }

  has(subscription: Subscription): boolean {
    return this.#leader.session.has(subscription);
  }

  /** The best that has become of it. */
  standing(subscription: Subscription): Standing {
    const standings = this.#members.map(({ session }) => session.standing(subscription));
    return standings.find(({ state }) => state === "active") ?? this.#leader.session.standing(subscription);
  }

  start(): void {
    for (const { session } of this.#members) session.start();
  }

  stop(): void {
    this.#stopped = true;
    for (const { session } of this.#members) session.stop();
    for (const { link } of this.#members) this.#parts.closed(link);
  }

  add(subscriptions: readonly Subscription[]): void {
    for (const { session } of this.#members) session.add(subscriptions);
  }

  remove(subscriptions: readonly Subscription[]): void {
    for (const { session } of this.#members) session.remove(subscriptions);
  }

  resubscribe(subscriptions: readonly Subscription[]): void {
    for (const { session } of this.#members) session.resubscribe(subscriptions);
  }

  attach(market: Market): void {
    if (!NUMBERED.has(market.venue.book) || market.bookSubscription?.channel !== "book") return;
    market.copies = new BookCopies(market.venue.book);
    for (const { session, place } of this.#members)
      if (session.state === "open") market.copies.join(place, -1);
  }

  turned(link: Link, up: boolean): void {
    const { place } = link;
    if (up) this.#remember();
    this.pace.join(place, up);
    this.#meters?.up(place, up);
    for (const market of this.#quoted()) if (up) market.quotes.join(place);
    for (const { copies, sequencer } of this.link.markets) {
      if (up) copies?.join(place, sequencer.live ? sequencer.last : -1);
      else copies?.leave(place);
    }
    const others = this.#members.filter((one) => one.link !== link && one.session.state === "open");
    if (up && others.length === 0) this.#begin(link);
    else if (others.length === 0 || this.#stopped) this.#end();
    else if (!up && link === this.link) this.#follow(others);
  }

  /** Who lags brings copies of trades that are long gone. */
  #remember(): void {
    for (const { symbol } of this.shard.subscriptions)
      this.#parts.marketOf(symbol)?.trades.remember(REMEMBERED);
  }

  /** Markets whose quotes come here. */
  #quoted(): Market[] {
    return this.shard.subscriptions.flatMap(({ channel, symbol }) => {
      const market = channel === "quote" ? this.#parts.marketOf(symbol) : undefined;
      return market ?? [];
    });
  }

  /** The first that is up brings everything, as one alone would. */
  #begin(link: Link): void {
    this.#lead(this.#members.find((one) => one.link === link)!);
    turnAlone(this.#parts, this.#quoted(), link, true);
  }

  /** None is left. */
  #end(): void {
    turnAlone(this.#parts, this.#quoted(), this.link, false);
  }

  /** The leader is lost: another leads, and books that it cannot be shown to carry on start again there. */
  #follow(others: readonly Member[]): void {
    const { keeper, latest, core } = this.#parts;
    this.#lead(others.find(({ link }) => link.heard) ?? others[0]!);
    for (const market of this.link.markets) {
      if (market.proved && market.copies?.carried(market.sequencer.last) === true) continue;
      market.tries = 0;
      market.resyncAt = 0;
      renew(market);
      keeper.break(market, this.link.meters, REASON.CONNECTION_LOST);
    }
    if (!this.link.heard)
      for (const market of this.#quoted()) latest.quotesStale(market, REASON.CONNECTION_LOST);
    core.counters.add(this.link.meters.failovers, 1);
  }

  #lead(next: Member): void {
    const before = this.#leader;
    if (before === next) return;
    before.link.leads = false;
    next.link.leads = true;
    for (const market of before.link.markets.splice(0)) {
      market.link = next.link;
      market.ledTrade = -1;
      next.link.markets.push(market);
    }
    this.#leader = next;
  }

  #open(shard: Shard): Member {
    const { session, link } = this.#parts.open(shard);
    const taken = new Set(this.#members.map(({ place }) => place));
    link.place = Array.from({ length: MAX_COPIES }, (_, i) => i).find((i) => !taken.has(i))!;
    link.bundle = this;
    link.copies = this.#merging ? this : null;
    link.leads = false;
    const { lifeMs } = this.#parts;
    const life = lifeMs > 0 ? lifeMs * (0.9 + 0.1 * this.#parts.core.world.random()) : Infinity;
    const member = { session, link, place: link.place, life };
    this.#members.push(member);
    return member;
  }

  /** The bundle's own work is done once, with the tick of its leader. */
  tick(link: Link): void {
    if (link !== this.link || this.#stopped) return;
    const { mark } = this.#parts.core.time;
    if (mark - this.#publishedAt >= PUBLISH_MS) {
      this.#publishedAt = mark;
      for (const { place, link: one } of this.#members)
        this.#meters?.publish(place, this.pace, one === this.link);
      this.#mute(mark);
    }
    if (this.#change !== null) this.#settle(this.#change, mark);
    else if (this.#merging && this.#count === 1) this.#single();
    else this.#judge(mark);
  }

  /** One that brings nothing while another does has only its own silence to blame. */
  #mute(mark: number): void {
    if (!this.#members.some(({ link }) => link.heard)) return;
    const patience = MUTE_IDLES * this.#parts.idleMs;
    for (const { session, link } of this.#members)
      if (session.state === "open" && !link.heard && mark - link.openedAt > patience)
        session.fail(`no data within ${patience} ms, though another connection brings some`);
  }

  /** Too old, or too slow: one at a time. */
  #judge(mark: number): void {
    const open = this.#members.filter(({ session }) => session.state === "open");
    if (open.length < Math.min(2, this.#count)) return;
    const old = open.find(({ link, life }) => mark - link.openedAt > life);
    if (old !== undefined) return this.#replace(old, "planned rotation", mark);
    if (mark - this.#changedAt < STEADY_MS || mark - this.#slowAt < SLOW_EVERY_MS) return;
    const place = this.pace.slowest(this.#parts.slow ?? SLOW);
    const slow = open.find((one) => one.place === place);
    if (slow === undefined) return;
    this.#slowAt = mark;
    this.#replace(slow, `slow: ${this.pace.delay(place).toFixed(1)} ms behind`, mark);
  }

  #replace(old: Member, reason: string, mark: number): void {
    this.#parts.report("info", "a connection is being replaced", { endpoint: this.endpoint.name, reason });
    if (!this.#merging) this.#merge(old);
    const fresh = this.#open(old.session.shard);
    this.#change = { fresh, old, since: mark, carries: NaN };
    fresh.session.start();
  }

  /** One that was alone is so no longer: from now on events are told apart. */
  #merge({ link, place }: Member): void {
    this.#merging = true;
    link.copies = this;
    this.pace.join(place, true);
    for (const { symbol } of this.shard.subscriptions) {
      const market = this.#parts.marketOf(symbol);
      if (market !== undefined) market.ledTrade = market.trades.last;
    }
    for (const market of link.markets) this.attach(market);
  }

  /** One is left, and it alone is wanted; not while events wait for what the other might have brought. */
  #single(): void {
    const [last] = this.#members;
    if (last!.link.markets.some(({ copies }) => (copies?.heldSince ?? 0) > 0)) return;
    this.#merging = false;
    last!.link.copies = null;
    this.pace.join(last!.place, false);
    for (const market of last!.link.markets) market.copies = null;
  }

  #settle(change: Change, mark: number): void {
    const { fresh, old, since } = change;
    const carries = fresh.session.state === "open" && fresh.link.heard && this.#answered(fresh);
    if (!carries) change.carries = NaN;
    else if (Number.isNaN(change.carries)) change.carries = mark;
    if (carries ? mark - change.carries < TOGETHER_MS : mark - since < COMING_MS) return;
    this.#change = null;
    this.#changedAt = mark;
    this.#retire(carries ? old : fresh);
    if (carries) this.#parts.core.counters.add(this.link.meters.rotations, 1);
  }

  #answered({ session }: Member): boolean {
    return session.shard.subscriptions.every((one) => session.standing(one).state !== "waiting");
  }

  #retire(member: Member): void {
    member.session.stop();
    this.#members.splice(this.#members.indexOf(member), 1);
    this.#parts.closed(member.link);
  }
}
