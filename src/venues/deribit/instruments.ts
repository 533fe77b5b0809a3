import type { Instrument, InstrumentKind, InstrumentSource, InstrumentStatus } from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { INDEXES, canonical } from "./names.ts";

/**
 * Metadata of everything in one list, https://docs.deribit.com/api-reference/market-data/public-get_instruments:
 * {"jsonrpc":"2.0","result":[{"instrument_name":"BTC-25DEC26-100000-C","kind":"option","instrument_type":"reversed",
 *  "base_currency":"BTC","quote_currency":"BTC","counter_currency":"USD","settlement_currency":"BTC","tick_size":0.0001,
 *  "tick_size_steps":[{"above_price":0.005,"tick_size":0.0005}],"min_trade_amount":0.1,"contract_size":1.0,
 *  "strike":100000.0,"option_type":"call","expiration_timestamp":1798185600000,"creation_timestamp":1719475200000,
 *  "settlement_period":"month","price_index":"btc_usd","state":"open","is_active":true,..}],"usIn":..,"usOut":..}
 * The volatility indexes are among the names of indexes: {"jsonrpc":"2.0","result":["btc_usd","btc_usdc",..],..}
 */
const INSTRUMENTS = "/api/v2/public/get_instruments";
const INDEX_NAMES = "/api/v2/public/get_index_price_names";

/** Words of January 2026 and of the years before, and of `instrument.state`. Others are "unknown": the enum is open. */
const STATES: Readonly<Record<string, InstrumentStatus>> = {
  open: "trading",
  settlement: "halted",
  locked: "halted",
  halted: "halted",
  inactive: "halted",
  delivered: "expired",
  archivized: "delisted",
  closed: "expired",
  created: "pre_open",
  started: "trading",
  settled: "trading",
  deactivated: "delisted",
  terminated: "delisted",
};

export function statusOf(word: unknown): InstrumentStatus {
  return (typeof word === "string" && Object.hasOwn(STATES, word) ? STATES[word] : undefined) ?? "unknown";
}

/** The venue's word for a status. */
export function stateWord(status: InstrumentStatus): string {
  return Object.keys(STATES).find((word) => STATES[word] === status) ?? "unlisted";
}

/** Combos are none: their legs are instruments. */
function kindOf({ kind, settlement_period: period }: JsonObject): InstrumentKind | null {
  if (kind === "option" || kind === "spot") return kind;
  if (kind !== "future") return null;
  return period === "perpetual" ? "perpetual" : "future";
}

function positive(value: unknown): number {
  return typeof value === "number" && value > 0 ? value : NaN;
}

/** The smaller of what is known. */
function least(...values: number[]): number {
  const known = values.filter((one) => one > 0);
  return known.length > 0 ? Math.min(...known) : NaN;
}

/** Whether the row tells that it trades, where it does not tell a state. */
function stateOf({ state, is_active: active }: JsonObject): InstrumentStatus {
  if (typeof state === "string") return statusOf(state);
  return active === true ? "trading" : active === false ? "halted" : "unknown";
}

/** One row, or null for combos and for names of no known form. */
function readInstrument(row: JsonObject): Instrument | null {
  const kind = kindOf(row);
  const { instrument_name: symbol } = row;
  const name = typeof symbol === "string" && kind !== null ? canonical(symbol) : null;
  if (typeof symbol !== "string" || name === null || kind === null) return null;
  const [base = "", quote = ""] = name.split("-");
  const dated = kind === "future" || kind === "option";
  const inverse = row["instrument_type"] === "reversed" && kind !== "option";
  return {
    symbol,
    canonical: name,
    kind,
    base,
    quote,
    status: stateOf(row),
    // The smallest step; above the prices of tick_size_steps it is larger.
    tick: positive(row["tick_size"]),
    lot: least(positive(row["min_trade_amount"]), positive(row["contract_size"])),
    pricePrecision: -1,
    sizePrecision: -1,
    // Amounts are dollars of inverse contracts and coins of all others, not numbers of contracts.
    contractValue: 1,
    ...(inverse ? { sizeUnit: "quote" } : {}),
    // Perpetuals expire in the year 3000.
    expiry: dated ? positive(row["expiration_timestamp"]) * 1000 : NaN,
    strike: kind === "option" ? positive(row["strike"]) : NaN,
  };
}

/** A volatility index, in points; null for indexes that have none. */
function readIndex(symbol: string): Instrument | null {
  const name = Object.hasOwn(INDEXES, symbol) ? canonical(symbol) : null;
  if (name === null) return null;
  const [base = "", quote = ""] = name.split("-");
  return {
    symbol,
    canonical: name,
    kind: "index",
    base,
    quote,
    status: "trading",
    tick: NaN,
    lot: NaN,
    pricePrecision: -1,
    sizePrecision: -1,
    contractValue: 1,
    expiry: NaN,
    strike: NaN,
  };
}

/** All instruments of a body. Throws SyntaxError for another body, and names the venue's error. */
function readList(body: string): Instrument[] {
  const json = parseJson(body);
  const error = isObject(json) && isObject(json["error"]) ? json["error"] : null;
  if (error !== null)
    throw new SyntaxError(
      `instruments: expected a list, saw the error ${String(error["code"])} ${String(error["message"])}`,
    );
  if (!isObject(json) || !Array.isArray(json["result"]))
    throw new SyntaxError(`instruments: expected {"result":[..]}, saw ${body.slice(0, 80)}`);
  return json["result"].flatMap((row) =>
    typeof row === "string" ? (readIndex(row) ?? []) : isObject(row) ? (readInstrument(row) ?? []) : [],
  );
}

export const metadata: InstrumentSource = {
  requests: [
    { path: `${INSTRUMENTS}?currency=any&expired=false`, weight: 1 },
    { path: INDEX_NAMES, weight: 1 },
  ],
  parse: readList,
};

/** {@link readInstrument}, backwards. */
function instrumentRow(one: Instrument): object {
  const { kind, base, quote } = one;
  const reversed = quote === "USD" && kind !== "spot";
  const dated = kind === "future" || kind === "option";
  const period = kind === "perpetual" ? "perpetual" : dated ? "month" : undefined;
  const amounts = {
    tick_size: one.tick > 0 ? one.tick : undefined,
    min_trade_amount: one.lot > 0 ? one.lot : undefined,
    contract_size: one.lot > 0 ? one.lot : undefined,
  };
  const option = {
    counter_currency: quote,
    strike: one.strike,
    option_type: one.symbol.endsWith("C") ? "call" : "put",
  };
  return {
    instrument_name: one.symbol,
    kind: kind === "perpetual" ? "future" : kind,
    instrument_type: kind === "spot" ? undefined : reversed ? "reversed" : "linear",
    base_currency: base,
    quote_currency: kind === "option" && reversed ? base : quote,
    ...(kind === "option" ? option : {}),
    settlement_currency: kind === "spot" ? undefined : reversed ? base : quote,
    ...amounts,
    tick_size_steps: [],
    expiration_timestamp: dated ? one.expiry / 1000 : kind === "perpetual" ? 32_503_708_800_000 : undefined,
    settlement_period: period,
    price_index: `${base}_${quote}`.toLowerCase(),
    state: stateWord(one.status),
    is_active: one.status === "trading",
  };
}

/** Body of the metadata that `path` asks for. */
export function instrumentsBody(instruments: readonly Instrument[], path: string): string {
  const indexes = path.startsWith(INDEX_NAMES);
  const listed = instruments.filter(({ kind }) => (kind === "index") === indexes);
  const result = listed.map((one) => (indexes ? one.symbol : instrumentRow(one)));
  const [usIn, usOut] = [1_787_644_800_123_456, 1_787_644_800_126_012];
  return JSON.stringify({ jsonrpc: "2.0", result, usIn, usOut, usDiff: usOut - usIn, testnet: false });
}
