import type { SlotViews } from "../../log/index.ts";
import { timeWord } from "../kit/columns.ts";
import type { TableName } from "../kit/tables.ts";
import { holeRows, TableRows } from "../kit/table-rows.ts";
import type { SlotBatch } from "../sink.ts";
import { putGemini } from "./gemini.ts";
import type { Unsayable } from "./gemini.ts";
import { GEMINI_TABLE, TABLES_LAYOUT } from "./layout.ts";
import type { PgTable } from "./layout.ts";
import { dayOf, RowBuffer } from "./row-buffer.ts";

export type Layout = "tables" | "gemini";

export function tablesOf(layout: Layout): readonly PgTable[] {
  return layout === "gemini" ? [GEMINI_TABLE] : TABLES_LAYOUT;
}

/** Rows of one transaction, by table, and how far they go in each lane. Its memory is kept and used again. */
export class Gathering {
  readonly marks = new Map<string, number>();
  readonly #layout: Layout;
  readonly #rows = new TableRows();
  readonly #buffers: ReadonlyMap<string, readonly [PgTable, RowBuffer]>;

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#buffers = new Map(
      tablesOf(layout).map((table) => {
        const small = table.columns.map(({ type }) => type === "smallint");
        return [table.name, [table, new RowBuffer(small)]];
      }),
    );
  }

  get bytes(): number {
    let bytes = 0;
    for (const [, [, buffer]] of this.#buffers) bytes += buffer.bytes;
    return bytes;
  }

  /** Tables that have rows. */
  get filled(): (readonly [PgTable, RowBuffer])[] {
    return [...this.#buffers.values()].filter(([, { rows }]) => rows > 0);
  }

  put(batch: SlotBatch, now: number, unsayable: Unsayable): void {
    if (this.#layout === "gemini") putGemini(batch, this.#of("trades"), unsayable);
    else this.#putTables(batch, now);
    this.marks.set(batch.lane, batch.end);
  }

  clear(): void {
    for (const [, [, buffer]] of this.#buffers) buffer.clear();
    this.marks.clear();
  }

  #of(table: string): RowBuffer {
    return this.#buffers.get(table)![1];
  }

  #putTables(batch: SlotBatch, now: number): void {
    const holes = this.#of("holes");
    for (const { lane, seq, slots, reason, hi, lo } of holeRows(batch, now)) {
      holes.begin(dayOf(hi, lo));
      holes.time(hi, lo);
      holes.text(lane);
      holes.whole(seq);
      holes.whole(slots);
      holes.text(reason);
      holes.end();
    }
    this.#rows.put(batch, this.#cells);
  }

  readonly #cells = (table: TableName, slots: SlotViews, word: number): RowBuffer => {
    const at = timeWord(slots, word);
    return this.#of(table).begin(dayOf(slots.i32[at + 1]!, slots.i32[at]!));
  };
}
