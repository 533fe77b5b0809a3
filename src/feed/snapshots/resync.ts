import type { LaneCore } from "../lane-core.ts";
import type { Market } from "../market/market.ts";
import type { Session } from "../session/session.ts";
import type { SnapshotQueue } from "./snapshots.ts";
import type { RestRequest, Subscription, Venue } from "../../model/index.ts";

/** Delays between tries to resynchronise one book: at once, then doubling. */
const MIN_MS = 250;
const MAX_MS = 30_000;
/** Delays after a snapshot that the venue refused. */
const REFUSED_MIN_MS = 1000;
const REFUSED_MAX_MS = 600_000;
/** A snapshot that the stream owes is waited for up to 16 times as long as the first time. */
const MAX_DOUBLINGS = 4;
/** Quiet books get their first snapshot although no diff asked for it. */
const FIRST_SNAPSHOT_MS = 1000;

export interface ResyncOptions {
  readonly venue: Venue;
  readonly core: LaneCore;
  readonly snapshots: SnapshotQueue;
  readonly restUrl: string;
  /** How long to wait for a snapshot that the stream should send before asking again. */
  readonly timeoutMs: number;
  /** Says on the log that a book is being resynchronised. */
  announce(market: Market): void;
  /** Takes a REST body; false when it is of no use. */
  apply(market: Market, body: Uint8Array): boolean;
  /** The venue refuses a snapshot for good. */
  refused(market: Market, reason: string): void;
}

/**
 * Sees to it that every book of a venue has a snapshot: asks at once the first time, then after growing delays, one
 * request per book at a time, the busiest first. Books that share a connection are asked for in one message.
 */
export class Resync {
  readonly #options: ResyncOptions;
  #stopped = false;

  constructor(options: ResyncOptions) {
    this.#options = options;
  }

  /** The connection of a book is up: its snapshot is on the way, or will be asked for. */
  begin(market: Market): void {
    const { venue, core } = this.#options;
    const fetched = venue.snapshot.via === "rest";
    market.waitingSince = fetched ? 0 : core.time.mark;
    market.resyncAt = fetched ? core.time.mark + FIRST_SNAPSHOT_MS : 0;
    market.tries = 0;
  }

  /** These books need a snapshot. */
  request(markets: readonly Market[]): void {
    const { mark } = this.#options.core.time;
    const due: Market[] = [];
    for (const market of markets) {
      if (market.waitingSince > 0 || market.refused || market.retired) continue;
      if (market.tries === 0) due.push(market);
      else if (market.resyncAt === 0)
        market.resyncAt = mark + delay(market.tries, this.#options.core.world.random());
    }
    this.#ask(due, mark);
  }

  /** Some times per second: what is due, and what did not come in time. */
  tick(markets: readonly Market[]): void {
    const { core, venue, timeoutMs } = this.#options;
    const { mark } = core.time;
    const inBand = venue.snapshot.via === "resubscribe";
    const due = markets.filter((market) => {
      if (market.proved || market.book === null || market.refused) return false;
      if (market.resyncAt > 0) return market.resyncAt <= mark;
      const patience = timeoutMs * 2 ** Math.min(Math.max(0, market.tries - 1), MAX_DOUBLINGS);
      return inBand && market.waitingSince > 0 && mark - market.waitingSince > patience;
    });
    this.#ask(due, mark);
  }

  stop(): void {
    this.#stopped = true;
  }

  #ask(markets: readonly Market[], mark: number): void {
    const { venue, announce } = this.#options;
    const again = new Map<Session, Subscription[]>();
    for (const market of markets.toSorted((a, b) => importance(b) - importance(a))) {
      const session = market.link?.session;
      // A recording brings its snapshots itself, and a closed connection cannot be asked.
      if (session === null || session === undefined || session.state !== "open") continue;
      market.tries += 1;
      market.waitingSince = mark;
      market.resyncAt = 0;
      if (market.state.resync()) announce(market);
      if (venue.snapshot.via === "rest") this.#fetch(market, venue.snapshot.request(market.symbol));
      else again.set(session, [...(again.get(session) ?? []), market.bookSubscription!]);
    }
    for (const [session, subscriptions] of again) session.resubscribe(subscriptions);
  }

  #fetch(market: Market, { path, weight }: RestRequest): void {
    const { snapshots, restUrl, venue, core } = this.#options;
    const asked = snapshots.request({
      key: market.symbol,
      url: restUrl + path,
      weight,
      importance: importance(market),
      usedWeightHeader: venue.rest.usedWeightHeader,
      done: (body, reason) => this.#arrived(market, body, reason),
    });
    // A request of the same name is on its way, perhaps for a listing that has gone since: its answer is not for this book.
    if (asked) return;
    market.tries -= 1;
    market.resyncAt = core.time.mark + MIN_MS;
  }

  #arrived(market: Market, body: Buffer | null, reason: string): void {
    if (this.#stopped || market.retired) return;
    market.waitingSince = 0;
    if (body === null) return this.#refused(market, reason);
    if (this.#options.apply(market, body)) return;
    if (!market.proved) this.request([market]);
  }

  /** A refusal for good is told once, and asked about again after ever longer pauses: venues err too. */
  #refused(market: Market, reason: string): void {
    if (market.tries <= 1) this.#options.refused(market, reason);
    const pause = Math.min(REFUSED_MAX_MS, REFUSED_MIN_MS * 2 ** Math.min(market.tries, 20));
    if (!market.proved) market.resyncAt = this.#options.core.time.mark + pause;
  }
}

/**
 * What is heard most is what readers miss most: events of all kinds so far, halved with each try, so that a book that does
 * not heal does not keep the others waiting.
 */
function importance({ heard, tries }: Market): number {
  return heard.reduce((sum, count) => sum + count, 0) / 2 ** Math.min(tries, 30);
}

/** Half to whole of a doubling delay, ms, as `chance` has it. */
function delay(tries: number, chance: number): number {
  return Math.min(MAX_MS, MIN_MS * 2 ** tries) * (0.5 + chance / 2);
}
