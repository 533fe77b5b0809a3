import { CHECKSUM, PREV, SEQ, VERDICT } from "../../book/index.ts";
import { DOUBLE, SCOPE, WORD } from "../../log/index.ts";
import { FLAG, LONG, NUM, REASON, SIDE, halvesToNumber, putNumber } from "../../model/index.ts";
import type { OrderBook } from "../../book/index.ts";
import type { Reason } from "../../model/index.ts";
import type { LaneCore } from "../lane-core.ts";
import type { Latest } from "./latest.ts";
import type { Market } from "./market.ts";
import type { Meters } from "../meters.ts";

const SNAPSHOT_IN_HEAD = FLAG.SNAPSHOT << 8;

/**
 * Keeps every book of a lane proved or honestly unproved. Book events are judged in the ring, before they are
 * committed: what is in order is applied and stays, what is old goes, and what shows a break is replaced by the status
 * slot that says so. One broken book never touches its neighbours.
 */
export class BookKeeper {
  readonly #core: LaneCore;
  readonly #latest: Latest;
  /** The book that the next snapshot's levels make, where they were applied while the frame was read. */
  built: OrderBook | null = null;
  /** Books that became live in this commit; their status follows the events. */
  readonly #proved: Market[] = [];

  constructor(core: LaneCore, latest: Latest) {
    this.#core = core;
    this.#latest = latest;
  }

  /** Judges the book event in pending slots [from, to); returns how many slots from `from` are to stay. Hot path. */
  accept(market: Market, meters: Meters, from: number, to: number): number {
    const { writer, counters } = this.#core;
    const i32 = writer.slots.i32;
    const w = writer.wordAt(from);
    const { sequencer } = market;
    market.streamed = true;
    sequencer.given[SEQ] = halvesToNumber(i32[w + WORD.SEQ + 1]!, i32[w + WORD.SEQ]!);
    sequencer.given[PREV] = halvesToNumber(i32[w + WORD.PREV_SEQ + 1]!, i32[w + WORD.PREV_SEQ]!);
    const snapshot = (i32[w]! & SNAPSHOT_IN_HEAD) !== 0;
    switch (sequencer.judge(snapshot)) {
      case VERDICT.APPLY:
        return this.#apply(market, meters, from, to, snapshot);
      case VERDICT.BUFFER:
        this.#keep(market, from, to);
        if (market.waitingSince === 0) this.plan(market);
        return 0;
      case VERDICT.GAP:
        counters.add(meters.bookGaps, 1);
        this.#keep(market, from, to);
        return this.#replaceByBreak(market, meters, from, REASON.SEQUENCE_GAP);
      case VERDICT.DROP_OLD:
        counters.add(meters.bookDuplicates, 1);
        return 0;
      default:
        return 0;
    }
  }

  #apply(market: Market, meters: Meters, from: number, to: number, snapshot: boolean): number {
    const { writer, counters } = this.#core;
    const { i32, f64 } = writer.slots;
    const book = market.book!;
    const built = snapshot ? this.built : null;
    if (built !== null) book.adopt(built);
    else if (snapshot) book.clear();
    let w = writer.wordAt(to - 1);
    for (let i = built === null ? from : to; i < to; i++) {
      w = writer.wordAt(i);
      book.applyAt(i32[w + WORD.TAIL]! & 0xff, f64, (w >> 1) + DOUBLE.PRICE);
    }
    if (market.partial) book.markHorizon();
    for (let i = 0; i < 4; i++) market.lastTimes[i] = i32[w + WORD.TS_EVENT + i]!;
    const last = to === writer.pending;
    const fits = market.keepDepth === 0 || !last || this.#truncate(market, from);
    const doubt = fits ? this.#doubt(market, meters, w) : REASON.BUFFER_OVERFLOW;
    if (doubt !== REASON.NONE) return this.#replaceByBreak(market, meters, from, doubt);
    if (market.trail !== null) {
      const seq = Math.max(0, market.sequencer.last);
      market.trail.note(writer, from, last ? writer.pending : to, seq, snapshot);
    }
    if (!market.proved && !this.#proved.includes(market)) this.#proved.push(market);
    counters.add(meters.books, 1);
    this.#latest.book(market);
    return (last ? writer.pending : to) - from;
  }

  /**
   * Cuts both sides to the subscribed depth and says so in the event, so that readers of the log need no such rule.
   * False when the ring has no room to say it: readers cannot follow this book any more.
   */
  #truncate(market: Market, from: number): boolean {
    const { writer } = this.#core;
    const book = market.book!;
    const depth = market.keepDepth;
    const before = writer.pending;
    for (const side of [SIDE.BID, SIDE.ASK]) {
      const levels = side === SIDE.BID ? book.bids : book.asks;
      for (let rank = depth; rank < levels.count; rank++) {
        levels.levelAt(rank, writer.num, NUM.PRICE);
        writer.num[NUM.SIZE] = 0;
        writer.level(side);
      }
    }
    book.truncate(depth);
    const fits = !writer.overflowed;
    if (writer.pending !== before || !fits) writer.extend(from, before);
    return fits;
  }

  /** What speaks against the book after an event whose last slot begins at word `w`; NONE when nothing does. */
  #doubt(market: Market, meters: Meters, w: number): Reason {
    const { writer, counters } = this.#core;
    const i32 = writer.slots.i32;
    const book = market.book!;
    if (((i32[w + WORD.TAIL]! >>> 8) & 0xff) === 1) {
      const { pricePrecision, sizePrecision } = market.instrument;
      const verdict = market.checksum.accept(book, pricePrecision, sizePrecision, i32[w + WORD.CHECKSUM]!);
      if (verdict === CHECKSUM.MISMATCH) {
        counters.add(meters.checksumBad, 1);
        return REASON.CHECKSUM_MISMATCH;
      }
      counters.add(verdict === CHECKSUM.MATCH ? meters.checksumOk : meters.checksumNone, 1);
    }
    if (book.crossed()) {
      counters.add(meters.crossed, 1);
      return REASON.CROSSED;
    }
    return market.limited && book.exhausted() ? REASON.DEPTH_EXHAUSTED : REASON.NONE;
  }

  /** Keeps a diff until the snapshot comes. */
  #keep(market: Market, from: number, to: number): void {
    if (market.venue.snapshot.via === "rest") this.hold(market, from, to);
  }

  /** Keeps the diff in pending slots [from, to) behind those kept before. */
  hold(market: Market, from: number, to: number): void {
    const { writer } = this.#core;
    const { i32, f64 } = writer.slots;
    const w = writer.wordAt(from);
    for (let i = from; i < to; i++) {
      const at = writer.wordAt(i);
      const side = i32[at + WORD.TAIL]! & 0xff;
      const d = (at >> 1) + DOUBLE.PRICE;
      if (side !== SIDE.NONE) market.pending.level(side, f64[d]!, f64[d + 1]!);
    }
    const { long } = writer;
    for (let i = 0; i < 2; i++) {
      long[LONG.TS + i] = i32[w + WORD.TS_EVENT + i]!;
      long[LONG.ID + i] = i32[w + WORD.SEQ + i]!;
      long[LONG.PREV + i] = i32[w + WORD.PREV_SEQ + i]!;
    }
    const whole = market.pending.commit(long, this.#core.now.hi, this.#core.now.lo, 0);
    if (!whole) market.sequencer.keptFrom(market.pending.oldestPrev);
  }

  /** Voids the book; its status slot takes the place of the event at `from`. */
  #replaceByBreak(market: Market, meters: Meters, from: number, reason: Reason): number {
    const { writer } = this.#core;
    this.#forget(market);
    this.#void(market, reason);
    this.#core.counters.add(meters.resyncs, 1);
    this.plan(market);
    const { validity, epoch } = market.state;
    writer.replaceWithStatus(from, SCOPE.BOOK, validity, reason, epoch);
    return 1;
  }

  /** The venue counts anew, unseen: the book void, its status slot in the place of the event at `from`. */
  renumbered(market: Market, meters: Meters, from: number): number {
    this.#core.counters.add(meters.bookGaps, 1);
    market.sequencer.invalidate();
    market.pending.clear();
    return this.#replaceByBreak(market, meters, from, REASON.SEQUENCE_GAP);
  }

  /** The proof is gone. Diffs kept since a sequence gap stay: the snapshot will meet them. */
  #void(market: Market, reason: Reason): void {
    if (reason !== REASON.SEQUENCE_GAP) {
      market.sequencer.invalidate();
      market.pending.clear();
    }
    market.proved = false;
    market.waitingSince = 0;
    market.state.break(reason);
    this.#latest.validity(market);
  }

  /** The book broke outside of a frame of its own and needs a new snapshot: adds the status slot; the caller commits. */
  break(market: Market, meters: Meters, reason: Reason): void {
    if (market.book === null) return;
    this.#void(market, reason);
    this.appendState(market);
    this.#core.counters.add(meters.resyncs, 1);
    this.plan(market);
  }

  /** The connection of the book is gone: nothing can be asked for until it is back. The caller commits. */
  disconnect(market: Market): void {
    if (market.book === null) return;
    this.#void(market, REASON.CONNECTION_LOST);
    market.resyncAt = 0;
    this.appendState(market);
  }

  /** Queues the market for resynchronisation after the commit. */
  plan(market: Market): void {
    if (market.queued) return;
    market.queued = true;
    this.#core.resyncs.push(market);
  }

  /** Adds a status slot with the validity of a book. */
  appendState(market: Market): void {
    const { validity, reason, epoch } = market.state;
    const { writer } = this.#core;
    writer.venue = market.venue.code;
    writer.long.fill(0);
    writer.appendStatus(SCOPE.BOOK, market.id, validity, reason, epoch);
  }

  /** After the events of a commit: books that became live say so. */
  announce(meters: Meters): void {
    if (this.#proved.length === 0) return;
    for (const market of this.#proved) {
      market.state.prove(market.unproved ? REASON.UNPROVED : REASON.NONE);
      market.proved = true;
      market.waitingSince = 0;
      market.resyncAt = 0;
      market.tries = 0;
      market.provedAt = this.#core.time.mark;
      this.#core.counters.add(meters.healed, 1);
      this.appendState(market);
    }
    this.#proved.length = 0;
  }

  /**
   * A fetched snapshot is pending in the ring, alone. Applies it and the diffs kept for it; returns false when it is
   * too old (nothing stays pending then). The caller announces, commits and flushes.
   */
  snapshot(market: Market, meters: Meters): boolean {
    const { writer, counters } = this.#core;
    const i32 = writer.slots.i32;
    const w = writer.wordAt(0);
    const seq = halvesToNumber(i32[w + WORD.SEQ + 1]!, i32[w + WORD.SEQ]!);
    if (market.sequencer.accept(seq, 0, true) !== VERDICT.APPLY) {
      counters.add(meters.staleSnapshots, 1);
      writer.rewind(0);
      // Snapshot and newest diff both lie before what was kept first: the venue counts anew since, and would never reach it.
      if (market.pending.fell) {
        market.sequencer.invalidate();
        market.pending.clear();
      }
      return false;
    }
    const stays = this.#apply(market, meters, 0, writer.pending, true);
    this.#limit(market);
    writer.rewind(stays);
    if (market.sequencer.live) this.#replay(market, meters);
    return true;
  }

  /** A side with as many levels as a fetched snapshot has at most goes on beyond what is known. */
  #limit(market: Market): void {
    const { snapshot } = market.venue;
    const most = snapshot.via === "rest" ? (snapshot.levels ?? 1) : 1;
    market.limited = false;
    for (const side of [market.book!.bids, market.book!.asks]) {
      if (side.count < most) continue;
      side.markHorizon();
      market.limited = true;
    }
  }

  /** Applies the held diffs of a live book that fit now; what is behind a hole stays. The caller commits. */
  fill(market: Market, meters: Meters): void {
    const { pending, sequencer } = market;
    const { writer } = this.#core;
    while (sequencer.live && pending.next()) {
      const { last } = sequencer;
      if (pending.seq > last && pending.prev > last) return;
      if (pending.seq > last) {
        const from = writer.pending;
        this.#write(market, last);
        writer.rewind(from + this.accept(market, meters, from, writer.pending));
      }
      pending.drop();
    }
  }

  /** Writes the diff that `pending.next` stands on behind what is pending in the ring; `link`: what it is joined to. */
  #write(market: Market, link: number): void {
    const { writer } = this.#core;
    const { pending } = market;
    for (let at = pending.start; at < pending.end; at += 3) {
      writer.num[NUM.PRICE] = pending.levels[at + 1]!;
      writer.num[NUM.SIZE] = pending.levels[at + 2]!;
      writer.level(pending.levels[at]!);
    }
    pending.copyLong(writer.long);
    if (link >= 0 && market.copies?.linked === true) putNumber(link, writer.long, LONG.PREV);
    writer.hasChecksum = false;
    writer.book(market.id, 0);
  }

  #replay(market: Market, meters: Meters): void {
    const { writer } = this.#core;
    const { pending } = market;
    while (pending.next()) {
      const from = writer.pending;
      this.#write(market, -1);
      const { seq, prev } = pending;
      const verdict = market.sequencer.accept(seq, prev, false);
      if (verdict === VERDICT.GAP) {
        this.#core.counters.add(meters.bookGaps, 1);
        writer.rewind(from + this.#replaceByBreak(market, meters, from, REASON.SEQUENCE_GAP));
        return;
      }
      pending.drop();
      const stays = verdict === VERDICT.APPLY ? this.#apply(market, meters, from, writer.pending, false) : 0;
      writer.rewind(from + stays);
      if (!market.sequencer.live) return;
    }
  }

  /** A book that broke again in the same commit did not become live. */
  #forget(market: Market): void {
    const at = this.#proved.indexOf(market);
    if (at >= 0) this.#proved.splice(at, 1);
  }
}
