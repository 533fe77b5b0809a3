import { toMicros } from "../model/index.ts";
import type { Nanos } from "../model/index.ts";
import {
  BODIES,
  INSTRUMENT_ROW,
  IV_POINT,
  IV_SURFACE,
  OPTION_GREEKS,
  OPTION_VOLATILITY,
  SLOT,
  SLOT_BYTES,
  SPOT_MID,
  SPOT_SOURCE,
  VENUE_ROW,
} from "./layout.ts";
import { canonicalText, hashText, record } from "./record.ts";
import type { RecordLayout } from "./record.ts";
import { putRowText, rowText } from "./row-text.ts";

/**
 * The bytes of a journal. A segment is one file: a header, then blocks one after the other, each a head and a payload whose
 * size is a multiple of eight. Little-endian, unnamed bytes zero. Every byte is under a CRC-32 (the one of zlib). A segment is
 * readable alone: rows come before the first slots that need them.
 */
export const JOURNAL_VERSION = 1;
const SEGMENT_MAGIC = "FHJOURNL";
const BLOCK_MAGIC = 0x4b424846; // "FHBK"
const LANE_SIZE = 64;
const WORD_RANGE = 4294967296;

export const SEGMENT = record(
  "segment",
  "Start of a segment.",
  { size: 128 },
  {
    magic: ["char[8]", "FHJOURNL"],
    version: ["u32", "JOURNAL_VERSION"],
    hash: ["u32", "of the records that blocks are made of: slots, instrument and venue rows"],
    lane: ["char[64]", "name of the lane"],
    session: ["i64", "`created` of the region that its slots come from, UNIX ns"],
    first: ["u64", "sequence of the first slot, as in the name of the file"],
    created: ["i64", "when the segment was begun, UNIX ns"],
    begins: ["u32", "1 = its first slot begins an event"],
    crc: ["u32", "CRC-32 of the bytes before it", 124],
  },
);

export const BLOCK = record(
  "block",
  "Head of a block; its payload follows.",
  { size: 40 },
  {
    magic: ["u32", "FHBK"],
    type: ["u32", "1 slots, 2 instrument rows, 3 venue rows, 4 hole, 5 end"],
    count: ["u32", "slots or rows; 1 for a hole and an end"],
    bytes: ["u32", "of the payload"],
    first: ["u64", "sequence of the first slot; of the first one missing; of the next one"],
    time: ["i64", "when it was written, UNIX ns"],
    crc: ["u32", "CRC-32 of the head before it, then of the payload", 36],
  },
);

export const HOLE = record(
  "hole",
  "Payload of a hole.",
  { size: 16 },
  {
    last: ["u64", "sequence of the last slot missing"],
    reason: ["u32", "1 lapped, 2 region_gone, 3 deleted, 4 damaged"],
  },
);

export const SEGMENT_RECORDS = [SEGMENT, BLOCK, HOLE] as const;

const WITHOUT_DERIVED: readonly RecordLayout[] = [
  SLOT,
  ...BODIES.filter((body) => body !== null).filter((body) => body !== SPOT_MID && body !== IV_SURFACE),
  OPTION_VOLATILITY,
  OPTION_GREEKS,
  INSTRUMENT_ROW,
  VENUE_ROW,
  ...SEGMENT_RECORDS,
];

/** Changes with a field of what blocks hold, and only then: other changes of the layout leave journals readable. */
export const SEGMENT_HASH = hashText(
  canonicalText([...WITHOUT_DERIVED, SPOT_MID, SPOT_SOURCE, IV_SURFACE, IV_POINT]),
);
/** And those of earlier versions, whose slots are read as ever: without the derived kinds (layout 4). */
const READABLE = new Set([SEGMENT_HASH, hashText(canonicalText(WITHOUT_DERIVED))]);

export const BLOCK_TYPE = { SLOTS: 1, INSTRUMENTS: 2, VENUES: 3, HOLE: 4, END: 5 } as const;
/** Payload bytes of one of what `count` counts, by type. */
const UNIT_BYTES = [0, SLOT_BYTES, INSTRUMENT_ROW.size, VENUE_ROW.size, HOLE.size, 0] as const;
/** Longest payload: what a reader must be able to hold. */
export const MAX_PAYLOAD = 262144;
export const MAX_BLOCK_SLOTS = MAX_PAYLOAD / SLOT_BYTES;
export const MAX_BLOCK_INSTRUMENTS = MAX_PAYLOAD / INSTRUMENT_ROW.size;
/** Bytes of a segment's header and of a block's head, and how many of them its CRC covers. */
export const SEGMENT_BYTES = SEGMENT.size;
export const SEGMENT_CRC_BYTES = SEGMENT.at.crc;
export const BLOCK_BYTES = BLOCK.size;
export const BLOCK_CRC_BYTES = BLOCK.at.crc;
/** Blocks begin at multiples of this. */
export const BLOCK_STEP = 8;

export interface SegmentHead {
  readonly lane: string;
  /** UNIX ns. */
  readonly session: Nanos;
  readonly first: number;
  /** UNIX ns. */
  readonly created: Nanos;
  /** Its first slot begins an event. */
  readonly begins: boolean;
}

/** What a header is instead of one that can be read, or what it says. */
export type SegmentProblem = {
  readonly code: "foreign" | "version" | "layout" | "damaged";
  readonly message: string;
};

/** Fills SEGMENT_BYTES zeroed bytes but for the CRC. */
export function putSegmentHead(words: Int32Array, head: SegmentHead): void {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, SEGMENT.size);
  putRowText(bytes, SEGMENT.at.magic, SEGMENT_MAGIC.length, SEGMENT_MAGIC);
  words[SEGMENT.at.version / 4] = JOURNAL_VERSION;
  words[SEGMENT.at.hash / 4] = SEGMENT_HASH;
  putRowText(bytes, SEGMENT.at.lane, LANE_SIZE, head.lane);
  putNanosAt(words, SEGMENT.at.session / 4, head.session);
  putLong(words, SEGMENT.at.first / 4, head.first);
  putNanosAt(words, SEGMENT.at.created / 4, head.created);
  words[SEGMENT.at.begins / 4] = head.begins ? 1 : 0;
}

export function putSegmentCrc(words: Int32Array, crc: number): void {
  words[SEGMENT.at.crc / 4] = crc;
}

/** `crc` is that of the first SEGMENT_CRC_BYTES bytes of `words`. */
export function readSegmentHead(words: Int32Array, crc: number): SegmentHead | SegmentProblem {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, SEGMENT.size);
  const magic = rowText(bytes, SEGMENT.at.magic, SEGMENT_MAGIC.length);
  if (magic !== SEGMENT_MAGIC)
    return problem("foreign", `a file that begins with ${SEGMENT_MAGIC}`, "another");
  if (words[SEGMENT.at.crc / 4] !== (crc | 0))
    return problem("damaged", "the checksum of the header", "another one");
  const version = words[SEGMENT.at.version / 4]!;
  if (version !== JOURNAL_VERSION)
    return problem("version", `journal version ${JOURNAL_VERSION}`, `${version}`);
  const hash = words[SEGMENT.at.hash / 4]! >>> 0;
  if (!READABLE.has(hash)) return problem("layout", `record hash ${SEGMENT_HASH}`, `${hash}`);
  return {
    lane: rowText(bytes, SEGMENT.at.lane, LANE_SIZE),
    session: nanosAt(words, SEGMENT.at.session / 4),
    first: longAt(words, SEGMENT.at.first / 4),
    created: nanosAt(words, SEGMENT.at.created / 4),
    begins: words[SEGMENT.at.begins / 4] === 1,
  };
}

function problem(code: SegmentProblem["code"], expected: string, seen: string): SegmentProblem {
  return { code, message: `expected ${expected}, saw ${seen}` };
}

/** Writes a block's head at word `w` but for the CRC; returns the bytes of head and payload. */
export function putBlockHead(
  words: Int32Array,
  w: number,
  type: number,
  count: number,
  first: number,
  now: Nanos,
): number {
  const bytes = count * UNIT_BYTES[type]!;
  words.fill(0, w, w + BLOCK.size / 4);
  words[w + BLOCK.at.magic / 4] = BLOCK_MAGIC;
  words[w + BLOCK.at.type / 4] = type;
  words[w + BLOCK.at.count / 4] = count;
  words[w + BLOCK.at.bytes / 4] = bytes;
  putLong(words, w + BLOCK.at.first / 4, first);
  putNanosAt(words, w + BLOCK.at.time / 4, now);
  return BLOCK.size + bytes;
}

export function putBlockCrc(words: Int32Array, w: number, crc: number): void {
  words[w + BLOCK.at.crc / 4] = crc;
}

/** Payload of a hole, at word `w` behind its head. */
export function putHole(words: Int32Array, w: number, last: number, reason: number): void {
  words.fill(0, w, w + HOLE.size / 4);
  putLong(words, w + HOLE.at.last / 4, last);
  words[w + HOLE.at.reason / 4] = reason;
}

/** Bytes of the block whose head may stand at word `w`, head and payload; -1 when none can. Its CRC is not looked at. */
export function blockBytes(words: Int32Array, w: number): number {
  if (words[w + BLOCK.at.magic / 4] !== BLOCK_MAGIC) return -1;
  const unit = UNIT_BYTES[blockType(words, w)];
  const count = blockCount(words, w);
  const bytes = words[w + BLOCK.at.bytes / 4]! >>> 0;
  if (unit === undefined || bytes !== count * unit || bytes > MAX_PAYLOAD) return -1;
  return BLOCK.size + bytes;
}

/** `crc` is that of the head before the stored one and of the payload. */
export function isBlockCrc(words: Int32Array, w: number, crc: number): boolean {
  return words[w + BLOCK.at.crc / 4] === (crc | 0);
}

export function blockType(words: Int32Array, w: number): number {
  return words[w + BLOCK.at.type / 4]! >>> 0;
}

export function blockCount(words: Int32Array, w: number): number {
  return words[w + BLOCK.at.count / 4]! >>> 0;
}

export function blockFirst(words: Int32Array, w: number): number {
  return longAt(words, w + BLOCK.at.first / 4);
}

/** UNIX us. */
export function blockTime(words: Int32Array, w: number): number {
  const at = w + BLOCK.at.time / 4;
  return toMicros(words[at + 1]!, words[at]!);
}

/** First word of the payload of the block at word `w`. */
export function payloadWord(w: number): number {
  return w + BLOCK.size / 4;
}

export function holeLast(words: Int32Array, w: number): number {
  return longAt(words, payloadWord(w) + HOLE.at.last / 4);
}

export function holeReason(words: Int32Array, w: number): number {
  return words[payloadWord(w) + HOLE.at.reason / 4]! >>> 0;
}

function putLong(words: Int32Array, w: number, value: number): void {
  words[w] = value | 0;
  words[w + 1] = Math.floor(value / WORD_RANGE);
}

function longAt(words: Int32Array, w: number): number {
  return (words[w + 1]! >>> 0) * WORD_RANGE + (words[w]! >>> 0);
}

function putNanosAt(words: Int32Array, w: number, time: Nanos): void {
  words[w] = time.lo;
  words[w + 1] = time.hi;
}

function nanosAt(words: Int32Array, w: number): Nanos {
  return { lo: words[w]!, hi: words[w + 1]! };
}
