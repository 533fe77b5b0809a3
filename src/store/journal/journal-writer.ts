import { hasKind, MAX_BLOCK_SLOTS, payloadWord, LAST_IN_HEAD } from "../../log/index.ts";
import { KIND, toMicros } from "../../model/index.ts";
import type { Nanos } from "../../model/index.ts";
import type { RegionHandle } from "../region.ts";
import { Backlog, endWord, isSlots } from "./backlog.ts";
import type { WaitingSlots } from "./backlog.ts";
import { BlockWriter } from "./block-writer.ts";
import type { Hole, HoleReason } from "./hole.ts";
import { JournalError } from "./journal-error.ts";
import { checkedOptions } from "./journal-options.ts";
import type { JournalOptions, JournalStats } from "./journal-options.ts";
import { JournalSource } from "./journal-source.ts";
import { Room } from "./room.ts";
import { prepareFolder, SegmentShelf } from "./segment-shelf.ts";
import { Syncer } from "./syncer.ts";

/** ms between two signs of life, and between two looks at what may be deleted. */
const BEAT_MS = 100;
const TIDY_MS = 1000;
/** ms between two looks at all instrument rows; those that a slot says have changed are looked at at once. */
const ROWS_MS = 1000;
/** ms between two tries to write to a disk that refused, and between two lines that say so. */
const RETRY_MS = 100;
const ALARM_MS = 10_000;
/** Blocks written out of the backlog at a time: 4 MiB. */
const DRAIN_BLOCKS = 16;
/** Parts of the ring that a lapped journal leaves to the lane: a disk that refuses may need the time of the second. */
const NARROW = 64;
const WIDE = 8;
const PAYLOAD = payloadWord(0);

/**
 * Copies what a lane commits to segment files. One for each lane; it belongs to one thread. It never waits for the lane, but
 * the lane for it (log/gate.ts). What is below `position` outlives every process, what is below `durable` the power.
 *
 * While a disk refuses, it goes on copying into a backlog: slots from `position` to before `taken` are in its memory and in
 * no file. The region's mark `copied` is `taken`, so the writer may go over them; a lossless reader that finds them in neither
 * place knows from it that they are to come (lossless-reader.ts).
 */
export class JournalWriter {
  readonly folder: string;
  readonly lane: string;
  readonly stats: JournalStats = {
    slots: 0,
    segments: 0,
    bytes: 0,
    holes: 0,
    lost: 0,
    dropped: 0,
    syncs: 0,
    failures: 0,
    failing: false,
    waiting: 0,
    waitingBytes: 0,
    waited: 0,
  };
  readonly #options: Required<JournalOptions>;
  readonly #shelf: SegmentShelf;
  readonly #sync: Syncer;
  readonly #blocks: BlockWriter;
  readonly #backlog: Backlog;
  readonly #room: Room;
  /** It is being closed: what is left is written wherever there is room. */
  #closing = false;
  #source: JournalSource | null = null;
  /** Region of the last segment. */
  #session: Nanos | null;
  /** Next slot to write; -1 before the first region of an empty journal. */
  #position: number;
  /** Next slot to copy out of the ring: beyond the position by what is in the backlog. */
  #taken: number;
  /** The last slot written ends an event: a segment may begin here. */
  #atEvent = true;
  /** Instruments whose rows are written. */
  #instruments = -1;
  #due = { beat: 0, tidy: 0, sync: 0, rows: 0, retry: 0, alarm: 0 };
  /** An alarm was told that is not called off. */
  #alarmed = false;

  /** Scans what is there, cuts a torn tail, keeps aside what is foreign. Throws JournalError, or RangeError for options. */
  constructor(folder: string, lane: string, options: JournalOptions = {}) {
    this.folder = folder;
    this.lane = lane;
    this.#options = checkedOptions(options);
    const { files, end } = prepareFolder(folder, lane, this.#options.report);
    this.#position = end?.next ?? -1;
    this.#taken = this.#position;
    this.#session = end?.session ?? null;
    this.#atEvent = end?.atEvent ?? true;
    this.#shelf = new SegmentShelf(folder, files, this.#options, this.stats);
    this.#sync = new Syncer(folder, this.position, (durable, synced) => {
      this.stats.syncs += 1;
      this.#source?.gate.durable(durable);
      this.#options.onDurable(durable, synced);
    });
    this.#blocks = new BlockWriter(lane, this.#options.segmentBytes, this.#shelf, this.#sync);
    this.#backlog = new Backlog(this.#options.backlogBytes);
    this.#room = new Room(folder, this.#options.reserveBytes);
  }

  /** Next slot to write: everything below is in files, and survives the end of any process. */
  get position(): number {
    return Math.max(0, this.#position);
  }

  /** Everything below is on the disk, and survives the loss of power. */
  get durable(): number {
    return this.#sync.durable;
  }

  /** Slots committed and in no file yet. */
  get lag(): number {
    return this.#source === null ? 0 : Math.max(0, this.#source.ring.head - this.position);
  }

  /** Goes on with this region: from `position`, or from its oldest slot behind a hole. Throws JournalError when it cannot be this lane's. */
  attach(handle: RegionHandle): void {
    const { created } = handle.region;
    this.#leave(created);
    this.#checkSequence(handle);
    this.#blocks.retire(this.position);
    const source = new JournalSource(handle);
    if (this.#position < 0)
      this.#position = source.ring.oldest === source.first ? source.first : this.#whole(source);
    if (this.#backlog.empty) this.#taken = this.#position;
    this.#session = created;
    this.#source = source;
    this.#instruments = -1;
    this.#begin(source);
    source.gate.hold(process.pid, this.#taken, this.durable);
  }

  /** Before another attachment. What waits is written with the rows of its region, or not at all. */
  #leave(next: Nanos): void {
    if (this.#source !== null && !this.#backlog.empty) this.#drainAll(this.#source);
    this.detach();
    if (this.#backlog.empty || isSame(this.#session, next)) return;
    this.#options.report(
      "error",
      `journal of ${this.lane}: expected room for what waited before its region was replaced, saw none; it is lost`,
      { first: this.position, last: this.#taken - 1 },
    );
    this.#backlog.clear();
    this.#taken = this.#position;
  }

  #drainAll(source: JournalSource): void {
    try {
      while (!this.#backlog.empty) this.#drain(source, Date.now());
    } catch (error) {
      this.#refused(error, Date.now());
    }
  }

  /** From here on the journal is not closed any more: an end that stands in the last segment is no longer the end. */
  #begin(source: JournalSource): void {
    try {
      this.#open(source, Date.now());
    } catch (error) {
      this.#refused(error, Date.now());
    }
  }

  /** Lets the region go: its writer waits no more for this journal. */
  detach(): void {
    this.#source?.release();
    this.#source = null;
  }

  /**
   * Copies what is there, a bounded piece, and does what is due besides (fsync, roll, deletion). Call it again at once
   * when it answers more than 0 slots, otherwise within milliseconds.
   */
  poll(): number {
    const source = this.#source;
    if (source === null) return 0;
    const now = Date.now();
    this.#doDue(source, now);
    const kept = this.stats.failing ? this.#keep(source) : 0;
    if (this.stats.failing && now < this.#due.retry) return kept;
    try {
      return kept + (this.#backlog.empty ? this.#copy(source, now) : this.#drain(source, now));
    } catch (error) {
      this.#refused(error, now);
      return kept;
    }
  }

  /**
   * Copies up to the head, writes the end, and resolves when all is on the disk. A disk that refuses is tried for `ms` more; then
   * it rejects with what the disk says, and has named what is neither in a file nor in the ring. `poll` no more.
   */
  async close(ms = 0): Promise<void> {
    const source = this.#source;
    this.#closing = true;
    try {
      if (source !== null) await this.#finishWithin(source, ms);
      await this.#sync.finish(this.#blocks.file, this.position);
    } finally {
      this.detach();
      this.#backlog.clear();
      this.#count();
      this.#blocks.file?.close();
      this.#blocks.file = null;
    }
  }

  async #finishWithin(source: JournalSource, ms: number): Promise<void> {
    for (const end = performance.now() + ms; ;) {
      try {
        return this.#finish(source);
      } catch (error) {
        this.#refused(error, Date.now());
        while (this.#keep(source) > 0);
        const left = end - performance.now();
        if (left <= 0) {
          this.#giveUp(source);
          throw error;
        }
        source.report(this.#taken, this.stats.lost);
        await new Promise((wake) => setTimeout(wake, Math.min(left, RETRY_MS)));
      }
    }
  }

  #finish(source: JournalSource): void {
    while (!this.#backlog.empty) this.#drain(source, Date.now());
    while (this.#copy(source, Date.now()) > 0);
    this.#open(source, Date.now(), false);
    this.#blocks.end(this.#position);
  }

  /** Names what only this memory holds. What the ring still has is for the next journal of the region. */
  #giveUp(source: JournalSource): void {
    if (source.ring.oldest <= this.#position) return;
    const next = Math.min(this.#taken, source.eventStart(this.#blocks.words, NARROW));
    const hole: Hole = { first: this.#position, last: next - 1, reason: "lapped" };
    const lost = Math.max(0, next - hole.first - this.#backlog.gone);
    this.#backlog.clear();
    this.#taken = this.#position;
    const written = this.#mayWriteHole(source, hole);
    this.#name(source, hole, lost, written ? undefined : "the next journal of the region will name them");
  }

  #mayWriteHole(source: JournalSource, hole: Hole): boolean {
    try {
      this.#holeBlock(source, hole, Date.now());
      return true;
    } catch {
      return false;
    }
  }

  /** One piece: at most a block of slots; 0 when there is nothing new. Throws what the file system says, and then nothing has moved. */
  #copy(source: JournalSource, now: number): number {
    const { ring } = source;
    if (this.#position < source.first) this.#hole(source, source.first, "region_gone", now);
    const count = Math.min(MAX_BLOCK_SLOTS, ring.head - this.#position);
    if (count <= 0) return 0;
    const { words } = this.#blocks;
    if (ring.take(this.#position, count, words, PAYLOAD) > this.#position) {
      this.#hole(source, this.#whole(source), "lapped", now);
      return 1;
    }
    this.#slots(source, { words, count, first: this.#position }, now);
    this.#takenTo(source, this.#position);
    return count;
  }

  /** Where to go on in a ring that was lapped: close behind the lane where memory takes it at once, else with time for a disk. */
  #whole(source: JournalSource): number {
    const roomy = 2 * this.#backlog.bytes < this.#options.backlogBytes;
    return source.eventStart(this.#blocks.words, roomy ? NARROW : WIDE);
  }

  /** Slots from the position up to `next` are gone for ever. */
  #hole(source: JournalSource, next: number, reason: HoleReason, now: number): void {
    const hole = { first: this.#position, last: next - 1, reason };
    this.#holeBlock(source, hole, now);
    this.#takenTo(source, next);
    this.#name(source, hole);
  }

  /** The same piece, but into memory: what a disk that refuses cannot have yet. 0 when there is nothing new, or no memory. */
  #keep(source: JournalSource): number {
    const { ring } = source;
    const tail = ring.head > this.#taken ? this.#backlog.tail(this.#taken) : null;
    if (tail === null) return 0;
    if (this.#taken < source.first) return this.#keepHole(source, source.first, "region_gone");
    const count = Math.min(MAX_BLOCK_SLOTS - tail.count, ring.head - this.#taken);
    if (ring.take(this.#taken, count, tail.words, endWord(tail)) > this.#taken)
      return this.#keepHole(source, this.#whole(source), "lapped");
    this.#backlog.grow(tail, count);
    this.stats.waited += count;
    this.#takenTo(source, this.#taken + count);
    return count;
  }

  #keepHole(source: JournalSource, next: number, reason: HoleReason): number {
    const hole = { first: this.#taken, last: next - 1, reason };
    this.#backlog.hole(hole);
    this.#takenTo(source, next);
    this.#name(source, hole);
    return 1;
  }

  /** Writes what waits, some blocks of it. Throws like `#copy`; what was written by then is written. */
  #drain(source: JournalSource, now: number): number {
    let slots = 0;
    for (let n = 0; n < DRAIN_BLOCKS && this.#backlog.head !== null; n++) {
      const block = this.#backlog.head;
      if (isSlots(block)) slots += block.count;
      if (isSlots(block)) this.#slots(source, block, now);
      else this.#holeBlock(source, block, now);
      this.#backlog.shift();
      this.#count();
    }
    this.#wrote();
    return slots;
  }

  #slots(source: JournalSource, { words, count, first }: WaitingSlots, now: number): void {
    if (!this.#closing) this.#room.check(now);
    this.#open(source, now);
    // what these slots need was in the tables before they were committed
    this.#rows(source, now, hasKind(words, PAYLOAD, count, KIND.INSTRUMENT));
    this.#blocks.slots(words, count, first);
    this.#atEvent = (words[PAYLOAD + ((count - 1) << 4)]! & LAST_IN_HEAD) !== 0;
    this.stats.slots += count;
    this.#position = first + count;
  }

  #holeBlock(source: JournalSource, hole: Hole, now: number): void {
    this.#open(source, now);
    this.#blocks.hole(hole);
    this.#atEvent = true;
    this.#position = hole.last + 1;
  }

  #open(source: JournalSource, now: number, mayRoll = true): void {
    if (!this.#blocks.open(this.#position, this.#session!, this.#atEvent, mayRoll, now)) return;
    source.tap.forget();
    this.#due.rows = 0;
  }

  #rows(source: JournalSource, now: number, changed: boolean): void {
    const { count } = source.tap;
    if (!changed && count === this.#instruments && now < this.#due.rows) return;
    this.#blocks.rows(source.tap, this.#position);
    this.#instruments = count;
    this.#due.rows = now + ROWS_MS;
  }

  /** Counts and tells a hole of which `lost` slots were not told before, and `where` it stands. */
  #name(
    source: JournalSource,
    hole: Hole,
    lost = hole.last + 1 - hole.first,
    where = "the hole is in the journal",
  ): void {
    this.stats.holes += 1;
    if (hole.reason === "lapped") this.stats.lost += lost;
    source.gate.hole();
    this.#options.onHole(hole);
    this.#options.report(
      "error",
      hole.reason === "lapped"
        ? `journal of ${this.lane}: expected to keep up, saw ${lost} slots written over before they were in a file; ${where}`
        : `journal of ${this.lane}: expected the lane's region, saw a new one; its sequence goes on behind what the old one may have held`,
      { ...hole },
    );
  }

  /** Everything below `seq` is in files or waits for them: the writer may go over it. */
  #takenTo(source: JournalSource, seq: number): void {
    this.#taken = seq;
    source.gate.copied(seq);
    this.#count();
    this.#wrote();
  }

  #count(): void {
    this.stats.waiting = this.#backlog.slots;
    this.stats.waitingBytes = this.#backlog.bytes;
  }

  /** After a write: nothing is wrong any more once nothing waits. */
  #wrote(): void {
    if (!this.stats.failing || this.#position < this.#taken) return;
    this.stats.failing = false;
    if (!this.#alarmed) return;
    this.#alarmed = false;
    this.#options.report("info", `journal of ${this.lane}: writes again`, { position: this.#position });
  }

  #doDue(source: JournalSource, now: number): void {
    const due = this.#due;
    if (now >= due.sync) {
      due.sync = now + this.#options.fsyncMs;
      if (this.#sync.failed !== null) {
        this.#refused(this.#sync.failed, now);
        this.#blocks.retire(this.position);
      }
      this.#sync.begin(this.#blocks.file, this.position);
    }
    if (now >= due.beat) {
      due.beat = now + BEAT_MS;
      source.report(Math.max(0, this.#taken), this.stats.lost);
    }
    if (now < due.tidy) return;
    due.tidy = now + TIDY_MS;
    this.#shelf.tidy(now);
  }

  /** The disk said no: what the lane has to say waits, in memory and then in its ring. */
  #refused(error: unknown, now: number): void {
    this.#source?.tap.forget();
    this.#instruments = -1;
    this.stats.failing = true;
    this.stats.failures += 1;
    this.#due.retry = now + RETRY_MS;
    if (now < this.#due.alarm) return;
    this.#due.alarm = now + ALARM_MS;
    this.#alarmed = true;
    const seen = error instanceof Error ? error.message : String(error);
    const { slots, bytes, full } = this.#backlog;
    this.#options.report(
      "error",
      `journal of ${this.lane}: expected to write to ${this.folder}, saw ${seen}; trying again, ${slots} slots wait in ${bytes} bytes of ` +
        `memory of at most ${this.#options.backlogBytes}${full ? ", which are used up: what the ring cannot hold meanwhile will be a hole" : ""}`,
      { position: this.position, lag: this.lag, waiting: slots, bytes },
    );
  }

  #checkSequence({ region, path }: RegionHandle): void {
    const { first, head, created } = region;
    if (this.#position < 0) return;
    const same = isSame(this.#session, created);
    if (same ? head >= this.#taken : first >= this.#position) return;
    throw new JournalError(
      "sequence",
      this.folder,
      `expected the region of ${this.lane} to go on at ${this.#position}, saw ${path ?? "it"} from ${first} to ${head}; ` +
        "start the lane with its journal, or move the journal away",
    );
  }
}

function isSame(a: Nanos | null, b: Nanos): boolean {
  return a !== null && toMicros(a.hi, a.lo) === toMicros(b.hi, b.lo);
}
