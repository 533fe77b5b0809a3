import {
  derivedVenue,
  NO_INSTRUMENT,
  slotFlags,
  slotInstrument,
  slotKind,
  slotVenue,
  WORD,
} from "../../log/index.ts";
import type { SlotViews } from "../../log/index.ts";
import { FLAG, KIND } from "../../model/index.ts";
import type { SlotBatch } from "../sink.ts";
import type { Cells, Column, RowNames, RowSource } from "./cells.ts";
import { TABLES } from "./tables.ts";
import type { TableName } from "./tables.ts";

/** Tables by kind; of books those of changes, and behind all kinds those of whole ones. */
const SNAPSHOTS = 31;
const BY_NUMBER: readonly (TableName | null)[] = Array.from({ length: SNAPSHOTS + 1 }, (_, number) => {
  const names: Readonly<Record<number, TableName>> = {
    [KIND.TRADE]: "trades",
    [KIND.QUOTE]: "quotes",
    [KIND.BOOK]: "book_deltas",
    [KIND.TICKER]: "tickers",
    [KIND.STATS]: "stats",
    [KIND.OPTION_TICKER]: "option_tickers",
    [KIND.INDEX]: "index_prices",
    [KIND.LIQUIDATION]: "liquidations",
    [KIND.INSTRUMENT]: "instruments",
    [KIND.STATUS]: "status",
    [KIND.SPOT_MID]: "spot_mids",
    [KIND.IV_SURFACE]: "iv_surfaces",
    [SNAPSHOTS]: "book_snapshots",
  };
  return names[number] ?? null;
});

/** Where the further slots of an event are rows, by the table of its first; others take only the first, or all of them. */
const FURTHER: Readonly<Partial<Record<TableName, TableName>>> = {
  spot_mids: "spot_sources",
  iv_surfaces: "iv_points",
};

/** Who takes the rows of a table. Asked for each row, so it has to be quick. `slots` and `word` are of its first slot. */
export type CellsOf = (table: TableName, slots: SlotViews, word: number) => Cells;

/** A hole with the time right behind it, UNIX ns in halves. */
export interface HoleRow {
  readonly lane: string;
  readonly seq: number;
  readonly slots: number;
  readonly reason: string;
  readonly hi: number;
  readonly lo: number;
}

/** Makes rows of batches. Of one lane at a time, of any number of lanes in turn. */
export class TableRows {
  readonly #columns: ReadonlyMap<TableName, readonly Column[]>;
  readonly #names = new Map<number, RowNames & { readonly code: number }>();

  /** `more`: columns behind those of every table. */
  constructor(more: readonly Column[] = []) {
    const names = Object.keys(TABLES) as TableName[];
    this.#columns = new Map(names.map((name) => [name, [...TABLES[name].columns, ...more]]));
  }

  /** Hands every row of a batch over; returns how many. RangeError for slots that are no whole event. */
  put(batch: SlotBatch, cellsOf: CellsOf): number {
    this.#names.clear();
    const row = new Row(batch);
    let rows = 0;
    for (let i = 0; i < batch.count;) {
      const end = endOf(batch, i);
      rows += this.#putEvent(batch, row, i, end, cellsOf);
      i = end;
    }
    return rows;
  }

  #putEvent(batch: SlotBatch, row: Row, first: number, end: number, cellsOf: CellsOf): number {
    const { slots, seqs } = batch;
    const name = tableOf(slots, first << 4);
    const expected = TABLES[name].slots;
    if (expected !== 0 && end - first !== expected)
      throw new RangeError(`slot ${seqs[first]}: expected ${expected} slots of ${name}, saw ${end - first}`);
    const further = FURTHER[name];
    const rows = expected === 0 ? end - first : 1;
    row.names = this.#namesOf(batch, slotVenue(slots, first << 4), slotInstrument(slots, first << 4));
    row.event = seqs[first]!;
    for (let i = first; i < first + rows; i++) {
      row.word = i << 4;
      row.seq = seqs[i]!;
      if (further !== undefined) row.names = this.#derivedNames(batch, row.word, first << 4);
      this.#putRow(row, further === undefined || i === first ? name : further, cellsOf);
    }
    return rows;
  }

  #putRow(row: Row, name: TableName, cellsOf: CellsOf): void {
    const columns = this.#columns.get(name)!;
    row.unfit = null;
    const cells = cellsOf(name, row.slots, row.word);
    for (let k = 0; k < columns.length; k++) columns[k]!.put(row, cells);
    cells.end();
  }

  #derivedNames(batch: SlotBatch, word: number, first: number): RowNames {
    return this.#namesOf(batch, derivedVenue(batch.slots, word, first), slotInstrument(batch.slots, first));
  }

  /** Looked up once a batch. */
  #namesOf({ rows }: SlotBatch, code: number, id: number): RowNames {
    const known = this.#names.get(id);
    if (known !== undefined && known.code === code) return known;
    const row = id === NO_INSTRUMENT ? null : rows.instrument(id);
    const names = {
      code,
      venue: rows.venue(code) ?? `#${code}`,
      symbol: id === NO_INSTRUMENT ? "" : (row?.symbol ?? `#${id}`),
      instrument: row?.canonical ?? null,
      row,
    };
    this.#names.set(id, names);
    return names;
  }
}

/** The holes that come before a batch. `now`: UNIX ms, where the batch has no slots to take the time from. */
export function holeRows({ lane, holes, slots, count }: SlotBatch, now: number): HoleRow[] {
  const ns = BigInt(now) * 1_000_000n;
  const hi = count > 0 ? slots.i32[WORD.TS_RECV + 1]! : Number(ns >> 32n);
  const lo = count > 0 ? slots.i32[WORD.TS_RECV]! : Number(ns & 0xffffffffn) | 0;
  return holes.map(({ first, last, reason }) => ({
    lane,
    seq: first,
    slots: last - first + 1,
    reason,
    hi,
    lo,
  }));
}

class Row implements RowSource {
  readonly lane: string;
  readonly slots: SlotViews;
  word = 0;
  seq = 0;
  event = 0;
  names: RowNames = { venue: "", symbol: "", instrument: null, row: null };
  unfit: Record<string, string> | null = null;

  constructor({ lane, slots }: SlotBatch) {
    this.lane = lane;
    this.slots = slots;
  }
}

/** Slot behind the event that begins with slot `first`. */
function endOf({ slots, seqs, count }: SlotBatch, first: number): number {
  for (let i = first; i < count; i++) if ((slotFlags(slots, i << 4) & FLAG.LAST) !== 0) return i + 1;
  throw new RangeError(`slot ${seqs[first]}: expected a whole event, saw no end`);
}

function tableOf(slots: SlotViews, word: number): TableName {
  const kind = slotKind(slots, word);
  const number = kind === KIND.BOOK && (slotFlags(slots, word) & FLAG.SNAPSHOT) !== 0 ? SNAPSHOTS : kind;
  const name = kind === SNAPSHOTS ? null : (BY_NUMBER[number] ?? null);
  if (name === null) throw new RangeError(`slot kind: expected a kind that has a table, saw ${kind}`);
  return name;
}
