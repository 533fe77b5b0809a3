import { copySlot, slotKind, SlotViews } from "../../log/index.ts";
import type { Commands } from "./commands.ts";
import type { Voice, Waiting } from "./scheme.ts";

/**
 * Events of one slot that wait in order, in memory that is taken once. When it is full the oldest makes room: after a stall what
 * comes first is not what is oldest.
 */
export class EachWaiting implements Waiting {
  dropped = 0;
  kind = 0;
  seq = 0;
  word = 0;
  readonly count = 1;
  readonly late = false;
  readonly slots: SlotViews;
  readonly #voices: (Voice | null)[];
  readonly #seqs: Float64Array;
  #first = 0;
  #size = 0;

  constructor(events: number) {
    this.slots = SlotViews.make(events);
    this.#voices = Array.from({ length: events }, () => null);
    this.#seqs = new Float64Array(events);
  }

  get size(): number {
    return this.#size;
  }

  /** Slot `at` of `from`. */
  add(voice: Voice, from: SlotViews, at: number, seq: number): void {
    const room = this.slots.count;
    if (this.#size === room) {
      this.#pass();
      this.dropped += 1;
    }
    const place = (this.#first + this.#size) % room;
    copySlot(from.i32, at << 4, this.slots.i32, place << 4);
    this.#voices[place] = voice;
    this.#seqs[place] = seq;
    this.#size += 1;
  }

  /** Writes the oldest one and takes it out. */
  write(out: Commands): void {
    const place = this.#first;
    this.word = place << 4;
    this.kind = slotKind(this.slots, this.word);
    this.seq = this.#seqs[place]!;
    this.#voices[place]!.each(this, out);
    this.#pass();
  }

  #pass(): void {
    this.#voices[this.#first] = null;
    this.#first = (this.#first + 1) % this.slots.count;
    this.#size -= 1;
  }
}
