import {
  DISTANCES,
  FIXED_DISTANCES,
  FIXED_LITERALS,
  HuffmanCode,
  LENGTHS,
  LENGTH_ORDER,
} from "./inflate-codes.ts";
import { Slab } from "../../model/index.ts";

/** How far back a message may refer (RFC 1951, 2): kept before the next message, so that it can. */
const WINDOW = 32 << 10;
/** What one match writes at most: checked once per symbol instead of once per byte. */
const LONGEST_MATCH = 258;
const LONGEST_STORED = 0xffff;
/** The slab's first size. A larger one is given up after a message when it is over KEEP. */
const FIRST = 4 * WINDOW;
const KEEP = 1 << 20;

const END_OF_BLOCK = 256;
const BLOCK = { STORED: 0, FIXED: 1, DYNAMIC: 2 };

const TRUNCATED = "the compressed message ends in the middle of a block";
/** The fault of a message that is larger than allowed; any other fault is one of its bytes. */
export const TOO_LARGE = "Max payload size exceeded";

/** The next three bytes, the first one lowest: what fits beside the up to seven bits of one that is begun. */
function next24(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
}

/**
 * The inflating half of permessage-deflate (RFC 7692, 7.2.2; DEFLATE is RFC 1951): one compressed message at a time, at
 * once and in order, into a slab that keeps the window of the messages before it. Nothing is allocated per message.
 * Faults are in zlib's words.
 */
export class Inflater {
  readonly #max: number;
  readonly #takeover: boolean;
  #slab = new Slab(FIRST);
  /** In the slab: where the message begins, where its next byte goes, and the last place from which a match fits. */
  #start = 0;
  #out = 0;
  #limit = 0;
  /** The compressed message: where it ends, the next byte to load, and loaded bits that are not used yet. */
  #source: Slab = this.#slab;
  #end = 0;
  #at = 0;
  #hold = 0;
  #count = 0;
  #fault = "";
  readonly #lengths = new Uint8Array(320);
  readonly #codeLengths = new HuffmanCode();
  readonly #literals = new HuffmanCode();
  readonly #distances = new HuffmanCode();

  /**
   * `max`: bytes of the largest message, once inflated. `takeover`: whether a message may refer to the ones before it
   * (the server did not answer server_no_context_takeover).
   */
  constructor(max: number, takeover: boolean) {
    this.#max = max;
    this.#takeover = takeover;
  }

  /** Where the message stands that was inflated last, until the next call of `inflate` or `trim`. */
  get slab(): Slab {
    return this.#slab;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#out;
  }

  /** Inflates the message at [start, end) of `source`, which lacks its last four bytes 00 00 ff ff. Returns "" or the fault. */
  inflate(source: Slab, start: number, end: number): string {
    this.#source = source;
    this.#at = start;
    this.#end = end;
    this.#hold = 0;
    this.#count = 0;
    this.#fault = "";
    if (!this.#takeover) this.#out = 0;
    this.#start = this.#out;
    this.#setLimit();
    while (this.#block());
    if (this.#out - this.#start > this.#max) this.#fault = TOO_LARGE;
    return this.#fault;
  }

  /** Gives up what a large message took, once it has been handed over; only its window is kept. */
  trim(): void {
    if (this.#slab.capacity > KEEP) this.#moveTo(new Slab(FIRST), Math.max(0, this.#out - WINDOW));
  }

  /** One block. False when it was the last of the message, or faulty. */
  #block(): boolean {
    this.#refill();
    const head = this.#take(3);
    const type = head >> 1;
    if (this.#over()) return this.#fail(TRUNCATED);
    if (type === BLOCK.STORED) return this.#stored();
    if (type === BLOCK.FIXED) this.#coded(FIXED_LITERALS, FIXED_DISTANCES);
    else if (type !== BLOCK.DYNAMIC) return this.#fail("invalid block type");
    else if (this.#header()) this.#coded(this.#literals, this.#distances);
    if (this.#fault !== "") return false;
    return (head & 1) === 0 || !this.#ended();
  }

  /** After a final block the next one begins with a byte (RFC 7692, 7.2.3.4), or there is none. */
  #ended(): boolean {
    this.#align();
    return this.#at >= this.#end;
  }

  /** A block of plain bytes. An empty one ends each message: the four bytes after its head are those that were cut off. */
  #stored(): boolean {
    if (this.#ended()) return false;
    const { bytes } = this.#source;
    const from = this.#at + 4;
    if (from > this.#end) return this.#fail(TRUNCATED);
    const length = next24(bytes, this.#at) & 0xffff;
    if ((length ^ (next24(bytes, this.#at + 2) & 0xffff)) !== 0xffff)
      return this.#fail("invalid stored block lengths");
    this.#at = from + length;
    if (this.#at > this.#end) return this.#fail(TRUNCATED);
    if (!this.#room(length)) return false;
    this.#slab.bytes.set(bytes.subarray(from, from + length), this.#out);
    this.#out += length;
    return true;
  }

  /** The codes that a dynamic block begins with (RFC 1951, 3.2.7). */
  #header(): boolean {
    this.#refill();
    const literals = this.#take(5) + 257;
    const distances = this.#take(5) + 1;
    const count = this.#take(4) + 4;
    if (literals > 286 || distances > 30) return this.#fail("too many length or distance symbols");
    const lengths = this.#lengths.fill(0, 0, LENGTH_ORDER.length);
    for (let i = 0; i < count && !this.#over(); i++) {
      this.#refill();
      lengths[LENGTH_ORDER[i]!] = this.#take(3);
    }
    if (!this.#codeLengths.build(lengths, 0, LENGTH_ORDER.length))
      return this.#fail("invalid code lengths set");
    if (!this.#readLengths(literals + distances)) return false;
    if (lengths[END_OF_BLOCK] === 0) return this.#fail("invalid code -- missing end-of-block");
    if (!this.#literals.build(lengths, 0, literals)) return this.#fail("invalid literal/lengths set");
    if (!this.#distances.build(lengths, literals, literals + distances))
      return this.#fail("invalid distances set");
    return true;
  }

  #readLengths(total: number): boolean {
    const lengths = this.#lengths;
    for (let i = 0; i < total;) {
      this.#refill();
      const entry = this.#codeLengths.decode(this.#hold);
      this.#take(entry & 15);
      const symbol = entry >> 4;
      if (entry === 0 || this.#over()) return this.#fail("invalid code lengths set");
      if (symbol < 16) {
        lengths[i++] = symbol;
        continue;
      }
      if (symbol === 16 && i === 0) return this.#fail("invalid bit length repeat");
      const value = symbol === 16 ? lengths[i - 1]! : 0;
      const times =
        symbol === 16 ? 3 + this.#take(2) : symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7);
      if (i + times > total) return this.#fail("invalid bit length repeat");
      lengths.fill(value, i, i + times);
      i += times;
    }
    return true;
  }

  #coded(literals: HuffmanCode, distances: HuffmanCode): void {
    while (!this.#symbols(literals, distances) && this.#room(LONGEST_MATCH));
  }

  /** The hot loop: symbols until the end of the block or a fault (true), or until the slab has no room (false). */
  #symbols(literals: HuffmanCode, distances: HuffmanCode): boolean {
    const source = this.#source.bytes;
    const { bytes } = this.#slab;
    const end = this.#end;
    const limit = this.#limit;
    let hold = this.#hold;
    let count = this.#count;
    let at = this.#at;
    let out = this.#out;
    let fault = "";
    let symbol = 0;
    while (out <= limit && symbol !== END_OF_BLOCK && fault === "") {
      hold |= next24(source, at) << count;
      at += (31 - count) >> 3;
      count |= 24;
      const entry = literals.decode(hold);
      hold >>>= entry & 15;
      count -= entry & 15;
      symbol = entry >> 4;
      if (at - (count >> 3) > end) fault = TRUNCATED;
      else if (entry === 0) fault = "invalid literal/length code";
      else if (symbol < END_OF_BLOCK) bytes[out++] = symbol;
      else if (symbol > END_OF_BLOCK) {
        const lengthBits = LENGTHS.extra[symbol - 257]!;
        const length = LENGTHS.base[symbol - 257]! + (hold & ((1 << lengthBits) - 1));
        hold >>>= lengthBits;
        count -= lengthBits;
        hold |= next24(source, at) << count;
        at += (31 - count) >> 3;
        count |= 24;
        const far = distances.decode(hold);
        hold >>>= far & 15;
        count -= far & 15;
        hold |= next24(source, at) << count;
        at += (31 - count) >> 3;
        count |= 24;
        const distanceBits = DISTANCES.extra[far >> 4]!;
        const base = DISTANCES.base[far >> 4]!;
        const distance = base + (hold & ((1 << distanceBits) - 1));
        hold >>>= distanceBits;
        count -= distanceBits;
        if (length < 3) fault = "invalid literal/length code";
        else if (far === 0 || base === 0) fault = "invalid distance code";
        else if (distance > out) fault = "invalid distance too far back";
        else for (const to = out + length; out < to; out++) bytes[out] = bytes[out - distance]!;
      }
    }
    // Signed, so that the field holds small integers and nothing else.
    this.#hold = hold | 0;
    this.#count = count;
    this.#at = at;
    this.#out = out;
    if (fault !== "") this.#fail(fault);
    return symbol === END_OF_BLOCK || fault !== "";
  }

  /** Makes room for `size` bytes more, keeping the message and the window before it. False when it gets too large. */
  #room(size: number): boolean {
    if (this.#out - this.#start > this.#max) return this.#fail(TOO_LARGE);
    const { capacity } = this.#slab;
    if (this.#out + size <= capacity) return true;
    const from = Math.max(0, Math.min(this.#start, this.#out - WINDOW));
    const half = this.#out - from + size <= capacity / 2;
    const most = WINDOW + this.#max + LONGEST_STORED;
    if (half || capacity >= most) this.#moveTo(this.#slab, from);
    else this.#moveTo(new Slab(Math.min(most, 2 * Math.max(capacity, LONGEST_STORED))), from);
    return true;
  }

  /** What stands from `from` on now begins the slab. */
  #moveTo(slab: Slab, from: number): void {
    if (slab === this.#slab) slab.bytes.copyWithin(0, from, this.#out);
    else slab.bytes.set(this.#slab.bytes.subarray(from, this.#out));
    this.#slab = slab;
    this.#start -= from;
    this.#out -= from;
    this.#setLimit();
  }

  #setLimit(): void {
    this.#limit = Math.min(this.#slab.capacity - LONGEST_MATCH, this.#start + this.#max);
  }

  /** 24 bits at least; past the end they are not the message's, which `#over` tells once they are used. */
  #refill(): void {
    this.#hold |= next24(this.#source.bytes, this.#at) << this.#count;
    this.#at += (31 - this.#count) >> 3;
    this.#count |= 24;
  }

  #take(bits: number): number {
    const value = this.#hold & ((1 << bits) - 1);
    this.#hold >>>= bits;
    this.#count -= bits;
    return value;
  }

  #over(): boolean {
    return this.#at - (this.#count >> 3) > this.#end;
  }

  /** The rest of a byte that is begun is skipped; what was loaded beyond it is loaded again. */
  #align(): void {
    this.#at -= this.#count >> 3;
    this.#hold = 0;
    this.#count = 0;
  }

  /** What was read past the end is not the message's: nothing can be said of it. */
  #fail(fault: string): false {
    this.#fault = this.#over() ? TRUNCATED : fault;
    return false;
  }
}
