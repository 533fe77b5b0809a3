import type { BookKeeper } from "../market/book-keeper.ts";
import type { LaneCore } from "../lane-core.ts";
import type { Link } from "../session/link.ts";
import type { Market } from "../market/market.ts";
import { COPY, GIVEN } from "./copies.ts";
import type { BookCopies } from "./copies.ts";
import { SEEN } from "../../book/index.ts";
import type { Seen } from "../../book/index.ts";
import { WORD } from "../../log/index.ts";
import { FLAG, KIND, REASON, halvesToNumber, putNumber } from "../../model/index.ts";

const SNAPSHOT_IN_HEAD = FLAG.SNAPSHOT << 8;
/** How long a hole on one connection may wait for another to fill it, ms. */
export const HOLD_MS = 250;

/**
 * What several connections bring of the same, made one: the first copy of each event wins. What venues do not number
 * comes from the connection that leads. A hole in a numbered book on one connection is filled by another; while the book
 * waits for that it stays what it is: proved up to its last number.
 */
export class Merger {
  readonly #core: LaneCore;
  readonly #keeper: BookKeeper;
  /** Books with held events, and those among them that went on in the frame at hand. */
  readonly #held: Market[] = [];
  #due = false;
  /** The book whose leading connection has missed a trade, and perhaps more than that. */
  #doubted: Market | null = null;

  constructor(core: LaneCore, keeper: BookKeeper) {
    this.#core = core;
    this.#keeper = keeper;
  }

  /** Whether an event of a link of several is judged at all: without a number only the connection that leads is heard. */
  hears(link: Link, market: Market, kind: number, from: number): boolean {
    if (link.leads) return true;
    const { writer } = this.#core;
    const i32 = writer.slots.i32;
    const w = writer.wordAt(from);
    if (kind === KIND.BOOK) return market.copies !== null;
    if (kind === KIND.TRADE) return (i32[w + WORD.TRADE_ID]! | i32[w + WORD.TRADE_ID + 1]!) !== 0;
    return kind === KIND.QUOTE && (i32[w + WORD.QUOTE_ID]! | i32[w + WORD.QUOTE_ID + 1]!) !== 0;
  }

  /** As TradeDedup.accept, for the trade at word `w`. */
  trade(link: Link, market: Market, w: number): Seen {
    const i32 = this.#core.writer.slots.i32;
    const lo = i32[w + WORD.TRADE_ID]!;
    const hi = i32[w + WORD.TRADE_ID + 1]!;
    const time = halvesToNumber(i32[w + WORD.TS_EVENT + 1]!, i32[w + WORD.TS_EVENT]!);
    const seen = market.trades.acceptAt(lo, hi, time);
    this.told(link, market, lo, hi, seen);
    const history = (i32[w]! & SNAPSHOT_IN_HEAD) !== 0;
    if (market.unproved && link.leads && !history) this.#led(market, halvesToNumber(hi, lo));
    return seen;
  }

  /** A trade that the leading connection missed, though another brought it, casts the same doubt on its book. */
  #led(market: Market, id: number): void {
    if (market.ledTrade >= 0 && id > market.ledTrade + 1 && market.proved) this.#doubted = market;
    if (id > market.ledTrade) market.ledTrade = id;
  }

  /** Who was first, and how much later a copy came. */
  told(link: Link, market: Market, lo: number, hi: number, seen: Seen): void {
    if ((lo | hi) === 0) return;
    const { pace } = link.copies!;
    if (seen === SEEN.DUPLICATE) pace.again(link.place, market.id, lo, hi);
    else pace.first(link.place, market.id, lo, hi);
  }

  /** As BookKeeper.accept, for a link of several. Hot path. */
  accept(link: Link, market: Market, from: number, to: number): number {
    const { writer } = this.#core;
    const { sequencer } = market;
    const copies = market.copies!;
    const i32 = writer.slots.i32;
    const w = writer.wordAt(from);
    const { given } = copies;
    given[GIVEN.SEQ] = halvesToNumber(i32[w + WORD.SEQ + 1]!, i32[w + WORD.SEQ]!);
    given[GIVEN.PREV] = halvesToNumber(i32[w + WORD.PREV_SEQ + 1]!, i32[w + WORD.PREV_SEQ]!);
    given[GIVEN.BOOK] = sequencer.last;
    if (!sequencer.live || given[GIVEN.BOOK]! < 0) return this.#alone(link, market, copies, from, to);
    const snapshot = (i32[w]! & SNAPSHOT_IN_HEAD) !== 0;
    switch (copies.judge(link.place, link.leads, snapshot)) {
      case COPY.TAKE:
        return this.#take(link, market, from, to);
      case COPY.OLD:
        link.copies!.pace.again(link.place, market.id, i32[w + WORD.SEQ]!, i32[w + WORD.SEQ + 1]!);
        this.#core.counters.add(link.meters.bookDuplicates, 1);
        return 0;
      case COPY.HOLD:
        this.#hold(market, copies, from, to);
        return 0;
      case COPY.LOSE:
        return this.#lose(link, market, from, to);
      default:
        return this.#keeper.renumbered(market, link.meters, from);
    }
  }

  /** Without a proved book there is nothing to join: the connection that leads brings it, as if it were alone. */
  #alone(link: Link, market: Market, copies: BookCopies, from: number, to: number): number {
    copies.note(link.place);
    return link.leads ? this.#keeper.accept(market, link.meters, from, to) : 0;
  }

  #take(link: Link, market: Market, from: number, to: number): number {
    const { writer } = this.#core;
    const copies = market.copies!;
    const w = writer.wordAt(from);
    const { given } = copies;
    const last = given[GIVEN.BOOK]!;
    link.copies!.pace.first(
      link.place,
      market.id,
      writer.slots.i32[w + WORD.SEQ]!,
      writer.slots.i32[w + WORD.SEQ + 1]!,
    );
    // The log tells what the event was joined to.
    if (copies.linked && given[GIVEN.PREV]! < last) this.#relink(from, to, last);
    if (copies.heldSince > 0) this.#due = true;
    return this.#keeper.accept(market, link.meters, from, to);
  }

  #relink(from: number, to: number, last: number): void {
    const { writer } = this.#core;
    for (let i = from; i < to; i++) putNumber(last, writer.slots.i32, writer.wordAt(i) + WORD.PREV_SEQ);
  }

  #hold(market: Market, copies: BookCopies, from: number, to: number): void {
    this.#keeper.hold(market, from, to);
    if (copies.heldSince === 0) this.#held.push(market);
    copies.hold(this.#core.time.mark);
  }

  /** Missing on all connections. What is held belongs behind the hole, as this event does. */
  #lose(link: Link, market: Market, from: number, to: number): number {
    const stays = this.#keeper.accept(market, link.meters, from, to);
    this.#keepHeld(market);
    return stays;
  }

  #keepHeld(market: Market): void {
    if (market.venue.snapshot.via === "rest") market.sequencer.keptFrom(market.pending.oldestPrev);
    else market.pending.clear();
  }

  /** The events of a frame are judged and nothing follows them in the ring: held ones that fit now are applied. */
  settle(): void {
    if (this.#doubted !== null) this.#doubt(this.#doubted);
    if (!this.#due) return;
    this.#due = false;
    for (const market of this.#held) {
      if (!market.sequencer.live) continue;
      this.#keeper.fill(market, market.link!.meters);
      if (market.pending.count === 0) market.copies?.release();
    }
    this.#sweep();
  }

  #doubt(market: Market): void {
    this.#doubted = null;
    if (market.proved) this.#keeper.break(market, market.link!.meters, REASON.CONNECTION_GAP);
  }

  /** Some times per second: a hole that nobody filled in time is one. True when a book broke; the caller commits. */
  tick(): boolean {
    if (this.#held.length === 0) return false;
    const { mark } = this.#core.time;
    let broke = false;
    for (const market of this.#held) {
      const { copies } = market;
      if (copies === null) continue;
      if (!market.sequencer.live) copies.release();
      else if (mark - copies.heldSince >= HOLD_MS) broke = this.#giveUp(market, copies) || broke;
    }
    this.#sweep();
    return broke;
  }

  /** A book that went on meanwhile is carried by who lags: what is held is given up, not the book. */
  #giveUp(market: Market, copies: BookCopies): boolean {
    copies.release();
    if (market.sequencer.last !== copies.heldAt) {
      market.pending.clear();
      return false;
    }
    const { meters } = market.link!;
    this.#core.counters.add(meters.bookGaps, 1);
    market.sequencer.invalidate();
    this.#keeper.break(market, meters, REASON.SEQUENCE_GAP);
    this.#keepHeld(market);
    return true;
  }

  #sweep(): void {
    for (let i = this.#held.length - 1; i >= 0; i--)
      if ((this.#held[i]!.copies?.heldSince ?? 0) === 0) this.#held.splice(i, 1);
  }
}
