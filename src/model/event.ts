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

export type MarketEvent =
  | TradeEvent
  | QuoteEvent
  | BookEvent
  | TickerEvent
  | OptionTickerEvent
  | IndexEvent
  | LiquidationEvent
  | InstrumentEvent
  | StatusEvent;
