import {
  BOOK,
  DOUBLE,
  SCOPE,
  scopeWord,
  slotFlags,
  slotSide,
  stateWord,
  reasonWord,
  WORD,
} from "../../log/index.ts";
import type { InstrumentRow, SlotViews } from "../../log/index.ts";
import { FLAG, sideWord } from "../../model/index.ts";
import type { Cells, CellType, Column, RowSource, Table } from "./cells.ts";

/**
 * Tables by kind of event for databases: names, columns, and how a slot becomes a row. A vendor brings its types for `CellType`
 * and a `Cells` that encodes (./cells.ts); `TableRows` walks a batch (./table-rows.ts).
 *
 * (lane, log_seq) is unique in all tables together, and each row stands for `slots` slots from `log_seq` on, holes as well: a lane is
 * complete where its rows follow each other without gap.
 */

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

function time(name: string, word: number, doc: string): Column {
  return { name, type: "time", doc, put: ({ slots, word: at }, cells) => putTime(slots, at + word, cells) };
}

function id(name: string, word: number, doc: string): Column {
  const put = ({ slots: { i32 }, word: at }: RowSource, cells: Cells): void => {
    const hi = i32[at + word + 1]!;
    const lo = i32[at + word]!;
    if (hi === 0 && lo === 0) cells.none();
    else cells.u64(hi, lo);
  };
  return { name, type: "u64", doc, put };
}

/** NULL for NaN; what the column cannot hold is told by `UNFIT`. */
function putDecimal(row: RowSource, name: string, value: number, cells: Cells): void {
  if (Number.isNaN(value)) cells.none();
  else if (!cells.decimal(value)) row.unfit = { ...row.unfit, [name]: String(value) };
}

/** A price, a size or a worth; exact. */
function decimal(name: string, at: number, doc: string): Column {
  const put = (row: RowSource, cells: Cells): void =>
    putDecimal(row, name, row.slots.f64[(row.word >> 1) + at]!, cells);
  return { name, type: "decimal", doc, put };
}

/** A rate or another pure number. */
function double(name: string, at: number, doc: string): Column {
  const put = ({ slots, word }: RowSource, cells: Cells): void => {
    const value = slots.f64[(word >> 1) + at]!;
    if (Number.isNaN(value)) cells.none();
    else cells.double(value);
  };
  return { name, type: "double", doc, put };
}

/** UNIX us of a double. */
function putMicros(value: number, cells: Cells): void {
  if (!(value > 0 && value < 9e15)) return cells.none();
  const sec = Math.floor(value / 1e6);
  const ns = Math.round((value - sec * 1e6) * 1000);
  const all = BigInt(sec) * 1_000_000_000n + BigInt(ns);
  cells.time(Number(all >> 32n), Number(all & 0xffffffffn) | 0);
}

function flag(name: string, bit: number, doc: string): Column {
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

function textOrNone(value: string | null, cells: Cells): void {
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

function table(doc: string, columns: readonly Column[], slots: Table["slots"] = 1): Table {
  return { doc, slots, columns: [...head(Math.max(1, slots)), ...columns, ...FLAGS] };
}

function taker(doc: string): Column {
  const put = ({ slots, word }: RowSource, cells: Cells): void =>
    textOrNone(sideWord(slotSide(slots, word)), cells);
  return { name: "side", type: "word", doc, put };
}

/** NULL in an event without levels. */
function ofLevel(column: Column): Column {
  const put = (row: RowSource, cells: Cells): void => {
    if (slotSide(row.slots, row.word) === 0) cells.none();
    else column.put(row, cells);
  };
  return { ...column, put };
}

const LEVEL_SIDES = [null, "bid", "ask"] as const;
const HAS_CHECKSUM = 8 * (BOOK.at.has_checksum % 4);

const LEVELS: Column[] = [
  {
    name: "event",
    type: "whole",
    required: true,
    doc: "`log_seq` of the first row of its event: rows of one book event share it",
    put: ({ event }, cells) => cells.whole(event),
  },
  flag("last", FLAG.LAST, "last row of its event"),
  {
    name: "side",
    type: "word",
    doc: "bid or ask; NULL = an event without levels",
    put: ({ slots, word }, cells) => textOrNone(LEVEL_SIDES[slotSide(slots, word)] ?? null, cells),
  },
  ofLevel(decimal("price", DOUBLE.PRICE, "price of the level")),
  ofLevel(decimal("size", DOUBLE.SIZE, "size at that price, in the venue's unit; 0 removes the level")),
  id("venue_seq", WORD.SEQ, "the venue's sequence of the event; NULL = none"),
  id("venue_prev_seq", WORD.PREV_SEQ, "the venue's sequence it links to; NULL = none"),
  {
    name: "checksum",
    type: "u32",
    doc: "the venue's CRC of the book after the event; NULL = none",
    put: ({ slots: { i32 }, word }, cells) => {
      if (((i32[word + WORD.TAIL]! >>> HAS_CHECKSUM) & 0xff) === 1)
        cells.whole(i32[word + WORD.CHECKSUM]! >>> 0);
      else cells.none();
    },
  },
];

/** Scope, state and reason of a status, a byte each. */
function tail({ slots: { i32 }, word }: RowSource, shift: number): number {
  return (i32[word + WORD.TAIL]! >>> shift) & 0xff;
}

const STATES: Column[] = [
  {
    name: "scope",
    type: "word",
    doc: "what it is about: book, instrument or venue",
    put: (row, cells) => cells.text(scopeWord(tail(row, 0))),
  },
  {
    name: "state",
    type: "word",
    doc: "of a book its validity, else the trading state",
    put: (row, cells) => cells.text(stateWord(tail(row, 0), tail(row, 8))),
  },
  {
    name: "reason",
    type: "word",
    doc: "why; NULL = nothing to say",
    put: (row, cells) => textOrNone(tail(row, 16) === 0 ? null : reasonWord(tail(row, 16)), cells),
  },
  {
    name: "epoch",
    type: "u32",
    doc: "of a book's validity; NULL for instruments and venues",
    put: (row, cells) => {
      if (tail(row, 0) === SCOPE.BOOK) cells.whole(row.slots.i32[row.word + WORD.EPOCH]! >>> 0);
      else cells.none();
    },
  },
];

function ofRow(
  name: string,
  type: CellType,
  doc: string,
  put: (row: InstrumentRow, cells: Cells) => void,
): Column {
  const known = ({ names: { row } }: RowSource, cells: Cells): void => {
    if (row === null) cells.none();
    else put(row, cells);
  };
  return { name, type, doc, put: known };
}

function figureOf(name: string, doc: string, value: (row: InstrumentRow) => number): Column {
  const put = (source: RowSource, cells: Cells): void => {
    const { row } = source.names;
    putDecimal(source, name, row === null ? NaN : value(row), cells);
  };
  return { name, type: "decimal", doc, put };
}

function precision(name: string, doc: string, value: (row: InstrumentRow) => number): Column {
  return ofRow(name, "small", doc, (row, cells) => {
    if (value(row) < 0) cells.none();
    else cells.whole(value(row));
  });
}

const METADATA: Column[] = [
  ofRow("kind", "word", "spot, perpetual, future, option or index", ({ kind }, cells) => cells.text(kind)),
  ofRow("base", "name", "base coin", ({ base }, cells) => cells.text(base)),
  ofRow("quote", "name", "quote currency", ({ quote }, cells) => cells.text(quote)),
  ofRow("trading_status", "word", "trading, halted, delisted ...", ({ status }, cells) => cells.text(status)),
  figureOf("tick", "smallest price step; NULL = unknown", ({ tick }) => tick),
  figureOf("lot", "smallest size step; NULL = unknown", ({ lot }) => lot),
  precision("price_precision", "decimals of prices in checksums; NULL = none", (row) => row.pricePrecision),
  precision("size_precision", "decimals of sizes in checksums; NULL = none", (row) => row.sizePrecision),
  figureOf(
    "contract_value",
    "what a size of 1 is worth, in `size_unit`",
    ({ contractValue }) => contractValue,
  ),
  ofRow("size_unit", "word", "base or quote", ({ sizeUnit }, cells) => cells.text(sizeUnit ?? "base")),
  ofRow("expiry", "time", "NULL = never", ({ expiry }, cells) => putMicros(expiry, cells)),
  figureOf("strike", "NULL = none", ({ strike }) => strike),
];

/** Doubles of the option's second and third slot: a slot is eight doubles. */
const SECOND = DOUBLE.MARK + 8;
const THIRD = DOUBLE.MARK + 16;

/** Tables of slots, by name. */
export const TABLES = {
  trades: table("Trades, one row each.", [
    id("id", WORD.TRADE_ID, "the venue's trade id; NULL = none"),
    decimal("price", DOUBLE.PRICE, "price"),
    decimal("size", DOUBLE.SIZE, "size in the venue's unit: see contract_value in `instruments`"),
    taker("of the aggressor: buy or sell; NULL = unknown"),
  ]),
  quotes: table("Best bid and offer, one row each.", [
    decimal("bid_price", DOUBLE.BID_PRICE, "NULL = no bid"),
    decimal("bid_size", DOUBLE.BID_SIZE, ""),
    decimal("ask_price", DOUBLE.ASK_PRICE, "NULL = no offer"),
    decimal("ask_size", DOUBLE.ASK_SIZE, ""),
    id("update_id", WORD.QUOTE_ID, "the venue's; NULL = none"),
  ]),
  book_deltas: table("Changes of books, one row a level; an event without levels is one row.", LEVELS, 0),
  book_snapshots: table("Whole books, one row a level: what was known before is void.", LEVELS, 0),
  tickers: table("Figures of derivatives.", [
    decimal("mark_price", DOUBLE.MARK, ""),
    decimal("index_price", DOUBLE.INDEX, ""),
    double("funding_rate", DOUBLE.FUNDING, "fraction"),
    {
      name: "next_funding_ts",
      type: "time",
      doc: "",
      put: ({ slots, word }, cells) => putMicros(slots.f64[(word >> 1) + DOUBLE.NEXT_FUNDING]!, cells),
    },
    decimal("open_interest", DOUBLE.OPEN_INTEREST, "in the venue's unit of sizes"),
  ]),
  stats: table("Figures of the last 24 hours.", [
    decimal("last_price", DOUBLE.LAST, ""),
    decimal("volume_24h", DOUBLE.VOLUME, "base units"),
    decimal("high_24h", DOUBLE.HIGH, ""),
    decimal("low_24h", DOUBLE.LOW, ""),
    decimal("vwap_24h", DOUBLE.VWAP, ""),
  ]),
  option_tickers: table(
    "Figures of options. Volatilities and rates are fractions: 0.65 = 65 %.",
    [
      decimal("mark_price", DOUBLE.MARK, ""),
      decimal("index_price", DOUBLE.MARK + 1, ""),
      decimal("underlying_price", DOUBLE.MARK + 2, "forward the option is priced with"),
      decimal("open_interest", DOUBLE.MARK + 3, ""),
      double("interest_rate", DOUBLE.MARK + 4, "per year"),
      double("mark_iv", SECOND, ""),
      double("bid_iv", SECOND + 1, ""),
      double("ask_iv", SECOND + 2, ""),
      double("delta", SECOND + 3, ""),
      double("gamma", SECOND + 4, ""),
      double("vega", THIRD, ""),
      double("theta", THIRD + 1, ""),
      double("rho", THIRD + 2, ""),
      decimal("last_price", THIRD + 3, ""),
      decimal("volume_24h", THIRD + 4, "base units"),
    ],
    3,
  ),
  index_prices: table("Values of indices.", [decimal("price", DOUBLE.INDEX_PRICE, "")]),
  liquidations: table("Forced orders.", [
    decimal("price", DOUBLE.PRICE, ""),
    decimal("size", DOUBLE.LIQUIDATION_SIZE, ""),
    taker("of the forced order: buy or sell; NULL = unknown"),
  ]),
  instruments: table("What venues say of their instruments, one row whenever something changed.", METADATA),
  status: table("Changes of validity and of trading states.", STATES),
} as const satisfies Record<string, Table>;

export type TableName = keyof typeof TABLES;

/** Columns of the table `holes`, slots that nobody has; their rows are made of `holeRows`. */
export const HOLES: readonly Pick<Column, "name" | "type" | "doc" | "required">[] = [
  { name: "ts", type: "time", required: true, doc: "our clock right behind it" },
  { name: "lane", type: "name", required: true, doc: "lane of the gateway" },
  { name: "log_seq", type: "whole", required: true, doc: "first slot that is missing" },
  { name: "slots", type: "whole", required: true, doc: "slots that are missing" },
  {
    name: "reason",
    type: "word",
    required: true,
    doc: "lapped, region_gone, deleted or damaged (docs/storage.md)",
  },
];
