import { InstrumentReader, ReaderListing, RingReader, slotInstrument } from "../../log/index.ts";
import type { InstrumentRow, Region, SlotViews } from "../../log/index.ts";
import { toMicros } from "../../model/index.ts";
import { processAlive, wallClock } from "../../store/index.ts";
import type { RegionHandle } from "../../store/index.ts";
import type { Followed } from "./followed.ts";

/** A lane says ten times a second that it lives. After so long, ms, nobody keeps its tables. */
const AWAY_MS = 3000;
const MANY = 8192;
/** The clock that says when a lane began has this step, us. */
const STEP_US = 1000;

/** An instrument that is wanted, by one of its names. */
export interface Wish {
  readonly code: number;
  readonly name: string;
  readonly followed: Followed;
  /** Told once, when it is listed. */
  listed?(row: InstrumentRow): void;
}

/** Reads one lane for some of its instruments: slots in order, rows as they change. */
export class Follower {
  readonly ring: RingReader;
  readonly #region: Region;
  readonly #listing: ReaderListing | null;
  readonly #instruments: InstrumentReader;
  readonly #byId: (Followed[] | undefined)[] = [];
  readonly #followed: readonly Followed[];
  #wishes: readonly Wish[];
  #known = 0;
  /** What was received before, UNIX us, counts for nothing. */
  #since: number;
  #away = false;

  constructor({ region, listable }: RegionHandle, name: string, wishes: readonly Wish[]) {
    this.#region = region;
    this.#wishes = wishes;
    this.#followed = [...new Set(wishes.map(({ followed }) => followed))];
    this.ring = new RingReader(region.control, region.slots);
    this.ring.onEpoch = () => this.#again();
    this.#since = startOf(region);
    this.#instruments = new InstrumentReader(region.control, region.instruments);
    this.#listing = listable
      ? ReaderListing.claim(region.readers, process.pid, name, wallClock(), processAlive)
      : null;
    this.#listing?.waits("futex");
    this.#resolve();
  }

  /** Takes what there is. True when there was something, or a row is expected. */
  step(): boolean {
    if (this.#instruments.count !== this.#known) this.#resolve();
    const read = this.ring.poll(this.#take, MANY);
    return this.look() || read === MANY;
  }

  /** Takes rows that have changed. True when one is expected. */
  look(): boolean {
    const now = performance.now();
    let pending = false;
    for (const followed of this.#followed) if (followed.look(this.#since, now)) pending = true;
    return pending;
  }

  /** Some times a second: says where it is, and looks whether somebody keeps the lane. */
  tick(nowMs: number): void {
    this.#listing?.report(this.ring.cursor, this.ring.lost, wallClock());
    const { hi, lo } = this.#region.heartbeat;
    const away = nowMs - toMicros(hi, lo) / 1000 >= AWAY_MS;
    if (away === this.#away) return;
    this.#away = away;
    this.#again();
  }

  /** Nothing is shown any more. */
  close(): void {
    for (const followed of this.#followed) followed.end();
    this.#listing?.release();
  }

  readonly #take = (slots: SlotViews, word: number): void => {
    const followed = this.#byId[slotInstrument(slots, word)];
    if (followed === undefined) return;
    for (const one of followed) one.slot(slots, word, this.ring.cursor);
  };

  /** Another writer, or none: rows are judged anew. */
  #again(): void {
    this.#since = this.#away ? Infinity : startOf(this.#region);
    for (const followed of this.#followed) followed.again();
  }

  #resolve(): void {
    this.#known = this.#instruments.count;
    const rows = this.#instruments.all();
    const left: Wish[] = [];
    for (const wish of this.#wishes) {
      const fits = ({ venueCode, symbol, canonical }: InstrumentRow): boolean =>
        venueCode === wish.code && (symbol === wish.name || canonical === wish.name);
      const row = rows.find(fits);
      if (row === undefined) left.push(wish);
      else this.#begin(wish, row);
    }
    this.#wishes = left;
  }

  #begin({ followed, listed }: Wish, row: InstrumentRow): void {
    listed?.(row);
    (this.#byId[row.id] ??= []).push(followed);
    followed.begin(row.id);
  }
}

/** When the lane's writer began, UNIX us. */
function startOf({ started: { hi, lo } }: Region): number {
  return toMicros(hi, lo) - STEP_US;
}
