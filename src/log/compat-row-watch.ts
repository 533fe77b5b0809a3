import { VALIDITY, halvesToNumber, toMicros } from "../model/index.ts";
import { DEPTH_ROW, TOP_ROW } from "./layout.ts";
import { RowCopy } from "./rows.ts";
import type { Rows } from "./rows.ts";

/** One row of the top or the depth table, looked at again and again by who writes elsewhere what it says. */
export class RowWatch {
  /** As of the last `look`, raw. */
  readonly row: RowCopy;
  readonly #validity: number;
  readonly #logSeq: number;
  readonly #received: number;
  #seen = 0;

  constructor(table: "top" | "depth", rows: Rows) {
    const { at } = table === "top" ? TOP_ROW : DEPTH_ROW;
    this.row = new RowCopy(rows);
    this.#validity = at.validity / 4;
    this.#logSeq = at.log_seq / 4;
    this.#received = at.ts_recv / 4;
  }

  /** True when the row is another than at the last look, and then `row` is it. A row never written is never another. */
  look(id: number): boolean {
    const version = this.row.version(id);
    if (version === this.#seen || !this.row.take(id)) return false;
    this.#seen = this.row.i32[0]!;
    return true;
  }

  /** The next look finds another row. */
  forget(): void {
    this.#seen = 0;
  }

  /** Whether what it says may be trusted. */
  get live(): boolean {
    return (this.row.i32[this.#validity]! & 0xff) === VALIDITY.LIVE;
  }

  /** Slots committed in the lane's ring when its prices were written. */
  get logSeq(): number {
    return halvesToNumber(this.row.i32[this.#logSeq + 1]!, this.row.i32[this.#logSeq]!);
  }

  /** When what its prices come from was received, UNIX us; 0: they come from nothing. */
  get received(): number {
    return toMicros(this.row.i32[this.#received + 1]!, this.row.i32[this.#received]!);
  }
}
