import type { Carrier, Connection, Connections } from "../session/connections.ts";
import type { Market } from "../market/market.ts";
import { KIND, subscriptionKey } from "../../model/index.ts";
import type { Channel, Subscription } from "../../model/index.ts";

/** What judges one stream; `judge` answers 0 (in order), 1 (suspicious) or 2 (silent). Times are ms that only grow. */
export interface StreamJudge {
  /** The longest ordinary gap, ms, and from how long a silence is none. */
  readonly spacing: number;
  readonly limit: number;
  /** The silence now: ms, and events of the siblings. */
  readonly silence: number;
  readonly siblings: number;
  judge(now: number, count: number, siblings: number): number;
  /** The silence until now says nothing. */
  forget(now: number): void;
  /** Nobody listened for `ms`. */
  pause(ms: number): void;
  /** Nothing was missed: such a silence is ordinary. */
  absolve(now: number, silence?: number): void;
}

/**
 * Channels whose events come of themselves as long as there is a market, and the kinds that show it. Liquidations,
 * states and lists come when something happens: their silence is nothing strange.
 */
const JUDGED: Partial<Record<Channel, readonly number[]>> = {
  trade: [KIND.TRADE],
  agg_trade: [KIND.TRADE],
  quote: [KIND.QUOTE],
  book: [KIND.BOOK],
  partial_book: [KIND.BOOK],
  ticker: [KIND.TICKER, KIND.STATS, KIND.OPTION_TICKER],
};

/** A stream that was started again, until it is known whether that was right. */
export interface Restart {
  readonly at: number;
  readonly silence: number;
  readonly count: number;
  /** What was known of the market then. */
  readonly print: string;
}

/** One judged channel of one instrument. */
export class Stream {
  readonly market: Market;
  readonly subscription: Subscription;
  readonly judge: StreamJudge;
  readonly #kinds: readonly number[];
  session: Carrier;
  verdict = 0;
  /** What the venue said when asked: nothing was missed is no state, as the judge is told so. */
  probe: "none" | "asked" | "behind" = "none";
  probedAt = 0;
  restart: Restart | null = null;

  constructor(
    market: Market,
    subscription: Subscription,
    session: Carrier,
    kinds: readonly number[],
    judge: StreamJudge,
  ) {
    this.market = market;
    this.subscription = subscription;
    this.session = session;
    this.#kinds = kinds;
    this.judge = judge;
  }

  /** Events so far. */
  get count(): number {
    let sum = 0;
    for (const kind of this.#kinds) sum += this.market.heard[kind]!;
    return sum;
  }

  get isBook(): boolean {
    return this.market.bookSubscription?.channel === this.subscription.channel;
  }

  /** Whether events are to be expected at all. */
  get expected(): boolean {
    const { market, session, subscription } = this;
    if (market.retired || (this.isBook && !market.proved)) return false;
    const { status } = market.instrument;
    if (status !== "trading" && status !== "unknown") return false;
    const { state } = session.standing(subscription);
    return state !== "refused";
  }

  /** What is known of the market through this stream, to see later whether anything was missed; "" where nothing is. */
  print(): string {
    const { market, subscription } = this;
    if (subscription.channel === "quote") return market.topFromQuotes ? market.quote.join(" ") : "";
    if (!this.isBook) return "";
    const levels = new Float64Array(4 * PRINTED);
    market.book!.bids.copyTop(PRINTED, levels, 0);
    market.book!.asks.copyTop(PRINTED, levels, 2 * PRINTED);
    return levels.join(" ");
  }
}

/** Levels a side by which a book is known again. */
const PRINTED = 20;

/** The streams of one connection: siblings. */
export interface Siblings {
  readonly session: Carrier;
  readonly streams: Stream[];
}

/** The judged streams of a feed by connection; a stream that stays keeps what it has learned. */
export function streamsOf(
  connections: Connections,
  marketOf: (symbol: string) => Market | undefined,
  before: ReadonlyMap<string, Stream>,
  judge: () => StreamJudge,
): Siblings[] {
  return connections.all.map((connection) => ({
    session: connection.session,
    streams: carried(connection).flatMap((subscription) => {
      const kinds = JUDGED[subscription.channel];
      const market = marketOf(subscription.symbol);
      if (kinds === undefined || market === undefined) return [];
      const known = before.get(subscriptionKey(subscription));
      if (known?.market !== market)
        return [new Stream(market, subscription, connection.session, kinds, judge())];
      known.session = connection.session;
      return [known];
    }),
  }));
}

function carried({ session }: Connection): readonly Subscription[] {
  return session.shard.subscriptions;
}
