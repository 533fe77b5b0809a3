import { FRAME, LONG, NUM, SIDE, halvesToNumber } from "../model/index.ts";
import type { Nanos, Out, Slab } from "../model/index.ts";
import { isObject, putDecimal, putId, putTime } from "./kit.ts";
import type { JsonObject } from "./kit.ts";
import { bareText, named, putIso, readExact } from "./reading.ts";

/** Lists of past trades (REST): what the venues' readers of them have in common. Cold path. */

/** Where the fields of a trade stand in one venue's list. Texts of numbers, null where they are missing. */
export interface TradeForm {
  /** The rows of a body, in any order; null when it is not a list of trades. */
  rows(body: JsonObject | readonly unknown[]): readonly unknown[] | null;
  /** The fields of one row; null when it is of no known form. */
  read(row: unknown): TradeRow | null;
}

export interface TradeRow {
  readonly id: string | null;
  readonly price: string | null;
  readonly size: string | null;
  /** The aggressor's. */
  readonly side: number;
  /** UNIX ms or us as text, UNIX seconds with places, or an RFC 3339 text. */
  readonly time: string | null;
}

interface Numbered {
  readonly id: number;
  readonly row: TradeRow;
}

/** As `parse` of a venue's history: all or nothing, oldest first. */
export function parsePast(form: TradeForm) {
  return (slab: Slab, start: number, end: number, symbol: string, tsRecv: Nanos, out: Out): number => {
    out.begin(tsRecv);
    const body = readExact(slab, start, end);
    const rows = isObject(body) || Array.isArray(body) ? form.rows(body) : null;
    const trades = rows?.map((row) => numbered(form.read(row), out));
    if (trades === undefined || !trades.every((one) => one !== null)) return FRAME.BAD;
    const instrument = named(symbol, out);
    const sorted = trades.toSorted((a, b) => a.id - b.id);
    if (sorted.every(({ row }) => emit(row, instrument, out))) return FRAME.DATA;
    out.begin(tsRecv);
    return FRAME.BAD;
  };
}

function numbered(row: TradeRow | null, out: Out): Numbered | null {
  if (row === null || !putId(row.id, out, LONG.ID)) return null;
  return { id: halvesToNumber(out.long[LONG.ID + 1]!, out.long[LONG.ID]!), row };
}

function emit({ id, price, size, side, time }: TradeRow, instrument: number, out: Out): boolean {
  if (side === SIDE.NONE || price === null || size === null || time === null) return false;
  if (!putDecimal(price, out, NUM.PRICE) || !putDecimal(size, out, NUM.SIZE)) return false;
  if (!putId(id, out, LONG.ID) || !putAnyTime(time, out)) return false;
  if (instrument >= 0) out.trade(instrument, side, 0);
  return true;
}

function putAnyTime(text: string, out: Out): boolean {
  if (/^\d{1,16}$/.test(text)) return putTime(Number(text), out);
  const [, whole, places] = /^(\d{1,10})\.(\d{1,9})$/.exec(text) ?? [];
  if (whole === undefined || places === undefined) return putIso(text, out);
  return putTime(Number(whole) * 1e6 + Math.round(Number(`0.${places}`) * 1e6), out);
}

/** A side from the venue's word for it: that of the buyer first. */
export function sideOf(word: unknown, buy: unknown, sell: unknown): number {
  return word === buy ? SIDE.BUY : word === sell ? SIDE.SELL : SIDE.NONE;
}

/** A text of the frame, or null: for fields that the venue writes in quotes. */
export function textOf(value: unknown): string | null {
  return typeof value === "string" && bareText(value) === null ? value : null;
}

/** Whole number of a query, or null. */
export function wholeOf(query: ReadonlyMap<string, string>, name: string): number | null {
  const text = query.get(name);
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : null;
}

/** Of all that a venue has, the `count` first from an id on; without an id the last ones. */
export function pageOf<T extends { readonly id: string }>(
  trades: readonly T[],
  from: number | null,
  count: number,
): readonly T[] {
  if (from === null) return trades.slice(-count);
  const first = trades.findIndex(({ id }) => Number(id) >= from);
  return first < 0 ? [] : trades.slice(first, first + count);
}
