import type { Instrument, TradeEvent, Venue } from "../model/index.ts";
import { wallClock, type Clock } from "./clock.ts";
import { Control } from "./control.ts";
import { Exchange, type ExchangeStats } from "./exchange.ts";
import { FaultLog, type FaultRecord } from "./fault-log.ts";
import { Injector } from "./injector.ts";
import { specsOf, type VenueChoice } from "./lineup.ts";
import { Pace } from "./load.ts";
import { World } from "./market.ts";
import { Random } from "./random.ts";
import { makeScript, parseScript, type ScriptEntry, type ScriptOptions } from "./script.ts";
import { skewed } from "./skew.ts";
import { VenueServer, type Endpoints } from "./server.ts";
import type { TradeWitness } from "./trade-notes.ts";
import { Truth, type TruthLimits } from "./truth.ts";

/** Real ms between two steps of the simulated world. */
const STEP_MS = 5;
const PACE_MS = 250;
const DAY_MS = 86_400_000;
const DEAF_MS = 1000;
/**
 * Real us one step may catch up, at leisure and under load: an overloaded simulator lets its time fall behind
 * instead of sending seconds of market at once.
 */
const MAX_CATCH_UP = { leisure: 1_000_000, load: 100_000 };
/** Share of the time in steps above which the load is not raised any more. */
const SATURATED = 0.8;
const MAX_BUFFERED = 16 << 20;

/** How to draw a script: faults a minute, of which kinds, and from when for how long (simulated ms; default a day). */
export type FaultPlan = Pick<ScriptOptions, "perMinute" | "kinds" | "start"> & { readonly length?: number };

export interface SimulatorOptions {
  /** Venues, or venues with what they list. */
  readonly venues: readonly (Venue | VenueChoice)[];
  /** Common bases each venue lists when it names no instruments of its own; default 8. */
  readonly instruments?: number;
  readonly seed?: string | number;
  /** Simulated seconds per real second; default 1. */
  readonly speed?: number;
  /** Book changes per second and instrument in a quiet market; default 20. */
  readonly rate?: number;
  /** Drives the rate so that about this many messages leave per real second (all venues and clients together). */
  readonly load?: { readonly messagesPerSecond: number };
  /** Each venue that has dated futures lists one besides; default false. */
  readonly dated?: boolean;
  /** A script, or how to draw one; default none. */
  readonly faults?: readonly ScriptEntry[] | FaultPlan;
  /** Address to listen on; default 127.0.0.1. */
  readonly host?: string;
  /** Ports by venue id, and of "control"; 0 or left out = any free one. */
  readonly ports?: Readonly<Record<string, number>>;
  /** Allows a host that other machines can reach. */
  readonly allowRemote?: boolean;
  /** False: venues' limits on messages, streams, connections and REST weight are not enforced. */
  readonly limits?: boolean;
  readonly maxBuffered?: number;
  readonly truth?: Partial<TruthLimits>;
  /** Simulated UNIX us at the start; default the present. */
  readonly origin?: number;
  /** Told of every trade and of every frame of one, as it happens. */
  readonly onTrade?: TradeWitness;
}

export interface SimulatorStats {
  readonly venues: Record<string, ExchangeStats>;
  readonly messages: number;
  readonly bytes: number;
  /** Steps that were cut short because the machine could not keep up. */
  readonly overruns: number;
}

export interface Simulator {
  /** Where each venue answers, by venue id. */
  readonly endpoints: Record<string, Endpoints>;
  /** Base URL of the control interface. */
  readonly control: string;
  readonly truth: Truth;
  readonly faultLog: readonly FaultRecord[];
  /** Native symbols of each venue. */
  readonly symbols: Record<string, readonly string[]>;
  /** Simulated time, UNIX us. */
  now(): number;
  stats(): SimulatorStats;
  /** Lists an instrument that was taken off the list; both by venue id and native symbol. */
  list(venue: string, symbol: string): void;
  /** Takes an instrument off the venue's list while everything runs. */
  delist(venue: string, symbol: string): void;
  /** Changes what a venue's metadata says of an instrument. */
  change(venue: string, symbol: string, change: Partial<Pick<Instrument, "status" | "expiry">>): void;
  /** Trades that a venue still has, oldest first: what truly happened. */
  trades(venue: string, symbol: string, channel?: "trade" | "agg_trade"): readonly TradeEvent[];
  /** Id of the last trade of a symbol. With `next` given the venue counts anew: that is the id of the next one. */
  tradeId(venue: string, symbol: string, next?: number): number;
  /**
   * False during `dns_failure`, which a server cannot play: whoever opens the client's sockets asks and takes a name
   * that nobody knows. Who does not ask is refused with 503.
   */
  resolves(venue: string): boolean;
  /** Injects one fault now; returns how many connections or doors it reached. */
  inject(entry: Omit<ScriptEntry, "at">): number;
  /** Puts faults on the agenda, at simulated ms since the start: they strike then, to the microsecond. */
  plan(script: readonly ScriptEntry[]): void;
  close(): Promise<void>;
}

/** The world's wheel: one timer that lets time pass for every venue. */
class Wheel {
  overruns = 0;
  /** Real ms spent in steps. */
  busyMs = 0;
  readonly #timers: NodeJS.Timeout[] = [];
  #skipped = 0;
  readonly #clock: Clock;
  readonly #maxCatchUp: number;

  /** `maxCatchUp`: simulated us one step may be long. */
  constructor(clock: Clock, maxCatchUp: number) {
    this.#clock = clock;
    this.#maxCatchUp = maxCatchUp;
  }

  /** The simulated time everybody goes by: the clock's, less what an overloaded machine had to leave out. */
  now(): number {
    return this.#clock.now() - this.#skipped;
  }

  every(ms: number, run: () => void): void {
    const timed = (): void => {
      const started = performance.now();
      run();
      this.busyMs += performance.now() - started;
    };
    this.#timers.push(setInterval(timed, ms));
  }

  /** Limits how far the world jumps from `from`. */
  bound(from: number): void {
    const late = this.now() - from - this.#maxCatchUp;
    if (late <= 0) return;
    this.#skipped += late;
    this.overruns += 1;
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }
}

/** Starts every venue on its own port and lets the market run until `close`. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const host = checkHost(options);
  const wall = wallClock(options.speed ?? 1, options.origin);
  const catchUp = options.load === undefined ? MAX_CATCH_UP.leisure : MAX_CATCH_UP.load;
  const wheel = new Wheel(wall, catchUp * wall.speed);
  const clock: Clock = { now: () => wheel.now(), speed: wall.speed, origin: wall.origin };
  const random = new Random(String(options.seed ?? 1));
  const truth = new Truth({ tops: options.load === undefined, ...options.truth });
  const log = new FaultLog();
  const exchanges = makeExchanges(options, new World(random, wall.origin), truth, log);
  const servers = exchanges.map((exchange) => {
    const port = options.ports?.[exchange.venue.id] ?? 0;
    return new VenueServer({ exchange, clock, host, port, maxBuffered: options.maxBuffered ?? MAX_BUFFERED });
  });
  const sites = servers.map((server) => ({ exchange: server.exchange, server }));
  const failed = (error: Error): void => void process.emitWarning(`simulator: ${error.message}`);
  const injector = new Injector({ sites, log, random: random.fork("faults"), origin: wall.origin, failed });
  injector.plan(scriptOf(options, exchanges, random));
  const stats = (): SimulatorStats => statsOf(exchanges, wheel.overruns);
  const control = new Control({ host, port: options.ports?.["control"] ?? 0, truth, log, injector, stats });
  await listenAll([...servers, control]);
  start(wheel, servers, options);
  return {
    endpoints: byVenue(exchanges, (_, i) => servers[i]!.endpoints),
    control: control.url,
    truth,
    faultLog: log.records,
    symbols: byVenue(exchanges, ({ specs }) => specs.map((spec) => spec.instrument.symbol)),
    now: clock.now,
    stats,
    list: (venue, symbol) => exchangeOf(exchanges, venue).list(symbol, true),
    delist: (venue, symbol) => exchangeOf(exchanges, venue).list(symbol, false),
    change: (venue, symbol, change) => exchangeOf(exchanges, venue).change(symbol, change),
    trades: (venue, symbol, channel = "trade") => {
      const { publisher } = exchangeOf(exchanges, venue);
      const listing = publisher.listing(symbol);
      return listing === undefined ? [] : publisher.past(listing, channel);
    },
    tradeId: (venue, symbol, next) => {
      const listing = exchangeOf(exchanges, venue).listing(symbol);
      if (listing === undefined) throw new RangeError(`${venue} has no ${symbol}`);
      const last = listing.tradeId;
      if (next !== undefined) listing.tradeId = next - 1;
      return last;
    },
    resolves: (venue) => {
      const { switches, time } = exchangeOf(exchanges, venue);
      return !switches.on("dns_failure", time);
    },
    inject: (entry) => injector.inject({ ...entry, at: 0 }),
    plan: (script) => injector.plan(script),
    close: async () => {
      wheel.stop();
      await Promise.all([...servers, control].map((one) => one.close()));
    },
  };
}

function start(wheel: Wheel, servers: readonly VenueServer[], options: SimulatorOptions): void {
  const exchanges = servers.map((server) => server.exchange);
  wheel.every(STEP_MS, () => {
    wheel.bound(Math.max(...exchanges.map((exchange) => exchange.time)));
    const now = wheel.now();
    for (const exchange of exchanges) {
      exchange.run(now);
      exchange.flush();
    }
  });
  wheel.every(DEAF_MS, () => {
    for (const server of servers) server.cutDeaf();
  });
  if (options.load === undefined) return;
  const pace = new Pace(exchanges, options.load.messagesPerSecond, performance.now());
  let busyMs = 0;
  wheel.every(PACE_MS, () => {
    pace.correct(performance.now(), wheel.busyMs - busyMs > SATURATED * PACE_MS);
    busyMs = wheel.busyMs;
  });
}

function makeExchanges(options: SimulatorOptions, world: World, truth: Truth, log: FaultLog): Exchange[] {
  if (options.venues.length === 0) throw new RangeError("venues: expected at least one, saw none");
  return options.venues.map((one) => {
    const { dated } = options;
    const choice: VenueChoice = {
      ...(dated === undefined ? {} : { dated }),
      ...("venue" in one ? one : { venue: one }),
    };
    const { clockSkewMs = 0 } = choice;
    const venue = skewed(choice.venue, clockSkewMs);
    const exchange: Exchange = new Exchange({
      venue,
      world,
      truth,
      specs: specsOf(choice, options.instruments ?? 8, world.random),
      rate: options.rate ?? 20,
      limits: options.limits ?? true,
      clockSkewMs,
      onTrade: options.onTrade,
      healed: (symbol, by) => log.heal(venue.id, symbol, by, (exchange.time - world.origin) / 1000),
    });
    return exchange;
  });
}

function scriptOf(
  options: SimulatorOptions,
  exchanges: readonly Exchange[],
  random: Random,
): readonly ScriptEntry[] {
  const { faults } = options;
  if (faults === undefined) return [];
  if (Array.isArray(faults)) return parseScript(faults);
  const venues = exchanges.map(({ venue }) => venue);
  const symbols = exchanges.map(({ specs }) => specs.map((spec) => spec.instrument.symbol));
  const plan = faults as FaultPlan;
  return makeScript({
    ...plan,
    seed: random.fork("script").name,
    venues,
    symbols,
    length: plan.length ?? DAY_MS,
  });
}

async function listenAll(parts: readonly (VenueServer | Control)[]): Promise<void> {
  const results = await Promise.allSettled(parts.map((part) => part.listen()));
  const failure = results.find((result) => result.status === "rejected");
  if (failure === undefined) return;
  await Promise.allSettled(
    parts.filter((_, i) => results[i]!.status === "fulfilled").map((part) => part.close()),
  );
  throw failure.reason;
}

function statsOf(exchanges: readonly Exchange[], overruns: number): SimulatorStats {
  const sum = (key: "messages" | "bytes"): number =>
    exchanges.reduce((total, { stats }) => total + stats[key], 0);
  const venues = byVenue(exchanges, ({ stats }) => ({ ...stats }));
  return { venues, messages: sum("messages"), bytes: sum("bytes"), overruns };
}

function byVenue<T>(
  exchanges: readonly Exchange[],
  value: (exchange: Exchange, i: number) => T,
): Record<string, T> {
  return Object.fromEntries(exchanges.map((exchange, i) => [exchange.venue.id, value(exchange, i)]));
}

function exchangeOf(exchanges: readonly Exchange[], id: string): Exchange {
  const found = exchanges.find(({ venue }) => venue.id === id);
  if (found !== undefined) return found;
  throw new RangeError(
    `venue: expected one of ${exchanges.map(({ venue }) => venue.id).join(", ")}, saw ${id}`,
  );
}

/** The address to listen on. Throws RangeError when others could reach it and that was not allowed. */
function checkHost({ host = "127.0.0.1", allowRemote = false }: SimulatorOptions): string {
  const loopback = host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
  if (loopback || allowRemote) return host;
  throw new RangeError(`host: expected a loopback address (or allowRemote), saw ${host}`);
}
