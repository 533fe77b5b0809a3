import {
  BOOK,
  INDEX,
  LIQUIDATION,
  OPTION_GREEKS,
  OPTION_TICKER,
  OPTION_VOLATILITY,
  QUOTE,
  SCOPE,
  SLOT_BYTES,
  STATS,
  STATUS,
  TICKER,
  TRADE,
} from "../../log/index.ts";
import { FLAG } from "../../model/index.ts";
import { DERIVED_TABLES } from "./derived-tables.ts";
import { decimal, double, eventOf, flag, id, side, table } from "./table-columns.ts";
import type { DescribedColumn, DescribedTable, RowColumn } from "./table-columns.ts";

/** Tables by kind of event: what databases (./tables.ts) and the lake (../parquet/schema.ts) keep of the log, said once. */

const TAKER = ["buy", "sell"] as const;
const LEVEL = { name: "side", at: BOOK.at.side };

const LEVELS: readonly DescribedColumn[] = [
  eventOf("`log_seq` of the first row of its event: rows of one book event share it"),
  flag("last", FLAG.LAST, "last row of its event"),
  side(BOOK.at.side, ["bid", "ask"], "bid or ask; NULL = an event without levels"),
  decimal("price", BOOK.at.price, "price of the level; NULL in an event without levels", LEVEL),
  decimal("size", BOOK.at.size, "size at that price, in the venue's unit; 0 removes the level", LEVEL),
  id("venue_seq", BOOK.at.seq, "the venue's sequence of the event; NULL = none"),
  id("venue_prev_seq", BOOK.at.prev_seq, "the venue's sequence it links to; NULL = none"),
  {
    name: "checksum",
    is: "u32",
    at: BOOK.at.checksum,
    where: { name: "has_checksum", at: BOOK.at.has_checksum, equal: 1 },
    doc: "the venue's CRC of the book after the event; NULL = none",
  },
];

const OF_SCOPE = { name: "scope", at: STATUS.at.scope };

const STATES: readonly DescribedColumn[] = [
  { name: "scope", is: "scope", at: STATUS.at.scope, doc: "what it is about: book, instrument or venue" },
  {
    name: "state",
    is: "state",
    at: STATUS.at.state,
    scope: OF_SCOPE,
    doc: "of a book its validity, else the trading state",
  },
  { name: "reason", is: "reason", at: STATUS.at.reason, doc: "why; NULL = nothing to say" },
  {
    name: "epoch",
    is: "u32",
    at: STATUS.at.epoch,
    where: { ...OF_SCOPE, equal: SCOPE.BOOK },
    doc: "of a book's validity; NULL for instruments and venues",
  },
];

/** What is known of an instrument. */
export const METADATA: readonly RowColumn[] = [
  { name: "kind", is: "row_word", of: "kind", doc: "spot, perpetual, future, option or index" },
  { name: "base", is: "row_name", of: "base", doc: "base coin" },
  { name: "quote", is: "row_name", of: "quote", doc: "quote currency" },
  { name: "trading_status", is: "row_word", of: "status", doc: "trading, halted, delisted ..." },
  { name: "tick", is: "row_decimal", of: "tick", doc: "smallest price step; NULL = unknown" },
  { name: "lot", is: "row_decimal", of: "lot", doc: "smallest size step; NULL = unknown" },
  {
    name: "price_precision",
    is: "row_small",
    of: "pricePrecision",
    doc: "decimals of prices in checksums; NULL = none",
  },
  {
    name: "size_precision",
    is: "row_small",
    of: "sizePrecision",
    doc: "decimals of sizes in checksums; NULL = none",
  },
  {
    name: "contract_value",
    is: "row_decimal",
    of: "contractValue",
    doc: "what a size of 1 is worth, in `size_unit`; NULL = unknown",
  },
  { name: "size_unit", is: "row_word", of: "sizeUnit", absent: "base", doc: "base or quote" },
  { name: "expiry", is: "row_time", of: "expiry", doc: "UTC; NULL = never" },
  { name: "strike", is: "row_decimal", of: "strike", doc: "NULL = none" },
];

/** The second and the third slot of an option's event. */
const [SECOND, THIRD] = [SLOT_BYTES, 2 * SLOT_BYTES];

/** Tables of slots, by name. */
export const DESCRIBED = {
  trades: table("Trades, one row each.", [
    id("id", TRADE.at.id, "the venue's trade id; NULL = none"),
    decimal("price", TRADE.at.price, "price"),
    decimal("size", TRADE.at.size, "size in the venue's unit: see contract_value in `instruments`"),
    side(TRADE.at.side, TAKER, "of the aggressor: buy or sell; NULL = unknown"),
  ]),
  quotes: table("Best bid and offer, one row each.", [
    decimal("bid_price", QUOTE.at.bid_price, "NULL = no bid"),
    decimal("bid_size", QUOTE.at.bid_size),
    decimal("ask_price", QUOTE.at.ask_price, "NULL = no offer"),
    decimal("ask_size", QUOTE.at.ask_size),
    id("update_id", QUOTE.at.update_id, "the venue's; NULL = none"),
  ]),
  book_deltas: table("Changes of books, one row a level; an event without levels is one row.", LEVELS, 0),
  book_snapshots: table("Whole books, one row a level: what was known before is void.", LEVELS, 0),
  tickers: table("Figures of derivatives.", [
    decimal("mark_price", TICKER.at.mark),
    decimal("index_price", TICKER.at.index),
    double("funding_rate", TICKER.at.funding, "fraction"),
    { name: "next_funding_ts", is: "micros", at: TICKER.at.next_funding, doc: "UTC" },
    decimal("open_interest", TICKER.at.open_interest, "in the venue's unit of sizes"),
  ]),
  stats: table("Figures of the last 24 hours.", [
    decimal("last_price", STATS.at.last),
    decimal("volume_24h", STATS.at.volume, "base units"),
    decimal("high_24h", STATS.at.high),
    decimal("low_24h", STATS.at.low),
    decimal("vwap_24h", STATS.at.vwap),
  ]),
  option_tickers: table(
    "Figures of options. Volatilities and rates are fractions: 0.65 = 65 %.",
    [
      decimal("mark_price", OPTION_TICKER.at.mark),
      decimal("index_price", OPTION_TICKER.at.index),
      decimal("underlying_price", OPTION_TICKER.at.underlying, "forward the option is priced with"),
      decimal("open_interest", OPTION_TICKER.at.open_interest),
      double("interest_rate", OPTION_TICKER.at.interest_rate, "per year"),
      double("mark_iv", SECOND + OPTION_VOLATILITY.at.mark_iv),
      double("bid_iv", SECOND + OPTION_VOLATILITY.at.bid_iv),
      double("ask_iv", SECOND + OPTION_VOLATILITY.at.ask_iv),
      double("delta", SECOND + OPTION_VOLATILITY.at.delta),
      double("gamma", SECOND + OPTION_VOLATILITY.at.gamma),
      double("vega", THIRD + OPTION_GREEKS.at.vega),
      double("theta", THIRD + OPTION_GREEKS.at.theta),
      double("rho", THIRD + OPTION_GREEKS.at.rho),
      decimal("last_price", THIRD + OPTION_GREEKS.at.last),
      decimal("volume_24h", THIRD + OPTION_GREEKS.at.volume, "base units"),
    ],
    3,
  ),
  index_prices: table("Values of indices.", [decimal("price", INDEX.at.price)]),
  liquidations: table("Forced orders.", [
    decimal("price", LIQUIDATION.at.price),
    decimal("size", LIQUIDATION.at.size),
    side(LIQUIDATION.at.side, TAKER, "of the forced order: buy or sell; NULL = unknown"),
  ]),
  instruments: table("What venues say of their instruments, one row whenever something changed.", METADATA),
  status: table("Changes of validity and of trading states.", STATES),
  ...DERIVED_TABLES,
} as const satisfies Record<string, DescribedTable>;

/** Slots that nobody has: their rows are made of no slots. */
export const HOLE = {
  ts: { type: "time", doc: "our clock right behind it" },
  lane: { type: "name", doc: "lane of the gateway" },
  log_seq: { type: "whole", doc: "first slot that is missing" },
  slots: { type: "whole", doc: "slots that are missing" },
  reason: { type: "word", doc: "lapped, region_gone, deleted or damaged (docs/storage.md)" },
} as const;
