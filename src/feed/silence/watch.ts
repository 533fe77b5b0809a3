import type { BookKeeper } from "../market/book-keeper.ts";
import type { WindowBudget } from "../snapshots/budget.ts";
import type { Connections } from "../session/connections.ts";
import type { FeedOptions, FeedParts } from "../feed-options.ts";
import type { LaneCore, ReportLevel } from "../lane-core.ts";
import type { Latest } from "../market/latest.ts";
import type { Market } from "../market/market.ts";
import type { Markets } from "../market/markets.ts";
import type { Meters } from "../meters.ts";
import { sequenceOf } from "../snapshots/sequence-probe.ts";
import type { SnapshotQueue } from "../snapshots/snapshots.ts";
import { streamsOf } from "./streams.ts";
import type { Restart, Siblings, Stream, StreamJudge } from "./streams.ts";
import { REASON, subscriptionKey } from "../../model/index.ts";
import type { Venue } from "../../model/index.ts";

/** How often the list of streams is made anew, ms. */
const REFRESH_MS = 1000;
/**
 * A tick that comes so long after the last: the thread was busy, and what it has not read yet is not silence. In shorter
 * pauses the siblings were not read either, and their clock stood still.
 */
const LATE_MS = 500;
/** A question that is not answered in this time, ms, is no reason to wait. */
const ANSWER_MS = 5000;
/** A snapshot that is ahead proves silence only when what leads there does not come: an ordinary gap, within limits, ms. */
const ON_THE_WAY_MS = { least: 300, most: 1000 };
/** Streams of one feed started again in a minute at most: what is more is not one symbol's matter. */
const RESTARTS_PER_MINUTE = 6;
/** Requests of this weight must be left for those who need a snapshot before one is spent on a question. */
const SPARE = 4;
/** After a restart: a stream that was cut off speaks again, and goes on, within this share of its silence. */
const RESUMES = 0.25;
/** A book without a snapshot for so long, ms, is seen to by those who fetch snapshots. */
const GIVE_UP_MS = 60_000;

const OK = 0;
const SILENT = 2;

export interface SilenceWatchOptions {
  readonly venue: Venue;
  readonly core: LaneCore;
  readonly keeper: BookKeeper;
  readonly latest: Latest;
  readonly meters: Meters;
  readonly markets: Markets;
  readonly connections: Connections;
  readonly snapshots: SnapshotQueue;
  readonly weight: WindowBudget;
  readonly restUrl: string;
  judge(): StreamJudge;
  /** Says on the log and in the tables what a book's validity is now. */
  announce(market: Market): void;
  /** Sees to the books that broke. */
  resync(): void;
  report(level: ReportLevel, message: string, facts: Record<string, unknown>): void;
}

/**
 * Finds streams that fell silent while their siblings on the same connection talk on; that siblings talk is a better
 * proof of a living connection than any ping. Before a stream is cut, the venue is asked where it can be (a fetched
 * snapshot of the book: is its number ahead of ours?). Then its prices are doubted, and that one stream is subscribed
 * again. What the new stream says tells whether it was right; what was only quiet is learned as ordinary.
 */
export class SilenceWatch {
  readonly #options: SilenceWatchOptions;
  #siblings: Siblings[] = [];
  #refreshedAt = -Infinity;
  #tickedAt = NaN;
  readonly #restarts: number[] = [];

  constructor(options: SilenceWatchOptions) {
    this.#options = options;
  }

  /** Some times per second. */
  tick(): void {
    const { mark } = this.#options.core.time;
    const late = mark - this.#tickedAt;
    this.#tickedAt = mark;
    if (mark - this.#refreshedAt >= REFRESH_MS) this.#refresh(mark);
    for (const { session, streams } of this.#siblings) {
      let total = 0;
      for (const one of streams) total += one.count;
      for (const one of streams) {
        if (late > LATE_MS) one.judge.pause(late);
        if (session.state === "open") this.#look(one, total, mark);
        else away(one, mark);
      }
    }
  }

  #refresh(mark: number): void {
    const { connections, markets, judge } = this.#options;
    this.#refreshedAt = mark;
    const before = new Map(
      this.#siblings.flatMap(({ streams }) =>
        streams.map((one) => [subscriptionKey(one.subscription), one] as const),
      ),
    );
    this.#siblings = streamsOf(connections, (symbol) => markets.get(symbol), before, judge);
  }

  #look(one: Stream, total: number, mark: number): void {
    const { count, judge } = one;
    const verdict = judge.judge(mark, count, total - count);
    if (one.restart !== null) return this.#after(one, one.restart, mark);
    if (!one.expected) return away(one, mark);
    const before = one.verdict;
    one.verdict = verdict;
    if (verdict === OK) {
      one.probe = "none";
      return;
    }
    if (before === OK) this.#suspect(one, mark);
    const waited = mark - one.probedAt;
    const { least, most } = ON_THE_WAY_MS;
    const proved = one.probe === "behind" && waited >= Math.min(most, Math.max(least, judge.spacing));
    if (proved || (verdict === SILENT && one.probe !== "behind" && !asking(one, waited)))
      this.#restart(one, mark);
  }

  /** Asks the venue, where it can be asked and the request does not stand in anybody's way. */
  #suspect(one: Stream, mark: number): void {
    const { core, meters, venue, snapshots, restUrl, weight } = this.#options;
    core.counters.add(meters.silenceSuspected, 1);
    if (venue.snapshot.via !== "rest" || !one.isBook) return;
    const request = venue.snapshot.request(one.market.symbol);
    if (weight.free(core.world.now()) < SPARE * request.weight) return;
    const asked = snapshots.request({
      key: `probe ${one.market.symbol}`,
      url: restUrl + request.path,
      weight: request.weight,
      usedWeightHeader: venue.rest.usedWeightHeader,
      done: (body) => this.#answered(one, body),
    });
    if (!asked) return;
    one.probe = "asked";
    one.probedAt = mark;
  }

  #answered(one: Stream, body: Buffer | null): void {
    const { core, meters } = this.#options;
    if (one.probe !== "asked" || one.verdict === OK) return;
    one.probe = "none";
    const { markets, venue } = this.#options;
    const seq = body === null ? NaN : sequenceOf(venue, one.market.symbol, body, markets.symbols, core.slab);
    if (!(seq >= 0)) return;
    const { mark } = core.time;
    if (seq > one.market.sequencer.last) {
      one.probe = "behind";
      one.probedAt = mark;
      return;
    }
    core.counters.add(meters.silenceFalse, 1);
    one.judge.absolve(mark);
    one.verdict = OK;
  }

  #restart(one: Stream, mark: number): void {
    if (!this.#mayRestart(mark)) return;
    const { core, meters, keeper, latest, announce, report, resync, venue } = this.#options;
    const { market, subscription, judge, session, count } = one;
    report("warn", "silent while others of its connection talk: subscribed again", {
      channel: subscription.channel,
      symbol: market.symbol,
      silent_ms: Math.round(judge.silence),
      expected_ms: Math.round(judge.limit),
      spacing_ms: Math.round(judge.spacing),
      others: judge.siblings,
      proof: one.probe === "behind" ? "a fetched snapshot is ahead" : "none but the silence",
    });
    core.counters.add(meters.silenceRestarts, 1);
    one.restart = { at: mark, silence: judge.silence, count, print: one.print() };
    one.probe = "none";
    one.verdict = OK;
    judge.forget(mark);
    if (one.isBook) {
      if (market.state.stale(true)) announce(market);
      keeper.break(market, meters, REASON.SILENT);
      core.writer.ring.commit();
    } else if (subscription.channel === "quote") latest.quotesStale(market, REASON.SILENT);
    if (!one.isBook || venue.snapshot.via === "rest") session.resubscribe([subscription]);
    resync();
  }

  #mayRestart(mark: number): boolean {
    while (this.#restarts.length > 0 && mark - this.#restarts[0]! > 60_000) this.#restarts.shift();
    if (this.#restarts.length >= RESTARTS_PER_MINUTE) return false;
    this.#restarts.push(mark);
    return true;
  }

  /** Was anything missed? A market that is as it was was quiet; one that is not, or goes on at once, was cut off. */
  #after(one: Stream, restart: Restart, mark: number): void {
    const { at, silence, count, print } = restart;
    const known = one.isBook ? one.market.proved : one.count > count;
    const over = mark - at > (one.isBook ? GIVE_UP_MS : Math.max(LATE_MS, RESUMES * silence));
    if (print !== "" && known) this.#settle(one, one.print() !== print, mark);
    else if (print === "" && one.count > count + 1) this.#settle(one, true, mark);
    else if (over && one.isBook) one.restart = null;
    else if (over) this.#settle(one, false, mark);
  }

  #settle(one: Stream, right: boolean, mark: number): void {
    const { core, meters, report } = this.#options;
    const { silence, at } = one.restart!;
    core.counters.add(right ? meters.silenceConfirmed : meters.silenceFalse, 1);
    one.restart = null;
    if (right) return;
    one.judge.absolve(mark, mark - at + silence);
    const { channel, symbol } = one.subscription;
    report("info", "it was only quiet: such silences are ordinary from now on", { channel, symbol });
  }
}

function asking({ probe }: Stream, waited: number): boolean {
  return probe === "asked" && waited < ANSWER_MS;
}

/** Nothing can be expected of it now. */
function away(one: Stream, mark: number): void {
  one.judge.forget(mark);
  one.verdict = OK;
  one.probe = "none";
  one.restart = null;
}

/** What a feed gives to those who look after its streams and books. */
export type Watched = Omit<SilenceWatchOptions, "judge" | "core" | "keeper" | "latest" | "resync">;

/** The watch of one feed, where its silence is judged. */
export function silenceOf(
  { judgeSilence: judge }: FeedOptions,
  parts: FeedParts,
  own: Watched,
): SilenceWatch | null {
  if (judge === undefined) return null;
  const { core, keeper, latest, resync } = parts;
  return new SilenceWatch({ ...own, core, keeper, latest, resync, judge });
}
