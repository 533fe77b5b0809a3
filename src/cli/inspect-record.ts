import { decodeText, halvesToText } from "../model/index.ts";
import type { RecordLayout } from "../log/index.ts";

/** Bytes seen three ways, as every section of a region is. */
export interface Views {
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly u8: Uint8Array;
}

/** 64-bit integers as text; NaN, which JSON does not have, as null. Lists (levels, buckets) are left out. */
export type FieldValue = string | number | null;

/** The fields of the record whose first byte is `start`, by name: the layout itself says what lies where. */
export function fieldsOf(layout: RecordLayout, views: Views, start: number): Record<string, FieldValue> {
  const scalars = layout.fields.filter(({ type }) => !type.startsWith("f64["));
  return Object.fromEntries(
    scalars.map(({ name, type, offset, size }) => [name, valueOf(type, views, start + offset, size)]),
  );
}

function valueOf(type: string, { i32, f64, u8 }: Views, at: number, size: number): FieldValue {
  switch (type) {
    case "u8":
      return u8[at]!;
    case "u16":
      return u8[at]! | (u8[at + 1]! << 8);
    case "u32":
      return i32[at >> 2]! >>> 0;
    case "i32":
      return i32[at >> 2]!;
    case "i64":
    case "u64":
      return halvesToText(i32[(at >> 2) + 1]!, i32[at >> 2]!);
    case "f64":
      return Number.isNaN(f64[at >> 3]!) ? null : f64[at >> 3]!;
    default:
      return textAt(u8, at, size);
  }
}

function textAt(u8: Uint8Array, at: number, size: number): string {
  const zero = u8.subarray(at, at + size).indexOf(0);
  return decodeText(u8, at, zero < 0 ? at + size : at + zero);
}
