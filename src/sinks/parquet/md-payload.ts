import { plainText } from "../../model/index.ts";
import type {
  IndexEvent,
  InstrumentEvent,
  MarketEvent,
  OptionTickerEvent,
  QuoteEvent,
  StatusEvent,
  TickerEvent,
  TradeEvent,
} from "../../model/index.ts";

/** Types of events that md-ingest keeps, by their folder. */
export type MdType =
  | "spot_bbo"
  | "spot_trade"
  | "opt_instrument"
  | "opt_ticker"
  | "perp_mark_funding"
  | "dvol_index"
  | "session_boundary";

/** Where an event comes from: in `meta` of every payload. */
export interface MdMeta {
  readonly seq: number;
  readonly session_id: string;
  /** RFC 3339. */
  readonly recv_ts: string;
}

/** The kind of an event's instrument, as far as it is known. */
export type KindOf = string | null;

/**
 * An event as md-ingest writes it: its type, and the payload as externally tagged JSON with decimals as texts. Null for what it has no
 * type for: books, trades and quotes of derivatives, liquidations.
 */
export function mdEvent(
  event: MarketEvent,
  kind: KindOf,
  meta: MdMeta,
): { type: MdType; payload: string } | null {
  switch (event.type) {
    case "quote":
      return kind === "spot" ? tagged("spot_bbo", "SpotBbo", bbo(event), meta) : null;
    case "trade":
      return kind === "spot" ? tagged("spot_trade", "SpotTrade", trade(event), meta) : null;
    case "instrument":
      return event.kind === "option" ? tagged("opt_instrument", "OptInstrument", option(event), meta) : null;
    case "option_ticker":
      return tagged("opt_ticker", "OptTicker", figures(event), meta);
    case "ticker":
      return event.mark_price === undefined && event.funding_rate === undefined
        ? null
        : tagged("perp_mark_funding", "PerpMarkFunding", funding(event), meta);
    case "index":
      return event.instrument?.endsWith("-DVOL") === true
        ? tagged("dvol_index", "DvolIndex", volatility(event), meta)
        : null;
    case "status":
      return event.scope === "venue"
        ? tagged("session_boundary", "SessionBoundary", boundary(event), meta)
        : null;
    default:
      return null;
  }
}

/** RFC 3339 of UNIX microseconds. */
export function rfc3339(us: number): string {
  const whole = new Date(Math.floor(us / 1000)).toISOString();
  return `${whole.slice(0, 23)}${String(us % 1000).padStart(3, "0")}Z`;
}

function tagged(type: MdType, tag: string, body: object, meta: MdMeta): { type: MdType; payload: string } {
  return { type, payload: JSON.stringify({ [tag]: { meta, ...body } }) };
}

type Places = { venue: string; product: string; exchange_ts: string | null };

function places(event: MarketEvent): Places {
  const { venue, symbol, instrument, ts_event: at } = event;
  return { venue, product: instrument ?? symbol, exchange_ts: at === null ? null : rfc3339(at) };
}

function bbo(event: QuoteEvent): object {
  const { bid_price, bid_size, ask_price, ask_size } = event;
  return { ...places(event), ...texts({ bid_price, bid_size, ask_price, ask_size }) };
}

function trade(event: TradeEvent): object {
  const { price, size, id, side } = event;
  return { ...places(event), trade_id: id, side, ...texts({ price, size }) };
}

function option(event: InstrumentEvent): object {
  const { base, quote, status, strike = null, tick = null, contract_value = null, expiry } = event;
  const instrument = { instrument: event.symbol, base, quote, status };
  const ends = expiry === undefined ? null : rfc3339(expiry);
  return { ...places(event), ...instrument, expiry: ends, ...texts({ strike, tick, contract_value }) };
}

function figures(event: OptionTickerEvent): object {
  const values = Object.entries(event).filter(([name]) => !COMMON.has(name));
  const numbers = Object.fromEntries(values) as Record<string, number>;
  return { ...places(event), instrument: event.symbol, ...texts(numbers) };
}

/** Keys that every event has. */
const COMMON: ReadonlySet<string> = new Set([
  "type",
  "venue",
  "symbol",
  "instrument",
  "ts_event",
  "ts_recv",
  "flags",
]);

function funding(event: TickerEvent): object {
  const { mark_price = null, index_price = null, funding_rate = null, open_interest = null } = event;
  const next = event.next_funding_ts;
  return {
    ...places(event),
    symbol: event.symbol,
    ...texts({ mark_price, index_price, funding_rate, open_interest }),
    next_funding_ts: next === undefined ? null : rfc3339(next),
  };
}

function volatility(event: IndexEvent): object {
  return { ...places(event), ...texts({ value: event.price }) };
}

function boundary(event: StatusEvent): object {
  return { venue: event.venue, state: event.state, reason: event.reason ?? null };
}

/** Decimals as texts; what is absent as null. */
function texts(values: Readonly<Record<string, number | null | undefined>>): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === "number" ? plainText(value) : null,
    ]),
  );
}
