import {
  HEAD,
  LONG_NAMES,
  MOST_LONG_NAMES,
  MOST_NAMES,
  NAME,
  NAME_END,
  NAMES,
  NUMBER,
  RECORD,
  RECORDS,
} from "../../model/tape";

/** Writers of records, see src/model/tape.ts. A record is its address; the first one of a frame stands at RECORDS. */

/** What it says, which side, which flags (FLAG), which optional fields. */
export function head(record: usize, op: i32, side: i32, flags: i32, has: i32): void {
  store<i32>(record + HEAD, op | (side << 8) | (flags << 16) | (has << 24));
}

/** The instrument's name at [from, end). */
export function name(record: usize, from: usize, end: usize): void {
  store<u32>(record + NAME, from as u32);
  store<u32>(record + NAME_END, end as u32);
  store<i32>(record + NUMBER, numberOf(from, end));
}

/** By the length of a name: ones where its bytes are. */
const MASKS: usize = 0x200;
const LONGEST_NAME: usize = 16;
/** Places looked at for one name, and names kept, so that places are mostly free. */
const PROBES = 8;
const MOST_KEPT = 6000;
const MOST_LONG_KEPT = 3000;
const HASH: i64 = 0x9e3779b97f4a7c15;
let names = 0;
let longNames = 0;

for (let length: usize = 0; length <= LONGEST_NAME; length++)
  memory.fill(MASKS + (length << 4), 0xff, length);

/** Number of the name: its place in the table of names, to which it is added when it is new. */
function numberOf(from: usize, end: usize): i32 {
  const length = end - from;
  if (length - 1 >= LONGEST_NAME) return longNumberOf(from, length);
  const text = v128.and(v128.load(from), v128.load(MASKS + (length << 4)));
  const mixed = (i64x2.extract_lane(text, 0) * 31) ^ i64x2.extract_lane(text, 1);
  let place = (((mixed * HASH) as u64) >> 51) as i32;
  for (let probe = 0; probe < PROBES; probe++) {
    const at: usize = NAMES + (place << 4);
    const there = v128.load(at);
    if (i8x16.all_true(i8x16.eq(there, text))) return place;
    if (!v128.any_true(there)) return add(place, text);
    place = (place + 1) & (MOST_NAMES - 1);
  }
  return -1;
}

function add(place: i32, text: v128): i32 {
  if (names === MOST_KEPT) return -1;
  names += 1;
  v128.store(NAMES + (place << 4), text);
  return place;
}

/** The same for names of 17 to 32 bytes: those of options. */
function longNumberOf(from: usize, length: usize): i32 {
  if (length - 1 - LONGEST_NAME >= LONGEST_NAME) return -1;
  const first = v128.load(from);
  const rest = v128.and(v128.load(from, 16), v128.load(MASKS + ((length - LONGEST_NAME) << 4)));
  const one = (i64x2.extract_lane(first, 0) * 31) ^ i64x2.extract_lane(first, 1);
  const mixed = (one * HASH) ^ (i64x2.extract_lane(rest, 0) * 31) ^ i64x2.extract_lane(rest, 1);
  let place = (((mixed * HASH) as u64) >> 52) as i32;
  for (let probe = 0; probe < PROBES; probe++) {
    const at: usize = LONG_NAMES + (place << 5);
    const there = v128.load(at);
    const differs = v128.or(v128.xor(there, first), v128.xor(v128.load(at, 16), rest));
    if (!v128.any_true(differs)) return MOST_NAMES + place;
    if (!v128.any_true(there)) {
      if (longNames === MOST_LONG_KEPT) return -1;
      longNames += 1;
      v128.store(at, first);
      v128.store(at, rest, 16);
      return MOST_NAMES + place;
    }
    place = (place + 1) & (MOST_LONG_NAMES - 1);
  }
  return -1;
}

/** Adds an optional field to those that a record has. */
export function flag(record: usize, has: i32): void {
  store<i32>(record + HEAD, load<i32>(record + HEAD) | (has << 24));
}

/** Turns round the order of records [first, end) of the frame. */
export function reverse(first: i32, end: i32): void {
  for (let low = first, high = end - 1; low < high; low++, high--)
    swap(RECORDS + low * RECORD, RECORDS + high * RECORD);
}

function swap(one: usize, other: usize): void {
  for (let at = 0; at < RECORD; at += 16) {
    const kept = v128.load(one + at);
    v128.store(one + at, v128.load(other + at));
    v128.store(other + at, kept);
  }
}
