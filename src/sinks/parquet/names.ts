import type { InstrumentRow } from "../../log/index.ts";
import { NO_INSTRUMENT } from "../../log/index.ts";
import type { Duck } from "../duckdb.ts";
import { plainText, putDecimal128 } from "../../model/index.ts";
import { METADATA } from "../kit/described-tables.ts";
import type { RowColumn } from "../kit/table-columns.ts";
import type { SinkRows } from "../sink.ts";
import { INSTRUMENT_COLUMNS } from "./schema.ts";

/** Rows inserted by one statement. */
const AT_ONCE = 500;

/** Ids above are asked for each time: NO_INSTRUMENT, and what no region is large enough for. */
const MANY_IDS = 1 << 22;

/**
 * What venues and instruments of slots were called when they were taken, by a number that lies in the rows. Rows are joined with
 * this table of the database when they are written.
 */
export class Names {
  readonly #duck: Duck;
  /** By everything it says: an instrument that comes back keeps its number. */
  readonly #known = new Map<string, number>();
  #unsaved: string[] = [];

  private constructor(duck: Duck) {
    this.#duck = duck;
  }

  static async create(duck: Duck): Promise<Names> {
    const columns = INSTRUMENT_COLUMNS.map(({ name, type }) => `${name} ${type}`).join(", ");
    await duck.run(
      `CREATE TABLE names (name UINTEGER, venue VARCHAR, symbol VARCHAR, instrument VARCHAR, ${columns}, unfit VARCHAR)`,
    );
    return new Names(duck);
  }

  /** Number of a row. */
  number(row: string): number {
    const known = this.#known.get(row);
    if (known !== undefined) return known;
    const name = this.#known.size;
    this.#known.set(row, name);
    this.#unsaved.push(`(${name}, ${row})`);
    return name;
  }

  /** Makes what was learnt known to the database. */
  async save(): Promise<void> {
    for (let i = 0; i < this.#unsaved.length; i += AT_ONCE)
      await this.#duck.run(`INSERT INTO names VALUES ${this.#unsaved.slice(i, i + AT_ONCE).join(", ")}`);
    this.#unsaved = [];
  }
}

/** Numbers by the instrument ids of one session of one lane. */
export class LaneNames {
  readonly session: string;
  readonly #names: Names;
  /** Number by instrument id, -1 = to be asked; and the venue it is for. */
  #byId = new Int32Array(1024).fill(-1);
  #venues = new Uint16Array(1024);
  /** Ids whose rows were not there yet. */
  #missing: number[] = [];

  constructor(names: Names, session: string) {
    this.#names = names;
    this.session = session;
  }

  /** Rows that were not there may be now. */
  beginBatch(): void {
    for (const id of this.#missing) this.#byId[id] = -1;
    this.#missing = [];
  }

  /** The row of an instrument changed. */
  renew(id: number): void {
    if (id < this.#byId.length) this.#byId[id] = -1;
  }

  /** Number of a venue's instrument (or NO_INSTRUMENT). */
  of(rows: SinkRows, venue: number, id: number): number {
    if (id < this.#byId.length && this.#byId[id]! >= 0 && this.#venues[id] === venue) return this.#byId[id]!;
    return this.#learn(rows, venue, id);
  }

  #learn(rows: SinkRows, venue: number, id: number): number {
    const row = id === NO_INSTRUMENT ? null : rows.instrument(id);
    const name = this.#names.number(rowSql(rows.venue(venue) ?? `#${venue}`, id, row));
    if (id >= MANY_IDS) return name;
    if (id >= this.#byId.length) this.#grow(id);
    this.#byId[id] = name;
    this.#venues[id] = venue;
    if (row === null) this.#missing.push(id);
    return name;
  }

  #grow(id: number): void {
    const byId = new Int32Array(Math.max(id + 1, this.#byId.length * 2)).fill(-1);
    byId.set(this.#byId);
    const venues = new Uint16Array(byId.length);
    venues.set(this.#venues);
    this.#byId = byId;
    this.#venues = venues;
  }
}

/** An instrument that is not known is called by its number. */
function rowSql(venue: string, id: number, row: InstrumentRow | null): string {
  const symbol = id === NO_INSTRUMENT ? "" : (row?.symbol ?? `#${id}`);
  const instrument = row === null ? "NULL" : text(row.canonical);
  const cells = METADATA.map((one) => cellSql(one, row));
  return [text(venue), text(symbol), instrument, ...cells, row === null ? "NULL" : unfitText(row)].join(", ");
}

function cellSql(one: RowColumn, row: InstrumentRow | null): string {
  switch (one.is) {
    case "row_word":
      return text(row?.[one.of] ?? one.absent ?? "unknown");
    case "row_name":
      return text(row?.[one.of] ?? "");
    case "row_decimal":
      return decimalText(row?.[one.of] ?? NaN);
    case "row_small":
      return row === null || row[one.of] < 0 ? "NULL" : String(row[one.of]);
    case "row_time":
      return row !== null && Number.isSafeInteger(row[one.of]) ? `make_timestamp(${row[one.of]})` : "NULL";
  }
}

/** A text as SQL says it. */
export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

const scratch = new Int32Array(4);

/** A decimal by its digits; NULL where it is not known or has no place in 38 of them. */
function decimalText(value: number): string {
  return putDecimal128(value, scratch, 0) ? `${plainText(value)}` : "NULL";
}

/** The values that have no place, as JSON, or NULL. */
function unfitText(row: InstrumentRow): string {
  const unfit = METADATA.flatMap((one) => {
    if (one.is !== "row_decimal") return [];
    const value = row[one.of];
    return Number.isNaN(value) || putDecimal128(value, scratch, 0)
      ? []
      : [[one.name, String(value)] as const];
  });
  return unfit.length === 0 ? "NULL" : text(JSON.stringify(Object.fromEntries(unfit)));
}
