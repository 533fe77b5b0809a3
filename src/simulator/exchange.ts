import type { Instrument, MarketEvent, SocketEndpoint, Subscription, Venue } from "../model/index.ts";
import { Agenda } from "./agenda.ts";
import type { HealedBy } from "./fault-log.ts";
import type { Listing, ListingSpec } from "./listing.ts";
import { Market, type World } from "./market.ts";
import { Publisher, isNumbered } from "./publisher.ts";
import type { Random } from "./random.ts";
import { Session, type Host } from "./session.ts";
import { Switches } from "./switches.ts";
import type { TradeFate, TradeNote, TradeWitness } from "./trade-notes.ts";
import type { Truth } from "./truth.ts";
import type { Wire } from "./wire.ts";

const SECOND = 1_000_000;
/** Snapshots and partial books of venues that publish each change at once, us. */
const UNBATCHED = 10_000;

export interface ExchangeOptions {
  readonly venue: Venue;
  readonly world: World;
  readonly truth: Truth;
  readonly specs: readonly ListingSpec[];
  /** Book changes per second and instrument. */
  readonly rate: number;
  /** False: the venue's limits on messages, streams and requests are not enforced. */
  readonly limits: boolean;
  /** What its HTTP answers say the time is, ms ahead of ours. */
  readonly clockSkewMs?: number;
  /** Told when a client does something that heals. */
  readonly healed?: (symbol: string | null, by: HealedBy) => void;
  readonly wallMs?: () => number;
  /** Told of every trade and of every frame of one. */
  readonly onTrade?: TradeWitness | undefined;
}

/** Figures of one venue; all only grow but `connections`. */
export interface ExchangeStats {
  connections: number;
  accepted: number;
  /** Upgrades answered with an error. */
  refused: number;
  messages: number;
  bytes: number;
  received: number;
  /** Clients cut because they did not read fast enough. */
  slow: number;
  /** Clients cut because they did not answer pings. */
  deaf: number;
  restRequests: number;
  restLimited: number;
}

/** One venue without its sockets: market, clients, agenda. Runs any venue's `server`, driven by `run(to)`. */
export class Exchange implements Host {
  readonly venue: Venue;
  readonly switches = new Switches();
  readonly market: Market;
  readonly publisher: Publisher;
  readonly agenda = new Agenda();
  readonly sessions = new Set<Session>();
  readonly specs: readonly ListingSpec[];
  readonly limits: boolean;
  readonly clockSkewMs: number;
  readonly stats: ExchangeStats = {
    connections: 0,
    accepted: 0,
    refused: 0,
    messages: 0,
    bytes: 0,
    received: 0,
    slow: 0,
    deaf: 0,
    restRequests: 0,
    restLimited: 0,
  };
  readonly #random: Random;
  readonly #healed: (symbol: string | null, by: HealedBy) => void;
  readonly #wallMs: () => number;
  readonly traded: Host["traded"];
  #nextSession = 1;

  constructor(options: ExchangeOptions) {
    const { venue, world } = options;
    this.venue = venue;
    this.specs = options.specs;
    this.limits = options.limits;
    this.clockSkewMs = options.clockSkewMs ?? 0;
    this.#healed = options.healed ?? ((): void => {});
    this.#wallMs = options.wallMs ?? ((): number => performance.now());
    this.#random = world.random.fork(`exchange/${venue.id}`);
    const { specs, rate } = options;
    this.market = new Market({ world, name: venue.id, specs, rate, commonIds: venue.book === "prevLink" });
    this.publisher = new Publisher(
      venue,
      this.market,
      options.truth,
      this.#random.fork("publisher"),
      world.origin,
    );
    const { onTrade } = options;
    if (onTrade !== undefined) {
      const note = (
        what: TradeNote["what"],
        connection: number,
        { symbol, id }: { symbol: string; id: string },
      ): void => onTrade({ venue: venue.id, symbol, id: Number(id), what, connection });
      this.traded = (session: Session, event: MarketEvent, fate: TradeFate): void => {
        if (event.type === "trade") note(fate, session.id, event);
      };
      this.publisher.onMade = (symbol, id) => note("made", 0, { symbol, id: String(id) });
    }
    this.#plan(world.origin);
  }

  get time(): number {
    return this.publisher.time;
  }

  wallMs(): number {
    return this.#wallMs();
  }

  listing(symbol: string): Listing | undefined {
    return this.publisher.listing(symbol);
  }

  /** Everything listed now, as the venue's metadata has it. */
  instruments(): Instrument[] {
    return this.market.listings.filter((one) => one.listed).map((one) => one.instrument);
  }

  /** Lists an instrument of the market, or takes it off the list: its streams end without a word, and it does not trade. */
  list(symbol: string, on: boolean): void {
    const listing = this.#known(symbol);
    if (!on)
      for (const session of this.sessions) {
        const ended = session.active.filter((one) => this.listing(one.symbol) === listing);
        for (const one of ended) {
          this.publisher.close(session, one);
          session.active.splice(session.active.indexOf(one), 1);
        }
      }
    listing.listed = on;
  }

  /** Changes what the metadata says of an instrument; what is sent of it stays as it is. */
  change(symbol: string, change: Partial<Pick<Instrument, "status" | "expiry">>): void {
    const listing = this.#known(symbol);
    listing.instrument = { ...listing.instrument, ...change };
  }

  #known(symbol: string): Listing {
    const listing = this.market.listings.find((one) => one.instrument.symbol === symbol);
    if (listing !== undefined) return listing;
    const names = this.market.listings.map((one) => one.instrument.symbol).join(" ");
    throw new RangeError(`${this.venue.id}: expected one of ${names}, saw ${symbol}`);
  }

  /** True when book states are named by sequence, false when by ts_event. */
  get numbered(): boolean {
    return isNumbered(this.venue);
  }

  /** Lets simulated time pass up to `to` (UNIX us), then sends what was queued. */
  run(to: number): void {
    this.agenda.run(to, (at) => this.market.advance(at, this.publisher));
    this.market.advance(to, this.publisher);
    this.publisher.time = Math.max(this.publisher.time, to);
  }

  flush(): void {
    for (const session of this.sessions) session.wire.flush();
  }

  /** A new client on `path`, or null when no endpoint of the venue answers there. */
  connect(path: string, wire: Wire): Session | null {
    const endpoint = this.endpointOf(path);
    if (endpoint === null) return null;
    const id = this.#nextSession++;
    const random = this.#random.fork(`session/${id}`);
    const session = new Session(this, wire, { id, path, endpoint, limits: this.limits, random });
    this.sessions.add(session);
    this.stats.accepted += 1;
    this.stats.connections = this.sessions.size;
    session.start();
    return session;
  }

  disconnect(session: Session): void {
    session.closed = true;
    this.sessions.delete(session);
    this.publisher.close(session, null);
    this.stats.connections = this.sessions.size;
  }

  open(session: Session, subscription: Subscription): void {
    this.publisher.open(session, subscription);
    if (subscription.channel !== "book") return;
    const known = session.opened.has(subscription.symbol);
    session.opened.add(subscription.symbol);
    this.#healed(subscription.symbol, known ? "resubscribe" : "reconnect");
  }

  close(session: Session, subscription: Subscription): void {
    this.publisher.close(session, subscription);
  }

  /** Requests for the list that were answered in full, all instruments of the moment in it. */
  listsGiven = 0;

  /** A snapshot was fetched over REST. */
  fetched(symbol: string): void {
    this.#healed(symbol, "snapshot");
  }

  sent(bytes: number): void {
    this.stats.messages += 1;
    this.stats.bytes += bytes;
  }

  /** The endpoint whose path is the longest prefix of `path`. */
  endpointOf(path: string): SocketEndpoint | null {
    const asked = path.split("?")[0]!;
    const fits = this.venue.sockets.filter((endpoint) => isBelow(asked, pathOf(endpoint.url)));
    return fits.toSorted((a, b) => pathOf(b.url).length - pathOf(a.url).length)[0] ?? null;
  }

  #plan(origin: number): void {
    const { server } = this.venue;
    const batch = server.bookBatchMs > 0 ? server.bookBatchMs * 1000 : UNBATCHED;
    this.agenda.repeat(origin + batch, batch, (at) => this.publisher.batch(at));
    this.agenda.repeat(origin + SECOND, SECOND, (at) => this.publisher.second(at));
    if (server.heartbeatMs > 0)
      this.agenda.repeat(origin + server.heartbeatMs * 1000, server.heartbeatMs * 1000, () =>
        this.#heartbeats(),
      );
    if (server.pingMs > 0)
      this.agenda.repeat(origin + server.pingMs * 1000, server.pingMs * 1000, () => this.#pings());
  }

  #heartbeats(): void {
    for (const session of this.sessions) session.heartbeat();
  }

  #pings(): void {
    for (const session of this.sessions) if (session.heartbeats) session.wire.ping();
  }
}

/** The path of a URL without a slash at its end: "" for the root. */
export function pathOf(url: string): string {
  return new URL(url).pathname.replace(/\/+$/, "");
}

function isBelow(path: string, base: string): boolean {
  return path === base || base === "" || path.startsWith(`${base}/`);
}
