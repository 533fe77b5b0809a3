import { NO_BELL } from "./bell.ts";
import type { Bell } from "./bell.ts";
import { announce } from "./fence.ts";
import { WriterGate } from "./gate.ts";
import type { Gate } from "./gate.ts";
import { HEADER } from "./layout.ts";
import { combine, highWord, loadSequence, lowWord } from "./sequence.ts";
import { LAST_IN_HEAD } from "./slot.ts";
import type { SlotViews } from "./slot.ts";

/** Slots by which the claim runs ahead, so that announcing costs one atomic store per 64 slots. */
export const CLAIM_STEP = 64;
/** Smallest ring: a reader that was lapped must find room between what is claimed and a quarter behind the head. */
export const MIN_SLOTS = 512;
/** Largest ring: sequence words overlap safely (see sequence.ts) and word indexes stay below 2^28. */
export const MAX_SLOTS = 16777216;

export const CLAIM_WORD = HEADER.at.claim / 4;
export const HEAD_WORD = HEADER.at.head / 4;
export const EPOCH_WORD = HEADER.at.epoch / 4;
export const RINGS_WORD = HEADER.at.rings / 4;
export const FIRST_WORD = HEADER.at.first / 4;
const MAX_STALL_WORD = HEADER.at.max_stall / 4;

/** Throws RangeError unless `slots` can be the capacity of a ring. */
export function checkSlots(slots: number): void {
  const whole = Number.isInteger(Math.log2(slots));
  if (whole && slots >= MIN_SLOTS && slots <= MAX_SLOTS) return;
  throw new RangeError(`ring slots: expected a power of two from ${MIN_SLOTS} to ${MAX_SLOTS}, saw ${slots}`);
}

/**
 * The one writer of a broadcast ring: slots are claimed and filled in place, then published together.
 *
 * Why no reader can use a torn slot. Slot n and slot n + capacity share bytes. Before the first byte of slot m
 * is written, claim > m is announced (announce: visible before later stores). A reader copies slot n, then (afterReads:
 * after its loads) loads claim. If any byte it copied came from slot m = n + capacity or later, then the load of
 * that byte happened after the store of it, so the later load of claim sees claim > n + capacity, and the copy is
 * void. If claim <= n + capacity, no later slot has touched those bytes, and head > n (loaded before, published after
 * the bytes of slot n) says that slot n is complete. Claim and head never go back, also over restarts.
 */
export class RingWriter {
  readonly slots: SlotViews;
  readonly capacity: number;
  /** Most slots one commit can carry; what does not fit is refused. */
  readonly limit: number;
  /** This writer's number in the life of the region; readers see the change. */
  readonly epoch: number;
  /** Slots written since the last commit. */
  pending = 0;
  /** Times `next` or `take` had to say no. */
  refused = 0;
  /** How often and how long this writer has waited for the journal. */
  readonly gate: WriterGate;

  readonly #control: Int32Array;
  readonly #mask: number;
  readonly #bell: Bell;
  readonly #sleeps: Int32Array;
  /** Counts of sleeps (bell.ts): all up to `served` were woken after a later commit; `loaded` was seen last. */
  #served: number;
  #loaded: number;
  /** Head and claim as words; #claimed = claim - head; #room = how many may be pending without a further claim. */
  #low: number;
  #high: number;
  #claimLow: number;
  #claimHigh: number;
  #claimed: number;
  #room: number;
  /** Slots that may be claimed before the gate is to be asked again. */
  #free = 0;

  /**
   * Takes the ring over where the last writer left it. `control` is the region's header as words, `bell` wakes
   * sleeping readers (region.bell; null where nobody can sleep on the head), `gate` is how a journal makes it wait
   * (region.gate; null never waits). Throws RangeError when head and claim cannot belong together.
   */
  constructor(control: Int32Array, slots: SlotViews, bell: Bell | null = null, gate: Gate | null = null) {
    checkSlots(slots.count);
    const head = loadSequence(control, HEAD_WORD);
    const claim = loadSequence(control, CLAIM_WORD);
    checkHeads(head, claim, slots.count);
    this.slots = slots;
    this.capacity = slots.count;
    this.limit = slots.count / 2;
    this.#control = control;
    this.#mask = slots.count - 1;
    this.#low = lowWord(head);
    this.#high = highWord(head);
    this.#claimLow = lowWord(claim);
    this.#claimHigh = highWord(claim);
    this.#claimed = claim - head;
    this.#room = Math.min(this.#claimed, this.limit);
    this.epoch = (Atomics.add(control, EPOCH_WORD, 1) + 1) >>> 0;
    this.gate = new WriterGate(gate, slots.count);
    this.#bell = bell ?? NO_BELL;
    this.#sleeps = this.#bell.sleeps;
    // the first commit wakes, and readers whom the last writer was killed before waking are woken now
    this.#loaded = Atomics.load(this.#sleeps, 0);
    this.#served = (this.#loaded - 1) | 0;
    control[MAX_STALL_WORD] = gate?.maxStallMs ?? 0;
    Atomics.store(control, RINGS_WORD, bell === null ? 0 : 1);
    this.#bell.ring();
  }

  /** Slots committed ever; the sequence number of the first pending slot. */
  get head(): number {
    return combine(this.#low, this.#high);
  }

  /** First word of a fresh pending slot (its bytes are old: write all 16 words), or -1 when `limit` are pending. */
  next(): number {
    const pending = this.pending;
    if (pending >= this.#room && !this.#claim()) return -1;
    this.pending = pending + 1;
    return ((this.#low + pending) & this.#mask) << 4;
  }

  /** Makes `count` fresh pending slots at once, to be written by `wordAt`; false, and none, when it would be more than `limit`. */
  take(count: number): boolean {
    const pending = this.pending + count;
    if (pending > this.limit) {
      this.refused += 1;
      return false;
    }
    while (pending > this.#room) this.#claim();
    this.pending = pending;
    return true;
  }

  /** First word of pending slot `i` (0 <= i < pending). */
  wordAt(i: number): number {
    return ((this.#low + i) & this.#mask) << 4;
  }

  /** Forgets pending slots from `to` on. */
  rewind(to: number): void {
    if (to < this.pending) this.pending = to;
  }

  /** Publishes what is pending. The last pending slot must carry LAST: the head never stands inside an event. */
  commit(): void {
    const pending = this.pending;
    if (pending === 0) return;
    const before = this.#low;
    if ((this.slots.i32[((before + pending - 1) & this.#mask) << 4]! & LAST_IN_HEAD) === 0)
      throw unfinished(pending);
    const low = (before + pending) | 0;
    this.#low = low;
    this.#claimed -= pending;
    this.#room = Math.min(this.#claimed, this.limit);
    this.pending = 0;
    if ((low ^ before) >>> 24 !== 0)
      Atomics.store(this.#control, HEAD_WORD + 1, (this.#high = (this.#high + 1) | 0));
    Atomics.store(this.#control, HEAD_WORD, low);
    const sleeps = Atomics.load(this.#sleeps, 0);
    if (sleeps !== this.#served) this.#wake(sleeps);
  }

  /** Wakes who slept before this commit. `served` may trail: who began to sleep during it is woken by the next one. */
  #wake(sleeps: number): void {
    this.#served = this.#loaded;
    this.#loaded = sleeps;
    this.#bell.ring();
  }

  #claim(): boolean {
    if (this.pending >= this.limit) {
      this.refused += 1;
      return false;
    }
    this.#free -= CLAIM_STEP;
    if (this.#free < 0) this.#free = this.gate.pass(this.head + this.#claimed + CLAIM_STEP);
    const before = this.#claimLow;
    const low = (before + CLAIM_STEP) | 0;
    this.#claimLow = low;
    this.#claimed += CLAIM_STEP;
    this.#room = Math.min(this.#claimed, this.limit);
    if ((low ^ before) >>> 24 !== 0)
      Atomics.store(this.#control, CLAIM_WORD + 1, (this.#claimHigh = (this.#claimHigh + 1) | 0));
    announce(this.#control, CLAIM_WORD, low);
    return true;
  }
}

function checkHeads(head: number, claim: number, slots: number): void {
  if (head >= 0 && claim >= head && claim <= head + slots) return;
  throw new RangeError(`ring: expected head <= claim <= head + ${slots}, saw head ${head}, claim ${claim}`);
}

function unfinished(pending: number): Error {
  return new Error(
    `ring: expected LAST on pending slot ${pending - 1} at commit, saw none; finish or rewind the event first`,
  );
}
