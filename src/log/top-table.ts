import { halvesToNumber, halvesToText, toMicros, VALIDITY_NAMES } from "../model/index.ts";
import { TOP_ROW } from "./layout.ts";
import { RowCopy } from "./rows.ts";
import { reasonWord } from "./status.ts";
import type { Rows } from "./rows.ts";

/** Best bid and offer of one instrument as last written. NaN = no such side; times in UNIX us (0 = none). */
export interface TopOfBook {
  readonly validity: string;
  /** Why it is so; "none" where there is nothing to say. */
  readonly reason: string;
  readonly epoch: number;
  readonly tsEvent: number;
  readonly tsRecv: number;
  readonly updateId: string;
  readonly bidPrice: number;
  readonly bidSize: number;
  readonly askPrice: number;
  readonly askSize: number;
  /** Slots committed in the lane's ring when this was written. */
  readonly logSeq: number;
}

const AT = TOP_ROW.at;
const TS_EVENT = AT.ts_event / 4;
const BID_PRICE = AT.bid_price / 8;
const LOG_SEQ = AT.log_seq / 4;
const VALIDITY = AT.validity / 4;
const EPOCH = AT.epoch / 4;

/** Registers of {@link TopWriter}. `long` holds 64-bit values as low, high. */
export const TOP = {
  BID_PRICE: 0,
  BID_SIZE: 1,
  ASK_PRICE: 2,
  ASK_SIZE: 3,
  TS_EVENT: 0,
  TS_RECV: 2,
  UPDATE_ID: 4,
  LOG_SEQ: 6,
} as const;

/** Fill the registers, then `write`: the hot path of the table, without allocation. */
export class TopWriter {
  readonly num = new Float64Array(4);
  readonly long = new Int32Array(8);
  readonly #rows: Rows;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** Writes the registers to row `instrument` (0 <= instrument < rows). */
  write(instrument: number, validity: number, reason: number, epoch: number): void {
    const { i32, f64 } = this.#rows;
    const w = this.#rows.lock(instrument);
    for (let i = 0; i < 6; i++) i32[w + TS_EVENT + i] = this.long[i]!;
    for (let i = 0; i < 4; i++) f64[(w >> 1) + BID_PRICE + i] = this.num[i]!;
    i32[w + LOG_SEQ] = this.long[TOP.LOG_SEQ]!;
    i32[w + LOG_SEQ + 1] = this.long[TOP.LOG_SEQ + 1]!;
    i32[w + VALIDITY] = validity | (reason << 8);
    i32[w + EPOCH] = epoch;
    this.#rows.unlock(w);
  }

  /** Changes only how far the row may be trusted; prices stay as they were. */
  setValidity(instrument: number, validity: number, reason: number, epoch: number): void {
    const { i32 } = this.#rows;
    const w = this.#rows.lock(instrument);
    i32[w + VALIDITY] = validity | (reason << 8);
    i32[w + EPOCH] = epoch;
    this.#rows.unlock(w);
  }
}

/** Latest values of the top-of-book table. */
export class TopReader {
  /** The row last taken by `take`: raw views at the offsets of TOP_ROW. */
  readonly row: RowCopy;

  constructor(rows: Rows) {
    this.row = new RowCopy(rows);
  }

  /** Copies a row into `row` without allocating; false when it was never written, or is locked all the time: its writer was killed or is held up. */
  take(instrument: number): boolean {
    return this.row.take(instrument) && (this.row.i32[VALIDITY]! & 0xff) !== 0;
  }

  /** The row as an object, or null where `take` says false. */
  read(instrument: number): TopOfBook | null {
    if (!this.take(instrument)) return null;
    const { i32, f64 } = this.row;
    const long = (at: number): readonly [hi: number, lo: number] => [i32[at / 4 + 1]!, i32[at / 4]!];
    return {
      validity: VALIDITY_NAMES[i32[VALIDITY]! & 0xff] ?? "none",
      reason: reasonWord((i32[VALIDITY]! >>> 8) & 0xff),
      epoch: i32[EPOCH]! >>> 0,
      tsEvent: toMicros(...long(AT.ts_event)),
      tsRecv: toMicros(...long(AT.ts_recv)),
      updateId: halvesToText(...long(AT.update_id)),
      bidPrice: f64[BID_PRICE]!,
      bidSize: f64[BID_PRICE + 1]!,
      askPrice: f64[BID_PRICE + 2]!,
      askSize: f64[BID_PRICE + 3]!,
      logSeq: halvesToNumber(...long(AT.log_seq)),
    };
  }
}
