import { BLOCK_TYPE, holeLast, holeReason, RowMemory } from "../../log/index.ts";
import { toMicros } from "../../model/index.ts";
import { HOLE_REASONS } from "./hole.ts";
import type { HoleReason } from "./hole.ts";
import { JournalError } from "./journal-error.ts";
import { listSegments } from "./segment-list.ts";
import type { SegmentFile } from "./segment-list.ts";
import { makeWindow, SegmentReader } from "./segment-reader.ts";

/** What one step through a journal brought. */
export const STEP = {
  /** Slots: `first` to before `end`, in `views` from word `word` on. */
  SLOTS: 1,
  /** Slots `first` to before `end` are in no journal, for `reason`. */
  HOLE: 2,
  /** Nothing more for now. */
  NONE: 0,
} as const;

/** Walks through the blocks of a lane's segments in order, and keeps the rows that they bring. */
export class SegmentCursor {
  readonly rows = new RowMemory();
  readonly views = makeWindow();
  /** Of the last step. */
  first = 0;
  end = 0;
  word = 0;
  reason: HoleReason = "damaged";
  /** The slots or the hole are the first of a segment that begins with an event. */
  starts = false;
  /** Files that could not be read, named once each. */
  onRefused: ((error: JournalError) => void) | null = null;
  readonly #folder: string;
  readonly #refused = new Set<string>();
  #reader: SegmentReader | null = null;
  #file: SegmentFile | null = null;
  #fresh = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get open(): boolean {
    return this.#reader !== null;
  }

  /** Region of the segment, UNIX us. */
  get session(): number {
    const head = this.#reader?.head;
    return head === undefined ? 0 : toMicros(head.session.hi, head.session.lo);
  }

  /** Goes to the segment that would hold `seq`; false when all begin behind it, or there is none. */
  seek(seq: number): boolean {
    this.close();
    const files = this.#files().filter(({ first }) => first <= seq);
    return this.#openFirst(files.toReversed());
  }

  /** Sequence that the oldest segment behind `seq` begins with; -1 when there is none. */
  after(seq: number): number {
    return this.#files().find(({ first }) => first > seq)?.first ?? -1;
  }

  get oldest(): number {
    return this.#files()[0]?.first ?? -1;
  }

  /** The next slots or hole; at the end of a segment the next one is opened, if there is one. */
  step(): number {
    while (this.#reader !== null) {
      const brought = this.#block(this.#reader);
      if (brought !== STEP.NONE) return brought;
      if (!this.#nextSegment()) return STEP.NONE;
    }
    return STEP.NONE;
  }

  close(): void {
    this.#reader?.close();
    this.#reader = null;
    this.#file = null;
  }

  #files(): SegmentFile[] {
    return listSegments(this.#folder).filter(({ path }) => !this.#refused.has(path));
  }

  #block(reader: SegmentReader): number {
    while (reader.next()) {
      const words = reader.views.i32;
      if (reader.type === BLOCK_TYPE.SLOTS)
        return this.#found(reader, STEP.SLOTS, reader.first + reader.count);
      if (reader.type === BLOCK_TYPE.HOLE) {
        this.reason = reasonOf(holeReason(words, reader.word));
        return this.#found(reader, STEP.HOLE, holeLast(words, reader.word) + 1);
      }
      if (reader.type === BLOCK_TYPE.INSTRUMENTS)
        this.rows.takeInstruments(words, reader.payload, reader.count);
      if (reader.type === BLOCK_TYPE.VENUES) this.rows.takeVenues(words, reader.payload, reader.count);
    }
    return STEP.NONE;
  }

  #found(reader: SegmentReader, what: number, end: number): number {
    this.starts = this.#fresh && reader.head.begins;
    this.#fresh = false;
    this.first = reader.first;
    this.end = end;
    this.word = reader.payload;
    return what;
  }

  /** Where a later segment exists nothing more is written to this one: what is left of it is damage, or was torn. */
  #nextSegment(): boolean {
    const file = this.#file!;
    const next = this.#files().filter(({ first }) => first > file.first);
    if (next.length === 0) return false;
    if (this.#reader!.more() || this.#reader!.resync()) return true;
    return this.#openFirst(next);
  }

  #openFirst(files: readonly SegmentFile[]): boolean {
    for (const file of files) if (this.#take(file)) return true;
    return false;
  }

  #take(file: SegmentFile): boolean {
    try {
      const reader = new SegmentReader(file.path, this.views);
      this.close();
      this.#reader = reader;
      this.#file = file;
      this.#fresh = true;
      this.rows.clear();
      return true;
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      if (error.code !== "system") {
        this.#refused.add(file.path);
        this.onRefused?.(error);
      }
      return false;
    }
  }
}

function reasonOf(number: number): HoleReason {
  const reason = HOLE_REASONS[number];
  return reason === undefined || reason === "" ? "damaged" : reason;
}
