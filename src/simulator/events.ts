import {
  SIDE,
  sideWord,
  type BookEvent,
  type InstrumentEvent,
  type Level,
  type LiquidationEvent,
  type OptionTickerEvent,
  type QuoteEvent,
  type TickerEvent,
  type TradeEvent,
} from "../model/index.ts";
import { rounded, sizeOf } from "./grid.ts";
import type { Fill, Listing } from "./listing.ts";

/** Funding is paid every eight hours, at 00:00, 08:00 and 16:00 UTC. */
const FUNDING = 8 * 3_600_000_000;

interface Common {
  venue: string;
  symbol: string;
  instrument: string;
  ts_event: number;
  ts_recv: number;
}

/** The market's facts as events of the common form; the venue's grammar turns them into its own frames. */
export class Events {
  readonly #venue: string;

  constructor(venue: string) {
    this.#venue = venue;
  }

  #common(listing: Listing, at: number): Common {
    const { symbol, canonical } = listing.instrument;
    return { venue: this.#venue, symbol, instrument: canonical, ts_event: at, ts_recv: at };
  }

  trade(listing: Listing, fill: Fill, lots: number, id: number): TradeEvent {
    const { grid } = listing.spec;
    return {
      type: "trade",
      ...this.#common(listing, listing.time),
      id: String(id),
      price: listing.book.bids.priceOfTicks(fill.ticks),
      size: sizeOf(grid, lots),
      side: sideWord(fill.aggressor),
    };
  }

  quote(listing: Listing, at: number, updateId: string | null): QuoteEvent {
    const { bids, asks } = listing.book;
    return {
      type: "quote",
      ...this.#common(listing, at),
      bid_price: bids.priceAt(0),
      bid_size: bids.sizeAt(0),
      ask_price: asks.priceAt(0),
      ask_size: asks.sizeAt(0),
      update_id: updateId,
    };
  }

  /** The best `depth` levels of a book as a full state. */
  snapshot(listing: Listing, at: number, depth: number, seq: string | null): BookEvent {
    const { bids, asks } = listing.book;
    return this.book(listing, at, "snapshot", bids.levels(depth), asks.levels(depth), seq, null);
  }

  book(
    listing: Listing,
    at: number,
    action: "snapshot" | "update",
    bids: Level[],
    asks: Level[],
    seq: string | null,
    prev: string | null,
  ): BookEvent {
    return { type: "book", ...this.#common(listing, at), action, bids, asks, seq, prev_seq: prev };
  }

  /** Statistics of the day; for perpetuals mark, index and funding instead; the figures of an option. */
  ticker(listing: Listing, at: number, index: number, fair: number): TickerEvent | OptionTickerEvent {
    const common: TickerEvent = { type: "ticker", ...this.#common(listing, at) };
    if (listing.instrument.kind === "option")
      return { ...common, type: "option_ticker", ...option(listing, at, fair) };
    if (listing.instrument.kind === "perpetual") return { ...common, ...perpetual(listing, at, index, fair) };
    const { last, volume, high, low, vwap } = listing.day.figures(at);
    return { ...common, last_price: last, volume_24h: volume, high_24h: high, low_24h: low, vwap_24h: vwap };
  }

  instrument(listing: Listing, at: number): InstrumentEvent {
    const { kind, base, quote, status, tick, lot } = listing.instrument;
    return { type: "instrument", ...this.#common(listing, at), kind, base, quote, status, tick, lot };
  }

  /** A forced order filled at the touch. */
  liquidation(listing: Listing, at: number, sell: boolean, lots: number): LiquidationEvent {
    const { bids, asks } = listing.book;
    return {
      type: "liquidation",
      ...this.#common(listing, at),
      price: (sell ? bids : asks).priceAt(0),
      size: sizeOf(listing.spec.grid, lots),
      side: sideWord(sell ? SIDE.SELL : SIDE.BUY),
    };
  }
}

/** Mark follows the venue's price; funding is an eighth of the premium over the index plus the usual 0.01 %, capped. */
function perpetual(listing: Listing, at: number, index: number, fair: number): Partial<TickerEvent> {
  const decimals = Math.min(8, listing.spec.grid.priceDecimals + 4);
  const premium = fair / index - 1;
  return {
    mark_price: rounded(fair, decimals),
    index_price: rounded(index, decimals),
    funding_rate: rounded(Math.max(-0.0075, Math.min(0.0075, premium / 8 + 0.0001)), 8),
    next_funding_ts: (Math.floor(at / FUNDING) + 1) * FUNDING,
  };
}

/**
 * An option here is a market with a walk of its own: its mark is what it trades at, its volatility moves with that, and
 * what it is about stands still at its strike, where the greeks are those of an option at the money.
 */
function option(listing: Listing, at: number, fair: number): Partial<OptionTickerEvent> {
  const { strike } = listing.instrument;
  const moved = fair / listing.spec.price;
  const call = listing.instrument.canonical.endsWith("-C");
  const { last, volume } = listing.day.figures(at);
  return {
    mark_price: rounded(fair, Math.min(8, listing.spec.grid.priceDecimals + 4)),
    index_price: strike,
    underlying_price: strike,
    mark_iv: rounded(0.6 * moved, 4),
    bid_iv: rounded(0.59 * moved, 4),
    ask_iv: rounded(0.61 * moved, 4),
    delta: call ? 0.5 : -0.5,
    gamma: rounded(0.4 / strike, 8),
    vega: rounded(strike * 0.001, 4),
    theta: rounded(strike * -0.0005, 4),
    last_price: last,
    volume_24h: volume,
  };
}
