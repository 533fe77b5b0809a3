import { halvesToNumber, LONG } from "../model/index.ts";

/** int32 words kept per diff: TS, ID and PREV as in Out.long, receive time (low, high), flags, level count. */
const WORDS = 10;
const RECV = 6;
const FLAGS = 8;
const COUNT = 9;
/** Doubles per level: side, price, size. */
const STRIDE = 3;

export interface PendingOptions {
  /** Most diffs to keep. */
  readonly maxDiffs?: number;
  /** Most levels to keep, over all diffs. */
  readonly maxLevels?: number;
}

/**
 * Diffs of one book that wait for its snapshot, oldest first, bounded. Filled level by level, closed with `commit`;
 * read with `next` until it answers false, then `drop` forgets what was read:
 *
 *     while (pending.next()) {
 *       verdict = sequencer.accept(pending.seq, pending.prev, false);
 *       if (verdict === VERDICT.GAP) break;
 *       if (verdict === VERDICT.APPLY) for (let at = pending.start; at < pending.end; at += 3)
 *         book.applyAt(pending.levels[at], pending.levels, at + 1);
 *       pending.drop();
 *     }
 */
export class PendingDiffs {
  /** Triples side, price, size of all diffs. */
  levels = new Float64Array(STRIDE * 32);
  /** The levels of the diff that `next` stands on: levels[start .. end). */
  start = 0;
  end = 0;
  /** Diffs given up since the last clear(), because there were too many or they were too large. */
  dropped = 0;

  readonly #maxDiffs: number;
  readonly #maxLevels: number;
  #heads = new Int32Array(WORDS * 8);
  /** First diff kept, first of its levels; one past the last of each. Indices into #heads and levels. */
  #head = 0;
  #levelHead = 0;
  #tail = 0;
  #levelTail = 0;
  /** Doubles of the diff that is being filled, -1 after it grew past the bound. */
  #open = 0;
  #current = -1;

  constructor(options: PendingOptions = {}) {
    this.#maxDiffs = Math.max(1, options.maxDiffs ?? 4096);
    this.#maxLevels = STRIDE * Math.max(1, options.maxLevels ?? 65_536);
  }

  /** Diffs kept. */
  get count(): number {
    return (this.#tail - this.#head) / WORDS;
  }

  /** Adds a level to the diff being filled. */
  level(side: number, price: number, size: number): void {
    if (this.#open < 0 || this.#open + STRIDE > this.#maxLevels) {
      this.#open = -1;
      return;
    }
    const at = this.#levelTail + this.#open;
    if (at + STRIDE > this.levels.length) return this.#makeRoom(side, price, size);
    this.levels[at] = side;
    this.levels[at + 1] = price;
    this.levels[at + 2] = size;
    this.#open += STRIDE;
  }

  #makeRoom(side: number, price: number, size: number): void {
    const used = this.#levelTail + this.#open - this.#levelHead;
    const from = this.levels;
    if (2 * (used + STRIDE) > from.length) this.levels = new Float64Array(2 * from.length);
    this.levels.set(from.subarray(this.#levelHead, this.#levelHead + used));
    this.#levelTail -= this.#levelHead;
    this.start -= this.#levelHead;
    this.end -= this.#levelHead;
    this.#levelHead = 0;
    this.level(side, price, size);
  }

  /** Forgets the levels of a diff that will not be committed (a bad frame). */
  abandon(): void {
    this.#open = 0;
  }

  /**
   * Closes the diff with the TS, ID and PREV registers of `long`, the receive time in halves and FLAG bits.
   * False when older diffs, or this one, had to be given up: ask `oldestPrev` where the rest starts.
   */
  commit(long: Int32Array, recvHi: number, recvLo: number, flags: number): boolean {
    const size = this.#open;
    this.#open = 0;
    if (size < 0) return this.#giveUpAll();
    const before = this.dropped;
    this.#levelTail += size;
    if (this.#tail + WORDS > this.#heads.length) this.#moveHeads();
    const at = this.#tail;
    for (let k = 0; k < RECV; k++) this.#heads[at + k] = long[k];
    this.#heads[at + RECV] = recvLo;
    this.#heads[at + RECV + 1] = recvHi;
    this.#heads[at + FLAGS] = flags;
    this.#heads[at + COUNT] = size;
    this.#tail += WORDS;
    while (this.count > this.#maxDiffs || this.#levelTail - this.#levelHead > this.#maxLevels)
      this.#giveUpOldest();
    return this.dropped === before;
  }

  #moveHeads(): void {
    const used = this.#tail - this.#head;
    const from = this.#heads;
    if (2 * (used + WORDS) > from.length) this.#heads = new Int32Array(2 * from.length);
    this.#heads.set(from.subarray(this.#head, this.#tail));
    if (this.#current >= 0) this.#current -= this.#head;
    this.#head = 0;
    this.#tail = used;
  }

  #giveUpOldest(): void {
    this.dropped += 1;
    this.#forget(this.#head);
  }

  /** A single diff beyond the bound leaves a hole after which nothing older is of use. */
  #giveUpAll(): boolean {
    const dropped = this.dropped + this.count + 1;
    this.clear();
    this.dropped = dropped;
    return false;
  }

  #forget(diff: number): void {
    this.#levelHead += this.#heads[diff + COUNT];
    this.#head = diff + WORDS;
    if (this.#current < this.#head) this.#current = -1;
    if (this.#head === this.#tail) {
      this.#head = 0;
      this.#tail = 0;
      this.#levelTail -= this.#levelHead;
      this.levels.copyWithin(0, this.#levelHead, this.#levelHead + this.#levelTail + Math.max(0, this.#open));
      this.#levelHead = 0;
    }
  }

  /** Stands on the oldest diff; false when there is none. */
  next(): boolean {
    if (this.#head === this.#tail) return false;
    this.#current = this.#head;
    this.start = this.#levelHead;
    this.end = this.start + this.#heads[this.#current + COUNT];
    return true;
  }

  /** Forgets the diff that `next` stands on. */
  drop(): void {
    if (this.#current >= 0) this.#forget(this.#current);
  }

  get seq(): number {
    return halvesToNumber(this.#heads[this.#current + LONG.ID + 1], this.#heads[this.#current + LONG.ID]);
  }

  get prev(): number {
    return halvesToNumber(this.#heads[this.#current + LONG.PREV + 1], this.#heads[this.#current + LONG.PREV]);
  }

  get flags(): number {
    return this.#heads[this.#current + FLAGS];
  }

  get recvHi(): number {
    return this.#heads[this.#current + RECV + 1];
  }

  get recvLo(): number {
    return this.#heads[this.#current + RECV];
  }

  /** Restores TS, ID and PREV of the diff that `next` stands on. */
  copyLong(into: Int32Array): void {
    for (let k = 0; k < RECV; k++) into[k] = this.#heads[this.#current + k];
  }

  /** Link of the oldest diff kept, for BookSequencer.keptFrom; -1 when there is none. */
  get oldestPrev(): number {
    if (this.#head === this.#tail) return -1;
    return halvesToNumber(this.#heads[this.#head + LONG.PREV + 1], this.#heads[this.#head + LONG.PREV]);
  }

  /** The newest diff kept lies before the oldest one: a copy of an old one, or the venue began to count anew. */
  get fell(): boolean {
    if (this.#head === this.#tail) return false;
    const at = this.#tail - WORDS + LONG.ID;
    return halvesToNumber(this.#heads[at + 1], this.#heads[at]) <= this.oldestPrev;
  }

  clear(): void {
    this.#head = 0;
    this.#tail = 0;
    this.#levelHead = 0;
    this.#levelTail = 0;
    this.#open = 0;
    this.#current = -1;
    this.dropped = 0;
  }
}
