import { plainText } from "../../model/index.ts";
import type { Instrument, InstrumentStatus } from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { nameOf, pairOf, upper } from "./names.ts";

/**
 * Metadata. `/v1/symbols/details/all` gives in one body what the documented `/v1/symbols/details/{symbol}` gives for
 * one; the documentation does not name it. A single row, and the plain list of `/v1/symbols`, are read as well.
 */

const STATUS: Readonly<Record<string, InstrumentStatus>> = {
  open: "trading",
  limit_only: "trading",
  post_only: "post_only",
  cancel_only: "cancel_only",
  closed: "halted",
};

/** The venue's word for a state: what does not trade is closed. */
function statusWord(status: InstrumentStatus): string {
  return Object.keys(STATUS).find((word) => STATUS[word] === status) ?? "closed";
}

/** All instruments of a body. Throws SyntaxError for another body, with the venue's own words where it sent an error. */
export function readDetails(body: string): Instrument[] {
  const json = parseJson(body);
  if (isObject(json) && json["result"] === "error")
    throw new SyntaxError(`symbols: ${String(json["reason"])}: ${String(json["message"])}`);
  const rows: unknown[] = Array.isArray(json) ? json : [json];
  if (rows.length === 0 || !rows.every((row) => typeof row === "string" || isDetails(row)))
    throw new SyntaxError(
      `symbols: expected [{"symbol":..,"base_currency":..},..], saw ${body.slice(0, 80)}`,
    );
  return rows.flatMap((row) => (typeof row === "string" ? byRule(row) : isDetails(row) ? details(row) : []));
}

function isDetails(row: unknown): row is JsonObject {
  return isObject(row) && typeof row["symbol"] === "string";
}

/** `tick_size` is the step of sizes and `quote_increment` that of prices. Numbers may come as 1E-8. */
function details(row: JsonObject): Instrument[] {
  const { base_currency: base, quote_currency: quote } = row;
  const symbol = upper(String(row["symbol"]));
  if (typeof base !== "string" || typeof quote !== "string" || base === "" || quote === "") return [];
  if (!/^[A-Z0-9]+$/.test(symbol)) return [];
  const perpetual = row["product_type"] === "swap" || symbol.endsWith("PERP");
  const status = STATUS[String(row["status"])] ?? "unknown";
  const pair = { base: upper(base), quote: upper(quote), perpetual };
  return [instrument(symbol, pair, status, step(row["quote_increment"]), step(row["tick_size"]))];
}

/** A symbol alone says neither steps nor state. */
function byRule(symbol: string): Instrument[] {
  const pair = pairOf(symbol);
  return pair === null ? [] : [instrument(upper(symbol), pair, "unknown", NaN, NaN)];
}

function instrument(
  symbol: string,
  pair: { base: string; quote: string; perpetual: boolean },
  status: InstrumentStatus,
  tick: number,
  lot: number,
): Instrument {
  return {
    symbol,
    canonical: nameOf(pair),
    kind: pair.perpetual ? "perpetual" : "spot",
    base: pair.base,
    quote: pair.quote,
    status,
    tick,
    lot,
    pricePrecision: -1,
    sizePrecision: -1,
    // A contract of a perpetual is one unit of its base.
    contractValue: 1,
    expiry: NaN,
    strike: NaN,
  };
}

function step(value: unknown): number {
  const number = typeof value === "string" ? Number(value) : value;
  return typeof number === "number" && number > 0 && number < Infinity ? number : NaN;
}

/** The body of instruments; the inverse of {@link readDetails} for the states it knows. */
export function detailsBody(instruments: readonly Instrument[]): string {
  const rows = instruments.map((one) => ({
    symbol: one.symbol,
    base_currency: one.base,
    quote_currency: one.quote,
    tick_size: one.lot > 0 ? one.lot : 0,
    quote_increment: one.tick > 0 ? one.tick : 0,
    min_order_size: one.lot > 0 ? plainText(one.lot) : "0",
    status: statusWord(one.status),
    wrap_enabled: false,
    ...(one.kind === "perpetual"
      ? { product_type: "swap", contract_type: "linear", contract_price_currency: one.quote }
      : { product_type: "spot", contract_type: "vanilla", contract_price_currency: one.quote }),
  }));
  return JSON.stringify(rows);
}
