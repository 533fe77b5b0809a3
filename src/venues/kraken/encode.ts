import type {
  BookEvent,
  Instrument,
  InstrumentEvent,
  InstrumentStatus,
  Level,
  MarketEvent,
  QuoteEvent,
  StatusEvent,
  TickerEvent,
  TradeEvent,
} from "../../model/index.ts";
import { decimalsOf, fixed, isoText } from "../writing.ts";
import { statusWord } from "./instruments.ts";

/**
 * Events to frames, byte for byte as the venue writes them in 2026: numbers at the pair's precision with the zeros at
 * their end, times with microseconds. Written by hand because JSON.stringify drops those zeros.
 * Throws RangeError for events the venue has no channel for.
 */
export function encode(event: MarketEvent, instrument: Instrument): string {
  switch (event.type) {
    case "book":
      return frame("book", event.action, `[${book(event, instrument)}]`);
    case "trade":
      return frame("trade", typeOf(event), `[${trade(event, instrument)}]`);
    case "quote":
    case "ticker":
      return frame("ticker", typeOf(event), `[${ticker(event, instrument)}]`);
    case "instrument":
      return frame("instrument", typeOf(event), `{"assets":[],"pairs":[${pair(event, instrument)}]}`);
    case "status":
      return statusFrame(event, instrument);
    default:
      throw new RangeError(`expected an event of a spot channel, saw ${event.type}`);
  }
}

function frame(channel: string, type: string, data: string): string {
  return `{"channel":"${channel}","type":"${type}","data":${data}}`;
}

function typeOf(event: MarketEvent): string {
  return event.flags?.includes("snapshot") ? "snapshot" : "update";
}

function symbolOf(event: MarketEvent): string {
  return JSON.stringify(event.symbol);
}

function timestamp(event: MarketEvent): string {
  return event.ts_event === null ? "" : `,"timestamp":"${isoText(event.ts_event, 6)}"`;
}

function price(value: number, { pricePrecision, tick }: Instrument): string {
  return fixed(value, pricePrecision >= 0 ? pricePrecision : decimalsOf(tick));
}

function size(value: number, { sizePrecision, lot }: Instrument): string {
  return fixed(value, sizePrecision >= 0 ? sizePrecision : decimalsOf(lot));
}

function book(event: BookEvent, instrument: Instrument): string {
  const side = (levels: readonly Level[]): string =>
    levels.map(([at, qty]) => `{"price":${price(at, instrument)},"qty":${size(qty, instrument)}}`).join(",");
  const sides = `"bids":[${side(event.bids)}],"asks":[${side(event.asks)}]`;
  const checksum = event.checksum === undefined ? "" : `,"checksum":${event.checksum}`;
  return `{"symbol":${symbolOf(event)},${sides}${checksum}${timestamp(event)}}`;
}

function trade(event: TradeEvent, instrument: Instrument): string {
  const numbers = `"price":${price(event.price, instrument)},"qty":${size(event.size, instrument)}`;
  const order = `"ord_type":"market","trade_id":${event.id}`;
  return `{"symbol":${symbolOf(event)},"side":"${event.side}",${numbers},${order}${timestamp(event)}}`;
}

/** One channel for both: what the event does not say is 0, the venue's own way to say "none". */
function ticker(event: QuoteEvent | TickerEvent, instrument: Instrument): string {
  const quote: Partial<QuoteEvent> = event.type === "quote" ? event : {};
  const day: Partial<TickerEvent> = event.type === "ticker" ? event : {};
  const prices = (value: number | null | undefined): string => price(value ?? 0, instrument);
  const sizes = (value: number | null | undefined): string => size(value ?? 0, instrument);
  const bid = `"bid":${prices(quote.bid_price)},"bid_qty":${sizes(quote.bid_size)}`;
  const ask = `"ask":${prices(quote.ask_price)},"ask_qty":${sizes(quote.ask_size)}`;
  const last = `"last":${prices(day.last_price)},"volume":${sizes(day.volume_24h)},"vwap":${prices(day.vwap_24h)}`;
  const range = `"low":${prices(day.low_24h)},"high":${prices(day.high_24h)}`;
  const rest = `"change":0.0,"change_pct":0.00,"trades":0${timestamp(event)}`;
  return `{"symbol":${symbolOf(event)},${bid},${ask},${last},${range},${rest}}`;
}

/** Increments in the venue's own style: `0.1` and `1e-08`. */
function step(value: number): string {
  return String(value).replace(/e-(\d)$/, "e-0$1");
}

function pair(event: InstrumentEvent, instrument: Instrument): string {
  const { base, quote, pricePrecision, sizePrecision } = instrument;
  const names = { symbol: event.symbol, base, quote, status: statusWord(event.status as InstrumentStatus) };
  const tick = `"price_precision":${pricePrecision},"price_increment":${step(instrument.tick)},"tick_size":${step(instrument.tick)}`;
  const lot = `"qty_precision":${sizePrecision},"qty_increment":${step(instrument.lot)},"qty_min":${step(instrument.lot)}`;
  const cost = `"cost_precision":5,"cost_min":0.5,"marginable":false,"has_index":true`;
  return `${JSON.stringify(names).slice(0, -1)},${tick},${lot},${cost}}`;
}

/** State of the whole venue, or of one pair (which the venue tells by its instrument channel). */
function statusFrame(event: StatusEvent, instrument: Instrument): string {
  const status = event.state as InstrumentStatus;
  if (event.scope === "venue")
    return status === "trading" ? systemFrame("online", 0) : systemFrame(systemWord(status), 0);
  const { symbol, venue, instrument: name, ts_event, ts_recv } = event;
  const { kind, base, quote } = instrument;
  return encode(
    { type: "instrument", venue, symbol, instrument: name, kind, base, quote, status, ts_event, ts_recv },
    instrument,
  );
}

function systemWord(status: InstrumentStatus): string {
  return status === "cancel_only" || status === "post_only" ? status : "maintenance";
}

/** The frame of the status channel; connection ids are above 2^53. */
export function systemFrame(system: string, connection: number): string {
  const id = `1189${String(connection).padStart(16, "0")}`;
  const row = `{"version":"2.0.10","system":"${system}","api_version":"v2","connection_id":${id},"upcoming_maintenance":[],"emergency":[]}`;
  return frame("status", "update", `[${row}]`);
}
