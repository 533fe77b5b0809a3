import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { crc32 } from "node:zlib";
import type { IndexEntry } from "./block.ts";
import {
  TAPE_BLOCK,
  TAPE_BLOCK_HEAD,
  TAPE_CODEC,
  TAPE_FILE_END,
  TAPE_FILE_HEAD,
  TAPE_VERSION,
  findTapeBlock,
  readTapeBlock,
  readTapeEnd,
  readTapeHead,
} from "../../log/index.ts";
import type { TapeBlockHead, TapeFileHead } from "../../log/index.ts";
import { padded } from "../../log/index.ts";
import { TapeError } from "./tape-error.ts";
import type { Zstd } from "./zstd.ts";

/** Larger blocks and descriptions are not ours: a ring of a tape has at most a gigabyte. */
const MAX_BYTES = 1 << 30;
/** Bytes searched at once for the next block behind a damaged one. */
const WINDOW = 1 << 20;

/** A block of records, or in words what stands where one should. */
export type Found = IndexEntry | { readonly damage: string };

/** One segment of a tape, open for reading. */
export class Segment {
  readonly path: string;
  readonly head: TapeFileHead;
  /** What its writer said in front. */
  readonly about: unknown;
  readonly size: number;
  readonly #file: number;
  readonly #first: number;

  private constructor(path: string, file: number) {
    this.path = path;
    this.#file = file;
    this.size = fstatSync(file).size;
    const head = readTapeHead(this.#at(0, TAPE_FILE_HEAD), crc32);
    if (head === null)
      throw new TapeError(path, 'expected a tape (it begins with "FHTAPE"), saw something else');
    if (head.version !== TAPE_VERSION)
      throw new TapeError(
        path,
        `expected version ${TAPE_VERSION} of a tape, saw ${head.version}; use the feedhorn that wrote it`,
      );
    this.head = head;
    const json = this.#at(TAPE_FILE_HEAD, head.jsonBytes);
    if (json.length < head.jsonBytes || crc32(json) !== head.jsonCrc)
      throw new TapeError(path, "its description is damaged, so nobody knows whose tape it is");
    this.about = JSON.parse(Buffer.from(json).toString());
    this.#first = TAPE_FILE_HEAD + padded(head.jsonBytes);
  }

  /** Throws TapeError for a file that is no tape, and what the file system throws. */
  static open(path: string): Segment {
    const file = openSync(path, "r");
    try {
      return new Segment(path, file);
    } catch (error) {
      closeSync(file);
      throw error;
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  /** By the index, or where there is none by looking for them. */
  list(): readonly Found[] {
    return this.#index() ?? this.#scan();
  }

  /** The records of a block. Throws TapeError when they are damaged. */
  read({ offset, head }: IndexEntry, zstd: Zstd): Uint8Array {
    const packed = this.#at(offset + TAPE_BLOCK_HEAD, head.bytes);
    if (packed.length < head.bytes || crc32(packed) !== head.crc)
      throw new TapeError(this.path, `the block at byte ${offset} is damaged`);
    const raw = head.codec === TAPE_CODEC.NONE ? packed : zstd.decompress(packed, head.rawBytes);
    if (raw.length !== head.rawBytes)
      throw new TapeError(
        this.path,
        `the block at byte ${offset}: expected ${head.rawBytes} bytes of records, saw ${raw.length}`,
      );
    return raw;
  }

  #index(): IndexEntry[] | null {
    const at = readTapeEnd(this.#at(Math.max(0, this.size - TAPE_FILE_END), TAPE_FILE_END));
    const head = at < 0 ? null : this.#blockAt(at);
    if (head?.type !== TAPE_BLOCK.INDEX) return null;
    const payload = this.#at(at + TAPE_BLOCK_HEAD, head.bytes);
    return crc32(payload) === head.crc ? (JSON.parse(Buffer.from(payload).toString()) as IndexEntry[]) : null;
  }

  #blockAt(offset: number): TapeBlockHead | null {
    const head = readTapeBlock(this.#at(offset, TAPE_BLOCK_HEAD), crc32);
    return head === null || head.bytes > MAX_BYTES || head.rawBytes > MAX_BYTES ? null : head;
  }

  #scan(): Found[] {
    const found: Found[] = [];
    let at = this.#first;
    while (at < this.size) {
      const head = this.#blockAt(at);
      if (head === null) {
        const next = this.#find(at + 8);
        const where = next < 0 ? `cut at byte ${at} of ${this.size}` : `no block at bytes ${at} to ${next}`;
        found.push({ damage: where });
        if (next < 0) break;
        at = next;
        continue;
      }
      const end = at + TAPE_BLOCK_HEAD + padded(head.bytes);
      if (end > this.size) found.push({ damage: `cut in the block at byte ${at}` });
      else if (head.type === TAPE_BLOCK.RECORDS) found.push({ offset: at, head });
      else if (head.type === TAPE_BLOCK.INDEX) break;
      at = end;
    }
    return found;
  }

  #find(from: number): number {
    for (let at = from; at + TAPE_BLOCK_HEAD <= this.size; at += WINDOW) {
      const found = findTapeBlock(this.#at(at, WINDOW + TAPE_BLOCK_HEAD), 0, crc32);
      if (found >= 0) return at + found;
    }
    return -1;
  }

  /** Bytes from an offset; fewer where the file ends. */
  #at(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size - offset)));
    let got = 0;
    while (got < bytes.length) {
      const count = readSync(this.#file, bytes, got, bytes.length - got, offset + got);
      if (count === 0) break;
      got += count;
    }
    return got === bytes.length ? bytes : bytes.subarray(0, got);
  }
}
