import { afterReads, announce } from "./fence.ts";
import type { RecordLayout } from "./record.ts";

/**
 * A table in memory: rows of one record, seen as words, doubles and bytes.
 * The first word of a locked row is its sequence lock: odd while the one writer is inside, +2 per write, 0 = never
 * written. A reader copies the row and keeps the copy only if the lock was even and the same before and after:
 * `lock` is announced before the first store of a write (fence.ts), and loaded again after the last read.
 */
export class Rows {
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly u8: Uint8Array;
  readonly count: number;
  /** Bytes of a row. */
  readonly size: number;

  constructor(buffer: ArrayBufferLike, offset: number, count: number, layout: RecordLayout) {
    const bytes = count * layout.size;
    this.i32 = new Int32Array(buffer, offset, bytes / 4);
    this.f64 = new Float64Array(buffer, offset, bytes / 8);
    this.u8 = new Uint8Array(buffer, offset, bytes);
    this.count = count;
    this.size = layout.size;
  }

  /** Throws RangeError when there is no row `row`. */
  check(row: number): void {
    if (!(Number.isInteger(row) && row >= 0 && row < this.count))
      throw new RangeError(`table: expected a row from 0 to ${this.count - 1}, saw ${row}`);
  }

  /** Opens row `row` for writing; returns its first word. */
  lock(row: number): number {
    const w = (row * this.size) >> 2;
    announce(this.i32, w, this.i32[w]! | 1);
    return w;
  }

  unlock(w: number): void {
    Atomics.store(this.i32, w, nextEven(this.i32[w]!));
  }

  /**
   * Opens rows that a killed writer left locked, `emptied` where half a change would be a lie.
   * Only for the writer, when it takes the region over; returns how many there were.
   */
  repair(emptied: boolean): number {
    let repaired = 0;
    for (let row = 0; row < this.count; row++) {
      const w = (row * this.size) >> 2;
      if ((this.i32[w]! & 1) === 0) continue;
      if (emptied) this.i32.fill(0, w + 1, w + this.size / 4);
      this.unlock(w);
      repaired += 1;
    }
    return repaired;
  }
}

/** The even value after an odd lock; skips 0, which means "never written". */
function nextEven(lock: number): number {
  const next = (lock + 1) | 0;
  return next === 0 ? 2 : next;
}

/** Attempts at a consistent copy before a reader gives up; a writer holds a row for well under a microsecond. */
const ATTEMPTS = 1000;

/** Copies one row at a time out of a locked table into private memory. */
export class RowCopy {
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly u8: Uint8Array;
  readonly #rows: Rows;
  readonly #words: number;

  constructor(rows: Rows) {
    const own = new ArrayBuffer(rows.size);
    this.i32 = new Int32Array(own);
    this.f64 = new Float64Array(own);
    this.u8 = new Uint8Array(own);
    this.#rows = rows;
    this.#words = rows.size / 4;
  }

  /** Lock word of the row as it stands: unchanged since a copy means the copy is still current. */
  version(row: number): number {
    return Atomics.load(this.#rows.i32, (row * this.#rows.size) >> 2);
  }

  /** True when a consistent copy was made; false for no such row, never written, or locked all the time. */
  take(row: number): boolean {
    if (!(row >= 0 && row < this.#rows.count)) return false;
    const w = (row * this.#rows.size) >> 2;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = Atomics.load(this.#rows.i32, w);
      if (before === 0) return false;
      if ((before & 1) === 0 && this.#copy(w, before)) return true;
    }
    return false;
  }

  #copy(w: number, before: number): boolean {
    const from = this.#rows.i32;
    for (let k = 1; k < this.#words; k++) this.i32[k] = from[w + k]!;
    this.i32[0] = before;
    afterReads();
    return Atomics.load(from, w) === before;
  }
}
