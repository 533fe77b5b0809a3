import { slotFlags } from "../../log/index.ts";
import type { SlotViews } from "../../log/index.ts";
import { FLAG } from "../../model/index.ts";
import type { SlotBatch } from "../sink.ts";
import type { Cells } from "./cells.ts";
import { UNFIT } from "./columns.ts";
import type { Load } from "./pair.ts";
import { holeRows, TableRows } from "./table-rows.ts";
import type { TextRows } from "./text-rows.ts";
import type { TableName } from "./tables.ts";

/** Rows of a vendor: those of several tables may share one. */
export type VendorRows = TextRows & Cells & { begin(table: string): Cells };

/** Takes what is there already. */
const NOTHING: Cells = {
  none: () => undefined,
  text: () => undefined,
  whole: () => undefined,
  u64: () => undefined,
  decimal: () => true,
  double: () => undefined,
  time: () => undefined,
  flag: () => undefined,
  end: () => undefined,
};

/** Rows that are sent at once, as text, with what makes them findable event by event, and how far they go in each lane. */
export class RowLoad implements Load {
  readonly marks = new Map<string, number>();
  readonly #rowsOf: (table: TableName | "holes") => VendorRows;
  readonly #all: readonly VendorRows[];
  readonly #tables = new TableRows([UNFIT]);
  #batch: SlotBatch | null = null;
  #known: ReadonlySet<number> = new Set();
  /** Number of the event whose rows come. */
  #event = 0;
  /** Rows that were left out because they are there already. */
  repeated = 0;

  /** `rowsOf`: where the rows of a table go; `all`: each of those once. */
  constructor(all: readonly VendorRows[], rowsOf: (table: TableName | "holes") => VendorRows) {
    this.#all = all;
    this.#rowsOf = rowsOf;
  }

  get bytes(): number {
    return this.#all.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get rows(): number {
    return this.#all.reduce((sum, { rows }) => sum + rows, 0);
  }

  /** `now`: UNIX ms. `known`: sequences of the lane whose rows are there already. */
  put(batch: SlotBatch, now: number, known: ReadonlySet<number>): void {
    this.#batch = batch;
    this.#known = known;
    this.#holes(batch, now);
    this.#tables.put(batch, this.#cells);
    this.marks.set(batch.lane, batch.end);
    this.#batch = null;
  }

  clear(): void {
    for (const rows of this.#all) rows.clear();
    this.marks.clear();
    this.repeated = 0;
  }

  #holes(batch: SlotBatch, now: number): void {
    for (const { lane, seq, slots, reason, hi, lo } of holeRows(batch, now)) {
      if (this.#known.has(seq)) {
        this.repeated += 1;
        continue;
      }
      const rows = this.#rowsOf("holes");
      rows.event((this.#event += 1), lane, seq);
      const cells = rows.begin("holes");
      cells.time(hi, lo);
      cells.text(lane);
      cells.whole(seq);
      cells.whole(slots);
      cells.text(reason);
      cells.end();
    }
  }

  readonly #cells = (table: TableName, slots: SlotViews, word: number): Cells => {
    const { lane, seqs } = this.#batch!;
    const seq = seqs[word >> 4]!;
    if (word === 0 || (slotFlags(slots, word - 16) & FLAG.LAST) !== 0) this.#event += 1;
    if (this.#known.has(seq)) {
      this.repeated += 1;
      return NOTHING;
    }
    const rows = this.#rowsOf(table);
    rows.event(this.#event, lane, seq);
    return rows.begin(table);
  };
}
