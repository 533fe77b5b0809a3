import { crc32 } from "node:zlib";
import {
  DATAGRAM_BYTES,
  DATAGRAM_CRC_BYTES,
  datagramFault,
  MAX_DATAGRAM,
  SLOT_BYTES,
  SlotViews,
} from "../../log/index.ts";
import type { DatagramFault } from "../../log/index.ts";

/** One datagram in memory of its own, aligned. */
export class Packet {
  readonly words: Int32Array;
  /** Its payload as slots. */
  readonly slots: SlotViews;
  readonly #bytes: Uint8Array;

  /** For datagrams of up to so many bytes. */
  constructor(bytes = MAX_DATAGRAM) {
    const slots = Math.ceil(Math.max(0, bytes - DATAGRAM_BYTES) / SLOT_BYTES);
    const memory = new ArrayBuffer(DATAGRAM_BYTES + slots * SLOT_BYTES);
    this.words = new Int32Array(memory);
    this.slots = new SlotViews(memory, DATAGRAM_BYTES, slots);
    this.#bytes = new Uint8Array(memory);
  }

  /** Takes a datagram over, or says why it is none of ours; then it is void. */
  take(from: Uint8Array): DatagramFault | null {
    if (from.length > this.#bytes.length) return "damaged";
    this.#bytes.set(from);
    const head = crc32(this.#bytes.subarray(0, DATAGRAM_CRC_BYTES));
    const crc = from.length < DATAGRAM_BYTES ? 0 : crc32(from.subarray(DATAGRAM_BYTES), head);
    return datagramFault(this.words, from.length, crc);
  }

  /** A copy, as short as it can be. */
  copy(bytes: number): Packet {
    const copy = new Packet(bytes);
    copy.#bytes.set(this.#bytes.subarray(0, copy.#bytes.length));
    return copy;
  }
}
