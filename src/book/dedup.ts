import { halvesToNumber } from "../model/index.ts";
import { RecentIds } from "./recent-ids.ts";
import { TradeHole } from "./trade-hole.ts";
import type { TradeIds } from "../model/index.ts";

export const SEEN = {
  /** Not seen before: publish. */
  NEW: 1,
  /** Seen before, or too old to tell: drop. */
  DUPLICATE: 2,
  /** New, and ids before it are missing (`missing` says how many): publish and name the hole. */
  GAP: 3,
  /** New, but younger ids came first: it fills a hole or precedes our first one. Publish. */
  LATE: 4,
  /** New, and the venue counts anew from here: publish. */
  RESTART: 5,
} as const;

export type Seen = (typeof SEEN)[keyof typeof SEEN];

/** Successive ids, below all that were ever seen, after which the venue is held to have renumbered. */
const RESTART_RUN = 64;
/** Holes remembered: what comes late into one of them is known for ever to be new or not, whatever the window. */
const MAX_HOLES = 8;
/**
 * A younger trade whose id is this far below the last one is of a new numbering: the clock of a venue does not go by its
 * ids to the millisecond, but it does over this many.
 */
const RENUMBERED = 64;
/** High half from which a 64-bit id no longer fits a double exactly. */
const HIGH_LIMIT = 0x200000;

/**
 * Trades of one instrument, once each, however many connections bring them and however far one lags. Ids come as
 * halves straight from the registers; an id of 0 is none, and such trades are all new.
 * - contiguous: a window of the last `window` numbers, holes are counted and may be filled;
 * - increasing: the last `window` ids exactly; an unknown id above the oldest of them is late, below it too old to tell;
 * - opaque, and ids from 2^53: the last `window` ids exactly, nothing is known of order.
 * When no connection of the instrument is left and a new one starts, call `forget` if ids may have begun anew.
 * Several connections use `acceptAt`: a venue that counts anew is known by its clock, and who lags behind goes on in
 * the old numbering meanwhile.
 */
export class TradeDedup {
  /** Ids missing before the one that was answered with GAP. */
  missing = 0;
  readonly #rule: TradeIds;
  #window: number;
  /** By id & (window - 1): the id last seen there. */
  #ids: Float64Array;
  #recent: RecentIds | null = null;
  #high = -1;
  /** Least id known when counting began. */
  #floor = -1;
  /** A run id, id + 1, ... below everything seen: perhaps a restart. */
  #runFrom = -1;
  #runTo = -2;
  readonly #holes: TradeHole[] = [];
  /** Venue time of the youngest trade; when and with which id this numbering began; the numbering before it. */
  #youngest = -Infinity;
  #begun = -Infinity;
  #start = -1;
  #before: TradeDedup | null = null;

  /** `window`: ids remembered, a power of two; 8 bytes each. */
  constructor(rule: TradeIds, window = 1024) {
    if (window < 64 || (window & (window - 1)) !== 0) {
      throw new RangeError(`expected a power of two >= 64 as window, saw ${window}`);
    }
    this.#rule = rule;
    this.#window = window;
    this.#ids = new Float64Array(rule === "contiguous" ? window : 0).fill(-1);
  }

  /** Remembers `window` ids from now on, if it is more than before. Only while no id was seen. */
  remember(window: number): void {
    if (this.#high >= 0 || this.#recent !== null || window <= this.#window) return;
    this.#window = window;
    if (this.#rule === "contiguous") this.#ids = new Float64Array(window).fill(-1);
  }

  /** The highest id, where ids grow; -1 before the first. */
  get last(): number {
    return this.#high;
  }

  /** Takes the id as 32-bit halves. */
  accept(lo: number, hi: number): Seen {
    if ((lo | hi) === 0) return SEEN.NEW;
    if (this.#rule !== "contiguous" || hi >>> 0 >= HIGH_LIMIT) return this.#unordered(lo, hi);
    return this.#counted(halvesToNumber(hi, lo));
  }

  /**
   * As `accept`, with the venue's time of the trade (any unit, one clock): a trade that is younger than all before it and
   * has an old id is the first of a new numbering (RESTART). Of the old one, late copies are still told from late trades.
   */
  acceptAt(lo: number, hi: number, time: number): Seen {
    const high = this.#high;
    if (high < 0 || (lo | hi) === 0 || hi >>> 0 >= HIGH_LIMIT) return this.#young(lo, hi, time);
    const id = halvesToNumber(hi, lo);
    if (this.#isBefore(id, time)) return this.#late(lo, hi, time);
    if (time <= this.#youngest || high - id < RENUMBERED) return this.#young(lo, hi, time);
    this.#renumber(time);
    this.#start = id;
    this.#young(lo, hi, time);
    return SEEN.RESTART;
  }

  #young(lo: number, hi: number, time: number): Seen {
    if (time > this.#youngest) this.#youngest = time;
    return this.accept(lo, hi);
  }

  /**
   * Whether a trade is of the numbering before this one. What was made between the last we know of that one and the first
   * we know of this one (the connections ahead missed it) belongs where its id fits better.
   */
  #isBefore(id: number, time: number): boolean {
    const before = this.#before;
    if (before === null || time >= this.#begun) return false;
    return time <= before.#youngest || Math.abs(id - before.#high) < Math.abs(id - this.#start);
  }

  #late(lo: number, hi: number, time: number): Seen {
    return this.#before!.#young(lo, hi, time) === SEEN.DUPLICATE ? SEEN.DUPLICATE : SEEN.LATE;
  }

  /** What is known becomes the numbering before; a new one begins. Two are kept, never more. */
  #renumber(time: number): void {
    const before = this.#before ?? new TradeDedup(this.#rule, this.#window);
    [this.#ids, before.#ids] = [before.#ids, this.#ids];
    [this.#recent, before.#recent] = [before.#recent, this.#recent];
    before.#high = this.#high;
    before.#floor = this.#floor;
    before.#youngest = this.#youngest;
    this.#before = null;
    this.forget();
    this.#before = before;
    this.#begun = time;
  }

  #unordered(lo: number, hi: number): Seen {
    const recent = (this.#recent ??= new RecentIds(this.#window));
    if (this.#rule !== "increasing") return recent.add(lo, hi) ? SEEN.NEW : SEEN.DUPLICATE;
    const id = (hi >>> 0) * 4294967296 + (lo >>> 0);
    if (id < this.#high && this.#holes.length > 0) {
      const hole = this.#holeOf(id);
      if (hole !== null) return hole.accept(id) ? SEEN.LATE : SEEN.DUPLICATE;
    }
    if (recent.full && recent.belowOldest(lo, hi)) return SEEN.DUPLICATE;
    if (!recent.add(lo, hi)) return SEEN.DUPLICATE;
    if (id < this.#high) return SEEN.LATE;
    this.#high = id;
    return SEEN.NEW;
  }

  #counted(id: number): Seen {
    const high = this.#high;
    if (id > high) {
      this.#remember(id);
      this.#high = id;
      this.#runTo = -2;
      if (high < 0) this.#floor = id;
      if (high < 0 || id === high + 1) return SEEN.NEW;
      this.missing = id - high - 1;
      return SEEN.GAP;
    }
    if (this.#holes.length > 0) {
      const hole = this.#holeOf(id);
      if (hole !== null) return this.#fill(hole, id);
    }
    if (high - id >= this.#window) return this.#farBack(id);
    this.#runTo = -2;
    if (this.#ids[id & (this.#window - 1)] === id) return SEEN.DUPLICATE;
    this.#remember(id);
    return SEEN.LATE;
  }

  #fill(hole: TradeHole, id: number): Seen {
    if (!hole.accept(id)) return SEEN.DUPLICATE;
    if (this.#high - id < this.#window) this.#remember(id);
    return SEEN.LATE;
  }

  #holeOf(id: number): TradeHole | null {
    for (const hole of this.#holes) if (hole.holds(id)) return hole;
    return null;
  }

  /**
   * Remembers what is missing between two ids that came one behind the other, so that it can be had later. Null when
   * too many holes are open already. What came late into it before this is not known any more: ask at once.
   */
  open(from: number, to: number): TradeHole | null {
    if (this.#holes.length === MAX_HOLES) {
      const closed = this.#holes.findIndex((hole) => hole.closed);
      if (closed < 0) return null;
      this.#holes.splice(closed, 1);
    }
    const hole = new TradeHole(from, to);
    this.#holes.push(hole);
    return hole;
  }

  #forgetHoles(): void {
    for (const hole of this.#holes.splice(0)) hole.closed = true;
  }

  #remember(id: number): void {
    this.#ids[id & (this.#window - 1)] = id;
  }

  /** Below the window: never seen when below the floor (history, or a restart), otherwise too old to tell. */
  #farBack(id: number): Seen {
    if (id >= this.#floor || (id >= this.#runFrom && id <= this.#runTo)) return SEEN.DUPLICATE;
    if (id === this.#runTo + 1) this.#runTo = id;
    else {
      this.#runFrom = id;
      this.#runTo = id;
    }
    if (this.#runTo - this.#runFrom < RESTART_RUN) return SEEN.LATE;
    this.#high = id;
    this.#floor = this.#runFrom;
    for (let k = this.#runFrom; k <= id; k++) this.#remember(k);
    this.#runTo = -2;
    this.#forgetHoles();
    return SEEN.RESTART;
  }

  /** Forgets every id: the next one is new, whatever it is. */
  forget(): void {
    this.#ids.fill(-1);
    this.#recent?.clear();
    this.#high = -1;
    this.#floor = -1;
    this.#runTo = -2;
    this.#youngest = -Infinity;
    this.#before = null;
    this.#forgetHoles();
  }
}

/** Steps back in a row, on one connection, after which the venue is held to have renumbered its quotes. */
const STEPS_BACK = 3;
/** Redundant connections told apart. */
export const MAX_COPIES = 8;

/**
 * Quotes of one instrument in order of their update id: a quote whose id is not above the last is old. On one
 * connection ids never step back unless the venue renumbers (OKX does after maintenance), so that is told per
 * connection (`copy`, 0 to 7): the one that stepped back is followed, and the others are not heard until they do too.
 */
export class QuoteOrder {
  readonly #last = new Float64Array(MAX_COPIES).fill(-1);
  readonly #back = new Uint8Array(MAX_COPIES);
  readonly #muted = new Uint8Array(MAX_COPIES);
  #high = -1;

  /** Takes the id as halves. NEW, DUPLICATE (also: old) or RESTART. An id of 0 is none: NEW. */
  accept(lo: number, hi: number, copy = 0): Seen {
    if ((lo | hi) === 0) return SEEN.NEW;
    const id = (hi >>> 0) * 4294967296 + (lo >>> 0);
    if (id < this.#last[copy]) return this.#steppedBack(id, copy);
    this.#last[copy] = id;
    this.#back[copy] = 0;
    if (this.#muted[copy] === 1 || id <= this.#high) return SEEN.DUPLICATE;
    this.#high = id;
    return SEEN.NEW;
  }

  #steppedBack(id: number, copy: number): Seen {
    if (++this.#back[copy] < STEPS_BACK) return SEEN.DUPLICATE;
    this.#back[copy] = 0;
    this.#last[copy] = id;
    if (this.#muted[copy] === 1) {
      this.#muted[copy] = 0;
      if (id <= this.#high) return SEEN.DUPLICATE;
      this.#high = id;
      return SEEN.NEW;
    }
    // Those nearer to the old numbers than to the new ones have not been renumbered yet.
    const between = (id + this.#high) / 2;
    for (let c = 0; c < MAX_COPIES; c++) this.#muted[c] = c !== copy && this.#last[c] > between ? 1 : 0;
    this.#high = id;
    return SEEN.RESTART;
  }

  /** A new connection takes this place. */
  join(copy: number): void {
    this.#last[copy] = -1;
    this.#back[copy] = 0;
    this.#muted[copy] = 0;
  }

  /** Forgets everything: no connection is left. */
  forget(): void {
    this.#high = -1;
    for (let copy = 0; copy < MAX_COPIES; copy++) this.join(copy);
  }
}
