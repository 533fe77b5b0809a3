import { KIND } from "../../model/index.ts";

/** What became of an input; printed by `normalize --summary`. Frames add up: parsed + unknown + bad = frames. */
export interface NormalizeCounts {
  /** Frames of the venue: stream frames and REST bodies. */
  frames: number;
  /** Frames that were understood, also those that say nothing about a market. */
  parsed: number;
  heartbeats: number;
  /** Acks, errors, states and metadata, and how many requests the venue refused in them. */
  controls: number;
  refusals: number;
  /** Documented frames of channels that are not normalised. */
  ignored: number;
  /** Frames of a known form that gave no event (no quote on either side, a name that cannot be a symbol). */
  empty: number;
  unknown: number;
  /** Unreadable frames. */
  bad: number;
  /** Lines that are no frames at all. */
  bad_lines: number;
  /** Frames that left the straight path and were read in place all the same; those that JSON.parse had to read. */
  fallbacks: number;
  slow_fallbacks: number;
  /** Numbers with more digits than a double holds. */
  inexact: number;
  /** Lines that tell of a new connection, and of what was sent. */
  opened: number;
  sent: number;
  events: Record<string, number>;
}

export function newCounts(): NormalizeCounts {
  return {
    frames: 0,
    parsed: 0,
    heartbeats: 0,
    controls: 0,
    refusals: 0,
    ignored: 0,
    empty: 0,
    unknown: 0,
    bad: 0,
    bad_lines: 0,
    fallbacks: 0,
    slow_fallbacks: 0,
    inexact: 0,
    opened: 0,
    sent: 0,
    events: {},
  };
}

/** Words of the JSON form by kind; `stats` is printed as a ticker. */
const TYPES: Readonly<Record<number, string>> = {
  [KIND.TRADE]: "trade",
  [KIND.QUOTE]: "quote",
  [KIND.BOOK]: "book",
  [KIND.TICKER]: "ticker",
  [KIND.STATS]: "ticker",
  [KIND.OPTION_TICKER]: "option_ticker",
  [KIND.INDEX]: "index",
  [KIND.LIQUIDATION]: "liquidation",
  [KIND.INSTRUMENT]: "instrument",
  [KIND.STATUS]: "status",
  [KIND.SPOT_MID]: "spot_mid",
  [KIND.IV_SURFACE]: "iv_surface",
};

/** The JSON type of a kind of slot. */
export function typeOfKind(kind: number): string {
  return TYPES[kind] ?? `#${kind}`;
}
