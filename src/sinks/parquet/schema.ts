import {
  INSTRUMENT_STATUS,
  OPTION_SIDES,
  QUALITY_NAMES,
  REASON_NAMES,
  SOURCE_STATES,
  VALIDITY_NAMES,
} from "../../model/index.ts";
import { BOOK, DOUBLE, IV_POINT, IV_SURFACE, SCOPE, SPOT_MID, SPOT_SOURCE, WORD } from "../../log/index.ts";

/** Changes with any table below (one more is no change); files of another version are left out of queries. */
export const LAKE_VERSION = 1;

/** Tables of the lake, each a folder. */
export const LAKE_TABLES = [
  "trades",
  "quotes",
  "book_deltas",
  "book_snapshots",
  "tickers",
  "stats",
  "option_tickers",
  "index",
  "liquidations",
  "instruments",
  "status",
  "spot_mids",
  "spot_sources",
  "iv_surfaces",
  "iv_points",
  "holes",
] as const;

export type LakeTable = (typeof LAKE_TABLES)[number];

/**
 * What is kept of a slot while rows are gathered, by name. Integers are taken from a word of the slot (`u8`: from a byte
 * of that word), the others from a place of doubles; `decimal` and `micros` (UNIX microseconds) are NULL for NaN.
 */
export type Kept =
  | { readonly as: "seq" | "event" | "name" | "unfit" }
  | { readonly as: "i64" | "u64" | "u32"; readonly word: number }
  | { readonly as: "u8"; readonly word: number; readonly byte: number }
  | { readonly as: "f64" | "decimal" | "micros"; readonly at: number };

/** One column of a file: its type, what it says, and the SQL that makes it (t: what is kept, n: its instrument). */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly doc: string;
  readonly sql: string;
  readonly kept?: Readonly<Record<string, Kept>>;
}

export interface TableSchema {
  readonly doc: string;
  /** Slots of an event, of which one row is made. */
  readonly slots: 1 | 3;
  readonly columns: readonly Column[];
}

const DECIMAL = "DECIMAL(38,18)";
/** In the year 2261, ns; what is later, or before 1970, is no time and NULL. */
const LAST_TIME = "9200000000000000000";

/** Words of a list by number; 0 and what is not in it are NULL. */
function wordSql(words: readonly string[], number: string): string {
  return `list_extract([${words.map((word) => `'${word}'`).join(", ")}], ${number}::INTEGER)`;
}

function time(name: "ts_event" | "ts_recv", word: number, doc: string): Column {
  const sql = `CASE WHEN t.${name} BETWEEN 1 AND ${LAST_TIME} THEN make_timestamp_ns(t.${name}) END`;
  return { name, type: "TIMESTAMP_NS", doc, sql, kept: { [name]: { as: "i64", word } } };
}

function id(name: string, word: number, doc: string): Column {
  return { name, type: "UBIGINT", doc, sql: `nullif(t.${name}, 0)`, kept: { [name]: { as: "u64", word } } };
}

/** A price, a size or a worth; exact. */
function decimal(name: string, at: number, doc: string): Column {
  return { name, type: DECIMAL, doc, sql: `t.${name}`, kept: { [name]: { as: "decimal", at } } };
}

/** A rate or another pure number. */
function double(name: string, at: number, doc: string): Column {
  const sql = `nullif(t.${name}, 'nan'::DOUBLE)`;
  return { name, type: "DOUBLE", doc, sql, kept: { [name]: { as: "f64", at } } };
}

function flag(name: string, bit: number, doc: string): Column {
  const sql = `(t.flags & ${bit}) <> 0`;
  const kept: Record<string, Kept> = { flags: { as: "u8", word: WORD.HEAD, byte: 1 } };
  return { name, type: "BOOLEAN", doc, sql, kept };
}

function ofInstrument(name: string, type: string, doc: string): Column {
  return { name, type, doc, sql: `n.${name}`, kept: { name: { as: "name" } } };
}

function head(slots: number): Column[] {
  return [
    {
      name: "seq",
      type: "BIGINT",
      doc: "its place in the lane's log: number of its first slot. (lane, seq) is unique in the whole lake",
      sql: "t.seq",
      kept: { seq: { as: "seq" } },
    },
    {
      name: "slots",
      type: "SMALLINT",
      doc: "slots of the log it covers, from `seq` on",
      sql: `${slots}::SMALLINT`,
    },
    { name: "lane", type: "VARCHAR", doc: "lane of the gateway", sql: "$lane" },
    ofInstrument("venue", "VARCHAR", "venue id"),
    ofInstrument("symbol", "VARCHAR", "native symbol; empty where it is about a whole venue"),
    ofInstrument("instrument", "VARCHAR", "canonical name, as BTC-USDT-PERP; NULL where it is not known"),
    time("ts_event", WORD.TS_EVENT, "venue's clock, UTC; NULL where it gives none"),
    time("ts_recv", WORD.TS_RECV, "our clock when the bytes were read, UTC; never steps back in a lane"),
  ];
}

const FLAGS: Column[] = [
  flag("snapshot", 32, "full state rather than a change"),
  flag("recovered", 64, "fetched again after a gap"),
  flag("gap", 2, "something of this instrument is missing before it"),
  flag("invalid", 4, "the book it belongs to was not proved"),
  flag("duplicate", 16, "seen before"),
];

const UNFIT: Column = {
  name: "unfit",
  type: "VARCHAR",
  doc: 'values that DECIMAL(38,18) cannot hold, whose columns are NULL: JSON, as {"price":"1e-19"}; else NULL',
  sql: "list_extract($unfits, t.unfit::INTEGER)",
  kept: { unfit: { as: "unfit" } },
};

function table(doc: string, columns: readonly Column[], slots: 1 | 3 = 1, unfit = UNFIT): TableSchema {
  return { doc, slots, columns: [...head(slots), ...columns, ...FLAGS, unfit] };
}

/** Side of a trade or level from the byte it stands in. */
function side(words: readonly [string, string], doc: string): Column {
  const kept: Record<string, Kept> = { side: { as: "u8", word: WORD.TAIL, byte: 0 } };
  return { name: "side", type: "VARCHAR", doc, sql: wordSql(words, "t.side"), kept };
}

/** NULL in an event without levels. */
function ofLevel(column: Column): Column {
  return { ...column, sql: `CASE WHEN t.side <> 0 THEN ${column.sql} END` };
}

const TAKER = ["buy", "sell"] as const;

function eventOf(doc: string): Column {
  return { name: "event", type: "BIGINT", doc, sql: "t.event", kept: { event: { as: "event" } } };
}

const LEVELS: Column[] = [
  eventOf("`seq` of the first row of its event: rows of one book event share it"),
  { ...flag("last", 128, "last row of its event"), name: "last" },
  side(["bid", "ask"], "bid or ask; NULL = an event without levels"),
  ofLevel(decimal("price", DOUBLE.PRICE, "price of the level; NULL in an event without levels")),
  ofLevel(decimal("size", DOUBLE.SIZE, "size at that price, in the venue's unit; 0 removes the level")),
  id("venue_seq", WORD.SEQ, "the venue's sequence of the event; NULL = none"),
  id("venue_prev_seq", WORD.PREV_SEQ, "the venue's sequence it links to; NULL = none"),
  {
    name: "checksum",
    type: "UINTEGER",
    doc: "the venue's CRC of the book after the event; NULL = none",
    sql: "CASE WHEN t.has_checksum = 1 THEN t.checksum END",
    kept: {
      has_checksum: { as: "u8", word: WORD.TAIL, byte: BOOK.at.has_checksum % 4 },
      checksum: { as: "u32", word: WORD.CHECKSUM },
    },
  },
];

const STATE_KEPT: Record<string, Kept> = {
  scope: { as: "u8", word: WORD.TAIL, byte: 0 },
  state: { as: "u8", word: WORD.TAIL, byte: 1 },
  reason: { as: "u8", word: WORD.TAIL, byte: 2 },
  epoch: { as: "u32", word: WORD.EPOCH },
};

/** A word where there is one, else #number, as in the JSON form. */
function named(words: readonly string[], number: string): string {
  return `coalesce(${wordSql(words, `(${number} + 1)`)}, '#' || ${number})`;
}

const STATES: Column[] = [
  {
    name: "scope",
    type: "VARCHAR",
    doc: "what it is about: book, instrument or venue",
    sql: `CASE t.scope WHEN ${SCOPE.BOOK} THEN 'book' WHEN ${SCOPE.INSTRUMENT} THEN 'instrument' ELSE 'venue' END`,
    kept: STATE_KEPT,
  },
  {
    name: "state",
    type: "VARCHAR",
    doc: "of a book its validity, else the trading state",
    sql: `CASE WHEN t.scope = ${SCOPE.BOOK} THEN ${named(VALIDITY_NAMES, "t.state")} ELSE ${named(INSTRUMENT_STATUS, "t.state")} END`,
  },
  {
    name: "reason",
    type: "VARCHAR",
    doc: "why; NULL = nothing to say",
    sql: `CASE WHEN t.reason <> 0 THEN ${named(REASON_NAMES, "t.reason")} END`,
  },
  {
    name: "epoch",
    type: "UINTEGER",
    doc: "of a book's validity; NULL for instruments and venues",
    sql: `CASE WHEN t.scope = ${SCOPE.BOOK} THEN t.epoch END`,
  },
];

/** Columns of what is known of an instrument: in `instruments`, and in the table rows are joined with. */
export const INSTRUMENT_COLUMNS: readonly Column[] = [
  ofInstrument("kind", "VARCHAR", "spot, perpetual, future, option or index"),
  ofInstrument("base", "VARCHAR", "base coin"),
  ofInstrument("quote", "VARCHAR", "quote currency"),
  ofInstrument("trading_status", "VARCHAR", "trading, halted, delisted ..."),
  ofInstrument("tick", DECIMAL, "smallest price step; NULL = unknown"),
  ofInstrument("lot", DECIMAL, "smallest size step; NULL = unknown"),
  ofInstrument("price_precision", "INTEGER", "decimals of prices in checksums; NULL = none"),
  ofInstrument("size_precision", "INTEGER", "decimals of sizes in checksums; NULL = none"),
  ofInstrument("contract_value", DECIMAL, "what a size of 1 is worth, in `size_unit`; NULL = unknown"),
  ofInstrument("size_unit", "VARCHAR", "base or quote"),
  ofInstrument("expiry", "TIMESTAMP", "UTC; NULL = never"),
  ofInstrument("strike", DECIMAL, "NULL = none"),
];

/** Doubles of the option's second and third slot: a slot is eight doubles. */
const SECOND = DOUBLE.MARK + 8;
const THIRD = DOUBLE.MARK + 16;

/** A byte of a slot, `at` from its begin. */
function byteAt(at: number): Kept {
  return { as: "u8", word: Math.floor(at / 4), byte: at % 4 };
}

/** An index into a list whose first word means nothing. */
function wordAt(name: string, at: number, [, ...words]: readonly string[], doc: string): Column {
  return { name, type: "VARCHAR", doc, sql: wordSql(words, `t.${name}`), kept: { [name]: byteAt(at) } };
}

function countAt(name: string, at: number, doc: string): Column {
  return { name, type: "INTEGER", doc, sql: `t.${name}::INTEGER`, kept: { [name]: byteAt(at) } };
}

/** Whole microseconds. */
function microsAt(name: string, at: number, doc: string): Column {
  const sql = `CAST(nullif(t.${name}, 'nan'::DOUBLE) AS BIGINT)`;
  return { name, type: "BIGINT", doc, sql, kept: { [name]: { as: "f64", at: at / 8 } } };
}

/** A table of the first or of the further slots of derived events; `venue` is not always that of the slot. */
function derived(doc: string, venue: string, columns: readonly Column[]): TableSchema {
  const { slots, columns: all } = table(doc, columns);
  const said = all.map((column) => (column.name === "venue" ? { ...column, doc: venue } : column));
  return { doc, slots, columns: said };
}

const OF_HEAD = "`seq` of the row of its event in";
const [POINTS_LOW, POINTS_HIGH] = [IV_SURFACE.at.n_points, IV_SURFACE.at.n_points + 1];

const DERIVED_TABLES = {
  spot_mids: derived("Prices of products over venues, one row a second.", "derived", [
    decimal("mid", SPOT_MID.at.mid / 8, "median of the fresh venues' mids; NULL = none was"),
    wordAt("quality", SPOT_MID.at.quality, QUALITY_NAMES, "ok, degraded or suspect"),
    double(
      "divergence_bps",
      SPOT_MID.at.divergence_bps / 8,
      "(highest - lowest) / lowest, hundredths of a percent",
    ),
    countAt("fresh", SPOT_MID.at.fresh, "venues that count"),
    microsAt("min_age_us", SPOT_MID.at.min_age, "age of the youngest of them, us"),
    microsAt("max_age_us", SPOT_MID.at.max_age, "age of the oldest of them, us"),
  ]),
  spot_sources: derived("What each venue gave to such a price, one row a venue.", "venue of the price", [
    eventOf(`${OF_HEAD} \`spot_mids\``),
    decimal("bid_price", SPOT_SOURCE.at.bid_price / 8, "NULL = no bid"),
    decimal("ask_price", SPOT_SOURCE.at.ask_price / 8, "NULL = no offer"),
    decimal("mid", SPOT_SOURCE.at.mid / 8, ""),
    microsAt("age_us", SPOT_SOURCE.at.age, "since it was received, us"),
    wordAt("state", SPOT_SOURCE.at.state, SOURCE_STATES, "fresh: it counts; else why it does not"),
    wordAt("validity", SPOT_SOURCE.at.validity, VALIDITY_NAMES, "of the price; NULL = none"),
  ]),
  iv_surfaces: derived("Implied volatilities of one expiry, one row a second.", "venue of the options", [
    ofInstrument("expiry", "TIMESTAMP", "UTC"),
    decimal("index_price", IV_SURFACE.at.index_price / 8, ""),
    decimal("forward", IV_SURFACE.at.forward / 8, "price the options are priced with"),
    double("atm_iv", IV_SURFACE.at.atm_iv / 8, "at the index price"),
    double("atm_spread_iv", IV_SURFACE.at.atm_spread_iv / 8, "ask minus bid of the strike nearest the money"),
    wordAt("quality", IV_SURFACE.at.quality, QUALITY_NAMES, "ok, degraded or suspect"),
    {
      name: "n_points",
      type: "INTEGER",
      doc: "strikes with a young ticker; those on the surface are the rows of `iv_points`",
      sql: "t.points_low + 256 * t.points_high::INTEGER",
      kept: { points_low: byteAt(POINTS_LOW), points_high: byteAt(POINTS_HIGH) },
    },
    countAt("butterfly", IV_SURFACE.at.butterfly, "points that an arbitrage of strikes speaks against"),
    countAt("calendar", IV_SURFACE.at.calendar, "points that an arbitrage of expiries speaks against"),
  ]),
  iv_points: derived("The strikes of such surfaces, one row each.", "venue of the options", [
    eventOf(`${OF_HEAD} \`iv_surfaces\``),
    decimal("strike", IV_POINT.at.strike / 8, ""),
    wordAt("side", IV_POINT.at.side, OPTION_SIDES, "of put and call the one out of the money"),
    double("iv", IV_POINT.at.iv / 8, "mark volatility, a fraction"),
    double("bid_iv", IV_POINT.at.bid_iv / 8, ""),
    double("ask_iv", IV_POINT.at.ask_iv / 8, ""),
  ]),
} as const;

/** Every table but `holes`, whose rows are no slots. */
export const SCHEMA: Readonly<Record<Exclude<LakeTable, "holes">, TableSchema>> = {
  trades: table("Trades, one row each.", [
    id("id", WORD.TRADE_ID, "the venue's trade id; NULL = none"),
    decimal("price", DOUBLE.PRICE, "price"),
    decimal("size", DOUBLE.SIZE, "size in the venue's unit: see contract_value in `instruments`"),
    side(TAKER, "of the aggressor: buy or sell; NULL = unknown"),
  ]),
  quotes: table("Best bid and offer, one row each.", [
    decimal("bid_price", DOUBLE.BID_PRICE, "NULL = no bid"),
    decimal("bid_size", DOUBLE.BID_SIZE, ""),
    decimal("ask_price", DOUBLE.ASK_PRICE, "NULL = no offer"),
    decimal("ask_size", DOUBLE.ASK_SIZE, ""),
    id("update_id", WORD.QUOTE_ID, "the venue's; NULL = none"),
  ]),
  book_deltas: table("Changes of books, one row a level; an event without levels is one row.", LEVELS),
  book_snapshots: table("Whole books, one row a level: what was known before is void.", LEVELS),
  tickers: table("Figures of derivatives.", [
    decimal("mark_price", DOUBLE.MARK, ""),
    decimal("index_price", DOUBLE.INDEX, ""),
    double("funding_rate", DOUBLE.FUNDING, "fraction"),
    {
      name: "next_funding_ts",
      type: "TIMESTAMP",
      doc: "UTC",
      sql: "make_timestamp(t.next_funding_ts)",
      kept: { next_funding_ts: { as: "micros", at: DOUBLE.NEXT_FUNDING } },
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
  index: table("Values of indices.", [decimal("price", DOUBLE.INDEX_PRICE, "")]),
  liquidations: table("Forced orders.", [
    decimal("price", DOUBLE.PRICE, ""),
    decimal("size", DOUBLE.LIQUIDATION_SIZE, ""),
    side(TAKER, "of the forced order: buy or sell; NULL = unknown"),
  ]),
  instruments: table(
    "What venues say of their instruments, one row whenever something changed.",
    INSTRUMENT_COLUMNS,
    1,
    { ...UNFIT, sql: "n.unfit" },
  ),
  status: table("Changes of validity and of trading states.", STATES),
  ...DERIVED_TABLES,
};

/** Columns of `holes`: slots that nobody has. */
export const HOLE_COLUMNS: readonly Pick<Column, "name" | "type" | "doc">[] = [
  { name: "seq", type: "BIGINT", doc: "first slot that is missing" },
  { name: "slots", type: "BIGINT", doc: "slots that are missing" },
  { name: "lane", type: "VARCHAR", doc: "lane of the gateway" },
  { name: "reason", type: "VARCHAR", doc: "lapped, region_gone, deleted or damaged (docs/storage.md)" },
  { name: "ts_recv", type: "TIMESTAMP_NS", doc: "our clock right behind it" },
];

/** Columns of a table as its files have them; every one also has `date` and `hour` from its folders. */
export function columnsOf(name: LakeTable): readonly Pick<Column, "name" | "type" | "doc">[] {
  return name === "holes" ? HOLE_COLUMNS : SCHEMA[name].columns;
}

/** Everything that is kept of a slot for a table, by name. */
export function keptOf(name: keyof typeof SCHEMA): ReadonlyMap<string, Kept> {
  const kept = SCHEMA[name].columns.flatMap((column) => Object.entries(column.kept ?? {}));
  return new Map(kept);
}
