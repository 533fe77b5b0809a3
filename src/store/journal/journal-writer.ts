import { hasKind, MAX_BLOCK_SLOTS, payloadWord, LAST_IN_HEAD } from "../../log/index.ts";
import { KIND, toMicros } from "../../model/index.ts";
import type { Nanos } from "../../model/index.ts";
import type { RegionHandle } from "../region.ts";
import { BlockWriter } from "./block-writer.ts";
import type { HoleReason } from "./hole.ts";
import { JournalError } from "./journal-error.ts";
import { checkedOptions } from "./journal-options.ts";
import type { JournalOptions, JournalStats } from "./journal-options.ts";
import { JournalSource } from "./journal-source.ts";
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
const PAYLOAD = payloadWord(0);

/**
 * Copies what a lane commits to segment files. One for each lane; it belongs to one thread. It never waits for the lane, but
 * the lane for it (log/gate.ts). What is below `position` outlives every process, what is below `durable` the power.
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
  };
  readonly #options: Required<JournalOptions>;
  readonly #shelf: SegmentShelf;
  readonly #sync: Syncer;
  readonly #blocks: BlockWriter;
  #source: JournalSource | null = null;
  /** Region of the last segment. */
  #session: Nanos | null;
  /** Next slot; -1 before the first region of an empty journal. */
  #position: number;
  /** The last slot written ends an event: a segment may begin here. */
  #atEvent = true;
  /** Instruments whose rows are written. */
  #instruments = -1;
  #due = { beat: 0, tidy: 0, sync: 0, rows: 0, retry: 0, alarm: 0 };

  /** Scans what is there, cuts a torn tail, keeps aside what is foreign. Throws JournalError, or RangeError for options. */
  constructor(folder: string, lane: string, options: JournalOptions = {}) {
    this.folder = folder;
    this.lane = lane;
    this.#options = checkedOptions(options);
    const { files, end } = prepareFolder(folder, lane, this.#options.report);
    this.#position = end?.next ?? -1;
    this.#session = end?.session ?? null;
    this.#atEvent = end?.atEvent ?? true;
    this.#shelf = new SegmentShelf(folder, files, this.#options, this.stats);
    this.#sync = new Syncer(folder, this.position, (durable, synced) => {
      this.stats.syncs += 1;
      this.#source?.gate.durable(durable);
      this.#options.onDurable(durable, synced);
    });
    this.#blocks = new BlockWriter(lane, this.#options.segmentBytes, this.#shelf, this.#sync);
  }

  /** Next slot to copy: everything below is written, and survives the end of any process. */
  get position(): number {
    return Math.max(0, this.#position);
  }

  /** Everything below is on the disk, and survives the loss of power. */
  get durable(): number {
    return this.#sync.durable;
  }

  /** Slots committed and not yet copied. */
  get lag(): number {
    return this.#source === null ? 0 : Math.max(0, this.#source.ring.head - this.position);
  }

  /** Goes on with this region: from `position`, or from its oldest slot behind a hole. Throws JournalError when it cannot be this lane's. */
  attach(handle: RegionHandle): void {
    this.detach();
    const { created } = handle.region;
    this.#checkSequence(handle);
    this.#blocks.retire(this.position);
    const source = new JournalSource(handle);
    if (this.#position < 0)
      this.#position =
        source.ring.oldest === source.first ? source.first : source.eventStart(this.#blocks.words);
    this.#session = created;
    this.#source = source;
    this.#instruments = -1;
    this.#begin(source);
    source.gate.hold(process.pid, this.#position, this.durable);
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
    if (this.stats.failing && now < this.#due.retry) return 0;
    try {
      return this.#copy(source, now);
    } catch (error) {
      source.tap.forget();
      this.#instruments = -1;
      this.#refused(error, now);
      return 0;
    }
  }

  /** Copies up to the head, writes the end, and resolves when all is on the disk; rejects when it cannot be. `poll` no more. */
  async close(): Promise<void> {
    const source = this.#source;
    try {
      if (source !== null) this.#finish(source);
      await this.#sync.finish(this.#blocks.file, this.position);
    } finally {
      this.detach();
      this.#blocks.file?.close();
      this.#blocks.file = null;
    }
  }

  #finish(source: JournalSource): void {
    while (this.#copy(source, Date.now()) > 0);
    this.#open(source, Date.now(), false);
    this.#blocks.end(this.#position);
  }

  /** One piece: at most a block of slots; 0 when there is nothing new. Throws what the file system says, and then nothing has moved. */
  #copy(source: JournalSource, now: number): number {
    const { ring } = source;
    if (this.#position < source.first) this.#hole(source, source.first, "region_gone", now);
    const count = Math.min(MAX_BLOCK_SLOTS, ring.head - this.#position);
    if (count <= 0) return 0;
    const { words } = this.#blocks;
    if (ring.take(this.#position, count, words, PAYLOAD) > this.#position) {
      this.#hole(source, source.eventStart(words), "lapped", now);
      return 1;
    }
    this.#open(source, now);
    // what these slots need was in the tables before they were committed
    this.#rows(source, now, hasKind(words, PAYLOAD, count, KIND.INSTRUMENT));
    this.#blocks.slots(count, this.#position);
    this.#atEvent = (words[PAYLOAD + ((count - 1) << 4)]! & LAST_IN_HEAD) !== 0;
    this.stats.slots += count;
    this.#moved(source, this.#position + count);
    return count;
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

  /** Slots from the position up to `next` are gone for ever. */
  #hole(source: JournalSource, next: number, reason: HoleReason, now: number): void {
    const hole = { first: this.#position, last: next - 1, reason };
    this.#open(source, now);
    this.#blocks.hole(hole);
    this.#atEvent = true;
    const slots = next - hole.first;
    this.stats.holes += 1;
    if (reason === "lapped") this.stats.lost += slots;
    source.gate.hole();
    this.#moved(source, next);
    this.#options.onHole(hole);
    this.#options.report(
      "error",
      reason === "lapped"
        ? `journal of ${this.lane}: expected to keep up, saw ${slots} slots written over before they were copied; the hole is in the journal`
        : `journal of ${this.lane}: expected the lane's region, saw a new one; its sequence goes on behind what the old one may have held`,
      { ...hole },
    );
  }

  #moved(source: JournalSource, position: number): void {
    this.#position = position;
    source.gate.copied(position);
    if (!this.stats.failing) return;
    this.stats.failing = false;
    this.#options.report("info", `journal of ${this.lane}: writes again`, { position });
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
      source.report(this.position, this.stats.lost);
    }
    if (now < due.tidy) return;
    due.tidy = now + TIDY_MS;
    this.#shelf.tidy(now);
  }

  /** The disk said no: what the lane has to say waits in its ring meanwhile. */
  #refused(error: unknown, now: number): void {
    this.stats.failing = true;
    this.stats.failures += 1;
    this.#due.retry = now + RETRY_MS;
    if (now < this.#due.alarm) return;
    this.#due.alarm = now + ALARM_MS;
    const seen = error instanceof Error ? error.message : String(error);
    this.#options.report(
      "error",
      `journal of ${this.lane}: expected to write to ${this.folder}, saw ${seen}; trying again, what the ring cannot hold meanwhile will be a hole`,
      { position: this.position, lag: this.lag },
    );
  }

  #checkSequence({ region, path }: RegionHandle): void {
    const { first, head, created } = region;
    if (this.#position < 0) return;
    const same =
      this.#session !== null &&
      toMicros(created.hi, created.lo) === toMicros(this.#session.hi, this.#session.lo);
    if (same ? head >= this.#position : first >= this.#position) return;
    throw new JournalError(
      "sequence",
      this.folder,
      `expected the region of ${this.lane} to go on at ${this.#position}, saw ${path ?? "it"} from ${first} to ${head}; ` +
        "start the lane with its journal, or move the journal away",
    );
  }
}
