import { Bitmap } from "./bitmap.ts";
import { SortedSide } from "./sorted-side.ts";
import type { BookSide, SideOptions } from "./side.ts";
import type { TickGrid } from "./tick-grid.ts";

export interface LadderOptions extends SideOptions {
  /** Price steps the window spans: a power of two from 1024 to 32768 (the default; 512 KiB a side). */
  readonly window?: number;
}

/** Indices above are not exact once a window is added to them. */
const MAX_TICK = 2 ** 51;

/**
 * A side for busy instruments with a known tick: sizes by tick index in a window around the best, found through a
 * bitmap, so that an update costs the same at any depth. Prices outside the window or off the grid go to a
 * SortedSide; when many do and the best has left the middle, the window moves. Every price is held in one place only.
 */
export class LadderSide implements BookSide {
  readonly sign: 1 | -1;
  readonly #grid: TickGrid;
  readonly #window: number;
  readonly #options: LadderOptions;
  /**
   * Pairs [key, size] by slot; size 0 is no level. A key that equals the price asked for was proved for this slot: what
   * an earlier place of the window left behind cannot, because that price has another slot now.
   */
  readonly #levels: Float64Array;
  readonly #taken: Bitmap;
  readonly #far: SortedSide;
  readonly #one = new Float64Array(2);
  /** Tick index (times sign) of slot 0. */
  #base = 0;
  #inside = 0;
  /** Best slot taken, or -1, and its key. */
  #top = -1;
  #topKey = -Infinity;
  #touched = -Infinity;
  #edge = -Infinity;
  #cut = -Infinity;
  /** Updates that fell outside since the window was last looked at. */
  #misses = 0;

  constructor(sign: 1 | -1, grid: TickGrid, options: LadderOptions = {}) {
    this.sign = sign;
    this.#grid = grid;
    this.#options = options;
    this.#taken = new Bitmap(options.window ?? 32_768);
    this.#window = this.#taken.size;
    this.#levels = new Float64Array(2 * this.#window);
    this.#far = new SortedSide(sign, options);
  }

  get count(): number {
    return this.#inside + this.#far.count;
  }

  /** Levels inside the window; the others are held in the general form. */
  get near(): number {
    return this.#inside;
  }

  get refused(): number {
    return this.#far.refused;
  }

  get dropped(): number {
    return this.#far.dropped;
  }

  applyAt(numbers: Float64Array, at: number): void {
    const price = numbers[at];
    const size = numbers[at + 1];
    const slot = Math.round(price * this.#grid.inverse) * this.sign - this.#base;
    if (slot >= 0 && slot < this.#window && size >= 0 && size < Infinity) {
      const index = slot | 0;
      const levels = this.#levels;
      const key = price * this.sign;
      if (levels[2 * index] === key || this.#prove(index, numbers, at)) {
        const old = levels[2 * index + 1];
        if (old === size) return;
        levels[2 * index + 1] = size;
        if (old === 0) this.#occupy(index);
        else if (size === 0) this.#vacate(index);
        if (key > this.#touched) this.#touched = key;
        return;
      }
    }
    this.#applyFar(numbers, at);
  }

  /** True when this slot stands for this very price, and not for one that was rounded to it; remembers the key. */
  #prove(slot: number, numbers: Float64Array, at: number): boolean {
    const key = numbers[at] * this.sign;
    if (((this.#base + slot) * this.#grid.mantissa) / this.#grid.scale !== key) return false;
    this.#levels[2 * slot] = key;
    return true;
  }

  #occupy(slot: number): void {
    this.#taken.add(slot);
    this.#inside += 1;
    if (slot > this.#top) this.#setTop(slot);
  }

  #vacate(slot: number): void {
    this.#taken.remove(slot);
    this.#inside -= 1;
    if (slot === this.#top) this.#setTop(this.#taken.below(slot));
  }

  #setTop(slot: number): void {
    this.#top = slot;
    this.#topKey = slot < 0 ? -Infinity : this.#levels[2 * slot];
  }

  #applyFar(numbers: Float64Array, at: number): void {
    const first = this.#inside === 0 && this.#far.count === 0;
    this.#far.applyAt(numbers, at);
    this.#misses += 1;
    if ((first && this.#far.count > 0) || this.#misses > 64 + (this.count >> 2)) this.#recentre();
  }

  /** Moves the window so that the best stands at three quarters of it, unless it is near that already. */
  #recentre(): void {
    this.#misses = 0;
    const best = Math.round(this.bestKey() * this.#grid.inverse);
    const base = best - 0.75 * this.#window;
    // Also false for the -Infinity of an empty side.
    if (!(Math.abs(best) < MAX_TICK) || Math.abs(base - this.#base) < this.#window / 8) return;
    const levels = this.#drain();
    this.#base = base;
    for (let i = 0; i < levels.length; i += 2) this.#place(levels[i], levels[i + 1]);
    this.#far.extract((key, size) => this.#placeInside(key, size));
  }

  /** Empties the window; returns its pairs [key, size], best first. */
  #drain(): Float64Array {
    const pairs = new Float64Array(2 * this.#inside);
    let at = 0;
    for (let slot = this.#top; slot >= 0; slot = this.#taken.below(slot)) {
      pairs[at++] = this.#levels[2 * slot];
      pairs[at++] = this.#levels[2 * slot + 1];
    }
    this.#wipe();
    return pairs;
  }

  #wipe(): void {
    for (let slot = this.#top; slot >= 0; slot = this.#taken.below(slot)) this.#levels[2 * slot + 1] = 0;
    this.#taken.clear();
    this.#inside = 0;
    this.#setTop(-1);
  }

  #place(key: number, size: number): void {
    if (this.#placeInside(key, size)) return;
    this.#one[0] = key * this.sign;
    this.#one[1] = size;
    this.#far.applyAt(this.#one, 0);
  }

  #placeInside(key: number, size: number): boolean {
    const slot = Math.round(key * this.#grid.inverse) - this.#base;
    if (!(slot >= 0 && slot < this.#window)) return false;
    this.#one[0] = key * this.sign;
    if (!this.#prove(slot, this.#one, 0)) return false;
    this.#levels[2 * slot + 1] = size;
    this.#occupy(slot);
    return true;
  }

  fresh(): LadderSide {
    return new LadderSide(this.sign, this.#grid, this.#options);
  }

  clear(): void {
    this.#wipe();
    this.#far.clear();
    this.#misses = 0;
    this.#edge = -Infinity;
    this.#cut = -Infinity;
    this.#touched = Infinity;
  }

  truncate(depth: number): void {
    let gone = this.count - depth;
    let far = 0;
    for (; gone > 0; gone--) {
      const slot = this.#taken.lowest();
      const farKey = far < this.#far.count ? this.#far.levels[this.#far.first + 2 * far] : Infinity;
      const key = slot < 0 ? Infinity : this.#levels[2 * slot];
      if (farKey < key) far += 1;
      else {
        this.#levels[2 * slot + 1] = 0;
        this.#vacate(slot);
      }
      this.#touched = Math.max(this.#touched, Math.min(key, farKey));
    }
    this.#far.dropWorst(far);
    this.#cut = this.count === depth && depth > 0 ? this.#worstKey() : -Infinity;
  }

  #worstKey(): number {
    const slot = this.#taken.lowest();
    const key = slot < 0 ? Infinity : this.#levels[2 * slot];
    return this.#far.count > 0 ? Math.min(key, this.#far.levels[this.#far.first]) : key;
  }

  bestKey(): number {
    return Math.max(this.#topKey, this.#far.bestKey());
  }

  copyBest(into: Float64Array, at: number): void {
    if (this.#topKey > this.#far.bestKey()) {
      into[at] = this.#topKey * this.sign;
      into[at + 1] = this.#levels[2 * this.#top + 1];
    } else {
      this.#far.copyBest(into, at);
    }
  }

  copyTop(n: number, into: Float64Array, at: number): number {
    const near = this.#levels;
    const far = this.#far.levels;
    const worst = this.#far.first;
    let i = worst + 2 * this.#far.count - 2;
    let slot = this.#top;
    const end = at + 2 * Math.max(0, Math.min(n, this.count));
    for (let to = at; to < end; to += 2) {
      if (i >= worst && (slot < 0 || far[i] > near[2 * slot])) {
        into[to] = far[i] * this.sign;
        into[to + 1] = far[i + 1];
        i -= 2;
      } else {
        into[to] = near[2 * slot] * this.sign;
        into[to + 1] = near[2 * slot + 1];
        slot = this.#taken.below(slot);
      }
    }
    return (end - at) / 2;
  }

  levelAt(rank: number, into: Float64Array, at: number): boolean {
    if (rank < 0 || rank >= this.count) return false;
    if (rank > this.count >> 1) return this.#levelFromWorst(this.count - 1 - rank, into, at);
    const worst = this.#far.first;
    let i = worst + 2 * this.#far.count - 2;
    let slot = this.#top;
    for (let left = rank; ; left--) {
      const fromFar = i >= worst && (slot < 0 || this.#far.levels[i] > this.#levels[2 * slot]);
      if (left === 0)
        return this.#put(fromFar ? this.#far.levels : this.#levels, fromFar ? i : 2 * slot, into, at);
      if (fromFar) i -= 2;
      else slot = this.#taken.below(slot);
    }
  }

  /** The level that has so many worse ones: those to be cut stand there. */
  #levelFromWorst(worse: number, into: Float64Array, at: number): boolean {
    let i = this.#far.first;
    const far = i + 2 * this.#far.count;
    let slot = this.#taken.lowest();
    for (let left = worse; ; left--) {
      const fromFar = i < far && (slot < 0 || this.#far.levels[i] < this.#levels[2 * slot]);
      if (left === 0)
        return this.#put(fromFar ? this.#far.levels : this.#levels, fromFar ? i : 2 * slot, into, at);
      if (fromFar) i += 2;
      else slot = this.#taken.above(slot);
    }
  }

  #put(from: Float64Array, i: number, into: Float64Array, at: number): true {
    into[at] = from[i] * this.sign;
    into[at + 1] = from[i + 1];
    return true;
  }

  sizeAt(price: number): number {
    const slot = Math.round(price * this.#grid.inverse) * this.sign - this.#base;
    const inside = slot >= 0 && slot < this.#window && this.#levels[2 * slot] === price * this.sign;
    return inside ? this.#levels[2 * slot + 1] : this.#far.sizeAt(price);
  }

  topChanged(n: number): boolean {
    const touched = Math.max(this.#touched, this.#far.touchedKey());
    if (touched === -Infinity || n <= 0) return false;
    // Less than n steps from the best there is no room for n better levels on the grid.
    if (this.count < n || (this.#topKey - touched) * this.#grid.inverse < n) return true;
    return this.levelAt(n - 1, this.#one, 0) && touched >= this.#one[0] * this.sign;
  }

  settle(): void {
    this.#touched = -Infinity;
    this.#far.settle();
  }

  #horizonKey(): number {
    return Math.max(this.#edge, this.#cut, this.#far.horizonKey());
  }

  horizon(): number {
    return this.#horizonKey() * this.sign;
  }

  copyHorizon(depth: number, into: Float64Array, at: number): void {
    const key = this.#horizonKey();
    if (depth > 0 && this.levelAt(depth - 1, this.#one, 0) && this.#one[0] * this.sign > key)
      into[at] = this.#one[0];
    else if (key === -Infinity) into[at] = NaN;
    else into[at] = key * this.sign;
  }

  exhausted(): boolean {
    return this.bestKey() < this.#horizonKey();
  }

  markHorizon(): void {
    if (this.count > 0) this.#edge = this.#worstKey();
  }

  knownCount(): number {
    const horizon = this.#horizonKey();
    let known = this.#far.countFrom(horizon);
    for (let slot = this.#top; slot >= 0 && this.#levels[2 * slot] >= horizon; slot = this.#taken.below(slot))
      known += 1;
    return known;
  }
}
