/**
 * A segment of a tape (`<UNIX ns of its first record>.fht`), little endian:
 *
 *     file   64 bytes of head, JSON padded to 8, blocks, an index, 16 bytes of end (offset of the index, ENDS)
 *     block  64 bytes of head, payload padded to 8
 *
 * Each head ends with its own CRC-32, and holds that of what follows it.
 */
export const TAPE_FILE_HEAD = 64;
export const TAPE_BLOCK_HEAD = 64;
export const TAPE_FILE_END = 16;
export const TAPE_VERSION = 1;

/** "FHTAPE", "FHTB", "FHTEND" as bytes of numbers. */
const MAGIC = [0x41544846, 0x00004550] as const;
const BLOCK_MAGIC = 0x42544846;
const ENDS = [0x45544846, 0x0000444e] as const;

export const TAPE_BLOCK = { RECORDS: 1, INDEX: 2 } as const;
export const TAPE_CODEC = { NONE: 0, ZSTD: 1 } as const;

/** CRC-32 of bytes, as of zlib. */
export type Crc32 = (bytes: Uint8Array) => number;

/** UNIX ns as halves. */
export interface Stamp {
  readonly hi: number;
  readonly lo: number;
}

export interface TapeFileHead {
  readonly version: number;
  readonly jsonBytes: number;
  readonly jsonCrc: number;
  /** When the lane began whose tape this is: UNIX ns, the same in all of its segments. */
  readonly session: Stamp;
  /** Of the session's segments, from 0. */
  readonly part: number;
}

export interface TapeBlockHead {
  readonly type: number;
  readonly codec: number;
  readonly rawBytes: number;
  readonly bytes: number;
  readonly records: number;
  readonly frames: number;
  readonly first: Stamp;
  readonly last: Stamp;
  /** Slots committed ever when it began and ended, as far as the tape says. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly crc: number;
}

export function putTapeHead(head: TapeFileHead, crc32: Crc32): Uint8Array {
  const view = new DataView(new ArrayBuffer(TAPE_FILE_HEAD));
  view.setUint32(0, MAGIC[0], true);
  view.setUint32(4, MAGIC[1], true);
  view.setUint32(8, head.version, true);
  view.setUint32(12, head.jsonBytes, true);
  putStamp(view, 16, head.session);
  view.setUint32(24, head.part, true);
  view.setUint32(28, head.jsonCrc, true);
  return sealed(view, crc32);
}

/** Null where no tape begins. */
export function readTapeHead(bytes: Uint8Array, crc32: Crc32): TapeFileHead | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ours =
    bytes.length >= TAPE_FILE_HEAD &&
    view.getUint32(0, true) === MAGIC[0] &&
    view.getUint32(4, true) === MAGIC[1];
  if (!ours || !whole(bytes, crc32)) return null;
  return {
    version: view.getUint32(8, true),
    jsonBytes: view.getUint32(12, true),
    session: stampAt(view, 16),
    part: view.getUint32(24, true),
    jsonCrc: view.getUint32(28, true),
  };
}

export function putTapeBlock(head: TapeBlockHead, crc32: Crc32): Uint8Array {
  const view = new DataView(new ArrayBuffer(TAPE_BLOCK_HEAD));
  view.setUint32(0, BLOCK_MAGIC, true);
  view.setUint8(4, head.type);
  view.setUint8(5, head.codec);
  view.setUint32(8, head.rawBytes, true);
  view.setUint32(12, head.bytes, true);
  view.setUint32(16, head.records, true);
  view.setUint32(20, head.frames, true);
  putStamp(view, 24, head.first);
  putStamp(view, 32, head.last);
  putSeq(view, 40, head.firstSeq);
  putSeq(view, 48, head.lastSeq);
  view.setUint32(56, head.crc, true);
  return sealed(view, crc32);
}

/** Null where no block begins. */
export function readTapeBlock(bytes: Uint8Array, crc32: Crc32): TapeBlockHead | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < TAPE_BLOCK_HEAD || view.getUint32(0, true) !== BLOCK_MAGIC || !whole(bytes, crc32))
    return null;
  return {
    type: view.getUint8(4),
    codec: view.getUint8(5),
    rawBytes: view.getUint32(8, true),
    bytes: view.getUint32(12, true),
    records: view.getUint32(16, true),
    frames: view.getUint32(20, true),
    first: stampAt(view, 24),
    last: stampAt(view, 32),
    firstSeq: seqAt(view, 40),
    lastSeq: seqAt(view, 48),
    crc: view.getUint32(56, true),
  };
}

/** Where a block may begin in `bytes`, from `from` on, in steps of eight; -1 = nowhere. */
export function findTapeBlock(bytes: Uint8Array, from: number, crc32: Crc32): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = from; at + TAPE_BLOCK_HEAD <= bytes.length; at += 8)
    if (view.getUint32(at, true) === BLOCK_MAGIC && whole(bytes.subarray(at, at + TAPE_BLOCK_HEAD), crc32))
      return at;
  return -1;
}

export function putTapeEnd(index: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(TAPE_FILE_END));
  putSeq(view, 0, index);
  view.setUint32(8, ENDS[0], true);
  view.setUint32(12, ENDS[1], true);
  return new Uint8Array(view.buffer);
}

/** Offset of the index; -1 where the file was not ended. */
export function readTapeEnd(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ended =
    bytes.length === TAPE_FILE_END &&
    view.getUint32(8, true) === ENDS[0] &&
    view.getUint32(12, true) === ENDS[1];
  return ended ? seqAt(view, 0) : -1;
}

/** With the CRC of everything before it in the last word of 64 bytes. */
function sealed(view: DataView, crc32: Crc32): Uint8Array {
  const bytes = new Uint8Array(view.buffer);
  view.setUint32(60, crc32(bytes.subarray(0, 60)), true);
  return bytes;
}

function whole(bytes: Uint8Array, crc32: Crc32): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(60, true) === crc32(bytes.subarray(0, 60));
}

function putStamp(view: DataView, at: number, { lo, hi }: Stamp): void {
  view.setInt32(at, lo, true);
  view.setInt32(at + 4, hi, true);
}

function stampAt(view: DataView, at: number): Stamp {
  return { lo: view.getInt32(at, true), hi: view.getInt32(at + 4, true) };
}

function putSeq(view: DataView, at: number, seq: number): void {
  view.setFloat64(at, seq, true);
}

function seqAt(view: DataView, at: number): number {
  return view.getFloat64(at, true);
}
