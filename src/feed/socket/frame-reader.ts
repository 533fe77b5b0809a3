import { TOO_LARGE } from "./inflate.ts";
import type { Inflater } from "./inflate.ts";
import { Slab } from "../../model/index.ts";

/** Bytes one read of the socket can bring: what a burst costs per read, the kernel's part first, is paid less often. */
export const READ_AREA = 256 << 10;
/** Bytes before the read area: a frame that a read cut in two is joined here, if the whole of it fits. */
export const HEADROOM = 64 << 10;
/** Capacity of the slab that a reader works in. */
export const READER_SLAB = HEADROOM + READ_AREA;
/** A gathering slab up to this size is kept for the next message. */
const KEEP = 1 << 20;
/** Messages from here on are offered to `large` first. None of them can lie in the read area. */
export const LARGE = READ_AREA;
/** Bytes that may still come once reading was paused: the rest of a read, and of what TLS had deciphered by then. */
const MOST_HELD = 1 << 20;
const REASON_LIMIT = 120;
const UTF8 = new TextDecoder();
const NOTHING = new Uint8Array(0);

/** First bytes of an unfragmented message: FIN and the opcode (RFC 6455, 5.2). */
const TEXT = 0x81;
const BINARY = 0x82;
const OPCODE = { CONTINUATION: 0, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 };
const LENGTH_16 = 126;
/** On the first frame of a message: it is compressed (RFC 7692, 6). */
const RSV1 = 0x40;

/** Codes of our own failures (RFC 6455, 7.4.1). */
const PROTOCOL_ERROR = 1002;
const BAD_DATA = 1007;
const TOO_BIG = 1009;

/** What a reader finds. After `closed` and after `failed` nothing follows. */
export interface FrameEvents {
  /** One whole message at [start, end), valid until the call returns. */
  message(slab: Slab, start: number, end: number): void;
  /**
   * A whole message of LARGE bytes or more, before `message` is. True takes it: it is the taker's to keep, and nothing
   * follows until `resume` was called, neither messages nor anything else. From the return of this call until then the
   * reader's own slab, `work`, holds nothing that is needed between two calls.
   */
  readonly large?: (slab: Slab, start: number, end: number, work: Slab) => boolean;
  /** A ping whose payload, to be echoed, stands at [start, end). */
  ping(slab: Slab, start: number, end: number): void;
  pong(): void;
  /** The other side's close frame; code 1005 when it holds none. */
  closed(code: number, reason: string): void;
  /** The stream breaks RFC 6455 (1002), cannot be inflated (1007) or is over the limit (1009). */
  failed(code: number, reason: string): void;
}

/**
 * The receiving half of a websocket client (RFC 6455, 5) without the socket: bytes are put into `area`, `feed` is told
 * how many. Messages are handed over where they lie: a frame whose end has not come yet is moved to just before the
 * area, so that the next read makes it whole. Only what cannot lie in one piece there, large frames and fragments, is
 * copied to a slab of its own, never larger than `maxMessage`.
 */
export class FrameReader {
  /** Where reads land; a part of `#slab`. */
  readonly area: Uint8Array;
  readonly #slab: Slab;
  readonly #max: number;
  readonly #events: FrameEvents;
  /** Where the next frame begins: in the headroom when a part of it came before. */
  #at = HEADROOM;
  #done = false;
  /** A large message was taken; what came behind it waits here. */
  #paused = false;
  /** Neither done nor paused: one look for each message. */
  #going = true;
  #waiting: Uint8Array = NOTHING;
  /** A message being gathered: its slab, what it holds, what its current frame still lacks, whether that is the last. */
  #large: Slab | null = null;
  #gathered = 0;
  #lacking = 0;
  #last = true;
  /** Between the first frame of a fragmented message and its last. */
  #fragmented = false;
  /** Null unless compression was agreed on. */
  #inflater: Inflater | null = null;
  /** Of the message that is being read. */
  #compressed = false;

  /** `slab`: of READER_SLAB bytes at least, the reader's alone. `maxMessage`: bytes of the largest message accepted. */
  constructor(slab: Slab, maxMessage: number, events: FrameEvents) {
    this.#slab = slab;
    this.#max = maxMessage;
    this.#events = events;
    this.area = slab.bytes.subarray(HEADROOM, READER_SLAB);
  }

  /** Messages may be compressed from now on. */
  inflateWith(inflater: Inflater): void {
    this.#inflater = inflater;
  }

  /** Bytes held for a message that is not whole yet or was gathered before. */
  get held(): number {
    return this.#large?.capacity ?? 0;
  }

  /** Bytes there are of a message that is being gathered. */
  get gathered(): number {
    return this.#gathered;
  }

  /** Takes what stands in `area` from `from` to `count`; every event comes before this returns. */
  feed(count: number, from = 0): void {
    const end = HEADROOM + count;
    if (from > 0) this.#at = HEADROOM + from;
    if (this.#paused) return this.#hold(HEADROOM + from, end);
    this.#frames(end);
    if (this.#paused) return this.#hold(this.#at, end);
    const rest = end - this.#at;
    if (rest > 0 && !this.#done) this.#slab.bytes.copyWithin(HEADROOM - rest, this.#at, end);
    this.#at = HEADROOM - rest;
  }

  /** Nothing is handed over from now on, not even the rest of the current read. */
  stop(): void {
    this.#end();
    this.#waiting = NOTHING;
  }

  #end(): void {
    this.#done = true;
    this.#going = false;
  }

  #pause(paused: boolean): void {
    this.#paused = paused;
    this.#going = !paused && !this.#done;
  }

  /** Between the message that `large` took and `resume`. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Hands over what came behind a large message; every event comes before this returns, which may be another pause. */
  resume(): void {
    const waiting = this.#waiting;
    this.#pause(false);
    this.#waiting = NOTHING;
    for (let at = 0; at < waiting.length && !this.#done; at += READ_AREA) {
      const part = waiting.subarray(at, at + READ_AREA);
      this.area.set(part);
      this.feed(part.length);
    }
  }

  /** Keeps what stands in the slab behind a large message; the next frame begins with it. */
  #hold(from: number, end: number): void {
    this.#at = HEADROOM;
    if (this.#done || from === end) return;
    const before = this.#waiting;
    if (before.length + end - from > MOST_HELD)
      return void this.#fail(TOO_BIG, `more than ${MOST_HELD} bytes came while reading was paused`, end);
    const waiting = new Uint8Array(before.length + end - from);
    waiting.set(before);
    waiting.set(this.#slab.bytes.subarray(from, end), before.length);
    this.#waiting = waiting;
  }

  /** The hot loop: whole, unfragmented messages of less than 64 KiB; all else is `#rare`. */
  #frames(end: number): void {
    const { bytes } = this.#slab;
    let at = this.#at;
    while (this.#going) {
      if (this.#lacking > 0) {
        at = this.#gather(at, end);
        if (at === end) break;
        continue;
      }
      if (end - at < 2) break;
      const first = bytes[at]!;
      const second = bytes[at + 1]!;
      const start = second === LENGTH_16 ? at + 4 : at + 2;
      const length = second === LENGTH_16 ? (bytes[at + 2]! << 8) | bytes[at + 3]! : second;
      const next = start + length;
      const plain = (first === TEXT || first === BINARY) && second <= LENGTH_16 && !this.#fragmented;
      if (plain && start <= end && next <= end && length <= this.#max) {
        at = next;
        this.#events.message(this.#slab, start, next);
        continue;
      }
      const after = this.#rare(at, end);
      if (after === at) break;
      at = after;
    }
    this.#at = this.#done ? end : at;
  }

  /** Any frame at all. Returns where the next one begins, or `at` when more bytes are needed first. */
  #rare(at: number, end: number): number {
    const first = this.#slab.bytes[at]!;
    const second = this.#slab.bytes[at + 1]!;
    const wrong = this.#wrong(first & ~RSV1, second, (first & RSV1) !== 0);
    if (wrong !== "") return this.#breach(wrong, end);
    const start = at + (second < LENGTH_16 ? 2 : second === LENGTH_16 ? 4 : 10);
    if (start > end) return at;
    const length = this.#length(at, second);
    if (length < 0) return this.#breach("the first bit of a 64-bit payload length must be clear", end);
    if ((first & 8) !== 0)
      return start + length > end ? at : this.#control(first & 15, start, start + length);
    if (this.#gathered + length > this.#max) return this.#fail(TOO_BIG, TOO_LARGE, end);
    return this.#data(first, at, start, length, end);
  }

  /** What is wrong with a frame that begins so, RSV1 aside, in words, or "". */
  #wrong(first: number, second: number, compressed: boolean): string {
    const opcode = first & 15;
    const final = first >= 0x80;
    if ((first & 0x30) !== 0) return "RSV2 and RSV3 must be clear";
    const begins = opcode !== OPCODE.CONTINUATION && opcode < OPCODE.CLOSE;
    if (compressed && (this.#inflater === null || !begins)) return "RSV1 must be clear";
    const control = opcode >= OPCODE.CLOSE && opcode <= OPCODE.PONG;
    const data = opcode <= OPCODE.BINARY && (opcode === OPCODE.CONTINUATION) === this.#fragmented;
    if (!control && !data) return `invalid opcode ${opcode}`;
    if (control && !final) return "FIN must be set";
    const length = second & 0x7f;
    if (control && (length > 125 || (opcode === OPCODE.CLOSE && length === 1)))
      return `invalid payload length ${length}`;
    return second >= 0x80 ? "MASK must be clear" : "";
  }

  /** Payload length of the frame at `at`, whose header is complete; -1 when the first of its 64 bits is set. */
  #length(at: number, second: number): number {
    if (second < LENGTH_16) return second;
    const bytes = second === LENGTH_16 ? 2 : 8;
    if (bytes === 8 && this.#slab.bytes[at + 2]! >= 0x80) return -1;
    return this.#number(at + 2, bytes);
  }

  /** The big-endian number in the bytes from `at`. */
  #number(at: number, bytes: number): number {
    let value = 0;
    for (let i = at; i < at + bytes; i++) value = value * 256 + this.#slab.bytes[i]!;
    return value;
  }

  #control(opcode: number, start: number, end: number): number {
    if (opcode === OPCODE.PING) this.#events.ping(this.#slab, start, end);
    else if (opcode === OPCODE.PONG) this.#events.pong();
    else this.#close(start, end);
    return end;
  }

  #close(start: number, end: number): void {
    const code = start === end ? 1005 : this.#number(start, 2);
    if (start !== end && !isCloseCode(code)) {
      this.#breach(`invalid status code ${code}`, end);
      return;
    }
    this.#end();
    const reason = start === end ? "" : UTF8.decode(this.#slab.bytes.subarray(start + 2, end));
    this.#events.closed(code, reason.slice(0, REASON_LIMIT));
  }

  /** A frame of data that the hot loop did not take. */
  #data(first: number, at: number, start: number, length: number, end: number): number {
    const final = first >= 0x80;
    if (!this.#fragmented) this.#compressed = (first & RSV1) !== 0;
    if (final && !this.#fragmented) {
      if (start + length <= end) {
        this.#message(this.#slab, start, start + length);
        return start + length;
      }
      if (start + length - at <= HEADROOM) return at;
    }
    this.#reserve(this.#gathered + length);
    this.#fragmented = !final;
    this.#last = final;
    this.#lacking = length;
    return this.#gather(start, end);
  }

  /** Room for `size` bytes of one message: twice what there was, so that many fragments are not copied many times. */
  #reserve(size: number): void {
    const old = this.#large;
    if (old !== null && old.capacity >= size) return;
    const twice = Math.max(HEADROOM, 2 * (old?.capacity ?? 0));
    const grown = new Slab(Math.max(size, Math.min(this.#max, twice)));
    if (old !== null) grown.bytes.set(old.bytes.subarray(0, this.#gathered));
    this.#large = grown;
  }

  /** Copies what came of the current frame; hands the message over when that was all of it. Returns where it stopped. */
  #gather(at: number, end: number): number {
    const part = Math.min(this.#lacking, end - at);
    const slab = this.#large!;
    slab.bytes.set(this.#slab.bytes.subarray(at, at + part), this.#gathered);
    this.#gathered += part;
    this.#lacking -= part;
    if (this.#lacking === 0 && this.#last) this.#deliver(slab);
    return at + part;
  }

  #deliver(slab: Slab): void {
    const size = this.#gathered;
    this.#gathered = 0;
    if (slab.capacity > KEEP) this.#large = null;
    this.#message(slab, 0, size);
  }

  /** Hands a message over that the hot loop did not take. */
  #message(slab: Slab, start: number, end: number): void {
    if (!this.#compressed) return this.#offer(slab, start, end);
    const inflater = this.#inflater!;
    const fault = inflater.inflate(slab, start, end);
    if (fault !== "") return void this.#fail(fault === TOO_LARGE ? TOO_BIG : BAD_DATA, fault, end);
    this.#offer(inflater.slab, inflater.start, inflater.end);
    return inflater.trim();
  }

  /** Hands over what is not compressed any more: large ones to whoever reads those in pieces, if anybody does. */
  #offer(slab: Slab, start: number, end: number): void {
    const { large } = this.#events;
    if (end - start < LARGE || large === undefined) return this.#events.message(slab, start, end);
    const own = this.#compressed ? copyOf(slab, start, end) : slab;
    const from = this.#compressed ? 0 : start;
    this.#pause(large(own, from, from + end - start, this.#slab));
    if (!this.#paused) return this.#events.message(own, from, from + end - start);
    if (own === this.#large) this.#large = null;
  }

  #breach(what: string, end: number): number {
    return this.#fail(PROTOCOL_ERROR, `Invalid WebSocket frame: ${what}`, end);
  }

  #fail(code: number, reason: string, end: number): number {
    this.#end();
    this.#events.failed(code, reason);
    return end;
  }
}

/** The window of a decompressor stays with it. */
function copyOf(slab: Slab, start: number, end: number): Slab {
  const copy = new Slab(end - start);
  copy.bytes.set(slab.bytes.subarray(start, end));
  return copy;
}

/** Codes that may stand in a close frame (RFC 6455, 7.4, and its registry). */
export function isCloseCode(code: number): boolean {
  const assigned = code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
  return assigned || (code >= 3000 && code <= 4999);
}
