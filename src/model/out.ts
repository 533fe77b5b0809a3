import type { Nanos } from "./time.ts";

/**
 * Number registers of {@link Out.num}: a parser writes values here, then calls an emitter.
 * Registers instead of arguments, because doubles passed through calls that V8 does not inline are boxed.
 */
export const NUM = {
  PRICE: 0,
  SIZE: 1,
  BID_PRICE: 0,
  BID_SIZE: 1,
  ASK_PRICE: 2,
  ASK_SIZE: 3,
  MARK: 0,
  INDEX: 1,
  FUNDING: 2,
  /** Next funding time, UNIX microseconds. */
  NEXT_FUNDING: 3,
  OPEN_INTEREST: 4,
  LAST: 0,
  VOLUME: 1,
  HIGH: 2,
  LOW: 3,
  VWAP: 4,
} as const;

/** Registers of {@link Out.option}, in the order of its slots: five per slot. Volatilities and rates are fractions. */
export const OPTION = {
  MARK: 0,
  INDEX: 1,
  /** Forward the option is priced with. */
  UNDERLYING: 2,
  OPEN_INTEREST: 3,
  INTEREST_RATE: 4,
  MARK_IV: 5,
  BID_IV: 6,
  ASK_IV: 7,
  DELTA: 8,
  GAMMA: 9,
  VEGA: 10,
  THETA: 11,
  RHO: 12,
  LAST: 13,
  /** 24 hours, base units. */
  VOLUME: 14,
} as const;

/** Figures an option has. */
export const OPTION_FIGURES = 15;

/** 64-bit registers of {@link Out.long}, each two int32 halves: low at [n], high at [n + 1]. */
export const LONG = {
  /** Venue time of the event, ns; 0 when the venue gives none. */
  TS: 0,
  /** Trade id, quote update id, or the book event's sequence. */
  ID: 2,
  /** Sequence this book event links to (the last one it needs to have seen). */
  PREV: 4,
  /** Connection-wide frame number, where the venue has one. */
  CONNECTION: 6,
} as const;

/**
 * Where `parse` puts what it read. Implementations fill slots; no object is made per event.
 * Absent numbers are NaN, absent 64-bit values 0. A parser sets every register an event uses.
 */
export interface Out {
  readonly num: Float64Array;
  readonly long: Int32Array;
  /** Figures of an option, by OPTION. */
  readonly option: Float64Array;
  /** Set to true by `parse` when LONG.CONNECTION holds this frame's connection-wide number. */
  hasConnection: boolean;
  /** CRC of the book after this event, as int32; valid for the next `book()` if `hasChecksum`. */
  checksum: number;
  hasChecksum: boolean;
  /** Numbers whose decimal text did not fit a double exactly. */
  inexact: number;
  /** Frames that left the positional fast path and were read key by key, in whatever order. */
  fallbacks: number;
  /** Frames that only JSON.parse could read. */
  slowFallbacks: number;
  /** Frames that the scanner read. */
  scanned: number;

  /**
   * First call of every `parse`: stamps the receive time, clears hasConnection and hasChecksum and opens the frame.
   * Called again within one `parse` (a fast path gave up half way), it voids everything emitted since the first call.
   */
  begin(tsRecv: Nanos): void;

  /** Takes these registers for its own from now on: a scanner that writes into them then need not copy. */
  adopt?(num: Float64Array, long: Int32Array): void;

  /** Instrument id of the native symbol at bytes [start, end), or -1: the event must then be skipped. */
  instrument(bytes: Uint8Array, start: number, end: number): number;

  /** PRICE SIZE; ID = trade id; TS. `side` is the aggressor (SIDE). */
  trade(instrument: number, side: number, flags: number): void;
  /** BID_PRICE BID_SIZE ASK_PRICE ASK_SIZE; ID = update id; TS. A side without quote is NaN, NaN. */
  quote(instrument: number, flags: number): void;
  /**
   * Optional, before the first level: the header of the book event that follows, when ID, PREV, TS and the instrument
   * stand before the levels in the frame. Its `book` then gives the same instrument, flags and registers, no checksum.
   */
  openBook(instrument: number, flags: number): void;
  /** One level of the book event being built: PRICE SIZE; size 0 removes. Other registers may still be unknown. */
  level(side: number): void;
  /** Closes the book event (also one without levels): ID = sequence, PREV, TS, checksum. FLAG.SNAPSHOT replaces the book. */
  book(instrument: number, flags: number): void;
  /**
   * A whole book event whose levels stand in arrays, the same as `openBook`, `level` for each, `book`: ID, PREV, TS, checksum.
   * Level i is price `numbers[2 * i]`, size `numbers[2 * i + 1]`, side `sides[i]`, for `count` levels from `first` on.
   */
  bookOf(
    instrument: number,
    flags: number,
    numbers: Float64Array,
    sides: Uint8Array,
    first: number,
    count: number,
  ): void;
  /** MARK INDEX FUNDING NEXT_FUNDING OPEN_INTEREST; TS. */
  ticker(instrument: number, flags: number): void;
  /** All of `option`; TS. */
  optionTicker(instrument: number, flags: number): void;
  /** 24-hour figures: LAST VOLUME (base) HIGH LOW VWAP; TS. */
  stats(instrument: number, flags: number): void;
  /** PRICE; TS. */
  index(instrument: number, flags: number): void;
  /** PRICE SIZE; TS. `side` is the side of the forced order. */
  liquidation(instrument: number, side: number, flags: number): void;
  /** Trading state of one instrument (INSTRUMENT_STATUS). */
  status(instrument: number, state: number, flags: number): void;
}

/** What a frame was, as `parse` returns it. Everything but DATA has emitted nothing. */
export const FRAME = {
  /** Events were emitted (or skipped because their instrument is not wanted). */
  DATA: 1,
  /** Proof of life, nothing else. */
  HEARTBEAT: 2,
  /** Ack, error, status or metadata: read it with `venue.control(text)`. */
  CONTROL: 3,
  /** A documented frame of a channel that feedhorn does not normalise. */
  IGNORED: 4,
  /** Well-formed, but of no form that is known. */
  UNKNOWN: 5,
  /** Not readable: truncated, not JSON, impossible numbers. Whatever was emitted is void. */
  BAD: 6,
} as const;
