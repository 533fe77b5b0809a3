import { FLAG } from "../model/index.ts";
import {
  BOOK,
  INDEX,
  LIQUIDATION,
  QUOTE,
  SLOT,
  SLOT_BYTES,
  SLOT_WORDS,
  STATS,
  STATUS,
  TICKER,
  TRADE,
} from "./layout.ts";

/**
 * Slots in memory: three views of the same bytes. A slot is named by (views, word), `word` being its first index
 * in `i32`; its first index in `f64` is word / 2 and in `u8` word * 4. The same names work for the ring, for a
 * reader's private copies and for a segment of the journal.
 */
export class SlotViews {
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly u8: Uint8Array;
  /** Slots. */
  readonly count: number;

  /** `count` slots from byte `offset` (a multiple of 8). */
  constructor(buffer: ArrayBufferLike, offset: number, count: number) {
    this.i32 = new Int32Array(buffer, offset, count * SLOT_WORDS);
    this.f64 = new Float64Array(buffer, offset, (count * SLOT_BYTES) / 8);
    this.u8 = new Uint8Array(buffer, offset, count * SLOT_BYTES);
    this.count = count;
  }

  /** Slots in fresh private memory. */
  static make(count: number): SlotViews {
    return new SlotViews(new ArrayBuffer(count * SLOT_BYTES), 0, count);
  }
}

/** Int32 words from a slot's first: kind | flags << 8 | venue << 16 share word HEAD. 64-bit fields are low, high. */
export const WORD = {
  HEAD: SLOT.at.kind / 4,
  INSTRUMENT: SLOT.at.instrument / 4,
  TS_EVENT: SLOT.at.ts_event / 4,
  TS_RECV: SLOT.at.ts_recv / 4,
  PRICE: TRADE.at.price / 4,
  TRADE_ID: TRADE.at.id / 4,
  QUOTE_ID: QUOTE.at.update_id / 4,
  SEQ: BOOK.at.seq / 4,
  PREV_SEQ: BOOK.at.prev_seq / 4,
  /** side | has_checksum << 8; or scope | state << 8 | reason << 16. */
  TAIL: BOOK.at.side / 4,
  CHECKSUM: BOOK.at.checksum / 4,
  EPOCH: STATUS.at.epoch / 4,
} as const;

/** Float64 indexes from word / 2. */
export const DOUBLE = {
  PRICE: TRADE.at.price / 8,
  SIZE: TRADE.at.size / 8,
  BID_PRICE: QUOTE.at.bid_price / 8,
  BID_SIZE: QUOTE.at.bid_size / 8,
  ASK_PRICE: QUOTE.at.ask_price / 8,
  ASK_SIZE: QUOTE.at.ask_size / 8,
  MARK: TICKER.at.mark / 8,
  INDEX: TICKER.at.index / 8,
  FUNDING: TICKER.at.funding / 8,
  NEXT_FUNDING: TICKER.at.next_funding / 8,
  OPEN_INTEREST: TICKER.at.open_interest / 8,
  LAST: STATS.at.last / 8,
  VOLUME: STATS.at.volume / 8,
  HIGH: STATS.at.high / 8,
  LOW: STATS.at.low / 8,
  VWAP: STATS.at.vwap / 8,
  INDEX_PRICE: INDEX.at.price / 8,
  LIQUIDATION_SIZE: LIQUIDATION.at.size / 8,
} as const;

/** LAST where it stands in word HEAD. */
export const LAST_IN_HEAD = FLAG.LAST << 8;

export function slotKind(slots: SlotViews, word: number): number {
  return slots.i32[word]! & 0xff;
}

export function slotFlags(slots: SlotViews, word: number): number {
  return (slots.i32[word]! >>> 8) & 0xff;
}

export function slotVenue(slots: SlotViews, word: number): number {
  return slots.i32[word]! >>> 16;
}

/** Instrument id, or NO_INSTRUMENT. */
export function slotInstrument(slots: SlotViews, word: number): number {
  return slots.i32[word + WORD.INSTRUMENT]! >>> 0;
}

/** Side of a trade, level or liquidation; scope of a status. */
export function slotSide(slots: SlotViews, word: number): number {
  return slots.i32[word + WORD.TAIL]! & 0xff;
}

/**
 * Copies the 64 bytes of one slot. As words, never as doubles: an id may have the bits of a signalling NaN.
 * Written out, because this is the whole cost of a reader.
 */
export function copySlot(from: Int32Array, f: number, to: Int32Array, t: number): void {
  to[t] = from[f]!;
  to[t + 1] = from[f + 1]!;
  to[t + 2] = from[f + 2]!;
  to[t + 3] = from[f + 3]!;
  to[t + 4] = from[f + 4]!;
  to[t + 5] = from[f + 5]!;
  to[t + 6] = from[f + 6]!;
  to[t + 7] = from[f + 7]!;
  to[t + 8] = from[f + 8]!;
  to[t + 9] = from[f + 9]!;
  to[t + 10] = from[f + 10]!;
  to[t + 11] = from[f + 11]!;
  to[t + 12] = from[f + 12]!;
  to[t + 13] = from[f + 13]!;
  to[t + 14] = from[f + 14]!;
  to[t + 15] = from[f + 15]!;
}
