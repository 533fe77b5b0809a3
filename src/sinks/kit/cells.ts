import type { InstrumentRow, SlotViews } from "../../log/index.ts";

/** The words of ./tables.ts: what a row is made of, what its cells may be, and who takes them. */

/** What a column holds; every one may be NULL unless it is `required`. */
export type CellType =
  /** One of a handful of words. */
  | "word"
  /** One of some thousand names. */
  | "name"
  | "text"
  /** Integers: 0 to 2^53, 16 bits signed, 0 to 2^32, 0 to 2^64. */
  | "whole"
  | "small"
  | "u32"
  | "u64"
  /** An exact decimal of up to 17 digits: the shortest text of a double. */
  | "decimal"
  | "double"
  /** UNIX ns. */
  | "time"
  | "flag";

/** Takes the cells of a row in the order of its columns, then `end`. */
export interface Cells {
  /** NULL, whatever the column's type. */
  none(): void;
  /** For word, name and text. */
  text(value: string): void;
  /** For whole, small and u32. */
  whole(value: number): void;
  /** For u64: as two 32-bit halves, signed or not. */
  u64(hi: number, lo: number): void;
  /** Finite or infinite, never NaN. False: the column cannot hold it and is NULL; then `UNFIT` says the value. */
  decimal(value: number): boolean;
  /** Never NaN. */
  double(value: number): void;
  /** UNIX ns in halves, above 0 and before the year 2262. */
  time(hi: number, lo: number): void;
  flag(value: boolean): void;
  /** The row is whole. */
  end(): void;
}

/** What a row is made of. One object is used again for all rows. */
export interface RowSource {
  readonly lane: string;
  readonly slots: SlotViews;
  /** First word of its slot. */
  readonly word: number;
  /** Sequence of its slot and of its event's first. */
  readonly seq: number;
  readonly event: number;
  readonly names: RowNames;
  /** Values that a column of this row could not hold, by column; null: none. */
  unfit: Record<string, string> | null;
}

/** What the numbers of a slot are called. */
export interface RowNames {
  readonly venue: string;
  /** Native symbol; empty where it is about a whole venue. */
  readonly symbol: string;
  /** Canonical name. */
  readonly instrument: string | null;
  /** Null: not known. */
  readonly row: InstrumentRow | null;
}

export interface Column {
  readonly name: string;
  readonly type: CellType;
  readonly doc: string;
  /** Never NULL. */
  readonly required: boolean;
  /** Writes this one cell. */
  readonly put: (row: RowSource, cells: Cells) => void;
}

export interface Table {
  readonly doc: string;
  /** Slots of an event, of which one row is made; 0: one row a slot. */
  readonly slots: 0 | 1 | 3;
  readonly columns: readonly Column[];
}
