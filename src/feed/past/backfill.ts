import { MAX_HOLE } from "../../book/index.ts";
import type { TradeHole } from "../../book/index.ts";
import { subscriptionKey, toMicros } from "../../model/index.ts";
import type { TradeHistory, TradeSpan, Venue } from "../../model/index.ts";
import type { FeedOptions, FeedParts } from "../feed-options.ts";
import type { LaneCore, Report } from "../lane-core.ts";
import type { Market } from "../market/market.ts";
import type { Markets } from "../market/markets.ts";
import type { Meters } from "../meters.ts";
import { takePast } from "./past-trades.ts";
import type { TradePage } from "./past-trades.ts";
import type { Session } from "../session/session.ts";
import type { SnapshotQueue } from "../snapshots/snapshots.ts";

/** A venue's list may lag behind its stream, and what is late may still come by itself: the first question waits, ms. */
const FIRST_MS = 500;
/** Answers of no use (unreadable, not reaching the span), each asked again after twice the time of the one before. */
const MAX_TRIES = 6;
/** Answers a span may take. */
const MAX_PAGES = 50;
/** A span that has not been fetched by then is given up, ms. */
const MAX_AGE_MS = 600_000;
/** Ranges of ids in one line for the operator. */
const SHOWN_RANGES = 20;

export interface BackfillOptions {
  readonly venue: Venue;
  readonly core: LaneCore;
  readonly snapshots: SnapshotQueue;
  readonly restUrl: string;
  readonly meters: Meters;
  readonly markets: Markets;
  /** Takes a body into the log as far as it is of the hole; null when it is not readable. */
  take(market: Market, body: Uint8Array, hole: TradeHole): TradePage | null;
  readonly report: Report;
}

/** One hole and how far it has been asked for. */
interface Search {
  readonly market: Market;
  readonly hole: TradeHole;
  /** Every id between the ends is of a trade, or proved not to be. */
  readonly counted: boolean;
  readonly since: number;
  span: TradeSpan;
  dueAt: number;
  pages: number;
  tries: number;
  refused: number;
  recovered: number;
  asked: boolean;
}

/**
 * Fetches trades that were missed, on what others leave of the request-weight budget: one request per instrument at a
 * time, from either end of the hole inwards, until both ends met. What lay between them then, and was in no answer, never
 * existed; a hole that cannot be closed is named and counted as lost. Live trades wait for nothing here.
 */
export class Backfill {
  readonly #options: BackfillOptions;
  readonly #history: TradeHistory;
  readonly #searches = new Map<Market, Search[]>();

  constructor(options: BackfillOptions, history: TradeHistory) {
    this.#options = options;
    this.#history = history;
  }

  /** Spans that are being asked for. */
  get pending(): number {
    let sum = 0;
    for (const list of this.#searches.values()) sum += list.length;
    return sum;
  }

  /** As the hook of the intake; `low` and `high`: venue time of trade `to`, halves. Nothing is asked for, written or said before the next tick. */
  missed(market: Market, from: number, to: number, low: number, high: number, counted: boolean): void {
    const channel = channelOf(market);
    if (channel === null) return;
    const { mark } = this.#options.core.time;
    const fromTime = toMicros(market.tradeTime[1]!, market.tradeTime[0]!);
    const fits = !counted || to - from <= MAX_HOLE;
    const hole = fits ? market.trades.open(from, to) : null;
    if (hole === null) return this.#unopened(market, from, to, counted);
    const span: TradeSpan = { channel, from, fromTime, to, toTime: toMicros(high, low) };
    const search: Search = {
      market,
      hole,
      counted,
      since: mark,
      span,
      dueAt: mark + FIRST_MS,
      pages: 0,
      tries: 0,
      refused: 0,
      recovered: 0,
      asked: false,
    };
    const list = this.#searches.get(market);
    if (list === undefined) this.#searches.set(market, [search]);
    else list.push(search);
  }

  /** A connection is gone: what comes next of its trades may not be what came next, unless another carries them too. */
  cut(session: Session, all: readonly Session[]): void {
    const others = all.filter((one) => one !== session && one.state === "open");
    const carried = new Set(others.flatMap((one) => one.shard.subscriptions.map(subscriptionKey)));
    for (const subscription of session.shard.subscriptions) {
      const { channel, symbol } = subscription;
      if (channel !== "trade" && channel !== "agg_trade") continue;
      const market = this.#options.markets.get(symbol);
      if (market !== undefined && !carried.has(subscriptionKey(subscription))) market.tradesCut = true;
    }
  }

  #unopened(market: Market, from: number, to: number, counted: boolean): void {
    const ranges: [number, number][] = [[from + 1, to - 1]];
    this.#lost(market, ranges, counted, "more is missing than can be kept in mind");
  }

  /** Some times per second. */
  tick(): void {
    const { mark } = this.#options.core.time;
    for (const [market, list] of this.#searches) {
      const [search] = list;
      if (search === undefined) this.#searches.delete(market);
      else if (search.hole.closed) this.#giveUp(search, "the venue numbers its trades anew");
      else if (market.retired) this.#giveUp(search, "not listened to any more");
      else if (mark - search.since > MAX_AGE_MS) this.#giveUp(search, `not answered in ${MAX_AGE_MS} ms`);
      else if (!search.asked && search.dueAt <= mark) this.#ask(search);
    }
  }

  /** Everything that is not there yet is given up. */
  stop(): void {
    for (const search of [...this.#searches.values()].flat()) this.#giveUp(search, "stopped");
  }

  #ask(search: Search): void {
    const { snapshots, restUrl, venue } = this.#options;
    const { market, span, refused, hole, counted } = search;
    if (counted && hole.filled === hole.size) return this.#found(search);
    const request = this.#history.request(market.symbol, span, refused);
    if (request === null) return this.#giveUp(search, "the venue refuses to list them");
    search.asked = snapshots.request({
      key: `trades ${market.symbol}`,
      url: restUrl + request.path,
      weight: request.weight,
      usedWeightHeader: venue.rest.usedWeightHeader,
      spare: true,
      done: (body, reason) => this.#answered(search, body, reason),
    });
  }

  #answered(search: Search, body: Buffer | null, reason: string): void {
    const { market, hole } = search;
    search.asked = false;
    if (hole.closed || market.retired) return;
    if (body === null) return this.#refused(search, reason);
    const page = this.#options.take(market, body, hole);
    search.recovered += page?.recovered ?? 0;
    if (page === null || !this.#advance(search, page)) return this.#again(search);
    search.pages += 1;
    const { from, to } = search.span;
    if (from >= to) this.#found(search);
    else if (search.pages >= MAX_PAGES) this.#giveUp(search, `more than ${MAX_PAGES} answers`);
    else this.#ask(search);
  }

  /** Another way to ask, if there is one. */
  #refused(search: Search, reason: string): void {
    search.refused += 1;
    const other = this.#history.request(search.market.symbol, search.span, search.refused);
    if (other === null) this.#giveUp(search, reason);
    else this.#ask(search);
  }

  /** Narrows the span by what a page has told of, from the end that the page holds; false when it holds none. */
  #advance(search: Search, { first, firstTime, last, lastTime }: TradePage): boolean {
    const { span } = search;
    if (first <= span.from && last > span.from)
      search.span = { ...span, from: Math.min(last, span.to), fromTime: lastTime };
    else if (last >= span.to && first < span.to)
      search.span = { ...span, to: Math.max(first, span.from), toTime: firstTime };
    else return false;
    return true;
  }

  #again(search: Search): void {
    search.tries += 1;
    if (search.tries >= MAX_TRIES) return this.#giveUp(search, "the venue's list does not reach them");
    search.dueAt = this.#options.core.time.mark + FIRST_MS * 2 ** search.tries;
  }

  #found(search: Search): void {
    const { core, meters, report } = this.#options;
    const { hole, market, counted, recovered, pages } = search;
    const never = counted ? hole.missing() : [];
    core.counters.add(meters.spansFetched, pages > 0 ? 1 : 0);
    core.counters.add(meters.tradesNeverExisted, count(never));
    if (never.length > 0) core.settled?.(market.id, never, "never_existed");
    this.#drop(search);
    if (recovered === 0 && never.length === 0) return;
    report("info", "missed trades were fetched", {
      symbol: market.symbol,
      after: hole.from,
      before: hole.to,
      recovered,
      ...(never.length > 0 ? { never_existed: shown(never) } : {}),
    });
  }

  #giveUp(search: Search, reason: string): void {
    const { hole, market, counted } = search;
    this.#drop(search);
    this.#lost(market, hole.missing(), counted, reason);
  }

  #lost(market: Market, ranges: [number, number][], counted: boolean, reason: string): void {
    const { core, meters, report } = this.#options;
    core.counters.add(meters.spansLost, 1);
    // Where ids only grow, most of those in between are of no trade at all.
    if (counted) core.counters.add(meters.tradesLost, count(ranges));
    if (counted) core.settled?.(market.id, ranges, "lost");
    report("warn", counted ? "trades are lost" : "trades may be lost", {
      symbol: market.symbol,
      ids: shown(ranges),
      reason,
    });
  }

  #drop(search: Search): void {
    search.hole.closed = true;
    const list = this.#searches.get(search.market) ?? [];
    const at = list.indexOf(search);
    if (at >= 0) list.splice(at, 1);
  }
}

/** The one channel that a market's trades come from; null where two mix their ids. */
function channelOf({ tradeChannels }: Market): TradeSpan["channel"] | null {
  return tradeChannels.length === 1 ? tradeChannels[0]! : null;
}

function count(ranges: readonly (readonly [number, number])[]): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
}

/** `1001-1004 1010`, the first ones when there are very many. */
function shown(ranges: readonly (readonly [number, number])[]): string {
  const texts = ranges
    .slice(0, SHOWN_RANGES)
    .map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
  const more = ranges.length - texts.length;
  return texts.join(" ") + (more > 0 ? ` and ${more} more` : "");
}

/** The backfill of one feed, where its venue lists past trades and the feed wants it. */
export function backfillOf(
  { backfill }: FeedOptions,
  { core, intake }: FeedParts,
  own: Omit<BackfillOptions, "core" | "take">,
): Backfill | null {
  const { history } = own.venue;
  if (history === undefined || backfill !== true) return null;
  const { meters } = own;
  const { symbols } = own.markets;
  const take: BackfillOptions["take"] = (market, body, hole) => {
    intake.endOfRead();
    return takePast(core, { history, market, body, hole, meters, symbols });
  };
  return new Backfill({ ...own, core, take }, history);
}
