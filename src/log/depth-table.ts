import { halvesToNumber, halvesToText, toMicros, VALIDITY_NAMES } from "../model/index.ts";
import type { Level } from "../model/index.ts";
import { DEPTH_LEVELS, DEPTH_ROW } from "./layout.ts";
import { RowCopy } from "./rows.ts";
import { reasonWord } from "./status.ts";
import type { Rows } from "./rows.ts";

/** Best levels of one instrument as last written, best first, none beyond the horizon; times in UNIX us (0 = none). */
export interface DepthOfBook {
  readonly validity: string;
  /** Why it is so; "none" where there is nothing to say. */
  readonly reason: string;
  readonly epoch: number;
  readonly tsEvent: number;
  readonly tsRecv: number;
  readonly seq: string;
  /** Slots committed in the lane's ring when this was written. */
  readonly logSeq: number;
  readonly bids: Level[];
  readonly asks: Level[];
  /** The worst price up to which the side is known to be complete; what lies beyond is not known. NaN = known to its end. */
  readonly bidHorizon: number;
  readonly askHorizon: number;
}

const AT = DEPTH_ROW.at;
const TS_EVENT = AT.ts_event / 4;
const COUNTS = AT.bid_count / 4;
const VALIDITY = AT.validity / 4;
const EPOCH = AT.epoch / 4;
const BID_HORIZON = AT.bid_horizon / 8;
const ASK_HORIZON = AT.ask_horizon / 8;
const BIDS = AT.bids / 8;
const ASKS = AT.asks / 8;

/** Registers of {@link DepthWriter}: 64-bit ones in `long` (low, high), and `horizon`. */
export const DEPTH = { TS_EVENT: 0, TS_RECV: 2, SEQ: 4, LOG_SEQ: 6, BID_HORIZON: 0, ASK_HORIZON: 1 } as const;

/**
 * Writes rows in place and without allocation: `open` a row, put (price, size) pairs, best first, into `levels` from
 * `bidsAt` and `asksAt` on, fill `long` and `horizon`, `close`. A side that did not change need not be written again.
 */
export class DepthWriter {
  /** The whole table as doubles: where levels go while a row is open. */
  readonly levels: Float64Array;
  readonly long = new Int32Array(8);
  /** NaN where a side is known to its end. */
  readonly horizon = new Float64Array(2).fill(NaN);
  /** Levels for `write`: price, size, price, size ... best first. */
  readonly bids = new Float64Array(DEPTH_LEVELS * 2);
  readonly asks = new Float64Array(DEPTH_LEVELS * 2);
  readonly #rows: Rows;
  #word = 0;

  constructor(rows: Rows) {
    this.#rows = rows;
    this.levels = rows.f64;
  }

  /** Locks row `instrument` until `close`. */
  open(instrument: number): void {
    this.#word = this.#rows.lock(instrument);
  }

  get bidsAt(): number {
    return (this.#word >> 1) + BIDS;
  }

  get asksAt(): number {
    return (this.#word >> 1) + ASKS;
  }

  /** Writes the head of the open row; a count below 0 keeps that side as it was, one above DEPTH_LEVELS is cut. */
  close(validity: number, reason: number, epoch: number, bidCount: number, askCount: number): void {
    const { i32, f64 } = this.#rows;
    const w = this.#word;
    const counts = i32[w + COUNTS]!;
    const bids = bidCount < 0 ? counts & 0xffff : Math.min(bidCount, DEPTH_LEVELS);
    const asks = askCount < 0 ? counts >>> 16 : Math.min(askCount, DEPTH_LEVELS);
    for (let i = 0; i < 8; i++) i32[w + TS_EVENT + i] = this.long[i]!;
    i32[w + COUNTS] = bids | (asks << 16);
    f64[(w >> 1) + BID_HORIZON] = this.horizon[0]!;
    f64[(w >> 1) + ASK_HORIZON] = this.horizon[1]!;
    i32[w + VALIDITY] = validity | (reason << 8);
    i32[w + EPOCH] = epoch;
    this.#rows.unlock(w);
  }

  /** Opens row `instrument`, copies `bids` and `asks` (at most DEPTH_LEVELS pairs of each) and closes it. */
  write(
    instrument: number,
    validity: number,
    reason: number,
    epoch: number,
    bidCount: number,
    askCount: number,
  ): void {
    this.open(instrument);
    const { levels, bidsAt, asksAt } = this;
    for (let i = 0; i < 2 * Math.min(bidCount, DEPTH_LEVELS); i++) levels[bidsAt + i] = this.bids[i]!;
    for (let i = 0; i < 2 * Math.min(askCount, DEPTH_LEVELS); i++) levels[asksAt + i] = this.asks[i]!;
    this.close(validity, reason, epoch, bidCount, askCount);
  }

  /** Changes only how far the row may be trusted. */
  setValidity(instrument: number, validity: number, reason: number, epoch: number): void {
    const { i32 } = this.#rows;
    const w = this.#rows.lock(instrument);
    i32[w + VALIDITY] = validity | (reason << 8);
    i32[w + EPOCH] = epoch;
    this.#rows.unlock(w);
  }
}

/** Latest values of the depth table. */
export class DepthReader {
  /** The row last taken by `take`: raw views at the offsets of DEPTH_ROW. */
  readonly row: RowCopy;

  constructor(rows: Rows) {
    this.row = new RowCopy(rows);
  }

  /** Copies a row into `row` without allocating; false when it was never written, or is locked all the time: its writer was killed or is held up. */
  take(instrument: number): boolean {
    return this.row.take(instrument) && (this.row.i32[VALIDITY]! & 0xff) !== 0;
  }

  /** The row as an object, or null where `take` says false. */
  read(instrument: number): DepthOfBook | null {
    if (!this.take(instrument)) return null;
    const { i32, f64 } = this.row;
    const long = (at: number): readonly [hi: number, lo: number] => [i32[at / 4 + 1]!, i32[at / 4]!];
    return {
      validity: VALIDITY_NAMES[i32[VALIDITY]! & 0xff] ?? "none",
      reason: reasonWord((i32[VALIDITY]! >>> 8) & 0xff),
      epoch: i32[EPOCH]! >>> 0,
      tsEvent: toMicros(...long(AT.ts_event)),
      tsRecv: toMicros(...long(AT.ts_recv)),
      seq: halvesToText(...long(AT.seq)),
      logSeq: halvesToNumber(...long(AT.log_seq)),
      bids: this.#levels(BIDS, i32[COUNTS]! & 0xffff),
      asks: this.#levels(ASKS, i32[COUNTS]! >>> 16),
      bidHorizon: f64[BID_HORIZON]!,
      askHorizon: f64[ASK_HORIZON]!,
    };
  }

  #levels(at: number, count: number): Level[] {
    const { f64 } = this.row;
    return Array.from({ length: count }, (_, i): Level => [f64[at + 2 * i]!, f64[at + 2 * i + 1]!]);
  }
}
