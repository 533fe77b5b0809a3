import { SLOT } from "../../log/index.ts";
import { FLAG } from "../../model/index.ts";

/**
 * What the columns of tables are made of, as data. Two readings make something of it: ./puts.ts the cells of databases,
 * ../parquet/columns.ts what the lake keeps of slots and the SQL behind it.
 */

interface At {
  /** Bytes from the begin of a row's slot; of the first one where a row is made of several. */
  readonly at: number;
}

/** A byte of the slot that a column depends on, with a name to keep it under. */
export interface Byte extends At {
  readonly name: string;
}

/** Where the values of a column come from, by kind of column, and what has to be said of each. */
export interface Origins {
  /** Of the row: its lane, its place there, that of its event's first row, how many slots it stands for. */
  readonly lane: unknown;
  readonly place: unknown;
  readonly event: unknown;
  readonly slots: unknown;
  /** What the venue and the instrument of the slot are called. */
  readonly venue: unknown;
  readonly symbol: unknown;
  readonly instrument: unknown;
  /** 64 bits, 0 = none. A time is UNIX ns. */
  readonly time: At;
  readonly id: At;
  /** A double, NaN = none, that is a price, a size or a worth: exact. None as well where the byte `needs` is 0. */
  readonly decimal: At & { readonly needs?: Byte };
  /** A double, NaN = none, that is a rate or another pure number; a time, UNIX us; a span of time, us. */
  readonly double: At;
  readonly micros: At;
  readonly span: At;
  /** One byte, two bytes. */
  readonly count: At;
  readonly wide_count: At;
  /** 32 bits where another byte is `equal`, else none. */
  readonly u32: At & { readonly where: Byte & { readonly equal: number } };
  /** A byte: 1 = the first word, 2 = the second, else none. */
  readonly side: At & { readonly words: readonly [string, string] };
  /** A byte, an index into a list whose first word means none. */
  readonly word: At & { readonly words: readonly string[] };
  readonly flag: { readonly bit: number };
  /** Bytes of a status. What a state is called depends on the scope; reason 0 = none. */
  readonly scope: At;
  readonly state: At & { readonly scope: Byte };
  readonly reason: At;
  /** Fields of the instrument's row; numbers below 0 and NaN = none, a time is UNIX us. */
  readonly row_word: { readonly of: "kind" | "status" | "sizeUnit"; readonly absent?: string };
  readonly row_name: { readonly of: "base" | "quote" };
  readonly row_decimal: { readonly of: "tick" | "lot" | "contractValue" | "strike" };
  readonly row_small: { readonly of: "pricePrecision" | "sizePrecision" };
  readonly row_time: { readonly of: "expiry" };
}

export type Kind = keyof Origins;

/** A column of that kind. */
export type Described<K extends Kind> = Origins[K] & {
  readonly is: K;
  readonly name: string;
  /** Never NULL, and databases are told so. */
  readonly required?: true;
  /** Nothing where the name says it all. Of a place in the log as databases call it: `log_seq`. */
  readonly doc?: string;
};

export type DescribedColumn = { [K in Kind]: Described<K> }[Kind];

/** Kinds that an instrument's row alone says. */
export type RowKind = Extract<Kind, `row_${string}`>;
export type RowColumn = { [K in RowKind]: Described<K> }[RowKind];

export interface DescribedTable {
  readonly doc: string;
  /** Slots of an event, of which one row is made; 0: one row a slot. */
  readonly slots: 0 | 1 | 3;
  /** Those behind LANE, PLACE and SLOTS. */
  readonly columns: readonly DescribedColumn[];
}

/** Which slots a row is made of: in every table. */
export const LANE: DescribedColumn = { name: "lane", is: "lane", required: true, doc: "lane of the gateway" };

export const PLACE: DescribedColumn = {
  name: "log_seq",
  is: "place",
  required: true,
  doc: "its place in the lane's log: number of its first slot",
};

export const SLOTS: DescribedColumn = {
  name: "slots",
  is: "slots",
  required: true,
  doc: "slots of the log it covers, from `log_seq` on",
};

function about(venue: string): DescribedColumn[] {
  return [
    { name: "venue", is: "venue", required: true, doc: venue },
    {
      name: "symbol",
      is: "symbol",
      required: true,
      doc: "native symbol; empty where it is about a whole venue",
    },
    {
      name: "instrument",
      is: "instrument",
      doc: "canonical name, as BTC-USDT-PERP; NULL where it is not known",
    },
    {
      name: "ts_event",
      is: "time",
      at: SLOT.at.ts_event,
      doc: "venue's clock, UTC; NULL where it gives none",
    },
    {
      name: "ts_recv",
      is: "time",
      at: SLOT.at.ts_recv,
      doc: "our clock when the bytes were read, UTC; never steps back in a lane",
    },
  ];
}

const FLAGS: readonly DescribedColumn[] = [
  flag("snapshot", FLAG.SNAPSHOT, "full state rather than a change"),
  flag("recovered", FLAG.RECOVERED, "fetched again after a gap"),
  flag("gap", FLAG.GAP, "something of this instrument is missing before it"),
  flag("invalid", FLAG.INVALID, "the book it belongs to was not proved"),
  flag("duplicate", FLAG.DUPLICATE, "seen before"),
];

/** `venue`: what stands in the column of that name. */
export function table(
  doc: string,
  columns: readonly DescribedColumn[],
  slots: DescribedTable["slots"] = 1,
  venue = "venue id",
): DescribedTable {
  return { doc, slots, columns: [...about(venue), ...columns, ...FLAGS] };
}

/** Number of the first slot of the row's event. */
export function eventOf(doc: string): DescribedColumn {
  return { name: "event", is: "event", required: true, doc };
}

export function id(name: string, at: number, doc?: string): DescribedColumn {
  return { name, is: "id", at, doc };
}

export function decimal(name: string, at: number, doc?: string, needs?: Byte): DescribedColumn {
  return { name, is: "decimal", at, doc, needs };
}

export function double(name: string, at: number, doc?: string): DescribedColumn {
  return { name, is: "double", at, doc };
}

export function span(name: string, at: number, doc: string): DescribedColumn {
  return { name, is: "span", at, doc };
}

export function count(name: string, at: number, doc: string): DescribedColumn {
  return { name, is: "count", at, doc };
}

export function side(at: number, words: readonly [string, string], doc: string): DescribedColumn {
  return { name: "side", is: "side", at, words, doc };
}

export function word(name: string, at: number, words: readonly string[], doc: string): DescribedColumn {
  return { name, is: "word", at, words, doc };
}

export function flag(name: string, bit: number, doc: string): DescribedColumn {
  return { name, is: "flag", bit, required: true, doc };
}
