import type { Exchange } from "./exchange.ts";
import type { MarketEvent } from "../model/index.ts";
import type { FaultLog, FaultRecord } from "./fault-log.ts";
import { applies, boundOf, channelOf, faultOf, type FaultName } from "./faults.ts";
import type { Random } from "./random.ts";
import type { ScriptEntry } from "./script.ts";
import type { VenueServer } from "./server.ts";
import type { Session } from "./session.ts";

/** What the injector needs of one venue. */
export interface Site {
  readonly exchange: Exchange;
  readonly server: Pick<VenueServer, "vanish" | "restore" | "rest">;
}

export interface InjectorOptions {
  readonly sites: readonly Site[];
  readonly log: FaultLog;
  readonly random: Random;
  readonly origin: number;
  /** Told of a server that could not be brought back. */
  readonly failed: (error: Error) => void;
}

/** Doors that close throw out who is inside. */
const CUTS: ReadonlySet<FaultName> = new Set<FaultName>([
  "refuse_connections",
  "hang_upgrade",
  "dns_failure",
  "refuse_subscribe",
]);
/** `slow_drip`: so many bytes every so many us of simulated time. */
const DROP = { bytes: 20, micros: 50_000 };

/** Activity during `burst`. */
const BURST = 20;
/** Ids that `skip_ids` passes over. */
const SKIPPED_IDS = 3;
/** Simulated us: between two looks whether the list was asked for, from then on, and at most. */
const LISTED = { look: 1_000_000, after: 5_000_000, most: 300_000_000 };
/** The year 2000, UNIX us: has passed for every clock. */
const LONG_AGO = 946_684_800_000_000;
/** Trades that `replay_trades` sends again. */
const REPLAYED_TRADES = 20;

interface Case {
  readonly site: Site;
  readonly entry: ScriptEntry;
  /** Simulated UNIX us. */
  readonly now: number;
  readonly until: number;
}

/** Applies planned faults to venues and writes down each one that struck. */
export class Injector {
  readonly #options: InjectorOptions;
  /** Venues whose list lacks something: one change of it at a time, or nobody could be told of each. */
  readonly #unlisting = new Set<Exchange>();

  constructor(options: InjectorOptions) {
    this.#options = options;
  }

  /** Puts a script on the venues' agendas. Entries whose venue is absent are an error. */
  plan(script: readonly ScriptEntry[]): void {
    for (const entry of script) {
      const site = this.#siteOf(entry);
      site.exchange.agenda.once(this.#options.origin + Math.round(entry.at * 1000), () =>
        this.#apply(site, entry),
      );
    }
  }

  /** Injects now. Returns how many connections (or doors) it reached; a frame fault strikes with its next frame. */
  inject(entry: ScriptEntry): number {
    return this.#apply(this.#siteOf(entry), entry);
  }

  #siteOf(entry: ScriptEntry): Site {
    const { sites, random } = this.#options;
    const fits = sites.filter(
      ({ exchange }) =>
        (entry.venue === undefined || exchange.venue.id === entry.venue) &&
        applies(entry.fault, exchange.venue, entry.channel),
    );
    if (fits.length > 0) return random.pick(fits);
    const names = sites.map(({ exchange }) => exchange.venue.id).join(" ");
    throw new RangeError(
      `fault ${entry.fault}: expected a venue it applies to among ${names}, saw ${entry.venue ?? "none"}`,
    );
  }

  #apply(site: Site, entry: ScriptEntry): number {
    const now = site.exchange.time;
    const duration = entry.duration ?? faultOf(entry.fault).durationMs;
    const situation: Case = { site, entry, now, until: now + Math.round(duration * 1000) };
    const { target } = faultOf(entry.fault);
    if (target === "market") return this.#market(situation);
    if (target === "venue" || target === "rest") return this.#door(situation);
    const sessions = this.#targets(situation);
    for (const session of sessions) this.#strike(situation, session);
    return sessions.length;
  }

  /** The connections an entry is for: one of those that carry the symbol, or all of them. */
  #targets({ site, entry }: Case): Session[] {
    const carrying = [...site.exchange.sessions].filter(
      (session) =>
        !session.closed &&
        session.active.some(
          ({ symbol, channel }) =>
            (entry.symbol === undefined || symbol === entry.symbol) &&
            (faultOf(entry.fault).target !== "frame" ||
              channel === (entry.channel ?? channelOf(entry.fault))),
        ),
    );
    if (entry.every_connection || carrying.length === 0) return carrying;
    return [this.#options.random.pick(carrying)];
  }

  #record(situation: Case, session: Session | null, symbol: string | null, trade?: string): FaultRecord {
    const { site, entry, now, until } = situation;
    const { origin, log } = this.#options;
    const ts = site.exchange.time;
    const at = (ts - origin) / 1000;
    const end = at + (until - now) / 1000;
    const bound = boundOf(entry.fault, site.exchange.venue);
    return log.add({
      at,
      ts,
      fault: entry.fault,
      venue: site.exchange.venue.id,
      symbol,
      ...(trade === undefined ? {} : { trade }),
      connection: session?.id ?? null,
      until: end,
      liveBy: (faultOf(entry.fault).fromStart ? at : end) + bound,
    });
  }

  #strike(situation: Case, session: Session): void {
    const { entry } = situation;
    if (faultOf(entry.fault).target === "frame") {
      const struck = (event: MarketEvent): void => {
        this.#record(situation, session, event.symbol, event.type === "trade" ? event.id : undefined);
      };
      const channel = entry.channel ?? channelOf(entry.fault);
      const { times = 1 } = faultOf(entry.fault);
      for (let i = 0; i < times; i++)
        session.gate.arm({ fault: entry.fault, symbol: entry.symbol ?? null, channel, struck });
      return;
    }
    this.#record(situation, session, entry.symbol ?? null);
    ACTIONS[entry.fault]?.(session, situation);
  }

  #door(situation: Case): number {
    const { site, entry, until, now } = situation;
    const { exchange, server } = site;
    this.#record(situation, null, null);
    if (entry.fault === "rest_stale") server.rest.freezeSnapshots();
    exchange.switches.set(entry.fault, until);
    if (CUTS.has(entry.fault)) for (const session of exchange.sessions) session.wire.reset();
    if (entry.fault === "lifetime")
      for (const session of exchange.sessions) session.wire.close(1001, "the connection has lived its time");
    if (entry.fault === "refuse_subscribe")
      exchange.agenda.once(until, () => {
        for (const session of exchange.sessions) session.wire.reset();
      });
    if (entry.fault === "maintenance") this.#maintain(exchange, until);
    if (entry.fault === "restart") this.#restart(server, exchange, until - now);
    return 1;
  }

  /** Whoever is connected when it begins, and when it ends, is told. */
  #maintain(exchange: Exchange, until: number): void {
    const tell = (begins: boolean): void => {
      for (const session of exchange.sessions)
        session.tell(exchange.venue.server.maintenance?.(begins, session) ?? []);
    };
    tell(true);
    exchange.agenda.once(until, () => tell(false));
  }

  #restart(server: Site["server"], exchange: Exchange, micros: number): void {
    const gone = server.vanish();
    const back = (): void => void gone.then(() => server.restore()).catch(this.#options.failed);
    exchange.agenda.once(exchange.time + micros, back);
  }

  /** Not the last one: a list of nothing is no list. */
  #delist(situation: Case, symbol: string): number {
    const { exchange } = situation.site;
    if (exchange.instruments().length < 2 || this.#unlisting.has(exchange)) return 0;
    const end = this.#open(situation, symbol);
    exchange.list(symbol, false);
    this.#whenListed(situation, () => {
      exchange.list(symbol, true);
      end(exchange.time);
    });
    return 1;
  }

  /** Its date is one that has passed; the streams end when the list has told so, and nothing happens until it is back. */
  #expire(situation: Case): number {
    const { exchange } = situation.site;
    const { market } = exchange;
    const listing = market.listings.find((one) => one.listed && Number.isFinite(one.spec.instrument.expiry));
    if (listing === undefined || exchange.instruments().length < 2 || this.#unlisting.has(exchange)) return 0;
    const { symbol, expiry } = listing.spec.instrument;
    const end = this.#open(situation, symbol);
    market.quiet(listing, Infinity);
    exchange.change(symbol, { expiry: LONG_AGO });
    this.#whenListed(situation, () => {
      exchange.list(symbol, false);
      this.#whenListed(situation, () => {
        exchange.change(symbol, { expiry });
        exchange.list(symbol, true);
        market.quiet(listing, exchange.time);
        end(exchange.time);
      });
    });
    return 1;
  }

  /** Writes down a fault whose end is not known yet; what is returned is to be told it, UNIX us. */
  #open(situation: Case, symbol: string): (at: number) => void {
    const { exchange } = situation.site;
    this.#unlisting.add(exchange);
    const record = this.#record(situation, null, symbol);
    const bound = record.liveBy - record.until;
    const end = (at: number): void => {
      record.until = (at - this.#options.origin) / 1000;
      record.liveBy = record.until + bound;
    };
    end(situation.now + 2 * LISTED.most);
    return (at) => {
      this.#unlisting.delete(exchange);
      end(at);
    };
  }

  /**
   * Once the client was given the whole list as it is now, and some time after that. A round of requests that had begun
   * before may have been told the old list, so that two have to be answered.
   */
  #whenListed({ site: { exchange } }: Case, then: () => void): void {
    const given = exchange.listsGiven + 2 * exchange.venue.instruments.requests.length;
    const last = exchange.time + LISTED.most;
    const look = (): void => {
      const waits = exchange.listsGiven < given && exchange.time < last;
      if (waits) exchange.agenda.once(exchange.time + LISTED.look, look);
      else exchange.agenda.once(exchange.time + LISTED.after, then);
    };
    look();
  }

  #market(situation: Case): number {
    const { site, entry, until } = situation;
    const { market } = site.exchange;
    if (entry.fault === "burst") {
      market.burst = BURST;
      market.burstUntil = until;
      this.#record(situation, null, null);
      return 1;
    }
    if (entry.fault === "expire") return this.#expire(situation);
    if (entry.fault === "restart_ids") {
      if (!site.exchange.publisher.renumber()) return 0;
      this.#record(situation, null, null);
      return 1;
    }
    const listing =
      entry.symbol === undefined
        ? this.#options.random.pick(market.listings)
        : site.exchange.listing(entry.symbol);
    if (listing === undefined) return 0;
    if (entry.fault === "delist") return this.#delist(situation, listing.instrument.symbol);
    if (entry.fault === "skip_ids") listing.skipped += SKIPPED_IDS;
    else market.quiet(listing, until);
    this.#record(situation, null, listing.instrument.symbol);
    return 1;
  }
}

type Action = (session: Session, situation: Case) => void;

/** Faults of a connection or of one of its symbols. */
const ACTIONS: Partial<Record<FaultName, Action>> = {
  reset: (session) => session.wire.reset(),
  fin: (session) => session.wire.end(),
  going_away: (session) => session.wire.close(1001, "going away"),
  service_restart: (session) => session.wire.close(1012, "service restart"),
  half_open: (session, { site, until }) => {
    session.wire.freeze();
    site.exchange.agenda.once(until, () => session.wire.reset());
  },
  silence: (session, situation) => mute(session, null, situation),
  stall: (session, situation) => mute(session, situation.entry.symbol ?? null, situation),
  mute_heartbeat: (session, { site, until }) => {
    session.heartbeats = false;
    site.exchange.agenda.once(until, () => (session.heartbeats = true));
  },
  error_frame: (session, { site }) =>
    session.tell(site.exchange.venue.server.failure(new Error("Internal error"), session)),
  lag: (session, { site, until }) => {
    session.wire.hold(true);
    site.exchange.agenda.once(until, () => session.wire.hold(false));
  },
  slow_drip: (session, { site, now, until }) => {
    session.wire.hold(true);
    for (let at = now; at < until; at += DROP.micros)
      site.exchange.agenda.once(at, () => session.wire.drip(DROP.bytes));
    site.exchange.agenda.once(until, () => session.wire.hold(false));
  },
  zero_checksum: (session, { site, entry, until }) => {
    const symbol = entry.symbol ?? "";
    session.gate.blank(symbol, true);
    site.exchange.agenda.once(until, () => session.gate.blank(symbol, false));
  },
  replay_trades: (session, { site, entry }) => {
    const { publisher } = site.exchange;
    if (entry.symbol !== undefined) publisher.replay(session, entry.symbol, REPLAYED_TRADES);
  },
  resnapshot: (session, { site, entry }) => site.exchange.publisher.resnapshot(session, entry.symbol ?? null),
};

/**
 * Discards a symbol's data (null = all) for a while. Where only the connection counts its frames, or nothing does, nothing would
 * tell the client afterwards that it missed changes, so such a venue ends a stall with a full book.
 */
function mute(session: Session, symbol: string | null, { site, until }: Case): void {
  session.gate.silence(symbol, true);
  site.exchange.agenda.once(until, () => {
    session.gate.silence(symbol, false);
    const { book } = site.exchange.venue;
    if (book === "connectionWide" || book === "none") site.exchange.publisher.resnapshot(session, symbol);
  });
}
