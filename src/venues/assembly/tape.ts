import { HEAD, NAME, NAME_END, RECORD, RECORDS } from "../../model/tape";

/** Writers of records, see src/model/tape.ts. A record is its address; the first one of a frame stands at RECORDS. */

/** What it says, which side, which flags (FLAG), which optional fields. */
export function head(record: usize, op: i32, side: i32, flags: i32, has: i32): void {
  store<i32>(record + HEAD, op | (side << 8) | (flags << 16) | (has << 24));
}

/** The instrument's name at [from, end). */
export function name(record: usize, from: usize, end: usize): void {
  store<u32>(record + NAME, from as u32);
  store<u32>(record + NAME_END, end as u32);
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
