import type { Venue } from "../model/index.ts";
import { wallClock, type Clock } from "./clock.ts";
import { Exchange } from "./exchange.ts";
import { specsOf } from "./lineup.ts";
import type { Listing } from "./listing.ts";
import { World } from "./market.ts";
import { PACED_KINDS, PacedMessages, type PacedKind } from "./paced-messages.ts";
import { Random } from "./random.ts";
import { VenueServer, type Endpoints } from "./server.ts";
import { Truth } from "./truth.ts";

/** Changes per second and instrument of the market itself: it stands still, all that happens is on the schedule. */
const SILENT = 1e-12;
/** Heartbeats, pings and snapshots are looked after this often, us. */
const CHORES = 1000;
/** Messages at most between two turns of the event loop, when the schedule is behind. */
const BURST = 256;
const MAX_BUFFERED = 64 << 20;

/** What was sent: told when its write begins. */
export interface PacedMessage {
  readonly kind: PacedKind;
  readonly symbol: string;
  /** Trade or update id; NaN where the venue gives this kind none. */
  readonly id: number;
  /** UNIX us at which it was to be sent: a whole number, and the time the event carries. */
  readonly due: number;
}

export interface PacedOptions {
  readonly venue: Venue;
  readonly instruments: number;
  /** Messages per second, evenly spaced. */
  readonly rate: number;
  /** Weights of the kinds. */
  readonly mix: Readonly<Partial<Record<PacedKind, number>>>;
  readonly seed?: string;
  /** On 127.0.0.1; 0 = any free one. */
  readonly port?: number;
  /** A message's write begins, `late` us after it was due. */
  sent(message: PacedMessage, late: number): void;
  /** After every turn of the loop: the thread is never idle while the schedule runs, so others may share it. */
  turn?(): void;
}

export interface Paced {
  readonly endpoints: Endpoints;
  readonly symbols: readonly string[];
  /** Connections there are. */
  readonly clients: number;
  /** Clients cut because they did not read. */
  readonly cut: number;
  /** From `start` until the last message after `stop` is sent. */
  readonly running: boolean;
  /** UNIX us, a whole number: where the clock of the schedule begins. */
  readonly origin: number;
  /** us since `origin`, by that clock; fractions count, which a UNIX time has no room for. */
  elapsed(): number;
  start(): void;
  /** Ends the schedule, after the message that waits for its time; chores and `turn` go on until `close`. */
  stop(): void;
  close(): Promise<void>;
}

/**
 * An open-loop load: a venue's server whose messages are due at evenly spaced times and are sent then, or as soon as
 * the thread can if it is late; the schedule never waits for a client, and every event carries the time it was due. So a
 * client that stalls is charged for every message it kept waiting (no coordinated omission). Each turn of the event
 * loop sends what is due: the thread is busy all the time.
 */
export async function startPaced(options: PacedOptions): Promise<Paced> {
  const load = new PacedLoad(options);
  await load.server.listen();
  load.run();
  return load;
}

class PacedLoad implements Paced {
  readonly server: VenueServer;
  readonly #options: PacedOptions;
  readonly #clock: Clock;
  readonly #exchange: Exchange;
  readonly #messages: PacedMessages;
  readonly #random: Random;
  readonly #kinds: readonly PacedKind[];
  readonly #step: number;
  readonly #started = performance.now();
  /** The message that waits in the socket's queue for its time. */
  #queued: PacedMessage | null = null;
  /** Times are us since the origin. */
  #due = Infinity;
  #first = 0;
  #count = 0;
  #chores = 0;
  #ending = false;
  #open = true;

  constructor(options: PacedOptions) {
    const { venue, rate } = options;
    if (!(rate > 0 && rate <= 1e6))
      throw new RangeError(`rate: expected a number above 0 and up to 1e6, saw ${rate}`);
    this.#options = options;
    this.#clock = wallClock(1, Math.floor((performance.timeOrigin + this.#started) * 1000));
    this.#random = new Random(options.seed ?? "load");
    const world = new World(this.#random, this.#clock.origin);
    const specs = specsOf({ venue }, options.instruments, this.#random);
    const truth = new Truth({ tops: false, states: 2 });
    this.#exchange = new Exchange({ venue, world, truth, specs, rate: SILENT, limits: false });
    this.#messages = new PacedMessages(venue, this.#random.fork("messages"));
    this.#kinds = kindsOf(options.mix, venue);
    this.#step = 1e6 / rate;
    const { port = 0 } = options;
    this.server = new VenueServer({
      exchange: this.#exchange,
      clock: this.#clock,
      host: "127.0.0.1",
      port,
      maxBuffered: MAX_BUFFERED,
    });
  }

  get endpoints(): Endpoints {
    return this.server.endpoints;
  }

  get symbols(): readonly string[] {
    return this.#exchange.specs.map((spec) => spec.instrument.symbol);
  }

  get clients(): number {
    return this.#exchange.stats.connections;
  }

  get cut(): number {
    return this.#exchange.stats.slow;
  }

  get running(): boolean {
    return this.#due < Infinity;
  }

  get origin(): number {
    return this.#clock.origin;
  }

  elapsed(): number {
    return (performance.now() - this.#started) * 1000;
  }

  start(): void {
    this.#ending = false;
    this.#first = this.elapsed() + this.#step;
    this.#count = 0;
    this.#due = Math.ceil(this.#first);
  }

  stop(): void {
    if (this.#queued === null) this.#due = Infinity;
    else this.#ending = true;
  }

  async close(): Promise<void> {
    this.stop();
    this.#open = false;
    await this.server.close();
  }

  readonly run = (): void => {
    if (!this.#open) return;
    this.#send();
    this.#options.turn?.();
    setImmediate(this.run);
  };

  /** Sends what is due, in one write if it is more than one message, and makes the next one ready. */
  #send(): void {
    const now = this.elapsed();
    let room = BURST;
    for (; this.#due <= now && room > 0; room--) {
      this.#queued ??= this.#make();
      if (this.#queued !== null) this.#options.sent(this.#queued, now - this.#due);
      this.#queued = null;
      this.#due = this.#ending ? Infinity : Math.ceil(this.#first + ++this.#count * this.#step);
    }
    if (room < BURST) this.#exchange.flush();
    // Only now, while nothing waits: they may write to the same sockets.
    if (this.#queued === null && now > this.#chores) this.#tidy(now);
    if (this.#queued === null && this.#due < Infinity) this.#queued = this.#make();
  }

  #tidy(now: number): void {
    this.#chores = now + CHORES;
    this.#exchange.run(this.origin + Math.floor(now));
    this.#exchange.flush();
  }

  /** The next message, put into the queue of every socket that wants it; null when none does. */
  #make(): PacedMessage | null {
    const kind = this.#random.pick(this.#kinds);
    const listing: Listing = this.#random.pick(this.#exchange.market.listings);
    const due = this.origin + this.#due;
    const { event, id } = this.#messages.make(kind, listing, due);
    const takers = this.#exchange.publisher.offer(listing, kind, event);
    if (takers === 0) return null;
    const sent = event.type === "book" ? Number(event.seq ?? NaN) : id;
    return { kind, symbol: listing.instrument.symbol, id: sent, due };
  }
}

/** The kinds, each as often as its weight says, in a hundred. RangeError for weights that are none. */
function kindsOf(mix: PacedOptions["mix"], venue: Venue): PacedKind[] {
  const offered = new Set(venue.sockets.flatMap((socket) => socket.channels));
  const weights = PACED_KINDS.map((kind) => mix[kind] ?? 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0) || weights.some((weight) => !(weight >= 0)))
    throw new RangeError(
      `mix: expected weights of ${PACED_KINDS.join(", ")}, one above 0, saw ${weights.join(", ")}`,
    );
  return PACED_KINDS.flatMap((kind, i) => {
    if (weights[i]! > 0 && !offered.has(kind))
      throw new RangeError(`mix: ${venue.id} has no channel ${kind}`);
    return Array.from({ length: Math.round((weights[i]! * 100) / total) }, () => kind);
  });
}
