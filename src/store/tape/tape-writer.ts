import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { indexHead, NOTHING_BEFORE, recordsHead, tellOf } from "./block.ts";
import type { Before, IndexEntry } from "./block.ts";
import { TAPE_VERSION, putTapeBlock, putTapeEnd, putTapeHead } from "../../log/index.ts";
import type { Stamp } from "../../log/index.ts";
import { padded } from "../../log/index.ts";
import type { Zstd } from "./zstd.ts";
import { halvesToText } from "../../model/index.ts";

const HOUR_NS = 3_600_000_000_000n;
/** Raw bytes of a block: enough for zstd to find what repeats, little enough to lose. */
const BLOCK_BYTES = 1 << 20;
export const TAPE_ENDING = ".fht";

export interface TapeWriterOptions {
  /** Of one lane; made when missing. */
  readonly dir: string;
  readonly session: Stamp;
  /** Of all segments in the folder, bytes; the oldest are deleted, the one being written never. */
  readonly maxBytes: number;
  /** A segment is ended at this size, bytes, and with the hour. */
  readonly segmentBytes: number;
  readonly zstd: Zstd;
  /** What the next segment says in front, JSON. */
  readonly describe: () => object;
  /** A segment was deleted for the budget. */
  readonly deleted?: (file: string) => void;
}

/** Appends whole records to segments. Throws what the file system throws; what was appended before stays readable. */
export class TapeWriter {
  readonly #options: TapeWriterOptions;
  #raw: Uint8Array = new Uint8Array(2 * BLOCK_BYTES);
  #size = 0;
  #before: Before = NOTHING_BEFORE;
  #file = -1;
  #path = "";
  #offset = 0;
  #hour = 0n;
  #part = 0;
  #index: IndexEntry[] = [];
  /** Raw bytes, and bytes in files, so far. */
  rawBytes = 0;
  bytes = 0;

  constructor(options: TapeWriterOptions) {
    this.#options = options;
    mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  }

  /** Takes records [start, end) of `bytes`. What throws has taken nothing of them, and may be tried again. */
  append(bytes: Uint8Array, start: number, end: number): void {
    const size = end - start;
    if (this.#size > 0 && this.#size + size > BLOCK_BYTES) this.flush();
    if (this.#size + size > this.#raw.length) this.#raw = grown(this.#raw, this.#size + size);
    this.#raw.set(bytes.subarray(start, end), this.#size);
    this.#size += size;
  }

  /** Everything that was appended is in the file. */
  flush(): void {
    if (this.#size === 0) return;
    const raw = this.#raw.subarray(0, this.#size);
    const told = tellOf(raw, this.#before);
    if (this.#file < 0 || this.#full(told.last)) this.#begin(told.first);
    const packed = this.#options.zstd.compress(raw);
    const head = recordsHead(told, raw, packed);
    const offset = this.#offset;
    this.#write(putTapeBlock(head, crc32), packed);
    this.#index.push({ offset, head });
    this.#before = { at: told.last, seq: told.lastSeq };
    this.rawBytes += raw.length;
    this.#size = 0;
  }

  /** What is flushed survives a loss of power. */
  sync(): void {
    if (this.#file >= 0) fdatasyncSync(this.#file);
  }

  close(): void {
    this.flush();
    this.#end();
  }

  #full(now: Stamp): boolean {
    return this.#offset >= this.#options.segmentBytes || hourOf(now) !== this.#hour;
  }

  #begin(first: Stamp): void {
    const { dir, session, describe } = this.#options;
    this.#end();
    const json = Buffer.from(JSON.stringify(describe()));
    const head = {
      version: TAPE_VERSION,
      jsonBytes: json.length,
      jsonCrc: crc32(json),
      session,
      part: this.#part,
    };
    [this.#path, this.#file] = create(dir, first);
    this.#part += 1;
    this.#offset = 0;
    this.#hour = hourOf(first);
    this.#index = [];
    try {
      this.#write(putTapeHead(head, crc32), json);
    } catch (error) {
      this.#discard();
      throw error;
    }
    this.#tidy();
  }

  /** The segment could not be begun: there is none. */
  #discard(): void {
    closeSync(this.#file);
    unlinkSync(this.#path);
    this.#file = -1;
    this.#part -= 1;
  }

  /** A head and what belongs to it, at once, padded. */
  #write(head: Uint8Array, payload: Uint8Array): void {
    const whole = Buffer.alloc(head.length + padded(payload.length));
    whole.set(head, 0);
    whole.set(payload, head.length);
    for (let at = 0; at < whole.length;)
      at += writeSync(this.#file, whole, at, whole.length - at, this.#offset + at);
    this.#offset += whole.length;
    this.bytes += whole.length;
  }

  #end(): void {
    if (this.#file < 0) return;
    const index = Buffer.from(JSON.stringify(this.#index));
    const at = this.#offset;
    this.#write(putTapeBlock(indexHead(index), crc32), index);
    this.#write(putTapeEnd(at), new Uint8Array(0));
    fdatasyncSync(this.#file);
    closeSync(this.#file);
    this.#file = -1;
  }

  /** Deletes the oldest segments until a full one more would still fit. */
  #tidy(): void {
    const { dir, maxBytes, segmentBytes, deleted } = this.#options;
    const files = tapeFiles(dir).map((path) => ({ path, size: statSync(path).size }));
    let sum = files.reduce((total, { size }) => total + size, segmentBytes);
    for (const { path, size } of files) {
      if (sum <= maxBytes || path === this.#path) return;
      unlinkSync(path);
      deleted?.(path);
      sum -= size;
    }
  }
}

/** Segments of a folder, the oldest first. */
export function tapeFiles(dir: string): string[] {
  const names = readdirSync(dir).filter((name) => name.endsWith(TAPE_ENDING));
  return names.toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1)).map((name) => join(dir, name));
}

/** Of a name that is taken (a clock without a finer step) the next ns is used. */
function create(dir: string, first: Stamp): [string, number] {
  for (let ns = BigInt(nanosOf(first)); ; ns++) {
    const path = join(dir, `${ns}${TAPE_ENDING}`);
    try {
      return [path, openSync(path, "wx", 0o600)];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** Decimal UNIX ns. */
export function nanosOf({ hi, lo }: Stamp): string {
  return halvesToText(hi, lo);
}

function hourOf(at: Stamp): bigint {
  return BigInt(nanosOf(at)) / HOUR_NS;
}

function grown(bytes: Uint8Array, size: number): Uint8Array {
  const more = new Uint8Array(Math.max(size, 2 * bytes.length));
  more.set(bytes);
  return more;
}
