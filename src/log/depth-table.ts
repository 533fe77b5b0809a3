import { halvesToNumber, halvesToText, toMicros, VALIDITY_NAMES } from "../model/index.ts";
import type { Level } from "../model/index.ts";
import { DEPTH_LEVELS, DEPTH_ROW } from "./layout.ts";
import { RowCopy } from "./rows.ts";
import type { Rows } from "./rows.ts";

/** Best levels of one instrument as last written, best first; times in UNIX us (0 = none). */
export interface DepthOfBook {
  readonly validity: string;
  readonly epoch: number;
  readonly tsEvent: number;
  readonly tsRecv: number;
  readonly seq: string;
  /** Slots committed in the lane's ring when this was written. */
  readonly logSeq: number;
  readonly bids: Level[];
  readonly asks: Level[];
}

const AT = DEPTH_ROW.at;
const TS_EVENT = AT.ts_event / 4;
const COUNTS = AT.bid_count / 4;
const VALIDITY = AT.validity / 4;
const EPOCH = AT.epoch / 4;
const BIDS = AT.bids / 8;
const ASKS = AT.asks / 8;

/** 64-bit registers of {@link DepthWriter}, low, high. */
export const DEPTH = { TS_EVENT: 0, TS_RECV: 2, SEQ: 4, LOG_SEQ: 6 } as const;

/** Fill the registers, then `write`: without allocation. */
export class DepthWriter {
  /** price, size, price, size ... best first; at most DEPTH_LEVELS pairs are used. */
  readonly bids = new Float64Array(DEPTH_LEVELS * 2);
  readonly asks = new Float64Array(DEPTH_LEVELS * 2);
  readonly long = new Int32Array(8);
  readonly #rows: Rows;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** Writes the registers to row `instrument`; counts beyond DEPTH_LEVELS are cut. */
  write(instrument: number, validity: number, epoch: number, bidCount: number, askCount: number): void {
    const bids = Math.min(bidCount, DEPTH_LEVELS);
    const asks = Math.min(askCount, DEPTH_LEVELS);
    const { i32 } = this.#rows;
    const w = this.#rows.lock(instrument);
    for (let i = 0; i < 8; i++) i32[w + TS_EVENT + i] = this.long[i]!;
    i32[w + COUNTS] = bids | (asks << 16);
    i32[w + VALIDITY] = validity;
    i32[w + EPOCH] = epoch;
    this.#side((w >> 1) + BIDS, this.bids, bids * 2);
    this.#side((w >> 1) + ASKS, this.asks, asks * 2);
    this.#rows.unlock(w);
  }

  /** Changes only how far the row may be trusted. */
  setValidity(instrument: number, validity: number, epoch: number): void {
    const { i32 } = this.#rows;
    const w = this.#rows.lock(instrument);
    i32[w + VALIDITY] = validity;
    i32[w + EPOCH] = epoch;
    this.#rows.unlock(w);
  }

  #side(at: number, from: Float64Array, count: number): void {
    const { f64 } = this.#rows;
    for (let i = 0; i < count; i++) f64[at + i] = from[i]!;
  }
}

/** Latest values of the depth table. */
export class DepthReader {
  /** The row last taken by `take`: raw views at the offsets of DEPTH_ROW. */
  readonly row: RowCopy;

  constructor(rows: Rows) {
    this.row = new RowCopy(rows);
  }

  /** Copies a row into `row` without allocating; false when it was never written. */
  take(instrument: number): boolean {
    return this.row.take(instrument) && (this.row.i32[VALIDITY]! & 0xff) !== 0;
  }

  /** The row as an object, or null when it was never written. */
  read(instrument: number): DepthOfBook | null {
    if (!this.take(instrument)) return null;
    const { i32 } = this.row;
    const long = (at: number): readonly [hi: number, lo: number] => [i32[at / 4 + 1]!, i32[at / 4]!];
    return {
      validity: VALIDITY_NAMES[i32[VALIDITY]! & 0xff] ?? "none",
      epoch: i32[EPOCH]! >>> 0,
      tsEvent: toMicros(...long(AT.ts_event)),
      tsRecv: toMicros(...long(AT.ts_recv)),
      seq: halvesToText(...long(AT.seq)),
      logSeq: halvesToNumber(...long(AT.log_seq)),
      bids: this.#levels(BIDS, i32[COUNTS]! & 0xffff),
      asks: this.#levels(ASKS, i32[COUNTS]! >>> 16),
    };
  }

  #levels(at: number, count: number): Level[] {
    const { f64 } = this.row;
    return Array.from({ length: count }, (_, i): Level => [f64[at + 2 * i]!, f64[at + 2 * i + 1]!]);
  }
}
