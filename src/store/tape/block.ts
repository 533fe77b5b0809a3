import { TAPE_BLOCK, TAPE_CODEC } from "../../log/index.ts";
import type { TapeBlockHead, Stamp } from "../../log/index.ts";
import { RECORD, RecordCursor } from "../../log/index.ts";
import { crc32 } from "node:zlib";

const NO_TIME: Stamp = { hi: 0, lo: 0 };

/** What a run of blocks says in front of them: taken over from one block to the next. */
export interface Before {
  readonly at: Stamp;
  readonly seq: number;
}

export const NOTHING_BEFORE: Before = { at: NO_TIME, seq: 0 };

/** The head of a block over raw records, without what is only known when they are packed. */
export type Told = Pick<TapeBlockHead, "records" | "frames" | "first" | "last" | "firstSeq" | "lastSeq">;

/** Counts what stands in `raw`, and from when to when it is. */
export function tellOf(raw: Uint8Array, before: Before): Told {
  const cursor = new RecordCursor(raw);
  let [records, frames, lastSeq] = [0, 0, before.seq];
  let [first, last]: [Stamp | null, Stamp] = [null, before.at];
  while (cursor.next()) {
    records += 1;
    if (cursor.kind === RECORD.FRAME || cursor.kind === RECORD.LARGE) frames += 1;
    else if (cursor.kind === RECORD.REACHED) lastSeq = cursor.f64();
    else if (cursor.kind === RECORD.CLOCK) {
      last = { lo: cursor.lo(1), hi: cursor.hi(1) };
      first ??= last;
    }
  }
  return { records, frames, first: first ?? last, last, firstSeq: before.seq, lastSeq };
}

export function recordsHead(told: Told, raw: Uint8Array, packed: Uint8Array): TapeBlockHead {
  return {
    ...told,
    type: TAPE_BLOCK.RECORDS,
    codec: packed === raw ? TAPE_CODEC.NONE : TAPE_CODEC.ZSTD,
    rawBytes: raw.length,
    bytes: packed.length,
    crc: crc32(packed),
  };
}

/** The index: JSON of where each block of records begins, and its head. */
export interface IndexEntry {
  readonly offset: number;
  readonly head: TapeBlockHead;
}

export function indexHead(payload: Uint8Array): TapeBlockHead {
  return {
    type: TAPE_BLOCK.INDEX,
    codec: TAPE_CODEC.NONE,
    rawBytes: payload.length,
    bytes: payload.length,
    records: 0,
    frames: 0,
    first: NO_TIME,
    last: NO_TIME,
    firstSeq: 0,
    lastSeq: 0,
    crc: crc32(payload),
  };
}
