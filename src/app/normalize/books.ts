import { KIND, LONG } from "../../model/index.ts";
import type { Venue } from "../../model/index.ts";
import { CHECKSUM, ConnectionSequence, VERDICT } from "../../book/index.ts";
import { WORD } from "../../log/index.ts";
import type { EventWriter } from "../../log/index.ts";
import type { Frame } from "../frames/frames-file.ts";
import { isSnapshot, longAt, ReplayBook, widest } from "./book.ts";
import type { BookRules } from "./book.ts";
import { printable } from "./diagnosis.ts";
import type { Note, SlotConsumer } from "../normalize.ts";
import type { Roster } from "./writer.ts";

/** What became of the book events of an input. */
export interface BookCounts {
  /** Events applied, each of them a book that was complete and in order at that moment. */
  applied: number;
  /** Events contained in what was applied already. */
  old: number;
  /** Events before the first snapshot: kept for it, or (where the stream sends it) of no use. */
  early: number;
  /** Events of partial-depth channels, which are books of their own. */
  partial: number;
  /** Places where events are missing or a checksum failed. */
  breaks: number;
  /** Snapshots older than the diffs kept for them. */
  stale: number;
  /** Applied events after which the best bid was not below the best ask. */
  crossed: number;
  /** Checksums that matched, and those that could not be computed. */
  checksums: number;
  unverified: number;
}

/** Depths that a book channel with checksums is subscribed at; a snapshot of fewer levels is of a thin book. */
const DEPTHS: readonly number[] = [10, 25, 100, 500, 1000];

/**
 * Rebuilds the books that an input describes, by the sequencing rule of the venue, and tells of each state.
 * Snapshots come from REST bodies in the input or from the stream, as the venue has it.
 */
export class BookReplay implements SlotConsumer {
  readonly counts: BookCounts = {
    applied: 0,
    old: 0,
    early: 0,
    partial: 0,
    breaks: 0,
    stale: 0,
    crossed: 0,
    checksums: 0,
    unverified: 0,
  };
  readonly #venue: Venue;
  readonly #rules: BookRules;
  readonly #roster: Roster;
  readonly #note: Note;
  readonly #applied: (book: ReplayBook) => void;
  readonly #books = new Map<number, ReplayBook>();
  readonly #connections = new Map<number, ConnectionSequence>();
  readonly #depths = new Map<string, number>();

  /** `applied` is called after every applied event, in order. */
  constructor(venue: Venue, roster: Roster, note: Note, applied: (book: ReplayBook) => void) {
    this.#venue = venue;
    this.#rules = { venue: venue.id, sequencing: venue.book, via: venue.snapshot.via };
    this.#roster = roster;
    this.#note = note;
    this.#applied = applied;
  }

  /** Books that are complete and in order now. */
  live(): ReplayBook[] {
    return [...this.#books.values()].filter((book) => book.sequencer.live);
  }

  /** One line for every book that never got complete, or is not at the end. */
  finish(line: number): void {
    for (const book of this.#books.values()) {
      if (book.sequencer.live) continue;
      const { count } = book.pending;
      const kept = count > 0 ? `, ${count} updates kept for it` : "";
      this.#note(
        line,
        `${printable(book.symbol)}: no book at the end: its snapshot is not in the input${kept}`,
      );
    }
  }

  opened({ conn, line }: Frame): void {
    this.#connections.delete(conn);
    const books = this.#of(conn);
    const live = books.filter((book) => book.sequencer.live).length;
    if (live > 0) this.#note(line, `connection ${conn} opened again: ${live} books void`);
    for (const book of books) book.forget();
  }

  /** A request that was sent names the depth of the books that follow. */
  sent({ bytes, start, end }: Frame): void {
    const request = this.#venue.server.request(new TextDecoder().decode(bytes.subarray(start, end)));
    if (request instanceof Error || request.op !== "subscribe") return;
    for (const { channel, symbol, depth } of request.subscriptions)
      if (channel === "book" && depth !== undefined) this.#depths.set(symbol, depth);
  }

  accept(writer: EventWriter, frame: Frame): void {
    if (writer.hasConnection && frame.dir === "in" && !this.#inOrder(writer, frame)) return;
    for (let i = 0; i < writer.pending; i = writer.endAt(i))
      if (writer.kindAt(i) === KIND.BOOK) this.#event(writer, i, writer.endAt(i), frame);
  }

  #of(conn: number): ReplayBook[] {
    return [...this.#books.values()].filter((book) => book.conn === conn);
  }

  #inOrder(writer: EventWriter, { conn, line }: Frame): boolean {
    const sequence = this.#connections.get(conn) ?? new ConnectionSequence();
    this.#connections.set(conn, sequence);
    const verdict = sequence.accept(longAt(writer.long, LONG.CONNECTION));
    if (verdict === VERDICT.GAP) {
      this.#break(
        line,
        `connection ${conn}: sequence break: ${sequence.missing} frames missing, every book void`,
      );
      for (const book of this.#of(conn)) book.forget();
    }
    return verdict !== VERDICT.DROP_OLD;
  }

  #book(id: number): ReplayBook {
    const found = this.#books.get(id);
    if (found !== undefined) return found;
    const book = new ReplayBook(this.#rules, () => this.#roster.rows[id]!);
    this.#books.set(id, book);
    return book;
  }

  #event(writer: EventWriter, from: number, to: number, frame: Frame): void {
    const fetched = this.#rules.via === "rest";
    const snapshot = isSnapshot(writer, from);
    if (fetched && snapshot && frame.dir === "in") {
      this.counts.partial += 1;
      return;
    }
    const book = this.#book(writer.instrumentAt(from));
    if (frame.dir === "in") book.conn = frame.conn;
    book.load(writer, writer.wordAt(from));
    if (snapshot && this.#rules.sequencing === "checksum") this.#setDepth(book, writer, from, to);
    const verdict = book.accept(snapshot);
    if (verdict === VERDICT.APPLY) this.#apply(book, writer, from, to, frame);
    else if (verdict === VERDICT.GAP) this.#gap(book, writer, from, to, frame);
    else if (verdict === VERDICT.BUFFER) this.#keep(book, writer, from, to);
    else if (verdict === VERDICT.STALE_SNAPSHOT) this.#stale(book, frame);
    else if (verdict === VERDICT.DROP_WAITING) this.counts.early += 1;
    else this.counts.old += 1;
  }

  #keep(book: ReplayBook, writer: EventWriter, from: number, to: number): void {
    this.counts.early += 1;
    book.keep(writer, from, to);
  }

  #setDepth(book: ReplayBook, writer: EventWriter, from: number, to: number): void {
    const levels = widest(writer, from, to);
    book.depth = this.#depths.get(book.symbol) ?? DEPTHS.find((depth) => depth >= levels) ?? levels;
  }

  #apply(book: ReplayBook, writer: EventWriter, from: number, to: number, frame: Frame): void {
    const snapshot = isSnapshot(writer, from) || this.#rules.sequencing === "snapshotOnly";
    book.apply(writer, from, to, snapshot);
    if (!this.#checked(book, writer, from, frame.line)) return;
    this.#tell(book, frame.line);
    if (!snapshot || this.#rules.via !== "rest") return;
    const stopped = book.drain(() => this.#tell(book, frame.line));
    if (stopped !== null) this.#break(frame.line, this.#gapText(book));
  }

  #tell(book: ReplayBook, line: number): void {
    this.counts.applied += 1;
    if (book.book.crossed()) this.#crossed(book, line);
    this.#applied(book);
  }

  #crossed(book: ReplayBook, line: number): void {
    this.counts.crossed += 1;
    const best = new Float64Array(4);
    book.book.copyBest(best, 0);
    this.#note(line, `${printable(book.symbol)}: crossed book: best bid ${best[0]}, best ask ${best[2]}`);
  }

  /** False when the venue's checksum says that this is not its book. */
  #checked(book: ReplayBook, writer: EventWriter, from: number, line: number): boolean {
    const { i32 } = writer.slots;
    const word = writer.wordAt(from);
    if ((i32[word + WORD.TAIL]! & 0xff00) === 0) return true;
    book.judge.learn(book.instrument());
    const expected = i32[word + WORD.CHECKSUM]!;
    const verdict = book.judge.accept(book.book, expected);
    if (verdict === CHECKSUM.MATCH) this.counts.checksums += 1;
    else if (verdict === CHECKSUM.UNAVAILABLE) this.counts.unverified += 1;
    else this.#mismatch(book, expected, line);
    return verdict !== CHECKSUM.MISMATCH;
  }

  #mismatch(book: ReplayBook, expected: number, line: number): void {
    this.#break(
      line,
      `${printable(book.symbol)}: checksum ${expected >>> 0} is not that of the book, book void`,
    );
    book.forget();
  }

  #gap(book: ReplayBook, writer: EventWriter, from: number, to: number, frame: Frame): void {
    this.#break(frame.line, this.#gapText(book));
    book.pending.clear();
    if (this.#rules.via === "rest") book.keep(writer, from, to);
  }

  #gapText(book: ReplayBook): string {
    const { missing } = book.sequencer;
    const count = missing > 0 ? `, ${missing} ids missing` : "";
    const [last, prev] = [longAt(book.last.long, LONG.ID), longAt(book.current.long, LONG.PREV)];
    return `${printable(book.symbol)}: sequence break: expected a link to ${last}, saw ${prev}${count}; book void`;
  }

  #stale(book: ReplayBook, { line }: Frame): void {
    this.counts.stale += 1;
    const seq = longAt(book.current.long, LONG.ID);
    this.#note(
      line,
      `${printable(book.symbol)}: snapshot ${seq} is too old for the updates around it, not used`,
    );
  }

  #break(line: number, text: string): void {
    this.counts.breaks += 1;
    this.#note(line, text);
  }
}
