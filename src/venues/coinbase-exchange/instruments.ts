import { plainText, spotName } from "../../model/index.ts";
import type { Instrument, InstrumentStatus } from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import type { JsonObject } from "../kit.ts";

/** Products and their names. All are spot, and their ids are canonical already: `BTC-USD`. */

const SPOT = /^[A-Z0-9]+-[A-Z0-9]+$/;

/** `BTC-USD` -> `BTC-USD`; null for what is not a pair. */
export function canonical(product: string): string | null {
  return SPOT.test(product) ? product : null;
}

/** The way back. Throws RangeError for names that are not of a spot pair. */
export function native(name: string): string {
  if (SPOT.test(name)) return name;
  throw new RangeError(`expected a spot pair BASE-QUOTE, saw ${JSON.stringify(name)}`);
}

/**
 * All products of a /products body: [{"id":"BTC-USD","base_currency":"BTC","quote_currency":"USD",
 * "quote_increment":"0.01","base_increment":"0.00000001","status":"online","trading_disabled":false,..}].
 * Throws SyntaxError for another body; there is no venue without products.
 */
export function readProducts(body: string): Instrument[] {
  const json = parseJson(body);
  if (!Array.isArray(json) || json.length === 0)
    throw new SyntaxError(`products: expected [{"id":..},..], saw ${body.slice(0, 80)}`);
  return readRows(json);
}

/** The products of a list, here or in a `status` frame: the rows are the same, but for `trading_disabled`. */
export function readRows(rows: readonly unknown[]): Instrument[] {
  return rows.flatMap((row) => (isObject(row) ? (readProduct(row) ?? []) : []));
}

function readProduct(row: JsonObject): Instrument | null {
  const symbol = row["id"];
  const name = typeof symbol === "string" ? canonical(symbol) : null;
  if (name === null || typeof symbol !== "string") return null;
  const [base = "", quote = ""] = name.split("-");
  return {
    symbol,
    canonical: spotName(base, quote),
    kind: "spot",
    base,
    quote,
    status: statusOf(row),
    tick: step(row["quote_increment"]),
    lot: step(row["base_increment"]),
    pricePrecision: -1,
    sizePrecision: -1,
    contractValue: 1,
    expiry: NaN,
    strike: NaN,
  };
}

/** The strongest word wins. In an auction orders rest and nothing trades until it ends. */
function statusOf(row: JsonObject): InstrumentStatus {
  if (row["status"] === "delisted") return "delisted";
  if (row["status"] !== "online") return "unknown";
  if (row["trading_disabled"] === true) return "halted";
  if (row["cancel_only"] === true) return "cancel_only";
  if (row["auction_mode"] === true) return "pre_open";
  return row["post_only"] === true ? "post_only" : "trading";
}

function step(text: unknown): number {
  const value = typeof text === "string" ? Number(text) : NaN;
  return value > 0 ? value : NaN;
}

/** The body of instruments; the inverse of {@link readProducts} for the states it knows. */
export function productsBody(instruments: readonly Instrument[]): string {
  return JSON.stringify(
    instruments.map((one) => ({ ...productRow(one), trading_disabled: one.status === "halted" })),
  );
}

/** One product as `status` frames write it. */
export function productRow(one: Instrument): object {
  const gone = one.status === "delisted" || one.status === "expired";
  return {
    id: one.symbol,
    base_currency: one.base,
    quote_currency: one.quote,
    base_increment: stepText(one.lot),
    quote_increment: stepText(one.tick),
    display_name: one.symbol,
    status: gone ? "delisted" : one.status === "unknown" ? "offline" : "online",
    margin_enabled: false,
    status_message: "",
    min_market_funds: "1",
    post_only: one.status === "post_only",
    limit_only: false,
    cancel_only: one.status === "cancel_only",
    auction_mode: one.status === "pre_open",
    type: "spot",
    fx_stablecoin: false,
  };
}

function stepText(value: number): string {
  return value > 0 ? plainText(value) : "";
}
