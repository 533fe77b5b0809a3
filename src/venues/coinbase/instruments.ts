import { plainText, spotName } from "../../model/index.ts";
import type { Instrument, InstrumentStatus } from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import type { JsonObject } from "../kit.ts";

/** Products and their names. Spot ids are canonical already: `BTC-USD`. */

const SPOT = /^[A-Z0-9]+-[A-Z0-9]+$/;

/** `BTC-USD` -> `BTC-USD`; null for `BTC-PERP-INTX`, `BIT-28NOV25-CDE` and what else is not spot. */
export function canonical(product: string): string | null {
  return SPOT.test(product) ? product : null;
}

/** The way back. Throws RangeError for names that are not of a spot pair. */
export function native(name: string): string {
  if (SPOT.test(name)) return name;
  throw new RangeError(`expected a spot pair BASE-QUOTE, saw ${JSON.stringify(name)}`);
}

/** Pairs against USDC that exist by themselves; all others are another name of the pair against USD. */
const REAL_USDC: ReadonlySet<string> = new Set(["USDT-USDC", "EURC-USDC"]);

/** The product id under which the data of a product is sent: `BTC-USD` for `BTC-USDC`. */
export function unified(product: string): string {
  return product.endsWith("-USDC") && !REAL_USDC.has(product) ? product.slice(0, -1) : product;
}

/** Ids under which data of a subscribed product arrives, besides its own. */
export function aliases(product: string): readonly string[] {
  const sent = unified(product);
  return sent === product ? [] : [sent];
}

/**
 * Spot products of a /market/products body: {"products":[{"product_id":"BTC-USD","price_increment":"0.01",
 * "base_increment":"0.00000001","base_currency_id":"BTC","quote_currency_id":"USD","status":"online",
 * "trading_disabled":false,..}],"num_products":1}. Throws SyntaxError for another body.
 */
export function readProducts(body: string): Instrument[] {
  const json = parseJson(body);
  if (!isObject(json) || !Array.isArray(json["products"]))
    throw new SyntaxError(`products: expected {"products":[..]}, saw ${body.slice(0, 80)}`);
  return json["products"].flatMap((row) => (isObject(row) ? (readProduct(row) ?? []) : []));
}

function readProduct(row: JsonObject): Instrument | null {
  const symbol = row["product_id"];
  const name = typeof symbol === "string" ? canonical(symbol) : null;
  if (name === null || typeof symbol !== "string") return null;
  const [base, quote] = name.split("-");
  return {
    symbol,
    canonical: spotName(base, quote),
    kind: "spot",
    base,
    quote,
    status: statusOf(row),
    tick: step(row["price_increment"]),
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
  if (row["trading_disabled"] === true || row["is_disabled"] === true) return "halted";
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
  const products = instruments.map((one) => ({
    product_id: one.symbol,
    price_increment: stepText(one.tick),
    base_increment: stepText(one.lot),
    quote_increment: stepText(one.tick),
    base_min_size: stepText(one.lot),
    base_currency_id: one.base,
    quote_currency_id: one.quote,
    product_type: "SPOT",
    status:
      one.status === "delisted" || one.status === "expired"
        ? "delisted"
        : one.status === "unknown"
          ? "offline"
          : "online",
    is_disabled: false,
    cancel_only: one.status === "cancel_only",
    limit_only: false,
    post_only: one.status === "post_only",
    trading_disabled: one.status === "halted",
    auction_mode: one.status === "pre_open",
    alias: "",
    alias_to: [],
  }));
  return JSON.stringify({ products, num_products: products.length });
}

function stepText(value: number): string {
  return value > 0 ? plainText(value) : "";
}
