import type { BookKeeper } from "./book-keeper.ts";
import type { BackoffOptions } from "./backoff.ts";
import { WindowBudget } from "./budget.ts";
import { Catalog, fetchInstruments } from "./catalog.ts";
import type { LaneCore } from "./lane-core.ts";
import { Http } from "./http.ts";
import type { Intake } from "./intake.ts";
import type { Latest } from "./latest.ts";
import { Link } from "./link.ts";
import { Market } from "./market.ts";
import { declareMeters } from "./meters.ts";
import type { Meters } from "./meters.ts";
import { Resync } from "./resync.ts";
import { Session } from "./session.ts";
import { SnapshotQueue } from "./snapshots.ts";
import type { OpenSocket } from "./socket.ts";
import { shard } from "./subscribe.ts";
import type { Shard } from "./subscribe.ts";
import { FRAME, INSTRUMENT_STATUS, REASON, SymbolTable, VALIDITY } from "../model/index.ts";
import type { Channel, Control, Instrument, Nanos, Subscription, Venue } from "../model/index.ts";

/** Books per venue that get the fast form, about a megabyte each: the first ones named are taken for the busiest. */
const HOT_BOOKS = 32;

export interface FeedOptions {
  readonly venue: Venue;
  /** Native or canonical names. */
  readonly symbols: readonly string[];
  readonly channels: readonly Channel[];
  readonly depth?: number;
  /** Replaces scheme, host and port of the venue's websocket addresses; paths stay. */
  readonly wsOrigin?: string;
  readonly restUrl?: string;
  readonly idleMs?: number;
  readonly rotateMs?: number;
  readonly maxFrame?: number;
  /** Added to the venue's own headers on its sockets (API keys); never reported. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly backoff: BackoffOptions;
  /** Proxy to reach a URL through, or null; never asked for loopback. Left out: always direct. */
  readonly proxyFor?: (url: string) => string | null;
  /** How long to wait for a snapshot that the stream should send before asking again. */
  readonly snapshotTimeoutMs: number;
}

/** A connection without data is given up to 64 times the venue's idle time. */
const MAX_DOUBLINGS = 6;

/** What feeds of a lane share. */
export interface FeedParts {
  readonly core: LaneCore;
  readonly keeper: BookKeeper;
  readonly latest: Latest;
  readonly intake: Intake;
  readonly openSocket: OpenSocket;
  /** Markets of the lane by instrument id. */
  readonly byId: (Market | undefined)[];
  /** Sees to the books that broke in what was just committed. */
  resync(): void;
}

/** One venue in a lane: its metadata, instruments, connections, and the snapshots its books need. */
export class Feed {
  readonly venue: Venue;
  readonly meters: Meters;
  readonly markets: Market[] = [];
  readonly #options: FeedOptions;
  readonly #parts: FeedParts;
  readonly #catalog = new Catalog();
  readonly #symbols = new SymbolTable();
  readonly #http: Http;
  readonly #snapshots: SnapshotQueue;
  readonly #resync: Resync;
  /** One per socket. */
  readonly sessions: Session[] = [];
  readonly #links: Link[] = [];
  readonly #row: number;
  #state = INSTRUMENT_STATUS.indexOf("unknown");
  /** The venue said that it does not trade. */
  #halted = false;
  #stopped = false;

  constructor(options: FeedOptions, parts: FeedParts) {
    const { venue } = options;
    const { counters, histograms, venues } = parts.core;
    this.venue = venue;
    this.#options = options;
    this.#parts = parts;
    this.meters = declareMeters(counters, histograms, venue.id);
    this.#http = new Http(venue.headers, options.proxyFor?.(options.restUrl ?? venue.rest.url) ?? null);
    this.#snapshots = new SnapshotQueue(this.#http, new WindowBudget(venue.limits.restWeight, 60_000));
    this.#row = venues.declare(venue.code, venue.id);
    this.#resync = new Resync({
      venue,
      core: parts.core,
      snapshots: this.#snapshots,
      restUrl: options.restUrl ?? venue.rest.url,
      timeoutMs: options.snapshotTimeoutMs,
      announce: (market) => this.#announceState(market),
      apply: (market, body) => this.snapshot(market, body),
      refused: (market, reason) =>
        this.#report("error", "snapshot refused", { symbol: market.symbol, reason }),
    });
  }

  /** Learns the instruments, then opens the connections. Resolves when sockets are being opened, or on stop. */
  async start(): Promise<void> {
    const report = (reason: string): void =>
      this.#report("warn", "metadata not available, trying again", { reason });
    const base = this.#options.restUrl ?? this.venue.rest.url;
    const instruments = await fetchInstruments(this.venue, this.#http, base, report, () => this.#stopped);
    if (instruments === null || this.#stopped) return;
    this.listen(instruments);
    const connects = new WindowBudget(this.venue.limits.connects, this.venue.limits.connectWindowMs);
    const wanted = this.markets.flatMap((market) => this.#subscriptions(market.symbol));
    for (const one of shard(this.venue, wanted)) this.#open(one, connects);
  }

  /** Creates the markets of the wanted symbols from metadata; names what the venue does not list. */
  listen(instruments: readonly Instrument[]): void {
    this.#catalog.update(instruments);
    const { found, unknown } = this.#catalog.resolve(this.#options.symbols);
    for (const name of unknown) {
      this.#parts.core.counters.add(this.meters.refused, 1);
      this.#report("error", "instrument not listed by the venue; check the name", {
        symbol: name,
        listed: this.#catalog.size,
      });
    }
    for (const instrument of found) this.#tryMarket(instrument);
  }

  /** One instrument that finds no room (a full table, a name too long) does not cost the others theirs. */
  #tryMarket(instrument: Instrument): void {
    try {
      this.addMarket(instrument);
    } catch (error) {
      this.#parts.core.counters.add(this.meters.refused, 1);
      this.#report("error", "instrument not taken", { symbol: instrument.symbol, reason: String(error) });
    }
  }

  /** A market for one instrument; its id is that of an earlier run if the region knows it. */
  addMarket(instrument: Instrument): Market {
    const { core, latest, byId } = this.#parts;
    const known = core.instruments.find(this.venue.code, instrument.symbol);
    const id = known < 0 ? core.instruments.add(this.venue.code, instrument) : known;
    if (known >= 0) core.instruments.write(id, this.venue.code, instrument);
    const market = new Market(
      id,
      this.venue,
      instrument,
      this.#subscriptions(instrument.symbol),
      this.markets.length < HOT_BOOKS,
    );
    byId[id] = market;
    this.markets.push(market);
    this.#symbols.add(instrument.symbol, id);
    for (const alias of this.venue.aliases(instrument.symbol)) this.#symbols.add(alias, id);
    market.state.warm();
    market.state.halt(this.#halted || stopped(instrument));
    latest.begin(market);
    return market;
  }

  /** A link whose frames do not come from a socket of ours (a recording). */
  link(): Link {
    const link = new Link(this.venue, this.meters, this.#symbols, this.#parts.byId);
    this.#links.push(link);
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
      market.lastTold = -1;
      if (market.proved) keeper.disconnect(market);
    }
    core.writer.ring.commit();
  }

  #attach(market: Market, link: Link): void {
    market.link = link;
    link.markets.push(market);
  }

  #subscriptions(symbol: string): Subscription[] {
    const { channels, depth } = this.#options;
    return channels.map((channel) =>
      depth === undefined ? { channel, symbol } : { channel, symbol, depth },
    );
  }

  #open(one: Shard, connects: WindowBudget): void {
    const { intake, core, openSocket } = this.#parts;
    const link = new Link(this.venue, this.meters, this.#symbols, this.#parts.byId);
    for (const { channel, symbol } of one.subscriptions) {
      if (channel !== "book" && channel !== "partial_book") continue;
      const market = this.markets.find((candidate) => candidate.symbol === symbol);
      if (market !== undefined) this.#attach(market, link);
    }
    const limits = this.venue.limits;
    const options = {
      url: this.#address(one.endpoint.url),
      idleMs: this.#options.idleMs ?? this.venue.heartbeat.idleMs,
      rotateMs: this.#options.rotateMs ?? this.venue.rotateMs,
      maxFrame: this.#options.maxFrame ?? limits.maxFrame,
      headers: { ...this.venue.headers, ...this.#options.headers },
      backoff: this.#options.backoff,
      proxy: this.#options.proxyFor?.(this.#address(one.endpoint.url)) ?? null,
    };
    const session = new Session(this.venue, one, core.slab, openSocket, connects, options, {
      frame: (_session, slab, start, end) => intake.frame(link, slab, start, end),
      endOfRead: () => intake.endOfRead(),
      state: (self, up, reason) => this.#connection(self, link, up, reason),
      refused: (_session, subscription, reason) => this.#refused(subscription, reason),
    });
    link.session = session;
    this.#links.push(link);
    this.sessions.push(session);
    session.start();
  }

  #address(url: string): string {
    if (this.#options.wsOrigin === undefined) return url;
    const { pathname, search } = new URL(url);
    return new URL(this.#options.wsOrigin).origin + pathname + search;
  }

  /** A socket opened or is gone. Validity goes before anything else happens. */
  #connection(session: Session, link: Link, up: boolean, reason: string): void {
    const { core, keeper, latest } = this.#parts;
    core.time.read(core.now);
    link.sequence.reset();
    link.heard = false;
    link.openedAt = core.time.mark;
    const quoted = session.shard.subscriptions.filter((one) => one.channel === "quote");
    const symbols = new Set(quoted.map((one) => one.symbol));
    for (const market of this.markets) {
      if (!symbols.has(market.symbol)) continue;
      if (up) market.quotes.forget();
      else latest.quotesStale(market);
    }
    for (const market of link.markets) {
      market.lastTold = -1;
      if (up) this.#resync.begin(market);
      else keeper.disconnect(market);
    }
    core.writer.ring.commit();
    if (!up && !this.#stopped) core.counters.add(this.meters.reconnects, 1);
    const facts = {
      endpoint: session.shard.endpoint.name,
      streams: session.shard.subscriptions.length,
      reason,
    };
    const expected = up || this.#stopped || reason === "planned rotation";
    this.#report(expected ? "info" : "warn", up ? "connected" : "connection lost", facts);
  }

  #refused(subscription: Subscription, reason: string): void {
    this.#parts.core.counters.add(this.meters.refused, 1);
    this.#report("error", "subscription refused", {
      channel: subscription.channel,
      symbol: subscription.symbol,
      reason,
    });
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
    if (source.via !== "rest" || body.length > core.slab.capacity) return false;
    // It is judged alone in the ring: what the frames of a read have left there goes first.
    core.writer.ring.commit();
    core.slab.bytes.set(body);
    core.time.read(core.now);
    core.writer.venue = this.venue.code;
    core.writer.symbols = this.#symbols;
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
    for (const control of controls) this.#control(control);
  }

  #control(control: Control): void {
    if (control.type === "instruments") this.#metadata(control.instruments);
    else if (control.type === "venue_status") this.#status(control.state, control.detail);
    else if (control.type === "error")
      this.#report("warn", "error from the venue", { reason: control.reason });
    else if (control.type === "last_trade") this.#lastTrade(control.symbol, control.id);
    else if (control.type === "unknown") this.#parts.core.counters.add(this.meters.unknown, 1);
  }

  /**
   * The venue tells which trade was its last. One that was not seen until the venue tells again is missing, and where
   * nothing numbers the frames of the book, the book is in doubt with it. The next trade counts what is missing.
   */
  #lastTrade(symbol: string, id: number): void {
    const { core, keeper } = this.#parts;
    const market = this.markets.find((one) => one.symbol === symbol);
    if (market === undefined || market.trades.last < 0) return;
    const missing = market.lastTold > Math.max(market.trades.last, market.givenUp);
    market.lastTold = id;
    if (!missing) return;
    market.givenUp = id;
    if (!market.unproved || !market.proved) return;
    keeper.break(market, this.meters, REASON.SEQUENCE_GAP);
    core.writer.ring.commit();
    this.#parts.resync();
  }

  /** Metadata in the stream: rows follow, books whose precision changed start again. */
  #metadata(instruments: readonly Instrument[]): void {
    const { core, keeper } = this.#parts;
    for (const instrument of this.#catalog.update(instruments)) {
      const market = this.markets.find((one) => one.symbol === instrument.symbol);
      if (market === undefined) continue;
      const before = market.instrument;
      market.instrument = instrument;
      core.instruments.write(market.id, this.venue.code, instrument);
      core.writer.venue = this.venue.code;
      core.writer.long.fill(0);
      core.writer.appendInstrument(market.id);
      this.#doubt(market);
      const same =
        before.pricePrecision === instrument.pricePrecision &&
        before.sizePrecision === instrument.sizePrecision;
      if (!same && market.proved) keeper.break(market, this.meters, REASON.METADATA_CHANGED);
    }
    core.writer.ring.commit();
    this.#parts.resync();
  }

  /** The venue's own trading state: books of a venue that does not trade are halted, not broken. */
  #status(state: string, detail: string): void {
    this.#state = INSTRUMENT_STATUS.indexOf(state as (typeof INSTRUMENT_STATUS)[number]);
    this.#halted = state !== "trading";
    this.#report("info", "venue status", { state, detail });
    for (const market of this.markets) this.#doubt(market);
    this.#parts.core.writer.ring.commit();
  }

  /** A book is in doubt, not broken, while its venue or its instrument does not trade. The caller commits. */
  #doubt(market: Market): void {
    const { latest, keeper } = this.#parts;
    if (market.book === null || !market.state.halt(this.#halted || stopped(market.instrument))) return;
    latest.validity(market);
    keeper.appendState(market);
  }

  /** Some times per second: overdue snapshots, gauges, the venue's row. */
  tick(): void {
    this.#resync.tick(this.markets);
    for (const link of this.#links) this.#listenFor(link);
    this.#publishGauges();
  }

  /**
   * Books whose connection is open, acknowledged, pinged, and has never brought an event may stand on a snapshot that
   * nothing follows. Such a connection is replaced, more patiently each time: perhaps it is only a quiet market.
   */
  #listenFor(link: Link): void {
    const { session } = link;
    if (link.heard) link.unheard = 0;
    if (link.heard || session?.state !== "open" || link.markets.length === 0) return;
    const idleMs = this.#options.idleMs ?? this.venue.heartbeat.idleMs;
    const patience = idleMs * 2 ** Math.min(link.unheard, MAX_DOUBLINGS);
    if (this.#parts.core.time.mark - link.openedAt < patience) return;
    link.unheard += 1;
    session.fail(`no data within ${patience} ms of subscribing`);
  }

  #publishGauges(): void {
    const { core } = this.#parts;
    const { counters } = core;
    const up = this.sessions.filter((one) => one.state === "open").length;
    const reconnects = this.sessions.reduce((sum, one) => sum + one.reconnects, 0);
    const books = this.markets.filter((one) => one.book !== null);
    const live = books.filter((one) => one.state.live);
    counters.set(this.meters.connectionsUp, up);
    counters.set(this.meters.connections, this.sessions.length);
    counters.set(this.meters.booksWanted, books.length);
    counters.set(this.meters.booksLive, live.length);
    counters.set(this.meters.markets, this.markets.length);
    counters.set(this.meters.snapshots, this.#snapshots.fetched);
    counters.set(this.meters.snapshotsFailed, this.#snapshots.failed);
    counters.set(this.meters.rateLimited, this.#snapshots.rateLimited);
    const worst = books.reduce((sum, one) => Math.max(sum, one.state.validity), VALIDITY.LIVE as number);
    core.venues.write(this.#row, this.#state, worst, up, reconnects, this.#lastRecv());
  }

  #lastRecv(): Nanos {
    return this.#links.reduce((last, { lastRecv }) => (later(lastRecv, last) ? lastRecv : last), {
      hi: 0,
      lo: 0,
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#resync.stop();
    for (const session of this.sessions) session.stop();
    this.#snapshots.stop();
    await this.#http.close();
  }

  #report(level: "info" | "warn" | "error", message: string, facts: Record<string, unknown>): void {
    this.#parts.core.report(level, message, { venue: this.venue.id, ...facts });
  }
}

/** A state that is not known doubts nothing: the stream tells whether there is a market. */
function stopped({ status }: Instrument): boolean {
  return status !== "trading" && status !== "unknown";
}

function later(a: Nanos, b: Nanos): boolean {
  return a.hi === b.hi ? a.lo >>> 0 > b.lo >>> 0 : a.hi > b.hi;
}
