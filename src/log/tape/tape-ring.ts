import { RECORD, RECORD_HEAD, padded } from "./record.ts";

/** Words in front of the bytes: head and tail in units of eight bytes, and whether the writer has ended. */
const CONTROL_BYTES = 64;
const HEAD = 0;
const TAIL = 1;
const ENDED = 2;
/** Frames up to this size are copied word by word: no object is made for them. */
const BY_WORD = 4096;

export const MIN_TAPE_RING = 1 << 16;
export const MAX_TAPE_RING = 1 << 30;

/** Memory for a ring of `bytes` (a power of two) between a lane and its tape. */
export function tapeRing(bytes: number): SharedArrayBuffer {
  const whole = Number.isInteger(Math.log2(bytes));
  if (!whole || bytes < MIN_TAPE_RING || bytes > MAX_TAPE_RING)
    throw new RangeError(
      `ring of the tape: expected a power of two from ${MIN_TAPE_RING} to ${MAX_TAPE_RING} bytes, saw ${bytes}`,
    );
  return new SharedArrayBuffer(CONTROL_BYTES + bytes);
}

/**
 * The writing end, on the lane's thread: it never waits. What finds no room is counted, and a record that says so comes
 * before the next one that does.
 */
export class TapeRingWriter {
  readonly #control: Int32Array;
  readonly #i32: Int32Array;
  readonly #f64: Float64Array;
  readonly #bytes: Uint8Array;
  readonly #units: number;
  /** What is written, and what of it was read when that was looked at last; both wrap at 2^32. */
  #head: number;
  #tail: number;
  #lost = 0;
  #lostFrames = 0;
  readonly #lostAt = new Int32Array(2);
  /** Last time on the tape, halves (low, high). */
  readonly #clock = new Int32Array(2);
  /** Ever. */
  lostRecords = 0;
  lostFrames = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#control = new Int32Array(memory, 0, CONTROL_BYTES / 4);
    this.#i32 = new Int32Array(memory, CONTROL_BYTES);
    this.#f64 = new Float64Array(memory, CONTROL_BYTES);
    this.#bytes = new Uint8Array(memory, CONTROL_BYTES);
    this.#units = this.#bytes.length / 8;
    this.#head = Atomics.load(this.#control, HEAD);
    this.#tail = Atomics.load(this.#control, TAIL);
  }

  /** A record of a head alone. */
  bare(kind: number, id: number, detail = 0): void {
    if (this.#claim(kind, detail, id, 0, 0) >= 0) this.#publish(0);
  }

  number(kind: number, value: number): void {
    const at = this.#claim(kind, 0, 0, 0, 8);
    if (at < 0) return;
    this.#f64[at >> 3] = value;
    this.#publish(8);
  }

  clock(mark: number, lo: number, hi: number): void {
    this.#clock[0] = lo;
    this.#clock[1] = hi;
    const at = this.#claim(RECORD.CLOCK, 0, 0, 0, 16);
    if (at < 0) return;
    this.#f64[at >> 3] = mark;
    this.#i32[(at >> 2) + 2] = lo;
    this.#i32[(at >> 2) + 3] = hi;
    this.#publish(16);
  }

  /** Bytes [start, end) of memory that `view` and `bytes` show alike, with three readable bytes behind them. Hot path. */
  frame(
    kind: number,
    id: number,
    more: number,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
  ): void {
    const size = end - start;
    const at = this.#claim(kind, 0, id, more, size);
    if (at < 0) {
      this.#lostFrames += 1;
      this.lostFrames += 1;
      return;
    }
    if (size <= BY_WORD) {
      const i32 = this.#i32;
      let word = at >> 2;
      for (let p = start; p < end; p += 4) i32[word++] = view.getInt32(p, true);
    } else this.#bytes.set(bytes.subarray(start, end), at);
    this.#publish(size);
  }

  /** A head and bytes in two parts. Cold. */
  bytes(kind: number, id: number, more: number, first: Uint8Array, second: Uint8Array | null = null): void {
    const size = first.length + (second?.length ?? 0);
    const at = this.#claim(kind, 0, id, more, size);
    if (at < 0) return;
    this.#bytes.set(first, at);
    if (second !== null) this.#bytes.set(second, at + first.length);
    this.#publish(size);
  }

  /** Nothing follows. */
  end(): void {
    this.#tellLost();
    Atomics.store(this.#control, ENDED, 1);
    Atomics.notify(this.#control, HEAD);
  }

  /** First byte behind the head of a fresh record, or -1 when it is lost. */
  #claim(kind: number, detail: number, id: number, more: number, payload: number): number {
    if (this.#lost > 0 && (!this.#roomy() || !this.#tellLost())) return this.#lose();
    const at = this.#room(RECORD_HEAD + payload);
    return at < 0 ? this.#lose() : this.#writeHead(at, kind, detail, id, more, payload);
  }

  #writeHead(at: number, kind: number, detail: number, id: number, more: number, payload: number): number {
    const i32 = this.#i32;
    const word = at >> 2;
    i32[word] = RECORD_HEAD + payload;
    i32[word + 1] = kind | (detail << 16);
    i32[word + 2] = id;
    i32[word + 3] = more;
    return at + RECORD_HEAD;
  }

  /** Where a record of `size` bytes may begin, in one piece; -1 when there is no room. */
  #room(size: number): number {
    const units = (size + 7) >>> 3;
    const at = this.#head & (this.#units - 1);
    const left = this.#units - at;
    const need = units <= left ? units : left + units;
    if (need > this.#units - ((this.#head - this.#tail) | 0)) {
      this.#tail = Atomics.load(this.#control, TAIL);
      if (need > this.#units - ((this.#head - this.#tail) | 0)) return -1;
    }
    if (units <= left) return at * 8;
    this.#i32[at * 2] = left * 8;
    this.#i32[at * 2 + 1] = RECORD.PAD;
    this.#head = (this.#head + left) | 0;
    return 0;
  }

  /** A quarter is free: a hole that is told of at once would be followed by the next. */
  #roomy(): boolean {
    this.#tail = Atomics.load(this.#control, TAIL);
    return this.#units - ((this.#head - this.#tail) | 0) >= this.#units >> 2;
  }

  #publish(payload: number): void {
    this.#head = (this.#head + ((RECORD_HEAD + payload + 7) >>> 3)) | 0;
    Atomics.store(this.#control, HEAD, this.#head);
  }

  #lose(): number {
    if (this.#lost === 0) this.#lostAt.set(this.#clock);
    this.#lost += 1;
    this.lostRecords += 1;
    return -1;
  }

  /** Says how much found no room; false when there is none for that. */
  #tellLost(): boolean {
    if (this.#lost === 0) return true;
    const at = this.#room(RECORD_HEAD + 24);
    if (at < 0) return false;
    const payload = this.#writeHead(at, RECORD.LOST, 0, 0, 0, 24);
    this.#f64[payload >> 3] = this.#lost;
    this.#f64[(payload >> 3) + 1] = this.#lostFrames;
    this.#i32.set(this.#lostAt, (payload >> 2) + 4);
    this.#lost = 0;
    this.#lostFrames = 0;
    this.#publish(24);
    return true;
  }
}

/** The reading end, on the tape's thread. */
export class TapeRingReader {
  readonly bytes: Uint8Array;
  readonly #control: Int32Array;
  readonly #i32: Int32Array;
  readonly #units: number;
  #tail: number;
  /** Whole records stand in bytes [start, end) after `poll`. */
  start = 0;
  end = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#control = new Int32Array(memory, 0, CONTROL_BYTES / 4);
    this.bytes = new Uint8Array(memory, CONTROL_BYTES);
    this.#i32 = new Int32Array(memory, CONTROL_BYTES);
    this.#units = this.bytes.length / 8;
    this.#tail = Atomics.load(this.#control, TAIL);
  }

  /** The writer has ended, and everything it wrote is read. */
  get ended(): boolean {
    return this.closing && Atomics.load(this.#control, HEAD) === this.#tail;
  }

  /** The writer has ended. */
  get closing(): boolean {
    return Atomics.load(this.#control, ENDED) === 1;
  }

  /** Bytes that wait. */
  get waiting(): number {
    return ((Atomics.load(this.#control, HEAD) - this.#tail) | 0) * 8;
  }

  /** Finds records of at most `limit` bytes together (one at least); false when there are none. `release` gives them back. */
  poll(limit: number): boolean {
    const head = Atomics.load(this.#control, HEAD);
    let at = (this.#tail & (this.#units - 1)) * 8;
    if (this.#tail !== head && this.#kindAt(at) === RECORD.PAD) {
      this.#tail = (this.#tail + this.#units - at / 8) | 0;
      at = 0;
    }
    this.start = at;
    const most = at + ((head - this.#tail) | 0) * 8;
    while (at < most && at < this.bytes.length && this.#kindAt(at) !== RECORD.PAD) {
      const next = at + padded(this.#i32[at >> 2]!);
      if (next - this.start > limit && at > this.start) break;
      at = next;
    }
    this.end = at;
    return at > this.start;
  }

  release(): void {
    this.#tail = (this.#tail + (this.end - this.start) / 8) | 0;
    this.start = this.end;
    Atomics.store(this.#control, TAIL, this.#tail);
  }

  /** Sleeps until there is more, or `ms` have passed. The writer does not wake: that would cost it a call a frame. */
  wait(ms: number): void {
    Atomics.wait(this.#control, HEAD, this.#tail, ms);
  }

  #kindAt(at: number): number {
    return this.#i32[(at >> 2) + 1]! & 0xffff;
  }
}
