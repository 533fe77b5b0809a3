import { derivedVenue, slotFlags, slotInstrument, slotKind, slotVenue, WORD } from "../../log/index.ts";
import type { SlotViews } from "../../log/index.ts";
import { FLAG, KIND, toMicros } from "../../model/index.ts";
import type { Duck } from "../duckdb.ts";
import type { Hole, SlotBatch } from "../sink.ts";
import { hourOf } from "./files.ts";
import type { LaneNames } from "./names.ts";
import { Part } from "./part.ts";
import type { SlotTable } from "./part.ts";
import { SCHEMA } from "./schema.ts";

/** Tables by kind; of books those of changes. */
const TABLE_OF: Readonly<Record<number, SlotTable>> = {
  [KIND.TRADE]: "trades",
  [KIND.QUOTE]: "quotes",
  [KIND.BOOK]: "book_deltas",
  [KIND.TICKER]: "tickers",
  [KIND.STATS]: "stats",
  [KIND.OPTION_TICKER]: "option_tickers",
  [KIND.INDEX]: "index",
  [KIND.LIQUIDATION]: "liquidations",
  [KIND.INSTRUMENT]: "instruments",
  [KIND.STATUS]: "status",
  [KIND.SPOT_MID]: "spot_mids",
  [KIND.IV_SURFACE]: "iv_surfaces",
};

/** Tables by number: kinds, and behind them snapshots of books and rows of derived events. */
const SNAPSHOTS = 31;
const SOURCES = 30;
const POINTS = 29;
const BEHIND: Readonly<Record<number, SlotTable>> = {
  [SNAPSHOTS]: "book_snapshots",
  [SOURCES]: "spot_sources",
  [POINTS]: "iv_points",
};
const TABLES = Array.from({ length: SNAPSHOTS + 1 }, (_, kind) => BEHIND[kind] ?? TABLE_OF[kind] ?? null);
/** Where the further slots of an event go, by the kind of the first; others take only the first, or all of them. */
const ROWS_OF: Readonly<Record<number, number>> = { [KIND.SPOT_MID]: SOURCES, [KIND.IV_SURFACE]: POINTS };

/** Numbers of parts in the database. */
let parts = 0;

/** A hole with the time it was found at, UNIX us. */
export interface TimedHole extends Hole {
  readonly at: number;
}

/** What came of one lane since its last commit, all of one session: the sequence from `first` to before `end`. */
export class LaneRange {
  readonly lane: string;
  readonly session: string;
  readonly first: number;
  end: number;
  readonly holes: TimedHole[] = [];
  /** By hour * 32 + table number. */
  readonly parts = new Map<number, Part>();
  /** Files that are on the disk, by path, still under their temporary names. */
  readonly written = new Set<string>();
  readonly #duck: Duck;
  readonly #names: LaneNames;

  constructor(duck: Duck, names: LaneNames, lane: string, first: number) {
    this.#duck = duck;
    this.#names = names;
    this.lane = lane;
    this.session = names.session;
    this.first = first;
    this.end = first;
  }

  get rows(): number {
    return this.sum((part) => part.rows);
  }

  /** About what its rows weigh in memory. */
  get bytes(): number {
    return this.sum((part) => part.rows * part.rowBytes);
  }

  get isFull(): boolean {
    return this.sum((part) => (part.isFull ? 1 : 0)) > 0;
  }

  sum(value: (part: Part) => number): number {
    return [...this.parts.values()].reduce((sum, part) => sum + value(part), 0);
  }

  /** Takes every event of a batch. RangeError for slots that are no whole event. */
  async take(batch: SlotBatch): Promise<void> {
    const at = batch.count > 0 ? recvAt(batch.slots, 0) : Date.now() * 1000;
    for (const hole of batch.holes) this.holes.push({ ...hole, at });
    for (let i = 0; i < batch.count;) {
      const word = i << 4;
      const table = tableOf(batch.slots, word);
      const hour = hourOf(eventAt(batch.slots, word), recvAt(batch.slots, word));
      const part = await this.#part(table, hour);
      const rows = ROWS_OF[table];
      if (rows === undefined) i = this.#takeEvent(batch, i, part, table);
      else {
        const alone = (slotFlags(batch.slots, word) & FLAG.LAST) !== 0;
        i = this.#takeDerived(batch, i, part, alone ? part : await this.#part(rows, hour));
      }
    }
    for (const part of this.parts.values()) part.move(batch);
    this.end = batch.end;
  }

  /** Takes the event that begins with slot `first`; returns the slot behind it. */
  #takeEvent(batch: SlotBatch, first: number, part: Part, table: number): number {
    const { slots, rows, count } = batch;
    const word = first << 4;
    if (table === KIND.INSTRUMENT) this.#names.renew(slotInstrument(slots, word));
    const name = this.#names.of(rows, slotVenue(slots, word), slotInstrument(slots, word));
    const levels = table === KIND.BOOK || table === SNAPSHOTS;
    let i = first;
    for (;;) {
      if (levels || i === first) part.take(batch, i, first, name);
      const last = (slotFlags(slots, i << 4) & FLAG.LAST) !== 0;
      i += 1;
      if (last) break;
      if (i === count) throw new RangeError(`slot ${batch.seqs[first]}: expected a whole event, saw no end`);
    }
    if (!levels && i - first !== SCHEMA[part.table].slots)
      throw new RangeError(
        `slot ${batch.seqs[first]}: expected ${SCHEMA[part.table].slots} slots of ${part.table}, saw ${i - first}`,
      );
    return i;
  }

  /** The same of an event whose first slot is a row of one table, and each further one a row of another. */
  #takeDerived(batch: SlotBatch, first: number, head: Part, rows: Part): number {
    const { slots, seqs, count } = batch;
    const id = slotInstrument(slots, first << 4);
    for (let i = first; i < count; i++) {
      const name = this.#names.of(batch.rows, derivedVenue(slots, i << 4, first << 4), id);
      (i === first ? head : rows).take(batch, i, first, name);
      if ((slotFlags(slots, i << 4) & FLAG.LAST) !== 0) return i + 1;
    }
    throw new RangeError(`slot ${seqs[first]}: expected a whole event, saw no end`);
  }

  async #part(table: number, hour: number): Promise<Part> {
    const key = hour * 32 + table;
    const known = this.parts.get(key);
    if (known !== undefined) return known;
    const part = await Part.create(this.#duck, TABLES[table]!, hour, `part${parts++}`);
    this.parts.set(key, part);
    return part;
  }
}

function tableOf(slots: SlotViews, word: number): number {
  const kind = slotKind(slots, word);
  if ((TABLES[kind] ?? null) === null || kind in BEHIND)
    throw new RangeError(`slot kind: expected one of ${Object.keys(TABLE_OF).join(", ")}, saw ${kind}`);
  return kind === KIND.BOOK && (slotFlags(slots, word) & FLAG.SNAPSHOT) !== 0 ? SNAPSHOTS : kind;
}

function eventAt({ i32 }: SlotViews, word: number): number {
  return toMicros(i32[word + WORD.TS_EVENT + 1]!, i32[word + WORD.TS_EVENT]!);
}

/** When a slot was received, UNIX us. */
export function recvAt({ i32 }: SlotViews, word: number): number {
  return toMicros(i32[word + WORD.TS_RECV + 1]!, i32[word + WORD.TS_RECV]!);
}
