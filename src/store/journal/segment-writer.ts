import * as fs from "node:fs";
import { crc32 } from "node:zlib";
import {
  BLOCK_BYTES,
  BLOCK_CRC_BYTES,
  putBlockCrc,
  putSegmentCrc,
  putSegmentHead,
  SEGMENT_BYTES,
  SEGMENT_CRC_BYTES,
} from "../../log/index.ts";
import type { SegmentHead } from "../../log/index.ts";
import { segmentPath } from "./segment-list.ts";

/** The file that a journal appends to. A write that fails leaves only whole blocks behind. */
export class SegmentWriter {
  readonly path: string;
  readonly fd: number;
  readonly first: number;
  /** Hour of UTC in which it was begun, since 1970. */
  readonly hour: number;
  /** Bytes of whole blocks, the header included. */
  size = 0;

  /** Makes the file; throws what the file system says, and then there is none. */
  constructor(folder: string, head: SegmentHead, hour: number) {
    this.path = segmentPath(folder, head.first);
    this.first = head.first;
    this.hour = hour;
    this.fd = fs.openSync(this.path, "wx");
    try {
      this.#append(headerBytes(head), SEGMENT_BYTES);
    } catch (error) {
      fs.closeSync(this.fd);
      fs.rmSync(this.path, { force: true });
      throw error;
    }
  }

  /** Appends a block whose head stands at the start of `words`, `bytes` in all. */
  append(words: Int32Array<ArrayBuffer>, bytes: number): void {
    const u8 = new Uint8Array(words.buffer, words.byteOffset, bytes);
    putBlockCrc(words, 0, crc32(u8.subarray(BLOCK_BYTES), crc32(u8.subarray(0, BLOCK_CRC_BYTES))));
    this.#append(u8, bytes);
  }

  close(): void {
    fs.closeSync(this.fd);
  }

  #append(bytes: Uint8Array, length: number): void {
    try {
      for (let done = 0; done < length;)
        done += fs.writeSync(this.fd, bytes, done, length - done, this.size + done);
    } catch (error) {
      cut(this.fd, this.size);
      throw error;
    }
    this.size += length;
  }
}

function headerBytes(head: SegmentHead): Uint8Array {
  const words = new Int32Array(SEGMENT_BYTES / 4);
  const bytes = new Uint8Array(words.buffer);
  putSegmentHead(words, head);
  putSegmentCrc(words, crc32(bytes.subarray(0, SEGMENT_CRC_BYTES)));
  return bytes;
}

/** Back to whole blocks. Should that fail too, the torn block is seen by its checksum. */
function cut(fd: number, size: number): void {
  try {
    fs.ftruncateSync(fd, size);
  } catch {
    // the cause is on its way to the caller
  }
}
