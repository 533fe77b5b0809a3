import { INSTRUMENT_STATUS, REASON_NAMES, VALIDITY_NAMES } from "../../src/model/index.ts";

/**
 * What each table of the lake must say of the slots it comes from, written down a second time: `t` is a row, `w` the witness'
 * slot at its sequence (its body as d0 to d4 and u0 to u4), `n` the instrument's name.
 */
export interface Compared {
  /** More joins. */
  readonly join: string;
  /** What must hold, by a word for it. */
  readonly same: Readonly<Record<string, string>>;
  /** Columns of the table where there is no file. */
  readonly empty: string;
}

const NAMES = "LEFT JOIN names n ON n.part = w.part AND n.id = w.instrument";

/** Decimals go through the shortest text of the double, which is the venue's own text. */
function decimal(column: string, value: string): string {
  return `t.${column} IS NOT DISTINCT FROM CASE WHEN isnan(${value}) THEN NULL ELSE CAST(CAST(${value} AS VARCHAR) AS DECIMAL(38,18)) END`;
}

function double(column: string, value: string): string {
  return `t.${column} IS NOT DISTINCT FROM CASE WHEN isnan(${value}) THEN NULL ELSE ${value} END`;
}

function id(column: string, bits: string): string {
  return `t.${column} IS NOT DISTINCT FROM nullif(${bits}, 0)`;
}

function word(column: string, number: string, words: readonly (string | null)[]): string {
  const list = words.map((one) => (one === null ? "NULL" : `'${one}'`)).join(", ");
  return `t.${column} IS NOT DISTINCT FROM list_extract([${list}], (${number})::INTEGER + 1)`;
}

function byte(bits: string, at: number): string {
  return `((${bits} >> ${at * 8}) & 255)`;
}

const high = (bits: string): string => `(${bits} >> 32)`;

const HEAD = {
  names: "t.venue = n.venue AND t.symbol = n.symbol",
  ts_recv: "epoch_ns(t.ts_recv) = w.ts_recv",
  ts_event: "t.ts_event IS NOT DISTINCT FROM make_timestamp_ns(nullif(w.ts_event, 0))",
  flags: [
    ["snapshot", 32],
    ["recovered", 64],
    ["gap", 2],
    ["invalid", 4],
    ["duplicate", 16],
  ]
    .map(([name, bit]) => `t.${name} = ((w.flags & ${bit}) <> 0)`)
    .join(" AND "),
  unfit: "t.unfit IS NULL",
};

function compared(kind: number, same: Readonly<Record<string, string>>, slots = 1): Compared {
  const kinds = { kind: `w.kind = ${kind}`, slots: `t.slots = ${slots}` };
  return {
    join: NAMES,
    same: { ...HEAD, ...kinds, ...same },
    empty: emptyOf({ ...HEAD, ...kinds, ...same }),
  };
}

/** Every column that is compared, of a type that fits all of it. */
function emptyOf(same: Readonly<Record<string, string>>): string {
  const used = Object.values(same).flatMap((sql) =>
    [...sql.matchAll(/\bt\.(\w+)/g)].map(([, name]) => name!),
  );
  const type = (name: string): string => TYPES[name] ?? "DOUBLE";
  return [...new Set(["seq", ...used])].map((name) => `NULL::${type(name)} AS ${name}`).join(", ");
}

const TYPES: Readonly<Record<string, string>> = {
  seq: "BIGINT",
  slots: "BIGINT",
  ts_recv: "TIMESTAMP_NS",
  ts_event: "TIMESTAMP_NS",
  next_funding_ts: "TIMESTAMP",
  ...Object.fromEntries(
    ["venue", "symbol", "side", "scope", "state", "reason", "unfit"].map((name) => [name, "VARCHAR"]),
  ),
  ...Object.fromEntries(
    ["snapshot", "recovered", "gap", "invalid", "duplicate", "last"].map((name) => [name, "BOOLEAN"]),
  ),
};

const BOOK = {
  side: word("side", byte("w.u4", 0), [null, "bid", "ask"]),
  last: "t.last = ((w.flags & 128) <> 0)",
  price: `CASE WHEN ${byte("w.u4", 0)} = 0 THEN true ELSE ${decimal("price", "w.d0")} END`,
  size: `CASE WHEN ${byte("w.u4", 0)} = 0 THEN true ELSE ${decimal("size", "w.d1")} END`,
  venue_seq: id("venue_seq", "w.u2"),
  venue_prev_seq: id("venue_prev_seq", "w.u3"),
  checksum: `t.checksum IS NOT DISTINCT FROM CASE WHEN ${byte("w.u4", 1)} = 1 THEN ${high("w.u4")} END`,
};

const OPTION: Readonly<Record<string, string>> = {
  mark_price: decimal("mark_price", "w.d0"),
  index_price: decimal("index_price", "w.d1"),
  underlying_price: decimal("underlying_price", "w.d2"),
  open_interest: decimal("open_interest", "w.d3"),
  interest_rate: double("interest_rate", "w.d4"),
  ...Object.fromEntries(
    ["mark_iv", "bid_iv", "ask_iv", "delta", "gamma"].map((name, i) => [name, double(name, `w2.d${i}`)]),
  ),
  ...Object.fromEntries(["vega", "theta", "rho"].map((name, i) => [name, double(name, `w3.d${i}`)])),
  last_price: decimal("last_price", "w3.d3"),
  volume_24h: decimal("volume_24h", "w3.d4"),
};

/** Scope 3: a whole venue, which has no instrument. */
const STATUS = {
  names: "w.instrument = 4294967295 OR (t.venue = n.venue AND t.symbol = n.symbol)",
  scope: word("scope", byte("w.u4", 0), [null, "book", "instrument", "venue"]),
  state: `CASE WHEN ${byte("w.u4", 0)} = 1 THEN ${word("state", byte("w.u4", 1), VALIDITY_NAMES)} ELSE ${word("state", byte("w.u4", 1), INSTRUMENT_STATUS)} END`,
  reason: word("reason", byte("w.u4", 2), [null, ...REASON_NAMES.slice(1)]),
  epoch: `CASE WHEN ${byte("w.u4", 0)} = 1 THEN t.epoch = ${high("w.u4")} ELSE t.epoch IS NULL END`,
};

export const COMPARED: Readonly<Record<string, Compared>> = {
  trades: compared(1, {
    price: decimal("price", "w.d0"),
    size: decimal("size", "w.d1"),
    id: id("id", "w.u2"),
    side: word("side", byte("w.u4", 0), [null, "buy", "sell"]),
  }),
  quotes: compared(2, {
    bid_price: decimal("bid_price", "w.d0"),
    bid_size: decimal("bid_size", "w.d1"),
    ask_price: decimal("ask_price", "w.d2"),
    ask_size: decimal("ask_size", "w.d3"),
    update_id: id("update_id", "w.u4"),
  }),
  book_deltas: compared(3, { ...BOOK, table: "NOT t.snapshot" }),
  book_snapshots: compared(3, { ...BOOK, table: "t.snapshot" }),
  tickers: compared(4, {
    mark_price: decimal("mark_price", "w.d0"),
    index_price: decimal("index_price", "w.d1"),
    funding_rate: double("funding_rate", "w.d2"),
    next_funding_ts:
      "epoch_us(t.next_funding_ts) IS NOT DISTINCT FROM CASE WHEN isnan(w.d3) THEN NULL ELSE w.d3::BIGINT END",
    open_interest: decimal("open_interest", "w.d4"),
  }),
  stats: compared(
    5,
    Object.fromEntries(
      ["last_price", "volume_24h", "high_24h", "low_24h", "vwap_24h"].map((name, i) => [
        name,
        decimal(name, `w.d${i}`),
      ]),
    ),
  ),
  option_tickers: {
    ...compared(6, OPTION, 3),
    join: `${NAMES} LEFT JOIN witness w2 ON w2.seq = t.seq + 1 LEFT JOIN witness w3 ON w3.seq = t.seq + 2`,
  },
  index: compared(7, { price: decimal("price", "w.d0") }),
  liquidations: compared(8, {
    price: decimal("price", "w.d0"),
    size: decimal("size", "w.d1"),
    side: word("side", byte("w.u4", 0), [null, "buy", "sell"]),
  }),
  instruments: compared(9, {}),
  status: compared(10, STATUS),
};
