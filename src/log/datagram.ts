import { halvesToNumber, putNumber } from "../model/index.ts";
import type { Nanos } from "../model/index.ts";
import {
  BODIES,
  INSTRUMENT_ROW,
  OPTION_GREEKS,
  OPTION_VOLATILITY,
  SLOT,
  SLOT_BYTES,
  VENUE_ROW,
} from "./layout.ts";
import { canonicalText, hashText, record } from "./record.ts";
import { putRowText, rowText } from "./row-text.ts";

/**
 * A lane over UDP. Each datagram is a head and a payload of whole slots or rows, readable alone. Little-endian, unnamed bytes zero.
 *
 *   number   counts all datagrams of a session: a hole in it is datagrams that are lost
 *   sent     counts the slots before this one: a hole in it is the slots that were in them
 *   first    to end is the stretch of the lane's log that it stands for; stretches follow each other, or the sender has not had
 *            what lies between
 */
export const DATAGRAM_VERSION = 1;
const MAGIC_WORD = 0x47444846; // "FHDG"

export const DATAGRAM = record(
  "datagram",
  "Head of a datagram; its payload follows.",
  { size: 112 },
  {
    magic: ["u32", "FHDG"],
    version: ["u16", "DATAGRAM_VERSION"],
    type: ["u8", "1 slots, 2 instrument rows, 3 venue rows, 4 heartbeat, 5 book, 6 end"],
    inside: ["u8", "1 = its first slot goes on with an event of the datagram before"],
    hash: ["u32", "of the records that payloads are made of: slots, instrument and venue rows"],
    count: ["u32", "slots or rows of the payload"],
    session: ["i64", "when the sender began this numbering, UNIX ns; a later one is another"],
    number: ["u64", "of this datagram in its session, from 0"],
    sent: ["u64", "slots of the lane sent in this session before it"],
    first: ["u64", "its stretch of the lane's log begins here"],
    end: ["u64", "and ends before this sequence"],
    time: ["i64", "when it was sent, UNIX ns"],
    lane: ["char[32]", "name of the lane"],
    crc: ["u32", "CRC-32 (zlib's) of the head before it, then of the payload", 108],
  },
);

/** Changes with a field of what datagrams hold. */
export const DATAGRAM_HASH = hashText(
  canonicalText([
    SLOT,
    ...BODIES.filter((body) => body !== null),
    OPTION_VOLATILITY,
    OPTION_GREEKS,
    INSTRUMENT_ROW,
    VENUE_ROW,
    DATAGRAM,
  ]),
);

/** BOOK: a whole book as of `end`, slots of one snapshot event that are not of the log; it may take several datagrams. */
export const DATAGRAM_TYPE = { SLOTS: 1, INSTRUMENTS: 2, VENUES: 3, HEARTBEAT: 4, BOOK: 5, END: 6 } as const;
const UNIT_BYTES = [-1, SLOT_BYTES, INSTRUMENT_ROW.size, VENUE_ROW.size, 0, SLOT_BYTES, 0] as const;

export const DATAGRAM_BYTES = DATAGRAM.size;
/** Bytes of the head under the CRC, before the payload's. */
export const DATAGRAM_CRC_BYTES = DATAGRAM.at.crc;
/** Longest payload of UDP over IPv4. */
export const MAX_DATAGRAM = 65_507;
export const LANE_BYTES = 32;

const AT = DATAGRAM.at;
const W = {
  MAGIC: AT.magic / 4,
  VERSION: AT.version / 4,
  HASH: AT.hash / 4,
  COUNT: AT.count / 4,
  SESSION: AT.session / 4,
  NUMBER: AT.number / 4,
  SENT: AT.sent / 4,
  FIRST: AT.first / 4,
  END: AT.end / 4,
  TIME: AT.time / 4,
  CRC: AT.crc / 4,
} as const;

/** First word of the payload. */
export const PAYLOAD_WORD = DATAGRAM.size / 4;

/** What a head says, apart from what it counts itself. */
export interface DatagramHead {
  readonly type: number;
  readonly inside: boolean;
  readonly count: number;
  readonly session: Nanos;
  readonly number: number;
  readonly sent: number;
  readonly first: number;
  readonly end: number;
  readonly time: Nanos;
  readonly lane: string;
}

/** How many slots or rows of `type` fit into a datagram of `bytes`. */
export function datagramRoom(bytes: number, type: number): number {
  return Math.floor((bytes - DATAGRAM.size) / UNIT_BYTES[type]!);
}

/** Writes a head but for the CRC; returns the bytes of head and payload. */
export function putDatagramHead(words: Int32Array, head: DatagramHead): number {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, DATAGRAM.size);
  words.fill(0, 0, PAYLOAD_WORD);
  words[W.MAGIC] = MAGIC_WORD;
  words[W.VERSION] = DATAGRAM_VERSION | (head.type << 16) | (head.inside ? 1 << 24 : 0);
  words[W.HASH] = DATAGRAM_HASH;
  words[W.COUNT] = head.count;
  words[W.SESSION] = head.session.lo;
  words[W.SESSION + 1] = head.session.hi;
  putNumber(head.number, words, W.NUMBER);
  putNumber(head.sent, words, W.SENT);
  putNumber(head.first, words, W.FIRST);
  putNumber(head.end, words, W.END);
  words[W.TIME] = head.time.lo;
  words[W.TIME + 1] = head.time.hi;
  putRowText(bytes, AT.lane, LANE_BYTES, head.lane);
  return DATAGRAM.size + head.count * UNIT_BYTES[head.type]!;
}

export function putDatagramCrc(words: Int32Array, crc: number): void {
  words[W.CRC] = crc;
}

/** Why a datagram is not taken: what it is instead of ours. */
export type DatagramFault = "short" | "foreign" | "version" | "layout" | "damaged";

/**
 * What is wrong with the `bytes` bytes at the start of `words`, or null. `crc` is that of the first DATAGRAM_CRC_BYTES bytes, then of
 * the payload; it is looked at last, so that another version is named as such.
 */
export function datagramFault(words: Int32Array, bytes: number, crc: number): DatagramFault | null {
  if (bytes < DATAGRAM.size) return "short";
  if (words[W.MAGIC] !== MAGIC_WORD) return "foreign";
  if ((words[W.VERSION]! & 0xffff) !== DATAGRAM_VERSION) return "version";
  if (words[W.HASH] !== (DATAGRAM_HASH | 0)) return "layout";
  if (words[W.CRC] !== (crc | 0)) return "damaged";
  const unit = UNIT_BYTES[datagramType(words)] ?? -1;
  const count = words[W.COUNT]! >>> 0;
  if (unit < 0 || count > MAX_DATAGRAM || bytes !== DATAGRAM.size + count * unit) return "damaged";
  const safe = [W.NUMBER, W.SENT, W.FIRST, W.END].every((w) => words[w + 1]! >>> 0 < 1 << 20);
  return safe && longAt(words, W.END) >= longAt(words, W.FIRST) ? null : "damaged";
}

/** In words for an operator. */
export const DATAGRAM_FAULTS: Readonly<Record<DatagramFault, string>> = {
  short: `expected a head of ${DATAGRAM.size} bytes, saw fewer; is something else sent to this port?`,
  foreign: "expected datagrams of feedhorn, saw others; is something else sent to this port?",
  version: `expected datagrams of version ${DATAGRAM_VERSION}, saw another; run the same feedhorn at both ends`,
  layout: "expected the layout of this feedhorn, saw another; run the same feedhorn at both ends",
  damaged: "expected the checksum and the sizes of its head, saw others; is a link on the way damaged?",
};

export function datagramType(words: Int32Array): number {
  return (words[W.VERSION]! >>> 16) & 0xff;
}

export function datagramInside(words: Int32Array): boolean {
  return words[W.VERSION]! >>> 24 === 1;
}

export function datagramCount(words: Int32Array): number {
  return words[W.COUNT]! >>> 0;
}

/** UNIX ns, exact to some hundred: to tell sessions apart, and which is later. */
export function datagramSession(words: Int32Array): number {
  return longAt(words, W.SESSION);
}

export function datagramNumber(words: Int32Array): number {
  return longAt(words, W.NUMBER);
}

export function datagramSent(words: Int32Array): number {
  return longAt(words, W.SENT);
}

export function datagramFirst(words: Int32Array): number {
  return longAt(words, W.FIRST);
}

export function datagramEnd(words: Int32Array): number {
  return longAt(words, W.END);
}

export function datagramTime(words: Int32Array): Nanos {
  return { lo: words[W.TIME]!, hi: words[W.TIME + 1]! };
}

export function datagramLane(words: Int32Array): string {
  return rowText(new Uint8Array(words.buffer, words.byteOffset, DATAGRAM.size), AT.lane, LANE_BYTES);
}

function longAt(words: Int32Array, w: number): number {
  return halvesToNumber(words[w + 1]!, words[w]!);
}
