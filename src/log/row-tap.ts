import { HEADER, INSTRUMENT_ROW, VENUE_ROW } from "./layout.ts";
import type { Region } from "./region.ts";
import { RowCopy } from "./rows.ts";
import type { Rows } from "./rows.ts";

const COUNT = HEADER.at.instrument_count / 4;

/** Raw rows of a region that a journal has not written yet, or not as they are now. */
export class RowTap {
  readonly #control: Int32Array;
  readonly #instruments: Table;
  readonly #venues: Table;

  constructor({ control, instruments, venues }: Region) {
    this.#control = control;
    this.#instruments = new Table(instruments, INSTRUMENT_ROW.size, true);
    this.#venues = new Table(venues, VENUE_ROW.size, false);
  }

  /** Instruments that the lane has now; each is written before the first slot that names it. */
  get count(): number {
    return Atomics.load(this.#control, COUNT);
  }

  /** All rows are to be written again. */
  forget(): void {
    this.#instruments.forget();
    this.#venues.forget();
  }

  /** Copies rows that are new or changed to `to` from word `word` on, at most `limit`; returns how many. */
  instruments(to: Int32Array, word: number, limit: number): number {
    return this.#instruments.take(this.count, to, word, limit);
  }

  /** The same of venues, each once: what changes in them is how the venue is doing, not what its slots mean. */
  venues(to: Int32Array, word: number, limit: number): number {
    return this.#venues.take(Infinity, to, word, limit);
  }
}

class Table {
  readonly #copy: RowCopy;
  readonly #versions: Int32Array;
  readonly #words: number;
  readonly #again: boolean;
  #from = 0;

  constructor(rows: Rows, bytes: number, again: boolean) {
    this.#copy = new RowCopy(rows);
    this.#versions = new Int32Array(rows.count);
    this.#words = bytes / 4;
    this.#again = again;
  }

  forget(): void {
    this.#versions.fill(0);
    this.#from = 0;
  }

  take(count: number, to: Int32Array, word: number, limit: number): number {
    const end = Math.min(count, this.#versions.length);
    let taken = 0;
    if (this.#from >= end) this.#from = 0;
    for (; this.#from < end && taken < limit; this.#from++) {
      if (!this.#due(this.#from) || !this.#copy.take(this.#from)) continue;
      to.set(this.#copy.i32, word + taken * this.#words);
      this.#versions[this.#from] = this.#copy.i32[0]!;
      taken += 1;
    }
    return taken;
  }

  #due(row: number): boolean {
    const before = this.#versions[row]!;
    return before === 0 ? this.#copy.version(row) !== 0 : this.#again && before !== this.#copy.version(row);
  }
}
