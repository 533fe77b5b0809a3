import type { Sequencing, SnapshotSource } from "../model/index.ts";

/** What to do with a book event. */
export const VERDICT = {
  /** In order: apply it. */
  APPLY: 1,
  /** Contained in what was applied already: forget it. */
  DROP_OLD: 2,
  /** Before the snapshot the stream will send: forget it. */
  DROP_WAITING: 3,
  /** Before the snapshot that has to be fetched: keep it in the book's PendingDiffs. */
  BUFFER: 4,
  /** Events are missing. The book is void; fetch or await a snapshot. Where snapshots are fetched, keep this event too. */
  GAP: 5,
  /** The snapshot does not reach the kept diffs, or is behind the live book: fetch a newer one, keep the diffs. */
  STALE_SNAPSHOT: 6,
} as const;

export type Verdict = (typeof VERDICT)[keyof typeof VERDICT];

/** Places in `given`. */
export const SEQ = 0;
export const PREV = 1;

const COUNTED = 0;
const LINKED = 1;
const UNNUMBERED = 2;
const COMPLETE = 3;

const KINDS: Readonly<Record<Sequencing, number>> = {
  contiguous: COUNTED,
  overlap: COUNTED,
  prevLink: LINKED,
  connectionWide: UNNUMBERED,
  checksum: UNNUMBERED,
  none: UNNUMBERED,
  snapshotOnly: COMPLETE,
};

/**
 * Successive events not above the last one applied, without a link to it, after which the venue is held to have
 * renumbered unseen: copies of old events come between new ones, or fewer at a time.
 */
const OLD_RUN = 64;

/**
 * The rule of one book, as a machine of two states: waiting for a snapshot, or live. Each rule stands here once;
 * venues differ by a word (`venue.book`) and by where snapshots come from (`venue.snapshot.via`).
 *
 * `seq` is the event's last id and `prev` the last id it needs to have seen, as doubles below 2^53. A parser gives
 * prev = U - 1 where ids count up, U where the first id repeats the last one, and the venue's own link elsewhere.
 * A snapshot with seq <= 0 has no base (Binance answers lastUpdateId -1 for a listed book without orders): then the
 * first event after it is the base.
 */
export class BookSequencer {
  /** What `judge` looks at: seq and prev of the event (SEQ, PREV). Numbers handed to calls may be boxed; these are not. */
  readonly given = new Float64Array(2);
  readonly #kind: number;
  /** Snapshots are fetched beside the stream, so diffs that arrive meanwhile are kept. */
  readonly #fetched: boolean;
  /**
   * Nothing marks a snapshot but that its first id is its last (Gemini): asked for, it is one. A live book has not
   * asked, and believes in a change whose link is not the last id, which is a gap, rather than throw its levels away.
   */
  readonly #unmarked: boolean;
  /** Last id applied; meaningful when #based. */
  #last = -1;
  #based = false;
  /** No event was applied since the snapshot. */
  #fresh = false;
  /** Link of the oldest diff kept while waiting; meaningful when #kept. */
  #oldest = -1;
  #kept = false;
  #live = false;
  #missing = 0;
  /** Old events since the last one applied. */
  #old = 0;

  constructor(rule: Sequencing, via: SnapshotSource["via"]) {
    this.#kind = KINDS[rule];
    this.#fetched = via === "rest";
    this.#unmarked = rule === "overlap";
  }

  /** A snapshot was accepted and no event is known to be missing since. */
  get live(): boolean {
    return this.#live;
  }

  /** Last id applied, or -1. */
  get last(): number {
    return this.#based ? this.#last : -1;
  }

  /** After a GAP: ids not seen, where ids are counted; otherwise 0. */
  get missing(): number {
    return this.#missing;
  }

  accept(seq: number, prev: number, snapshot: boolean): Verdict {
    this.given[SEQ] = seq;
    this.given[PREV] = prev;
    return this.judge(snapshot);
  }

  /** `accept` of the numbers in `given`. */
  judge(snapshot: boolean): Verdict {
    if (snapshot && this.#unmarked && this.#live && this.#based) {
      this.given[PREV] = this.given[SEQ]!;
      return this.#counted();
    }
    if (snapshot || this.#kind === COMPLETE) return this.#snapshot();
    if (!this.#live) return this.#wait();
    if (!this.#based) return this.#advance();
    if (this.#kind === COUNTED) return this.#counted();
    return this.#kind === LINKED ? this.#linked() : this.#advance();
  }

  /**
   * Snapshots. Binance spot, steps 2, 3 and 6: L = lastUpdateId; when L < U of the first kept diff the snapshot is
   * too old (L = U - 1 is in truth without a gap, so the test is L < prev); otherwise book := snapshot. Futures,
   * step 4: too old when pu > L. In-band snapshots always replace the book, whatever their id (Kraken 4.3 rule 4,
   * Bybit rules 1 and 2, Coinbase level2, OKX rule 1).
   */
  #snapshot(): Verdict {
    const seq = this.given[SEQ]!;
    const based = seq > 0;
    if (this.#fetched && based && this.#kind !== COMPLETE) {
      if (this.#live ? this.#based && seq < this.#last : this.#kept && this.#oldest > seq)
        return VERDICT.STALE_SNAPSHOT;
    }
    this.#live = true;
    this.#based = based;
    this.#last = seq;
    this.#fresh = true;
    this.#kept = false;
    this.#old = 0;
    return VERDICT.APPLY;
  }

  /** Binance spot, step 1; futures, step 1: keep every diff. In-band (OKX rule 6): ignore until the snapshot. */
  #wait(): Verdict {
    if (!this.#fetched) return VERDICT.DROP_WAITING;
    if (!this.#kept) this.keptFrom(this.given[PREV]!);
    return VERDICT.BUFFER;
  }

  /**
   * Binance spot, steps 4 to 7: u <= bookId is old; U > bookId + 1, that is prev > last, is a gap; otherwise apply and
   * bookId := u. An event that straddles last (step 5, right after a snapshot) is fine: sizes are absolute.
   * Gemini (overlap): U > last u is a gap, u <= last u is old. Bybit rule 3. A run of old ones is a venue that began to
   * count anew: its book would stand still and call itself live for ever.
   */
  #counted(): Verdict {
    if (this.given[SEQ]! <= this.#last) return this.#isCopy() ? VERDICT.DROP_OLD : this.#lose(0);
    const prev = this.given[PREV]!;
    return prev > this.#last ? this.#lose(prev - this.#last) : this.#advance();
  }

  /**
   * Binance futures, steps 3 to 5: an event with u < L is old (u = L changes nothing, so it is old as well); the first
   * one must have U <= L <= u or pu = L. U is not needed: between pu and U nothing of this book happened, so pu <= L < u
   * says the same. Afterwards pu must equal the previous u. The link is tested before age because OKX may number
   * downwards after maintenance (rule 4) and repeats seqId = prevSeqId as a sign of life (rule 3). Should the event that
   * goes down be lost, all later ones look old: a run of them is a gap.
   */
  #linked(): Verdict {
    const prev = this.given[PREV]!;
    if (prev === this.#last) return this.#advance();
    if (this.given[SEQ]! <= this.#last) return this.#isCopy() ? VERDICT.DROP_OLD : this.#lose(0);
    return this.#fresh && prev < this.#last ? this.#advance() : this.#lose(0);
  }

  /** Whether an old event is nothing to worry about: one of few, or kept for a snapshot that was fetched meanwhile. */
  #isCopy(): boolean {
    return (this.#fetched && this.#fresh) || ++this.#old < OLD_RUN;
  }

  /** An event without a number (an older protocol of the same venue) is no base: nothing can be tested against it. */
  #advance(): Verdict {
    const seq = this.given[SEQ]!;
    this.#last = seq;
    this.#based = seq > 0;
    this.#fresh = false;
    this.#old = 0;
    return VERDICT.APPLY;
  }

  #lose(missing: number): Verdict {
    this.invalidate();
    this.#missing = missing;
    if (this.#fetched) this.keptFrom(this.given[PREV]!);
    return VERDICT.GAP;
  }

  /** Forgets the book: the connection was renewed, a checksum failed, or the connection-wide counter jumped. */
  invalidate(): void {
    this.#live = false;
    this.#based = false;
    this.#kept = false;
    this.#missing = 0;
  }

  /** Tells the link of the oldest diff kept, after PendingDiffs gave up older ones. */
  keptFrom(prev: number): void {
    this.#kept = true;
    this.#oldest = prev;
  }
}

/**
 * A counter over all frames of one connection (Coinbase section 3: n = last + 1 is in order, n > last + 1 means frames
 * of unknown products are lost, n <= last is old). The first frame seen is the base: a snapshot lost before it shows
 * as a book that never gets live. After a GAP counting goes on from the new number; every book of the connection is void.
 */
export class ConnectionSequence {
  #last = -1;
  #missing = 0;

  /** Frames missing at the last GAP. */
  get missing(): number {
    return this.#missing;
  }

  /** Returns APPLY, DROP_OLD or GAP. */
  accept(n: number): Verdict {
    const last = this.#last;
    if (n <= last) return VERDICT.DROP_OLD;
    this.#last = n;
    if (last < 0 || n === last + 1) return VERDICT.APPLY;
    this.#missing = n - last - 1;
    return VERDICT.GAP;
  }

  /** A new connection starts counting anew. */
  reset(): void {
    this.#last = -1;
    this.#missing = 0;
  }
}
