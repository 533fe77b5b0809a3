import { BOOK, DOUBLE, SCOPE, scopeWord, slotSide, stateWord, reasonWord, WORD } from "../../log/index.ts";
import type { InstrumentRow } from "../../log/index.ts";
import { FLAG } from "../../model/index.ts";
import type { Cells, CellType, Column, RowSource, Table } from "./cells.ts";
import {
  decimal,
  double,
  eventOf,
  flag,
  id,
  ofLevel,
  putDecimal,
  putMicros,
  table,
  taker,
  textOrNone,
} from "./columns.ts";
import { DERIVED_TABLES } from "./derived-tables.ts";

/**
 * Tables by kind of event for databases: names, columns, and how a slot becomes a row. A vendor brings its types for `CellType`
 * and a `Cells` that encodes (./cells.ts); `TableRows` walks a batch (./table-rows.ts).
 *
 * (lane, log_seq) is unique in all tables together, and each row stands for `slots` slots from `log_seq` on, holes as well: a lane is
 * complete where its rows follow each other without gap.
 */

const LEVEL_SIDES = [null, "bid", "ask"] as const;
const HAS_CHECKSUM = 8 * (BOOK.at.has_checksum % 4);

const LEVELS: Column[] = [
  eventOf("`log_seq` of the first row of its event: rows of one book event share it"),
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
  ...DERIVED_TABLES,
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
