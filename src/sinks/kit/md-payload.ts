import { plainText } from "../../model/index.ts";
import type {
  IndexEvent,
  InstrumentEvent,
  IvSurfaceEvent,
  MarketEvent,
  OptionTickerEvent,
  QuoteEvent,
  SpotMidEvent,
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
  | "spot_mid_1s"
  | "iv_surface_snapshot"
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
    case "spot_mid":
      return tagged("spot_mid_1s", "SpotMid1s", spotMid(event), meta);
    case "iv_surface":
      return tagged("iv_surface_snapshot", "IvSurfaceSnapshot", surface(event), meta);
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

function spotMid(event: SpotMidEvent): object {
  const { mid: s_mid, divergence_bps, fresh, min_age_us, max_age_us } = event;
  return {
    product: event.instrument ?? event.symbol,
    ts: timeOf(event),
    ...texts({ s_mid, divergence_bps }),
    quality: capital(event.quality),
    n_fresh: fresh,
    min_age_ms: millis(min_age_us),
    max_age_ms: millis(max_age_us),
    venues: event.sources.map(({ venue, mid, bid_price, ask_price, age_us, state }) => ({
      venue,
      ...texts({ mid, bid_price, ask_price }),
      age_ms: millis(age_us),
      state,
    })),
  };
}

function surface(event: IvSurfaceEvent): object {
  const { index_price, forward, atm_iv, atm_spread_iv, min_strike, max_strike } = event;
  return {
    venue: event.source,
    ts: timeOf(event),
    expiry: event.expiry === null ? null : rfc3339(event.expiry),
    ...texts({ underlying_index_px: index_price, forward, atm_iv, spread_iv_atm: atm_spread_iv }),
    quality: capital(event.quality),
    n_points: event.n_points,
    n_valid_points: event.n_valid_points,
    ...texts({ min_strike, max_strike }),
    points: event.points.map(({ strike, iv }) => texts({ strike, mark_iv: iv })),
  };
}

/** RFC 3339 of the second that a derived figure is of. */
function timeOf({ ts_event, ts_recv }: MarketEvent): string {
  return rfc3339(ts_event ?? ts_recv);
}

/** As enum members are written there: Ok, Degraded, Suspect. */
function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

function millis(us: number | null): number | null {
  return us === null ? null : Math.round(us / 1000);
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
