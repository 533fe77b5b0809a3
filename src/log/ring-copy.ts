import { afterReads } from "./fence.ts";
import { CLAIM_WORD, FIRST_WORD, HEAD_WORD } from "./ring-writer.ts";
import { loadSequence } from "./sequence.ts";
import { LAST_IN_HEAD } from "./slot.ts";
import type { SlotViews } from "./slot.ts";

/** Takes stretches of slots out of a ring, for readers that keep a cursor of their own. Its proof is that of ring-writer.ts. */
export class RingCopy {
  readonly capacity: number;
  readonly #control: Int32Array;
  readonly #ring: SlotViews;

  /** `control` is the region's header as words. */
  constructor(control: Int32Array, ring: SlotViews) {
    this.#control = control;
    this.#ring = ring;
    this.capacity = ring.count;
  }

  /** Slots committed ever. */
  get head(): number {
    return loadSequence(this.#control, HEAD_WORD);
  }

  /** Nothing below it was ever here. */
  get first(): number {
    return loadSequence(this.#control, FIRST_WORD);
  }

  /** Slots below it may have been written over by now. */
  get oldest(): number {
    return Math.max(this.first, loadSequence(this.#control, CLAIM_WORD) - this.capacity);
  }

  /**
   * Copies committed slots [from, from + count) to `to` from word `word` on. Returns the first one that is surely whole, as a
   * sequence: `from` when all are, `from + count` when none is.
   */
  take(from: number, count: number, to: Int32Array, word: number): number {
    const ring = this.#ring.i32;
    const start = (from | 0) & (this.capacity - 1);
    const before = Math.min(count, this.capacity - start);
    to.set(ring.subarray(start << 4, (start + before) << 4), word);
    if (before < count) to.set(ring.subarray(0, (count - before) << 4), word + (before << 4));
    afterReads();
    return Math.min(from + count, Math.max(from, this.oldest));
  }
}

/** Slots up to and including the first with LAST, among `count` from word `word` on; -1 when none has. */
export function slotsToLast(words: Int32Array, word: number, count: number): number {
  for (let k = 0; k < count; k++) if ((words[word + (k << 4)]! & LAST_IN_HEAD) !== 0) return k + 1;
  return -1;
}

/** Is one of `count` slots from word `word` on of this kind? */
export function hasKind(words: Int32Array, word: number, count: number, kind: number): boolean {
  for (let k = 0; k < count; k++) if ((words[word + (k << 4)]! & 0xff) === kind) return true;
  return false;
}
