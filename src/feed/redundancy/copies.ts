import { MAX_COPIES } from "../../book/index.ts";
import type { Sequencing } from "../../model/index.ts";

export const COPY = {
  /** In order, or a snapshot that is ahead: the book takes it. */
  TAKE: 1,
  /** The book has it already. */
  OLD: 2,
  /** Events before it are missing, and another connection may still bring them: keep it for a while. */
  HOLD: 3,
  /** Events before it are missing on every connection. */
  LOSE: 4,
  /** The connection the book is led by counts anew. */
  RESTART: 5,
} as const;

export type CopyVerdict = (typeof COPY)[keyof typeof COPY];

/** Old events in a row from the leading connection, after a step back of its own, that make a renumbering. */
const OLD_RUN = 64;

/** Places in `given`. */
export const GIVEN = { SEQ: 0, PREV: 1, BOOK: 2 } as const;

/**
 * One numbered book, brought by several connections: which of their events the book takes. Sizes are absolute, so an
 * event that reaches from before the book's last number to behind it is as good as one that joins exactly.
 * A connection is known by its place among the copies, 0 to 7.
 */
export class BookCopies {
  /** What `judge` looks at: the event's seq and prev, and the last number the book has applied. */
  readonly given = new Float64Array(3);
  /** Since when (mark, ms) events are held for a hole to be filled, 0 = none; and where the book stood then. */
  heldSince = 0;
  heldAt = -1;
  /** Numbers are links, not counts, and may go down. */
  readonly linked: boolean;
  /** Nothing but being asked for marks a snapshot (overlap). */
  readonly #unmarked: boolean;
  /** The last number each connection brought, -1 before the first. */
  readonly #last = new Float64Array(MAX_COPIES).fill(-1);
  /** Where the book stood when it came: once a connection has reached that, it carries the book without a hole. */
  readonly #since = new Float64Array(MAX_COPIES).fill(Infinity);
  readonly #up = new Uint8Array(MAX_COPIES);
  #back = -1;
  #old = 0;

  constructor(rule: Sequencing) {
    this.linked = rule === "prevLink";
    this.#unmarked = rule === "overlap";
  }

  /** A connection came up while the book stood at `last` (-1: it did not stand). */
  join(place: number, last: number): void {
    this.#up[place] = 1;
    this.#last[place] = -1;
    this.#since[place] = Math.max(0, last);
  }

  leave(place: number): void {
    this.#up[place] = 0;
    this.#since[place] = Infinity;
    if (this.#back === place) this.#back = -1;
  }

  /** Whether a connection that is up has shown that it brings what follows `book`, the book's last number. */
  carried(book: number): boolean {
    if (this.heldSince > 0) return true;
    for (let place = 0; place < MAX_COPIES; place++) {
      const last = this.#last[place]!;
      if (this.#up[place] === 1 && last >= this.#since[place]! && last <= book) return true;
    }
    return false;
  }

  /** Judges the event in `given` for a live book. */
  judge(place: number, leads: boolean, snapshot: boolean): CopyVerdict {
    const seq = this.given[GIVEN.SEQ]!;
    const prev = this.given[GIVEN.PREV]!;
    const book = this.given[GIVEN.BOOK]!;
    const before = this.#last[place]!;
    this.#last[place] = seq;
    if (snapshot) return this.#ahead(leads, seq > book, seq < before) ? COPY.TAKE : COPY.OLD;
    if (seq <= book) {
      if (this.linked && prev === book && seq < book) return COPY.TAKE;
      return leads && this.#renumbered(place, seq < before) ? COPY.RESTART : COPY.OLD;
    }
    if (this.#back === place) this.#back = -1;
    if (prev <= book) return COPY.TAKE;
    return this.#mayFill(place, book) ? COPY.HOLD : COPY.LOSE;
  }

  /** A snapshot that nobody asked for: the leading connection's own step back is a restart of the venue. */
  #ahead(leads: boolean, ahead: boolean, back: boolean): boolean {
    return leads ? ahead || back : ahead && !this.#unmarked;
  }

  /** Takes note of the event in `given` while the book waits for a snapshot. */
  note(place: number): void {
    this.#last[place] = this.given[GIVEN.SEQ]!;
  }

  /** On one connection numbers do not go back: one that did, and stays behind the book, counts anew. */
  #renumbered(place: number, steppedBack: boolean): boolean {
    if (steppedBack) {
      this.#back = place;
      this.#old = 0;
    }
    if (this.#back !== place || ++this.#old < OLD_RUN) return false;
    this.#back = -1;
    return true;
  }

  /** Another connection is not beyond the hole yet. */
  #mayFill(place: number, book: number): boolean {
    for (let other = 0; other < MAX_COPIES; other++)
      if (other !== place && this.#up[other] === 1 && this.#last[other]! <= book) return true;
    return false;
  }

  hold(mark: number): void {
    if (this.heldSince > 0) return;
    this.heldSince = mark;
    this.heldAt = this.given[GIVEN.BOOK]!;
  }

  release(): void {
    this.heldSince = 0;
  }
}
