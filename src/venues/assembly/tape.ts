import { HEAD, NAME, NAME_END } from "../../model/tape";

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
