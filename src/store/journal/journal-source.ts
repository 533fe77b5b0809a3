import {
  JournalGate,
  MAX_BLOCK_SLOTS,
  ReaderListing,
  RingCopy,
  RowTap,
  slotsToLast,
} from "../../log/index.ts";
import { processAlive, wallClock } from "../region.ts";
import type { RegionHandle } from "../region.ts";

/** What a journal copies from: one region. */
export class JournalSource {
  readonly ring: RingCopy;
  readonly tap: RowTap;
  readonly gate: JournalGate;
  /** Nothing below it was ever here. */
  readonly first: number;
  readonly #listing: ReaderListing | null;

  constructor(handle: RegionHandle) {
    const { region } = handle;
    this.ring = new RingCopy(region.control, region.slots);
    this.tap = new RowTap(region);
    this.gate = new JournalGate(region.marks, () => handle.wakeWriter());
    this.first = region.first;
    // a region has one journal: the row of one whose thread ended without a word is free, although its process lives
    ReaderListing.forget(region.readers, process.pid, "journal");
    this.#listing = ReaderListing.claim(region.readers, process.pid, "journal", wallClock(), processAlive);
    this.#listing?.plays("journal");
    this.#listing?.waits("timer");
  }

  /**
   * Start of an event that is still there and will be for a while, a `parts`-th of the ring: where to go on behind what was written over. `words` is
   * scratch memory for MAX_BLOCK_SLOTS.
   */
  eventStart(words: Int32Array, parts: number): number {
    const { capacity } = this.ring;
    for (let slack = capacity / parts; slack < capacity; slack *= 2) {
      const found = this.#findEvent(this.ring.oldest + slack, words);
      if (found >= 0) return found;
    }
    return this.ring.head;
  }

  #findEvent(start: number, words: Int32Array): number {
    const head = this.ring.head;
    for (let from = start; from < head; from += MAX_BLOCK_SLOTS) {
      const count = Math.min(MAX_BLOCK_SLOTS, head - from);
      if (this.ring.take(from, count, words, 0) > from) return -1;
      const slots = slotsToLast(words, 0, count);
      if (slots > 0) return from + slots;
    }
    return head;
  }

  report(position: number, lost: number): void {
    const now = wallClock();
    this.gate.beat(now.lo, now.hi);
    this.#listing?.report(position, lost, now);
  }

  release(): void {
    this.gate.release();
    this.#listing?.release();
  }
}
