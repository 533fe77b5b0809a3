import { FLAG, halvesToNumber, halvesToText, LONG, SIDE, toMicros } from "../../model/index.ts";
import type { BookEvent, Instrument, Level, Nanos, Sequencing, SnapshotSource } from "../../model/index.ts";
import { BookSequencer, makeBook, PendingDiffs, VERDICT } from "../../book/index.ts";
import type { BookSide, OrderBook, Verdict } from "../../book/index.ts";
import { DOUBLE, slotFlags, slotSide, WORD } from "../../log/index.ts";
import type { EventWriter } from "../../log/index.ts";
import { ChecksumJudge } from "./checksum.ts";

/** Levels per side at which venues cut snapshots: a side of exactly so many goes on beyond what is known. */
const CUTS: ReadonlySet<number> = new Set([5, 10, 20, 25, 50, 100, 200, 400, 500, 1000, 5000]);

export interface BookRules {
  readonly venue: string;
  readonly sequencing: Sequencing;
  readonly via: SnapshotSource["via"];
}

/** What a book event says beside its levels: registers as in Out.long, and its receive time. */
class Stamp {
  readonly long = new Int32Array(8);
  readonly recv: Nanos = { hi: 0, lo: 0 };

  set({ long, recv }: Stamp): void {
    this.long.set(long);
    this.recv.hi = recv.hi;
    this.recv.lo = recv.lo;
  }
}

/** One book, rebuilt by its venue's rule. */
export class ReplayBook {
  readonly instrument: () => Instrument;
  readonly sequencer: BookSequencer;
  readonly pending = new PendingDiffs();
  readonly book: OrderBook = makeBook(NaN);
  readonly judge = new ChecksumJudge();
  /** The event being looked at, and the last one applied. */
  readonly current = new Stamp();
  readonly last = new Stamp();
  /** Connection that the book comes from. */
  conn = -1;
  /** Levels per side that the venue keeps up to date; 0 = all of them. */
  depth = 0;
  readonly #rules: BookRules;

  constructor(rules: BookRules, instrument: () => Instrument) {
    this.#rules = rules;
    this.instrument = instrument;
    this.sequencer = new BookSequencer(rules.sequencing, rules.via);
  }

  get symbol(): string {
    return this.instrument().symbol;
  }

  /** Asks the rule about the current event. */
  accept(snapshot: boolean): Verdict {
    const { long } = this.current;
    return this.sequencer.accept(longAt(long, LONG.ID), longAt(long, LONG.PREV), snapshot);
  }

  /** Makes the event whose first slot begins at `word` the current one. */
  load(writer: EventWriter, word: number): void {
    const { i32 } = writer.slots;
    const { long, recv } = this.current;
    for (const [register, at] of REGISTERS) {
      long[register] = i32[word + at]!;
      long[register + 1] = i32[word + at + 1]!;
    }
    recv.lo = i32[word + WORD.TS_RECV]!;
    recv.hi = i32[word + WORD.TS_RECV + 1]!;
  }

  /** Puts the levels of pending slots [from, to) into the book, after emptying it for a snapshot. */
  apply(writer: EventWriter, from: number, to: number, snapshot: boolean): void {
    this.last.set(this.current);
    if (snapshot) this.book.clear();
    for (let i = from; i < to; i++) {
      const word = writer.wordAt(i);
      this.book.applyAt(slotSide(writer.slots, word), writer.slots.f64, (word >> 1) + DOUBLE.PRICE);
    }
    if (this.depth > 0) this.book.truncate(this.depth);
    else if (snapshot) for (const side of [this.book.bids, this.book.asks]) markCut(side);
  }

  /** Keeps the diff at pending slots [from, to) until a snapshot comes. */
  keep(writer: EventWriter, from: number, to: number): void {
    const { slots } = writer;
    for (let i = from; i < to; i++) {
      const word = writer.wordAt(i);
      const at = (word >> 1) + DOUBLE.PRICE;
      this.pending.level(slotSide(slots, word), slots.f64[at]!, slots.f64[at + 1]!);
    }
    const { long, recv } = this.current;
    const whole = this.pending.commit(long, recv.hi, recv.lo, slotFlags(slots, writer.wordAt(from)));
    if (!whole && this.pending.oldestPrev >= 0) this.sequencer.keptFrom(this.pending.oldestPrev);
  }

  /** Applies kept diffs in order, telling of each; returns the verdict that stopped it, or null when none is left. */
  drain(applied: () => void): Verdict | null {
    const { pending } = this;
    while (pending.next()) {
      const verdict = this.sequencer.accept(pending.seq, pending.prev, false);
      this.#loadKept();
      if (verdict === VERDICT.GAP) return verdict;
      if (verdict === VERDICT.APPLY) {
        this.#applyKept();
        applied();
      }
      pending.drop();
    }
    return null;
  }

  #loadKept(): void {
    this.pending.copyLong(this.current.long);
    this.current.recv.hi = this.pending.recvHi;
    this.current.recv.lo = this.pending.recvLo;
  }

  #applyKept(): void {
    const { pending } = this;
    for (let at = pending.start; at < pending.end; at += 3)
      this.book.applyAt(pending.levels[at]!, pending.levels, at + 1);
    this.last.set(this.current);
  }

  /** Forgets everything: nothing is known until the next snapshot. */
  forget(): void {
    this.sequencer.invalidate();
    this.pending.clear();
    this.book.clear();
  }

  /** The best `depth` levels as an event. */
  event(depth: number): BookEvent {
    const { long, recv } = this.last;
    const { symbol, canonical } = this.instrument();
    const seq = halvesToText(long[LONG.ID + 1]!, long[LONG.ID]!);
    const ts = toMicros(long[LONG.TS + 1]!, long[LONG.TS]!);
    return {
      type: "book",
      action: "snapshot",
      venue: this.#rules.venue,
      symbol,
      instrument: canonical === "" ? null : canonical,
      bids: levels(this.book.bids, depth),
      asks: levels(this.book.asks, depth),
      seq: seq === "0" ? null : seq,
      prev_seq: null,
      ts_event: ts === 0 ? null : ts,
      ts_recv: toMicros(recv.hi, recv.lo),
      ...(this.book.crossed() ? { flags: ["invalid"] } : {}),
    };
  }
}

const REGISTERS = [
  [LONG.TS, WORD.TS_EVENT],
  [LONG.ID, WORD.SEQ],
  [LONG.PREV, WORD.PREV_SEQ],
] as const;

export function longAt(long: Int32Array, register: number): number {
  return halvesToNumber(long[register + 1]!, long[register]!);
}

/** Levels of one side in pending slots [from, to). */
export function countSide(writer: EventWriter, from: number, to: number, side: number): number {
  let count = 0;
  for (let i = from; i < to; i++) if (slotSide(writer.slots, writer.wordAt(i)) === side) count += 1;
  return count;
}

/** Larger side of the event at pending slots [from, to). */
export function widest(writer: EventWriter, from: number, to: number): number {
  return Math.max(countSide(writer, from, to, SIDE.BID), countSide(writer, from, to, SIDE.ASK));
}

export function isSnapshot(writer: EventWriter, i: number): boolean {
  return (writer.flagsAt(i) & FLAG.SNAPSHOT) !== 0;
}

function markCut(side: BookSide): void {
  if (CUTS.has(side.count)) side.markHorizon();
}

function levels(side: BookSide, depth: number): Level[] {
  const found: Level[] = [];
  const pair = new Float64Array(2);
  const known = Math.min(depth, side.knownCount());
  for (let rank = 0; rank < known && side.levelAt(rank, pair, 0); rank++) found.push([pair[0]!, pair[1]!]);
  return found;
}
