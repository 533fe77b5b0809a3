import { copySlot, SlotViews } from "../../log/index.ts";
import type { Commands } from "./commands.ts";
import type { NOT_YET, Voice, Waiting } from "./scheme.ts";

/** The newest event of one kind at one place, in memory of its own that is used again for the next. */
export class Newest implements Waiting {
  readonly kind: number;
  readonly word = 0;
  seq = 0;
  count = 0;
  slots = SlotViews.make(1);
  /** Events that wait as this one: 1, or 0 when they are counted elsewhere. */
  counted = 0;
  /** When it was first put off, ms of the monotonic clock; 0: it was not. */
  putOff = 0;
  late = false;
  readonly #voice: Voice;

  constructor(kind: number, voice: Voice) {
    this.kind = kind;
    this.#voice = voice;
  }

  /** `count` slots from slot `at` on. */
  set(from: SlotViews, at: number, count: number, seq: number): void {
    if (count > this.slots.count) this.slots = SlotViews.make(count);
    for (let i = 0; i < count; i++) copySlot(from.i32, (at + i) << 4, this.slots.i32, i << 4);
    this.seq = seq;
    this.count = count;
  }

  write(out: Commands): typeof NOT_YET | void {
    return this.#voice.newest(this, out);
  }
}

/**
 * Those that wait, the longest first, at most so many: then the one that has waited longest makes room. Each event is counted once: it
 * is written, or a newer one of its kind and place stood in for it, or it was dropped.
 */
export class NewestWaiting {
  /** Of one pipeline at most one entry is here and under way at once, so each figure stays exact. */
  coalesced = 0;
  dropped = 0;
  readonly #most: number;
  readonly #waiting = new Set<Newest>();
  #events = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Keys that wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Events that wait in them, as far as they are counted here. */
  get events(): number {
    return this.#events;
  }

  /** `counted`: 1 where this stands for an event that nobody else counts. */
  add(one: Newest, counted: number): void {
    if (counted === 1 && one.counted === 1) this.coalesced += 1;
    else if (counted === 1) {
      one.counted = 1;
      this.#events += 1;
    }
    if (this.#waiting.has(one)) return;
    if (this.#waiting.size >= this.#most) this.#dropOldest();
    this.#waiting.add(one);
  }

  /** The longest waiting one, taken out with its count; null when nothing waits. */
  take(): { one: Newest; counted: number } | null {
    for (const one of this.#waiting) {
      this.#waiting.delete(one);
      const { counted } = one;
      one.counted = 0;
      this.#events -= counted;
      return { one, counted };
    }
    return null;
  }

  #dropOldest(): void {
    const oldest = this.take();
    if (oldest !== null) this.dropped += oldest.counted;
  }
}
