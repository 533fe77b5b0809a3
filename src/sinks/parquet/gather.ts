import type { SlotViews } from "../../log/index.ts";
import { putDecimal128 } from "../../model/index.ts";
import type { DuckColumn, RowType } from "../duckdb.ts";
import type { Kept } from "./columns.ts";

/** Rows taken from a batch: where their slots are in it, and what is not said by the slot itself. */
export interface Taken {
  readonly slots: SlotViews;
  readonly seqs: Float64Array;
  /** Slot of each row, and the one its event begins with. */
  readonly at: Int32Array;
  readonly events: Int32Array;
  /** Number of its venue and instrument. */
  readonly names: Int32Array;
  readonly count: number;
  /** Row of the chunk that the first one becomes. */
  readonly row: number;
  /** Told of a value that the column cannot hold. */
  unfit(row: number, column: string, value: number): void;
}

/** Moves one column of the rows taken into the chunk's memory. */
export type Gather = (taken: Taken, to: DuckColumn) => void;

/** Type that a kept value has while rows are gathered. */
export function rowType(kept: Kept): RowType {
  switch (kept.as) {
    case "decimal":
      return "DECIMAL(38,18)";
    case "f64":
      return "DOUBLE";
    case "u64":
      return "UBIGINT";
    case "u32":
    case "name":
    case "unfit":
      return "UINTEGER";
    case "u8":
      return "UTINYINT";
    default:
      return "BIGINT";
  }
}

/** The mover of a kept value. */
export function gatherOf(name: string, kept: Kept): Gather {
  switch (kept.as) {
    case "seq":
      return ({ at, seqs, count, row }, { i32 }) => putSequences(seqs, at, count, i32, row);
    case "event":
      return ({ events, seqs, count, row }, { i32 }) => putSequences(seqs, events, count, i32, row);
    case "name":
      return ({ names, count, row }, { i32 }) => i32.set(names.subarray(0, count), row);
    case "unfit":
      return ({ count, row }, { i32 }) => i32.fill(0, row, row + count);
    case "i64":
    case "u64":
      return (taken, to) => putLongs(taken, kept.word, to.i32);
    case "u32":
      return (taken, to) => putWords(taken, kept.word, to.i32);
    case "u8":
      return (taken, to) => putBytes(taken, kept.word * 4 + kept.byte, to.u8);
    case "f64":
      return (taken, to) => putDoubles(taken, kept.at, to.f64);
    case "micros":
      return (taken, to) => putMicros(taken, name, kept.at, to);
    default:
      return (taken, to) => putDecimals(taken, name, kept.at, to);
  }
}

function putSequences(seqs: Float64Array, at: Int32Array, count: number, to: Int32Array, row: number): void {
  for (let i = 0; i < count; i++) {
    const seq = seqs[at[i]!]!;
    to[2 * (row + i)] = seq;
    to[2 * (row + i) + 1] = seq / 4294967296;
  }
}

function putLongs({ slots, at, count, row }: Taken, word: number, to: Int32Array): void {
  const { i32 } = slots;
  for (let i = 0; i < count; i++) {
    const from = (at[i]! << 4) + word;
    to[2 * (row + i)] = i32[from]!;
    to[2 * (row + i) + 1] = i32[from + 1]!;
  }
}

function putWords({ slots, at, count, row }: Taken, word: number, to: Int32Array): void {
  const { i32 } = slots;
  for (let i = 0; i < count; i++) to[row + i] = i32[(at[i]! << 4) + word]!;
}

function putBytes({ slots, at, count, row }: Taken, byte: number, to: Uint8Array): void {
  const { u8 } = slots;
  for (let i = 0; i < count; i++) to[row + i] = u8[at[i]! * 64 + byte]!;
}

function putDoubles({ slots, at, count, row }: Taken, place: number, to: Float64Array): void {
  const { f64 } = slots;
  for (let i = 0; i < count; i++) to[row + i] = f64[(at[i]! << 3) + place]!;
}

function putDecimals(taken: Taken, name: string, place: number, to: DuckColumn): void {
  const { at, count, row } = taken;
  const { f64 } = taken.slots;
  const { i32 } = to;
  for (let i = 0; i < count; i++) {
    const value = f64[(at[i]! << 3) + place]!;
    if (putDecimal128(value, i32, 4 * (row + i))) continue;
    to.setNull(row + i);
    if (!Number.isNaN(value)) taken.unfit(row + i, name, value);
  }
}

/** In the year 2261, as of the times in ns. */
const LAST_MICROS = 9.2e15;

/** UNIX microseconds from a double. */
function putMicros(taken: Taken, name: string, place: number, to: DuckColumn): void {
  const { at, count, row } = taken;
  for (let i = 0; i < count; i++) {
    const value = taken.slots.f64[(at[i]! << 3) + place]!;
    if (Number.isInteger(value) && Math.abs(value) < LAST_MICROS) {
      to.i32[2 * (row + i)] = value;
      to.i32[2 * (row + i) + 1] = Math.floor(value / 4294967296);
      continue;
    }
    to.setNull(row + i);
    if (!Number.isNaN(value)) taken.unfit(row + i, name, value);
  }
}
