import { INSTRUMENT_STATUS, toMicros, VALIDITY_NAMES } from "../model/index.ts";
import type { InstrumentStatus, Nanos } from "../model/index.ts";
import { VENUE_ROW } from "./layout.ts";
import { putRowText, rowText } from "./row-text.ts";
import { RowCopy } from "./rows.ts";
import type { Rows } from "./rows.ts";

/** How a venue is doing, as its lane sees it. */
export interface VenueRow {
  readonly code: number;
  readonly id: string;
  readonly state: InstrumentStatus;
  /** Worst validity of its books. */
  readonly validity: string;
  readonly connectionsUp: number;
  readonly reconnects: number;
  /** UNIX us; 0 = nothing yet. */
  readonly lastRecv: number;
}

const AT = VENUE_ROW.at;
const ID_SIZE = 32;

/** One row per venue of the lane, found by code. */
export class VenueWriter {
  readonly #rows: Rows;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** Row of a venue, added when it is new. RangeError when the table is full. */
  declare(code: number, id: string): number {
    const { u8, i32, count, size } = this.#rows;
    for (let row = 0; row < count; row++) {
      const at = row * size;
      if (i32[at / 4] !== 0 && (u8[at + AT.code]! | (u8[at + AT.code + 1]! << 8)) === code) return row;
      if (i32[at / 4] === 0) return this.#add(row, code, id);
    }
    throw new RangeError(`venues table: expected at most ${count} venues, saw one more: ${id}`);
  }

  /** `state` is an INSTRUMENT_STATUS number, `validity` a VALIDITY. */
  write(
    row: number,
    state: number,
    validity: number,
    connectionsUp: number,
    reconnects: number,
    lastRecv: Nanos,
  ): void {
    const { i32, u8, size } = this.#rows;
    const w = this.#rows.lock(row);
    u8[row * size + AT.state] = state;
    u8[row * size + AT.validity] = validity;
    i32[w + AT.connections_up / 4] = connectionsUp;
    i32[w + AT.reconnects / 4] = reconnects;
    i32[w + AT.last_recv / 4] = lastRecv.lo;
    i32[w + AT.last_recv / 4 + 1] = lastRecv.hi;
    this.#rows.unlock(w);
  }

  #add(row: number, code: number, id: string): number {
    const { u8, size } = this.#rows;
    const w = this.#rows.lock(row);
    u8[row * size + AT.code] = code;
    u8[row * size + AT.code + 1] = code >> 8;
    putRowText(u8, row * size + AT.id, ID_SIZE, id);
    this.#rows.unlock(w);
    return row;
  }
}

export class VenueReader {
  readonly #copy: RowCopy;
  readonly #count: number;

  constructor(rows: Rows) {
    this.#copy = new RowCopy(rows);
    this.#count = rows.count;
  }

  all(): VenueRow[] {
    const rows: VenueRow[] = [];
    for (let row = 0; row < this.#count; row++) if (this.#copy.take(row)) rows.push(this.#decode());
    return rows;
  }

  /** Id of a venue code, or null when the lane has no such venue. */
  idOf(code: number): string | null {
    return this.all().find((row) => row.code === code)?.id ?? null;
  }

  #decode(): VenueRow {
    const { i32, u8 } = this.#copy;
    return {
      code: u8[AT.code]! | (u8[AT.code + 1]! << 8),
      id: rowText(u8, AT.id, ID_SIZE),
      state: INSTRUMENT_STATUS[u8[AT.state]!] ?? "unknown",
      validity: VALIDITY_NAMES[u8[AT.validity]!] ?? "none",
      connectionsUp: i32[AT.connections_up / 4]! >>> 0,
      reconnects: i32[AT.reconnects / 4]! >>> 0,
      lastRecv: toMicros(i32[AT.last_recv / 4 + 1]!, i32[AT.last_recv / 4]!),
    };
  }
}
