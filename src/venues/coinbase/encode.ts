import type {
  BookEvent,
  Instrument,
  Level,
  MarketEvent,
  QuoteEvent,
  ServerConnection,
  Subscription,
  TickerEvent,
  TradeEvent,
} from "../../model/index.ts";
import { decimalsOf, fixed, isoText } from "../writing.ts";
import { unified } from "./instruments.ts";

/**
 * Events to frames, key for key as the venue sends them in 2026 (without `client_id`). Each takes the next number of
 * its connection. Throws RangeError for events the venue has no channel for.
 */
export function encode(
  event: MarketEvent,
  instrument: Instrument,
  subscription: Subscription,
  connection: ServerConnection,
): string {
  const type = event.flags?.includes("snapshot") ? "snapshot" : "update";
  const at = event.ts_event ?? connection.now();
  switch (event.type) {
    case "book":
      return envelope("l2_data", at, book(event, instrument), connection);
    case "trade":
      return envelope(
        "market_trades",
        connection.now(),
        { type, trades: [trade(event, instrument, at)] },
        connection,
      );
    case "quote":
    case "ticker": {
      const batch = subscription.channel === "ticker";
      return envelope(
        batch ? "ticker_batch" : "ticker",
        at,
        { type, tickers: [ticker(event, instrument, batch)] },
        connection,
      );
    }
    default:
      throw new RangeError(`expected a trade, quote, book or ticker, saw ${event.type}`);
  }
}

/** A frame of `channel` at UNIX microseconds; the venue writes nanoseconds. */
export function envelope(channel: string, at: number, event: object, connection: ServerConnection): string {
  const sequence_num = connection.sequence++;
  return JSON.stringify({ channel, timestamp: isoText(at, 9), sequence_num, events: [event] });
}

function price(value: number, { tick }: Instrument): string {
  return fixed(value, decimalsOf(tick));
}

/** Level times of a snapshot say nothing; the venue is known to send constants there. */
const NO_TIME = "1970-01-01T00:00:00Z";

function book(event: BookEvent, instrument: Instrument): object {
  const known = event.action === "update" && event.ts_event !== null;
  const event_time = known ? isoText(event.ts_event ?? 0, 6) : NO_TIME;
  const side = (name: string, levels: readonly Level[]): object[] =>
    levels.map(([at, quantity]) => ({
      side: name,
      event_time,
      price_level: price(at, instrument),
      new_quantity: fixed(quantity, 0),
    }));
  const updates = [...side("bid", event.bids), ...side("offer", event.asks)];
  return { type: event.action, product_id: unified(event.symbol), updates };
}

/** `side` is the maker's. */
function trade(event: TradeEvent, instrument: Instrument, at: number): object {
  return {
    trade_id: event.id,
    product_id: unified(event.symbol),
    price: price(event.price, instrument),
    size: fixed(event.size, 0),
    side: event.side === "buy" ? "SELL" : "BUY",
    time: isoText(at, 6),
  };
}

/** What the event does not say is "0", which no price can be. */
function ticker(event: QuoteEvent | TickerEvent, instrument: Instrument, batch: boolean): object {
  const day: Partial<TickerEvent> = event.type === "ticker" ? event : {};
  const quote: Partial<QuoteEvent> = event.type === "quote" ? event : {};
  const prices = (value: number | null | undefined): string => (value ? price(value, instrument) : "0");
  const sizes = (value: number | null | undefined): string => fixed(value ?? 0, 0);
  const figures = {
    type: "ticker",
    product_id: unified(event.symbol),
    price: prices(day.last_price),
    volume_24_h: sizes(day.volume_24h),
    low_24_h: prices(day.low_24h),
    high_24_h: prices(day.high_24h),
    low_52_w: prices(day.low_24h),
    high_52_w: prices(day.high_24h),
    price_percent_chg_24_h: "0",
  };
  if (batch) return figures;
  return {
    ...figures,
    best_bid: prices(quote.bid_price),
    best_bid_quantity: sizes(quote.bid_size),
    best_ask: prices(quote.ask_price),
    best_ask_quantity: sizes(quote.ask_size),
  };
}
