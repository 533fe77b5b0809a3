import { decodeText } from "../../model/index.ts";

/**
 * Records of a tape, in the ring they travel through and in the files they end in: a head of four words, then what the kind
 * says, padded to eight bytes.
 *
 *     0  u32  bytes of the record, head included, without the padding
 *     4  u16  kind
 *     6  u16  detail
 *     8  u32  id: of the connection, the question or the timer
 *    12  u32  more: what the kind says
 *    16  ...  what the kind says
 */
export const RECORD_HEAD = 16;

/** Little endian, as everything on a tape. */
export const RECORD = {
  /** f64 monotonic ms, i64 UNIX ns. */
  CLOCK: 1,
  /** f64 monotonic ms. */
  NOW: 2,
  TURN: 3,
  /** Text: venue, line end, address. */
  DIAL: 4,
  OPENED: 5,
  /** The frame's bytes, after inflate. */
  FRAME: 6,
  /** The same; more: bytes of the memory that its pieces may be read in. */
  LARGE: 7,
  AGAIN: 8,
  READ_END: 9,
  ALIVE: 10,
  /** Text: the reason; more: the code. */
  CLOSED: 11,
  /** Detail: 1 = what it tells while it goes on begins here, 0 = ends here. */
  RESUME: 12,
  /** The text that was sent. */
  SENT: 13,
  PING: 14,
  HANG_UP: 15,
  /** Text: venue, line end, address; no address: no more questions. */
  ASKED: 16,
  /** JSON of more bytes, then the body. */
  ANSWERED: 17,
  /** f64: slots committed ever. */
  REACHED: 18,
  /** Text: JSON of what the lane was asked for. */
  ORDER: 19,
  STOP: 20,
  /** f64 records that found no room, f64 frames among them, i64 UNIX ns of the last clock before them. */
  LOST: 21,
  /** Nothing, to the end of the ring. Never in a file. */
  PAD: 22,
} as const;

export const RECORD_NAMES: readonly string[] = [
  "nothing",
  ...Object.keys(RECORD).map((name) => name.toLowerCase()),
];

/** Bytes that a record of `size` bytes takes. */
export function padded(size: number): number {
  return (size + 7) & -8;
}

/** Records one behind the other in memory; which one, is told by `next`. Fields are of that one. */
export class RecordCursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #end: number;
  /** Where the record begins. */
  at: number;
  size = 0;
  kind = 0;
  detail = 0;
  id = 0;
  more = 0;
  #next: number;

  /** Of `bytes` from `start` to `end`. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = start;
    this.#next = start;
    this.#end = end;
  }

  /** False at the end. RangeError where something stands that is no record. */
  next(): boolean {
    const at = this.#next;
    if (at >= this.#end) return false;
    const { view } = this;
    const size = this.#end - at >= RECORD_HEAD ? view.getUint32(at, true) : 0;
    const kind = size === 0 ? 0 : view.getUint16(at + 4, true);
    if (size < RECORD_HEAD || at + padded(size) > this.#end || kind === 0 || kind >= RECORD.PAD)
      throw new RangeError(`expected a record at byte ${at}, saw kind ${kind} of ${size} bytes`);
    this.at = at;
    this.size = size;
    this.kind = kind;
    this.detail = view.getUint16(at + 6, true);
    this.id = view.getUint32(at + 8, true);
    this.more = view.getUint32(at + 12, true);
    this.#next = at + padded(size);
    return true;
  }

  /** First byte behind the head. */
  get start(): number {
    return this.at + RECORD_HEAD;
  }

  get end(): number {
    return this.at + this.size;
  }

  f64(index = 0): number {
    return this.view.getFloat64(this.start + 8 * index, true);
  }

  /** Halves of an i64 at the given place of eight bytes. */
  lo(index: number): number {
    return this.view.getInt32(this.start + 8 * index, true);
  }

  hi(index: number): number {
    return this.view.getInt32(this.start + 8 * index + 4, true);
  }

  /** The bytes behind the head, shared. */
  payload(from = 0): Uint8Array {
    return this.bytes.subarray(this.start + from, this.end);
  }

  text(from = 0, to = this.size - RECORD_HEAD): string {
    return decodeText(this.bytes, this.start + from, this.start + to);
  }
}
