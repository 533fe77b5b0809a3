import { slotFlags, slotSide, WORD } from "../../log/index.ts";
import type { SlotViews } from "../../log/index.ts";
import { FLAG, sideWord } from "../../model/index.ts";
import type { Cells, Column, RowSource, Table } from "./cells.ts";

/** How columns of ./tables.ts are made. */

/** A venue's clock is believed when it is at most so far before and behind ours, s. */
const OLDEST_S = 7 * 86_400;
const NEWEST_S = 3600;
/** 2^32 ns, s. */
const HALF_S = 4.294967296;
/** High halves of 2^63 ns and more, and of times before 1970: no times. */
const LAST_HI = 0x7fffffff;

/** True where a row's time is the venue's. Seconds are near enough to judge it. */
function byVenue({ i32 }: SlotViews, word: number): boolean {
  const hi = i32[word + WORD.TS_EVENT + 1]!;
  if (hi === 0 && i32[word + WORD.TS_EVENT] === 0) return false;
  const behind = (i32[word + WORD.TS_RECV + 1]! - hi) * HALF_S;
  return behind <= OLDEST_S && behind >= -NEWEST_S;
}

/** Where a row's own time stands: what it is ordered, partitioned and forgotten by. */
export function timeWord(slots: SlotViews, word: number): number {
  return word + (byVenue(slots, word) ? WORD.TS_EVENT : WORD.TS_RECV);
}

function putTime({ i32 }: SlotViews, at: number, cells: Cells): void {
  const [hi, lo] = [i32[at + 1]!, i32[at]!];
  if (hi < 0 || hi >= LAST_HI || (hi === 0 && lo === 0)) cells.none();
  else cells.time(hi, lo);
}

export function time(name: string, word: number, doc: string): Column {
  return { name, type: "time", doc, put: ({ slots, word: at }, cells) => putTime(slots, at + word, cells) };
}

export function id(name: string, word: number, doc: string): Column {
  const put = ({ slots: { i32 }, word: at }: RowSource, cells: Cells): void => {
    const hi = i32[at + word + 1]!;
    const lo = i32[at + word]!;
    if (hi === 0 && lo === 0) cells.none();
    else cells.u64(hi, lo);
  };
  return { name, type: "u64", doc, put };
}

/** NULL for NaN; what the column cannot hold is told by `UNFIT`. */
export function putDecimal(row: RowSource, name: string, value: number, cells: Cells): void {
  if (Number.isNaN(value)) cells.none();
  else if (!cells.decimal(value)) row.unfit = { ...row.unfit, [name]: String(value) };
}

/** A price, a size or a worth; exact. */
export function decimal(name: string, at: number, doc: string): Column {
  const put = (row: RowSource, cells: Cells): void =>
    putDecimal(row, name, row.slots.f64[(row.word >> 1) + at]!, cells);
  return { name, type: "decimal", doc, put };
}

/** A rate or another pure number. */
export function double(name: string, at: number, doc: string): Column {
  const put = ({ slots, word }: RowSource, cells: Cells): void => {
    const value = slots.f64[(word >> 1) + at]!;
    if (Number.isNaN(value)) cells.none();
    else cells.double(value);
  };
  return { name, type: "double", doc, put };
}

/** UNIX us of a double. */
export function putMicros(value: number, cells: Cells): void {
  if (!(value > 0 && value < 9e15)) return cells.none();
  const sec = Math.floor(value / 1e6);
  const ns = Math.round((value - sec * 1e6) * 1000);
  const all = BigInt(sec) * 1_000_000_000n + BigInt(ns);
  cells.time(Number(all >> 32n), Number(all & 0xffffffffn) | 0);
}

export function flag(name: string, bit: number, doc: string): Column {
  const put = ({ slots, word }: RowSource, cells: Cells): void =>
    cells.flag((slotFlags(slots, word) & bit) !== 0);
  return { name, type: "flag", doc, required: true, put };
}

function head(slots: number): Column[] {
  return [
    {
      name: "ts",
      type: "time",
      required: true,
      doc: "its time: `ts_event` where that is at most 7 days behind and an hour before `ts_recv`, else `ts_recv`",
      put: ({ slots: views, word }, cells) => putRequiredTime(views, timeWord(views, word), cells),
    },
    {
      name: "lane",
      type: "name",
      required: true,
      doc: "lane of the gateway",
      put: ({ lane }, cells) => cells.text(lane),
    },
    {
      name: "log_seq",
      type: "whole",
      required: true,
      doc: "its place in the lane's log: number of its first slot. (lane, log_seq) is unique in all tables together",
      put: ({ seq }, cells) => cells.whole(seq),
    },
    {
      name: "slots",
      type: "small",
      required: true,
      doc: "slots of the log it stands for, from `log_seq` on",
      put: (_, cells) => cells.whole(slots),
    },
    {
      name: "venue",
      type: "name",
      required: true,
      doc: "venue id",
      put: ({ names }, cells) => cells.text(names.venue),
    },
    {
      name: "symbol",
      type: "name",
      required: true,
      doc: "native symbol; empty where it is about a whole venue",
      put: ({ names }, cells) => cells.text(names.symbol),
    },
    {
      name: "instrument",
      type: "name",
      doc: "canonical name, as BTC-USDT-PERP; NULL where it is not known",
      put: ({ names }, cells) => textOrNone(names.instrument, cells),
    },
    time("ts_event", WORD.TS_EVENT, "venue's clock; NULL where it gives none"),
    time("ts_recv", WORD.TS_RECV, "our clock when the bytes were read; never steps back in a lane"),
  ];
}

/** A row without any time lies at the first nanosecond there is. */
function putRequiredTime({ i32 }: SlotViews, at: number, cells: Cells): void {
  const [hi, lo] = [i32[at + 1]!, i32[at]!];
  if (hi < 0 || hi >= LAST_HI || (hi === 0 && lo === 0)) cells.time(0, 1);
  else cells.time(hi, lo);
}

export function textOrNone(value: string | null, cells: Cells): void {
  if (value === null) cells.none();
  else cells.text(value);
}

const FLAGS: Column[] = [
  flag("snapshot", FLAG.SNAPSHOT, "full state rather than a change"),
  flag("recovered", FLAG.RECOVERED, "fetched again after a gap"),
  flag("gap", FLAG.GAP, "something of this instrument is missing before it"),
  flag("invalid", FLAG.INVALID, "the book it belongs to was not proved"),
  flag("duplicate", FLAG.DUPLICATE, "seen before"),
];

/** For vendors whose decimals have bounds: put it behind the other columns of every table. */
export const UNFIT: Column = {
  name: "unfit",
  type: "text",
  doc: 'values that their columns cannot hold, which are NULL: JSON, as {"price":"1e-19"}; else NULL',
  put: ({ unfit }, cells) => textOrNone(unfit === null ? null : JSON.stringify(unfit), cells),
};

export function table(doc: string, columns: readonly Column[], slots: Table["slots"] = 1): Table {
  return { doc, slots, columns: [...head(Math.max(1, slots)), ...columns, ...FLAGS] };
}

export function taker(doc: string): Column {
  const put = ({ slots, word }: RowSource, cells: Cells): void =>
    textOrNone(sideWord(slotSide(slots, word)), cells);
  return { name: "side", type: "word", doc, put };
}

/** NULL in an event without levels. */
export function ofLevel(column: Column): Column {
  const put = (row: RowSource, cells: Cells): void => {
    if (slotSide(row.slots, row.word) === 0) cells.none();
    else column.put(row, cells);
  };
  return { ...column, put };
}

export function eventOf(doc: string): Column {
  return { name: "event", type: "whole", required: true, doc, put: ({ event }, cells) => cells.whole(event) };
}
