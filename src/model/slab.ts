/**
 * The memory frames are read into: one Uint8Array and one DataView for the life of a lane.
 * Parsers read it in place by (start, end) and may look up to PAD bytes past `end`.
 */
export const SLAB_PAD = 16;

export class Slab {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Bytes usable for frames; the pad behind them is readable but holds nothing. */
  readonly capacity: number;

  constructor(capacity: number) {
    const buffer = new ArrayBuffer(capacity + SLAB_PAD);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.capacity = capacity;
  }
}
