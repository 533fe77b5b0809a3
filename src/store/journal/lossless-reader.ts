import * as fs from "node:fs";
import {
  DURABLE_WORD,
  InstrumentReader,
  loadSequence,
  ReaderListing,
  readJournalMarks,
  RingCopy,
  slotsToLast,
  SlotViews,
} from "../../log/index.ts";
import type { EventNames, InstrumentRow } from "../../log/index.ts";
import { toMicros } from "../../model/index.ts";
import { openRegion, processAlive, stillThere, wallClock } from "../region.ts";
import type { RegionHandle } from "../region.ts";
import type { Hole, HoleReason } from "./hole.ts";
import { JournalError } from "./journal-error.ts";
import { SegmentCursor, STEP } from "./segment-cursor.ts";

/** Gets one slot: `views` from word `word` on, valid until it returns. `seq` is its number in the lane. */
export type SequencedHandler = (views: SlotViews, word: number, seq: number) => void;

export interface LosslessOptions {
  /** The lane's journal folder; null = there is none, and what the ring has written over is lost. */
  readonly journal: string | null;
  /** Path of the lane's region (it may come later), a handle, or null to read the journal alone. */
  readonly region: string | RegionHandle | null;
  /** The first slot to read, which begins an event; "oldest" = of all that is kept, "head" = only what comes. */
  readonly from: number | "oldest" | "head";
  /** How this reader is called in `feedhorn lag`; unlisted without. */
  readonly name?: string;
}

/** Slots copied out of the ring at a time. */
const CHUNK = 1024;
/** ms between two looks for a region that is away or was replaced, and between two reports. */
const LOOK_MS = 250;
/** ms between two looks into the journal's folder while nothing comes. */
const LIST_MS = 20;
/** ms that slots must be in neither place before they are given up: a journal may be in the middle of a slow write. */
const PATIENCE_MS = 2000;
/** us since a journal's last sign of life after which nobody waits any more for what it holds in its memory. */
const DEAD_US = 30_000_000;

/** Throws JournalError, or RegionError for a region that is there but cannot be read. */
export function openLossless(options: LosslessOptions): LosslessReader {
  return new LosslessReader(options);
}

/**
 * Reads a lane without loss: from the journal what the ring no longer has, from the ring what is new. Goes on over
 * restarts of the lane, the journal and the region's file. Never waits. What is below the journal's mark `copied` is in its
 * files or waits in its memory for a full disk, anything else is in the ring or nowhere (log/gate.ts). Files are written in order, so
 * what is behind their end, below `copied`, not below `durable` and not in the ring is to come as long as that journal lives.
 */
export class LosslessReader {
  /** Slots that nobody has any more; only grows. What it counts is named by `onHole`. */
  lost = 0;
  /** Region (its `created`, UNIX us) that the slots being handled come from; 0 before the first one. */
  session = 0;
  /** Called before the first slot behind a hole: a half-gathered event must be dropped. */
  onHole: ((hole: Hole) => void) | null = null;
  /** Called before the first slot of another session: instrument ids mean others from now on. */
  onSession: ((session: number) => void) | null = null;
  /** Called once for each file in the journal that cannot be read. */
  onRefused: ((error: JournalError) => void) | null = null;
  /** Venue and instrument by the numbers in the slots being handled. */
  readonly names: EventNames = {
    venue: (code) => this.#source().venue(code),
    instrument: (id) => this.#source().instrument(id),
  };

  readonly #listed: string | null;
  readonly #path: string | null;
  readonly #journal: SegmentCursor | null;
  readonly #copies = SlotViews.make(CHUNK);
  #memory: Memory | null = null;
  #looked = -Infinity;
  /** The journal's mark before the last look into its files. */
  #durable = 0;
  /** Nothing to look for before this time. */
  #quiet = -Infinity;
  #missing = Infinity;
  /** Nothing was there to begin with. */
  #waiting = false;
  /** Slots at hand: `#count` from word `#word` of `#views` on, the first of them `#first`; `#handed` are handled. */
  #views = this.#copies;
  #word = 0;
  #first = 0;
  #count = 0;
  #handed = 0;
  #fromRing = true;
  /** Looking for the end of an event since here, because of `#reason`; -1 when not. */
  #seekingFrom = -1;
  #reason: HoleReason | "" = "";

  constructor({ journal, region, from, name }: LosslessOptions) {
    this.#listed = name ?? null;
    this.#journal = journal === null ? null : new SegmentCursor(journal);
    if (this.#journal !== null) this.#journal.onRefused = (error) => this.onRefused?.(error);
    this.#path = typeof region === "string" ? region : (region?.path ?? null);
    if (region !== null && typeof region !== "string") this.#memory = new Memory(region, this.#listed);
    else if (this.#path !== null && fs.existsSync(this.#path))
      this.#memory = new Memory(openRegion(this.#path), this.#listed);
    if (!this.#begin(from)) this.#waiting = true;
  }

  /** Next slot to read: what a cursor keeps. Inside a handler, of the slot being handled. */
  get position(): number {
    return this.#first + this.#handed;
  }

  /** Slots committed and not yet read; 0 when the region is away. */
  get lag(): number {
    return this.#memory === null ? 0 : Math.max(0, this.#memory.ring.head - this.position);
  }

  /** Slots ever committed; NaN when the region is away. */
  get head(): number {
    return this.#memory?.ring.head ?? NaN;
  }

  get source(): "ring" | "journal" | "none" {
    if (this.#journal?.open === true) return "journal";
    return this.#memory === null ? "none" : "ring";
  }

  /** The region it reads from or will read from next: for its tables and to sleep until something comes; null while there is none. */
  get handle(): RegionHandle | null {
    return this.#memory?.handle ?? null;
  }

  /** Row of an instrument id of the slots being handled, or null. */
  instrument(id: number): InstrumentRow | null {
    return this.#fromRing ? (this.#memory?.instruments.read(id) ?? null) : this.#journal!.rows.instrument(id);
  }

  /** Handles at most `limit` slots and returns how many it was; a throwing handler gets its slot again. Throws JournalError. */
  poll(handler: SequencedHandler, limit = Infinity): number {
    let done = 0;
    while (done < limit) {
      if (this.#handed === this.#count && !this.#fill()) break;
      done += this.#deliver(handler, limit - done);
    }
    return done;
  }

  /** Goes on at a slot that begins an event. */
  seek(seq: number): void {
    if (!Number.isSafeInteger(seq) || seq < 0) throw new RangeError(`lane: expected a sequence, saw ${seq}`);
    this.#journal?.close();
    this.#first = seq;
    this.#count = 0;
    this.#handed = 0;
    this.#missing = Infinity;
    this.#quiet = -Infinity;
    this.#seekingFrom = -1;
    this.#reason = "";
  }

  close(): void {
    this.#journal?.close();
    this.#memory?.close();
    this.#memory = null;
  }

  /** False where there is neither a region nor a journal: then what comes first is where it begins. */
  #begin(from: number | "oldest" | "head"): boolean {
    const ring = this.#memory?.ring;
    const oldest = this.#journal?.oldest ?? -1;
    if (typeof from === "number") this.seek(from);
    else if (from === "head" && ring !== undefined) this.seek(ring.head);
    else if (from === "head" && oldest >= 0) this.#toEnd(this.#journal!);
    else if (oldest >= 0) this.seek(oldest);
    else if (ring !== undefined) this.#toOldest(ring);
    else return false;
    return true;
  }

  /** To the first event that is wholly in the ring and will stay there for a while; what is before it is no loss. */
  #toOldest(ring: RingCopy): void {
    if (ring.oldest === ring.first) return this.seek(ring.first);
    this.seek(Math.min(ring.head, ring.oldest + ring.capacity / 8));
    this.#seekingFrom = this.#first;
  }

  /** To the end of a journal without a region. */
  #toEnd(journal: SegmentCursor): void {
    let end = journal.oldest;
    if (journal.seek(Number.MAX_SAFE_INTEGER)) while (journal.step() !== STEP.NONE) end = journal.end;
    this.seek(end);
  }

  #source(): EventNames {
    return this.#fromRing ? this.#memory!.names : this.#journal!.rows;
  }

  #deliver(handler: SequencedHandler, limit: number): number {
    const start = this.#handed;
    const end = Math.min(this.#count, start + limit);
    const views = this.#views;
    const word = this.#word;
    const first = this.#first;
    for (let k = start; k < end; k++) {
      this.#handed = k; // a handler that throws gets its slot again
      handler(views, word + (k << 4), first + k);
    }
    this.#handed = end;
    return end - start;
  }

  /** Brings slots to hand; false when there are none now. */
  #fill(): boolean {
    this.#first = this.position;
    this.#count = 0;
    this.#handed = 0;
    const now = performance.now();
    this.#look(now);
    if (now < this.#quiet) return false;
    // before the files are looked at: what was on the disk by now must be in them
    this.#durable = this.#memory === null ? 0 : loadSequence(this.#memory.handle.region.marks, DURABLE_WORD);
    if (this.#waiting) {
      this.#quiet = now + LIST_MS;
      if (!this.#begin("oldest")) return false;
      this.#waiting = false;
    }
    for (;;) {
      const found = this.#journal?.open === true ? this.#fillFromJournal(now) : this.#fillFromRing(now);
      if (found === "none") return false;
      if (found === "slots" && this.#ready()) return true;
    }
  }

  #fillFromRing(now: number): Found {
    const position = this.#first;
    const ring = this.#memory?.ring;
    if (ring === undefined || position < ring.oldest) return this.#seekJournal(now);
    const count = Math.min(CHUNK, ring.head - position);
    if (count < 0) throw this.#ahead(ring.head);
    if (count === 0) return "none";
    if (ring.take(position, count, this.#copies.i32, 0) > position) return this.#seekJournal(now);
    this.#fromRing = true;
    return this.#hand(this.#copies, 0, count);
  }

  #fillFromJournal(now: number): Found {
    const journal = this.#journal!;
    for (let what = journal.step(); what !== STEP.NONE; what = journal.step()) {
      if (journal.end <= this.#first) continue;
      if (journal.first > this.#first)
        this.#gone(journal.first, journal.starts ? "deleted" : "damaged", !journal.starts);
      if (what === STEP.HOLE) this.#gone(journal.end, journal.reason, false);
      else {
        this.#fromRing = false;
        const skip = this.#first - journal.first;
        return this.#hand(journal.views, journal.word + (skip << 4), journal.end - this.#first);
      }
    }
    const ring = this.#memory?.ring;
    if (ring === undefined || this.#first < ring.oldest) return this.#stuck(now);
    journal.close();
    return "again";
  }

  /** What the ring does not have (any more). */
  #seekJournal(now: number): Found {
    const journal = this.#journal;
    if (journal === null) return this.#stuck(now);
    if (journal.seek(this.#first)) return "again";
    const after = journal.after(this.#first);
    return after >= 0 && journal.seek(after) ? "again" : this.#stuck(now);
  }

  /** Neither place has the slot. While a journal is at work it may be about to write it; then it is given up. */
  #stuck(now: number): Found {
    const memory = this.#memory;
    this.#missing = Math.min(this.#missing, now);
    if (memory === null || this.#mayCome(memory, now)) {
      this.#quiet = now + LIST_MS;
      return "none";
    }
    const { ring } = memory;
    const reason = this.#wasWritten() ? "deleted" : this.#first < ring.first ? "region_gone" : "lapped";
    const lapped = ring.oldest > ring.first;
    this.#gone(lapped ? ring.oldest + ring.capacity / 8 : ring.first, reason, lapped);
    this.#journal?.close();
    return "again";
  }

  #wasWritten(): boolean {
    return this.#journal !== null && this.#first < this.#durable;
  }

  #mayCome({ handle }: Memory, now: number): boolean {
    if (this.#journal === null || this.#wasWritten()) return false;
    const { pid, copied, beat } = readJournalMarks(handle.region.marks);
    if (pid === 0) return false;
    if (now - this.#missing < PATIENCE_MS) return true;
    return this.#first < copied && toMicros(wallClock().hi, wallClock().lo) - beat < DEAD_US;
  }

  #hand(views: SlotViews, word: number, count: number): Found {
    this.#views = views;
    this.#word = word;
    this.#count = count;
    this.#missing = Infinity;
    return "slots";
  }

  /** Passes what does not begin an event behind a hole, and says what is new about the slots at hand. False: there are none left. */
  #ready(): boolean {
    if (this.#seekingFrom >= 0 && !this.#seekEvent()) return false;
    const session = this.#fromRing ? this.#memory!.session : this.#journal!.session;
    if (session !== this.session) {
      this.session = session;
      this.onSession?.(session);
    }
    return true;
  }

  #seekEvent(): boolean {
    const slots = slotsToLast(this.#views.i32, this.#word, this.#count);
    const passed = slots < 0 ? this.#count : slots;
    this.#first += passed;
    this.#word += passed << 4;
    this.#count -= passed;
    if (slots >= 0) this.#endSeeking();
    return this.#count > 0;
  }

  #endSeeking(): void {
    const first = this.#seekingFrom;
    this.#seekingFrom = -1;
    if (this.#reason !== "" && this.#first > first)
      this.#name({ first, last: this.#first - 1, reason: this.#reason });
  }

  /** Slots up to `next` are gone; `seek`: and those up to the end of the event that `next` may be in the middle of. */
  #gone(next: number, reason: HoleReason, seek: boolean): void {
    if (this.#seekingFrom >= 0) this.#endSeeking();
    this.#seekingFrom = this.#first;
    this.#reason = reason;
    this.#first = next;
    if (!seek) this.#endSeeking();
  }

  #name(hole: Hole): void {
    this.lost += hole.last - hole.first + 1;
    this.onHole?.(hole);
  }

  #ahead(head: number): JournalError {
    return new JournalError(
      "sequence",
      this.#path ?? "lane",
      `expected the lane to go on at ${this.#first}, saw its head at ${head}; start the lane with its journal, or begin anew without the cursor`,
    );
  }

  /** Now and then: is there a region, is it still that one, and a report to its table. */
  #look(now: number): void {
    if (now - this.#looked < LOOK_MS) return;
    this.#looked = now;
    this.#memory?.report(this.position, this.lost, this.#journal?.open === true);
    if (this.#path === null) return;
    const memory = this.#memory;
    const done = memory === null || this.#journal?.open === true || memory.ring.head <= this.position;
    if (!done || (memory !== null && stillThere(memory.handle))) return;
    const handle = reopened(this.#path);
    if (handle === null) return;
    memory?.close();
    this.#memory = new Memory(handle, this.#listed);
  }
}

type Found = "slots" | "again" | "none";

/** One region, as this reader looks at it. */
class Memory {
  readonly handle: RegionHandle;
  readonly ring: RingCopy;
  readonly names: EventNames;
  readonly instruments: InstrumentReader;
  /** UNIX us. */
  readonly session: number;
  readonly #listing: ReaderListing | null = null;

  constructor(handle: RegionHandle, name: string | null) {
    const { region } = handle;
    this.handle = handle;
    this.ring = new RingCopy(region.control, region.slots);
    this.names = region.names();
    this.instruments = new InstrumentReader(region.control, region.instruments);
    this.session = toMicros(region.created.hi, region.created.lo);
    if (name !== null && handle.listable)
      this.#listing = ReaderListing.claim(region.readers, process.pid, name, wallClock(), processAlive);
    this.#listing?.plays("lossless");
  }

  report(position: number, lost: number, catchingUp: boolean): void {
    this.#listing?.plays("lossless", catchingUp);
    this.#listing?.report(position, lost, wallClock());
  }

  close(): void {
    this.#listing?.release();
  }
}

/** The region that is there now, or null while there is none that can be read. */
function reopened(path: string): RegionHandle | null {
  try {
    return openRegion(path);
  } catch {
    return null;
  }
}
