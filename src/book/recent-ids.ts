/**
 * The last N 64-bit ids (as halves), exactly: a table with open addressing beside a ring that says which id leaves
 * next. No allocation after construction.
 */
export class RecentIds {
  readonly #mask: number;
  readonly #capacity: number;
  /** Table slots: index of the id in the ring plus one, 0 = free. */
  readonly #table: Int32Array;
  /** Ring of ids: low, high. */
  readonly #ids: Int32Array;
  #next = 0;
  #count = 0;

  /** `capacity` ids, a power of two. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#mask = 2 * capacity - 1;
    this.#table = new Int32Array(2 * capacity);
    this.#ids = new Int32Array(2 * capacity);
  }

  /** True when the id was not among the last N; it is now. */
  add(lo: number, hi: number): boolean {
    if (this.#find(lo, hi) >= 0) return false;
    if (this.#count === this.#capacity) this.#forgetOldest();
    else this.#count += 1;
    const at = this.#next;
    this.#ids[2 * at] = lo;
    this.#ids[2 * at + 1] = hi;
    this.#next = (at + 1) & (this.#capacity - 1);
    let slot = hash(lo, hi) & this.#mask;
    while (this.#table[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#table[slot] = at + 1;
    return true;
  }

  has(lo: number, hi: number): boolean {
    return this.#find(lo, hi) >= 0;
  }

  /** Ring is full: ids that are not here may have been seen long ago. */
  get full(): boolean {
    return this.#count === this.#capacity;
  }

  /** Compares an id with the one that leaves next (the oldest), unsigned: true when it is smaller. */
  belowOldest(lo: number, hi: number): boolean {
    if (this.#count === 0) return false;
    const at = 2 * (this.full ? this.#next : 0);
    const oldHi = this.#ids[at + 1] >>> 0;
    return hi >>> 0 === oldHi ? lo >>> 0 < this.#ids[at] >>> 0 : hi >>> 0 < oldHi;
  }

  clear(): void {
    this.#table.fill(0);
    this.#next = 0;
    this.#count = 0;
  }

  #find(lo: number, hi: number): number {
    for (let slot = hash(lo, hi) & this.#mask; this.#table[slot] !== 0; slot = (slot + 1) & this.#mask) {
      if (this.#holds(slot, lo | 0, hi | 0)) return slot;
    }
    return -1;
  }

  #holds(slot: number, lo: number, hi: number): boolean {
    const at = 2 * (this.#table[slot] - 1);
    return this.#ids[at] === lo && this.#ids[at + 1] === hi;
  }

  /** Removes the oldest from the table and closes the hole, so that no probe chain is cut. */
  #forgetOldest(): void {
    const oldest = 2 * this.#next;
    let hole = this.#find(this.#ids[oldest], this.#ids[oldest + 1]);
    for (let slot = (hole + 1) & this.#mask; this.#table[slot] !== 0; slot = (slot + 1) & this.#mask) {
      const at = 2 * (this.#table[slot] - 1);
      const home = hash(this.#ids[at], this.#ids[at + 1]) & this.#mask;
      if (((slot - home) & this.#mask) < ((slot - hole) & this.#mask)) continue;
      this.#table[hole] = this.#table[slot];
      hole = slot;
    }
    this.#table[hole] = 0;
  }
}

function hash(lo: number, hi: number): number {
  let h = Math.imul(lo ^ (lo >>> 15), 0x2c1b3c6d) ^ Math.imul(hi, 0x297a2d39);
  h = Math.imul(h ^ (h >>> 12), 0x85ebca6b);
  return h ^ (h >>> 16);
}
