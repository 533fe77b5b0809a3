import type { OptionSide, Quality, SourceState } from "./derived.ts";
import type { SideWord } from "./side.ts";

/**
 * Events in their JSON form (NDJSON of `normalize` and `tail`, REST, streams): snake_case, microseconds,
 * ids and sequence numbers as strings. Cold path only; on the hot path the same events are slots.
 * `ts_event` is null where the venue gives no time. `flags` is left out when empty.
 */
interface Common {
  venue: string;
  symbol: string;
  instrument: string | null;
  ts_event: number | null;
  ts_recv: number;
  flags?: string[];
}

export interface TradeEvent extends Common {
  type: "trade";
  id: string;
  price: number;
  size: number;
  side: SideWord | null;
}

export interface QuoteEvent extends Common {
  type: "quote";
  bid_price: number | null;
  bid_size: number | null;
  ask_price: number | null;
  ask_size: number | null;
  update_id: string | null;
}

export type Level = [price: number, size: number];

export interface BookEvent extends Common {
  type: "book";
  action: "snapshot" | "update";
  bids: Level[];
  asks: Level[];
  seq: string | null;
  prev_seq: string | null;
  /** CRC of the book after this event as the venue sent it (uint32). */
  checksum?: number;
}

/** Derivatives figures and/or 24-hour statistics; absent values are left out. */
export interface TickerEvent extends Common {
  type: "ticker";
  mark_price?: number;
  index_price?: number;
  funding_rate?: number;
  next_funding_ts?: number;
  open_interest?: number;
  last_price?: number;
  volume_24h?: number;
  high_24h?: number;
  low_24h?: number;
  vwap_24h?: number;
}

/** Figures of one option; absent values are left out. Volatilities and rates are fractions (0.65 = 65 %). */
export interface OptionTickerEvent extends Common {
  type: "option_ticker";
  mark_price?: number;
  index_price?: number;
  underlying_price?: number;
  open_interest?: number;
  interest_rate?: number;
  mark_iv?: number;
  bid_iv?: number;
  ask_iv?: number;
  delta?: number;
  gamma?: number;
  vega?: number;
  theta?: number;
  rho?: number;
  last_price?: number;
  volume_24h?: number;
}

export interface IndexEvent extends Common {
  type: "index";
  price: number;
}

export interface LiquidationEvent extends Common {
  type: "liquidation";
  price: number;
  size: number;
  side: SideWord | null;
}

export interface InstrumentEvent extends Common {
  type: "instrument";
  kind: string;
  base: string;
  quote: string;
  status: string;
  tick?: number;
  lot?: number;
  contract_value?: number;
  /** What `contract_value` counts; left out where it is base coins. */
  size_unit?: "quote";
  expiry?: number;
  strike?: number;
}

/** `state` is a validity word (the book's) or a trading state (the venue's); `scope` tells which. */
export interface StatusEvent extends Common {
  type: "status";
  scope: "book" | "instrument" | "venue";
  state: string;
  epoch?: number;
  reason?: string;
}

/** One venue's part in a consolidated price. */
export interface SpotSource {
  venue: string;
  bid_price: number | null;
  ask_price: number | null;
  mid: number | null;
  /** Time since it was received, us. */
  age_us: number | null;
  /** `fresh`: it counts; else why it does not. */
  state: SourceState;
  validity: string;
}

/** The price of a product over venues (docs/derived.md). `ts_event` is the second it is of. */
export interface SpotMidEvent extends Common {
  type: "spot_mid";
  /** Median of the fresh venues' mids. */
  mid: number | null;
  quality: Quality;
  /** (highest - lowest) / lowest of the fresh mids, in hundredths of a percent. */
  divergence_bps: number | null;
  /** Venues that count. */
  fresh: number;
  min_age_us: number | null;
  max_age_us: number | null;
  sources: SpotSource[];
}

/** One strike of a surface: of put and call the one out of the money. Volatilities are fractions. */
export interface IvPoint {
  strike: number;
  side: OptionSide;
  iv: number;
  bid_iv: number | null;
  ask_iv: number | null;
}

/** Implied volatilities of one expiry at one venue (docs/derived.md). `ts_event` is the second they are of. */
export interface IvSurfaceEvent extends Common {
  type: "iv_surface";
  /** Venue of the options. */
  source: string;
  /** UNIX us. */
  expiry: number | null;
  index_price: number | null;
  forward: number | null;
  atm_iv: number | null;
  /** ask_iv - bid_iv of the strike nearest the money. */
  atm_spread_iv: number | null;
  quality: Quality;
  /** Strikes with a young ticker, and those of them on the surface. */
  n_points: number;
  n_valid_points: number;
  min_strike: number | null;
  max_strike: number | null;
  /** Points that an arbitrage of strikes, or of expiries, speaks against. */
  butterfly: number;
  calendar: number;
  points: IvPoint[];
}

export type MarketEvent =
  | TradeEvent
  | QuoteEvent
  | BookEvent
  | TickerEvent
  | OptionTickerEvent
  | IndexEvent
  | LiquidationEvent
  | InstrumentEvent
  | StatusEvent
  | SpotMidEvent
  | IvSurfaceEvent;
