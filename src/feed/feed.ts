import { auditOf } from "./snapshots/audit.ts";
import type { Audit } from "./snapshots/audit.ts";
import { backfillOf } from "./past/backfill.ts";
import type { Backfill } from "./past/backfill.ts";
import type { WindowBudget } from "./snapshots/budget.ts";
import { clockSamples } from "./clock/clock-samples.ts";
import type { ClockSamples } from "./clock/clock-samples.ts";
import { Connections } from "./session/connections.ts";
import type { Connection } from "./session/connections.ts";
import type { FeedOptions, FeedParts } from "./feed-options.ts";
import { awaitFirstWords } from "./session/first-words.ts";
import type { FeedState } from "./gauges.ts";
import { countsOf, later } from "./gauges.ts";
import { Link } from "./session/link.ts";
import { turnAlone } from "./session/link-turn.ts";
import type { Market } from "./market/market.ts";
import { Markets } from "./market/markets.ts";
import { Metadata, Refresh } from "./listening/metadata.ts";
import { declareMeters } from "./meters.ts";
import type { Meters } from "./meters.ts";
import { Refusals } from "./session/refusals.ts";
import { several } from "./redundancy/redundancy.ts";
import { Resync } from "./snapshots/resync.ts";
import { rosterOf } from "./listening/roster.ts";
import type { Roster } from "./listening/roster.ts";
import { ALL_KINDS, sampleCold } from "./frames/sampling.ts";
import { Session } from "./session/session.ts";
import { NamedTrades } from "./silence/named-trades.ts";
import { silenceOf } from "./silence/watch.ts";
import type { SilenceWatch, Watched } from "./silence/watch.ts";
import { SnapshotQueue } from "./snapshots/snapshots.ts";
import type { Shard } from "./session/subscribe.ts";
import { Wants } from "./listening/wants.ts";
import type { Web } from "./world/world.ts";
import { FRAME, INSTRUMENT_STATUS } from "../model/index.ts";
import type { Channel, Control, Instrument, Nanos, Subscription, Venue } from "../model/index.ts";

const LINGER_MS = 10_000;
/** How often time and prices are asked whether they change what is wanted, ms. */
const WATCH_MS = 1000;

/** One venue in a lane: its metadata, instruments, connections, and the snapshots its books need. */
export class Feed {
  readonly venue: Venue;
  readonly meters: Meters;
  /** What is wanted and what has become of it. */
  readonly wants: Wants;
  readonly #options: FeedOptions;
  readonly #parts: FeedParts;
  readonly #roster: Roster;
  readonly #markets: Markets;
  readonly #connections: Connections;
  readonly #http: Web;
  readonly #metadata: Metadata;
  readonly #refresh: Refresh;
  readonly #snapshots: SnapshotQueue;
  readonly #resync: Resync;
  readonly #silence: SilenceWatch | null;
  readonly #named: NamedTrades;
  /** Fetches trades that were missed; null where that is not wanted, or cannot be. */
  readonly backfill: Backfill | null;
  readonly #audit: Audit | null;
  readonly #clock: ClockSamples | null;
  readonly #refusals: Refusals;
  readonly #links: Link[] = [];
  readonly #row: number;
  #lastRecv: Nanos = { hi: 0, lo: 0 };
  /** Bundles of connections that were ever opened: their names in metrics. */
  #opened = 0;
  #state = INSTRUMENT_STATUS.indexOf("unknown");
  #watchedAt = 0;
  #sampledAt = 0;
  #stopped = false;

  constructor(options: FeedOptions, parts: FeedParts) {
    const { venue, channels, proxyFor } = options;
    const { core, keeper, latest, byId } = parts;
    this.venue = venue;
    this.#options = options;
    this.#parts = parts;
    this.meters = declareMeters(core.counters, core.histograms, venue.id);
    this.#row = core.venues.declare(venue.code, venue.id);
    const restUrl = options.restUrl ?? venue.rest.url;
    const { weight } = parts.budgets(venue);
    this.#http = core.world.web(venue.id, venue.headers, proxyFor?.(restUrl) ?? null);
    this.#clock = clockSamples(core, parts.clockOf(venue), venue.id, this.#http);
    this.#metadata = new Metadata({
      venue,
      http: this.#http,
      restUrl,
      budget: weight,
      turns: core.world,
      report: (reason) => this.#report("warn", "metadata not available, trying again", { reason }),
    });
    this.#refresh = new Refresh({
      everyMs: options.refreshMs ?? 0,
      metadata: this.#metadata,
      turns: core.world,
      take: ({ instruments, whole }) => this.#refreshed(instruments, whole),
      failed: () => core.counters.add(this.meters.refreshesFailed, 1),
    });
    this.#snapshots = new SnapshotQueue(this.#http, weight, core.world);
    this.#resync = new Resync({
      venue,
      core,
      snapshots: this.#snapshots,
      restUrl,
      timeoutMs: options.snapshotTimeoutMs,
      announce: (market) => this.#announceState(market),
      apply: (market, body) => this.snapshot(market, body),
      refused: (market, reason) =>
        this.#report("error", "snapshot refused", { symbol: market.symbol, reason }),
    });
    this.#roster = rosterOf(options);
    this.#markets = new Markets({ venue, core, keeper, latest, byId, meters: this.meters });
    this.#connections = new Connections(venue, (one) => this.#connect(one));
    const watched = this.#watched(restUrl, weight);
    this.#refusals = new Refusals({ ...parts, ...watched, marketOf: (symbol) => this.#markets.get(symbol) });
    this.#silence = silenceOf(options, parts, watched);
    this.#named = new NamedTrades({ ...parts, ...watched });
    this.backfill = backfillOf(options, parts, watched);
    this.#audit = auditOf(options, parts, watched);
    this.wants = new Wants({
      ...watched,
      core,
      channels,
      roster: this.#roster,
      lingerMs: options.lingerMs ?? LINGER_MS,
      priceOf: (base) => parts.priceOf(base),
      subscriptionsOf: (symbol, wanted) => this.#subscriptions(symbol, wanted),
      attach: (connection, subscriptions) => this.#carry(connection, subscriptions),
      closed: ({ link }) => this.#forget(link),
    });
  }

  /** What those need who look after streams and books. */
  #watched(restUrl: string, weight: WindowBudget): Watched {
    return {
      venue: this.venue,
      meters: this.meters,
      markets: this.#markets,
      connections: this.#connections,
      snapshots: this.#snapshots,
      weight,
      restUrl,
      announce: (market) => this.#announceState(market),
      report: (level, message, facts) => this.#report(level, message, facts),
    };
  }

  readonly #doubt = (market: Market, on: boolean): void => {
    if (market.state.stale(on)) this.#announceState(market);
  };

  /** Everything this feed listens to now. */
  get markets(): readonly Market[] {
    return this.#markets.all;
  }

  get sessions(): Session[] {
    return this.#links.flatMap(({ session }) => session ?? []);
  }

  owns(market: Market): boolean {
    return this.#markets.owns(market);
  }

  /** Learns the instruments, then opens the connections. Resolves when sockets are being opened, or on stop. */
  async start(): Promise<void> {
    const listed = await this.#metadata.fetch(Infinity);
    if (listed === null || this.#stopped) return;
    this.wants.connect();
    this.listen(listed.instruments);
    this.#refresh.start();
  }

  /** Creates the markets of the wanted symbols from metadata; names what the venue does not list. */
  listen(instruments: readonly Instrument[]): void {
    this.#roster.update(instruments);
    this.wants.settle();
  }

  /** A link whose frames do not come from a socket of ours (a recording). */
  link(): Link {
    const link = this.#newLink();
    for (const market of this.markets) this.#attach(market, link);
    return link;
  }

  /** A recording tells of a new connection in the place of this link's: nothing of it is proved any more. */
  reopened(link: Link): void {
    const { core, keeper } = this.#parts;
    core.time.read(core.now);
    link.sequence.reset();
    for (const market of link.markets) {
      market.quotes.forget();
      market.told.renew();
      if (market.proved) keeper.disconnect(market);
    }
    core.writer.ring.commit();
  }

  #attach(market: Market, link: Link): void {
    market.link = link;
    link.markets.push(market);
    link.copies?.attach(market);
  }

  #newLink(): Link {
    const { symbols } = this.#markets;
    const link = new Link(this.venue, this.meters, symbols, this.#parts.byId, (from, text) =>
      this.cold(from, text),
    );
    this.#links.push(link);
    return link;
  }

  #subscriptions(symbol: string, channels: readonly Channel[]): Subscription[] {
    const { depth } = this.#options;
    return channels.map((channel) =>
      depth === undefined ? { channel, symbol } : { channel, symbol, depth },
    );
  }

  /** Connections do not end themselves by age: they are replaced first. */
  #open(one: Shard): { session: Session; link: Link } {
    const { intake, core } = this.#parts;
    const link = this.#newLink();
    const url = this.#address(one.endpoint.url);
    const options = {
      url,
      idleMs: this.#options.idleMs ?? this.venue.heartbeat.idleMs,
      rotateMs: 0,
      maxFrame: this.#options.maxFrame ?? this.venue.limits.maxFrame,
      headers: { ...this.venue.headers, ...this.#options.headers },
      backoff: this.#options.backoff,
      proxy: this.#options.proxyFor?.(url) ?? null,
      turns: core.world,
    };
    const { connects } = this.#parts.budgets(this.venue);
    const open = core.world.sockets(this.venue.id);
    const session = new Session(this.venue, one, core.slab, open, connects, options, {
      frame: (_session, slab, start, end) => intake.frame(link, slab, start, end),
      large: (_session, slab, start, end, work, resume) => intake.large(link, slab, start, end, work, resume),
      endOfRead: () => intake.endOfRead(),
      timed: (sent, at) => this.#clock?.answer(sent, at, performance.now()),
      state: (self, up, reason) => this.#connection(self, link, up, reason),
      refused: (_session, subscription, reason, silent) =>
        this.#refusals.refused(subscription, reason, silent || !link.leads),
      goesOn: (_session, subscription, reason) => this.#refusals.goesOn(subscription, reason),
    });
    link.session = session;
    return { session, link };
  }

  #connect(one: Shard): Connection {
    const { redundancy: count = 1 } = this.#options;
    const name = `venue="${this.venue.id}",connection="${one.endpoint.name}-${this.#opened++}`;
    return several(this.#options, one, count, name, {
      ...this.#parts,
      resync: this.#resync,
      marketOf: (symbol) => this.#markets.get(symbol),
      open: (shard) => this.#open(shard),
      closed: (link) => this.#forget(link),
      report: (level, message, facts) => this.#report(level, message, facts),
    });
  }

  /** A connection is about to be asked for these: books among them wait for their first snapshot there. */
  #carry({ session, link }: Connection, subscriptions: readonly Subscription[]): void {
    for (const { channel, symbol } of subscriptions) {
      if (channel !== "book" && channel !== "partial_book") continue;
      const market = this.#markets.get(symbol);
      if (market === undefined) continue;
      this.#attach(market, link);
      if (session.state === "open") this.#resync.begin(market);
    }
  }

  #forget(link: Link): void {
    if (later(link.lastRecv, this.#lastRecv)) this.#lastRecv = link.lastRecv;
    const at = this.#links.indexOf(link);
    if (at >= 0) this.#links.splice(at, 1);
  }

  #address(url: string): string {
    if (this.#options.wsOrigin === undefined) return url;
    const { pathname, search } = new URL(url);
    return new URL(this.#options.wsOrigin).origin + pathname + search;
  }

  /** A socket opened or is gone. Validity goes before anything else happens. */
  #connection(session: Session, link: Link, up: boolean, reason: string): void {
    const { core, intake } = this.#parts;
    if (!up) intake.drop(link);
    core.time.read(core.now);
    link.sequence.reset();
    link.heard = false;
    link.openedAt = core.time.mark;
    if (!up) this.backfill?.cut(session, this.sessions);
    const quoted = this.markets.filter(({ symbol }) => session.carries(symbol, "quote"));
    if (link.copies !== null) link.copies.turned(link, up);
    else turnAlone({ ...this.#parts, resync: this.#resync }, quoted, link, up);
    core.writer.ring.commit();
    this.#parts.resync();
    // "stopped" is our own word: it carried nothing any more.
    const ours = this.#stopped || reason === "stopped";
    if (!up && !ours) core.counters.add(this.meters.reconnects, 1);
    const facts = {
      endpoint: session.shard.endpoint.name,
      streams: session.shard.subscriptions.length,
      reason,
    };
    const expected = up || ours || reason === "planned rotation";
    this.#report(expected ? "info" : "warn", up ? "connected" : "connection lost", facts);
  }

  /** Books of this feed that broke in what was just committed. */
  resync(markets: readonly Market[]): void {
    this.#resync.request(markets);
  }

  #announceState(market: Market): void {
    const { core, keeper, latest } = this.#parts;
    latest.validity(market);
    core.time.read(core.now);
    keeper.appendState(market);
    core.writer.ring.commit();
  }

  /** Takes a REST snapshot body into the log and the book; false when it is of no use (unreadable, too old). */
  snapshot(market: Market, body: Uint8Array): boolean {
    const { core, keeper, latest } = this.#parts;
    const source = this.venue.snapshot;
    if (source.via !== "rest" || market.retired || body.length > core.slab.capacity) return false;
    // It is judged alone in the ring: what the frames of a read have left there goes first.
    core.writer.ring.commit();
    core.slab.bytes.set(body);
    core.time.read(core.now);
    core.writer.venue = this.venue.code;
    core.writer.symbols = this.#markets.symbols;
    const code = source.parse(core.slab, 0, body.length, market.symbol, core.now, core.writer);
    core.writer.endFrame();
    if (code !== FRAME.DATA || core.writer.pending === 0) {
      core.writer.rewind(0);
      this.#report("warn", "snapshot not readable", { symbol: market.symbol, bytes: body.length });
      return false;
    }
    if (!keeper.snapshot(market, this.meters)) return false;
    keeper.announce(this.meters);
    core.writer.ring.commit();
    latest.flush();
    this.#parts.resync();
    return true;
  }

  /** A cold frame of one of our connections. */
  cold(link: Link, text: string): void {
    const controls = link.session === null ? this.venue.control(text) : link.session.control(text);
    sampleCold(this.#parts.core, link, controls[0]?.type, text);
    for (const control of controls) if (link.leads || control.type !== "last_trade") this.#control(control);
  }

  #control(control: Control): void {
    if (control.type === "instruments") this.#learn(control.instruments);
    else if (control.type === "instrument_state") this.#instrumentState(control.symbol, control.state);
    else if (control.type === "venue_status") this.#status(control.state, control.detail);
    else if (control.type === "error")
      this.#report("warn", "error from the venue", { reason: control.reason });
    else if (control.type === "last_trade") this.#named.hear(control.symbol, control.id);
    else if (control.type === "unknown") this.#parts.core.counters.add(this.meters.unknown, 1);
  }

  /** Metadata of some instruments: what is new may be wanted, what has changed or ended is told. */
  #learn(instruments: readonly Instrument[]): void {
    const changed = this.#roster.update(instruments);
    if (changed.length === 0) return;
    this.wants.heard(changed);
    this.#parts.resync();
  }

  /** Only the state was told; of an instrument nobody has heard of the whole list tells more. */
  #instrumentState(symbol: string, status: Instrument["status"]): void {
    const known = this.#roster.catalog.get(symbol);
    if (known === undefined) this.#refresh.soon();
    else this.#learn([{ ...known, status }]);
  }

  /** The venue's list was fetched again. Only a whole one can say that something is not in it any more. */
  #refreshed(instruments: readonly Instrument[], whole: boolean): void {
    const { core } = this.#parts;
    core.time.read(core.now);
    core.counters.add(this.meters.refreshes, 1);
    if (!whole) return this.#learn(instruments);
    this.wants.listed(instruments);
    this.#parts.resync();
  }

  /** The venue's own trading state: books of a venue that does not trade are halted, not broken. */
  #status(state: string, detail: string): void {
    this.#state = INSTRUMENT_STATUS.indexOf(state as (typeof INSTRUMENT_STATUS)[number]);
    this.#report("info", "venue status", { state, detail });
    this.#markets.halt(state !== "trading");
    this.#parts.core.writer.ring.commit();
  }

  /** Some times per second: overdue snapshots, what time and prices change. */
  tick(): void {
    const { mark } = this.#parts.core.time;
    this.#resync.tick(this.markets);
    for (const link of this.#links.slice()) {
      awaitFirstWords(link, mark, this.#options, this.#doubt);
      link.bundle?.tick(link);
    }
    this.backfill?.tick();
    this.#silence?.tick();
    this.#audit?.tick();
    this.#clock?.tick(this.markets);
    this.wants.tick();
    this.#sample(mark);
    if (mark - this.#watchedAt < WATCH_MS) return;
    this.#watchedAt = mark;
    this.#clock?.publish();
    this.wants.watch();
  }

  /** Of each connection one frame of each kind is wanted, now and then. */
  #sample(mark: number): void {
    const { watch } = this.#parts.core;
    if (watch === null || mark - this.#sampledAt < (watch.everyMs ?? WATCH_MS)) return;
    this.#sampledAt = mark;
    for (const link of this.#links) link.sampling = ALL_KINDS;
  }

  /** For the gauges and the venue's row. */
  state(): FeedState {
    return {
      row: this.#row,
      meters: this.meters,
      state: this.#state,
      ...countsOf(this.markets, this.sessions),
      snapshots: this.#snapshots.fetched,
      snapshotsFailed: this.#snapshots.failed,
      rateLimited: this.#snapshots.rateLimited,
      lastRecv: this.#links.reduce(
        (last, { lastRecv }) => (later(lastRecv, last) ? lastRecv : last),
        this.#lastRecv,
      ),
    };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#metadata.stop();
    this.#refresh.stop();
    this.#resync.stop();
    this.backfill?.stop();
    for (const session of this.sessions) session.stop();
    this.#snapshots.stop();
    await this.#http.close();
  }

  #report(level: "info" | "warn" | "error", message: string, facts: Record<string, unknown>): void {
    this.#parts.core.report(level, message, { venue: this.venue.id, ...facts });
  }
}
