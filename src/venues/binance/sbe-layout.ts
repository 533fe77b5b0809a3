/**
 * Schema 1 of the SBE streams, "spot_stream" (stream_1_0.xml of the public API docs): little-endian, no padding.
 *
 *     header 8     u16 block length, u16 template, u16 schema, u16 version
 *     root         of the block length the header names
 *     groups       each u16 entry length, then u16 count (bids, asks) or u32 count (trades), then the entries
 *     symbol       u8 length, UTF-8
 *
 * Offsets of fields count from the root, those of a group's fields from its entry. A newer version may append fields to
 * a root and to entries, and groups behind the last: lengths are taken from the frame, never from here.
 */
export const HEADER = { BLOCK: 0, TEMPLATE: 2, SCHEMA: 4, VERSION: 6, size: 8 } as const;

export const SCHEMA_ID = 1;

export const TEMPLATE = {
  TRADES: 10000,
  BEST_BID_ASK: 10001,
  DEPTH_SNAPSHOT: 10002,
  DEPTH_DIFF: 10003,
} as const;

/** i64 eventTime, i64 transactTime, i8 priceExponent, i8 qtyExponent. */
export const TRADES = { EVENT_TIME: 0, TRANSACT_TIME: 8, PRICE_EXP: 16, QTY_EXP: 17, size: 18 } as const;
/** i64 id, i64 price, i64 qty, u8 isBuyerMaker; isBestMatch is a constant and takes no byte. */
export const TRADE = { ID: 0, PRICE: 8, QTY: 16, MAKER: 24, size: 25 } as const;
/** i64 eventTime, i64 bookUpdateId, i8 priceExponent, i8 qtyExponent, i64 bidPrice, bidQty, askPrice, askQty. */
export const QUOTE = {
  EVENT_TIME: 0,
  ID: 8,
  PRICE_EXP: 16,
  QTY_EXP: 17,
  BID_PRICE: 18,
  BID_QTY: 26,
  ASK_PRICE: 34,
  ASK_QTY: 42,
  size: 50,
} as const;
/** i64 eventTime, i64 bookUpdateId, i8 priceExponent, i8 qtyExponent. */
export const SNAPSHOT = { EVENT_TIME: 0, ID: 8, PRICE_EXP: 16, QTY_EXP: 17, size: 18 } as const;
/** i64 eventTime, i64 firstBookUpdateId, i64 lastBookUpdateId, i8 priceExponent, i8 qtyExponent. */
export const DIFF = {
  EVENT_TIME: 0,
  FIRST_ID: 8,
  LAST_ID: 16,
  PRICE_EXP: 24,
  QTY_EXP: 25,
  size: 26,
} as const;
/** i64 price, i64 qty; qty 0 removes the level. */
export const LEVEL = { PRICE: 0, QTY: 8, size: 16 } as const;

/** Bytes of a group's header: with a 32-bit count (trades), and with a 16-bit count (bids, asks). */
export const GROUP_32 = 6;
export const GROUP_16 = 4;
