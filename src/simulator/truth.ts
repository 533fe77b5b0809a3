import type { Level } from "../model/index.ts";
import type { LevelBook } from "./level-book.ts";

/** Keys of full levels kept for printing differences, per book. */
const TOPS = 256;
export const TOP_DEPTH = 50;
const FIRST_CAPACITY = 1024;

export interface TruthLimits {
  /** Simulated microseconds a state is remembered. */
  readonly windowMicros: number;
  /** States per book at most, a power of two. */
  readonly states: number;
  /** False spares the copies of the top levels. */
  readonly tops: boolean;
}

export const TRUTH_LIMITS: TruthLimits = { windowMicros: 300e6, states: 65_536, tops: true };

export interface TruthState {
  /** Sequence where the venue has one, otherwise ts_event in UNIX microseconds. */
  key: number;
  ts: number;
  /** `bookHash` of the whole visible book. */
  hash: number;
  /** The best {@link TOP_DEPTH} levels, while they are kept. */
  top: { bids: Level[]; asks: Level[] } | null;
}

/** The best levels of the last states, in reused arrays: [bids, asks, then price and size of each level in turn]. */
class Tops {
  readonly #keys = new Float64Array(TOPS);
  readonly #rows: Float64Array[] = [];
  #next = 0;

  keep(key: number, { bids, asks }: LevelBook, depth: number): void {
    const slot = this.#next++ % TOPS;
    const row = (this.#rows[slot] ??= new Float64Array(2 + 4 * TOP_DEPTH));
    this.#keys[slot] = key;
    row[0] = Math.min(depth, bids.count);
    row[1] = Math.min(depth, asks.count);
    let at = 2;
    for (const side of [bids, asks])
      for (let rank = 0; rank < depth && rank < side.count; rank++) {
        row[at++] = side.priceAt(rank);
        row[at++] = side.sizeAt(rank);
      }
  }

  at(key: number): TruthState["top"] {
    const row = this.#rows[this.#keys.indexOf(key)];
    if (row === undefined) return null;
    const levels = (from: number, count: number): Level[] =>
      Array.from({ length: count }, (_, i) => [row[from + 2 * i]!, row[from + 2 * i + 1]!]);
    return { bids: levels(2, row[0]!), asks: levels(2 + 2 * row[0]!, row[1]!) };
  }
}

/** Where a numbering begins: index of its first state, and that state's key, below all keys before it. */
interface Numbering {
  readonly from: number;
  readonly key: number;
}

/** Numberings of one book that are told apart. */
const MAX_NUMBERINGS = 16;

/** The true states of one book, by strictly increasing key, in a ring that grows to a bound. */
export class TruthBook {
  readonly #limits: TruthLimits;
  #keys = new Float64Array(FIRST_CAPACITY);
  #times = new Float64Array(FIRST_CAPACITY);
  #hashes = new Float64Array(FIRST_CAPACITY);
  #mask = FIRST_CAPACITY - 1;
  #head = 0;
  #tail = 0;
  readonly #tops = new Tops();
  /** The oldest first; the first one of all begins with whatever was recorded first. */
  #numberings: Numbering[] = [{ from: 0, key: -Infinity }];
  #anew = false;

  constructor(limits: TruthLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#head - this.#tail;
  }

  /** The venue counts anew: the next key is below all there were. */
  renumber(): void {
    this.#anew = this.size > 0;
  }

  #begin(key: number): void {
    const { size } = this;
    this.#anew = false;
    if (size === 0 || key > this.#lowest()) return;
    const [first, ...others] = this.#numberings;
    const before = first!.key === -Infinity ? { from: 0, key: this.#keys[this.#tail & this.#mask]! } : first!;
    this.#numberings = [before, ...others, { from: this.#head, key }].slice(-MAX_NUMBERINGS);
  }

  /** The lowest key of the numbering that goes on. */
  #lowest(): number {
    const { from, key } = this.#numberings.at(-1)!;
    return key === -Infinity ? this.#keys[Math.max(from, this.#tail) & this.#mask]! : key;
  }

  /** Adds the state of `book` under `key`. Throws RangeError when the key does not grow: keys must name one state. */
  record(key: number, ts: number, hash: number, book: LevelBook, depth: number): void {
    if (this.#anew) this.#begin(key);
    const fresh = this.#numberings.at(-1)!.from === this.#head;
    if (this.size > 0 && !fresh && key <= this.#keys[(this.#head - 1) & this.#mask]!)
      throw new RangeError(
        `truth: expected a key above ${this.#keys[(this.#head - 1) & this.#mask]}, saw ${key}`,
      );
    if (this.size > this.#mask) this.#makeRoom();
    const slot = this.#head & this.#mask;
    this.#keys[slot] = key;
    this.#times[slot] = ts;
    this.#hashes[slot] = hash;
    this.#head += 1;
    while (this.#times[this.#tail & this.#mask]! < ts - this.#limits.windowMicros) this.#tail += 1;
    if (this.#limits.tops) this.#tops.keep(key, book, Math.min(depth, TOP_DEPTH));
  }

  at(key: number): TruthState | null {
    const i = this.#find(key);
    if (i >= this.#head || this.#keys[i & this.#mask] !== key) return null;
    return this.#state(i);
  }

  /** The first state behind `key` that is still known; null when there is none. */
  after(key: number): TruthState | null {
    const i = this.#find(key);
    const next = i < this.#head && this.#keys[i & this.#mask] === key ? i + 1 : i;
    return next < this.#head ? this.#state(next) : null;
  }

  /** The state recorded last. */
  latest(): TruthState | null {
    return this.size === 0 ? null : this.#state(this.#head - 1);
  }

  /** Hash alone, NaN when the key is unknown: for checkers that ask often. */
  hashAt(key: number): number {
    const i = this.#find(key);
    return i < this.#head && this.#keys[i & this.#mask] === key ? this.#hashes[i & this.#mask]! : NaN;
  }

  /** Index of the first state whose key is not below `key`, in the numbering that has such keys. */
  #find(key: number): number {
    const all = this.#numberings;
    let at = all.findIndex((one) => one.key <= key);
    if (at < 0) at = all.length - 1;
    let low = Math.max(this.#tail, all[at]!.from);
    let high = Math.max(low, all[at + 1]?.from ?? this.#head);
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#keys[middle & this.#mask]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #state(i: number): TruthState {
    const slot = i & this.#mask;
    const key = this.#keys[slot]!;
    return { key, ts: this.#times[slot]!, hash: this.#hashes[slot]!, top: this.#tops.at(key) };
  }

  #makeRoom(): void {
    const size = this.#mask + 1;
    if (size >= this.#limits.states) {
      this.#tail += 1;
      return;
    }
    this.#keys = widen(this.#keys, this.#tail, size);
    this.#times = widen(this.#times, this.#tail, size);
    this.#hashes = widen(this.#hashes, this.#tail, size);
    this.#mask = size * 2 - 1;
  }
}

/** Doubles a ring of `size` entries starting at logical index `tail`, keeping logical indices valid. */
function widen(old: Float64Array<ArrayBuffer>, tail: number, size: number): Float64Array<ArrayBuffer> {
  const wide = new Float64Array(size * 2);
  for (let i = tail; i < tail + size; i++) wide[i & (size * 2 - 1)] = old[i & (size - 1)]!;
  return wide;
}

export interface TruthQuery {
  venue: string;
  symbol: string;
  /** The key: a sequence or a ts_event; without it, the latest state. */
  seq?: number | string | undefined;
  ts?: number | undefined;
  /** Subscribed depth, where the subscription truncates the book; otherwise left out. */
  depth?: number | undefined;
}

/** What every book truly was. One per simulator. */
export class Truth {
  readonly #limits: TruthLimits;
  readonly #books = new Map<string, TruthBook>();

  constructor(limits: Partial<TruthLimits> = {}) {
    this.#limits = { ...TRUTH_LIMITS, ...limits };
  }

  /** The book of (venue, native symbol); `depth` 0 = the full book. Made when first asked for. */
  book(venue: string, symbol: string, depth = 0): TruthBook {
    const name = bookName(venue, symbol, depth);
    let book = this.#books.get(name);
    if (book === undefined) this.#books.set(name, (book = new TruthBook(this.#limits)));
    return book;
  }

  /** The state asked for, or null when it is not known (wrong key, or older than the window). */
  at(query: TruthQuery): TruthState | null {
    const book = this.#books.get(bookName(query.venue, query.symbol, query.depth ?? 0));
    if (book === undefined) return null;
    const key = query.seq ?? query.ts;
    return key === undefined ? book.latest() : book.at(Number(key));
  }

  /** Names of the books there are: venue, symbol and depth (0 = full). */
  list(): { venue: string; symbol: string; depth: number; states: number }[] {
    return [...this.#books].map(([name, book]) => {
      const [venue = "", symbol = "", depth = "0"] = name.split("|");
      return { venue, symbol, depth: Number(depth), states: book.size };
    });
  }
}

function bookName(venue: string, symbol: string, depth: number): string {
  return `${venue}|${symbol}|${depth}`;
}
