import { declaredCount, declareLabel, readLabel } from "./label.ts";
import type { Label } from "./label.ts";
import { COUNTER_ROW } from "./layout.ts";
import type { Rows } from "./rows.ts";

export interface CounterRow extends Label {
  readonly value: number;
  readonly gauge: boolean;
}

const AT = COUNTER_ROW.at;
const STRIDE = COUNTER_ROW.size / 8;

/** Named numbers of a lane. A value is one aligned double, so a reader never sees half of it; only the lane writes. */
export class CounterWriter {
  readonly #rows: Rows;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /**
   * Row number of a counter, declared once by name and labels; after a restart it goes on from its value.
   * RangeError when the table is full or a text does not fit.
   */
  declare(label: Label, gauge = false): number {
    const row = declareLabel(this.#rows, COUNTER_ROW, label);
    this.#rows.i32[(row * COUNTER_ROW.size + AT.gauge) / 4] = gauge ? 1 : 0;
    return row;
  }

  add(row: number, amount: number): void {
    this.#rows.f64[row * STRIDE]! += amount;
  }

  set(row: number, value: number): void {
    this.#rows.f64[row * STRIDE] = value;
  }

  get(row: number): number {
    return this.#rows.f64[row * STRIDE]!;
  }
}

/** All declared counters, in order of declaration. */
export function readCounters(rows: Rows): CounterRow[] {
  return Array.from({ length: declaredCount(rows, COUNTER_ROW) }, (_, row) => {
    const at = row * COUNTER_ROW.size;
    const gauge = rows.i32[(at + AT.gauge) / 4] === 1;
    return { ...readLabel(rows.u8, at, COUNTER_ROW), value: rows.f64[at / 8]!, gauge };
  });
}

/** Value of one counter, by its place in `readCounters`. */
export function counterValue(rows: Rows, row: number): number {
  return rows.f64[row * STRIDE]!;
}
