import { toMicros } from "../../model/index.ts";
import type { Cells } from "../kit/cells.ts";
import { MOST_NUMERIC_BYTES, putNumeric, putNumeric64 } from "./numeric.ts";

/** 2000-01-01, where PostgreSQL's times begin, UNIX us. */
export const EPOCH_US = 946_684_800_000_000;
const DAY_US = 86_400_000_000;
const TWO_32 = 4_294_967_296;
const NULL_LENGTH = -1;

/** "PGCOPY\n\377\r\n\0", no flags, no extension. */
export const COPY_HEAD = Uint8Array.from([
  0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]);
/** A row of -1 columns ends it. */
export const COPY_TAIL = Uint8Array.from([0xff, 0xff]);

const INT2 = 2;
const INT8 = 8;

/**
 * Rows in the binary form of COPY: two bytes of how many columns, then for each its length and bytes, high byte first.
 * https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format". Memory is kept and used again.
 */
export class RowBuffer implements Cells {
  rows = 0;
  /** Days (since 1970, UTC) that its rows lie in. */
  readonly days = new Set<number>();
  readonly #small: readonly boolean[];
  #bytes: Uint8Array;
  #view: DataView;
  #at = 0;
  #cell = 0;
  #day = NaN;

  /** `small`: which columns are int2, of which the others are int8. */
  constructor(small: readonly boolean[]) {
    this.#small = small;
    this.#bytes = new Uint8Array(16_384);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get bytes(): number {
    return this.#at;
  }

  /** Everything so far, valid until `clear`. */
  get data(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  clear(): void {
    this.#at = 0;
    this.rows = 0;
    this.days.clear();
    this.#day = NaN;
  }

  /** Begins a row of a day. */
  begin(day: number): this {
    if (day !== this.#day) {
      this.#day = day;
      this.days.add(day);
    }
    this.#room(2);
    this.#view.setInt16(this.#at, this.#small.length);
    this.#at += 2;
    this.#cell = 0;
    return this;
  }

  end(): void {
    this.rows += 1;
  }

  none(): void {
    this.#length(NULL_LENGTH, 0);
  }

  text(value: string): void {
    const length = value.length;
    this.#length(0, 3 * length);
    const bytes = this.#bytes;
    const at = this.#at;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return this.#utf8(value);
      bytes[at + i] = code;
    }
    this.#view.setInt32(at - 4, length);
    this.#at = at + length;
  }

  whole(value: number): void {
    if (this.#small[this.#cell] === true) {
      this.#length(INT2, INT2);
      this.#view.setInt16(this.#at, value);
      this.#at += INT2;
    } else {
      this.#length(INT8, INT8);
      this.#int8(value);
    }
  }

  /** For int8 columns, of integers beyond 2^53. */
  long(value: bigint): void {
    this.#length(INT8, INT8);
    this.#view.setBigInt64(this.#at, value);
    this.#at += INT8;
  }

  u64(hi: number, lo: number): void {
    this.#length(0, MOST_NUMERIC_BYTES);
    this.#numeric(putNumeric64(hi, lo, this.#view, this.#at));
  }

  decimal(value: number): boolean {
    this.#length(0, MOST_NUMERIC_BYTES);
    this.#numeric(putNumeric(value, this.#view, this.#at));
    return true;
  }

  double(value: number): void {
    this.#length(8, 8);
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  time(hi: number, lo: number): void {
    this.#length(INT8, INT8);
    this.#int8(toMicros(hi, lo) - EPOCH_US);
  }

  flag(value: boolean): void {
    this.#length(1, 1);
    this.#bytes[this.#at++] = value ? 1 : 0;
  }

  #utf8(value: string): void {
    const bytes = Buffer.from(value, "utf8");
    this.#bytes.set(bytes, this.#at);
    this.#numeric(this.#at + bytes.length);
  }

  /** The cell ends here: its length is known now. */
  #numeric(end: number): void {
    this.#view.setInt32(this.#at - 4, end - this.#at);
    this.#at = end;
  }

  #int8(value: number): void {
    const high = Math.floor(value / TWO_32);
    this.#view.setInt32(this.#at, high);
    this.#view.setUint32(this.#at + 4, value - high * TWO_32);
    this.#at += INT8;
  }

  #length(length: number, room: number): void {
    this.#room(4 + room);
    this.#view.setInt32(this.#at, length);
    this.#at += 4;
    this.#cell += 1;
  }

  #room(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#at + more));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** Day since 1970 of UNIX ns in halves. */
export function dayOf(hi: number, lo: number): number {
  return Math.floor(toMicros(hi, lo) / DAY_US);
}
