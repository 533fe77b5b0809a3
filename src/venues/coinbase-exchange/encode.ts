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

/**
 * Events to frames, key for key as the venue sends them in 2026. Throws RangeError for events the venue has no channel for.
 */
export function encode(
  event: MarketEvent,
  instrument: Instrument,
  _subscription: Subscription,
  connection: ServerConnection,
): string {
  switch (event.type) {
    case "book":
      return JSON.stringify(book(event, instrument, connection));
    case "trade":
      return JSON.stringify(trade(event, instrument, connection));
    case "quote":
    case "ticker":
      return JSON.stringify(ticker(event, instrument, connection));
    default:
      throw new RangeError(`expected a trade, quote, book or ticker, saw ${event.type}`);
  }
}

/** Six digits of a second, as the venue writes them. */
export function timeOf(event: MarketEvent, connection: ServerConnection): string {
  return isoText(event.ts_event ?? connection.now(), 6);
}

function price(value: number, { tick }: Instrument): string {
  return fixed(value, decimalsOf(tick));
}

function book(event: BookEvent, instrument: Instrument, connection: ServerConnection): object {
  const { symbol: product_id } = event;
  const time = timeOf(event, connection);
  const pairs = (levels: readonly Level[]): string[][] =>
    levels.map(([at, size]) => [price(at, instrument), fixed(size, 8)]);
  if (event.action === "snapshot")
    return { type: "snapshot", product_id, asks: pairs(event.asks), bids: pairs(event.bids), time };
  const named = (side: string, levels: readonly Level[]): string[][] =>
    pairs(levels).map((pair) => [side, ...pair]);
  return {
    type: "l2update",
    product_id,
    changes: [...named("buy", event.bids), ...named("sell", event.asks)],
    time,
  };
}

const NO_ORDER = "00000000-0000-4000-8000-000000000000";

/** `sequence` counts all orders of the product: gaps are its nature, so any growing number does. */
function trade(event: TradeEvent, instrument: Instrument, connection: ServerConnection): object {
  return {
    type: event.flags?.includes("snapshot") ? "last_match" : "match",
    trade_id: Number(event.id),
    maker_order_id: NO_ORDER,
    taker_order_id: NO_ORDER,
    side: event.side === "buy" ? "sell" : "buy",
    size: fixed(event.size, 0),
    price: price(event.price, instrument),
    product_id: event.symbol,
    sequence: connection.sequence++,
    time: timeOf(event, connection),
  };
}

/** What the event does not say is "0", which no price can be. */
function ticker(
  event: QuoteEvent | TickerEvent,
  instrument: Instrument,
  connection: ServerConnection,
): object {
  const day: Partial<TickerEvent> = event.type === "ticker" ? event : {};
  const quote: Partial<QuoteEvent> = event.type === "quote" ? event : {};
  const prices = (value: number | null | undefined): string => (value ? price(value, instrument) : "0");
  const sizes = (value: number | null | undefined): string => fixed(value ?? 0, 0);
  const number = quote.update_id ?? null;
  return {
    type: "ticker",
    sequence: number === null ? connection.sequence++ : Number(number),
    product_id: event.symbol,
    price: prices(day.last_price),
    open_24h: prices(day.last_price),
    volume_24h: sizes(day.volume_24h),
    low_24h: prices(day.low_24h),
    high_24h: prices(day.high_24h),
    volume_30d: sizes(day.volume_24h),
    best_bid: prices(quote.bid_price),
    best_bid_size: sizes(quote.bid_size),
    best_ask: prices(quote.ask_price),
    best_ask_size: sizes(quote.ask_size),
    side: "buy",
    time: timeOf(event, connection),
    trade_id: connection.lastTrade?.(event.symbol) ?? 1,
    last_size: "0",
  };
}
