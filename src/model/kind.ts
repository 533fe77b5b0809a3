/** What a slot says. The numbers are part of the log's layout: never renumber, only append. */
export const KIND = {
  TRADE: 1,
  QUOTE: 2,
  BOOK: 3,
  TICKER: 4,
  STATS: 5,
  OPTION_TICKER: 6,
  INDEX: 7,
  LIQUIDATION: 8,
  INSTRUMENT: 9,
  STATUS: 10,
  SPOT_MID: 11,
  IV_SURFACE: 12,
} as const;

export type Kind = (typeof KIND)[keyof typeof KIND];

/** Names by number, index 0 unused: what `tail` and `inspect` print. */
export const KIND_NAMES: readonly string[] = [
  "none",
  "trade",
  "quote",
  "book",
  "ticker",
  "stats",
  "option_ticker",
  "index",
  "liquidation",
  "instrument",
  "status",
  "spot_mid",
  "iv_surface",
];
