import type { Duck, DuckRows } from "../duckdb.ts";
import type { SlotBatch } from "../sink.ts";
import { gatherOf, rowType } from "./gather.ts";
import type { Gather, Taken } from "./gather.ts";
import { keptOf, SCHEMA } from "./schema.ts";
import { text } from "./names.ts";

export type SlotTable = keyof typeof SCHEMA;

/** Texts of unfit values that a part holds; then it asks to be written. */
const MANY_UNFIT = 1000;

const WIDTHS = { BIGINT: 8, UBIGINT: 8, UINTEGER: 4, UTINYINT: 1, DOUBLE: 8, "DECIMAL(38,18)": 16 } as const;

/** Rows of one table and hour, gathered in a table of the database until they are written. */
export class Part {
  readonly table: SlotTable;
  readonly hour: number;
  /** Where it lies in the database. */
  readonly name: string;
  readonly rowBytes: number;
  first = -1;
  last = -1;
  rows = 0;
  #rows: DuckRows;
  readonly #gathers: readonly Gather[];
  readonly #unfitColumn: number;
  readonly #slots: number;
  /** Rows of the chunk that are filled; rows taken from the batch and not yet moved stand behind them. */
  #filled = 0;
  #taken = 0;
  readonly #at: Int32Array;
  readonly #events: Int32Array;
  readonly #names: Int32Array;
  /** Texts of values that fit no column, and their numbers from 1 on. */
  readonly #unfits = new Map<string, number>();
  /** What fitted nowhere in the rows being moved. */
  #loose = new Map<number, Record<string, string>>();

  private constructor(duck: Duck, table: SlotTable, hour: number, name: string, rows: DuckRows) {
    const kept = [...keptOf(table)];
    this.table = table;
    this.hour = hour;
    this.name = name;
    this.rowBytes = kept.reduce((sum, [, one]) => sum + WIDTHS[rowType(one)], 0);
    this.#rows = rows;
    this.#gathers = kept.map(([column, one]) => gatherOf(column, one));
    this.#unfitColumn = kept.findIndex(([, one]) => one.as === "unfit");
    this.#slots = SCHEMA[table].slots;
    this.#at = new Int32Array(duck.chunkRows);
    this.#events = new Int32Array(duck.chunkRows);
    this.#names = new Int32Array(duck.chunkRows);
  }

  static async create(duck: Duck, table: SlotTable, hour: number, name: string): Promise<Part> {
    const columns = [...keptOf(table)].map(([column, kept]) => [column, rowType(kept)] as const);
    return new Part(duck, table, hour, name, await duck.rows(name, columns));
  }

  /** It should be written soon. */
  get isFull(): boolean {
    return this.#unfits.size >= MANY_UNFIT;
  }

  /** Takes slot `at` of the batch, whose event begins with slot `event`. `move` before the batch ends. */
  take(batch: SlotBatch, at: number, event: number, name: number): void {
    const i = this.#taken++;
    this.#at[i] = at;
    this.#events[i] = event;
    this.#names[i] = name;
    if (this.#filled + this.#taken === this.#at.length) this.move(batch);
  }

  /** Moves what was taken of a batch into the chunk, and a full chunk into the table. */
  move(batch: SlotBatch): void {
    if (this.#taken === 0) return;
    const { slots, seqs } = batch;
    if (this.first < 0) this.first = seqs[this.#at[0]!]!;
    this.last = seqs[this.#at[this.#taken - 1]!]! + this.#slots - 1;
    const taken: Taken = {
      slots,
      seqs,
      at: this.#at,
      events: this.#events,
      names: this.#names,
      count: this.#taken,
      row: this.#filled,
      unfit: (row, column, value) => {
        this.#loose.set(row, { ...this.#loose.get(row), [column]: String(value) });
      },
    };
    this.#gathers.forEach((gather, i) => gather(taken, this.#rows.columns[i]!));
    if (this.#loose.size > 0) this.#keepUnfit();
    this.#filled += this.#taken;
    this.rows += this.#taken;
    this.#taken = 0;
    if (this.#filled === this.#at.length) this.#append();
  }

  /** Everything is in the table. */
  finish(): void {
    this.#append();
    this.#rows.close();
  }

  /** What a file of it holds. */
  select(lane: string): string {
    const texts = [...this.#unfits.keys()].map(text);
    const unfits = texts.length === 0 ? "[NULL::VARCHAR]" : `[${texts.join(", ")}]`;
    const columns = SCHEMA[this.table].columns.map(({ name, sql }) => `${sql} AS ${quoted(name)}`);
    const list = columns
      .join(", ")
      .replaceAll("$lane", () => text(lane))
      .replaceAll("$unfits", () => unfits);
    return `SELECT ${list} FROM ${this.name} t JOIN names n ON n.name = t.name`;
  }

  #append(): void {
    if (this.#filled > 0) this.#rows.append(this.#filled);
    this.#filled = 0;
  }

  #keepUnfit(): void {
    const { i32 } = this.#rows.columns[this.#unfitColumn]!;
    for (const [row, values] of this.#loose) {
      const said = JSON.stringify(values);
      if (!this.#unfits.has(said)) this.#unfits.set(said, this.#unfits.size + 1);
      i32[row] = this.#unfits.get(said)!;
    }
    this.#loose = new Map();
  }
}

function quoted(name: string): string {
  return `"${name}"`;
}
