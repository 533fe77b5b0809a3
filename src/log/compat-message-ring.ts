import { encodeText } from "../model/index.ts";

/**
 * A ring of texts as an earlier service had it designed. Little-endian.
 *
 *   0   write u64   messages written ever: the next one goes to entry write mod 1024. Stored after the entry (release)
 *   8   read u64    a reader's own; nobody here looks at it
 *   16  1024 entries of 4096 bytes: u32 length, then so many bytes of UTF-8
 *
 * The writer waits for nobody: a reader that is 1024 messages behind or more has lost some, and reads on at write - 1023.
 */
export const MESSAGE_RING_BYTES = 16 + 1024 * 4096;
const ENTRIES = 1024;
const ENTRY = 4096;
const HEADER = 16;
/** Longest message. */
export const MESSAGE_BYTES = ENTRY - 4;
const TWO_32 = 2 ** 32;

/** The one writer of such a file. */
export class MessageRingWriter {
  /** Messages written by this writer, and those that had no room in an entry. */
  written = 0;
  tooLong = 0;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  #next: number;

  /** Goes on behind what is there. */
  constructor(buffer: ArrayBufferLike) {
    this.#words = new Int32Array(buffer, 0, MESSAGE_RING_BYTES / 4);
    this.#bytes = new Uint8Array(buffer, 0, MESSAGE_RING_BYTES);
    this.#next = (this.#words[0]! >>> 0) + (this.#words[1]! >>> 0) * TWO_32;
  }

  /** False, and nothing is written, for a text that is too long. */
  push(text: string): boolean {
    const bytes = encodeText(text);
    if (bytes.length > MESSAGE_BYTES) {
      this.tooLong += 1;
      return false;
    }
    const at = HEADER + (this.#next % ENTRIES) * ENTRY;
    this.#words[at / 4] = bytes.length;
    this.#bytes.set(bytes, at + 4);
    this.#next += 1;
    // The high word first: between the two a reader sees more written than is there, once in 2^32 messages.
    if (this.#next % TWO_32 === 0) Atomics.store(this.#words, 1, this.#next / TWO_32);
    Atomics.store(this.#words, 0, this.#next | 0);
    this.written += 1;
    return true;
  }
}
