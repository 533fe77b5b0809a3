import { DEFAULT_MAX_LEVELS } from "./side.ts";
import type { BookSide, SideOptions } from "./side.ts";

/** Levels probed one by one from the best before binary search: 75 % of real updates lie within 12 ranks. */
const PROBE = 12;
/** Doubles moved by a loop; above, one call of copyWithin (some 30 ns by itself) is cheaper. */
const LOOP = 64;

/**
 * The general form of a side: one Float64Array [key, size, key, size, ...] ascending, the best at the end,
 * where nearly all changes are, so that an insert or a removal moves a handful of levels. Before the worst there may be
 * room too: a snapshot written best first puts each level before all others, and moves none for it.
 */
export class SortedSide implements BookSide {
  readonly sign: 1 | -1;
  count = 0;
  refused = 0;
  dropped = 0;
  /** Pairs [key, size], ascending; 2 * count entries from `first` on are in use. */
  levels: Float64Array;
  first = 0;
  /** Most doubles in use. */
  readonly #limit: number;
  /** Greatest key changed since settle(). */
  #touched = -Infinity;
  /** Keys below are unknown: said by markHorizon() or given up at the bound. */
  #edge = -Infinity;
  /** Keys below are unknown: cut by truncate(). */
  #cut = -Infinity;

  constructor(sign: 1 | -1, options: SideOptions = {}) {
    this.sign = sign;
    this.#limit = 2 * Math.max(16, options.maxLevels ?? DEFAULT_MAX_LEVELS);
    this.levels = new Float64Array(Math.min(this.#limit, 2 * Math.max(1, options.levels ?? 64)));
  }

  applyAt(numbers: Float64Array, at: number): void {
    const key = numbers[at] * this.sign;
    const size = numbers[at + 1];
    if (!(size >= 0 && size < Infinity && key - key === 0)) {
      this.refused += 1;
      return;
    }
    const { levels, first } = this;
    let i = first + 2 * this.count - 2;
    const stop = this.count <= PROBE ? first - 2 : i - 2 * PROBE;
    while (i > stop && levels[i] > key) i -= 2;
    if (i === stop && i >= first) i = this.#search(i, numbers, at);
    if (i >= first && levels[i] === key) {
      if (levels[i + 1] === size) return;
      if (size === 0) this.#remove(i);
      else levels[i + 1] = size;
    } else {
      if (size === 0 || !this.#insert(i + 2, numbers, at)) return;
    }
    if (key > this.#touched) this.#touched = key;
  }

  /** Index of the last level in [first, high] with a key not above numbers[at] * sign, or first - 2. */
  #search(high: number, numbers: Float64Array, at: number): number {
    const { levels, first } = this;
    const key = numbers[at] * this.sign;
    let low = first >> 1;
    let top = (high >> 1) + 1;
    while (low < top) {
      const middle = (low + top) >> 1;
      if (levels[2 * middle] > key) top = middle;
      else low = middle + 1;
    }
    return 2 * low - 2;
  }

  #remove(i: number): void {
    const levels = this.levels;
    const end = this.first + 2 * this.count - 2;
    if (end - i > LOOP) levels.copyWithin(i, i + 2, end + 2);
    else {
      for (let k = i; k < end; k += 2) {
        levels[k] = levels[k + 2];
        levels[k + 1] = levels[k + 3];
      }
    }
    this.count -= 1;
  }

  #insert(i: number, numbers: Float64Array, at: number): boolean {
    const before = i - this.first;
    if (before < this.count && this.count > LOOP) return this.#insertLow(before, numbers, at);
    if (this.first + 2 * this.count === this.levels.length || 2 * this.count === this.#limit) {
      i = this.#makeRoom(before, 0);
      if (i < this.first) return this.#giveUp();
    }
    const levels = this.levels;
    const end = this.first + 2 * this.count;
    if (end - i > LOOP) levels.copyWithin(i + 2, i, end);
    else {
      for (let k = end; k > i; k -= 2) {
        levels[k] = levels[k - 2];
        levels[k + 1] = levels[k - 1];
      }
    }
    levels[i] = numbers[at] * this.sign;
    levels[i + 1] = numbers[at + 1];
    this.count += 1;
    return true;
  }

  /** In the worse half of many, `before` doubles from the worst: those are moved, towards the room before them. */
  #insertLow(before: number, numbers: Float64Array, at: number): boolean {
    let i = this.first + before;
    if (this.first === 0 || 2 * this.count === this.#limit) {
      i = this.#makeRoom(before, 1);
      if (i < this.first) return this.#giveUp();
    }
    const { levels, first } = this;
    levels.copyWithin(first - 2, first, i);
    levels[i - 2] = numbers[at] * this.sign;
    levels[i - 1] = numbers[at + 1];
    this.first -= 2;
    this.count += 1;
    return true;
  }

  /**
   * Makes room behind the best (`low` 0) or before the worst (1): at the bound the worst eighth is given up; storage that is
   * less than half full has room at its other end, any other is doubled. Returns where the place `before` doubles from
   * the worst is now, which is below `first` when its level is among those given up.
   */
  #makeRoom(before: number, low: 0 | 1): number {
    const gone = 2 * this.count === this.#limit ? this.#dropEighth() : 0;
    const old = this.levels;
    const used = 2 * this.count;
    const from = this.first;
    if (used > old.length >> 1) this.levels = new Float64Array(2 * old.length);
    const free = this.levels.length - used;
    // At least as much as is in use: many inserts pay for one move.
    this.first = low === 1 ? free - ((free >> 3) & ~1) : 0;
    if (old === this.levels) old.copyWithin(this.first, from, from + used);
    else this.levels.set(old.subarray(from, from + used), this.first);
    return this.first + before - gone;
  }

  /** Returns how many doubles went. */
  #dropEighth(): number {
    const gone = Math.max(1, this.count >> 3);
    this.dropped += gone;
    this.dropWorst(gone);
    if (this.count > 0) this.#edge = Math.max(this.#edge, this.levels[this.first]);
    return 2 * gone;
  }

  #giveUp(): boolean {
    this.dropped += 1;
    return false;
  }

  /** Removes the n worst levels without touching the horizon. */
  dropWorst(n: number): void {
    const gone = Math.min(n, this.count);
    if (gone <= 0) return;
    const worst = this.levels[this.first + 2 * gone - 2];
    if (worst > this.#touched) this.#touched = worst;
    this.first += 2 * gone;
    this.count -= gone;
  }

  fresh(): SortedSide {
    return new SortedSide(this.sign, { maxLevels: this.#limit >> 1 });
  }

  clear(): void {
    this.count = 0;
    this.first = 0;
    this.#edge = -Infinity;
    this.#cut = -Infinity;
    this.#touched = Infinity;
  }

  truncate(depth: number): void {
    this.dropWorst(this.count - depth);
    this.#cut = this.count === depth && depth > 0 ? this.levels[this.first] : -Infinity;
  }

  bestKey(): number {
    return this.count === 0 ? -Infinity : this.levels[this.first + 2 * this.count - 2];
  }

  copyBest(into: Float64Array, at: number): void {
    const i = this.first + 2 * this.count - 2;
    // Two stores each, not one of `i < 0 ? NaN : x`: the compiler would box the choice.
    if (this.count === 0) {
      into[at] = NaN;
      into[at + 1] = NaN;
    } else {
      into[at] = this.levels[i] * this.sign;
      into[at + 1] = this.levels[i + 1];
    }
  }

  copyTop(n: number, into: Float64Array, at: number): number {
    const levels = this.levels;
    const taken = Math.min(n, this.count);
    let i = this.first + 2 * this.count - 2;
    for (let to = at; to < at + 2 * taken; to += 2, i -= 2) {
      into[to] = levels[i] * this.sign;
      into[to + 1] = levels[i + 1];
    }
    return taken;
  }

  levelAt(rank: number, into: Float64Array, at: number): boolean {
    const i = this.first + 2 * (this.count - rank) - 2;
    if (rank >= this.count || rank < 0) return false;
    into[at] = this.levels[i] * this.sign;
    into[at + 1] = this.levels[i + 1];
    return true;
  }

  sizeAt(price: number): number {
    const i = this.#search(this.first + 2 * this.count - 2, Float64Array.of(price), 0);
    return i >= this.first && this.levels[i] === price * this.sign ? this.levels[i + 1] : 0;
  }

  topChanged(n: number): boolean {
    if (this.#touched === -Infinity || n <= 0) return false;
    return this.count < n || this.#touched >= this.levels[this.first + 2 * (this.count - n)];
  }

  settle(): void {
    this.#touched = -Infinity;
  }

  touchedKey(): number {
    return this.#touched;
  }

  horizonKey(): number {
    return Math.max(this.#edge, this.#cut);
  }

  horizon(): number {
    return this.horizonKey() * this.sign;
  }

  copyHorizon(depth: number, into: Float64Array, at: number): void {
    const i = this.first + 2 * (this.count - depth);
    const key = this.horizonKey();
    // Two stores, not one of a choice: see copyBest.
    if (depth > 0 && this.count >= depth && this.levels[i] > key) into[at] = this.levels[i] * this.sign;
    else if (key === -Infinity) into[at] = NaN;
    else into[at] = key * this.sign;
  }

  exhausted(): boolean {
    return this.bestKey() < this.horizonKey();
  }

  markHorizon(): void {
    if (this.count > 0) this.#edge = this.levels[this.first];
  }

  knownCount(): number {
    return this.countFrom(this.horizonKey());
  }

  /** Levels with a key at or above `key`. Cold. */
  countFrom(key: number): number {
    let known = 0;
    const end = this.first + 2 * this.count;
    while (known < this.count && this.levels[end - 2 * known - 2] >= key) known += 1;
    return known;
  }

  /** Takes out every level that `wanted` answers true for; order and horizon stay. Cold. */
  extract(wanted: (key: number, size: number) => boolean): void {
    const { levels, first } = this;
    let kept = first;
    for (let i = first; i < first + 2 * this.count; i += 2) {
      if (wanted(levels[i], levels[i + 1])) continue;
      levels[kept] = levels[i];
      levels[kept + 1] = levels[i + 1];
      kept += 2;
    }
    this.count = (kept - first) >> 1;
  }
}
