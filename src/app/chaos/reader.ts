import { DOUBLE, RingReader, SCOPE, WORD } from "../../log/index.ts";
import type { Region } from "../../log/index.ts";
import { FLAG, KIND, VALIDITY, halvesToNumber, toMicros } from "../../model/index.ts";
import type { Venue } from "../../model/index.ts";
import type { Truth } from "../../simulator/index.ts";
import { hashLevel, joinLanes, lanes } from "../../simulator/hash.ts";

/** A book rebuilt from the log alone, by nothing but the two rules a reader needs: snapshots replace, levels set. */
class Replica {
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();
  live = false;
  /** Key of the last state it was seen in while live. */
  key = -1;
  /** Hash lanes, kept up to date level by level. */
  #a = 0;
  #b = 0;

  clear(): void {
    this.bids.clear();
    this.asks.clear();
    this.#a = 0;
    this.#b = 0;
  }

  set(side: number, price: number, size: number): void {
    const levels = side === 1 ? this.bids : this.asks;
    const old = levels.get(price);
    if (old !== undefined) this.#add(side, price, old, -1);
    if (size === 0) levels.delete(price);
    else {
      levels.set(price, size);
      this.#add(side, price, size, 1);
    }
  }

  #add(side: number, price: number, size: number, sign: number): void {
    hashLevel(side, price, size);
    this.#a = (this.#a + sign * lanes[0]!) | 0;
    this.#b = (this.#b + sign * lanes[1]!) | 0;
  }

  get hash(): number {
    return joinLanes(this.#a, this.#b);
  }
}

/** What a market is called in the simulator's truth. */
export interface TruthKey {
  readonly venue: Venue;
  readonly symbol: string;
  /** Levels per side the venue shows; 0 = all. */
  readonly depth: number;
}

export interface Verdicts {
  /** Commits at which a live book was compared, and equal. */
  equal: number;
  /** The same by venue. */
  readonly of: Record<string, number>;
  wrong: string[];
  /** Live commits whose key the truth no longer (or not yet) knew. */
  unknown: number;
  /** The first of them, in words. */
  firstUnknown?: string;
  /** Times a book became live, by market. */
  proved: number;
  broken: number;
}

/** Follows the ring like any reader and compares every book, at every commit marked live, with the truth. */
export class TruthReader {
  readonly verdicts: Verdicts = { equal: 0, of: {}, wrong: [], unknown: 0, proved: 0, broken: 0 };
  readonly reader: RingReader;
  readonly #replicas = new Map<number, Replica>();
  readonly #truth: Truth;
  readonly #keys: (id: number) => TruthKey | null;

  constructor(region: Region, truth: Truth, keys: (id: number) => TruthKey | null) {
    this.reader = new RingReader(region.control, region.slots);
    this.#truth = truth;
    this.#keys = keys;
  }

  get lost(): number {
    return this.reader.lost;
  }

  live(id: number): boolean {
    return this.#replicas.get(id)?.live === true;
  }

  /** Key of the last state a market was compared at. */
  lastKey(id: number): number {
    return this.#replica(id).key;
  }

  /** Best n levels of a market's replica, best first. */
  top(id: number, n: number): { bids: [number, number][]; asks: [number, number][] } {
    const { bids, asks } = this.#replica(id);
    return {
      bids: [...bids].toSorted((a, b) => b[0] - a[0]).slice(0, n),
      asks: [...asks].toSorted((a, b) => a[0] - b[0]).slice(0, n),
    };
  }

  poll(limit = 1 << 20): number {
    return this.reader.poll((slots, word) => this.#slot(slots.i32, slots.f64, word), limit);
  }

  #replica(id: number): Replica {
    let replica = this.#replicas.get(id);
    if (replica === undefined) this.#replicas.set(id, (replica = new Replica()));
    return replica;
  }

  #slot(i32: Int32Array, f64: Float64Array, word: number): void {
    const kind = i32[word]! & 0xff;
    const id = i32[word + WORD.INSTRUMENT]! >>> 0;
    if (kind === KIND.STATUS && (i32[word + WORD.TAIL]! & 0xff) === SCOPE.BOOK)
      this.#status(id, (i32[word + WORD.TAIL]! >>> 8) & 0xff);
    if (kind === KIND.BOOK) this.#level(this.#replica(id), id, i32, f64, word);
  }

  #status(id: number, validity: number): void {
    const replica = this.#replica(id);
    const live = validity === VALIDITY.LIVE;
    if (live) this.verdicts.proved += 1;
    else if (replica.live) this.verdicts.broken += 1;
    replica.live = live;
  }

  #opened = false;

  #level(replica: Replica, id: number, i32: Int32Array, f64: Float64Array, word: number): void {
    const flags = (i32[word]! >>> 8) & 0xff;
    if ((flags & FLAG.SNAPSHOT) !== 0 && !this.#opened) {
      replica.clear();
      replica.live = true;
    }
    this.#opened = (flags & FLAG.LAST) === 0;
    const side = i32[word + WORD.TAIL]! & 0xff;
    const d = (word >> 1) + DOUBLE.PRICE;
    if (side !== 0) replica.set(side, f64[d]!, f64[d + 1]!);
    if ((flags & FLAG.LAST) !== 0 && replica.live) this.#compare(replica, id, i32, word);
  }

  #unknown({ venue, symbol }: TruthKey, at: number): void {
    this.verdicts.unknown += 1;
    this.verdicts.firstUnknown ??= `${venue.id} ${symbol} at ${at}`;
  }

  #equal(venue: string): void {
    this.verdicts.equal += 1;
    this.verdicts.of[venue] = (this.verdicts.of[venue] ?? 0) + 1;
  }

  #compare(replica: Replica, id: number, i32: Int32Array, word: number): void {
    const key = this.#keys(id);
    if (key === null) return;
    const seq = halvesToNumber(i32[word + WORD.SEQ + 1]!, i32[word + WORD.SEQ]!);
    const ts = toMicros(i32[word + WORD.TS_EVENT + 1]!, i32[word + WORD.TS_EVENT]!);
    const numbered = ["contiguous", "prevLink", "overlap"].includes(key.venue.book);
    const at = numbered ? seq : ts;
    // Where states are named by their time, an event that has lost its time names none; the next one is compared again.
    if (!numbered && ts === 0) return;
    replica.key = at;
    const expected = this.#truth.book(key.venue.id, key.symbol, key.depth).hashAt(at);
    if (Number.isNaN(expected)) this.#unknown(key, at);
    else if (expected === replica.hash) this.#equal(key.venue.id);
    else if (this.verdicts.wrong.length < 50) {
      this.verdicts.wrong.push(
        `${key.venue.id} ${key.symbol} at ${at}: expected ${expected}, saw ${replica.hash} (${replica.bids.size} bids, ${replica.asks.size} asks)`,
      );
    }
  }
}
