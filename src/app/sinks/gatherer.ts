import {
  NO_INSTRUMENT,
  copySlot,
  slotFlags,
  slotInstrument,
  slotKind,
  slotVenue,
  SlotViews,
} from "../../log/index.ts";
import type { InstrumentRow } from "../../log/index.ts";
import { FLAG, KIND } from "../../model/index.ts";
import type { Hole, SlotBatch } from "../../sinks/index.ts";
import type { LosslessReader } from "../../store/index.ts";

/** Which events a sink gets. */
export interface Wanted {
  /** Bits by KIND, and venue codes; null: all. */
  readonly kinds: number;
  readonly venues: ReadonlySet<number> | null;
}

/** Thrown into a reader, which hands the slot over again when it is asked the next time. */
const NOT_YET = new Error("the batch ends before this slot");

export interface GathererOptions {
  readonly lane: string;
  readonly reader: LosslessReader;
  readonly wanted: Wanted;
  /** Slots of a batch, unless one event is larger. */
  readonly slots: number;
  /** Where the batches are to begin; null: wherever the reader does. */
  readonly from: number | null;
}

/**
 * Makes batches of whole events out of what a reader has: as large as what is there now. Holes are found by the sequence itself,
 * whatever the reader says of them; it only gives them their reason.
 */
export class Gatherer {
  readonly lane: string;
  readonly reader: LosslessReader;
  readonly #wanted: Wanted;
  #views: SlotViews;
  #seqs: Float64Array;
  /** Slots in `#views`: up to `#whole` of events that are complete, the rest of one that is not. */
  #count = 0;
  #whole = 0;
  /** What the batch covers begins here and ends behind the last complete event; -1: not begun. */
  #first: number;
  #end: number;
  /** Sequence expected next; -1: any. */
  #next: number;
  #inside = false;
  #takes = false;
  #holes: Hole[] = [];
  #reason = "unknown";
  #session = "0";
  #changed: string | null = null;
  /** What the ids in the slots gathered meant when they were read; 1 in `#known` for each. */
  #instruments = new Map<number, InstrumentRow | null>();
  #known = new Uint8Array(1024);

  constructor({ lane, reader, wanted, slots, from }: GathererOptions) {
    this.lane = lane;
    this.reader = reader;
    this.#wanted = wanted;
    this.#views = SlotViews.make(slots);
    this.#seqs = new Float64Array(slots);
    this.#first = this.#end = this.#next = from ?? -1;
    reader.onHole = ({ reason }) => {
      this.#reason = reason;
    };
    reader.onSession = (session) => {
      this.#changed = String(session);
    };
  }

  /** What there is, or null. Valid until `done`. `empty`: also a stretch of which nothing was asked for. */
  gather(empty: boolean): SlotBatch | null {
    let ends = this.#read();
    while (this.#whole === 0 && this.#count === this.#views.count) {
      this.#grow();
      ends = this.#read();
    }
    const something = this.#whole > 0 || this.#holes.length > 0;
    return something || ((empty || ends) && this.#end > this.#first) ? this.#batch() : null;
  }

  /** The batch is written: room for the next one, which begins with what was gathered of an event. */
  done(): void {
    const left = this.#count - this.#whole;
    this.#views.i32.copyWithin(0, this.#whole << 4, this.#count << 4);
    this.#seqs.copyWithin(0, this.#whole, this.#count);
    this.#count = left;
    this.#whole = 0;
    this.#first = this.#end;
    this.#holes = [];
    if (left > 0) return;
    for (const id of this.#instruments.keys()) this.#known[id] = 0;
    this.#instruments.clear();
  }

  /** True when the batch has to end here. */
  #read(): boolean {
    try {
      this.reader.poll(this.#take, this.#views.count - this.#count);
      return false;
    } catch (error) {
      if (error !== NOT_YET) throw error;
      return true;
    }
  }

  readonly #take = (from: SlotViews, word: number, seq: number): void => {
    if (this.#changed !== null) this.#beginSession();
    if (seq !== this.#next) this.#jump(seq);
    if (!this.#inside) this.#takes = this.#wants(from, word);
    if (this.#takes) {
      this.#resolve(from, word);
      copySlot(from.i32, word, this.#views.i32, this.#count << 4);
      this.#seqs[this.#count++] = seq;
    }
    this.#next = seq + 1;
    this.#inside = (slotFlags(from, word) & FLAG.LAST) === 0;
    if (this.#inside) return;
    this.#whole = this.#count;
    this.#end = this.#next;
  };

  #wants(slots: SlotViews, word: number): boolean {
    const { kinds, venues } = this.#wanted;
    return (
      ((kinds >>> slotKind(slots, word)) & 1) === 1 && (venues === null || venues.has(slotVenue(slots, word)))
    );
  }

  /** Slots are missing: what was gathered of an event goes with them, and a batch ends before them. */
  #jump(seq: number): void {
    if (this.#first >= 0 && this.#end > this.#first) throw NOT_YET;
    if (this.#first >= 0) this.#holes.push({ first: this.#end, last: seq - 1, reason: this.#reason });
    this.#count = this.#whole = 0;
    this.#inside = false;
    this.#first = this.#end = seq;
  }

  /** What an instrument's own event tells is true from then on; any other id is looked up once a batch. */
  #resolve(slots: SlotViews, word: number): void {
    const id = slotInstrument(slots, word);
    if (id === NO_INSTRUMENT) return;
    if (id >= this.#known.length) {
      const known = new Uint8Array(2 * id);
      known.set(this.#known);
      this.#known = known;
    }
    if (this.#known[id] === 1 && slotKind(slots, word) !== KIND.INSTRUMENT) return;
    this.#known[id] = 1;
    this.#instruments.set(id, this.reader.instrument(id));
  }

  /** Ids mean others from here on: a batch ends before. */
  #beginSession(): void {
    if (this.#end > this.#first) throw NOT_YET;
    for (const id of this.#instruments.keys()) this.#known[id] = 0;
    this.#instruments.clear();
    this.#session = this.#changed!;
    this.#changed = null;
  }

  #grow(): void {
    const views = SlotViews.make(this.#views.count * 2);
    views.i32.set(this.#views.i32);
    const seqs = new Float64Array(views.count);
    seqs.set(this.#seqs);
    this.#views = views;
    this.#seqs = seqs;
  }

  #batch(): SlotBatch {
    return {
      lane: this.lane,
      session: this.#session,
      first: this.#first,
      end: this.#end,
      slots: this.#views,
      count: this.#whole,
      seqs: this.#seqs,
      holes: this.#holes,
      rows: {
        venue: (code) => this.reader.names.venue(code),
        instrument: (id) => this.#instruments.get(id) ?? null,
      },
    };
  }
}
