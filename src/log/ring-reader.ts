import { FLAG } from "../model/index.ts";
import { afterReads } from "./fence.ts";
import { CLAIM_WORD, EPOCH_WORD, FIRST_WORD, HEAD_WORD, RINGS_WORD, checkSlots } from "./ring-writer.ts";
import { loadSequence } from "./sequence.ts";
import { copySlot, slotFlags, SlotViews } from "./slot.ts";

/** Slots copied between two looks at the claim. */
const BATCH = 64;
/** From this many slots on, one block copy is cheaper than word by word, although it makes a view. */
const FEW = 12;

/** Gets one slot: a private copy in `slots` from word `word` on, valid until it returns. */
export type SlotHandler = (slots: SlotViews, word: number) => void;

/**
 * One cursor over a ring. Owns nothing the writer can see, never waits, never allocates per slot.
 * A reader that was lapped goes on a quarter of the ring behind the head, at the start of an event, and counts
 * exactly what it missed: slots handled + `lost` = slots passed. The proof that no torn slot is handled stands
 * in ring-writer.ts.
 */
export class RingReader {
  /** Slots missed; only grows. */
  lost = 0;
  /** Called when slots were missed, before the next one is handled: a half-gathered event must be dropped. */
  onLost: ((count: number) => void) | null = null;
  /** Called by `poll` when another writer has taken the ring over; the sequence goes on. */
  onEpoch: ((epoch: number) => void) | null = null;

  readonly #control: Int32Array;
  readonly #ring: SlotViews;
  readonly #copies = SlotViews.make(BATCH);
  readonly #mask: number;
  #cursor = 0;
  /** Slots of the batch being delivered that are done: a small integer is cheaper to count than the cursor. */
  #handed = 0;
  #epoch: number;
  /** Looking for the end of an event; what is passed meanwhile is lost, unless reading has only just begun. */
  #seeking = false;
  #beginning = false;

  /** `control` is the region's header as words. Begins at the head: only what comes from now on. */
  constructor(control: Int32Array, ring: SlotViews) {
    checkSlots(ring.count);
    this.#control = control;
    this.#ring = ring;
    this.#mask = ring.count - 1;
    this.#epoch = Atomics.load(control, EPOCH_WORD) >>> 0;
    this.seekHead();
  }

  /** Sequence of the next slot; inside a handler, of the slot being handled. */
  get cursor(): number {
    return this.#cursor + this.#handed;
  }

  /** Slots committed ever. */
  get head(): number {
    return loadSequence(this.#control, HEAD_WORD);
  }

  /** Sequence the ring began with: nothing below it was ever here. */
  get first(): number {
    return loadSequence(this.#control, FIRST_WORD);
  }

  /** Number of the last writer, as of the last poll. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Slots committed and not yet read. */
  get lag(): number {
    return this.head - this.#cursor;
  }

  /** Does the writer wake readers that sleep on the head? */
  get rings(): boolean {
    return Atomics.load(this.#control, RINGS_WORD) === 1;
  }

  /**
   * The last step before a sleep: tells the writer (`sleeps` of the region). True: sleep on the low word of the head
   * while it is `cursor | 0`. False: there is something to read. Why no wake is lost: bell.ts.
   */
  announceSleep(sleeps: Int32Array): boolean {
    Atomics.add(sleeps, 0, 1);
    return Atomics.load(this.#control, HEAD_WORD) === (this.cursor | 0);
  }

  seekHead(): void {
    this.#cursor = this.head;
    this.#seeking = false;
  }

  /** To the first event that is wholly in the ring and will stay there for a while. */
  seekOldest(): void {
    const oldest = this.head - this.#ring.count / 4 - 1;
    this.#cursor = Math.max(this.first, Math.min(this.head, oldest));
    this.#seeking = this.#beginning = this.#cursor > this.first;
  }

  /** To a slot that begins an event. What is no longer there is counted as lost. RangeError beyond the head. */
  seek(sequence: number): void {
    const head = this.head;
    if (!Number.isSafeInteger(sequence) || sequence < 0 || sequence > head)
      throw new RangeError(`ring: expected a sequence from 0 to ${head}, saw ${sequence}`);
    this.#cursor = sequence;
    this.#seeking = this.#beginning = false;
    if (sequence < this.first) this.#pass(this.first - sequence);
  }

  /** Handles at most `limit` committed slots and returns how many it was. A throwing handler gets its slot again. */
  poll(handler: SlotHandler, limit = Infinity): number {
    this.#cursor += this.#handed; // a handler threw: its slot comes again
    this.#handed = 0;
    const epoch = Atomics.load(this.#control, EPOCH_WORD) >>> 0;
    if (epoch !== this.#epoch) this.#restarted(epoch);
    const head = this.head;
    let done = 0;
    while (this.#cursor < head && done < limit) {
      const wanted = Math.min(BATCH, head - this.#cursor, limit - done);
      if (this.#copy(wanted)) done += this.#deliver(handler, wanted);
      else this.#lapped();
    }
    return done;
  }

  /** Copies `count` slots from the cursor on; false when the writer may have been there meanwhile. */
  #copy(count: number): boolean {
    const from = this.#ring.i32;
    const to = this.#copies.i32;
    const start = (this.#cursor | 0) & this.#mask;
    if (count < FEW)
      for (let k = 0; k < count; k++) copySlot(from, ((start + k) & this.#mask) << 4, to, k << 4);
    else {
      const first = Math.min(count, this.#ring.count - start);
      to.set(from.subarray(start << 4, (start + first) << 4));
      if (first < count) to.set(from.subarray(0, (count - first) << 4), first << 4);
    }
    afterReads();
    return loadSequence(this.#control, CLAIM_WORD) <= this.#cursor + this.#ring.count;
  }

  #deliver(handler: SlotHandler, count: number): number {
    let k = 0;
    if (this.#seeking) k = this.#findLast(count);
    const skipped = k;
    const copies = this.#copies;
    this.#cursor -= k;
    for (; k < count; k++) {
      this.#handed = k;
      handler(copies, k << 4);
    }
    this.#cursor += count;
    this.#handed = 0;
    return count - skipped;
  }

  /** Passes slots up to and including the first LAST; returns how many. */
  #findLast(count: number): number {
    let k = 0;
    while (k < count && this.#seeking) this.#seeking = (slotFlags(this.#copies, k++ << 4) & FLAG.LAST) === 0;
    this.#pass(k);
    return k;
  }

  /** A healthy ring always has room behind the head; with a damaged claim, going to the head ends the poll. */
  #lapped(): void {
    this.#seeking = true;
    const head = this.head;
    const target = head - this.#ring.count / 4 - 1;
    this.#pass((target > this.#cursor ? target : head) - this.#cursor);
  }

  #pass(count: number): void {
    this.#cursor += count;
    if (!this.#beginning) {
      this.lost += count;
      this.onLost?.(count);
    }
    if (!this.#seeking) this.#beginning = false;
  }

  #restarted(epoch: number): void {
    this.#epoch = epoch;
    this.onEpoch?.(epoch);
  }
}
