import * as fs from "node:fs";
import { crc32 } from "node:zlib";
import {
  BLOCK_BYTES,
  BLOCK_CRC_BYTES,
  BLOCK_STEP,
  blockBytes,
  blockCount,
  blockFirst,
  blockTime,
  blockType,
  isBlockCrc,
  MAX_PAYLOAD,
  payloadWord,
  readSegmentHead,
  SEGMENT_BYTES,
  SEGMENT_CRC_BYTES,
  SlotViews,
} from "../../log/index.ts";
import type { SegmentHead } from "../../log/index.ts";
import { JournalError } from "./journal-error.ts";
import { systemProblem } from "./segment-list.ts";

/** Twice the longest block: how much of a file is in memory at a time. */
const WINDOW = 2 * MAX_PAYLOAD;

/** Memory for one reader at a time. */
export function makeWindow(): SlotViews {
  return SlotViews.make(WINDOW / 64);
}

/**
 * Reads one segment block by block. A block counts only whole and with its checksum, so a segment may be read while it
 * is being written: what is not there yet is tried again by the next call.
 */
export class SegmentReader {
  readonly path: string;
  readonly head: SegmentHead;
  /** The window as slots; `word` and `payload` are indexes into its `i32`. */
  readonly views: SlotViews;
  /** Of the block that `next` found; its payload begins at word `payload` of `views`. */
  type = 0;
  count = 0;
  first = 0;
  /** UNIX us. */
  time = 0;
  word = 0;
  payload = 0;
  /** Where the next block begins: everything before it was whole. */
  offset = SEGMENT_BYTES;
  /** Bytes that were passed over because they are no blocks. */
  damaged = 0;
  readonly #fd: number;
  /** What of the file is in the window: [start, end). */
  #start = 0;
  #end = 0;

  /** `views` is made by `makeWindow`. Throws JournalError for a file that is no segment of this version. */
  constructor(path: string, views = makeWindow()) {
    this.path = path;
    this.views = views;
    try {
      this.#fd = fs.openSync(path, "r");
    } catch (error) {
      throw systemProblem(path, error);
    }
    try {
      this.head = this.#readHead();
    } catch (error) {
      fs.closeSync(this.#fd);
      throw systemProblem(path, error);
    }
  }

  /** Bytes of the file now. */
  get size(): number {
    return fs.fstatSync(this.#fd).size;
  }

  /** Steps to the next block: true when there is a whole one. */
  next(): boolean {
    const bytes = this.#blockAt(this.offset);
    if (bytes < 0) {
      this.#end = this.#start; // it may be the half of a write: the next look reads it again
      return false;
    }
    const words = this.views.i32;
    this.type = blockType(words, this.word);
    this.count = blockCount(words, this.word);
    this.first = blockFirst(words, this.word);
    this.time = blockTime(words, this.word);
    this.payload = payloadWord(this.word);
    this.offset += bytes;
    return true;
  }

  /** Is there a whole block to be read? Does not step to it. */
  more(): boolean {
    this.#end = this.#start;
    return this.#blockAt(this.offset) >= 0;
  }

  /** After `next` said no and nothing more will be written: goes to the next whole block behind what is damaged, if there is one. */
  resync(): boolean {
    const size = this.size;
    for (let at = this.offset + BLOCK_STEP; at + BLOCK_BYTES <= size; at += BLOCK_STEP) {
      if (this.#blockAt(at) < 0) continue;
      this.damaged += at - this.offset;
      this.offset = at;
      return true;
    }
    return false;
  }

  close(): void {
    fs.closeSync(this.#fd);
  }

  #readHead(): SegmentHead {
    if (!this.#hold(0, SEGMENT_BYTES))
      throw new JournalError(
        "foreign",
        this.path,
        `expected ${SEGMENT_BYTES} bytes at least, saw ${this.size}`,
      );
    const head = readSegmentHead(this.views.i32, crc32(this.views.u8.subarray(0, SEGMENT_CRC_BYTES)));
    if ("code" in head) throw new JournalError(head.code, this.path, head.message);
    return head;
  }

  /** Bytes of the whole block at this offset, its head then at `word`; -1 when there is none. */
  #blockAt(offset: number): number {
    if (!this.#hold(offset, BLOCK_BYTES)) return -1;
    const bytes = blockBytes(this.views.i32, (offset - this.#start) / 4);
    if (bytes < 0 || !this.#hold(offset, bytes)) return -1;
    const at = offset - this.#start;
    const { u8, i32 } = this.views;
    const crc = crc32(
      u8.subarray(at + BLOCK_BYTES, at + bytes),
      crc32(u8.subarray(at, at + BLOCK_CRC_BYTES)),
    );
    if (!isBlockCrc(i32, at / 4, crc)) return -1;
    this.word = at / 4;
    return bytes;
  }

  /** Brings [offset, offset + bytes) of the file into the window; false when the file ends before. */
  #hold(offset: number, bytes: number): boolean {
    if (offset >= this.#start && offset + bytes <= this.#end) return true;
    const { u8 } = this.views;
    this.#start = offset;
    this.#end = offset;
    while (this.#end - offset < bytes) {
      const read = fs.readSync(this.#fd, u8, this.#end - offset, WINDOW - (this.#end - offset), this.#end);
      if (read === 0) return false;
      this.#end += read;
    }
    return true;
  }
}
