import { plainText } from "../../model/index.ts";
import type {
  BookEvent,
  Instrument,
  Level,
  MarketEvent,
  OptionTickerEvent,
  QuoteEvent,
  ServerConnection,
  StatusEvent,
  Subscription,
  TickerEvent,
  TradeEvent,
} from "../../model/index.ts";
import { stateWord } from "./instruments.ts";
import { nameOf } from "./requests.ts";

/**
 * Events to frames, key for key in the order of the venue's documentation. Throws RangeError for events the venue has no
 * channel for.
 */
export function encode(
  event: MarketEvent,
  instrument: Instrument,
  subscription: Subscription,
  connection: ServerConnection,
): string {
  const name = nameOf({ ...subscription, symbol: event.symbol });
  if (name === null) throw new RangeError(`expected a channel of the venue, saw ${subscription.channel}`);
  const timestamp = Math.floor((event.ts_event ?? connection.now()) / 1000);
  return notification(name, dataOf(event, instrument, subscription, timestamp));
}

/** `data` is JSON text: numbers are written as the venue writes them. */
export function notification(channel: string, data: string): string {
  return `{"jsonrpc":"2.0","method":"subscription","params":{"channel":"${channel}","data":${data}}}`;
}

function dataOf(event: MarketEvent, instrument: Instrument, { channel }: Subscription, time: number): string {
  switch (event.type) {
    case "book":
      return channel === "partial_book" ? top(event, time) : book(event, time);
    case "quote":
      return quote(event, time);
    case "trade":
      return `[${trade(event, instrument, time)}]`;
    case "ticker":
      return ticker(event, time);
    case "option_ticker":
      return option(event, instrument, time);
    case "index":
      return object({ timestamp: time, volatility: real(event.price), index_name: text(event.symbol) });
    case "status":
      return state(event, time);
    default:
      throw new RangeError(`expected an event of the venue's channels, saw ${event.type}`);
  }
}

/** Fields whose values are JSON texts, or whole numbers; those that are undefined are left out. */
function object(fields: Readonly<Record<string, string | number | undefined>>): string {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return `{${known.map(([name, value]) => `"${name}":${value}`).join(",")}}`;
}

function text(value: string): string {
  return JSON.stringify(value);
}

/** A number as the venue writes it since 2026: always with a point, and scientific where that is shorter. */
export function real(value: number): string {
  const plain = plainText(value);
  const full = plain.includes(".") ? plain : `${plain}.0`;
  const [mantissa = "", exponent = ""] = value.toExponential().split("e");
  const scientific = `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}e${Number(exponent)}`;
  return scientific.length < full.length ? scientific : full;
}

/** A number that may be absent. */
function orNull(value: number | null | undefined): string {
  return value === null || value === undefined ? "null" : real(value);
}

/** Volatility in percent: the point of the text is moved. */
function percent(value: number | undefined, absent: string): string {
  if (value === undefined) return absent;
  const [whole = "", places = ""] = plainText(value).split(".");
  const moved = `${whole}${places.padEnd(2, "0").slice(0, 2)}.${places.slice(2)}`.replace(/^0+(?=\d)/, "");
  return moved.endsWith(".") ? `${moved}0` : moved;
}

function head(event: MarketEvent, timestamp: number): { timestamp: number; instrument_name: string } {
  return { timestamp, instrument_name: text(event.symbol) };
}

function quote(event: QuoteEvent, time: number): string {
  return object({
    ...head(event, time),
    best_bid_price: orNull(event.bid_price),
    best_bid_amount: real(event.bid_size ?? 0),
    best_ask_price: orNull(event.ask_price),
    best_ask_amount: real(event.ask_size ?? 0),
  });
}

/** Of a change only the side of 0 is known: whether a level is new is not. */
function book(event: BookEvent, time: number): string {
  const whole = event.action === "snapshot";
  const side = (levels: readonly Level[]): string =>
    `[${levels.map(([at, amount]) => `["${actionOf(whole, amount)}",${real(at)},${real(amount)}]`).join(",")}]`;
  return object({
    type: whole ? '"snapshot"' : '"change"',
    ...head(event, time),
    change_id: event.seq ?? "0",
    prev_change_id: whole ? undefined : (event.prev_seq ?? "0"),
    bids: side(event.bids),
    asks: side(event.asks),
  });
}

function actionOf(whole: boolean, amount: number): string {
  return amount === 0 ? "delete" : whole ? "new" : "change";
}

/** A whole book of few levels: pairs, without type and link. */
function top(event: BookEvent, time: number): string {
  const side = (levels: readonly Level[]): string =>
    `[${levels.map(([at, amount]) => `[${real(at)},${real(amount)}]`).join(",")}]`;
  const { bids, asks, seq } = event;
  return object({ ...head(event, time), change_id: seq ?? "0", bids: side(bids), asks: side(asks) });
}

function trade(event: TradeEvent, { base }: Instrument, timestamp: number): string {
  const amount = real(event.size);
  return object({
    timestamp,
    price: real(event.price),
    direction: text(event.side ?? "buy"),
    trade_seq: event.id,
    // Of bitcoin it is a bare number.
    trade_id: text(base === "BTC" ? event.id : `${base}-${event.id}`),
    tick_direction: 1,
    mark_price: real(event.price),
    instrument_name: text(event.symbol),
    index_price: real(event.price),
    amount,
    contracts: amount,
    starbase_match_id: `${timestamp}45678`,
    starbase_timestamp: `${timestamp}123456`,
  });
}

/** A ticker's event has no quote, which goes out on a channel of its own. */
const UNQUOTED = {
  best_bid_price: "null",
  best_bid_amount: "0.0",
  best_ask_price: "null",
  best_ask_amount: "0.0",
};

/** What it was settled at, and the prices that may be asked: all of them the mark. */
function bandAt(mark: number | undefined): Record<"settlement_price" | "min_price" | "max_price", string> {
  return { settlement_price: orNull(mark), min_price: orNull(mark), max_price: orNull(mark) };
}

/** What an instrument that is no option has: figures of the contract, figures of the day, or both. */
function ticker(event: TickerEvent, time: number): string {
  return object({
    ...head(event, time),
    state: '"open"',
    stats: stats(event.high_24h, event.low_24h, event.volume_24h),
    index_price: orNull(event.index_price),
    mark_price: orNull(event.mark_price),
    ...UNQUOTED,
    last_price: orNull(event.last_price),
    ...bandAt(event.mark_price),
    open_interest: orNull(event.open_interest),
    estimated_delivery_price: orNull(event.index_price),
    ...(event.funding_rate === undefined
      ? {}
      : {
          current_funding: real(event.funding_rate),
          funding_8h: real(event.funding_rate),
          interest_value: "0.0",
        }),
  });
}

function stats(high?: number, low?: number, volume?: number): string {
  const figures = { high: orNull(high), low: orNull(low), volume: orNull(volume) };
  return object({ ...figures, volume_usd: "0.0", price_change: "null" });
}

function option(event: OptionTickerEvent, { symbol }: Instrument, time: number): string {
  const greeks = object({
    delta: orNull(event.delta),
    gamma: orNull(event.gamma),
    vega: orNull(event.vega),
    theta: orNull(event.theta),
    rho: orNull(event.rho),
  });
  return object({
    ...head(event, time),
    state: '"open"',
    stats: stats(undefined, undefined, event.volume_24h),
    index_price: orNull(event.index_price),
    underlying_index: text(symbol.split("-").slice(0, 2).join("-")),
    underlying_price: orNull(event.underlying_price),
    interest_rate: orNull(event.interest_rate),
    mark_price: orNull(event.mark_price),
    mark_iv: percent(event.mark_iv, "0.0"),
    bid_iv: percent(event.bid_iv, "0.0"),
    ask_iv: percent(event.ask_iv, "0.0"),
    ...UNQUOTED,
    last_price: orNull(event.last_price),
    ...bandAt(event.mark_price),
    open_interest: orNull(event.open_interest),
    estimated_delivery_price: orNull(event.index_price),
    greeks,
  });
}

function state(event: StatusEvent, timestamp: number): string {
  if (event.scope === "venue") return object({ maintenance: String(event.state !== "trading") });
  const word = stateWord(event.state as Parameters<typeof stateWord>[0]);
  return object({ timestamp, state: text(word), instrument_name: text(event.symbol) });
}
