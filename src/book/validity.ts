import { REASON, VALIDITY } from "../model/index.ts";
import type { Reason, Validity } from "../model/index.ts";

const HALTED = 1;
const STALE = 2;
const CROSSED = 4;

/**
 * How far one book may be trusted. Two things are kept apart: the proof (complete and in order since a snapshot, or
 * not), and doubts that come and go without breaking it (the venue halted, nothing was heard for too long, the sides
 * cross). The book is live only with the proof and without a doubt; a lost proof comes back only with a snapshot.
 * The epoch counts snapshots: equal epochs mean one unbroken history. Every method answers whether `validity` changed,
 * which is when readers must be told.
 */
export class BookState {
  validity: Validity = VALIDITY.NONE;
  reason: Reason = REASON.NONE;
  /** Snapshot generations, uint32. */
  epoch = 0;
  #proof: Validity = VALIDITY.NONE;
  #proofReason: Reason = REASON.NONE;
  #doubts = 0;

  get live(): boolean {
    return this.validity === VALIDITY.LIVE;
  }

  /** Subscribed, nothing known yet. */
  warm(): boolean {
    return this.#set(VALIDITY.WARMING, REASON.STARTING);
  }

  /**
   * A snapshot is in the book and the diffs kept for it are applied: a new unbroken history begins. `reason` is UNPROVED
   * where the venue numbers nothing, so that a book that is live says on whose word.
   */
  prove(reason: Reason = REASON.NONE): boolean {
    this.epoch = (this.epoch + 1) >>> 0;
    this.#doubts &= HALTED;
    return this.#set(VALIDITY.LIVE, reason);
  }

  /** The history broke. To be called before anything is done about it; a book that never was live stays warming. */
  break(reason: Reason): boolean {
    const warming = this.#proof === VALIDITY.NONE || this.#proof === VALIDITY.WARMING;
    return this.#set(warming ? VALIDITY.WARMING : VALIDITY.GAPPED, reason);
  }

  /** Nothing will be heard of it any more: what it says from now on, whatever it was. */
  end(validity: Validity, reason: Reason): boolean {
    this.#doubts = 0;
    return this.#set(validity, reason);
  }

  /** A new snapshot is on its way. Keeps the reason of the break. */
  resync(): boolean {
    if (this.#proof === VALIDITY.LIVE) return false;
    const warming = this.#proof === VALIDITY.NONE || this.#proof === VALIDITY.WARMING;
    return this.#set(warming ? VALIDITY.WARMING : VALIDITY.RESYNCING, this.#proofReason);
  }

  halt(on: boolean): boolean {
    return this.#doubt(HALTED, on);
  }

  /** Nothing was heard for longer than this instrument's spacing allows; an event in order takes the doubt back. */
  stale(on: boolean): boolean {
    return this.#doubt(STALE, on);
  }

  cross(on: boolean): boolean {
    return this.#doubt(CROSSED, on);
  }

  #doubt(bit: number, on: boolean): boolean {
    this.#doubts = on ? this.#doubts | bit : this.#doubts & ~bit;
    return this.#show();
  }

  #set(proof: Validity, reason: Reason): boolean {
    this.#proof = proof;
    this.#proofReason = reason;
    return this.#show();
  }

  /** The strongest statement wins: a lost proof, then halted, crossed, stale. */
  #show(): boolean {
    const before = this.validity;
    const doubts = this.#proof === VALIDITY.LIVE ? this.#doubts : 0;
    if ((doubts & HALTED) !== 0) this.#say(VALIDITY.HALTED, REASON.HALTED);
    else if ((doubts & CROSSED) !== 0) this.#say(VALIDITY.CROSSED, REASON.CROSSED);
    else if ((doubts & STALE) !== 0) this.#say(VALIDITY.STALE, REASON.SILENT);
    else this.#say(this.#proof, this.#proofReason);
    return this.validity !== before;
  }

  #say(validity: Validity, reason: Reason): void {
    this.validity = validity;
    this.reason = reason;
  }
}
