import { LONG, OPTION } from "../../model/index.ts";
import { word } from "../kit.ts";

/**
 * What stands in the objects of Deribit: for each key of each object how its value is read and where it goes. The venue
 * promises no order of keys, and has changed it from year to year and from server to server.
 */

/** How a value is read. */
export const VALUE = {
  /** Proved, not kept: a number, text, null, true or false. */
  SKIP: 0,
  /** A number >= 0, or null (NaN), into `figures`. */
  NUMBER: 1,
  /** A number, or null (NaN), into `figures`. */
  SIGNED: 2,
  /** A number >= 0 in percent, or null (NaN), into `figures` as a fraction: its point is moved. */
  PERCENT: 3,
  /** UNIX milliseconds, into LONG.TS. */
  TIME: 4,
  /** A text; where it lies goes into `texts`. */
  TEXT: 5,
  /** A whole number into a 64-bit register. */
  COUNT: 6,
  /** The same, or null (0). */
  LINK: 7,
  /** An object of its own. */
  OBJECT: 8,
  BIDS: 9,
  ASKS: 10,
} as const;

/** Places in `figures`. The first fifteen are the registers of an option. */
export const FIGURE = {
  ...OPTION,
  FUNDING: 15,
  HIGH: 16,
  LOW: 17,
  BID_PRICE: 18,
  BID_SIZE: 19,
  ASK_PRICE: 20,
  ASK_SIZE: 21,
  INDEX_VALUE: 22,
  PRICE: 23,
  SIZE: 24,
} as const;

/** Numbers of the frame, or row, at hand. Nothing of it outlives the call that reads it. */
export const figures = new Float64Array(25);

/** Places in `texts`: a text begins there, and its closing quote is one place on. */
export const TEXT = { NAME: 0, DIRECTION: 2, TYPE: 4 } as const;
export const texts = new Int32Array(6);

export interface Field {
  readonly name: string;
  readonly value: number;
  /** Place in `figures` or `texts`, or 64-bit register. */
  readonly to: number;
  readonly inner: Shape | null;
}

/** The fields of one kind of object, and their keys as words: `"name":`, the last word of a key ending where it ends. */
export interface Shape {
  readonly fields: readonly Field[];
  readonly values: Uint8Array;
  readonly to: Uint8Array;
  readonly lengths: Int32Array;
  readonly words: Int32Array;
  /**
   * The field that came behind each (one place on) in the last object, and first (place 0): the guess for the next
   * object. The memory of a pure function: it changes what a call costs, never what it gives.
   */
  readonly next: Uint8Array;
}

/** Words a key may have in {@link Shape.words}: seven and the last one. */
export const KEY_WORDS = 8;
/** Objects note what they have seen in 32 bits. */
const MOST = 31;

type Given = readonly [name: string, value: number, to?: number, inner?: Shape];

function shape(given: readonly Given[]): Shape {
  if (given.length > MOST) throw new RangeError(`expected ${MOST} fields at most, saw ${given.length}`);
  const fields = given.map(([name, value, to = 0, inner = null]) => ({ name, value, to, inner }));
  const words = new Int32Array(fields.length * KEY_WORDS);
  const lengths = Int32Array.from(fields, ({ name }, field) => {
    const key = `"${name}":`;
    for (let k = 0; 4 * k < key.length - 4; k++)
      words[field * KEY_WORDS + k] = word(key.slice(4 * k, 4 * k + 4));
    words[field * KEY_WORDS + KEY_WORDS - 1] = word(key.slice(-4));
    return key.length;
  });
  return {
    fields,
    values: Uint8Array.from(fields, (one) => one.value),
    to: Uint8Array.from(fields, (one) => one.to),
    lengths,
    words,
    next: Uint8Array.from({ length: fields.length + 1 }, (_, i) => Math.min(i, fields.length - 1)),
  };
}

const { SKIP, NUMBER, SIGNED, TIME, COUNT } = VALUE;

const HEAD: readonly Given[] = [
  ["timestamp", TIME],
  ["instrument_name", VALUE.TEXT, TEXT.NAME],
];
/** Bits of the two fields of HEAD, which every frame about an instrument has. */
export const SEEN_HEAD = 3;

/**
 * {"timestamp":1787644800120,"instrument_name":"BTC-PERPETUAL","best_bid_price":64010.0,"best_bid_amount":152340.0,
 *  "best_ask_price":64010.5,"best_ask_amount":8110.0}
 */
export const QUOTE_SHAPE = shape([
  ...HEAD,
  ["best_bid_price", NUMBER, FIGURE.BID_PRICE],
  ["best_bid_amount", NUMBER, FIGURE.BID_SIZE],
  ["best_ask_price", NUMBER, FIGURE.ASK_PRICE],
  ["best_ask_amount", NUMBER, FIGURE.ASK_SIZE],
]);
export const SEEN_QUOTE = 63;

const STATS = shape([
  ["high", NUMBER, FIGURE.HIGH],
  ["low", NUMBER, FIGURE.LOW],
  ["volume", NUMBER, FIGURE.VOLUME],
  ["volume_usd", SKIP],
  ["volume_notional", SKIP],
  ["price_change", SKIP],
]);

const GREEKS = shape([
  ["delta", SIGNED, FIGURE.DELTA],
  ["gamma", SIGNED, FIGURE.GAMMA],
  ["vega", SIGNED, FIGURE.VEGA],
  ["theta", SIGNED, FIGURE.THETA],
  ["rho", SIGNED, FIGURE.RHO],
]);

/** A ticker; `mark_iv` tells that it is one of an option. */
export const TICKER_SHAPE = shape([
  ...HEAD,
  ["mark_iv", VALUE.PERCENT, FIGURE.MARK_IV],
  ["state", SKIP],
  ["stats", VALUE.OBJECT, 0, STATS],
  ["index_price", NUMBER, FIGURE.INDEX],
  ["underlying_index", SKIP],
  ["underlying_price", NUMBER, FIGURE.UNDERLYING],
  ["interest_rate", SIGNED, FIGURE.INTEREST_RATE],
  ["mark_price", NUMBER, FIGURE.MARK],
  ["bid_iv", VALUE.PERCENT, FIGURE.BID_IV],
  ["ask_iv", VALUE.PERCENT, FIGURE.ASK_IV],
  ["best_bid_price", SKIP],
  ["best_bid_amount", SKIP],
  ["best_ask_price", SKIP],
  ["best_ask_amount", SKIP],
  ["last_price", NUMBER, FIGURE.LAST],
  ["settlement_price", SKIP],
  ["min_price", SKIP],
  ["max_price", SKIP],
  ["open_interest", NUMBER, FIGURE.OPEN_INTEREST],
  ["estimated_delivery_price", SKIP],
  ["delivery_price", SKIP],
  ["greeks", VALUE.OBJECT, 0, GREEKS],
  ["current_funding", SIGNED, FIGURE.FUNDING],
  ["funding_8h", SKIP],
  ["interest_value", SKIP],
  ["combo_state", SKIP],
]);
export const SEEN_OPTION = 4;

/** {"timestamp":1787644801000,"volatility":46.83,"index_name":"btc_usd"} */
export const INDEX_SHAPE = shape([
  ["timestamp", TIME],
  ["index_name", VALUE.TEXT, TEXT.NAME],
  ["volatility", NUMBER, FIGURE.INDEX_VALUE],
]);
export const SEEN_INDEX = 7;

/** One row of trades. */
export const TRADE_SHAPE = shape([
  ...HEAD,
  ["trade_seq", COUNT, LONG.ID],
  ["price", NUMBER, FIGURE.PRICE],
  ["amount", NUMBER, FIGURE.SIZE],
  ["direction", VALUE.TEXT, TEXT.DIRECTION],
  ["trade_id", SKIP],
  ["tick_direction", SKIP],
  ["mark_price", SKIP],
  ["iv", SKIP],
  ["index_price", SKIP],
  ["contracts", SKIP],
  ["starbase_match_id", SKIP],
  ["starbase_timestamp", SKIP],
  ["liquidation", SKIP],
  ["block_trade_id", SKIP],
  ["block_trade_leg_count", SKIP],
  ["block_rfq_id", SKIP],
  ["combo_id", SKIP],
  ["combo_trade_id", SKIP],
]);
export const SEEN_TRADE = 63;

/** A book: all of it has neither link nor, where levels are grouped or few, a type. */
export const BOOK_SHAPE = shape([
  ...HEAD,
  ["change_id", COUNT, LONG.ID],
  ["bids", VALUE.BIDS],
  ["asks", VALUE.ASKS],
  ["type", VALUE.TEXT, TEXT.TYPE],
  ["prev_change_id", VALUE.LINK, LONG.PREV],
]);
export const SEEN_BOOK = 31;
export const SEEN_TYPE = 32;
export const SEEN_LINK = 64;
