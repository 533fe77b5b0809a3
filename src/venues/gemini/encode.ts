import type {
  BookEvent,
  Instrument,
  Level,
  MarketEvent,
  QuoteEvent,
  ServerConnection,
  Subscription,
  TradeEvent,
} from "../../model/index.ts";
import { decimalsOf, fixed } from "../writing.ts";
import { lower } from "./names.ts";

/**
 * Events to frames of the current protocol, key for key as the venue sends them in 2026: numbers padded to the steps
 * of the symbol, times in nanoseconds. Written by hand because JSON.stringify would round them.
 * Throws RangeError for events the venue has no stream for.
 */
export function encode(
  event: MarketEvent,
  instrument: Instrument,
  { channel }: Subscription,
  connection: ServerConnection,
): string {
  const time = `${event.ts_event ?? connection.now()}000`;
  switch (event.type) {
    case "quote":
      return quote(event, instrument, time);
    case "trade":
      return trade(event, instrument, time);
    case "book":
      return channel === "partial_book" ? partial(event, instrument) : depth(event, instrument, time);
    default:
      throw new RangeError(`expected a trade, quote or book, saw ${event.type}`);
  }
}

function symbolOf(event: MarketEvent): string {
  return JSON.stringify(lower(event.symbol));
}

export function price(value: number, { tick }: Instrument): string {
  return fixed(value, decimalsOf(tick));
}

export function size(value: number, { lot }: Instrument): string {
  return fixed(value, decimalsOf(lot));
}

/** A side without orders is empty text. */
function quote(event: QuoteEvent, instrument: Instrument, time: string): string {
  const at = (value: number | null): string => (value === null ? "" : price(value, instrument));
  const of = (value: number | null): string => (value === null ? "" : size(value, instrument));
  const bid = `"b":"${at(event.bid_price)}","B":"${of(event.bid_size)}"`;
  const ask = `"a":"${at(event.ask_price)}","A":"${of(event.ask_size)}"`;
  return `{"u":${event.update_id ?? 0},"E":${time},"s":${symbolOf(event)},${bid},${ask}}`;
}

function trade(event: TradeEvent, instrument: Instrument, time: string): string {
  const amounts = `"p":"${price(event.price, instrument)}","q":"${size(event.size, instrument)}"`;
  const maker = event.side === "sell";
  return `{"E":${time},"s":${symbolOf(event)},"t":${event.id},${amounts},"m":${maker}}`;
}

function levels(all: readonly Level[], instrument: Instrument): string {
  return `[${all.map(([at, of]) => `["${price(at, instrument)}","${size(of, instrument)}"]`).join(",")}]`;
}

/** The first id of a full book is its last one; that of a change is the last one of the event before. */
function depth(event: BookEvent, instrument: Instrument, time: string): string {
  const last = event.seq ?? "0";
  const first = event.action === "snapshot" ? last : (event.prev_seq ?? last);
  const sides = `"b":${levels(event.bids, instrument)},"a":${levels(event.asks, instrument)}`;
  return `{"e":"depthUpdate","E":${time},"s":${symbolOf(event)},"U":${first},"u":${last},${sides}}`;
}

function partial(event: BookEvent, instrument: Instrument): string {
  const sides = `"bids":${levels(event.bids, instrument)},"asks":${levels(event.asks, instrument)}`;
  return `{"lastUpdateId":${event.seq ?? 0},"symbol":${symbolOf(event)},${sides}}`;
}
