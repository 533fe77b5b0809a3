import { BLOCK_TYPE, holeLast, slotsToLast } from "../../log/index.ts";
import { SegmentReader } from "./segment-reader.ts";

/** What stands in a segment, from one look at all of it. */
export interface SegmentEnd {
  readonly first: number;
  /** Next sequence behind its last block. */
  readonly next: number;
  /** The journal was closed in order: nothing was committed behind `next`. */
  readonly closed: boolean;
  /** `created` of its region, UNIX ns. */
  readonly session: { readonly lo: number; readonly hi: number };
  readonly lane: string;
  /** Bytes up to behind the last whole block, of the file, and of what lies between blocks and is none. */
  readonly whole: number;
  readonly size: number;
  readonly damaged: number;
  /** UNIX us of the last block; 0 without one. */
  readonly time: number;
  readonly slots: number;
  /** Its last slot ends an event. */
  readonly atEvent: boolean;
  readonly holes: number;
}

/** Reads a segment to its end. Throws JournalError for a file that is none. */
export function segmentEnd(path: string): SegmentEnd {
  const reader = new SegmentReader(path);
  try {
    return scan(reader);
  } finally {
    reader.close();
  }
}

function scan(reader: SegmentReader): SegmentEnd {
  const { head } = reader;
  let next = head.first;
  let closed = false;
  let time = 0;
  let slots = 0;
  let holes = 0;
  let atEvent = head.begins;
  while (reader.next() || reader.resync()) {
    if (reader.type === BLOCK_TYPE.SLOTS) {
      slots += reader.count;
      next = reader.first + reader.count;
      atEvent = slotsToLast(reader.views.i32, reader.payload + ((reader.count - 1) << 4), 1) > 0;
    }
    if (reader.type === BLOCK_TYPE.HOLE) {
      atEvent = true;
      next = holeLast(reader.views.i32, reader.word) + 1;
      holes += 1;
    }
    closed = reader.type === BLOCK_TYPE.END;
    time = reader.time;
  }
  return {
    first: head.first,
    next,
    closed,
    session: head.session,
    lane: head.lane,
    whole: reader.offset,
    size: reader.size,
    damaged: reader.damaged,
    time,
    slots,
    atEvent,
    holes,
  };
}
