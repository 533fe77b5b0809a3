import { reasonWord, scopeWord, slotFlags, stateWord } from "../../log/index.ts";
import type { InstrumentRow, SlotViews } from "../../log/index.ts";
import type { Cells, CellType, Column, RowSource } from "./cells.ts";
import type { Described, Kind, Origins } from "./table-columns.ts";

type Put = Column["put"];

/** What a cell may be, and the function that writes it: made once for each column, when its places are known numbers. */
export type Reading<K extends Kind> = readonly [CellType, (one: Described<K>, slots: number) => Put];

/** The description as databases read it. */
export const READINGS: { readonly [K in Kind]: Reading<K> } = {
  lane: ["name", always(({ lane }, cells) => cells.text(lane))],
  place: ["whole", always(({ seq }, cells) => cells.whole(seq))],
  event: ["whole", always(({ event }, cells) => cells.whole(event))],
  slots: ["small", (_, slots) => (_row, cells) => cells.whole(slots)],
  venue: ["name", always(({ names }, cells) => cells.text(names.venue))],
  symbol: ["name", always(({ names }, cells) => cells.text(names.symbol))],
  instrument: ["name", always(({ names }, cells) => textOrNone(names.instrument, cells))],
  time: ["time", ({ at }) => timeAt(at >> 2)],
  id: ["u64", ({ at }) => idAt(at >> 2)],
  decimal: ["decimal", ({ name, at, needs }) => decimalAt(name, at >> 3, needs?.at)],
  double: ["double", ({ at }) => doubleAt(at >> 3)],
  micros: ["time", ({ at }) => microsAt(at >> 3)],
  span: ["whole", ({ at }) => spanAt(at >> 3)],
  count: ["small", ({ at }) => countAt(at)],
  wide_count: ["whole", ({ at }) => wideCountAt(at)],
  u32: ["u32", ({ at, where }) => u32At(at >> 2, where.at, where.equal)],
  side: ["word", ({ at, words }) => sideAt(at, words)],
  word: ["word", ({ at, words }) => wordAt(at, words)],
  flag: ["flag", ({ bit }) => flagOf(bit)],
  scope: ["word", ({ at }) => scopeAt(at)],
  state: ["word", ({ at, scope }) => stateAt(at, scope.at)],
  reason: ["word", ({ at }) => reasonAt(at)],
  row_word: ["word", ({ of, absent = "" }) => known((row, cells) => cells.text(row[of] ?? absent))],
  row_name: ["name", ({ of }) => known((row, cells) => cells.text(row[of]))],
  row_decimal: ["decimal", ({ name, of }) => figureOf(name, of)],
  row_small: ["small", ({ of }) => smallOf(of)],
  row_time: ["time", ({ of }) => known((row, cells) => putMicros(row[of], cells))],
};

/** High halves of 2^63 ns and more, and of times before 1970: no times. */
const LAST_HI = 0x7fffffff;

/** One that all columns of a kind have. */
function always(put: Put): () => Put {
  return () => put;
}

function byteOf({ slots: { u8 }, word }: RowSource, at: number): number {
  return u8[word * 4 + at]!;
}

export function textOrNone(value: string | null, cells: Cells): void {
  if (value === null) cells.none();
  else cells.text(value);
}

function timeAt(at: number): Put {
  return ({ slots, word }, cells) => {
    if (!putTime(slots, word + at, cells)) cells.none();
  };
}

/** Nothing is put, and false said, where there is none. */
export function putTime({ i32 }: SlotViews, at: number, cells: Cells): boolean {
  const [hi, lo] = [i32[at + 1]!, i32[at]!];
  if (hi < 0 || hi >= LAST_HI || (hi === 0 && lo === 0)) return false;
  cells.time(hi, lo);
  return true;
}

function idAt(at: number): Put {
  return ({ slots: { i32 }, word }, cells) => {
    const hi = i32[word + at + 1]!;
    const lo = i32[word + at]!;
    if (hi === 0 && lo === 0) cells.none();
    else cells.u64(hi, lo);
  };
}

/** NULL for NaN; what the column cannot hold is told by `UNFIT`. */
function putDecimal(row: RowSource, name: string, value: number, cells: Cells): void {
  if (Number.isNaN(value)) cells.none();
  else if (!cells.decimal(value)) row.unfit = { ...row.unfit, [name]: String(value) };
}

/** `needs`: where the byte is that says with 0 that there is none. */
function decimalAt(name: string, at: number, needs?: number): Put {
  const put: Put = (row, cells) => putDecimal(row, name, row.slots.f64[(row.word >> 1) + at]!, cells);
  if (needs === undefined) return put;
  return (row, cells) => {
    if (byteOf(row, needs) === 0) cells.none();
    else put(row, cells);
  };
}

function doubleAt(at: number): Put {
  return ({ slots, word }, cells) => {
    const value = slots.f64[(word >> 1) + at]!;
    if (Number.isNaN(value)) cells.none();
    else cells.double(value);
  };
}

function microsAt(at: number): Put {
  return ({ slots, word }, cells) => putMicros(slots.f64[(word >> 1) + at]!, cells);
}

function putMicros(value: number, cells: Cells): void {
  if (!(value > 0 && value < 9e15)) return cells.none();
  const sec = Math.floor(value / 1e6);
  const ns = Math.round((value - sec * 1e6) * 1000);
  const all = BigInt(sec) * 1_000_000_000n + BigInt(ns);
  cells.time(Number(all >> 32n), Number(all & 0xffffffffn) | 0);
}

function spanAt(at: number): Put {
  return ({ slots, word }, cells) => {
    const value = Math.round(slots.f64[(word >> 1) + at]!);
    if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) cells.whole(value);
    else cells.none();
  };
}

function countAt(at: number): Put {
  return (row, cells) => cells.whole(byteOf(row, at));
}

function wideCountAt(at: number): Put {
  return (row, cells) => cells.whole(byteOf(row, at) + 256 * byteOf(row, at + 1));
}

function u32At(at: number, where: number, equal: number): Put {
  return (row, cells) => {
    if (byteOf(row, where) === equal) cells.whole(row.slots.i32[row.word + at]! >>> 0);
    else cells.none();
  };
}

function sideAt(at: number, words: Origins["side"]["words"]): Put {
  const byNumber = [null, ...words];
  return (row, cells) => textOrNone(byNumber[byteOf(row, at)] ?? null, cells);
}

/** A number without a word is told as #number. */
function wordAt(at: number, words: readonly string[]): Put {
  return (row, cells) => {
    const number = byteOf(row, at);
    textOrNone(number === 0 ? null : (words[number] ?? `#${number}`), cells);
  };
}

function flagOf(bit: number): Put {
  return ({ slots, word }, cells) => cells.flag((slotFlags(slots, word) & bit) !== 0);
}

function scopeAt(at: number): Put {
  return (row, cells) => cells.text(scopeWord(byteOf(row, at)));
}

function stateAt(at: number, scope: number): Put {
  return (row, cells) => cells.text(stateWord(byteOf(row, scope), byteOf(row, at)));
}

function reasonAt(at: number): Put {
  return (row, cells) => {
    const reason = byteOf(row, at);
    textOrNone(reason === 0 ? null : reasonWord(reason), cells);
  };
}

/** NULL where the row of the instrument is not known. */
function known(put: (row: InstrumentRow, cells: Cells) => void): Put {
  return ({ names: { row } }, cells) => {
    if (row === null) cells.none();
    else put(row, cells);
  };
}

function figureOf(name: string, of: Origins["row_decimal"]["of"]): Put {
  return (source, cells) => {
    const { row } = source.names;
    putDecimal(source, name, row === null ? NaN : row[of], cells);
  };
}

function smallOf(of: Origins["row_small"]["of"]): Put {
  return known((row, cells) => {
    if (row[of] < 0) cells.none();
    else cells.whole(row[of]);
  });
}
