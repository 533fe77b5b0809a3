import type { Out } from "./out.ts";
import type { Scanner } from "./scanner.ts";
import { MOST_LONG_NAMES, MOST_NAMES } from "./tape.ts";

/**
 * The memory frames are read into: one Uint8Array and one DataView for the life of a lane.
 * Parsers read it in place by (start, end) and may look up to PAD bytes past `end`.
 */
export const SLAB_PAD = 32;

export class Slab {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Bytes usable for frames; the pad behind them is readable but holds nothing. */
  readonly capacity: number;
  /** What can read this memory faster than a parser, or null; it calls byte 0 of the slab `base`. */
  readonly scanner: Scanner | null;
  readonly base: number;
  /** Instruments by the scanner's number of their name, -1 for not asked yet, as `reader` gave them. */
  readonly ids: Int32Array;
  reader: Out | null = null;

  /**
   * A slab of its own on the heap, or with a scanner the `capacity + SLAB_PAD` bytes at `base` of the scanner's memory.
   * Frames in a scanner's slab are all of one venue: names in them mean the same instruments for the life of the slab.
   */
  constructor(
    capacity: number,
    scanner: Scanner | null = null,
    base = 0,
    buffer = scanner?.i32.buffer ?? new ArrayBuffer(capacity + SLAB_PAD),
  ) {
    this.bytes = new Uint8Array(buffer, base, capacity + SLAB_PAD);
    this.view = new DataView(buffer, base, capacity + SLAB_PAD);
    this.capacity = capacity;
    this.scanner = scanner;
    this.base = base;
    this.ids = new Int32Array(scanner === null ? 0 : MOST_NAMES + MOST_LONG_NAMES).fill(-1);
  }
}
