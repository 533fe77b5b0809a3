import {
  BLOCK_BYTES,
  BLOCK_TYPE,
  MAX_BLOCK_INSTRUMENTS,
  MAX_PAYLOAD,
  payloadWord,
  putBlockHead,
  putHole,
} from "../../log/index.ts";
import type { RowTap } from "../../log/index.ts";
import type { Nanos } from "../../model/index.ts";
import { wallClock } from "../region.ts";
import { HOLE_REASONS } from "./hole.ts";
import type { Hole } from "./hole.ts";
import type { SegmentShelf } from "./segment-shelf.ts";
import { SegmentWriter } from "./segment-writer.ts";
import type { Syncer } from "./syncer.ts";

const HOUR_MS = 3_600_000;
/** Venue rows at a time. */
const FEW_VENUES = 256;

/** Puts blocks into segments, one segment after the other. What throws has written nothing but whole blocks. */
export class BlockWriter {
  /** A block of slots; its payload begins at word `payloadWord(0)`. */
  readonly words = new Int32Array((BLOCK_BYTES + MAX_PAYLOAD) / 4);
  /** Any other block. */
  readonly #other = new Int32Array((BLOCK_BYTES + MAX_PAYLOAD) / 4);
  file: SegmentWriter | null = null;
  readonly #lane: string;
  readonly #segmentBytes: number;
  readonly #shelf: SegmentShelf;
  readonly #sync: Syncer;

  constructor(lane: string, segmentBytes: number, shelf: SegmentShelf, sync: Syncer) {
    this.#lane = lane;
    this.#segmentBytes = segmentBytes;
    this.#shelf = shelf;
    this.#sync = sync;
  }

  /** Readies a segment to take what begins at `position`; true when it is a new one, which has no rows yet. */
  open(position: number, session: Nanos, atEvent: boolean, mayRoll: boolean, now: number): boolean {
    const hour = Math.floor(now / HOUR_MS);
    const { file } = this;
    if (file !== null && mayRoll && atEvent && (file.size >= this.#segmentBytes || file.hour !== hour))
      this.retire(position);
    if (this.file !== null) return false;
    const head = { lane: this.#lane, session, first: position, created: wallClock(), begins: atEvent };
    this.file = new SegmentWriter(this.#shelf.folder, head, hour);
    this.#shelf.put(this.file.path, position, now);
    this.#sync.made();
    return true;
  }

  /** The next block begins a segment; `position` is what it begins with. */
  retire(position: number): void {
    const { file } = this;
    this.file = null;
    if (file === null) return;
    if (file.first !== position) return this.#sync.retire(file);
    file.close();
    this.#shelf.drop();
  }

  /** Rows that have changed, as blocks. After a throw `tap.forget()` is due. */
  rows(tap: RowTap, position: number): void {
    const at = payloadWord(0);
    const words = this.#other;
    for (let count = MAX_BLOCK_INSTRUMENTS; count === MAX_BLOCK_INSTRUMENTS;) {
      count = tap.instruments(words, at, MAX_BLOCK_INSTRUMENTS);
      if (count > 0) this.#put(words, BLOCK_TYPE.INSTRUMENTS, count, position);
    }
    const venues = tap.venues(words, at, FEW_VENUES);
    if (venues > 0) this.#put(words, BLOCK_TYPE.VENUES, venues, position);
  }

  /** `count` slots that stand in `words` as payload, with room for a head before it. */
  slots(words: Int32Array<ArrayBuffer>, count: number, first: number): void {
    this.#put(words, BLOCK_TYPE.SLOTS, count, first);
  }

  hole({ first, last, reason }: Hole): void {
    putHole(this.#other, payloadWord(0), last, HOLE_REASONS.indexOf(reason));
    this.#put(this.#other, BLOCK_TYPE.HOLE, 1, first);
  }

  /** Nothing was committed behind `position`. */
  end(position: number): void {
    this.#put(this.#other, BLOCK_TYPE.END, 1, position);
  }

  #put(words: Int32Array<ArrayBuffer>, type: number, count: number, first: number): void {
    const bytes = putBlockHead(words, 0, type, count, first, wallClock());
    this.file!.append(words, bytes);
    this.#shelf.grown(this.file!.size, Date.now());
  }
}
