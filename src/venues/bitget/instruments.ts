import { plainText } from "../../model/index.ts";
import type { Instrument, InstrumentSource, InstrumentStatus, RestRequest } from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { decimalsOf } from "../writing.ts";
import { nameOf, namedOf, partsOf, productOf, symbolOf } from "./names.ts";
import type { Product } from "./names.ts";

/**
 * Metadata, of one product a request: {"code":"00000","msg":"success","requestTime":1787644800000,"data":[..]}, whose rows are
 * those of GET /api/v3/market/instruments?category=USDT-FUTURES, which this venue asks for:
 *  {"symbol":"BTCUSDT","category":"USDT-FUTURES","baseCoin":"BTC","quoteCoin":"USDT","pricePrecision":"1",
 *   "quantityPrecision":"4","minOrderQty":"0.0001","priceMultiplier":"0.1","quantityMultiplier":"0.0001",
 *   "type":"perpetual","symbolType":"crypto","deliveryTime":"","status":"online",..}
 * those of GET /api/v2/spot/public/symbols:
 *  {"symbol":"BTCUSDT","baseCoin":"BTC","quoteCoin":"USDT","pricePrecision":"2","quantityPrecision":"6","status":"online",..}
 * or those of GET /api/v2/mix/market/contracts?productType=USDT-FUTURES, which do not say their product:
 *  {"symbol":"BTCUSDT","baseCoin":"BTC","quoteCoin":"USDT","pricePlace":"1","priceEndStep":"1","volumePlace":"4",
 *   "sizeMultiplier":"0.0001","symbolType":"perpetual","symbolStatus":"normal","deliveryTime":"",..}
 * https://www.bitget.com/api-doc/uta/public/Instruments, .../spot/market/Get-Symbols, .../contract/market/Get-All-Symbols-Contracts
 * That `priceMultiplier` is the tick is UNCONFIRMED; without it the precision says it.
 */

/** Words of all three. What is restricted in a way that we have no word for is "unknown": not for trading, still subscribed. */
const STATUS: Readonly<Record<string, InstrumentStatus>> = {
  online: "trading",
  normal: "trading",
  listed: "pre_open",
  gray: "pre_open",
  halt: "halted",
  maintain: "halted",
  offline: "delisted",
  off: "delisted",
};

function statusOf(word: unknown): InstrumentStatus {
  return (typeof word === "string" ? STATUS[word] : undefined) ?? "unknown";
}

/** The venue's word for a status. */
function statusWord(status: InstrumentStatus): string {
  if (status === "expired") return "offline";
  return Object.keys(STATUS).find((word) => STATUS[word] === status) ?? "limit_open";
}

/** All instruments of a body of any of the three. Throws SyntaxError for another body, and names the venue's error. */
export function readInstruments(body: string): Instrument[] {
  const json = parseJson(body);
  if (!isObject(json) || typeof json["code"] !== "string")
    throw new SyntaxError(`instruments: expected {"code":"00000","data":[..]}, saw ${body.slice(0, 80)}`);
  if (json["code"] !== "00000" || !Array.isArray(json["data"]))
    throw new SyntaxError(`instruments: expected code 00000, saw ${json["code"]} ${String(json["msg"])}`);
  return json["data"].flatMap((row) => (isObject(row) ? (readRow(row) ?? []) : []));
}

/** One row, or null when it is of no product that is read (MARGIN repeats the spot pairs). */
function readRow(row: JsonObject): Instrument | null {
  const { symbol: id, baseCoin: base, quoteCoin } = row;
  const product = productIn(row);
  if (typeof id !== "string" || typeof base !== "string" || typeof quoteCoin !== "string" || product === null)
    return null;
  const symbol = symbolOf({ id, product });
  // The unified coin contracts say USD as well; their symbols say what they are.
  const quote = id.endsWith("_CM") ? `${quoteCoin}_CM` : quoteCoin;
  const delivery = positive(row["deliveryTime"]);
  const kind = product === "SPOT" ? "spot" : isDelivery(row) ? "future" : "perpetual";
  const date = kind === "future" && delivery > 0 ? dateOf(delivery) : partsOf(symbol)?.date;
  if (kind === "future" && date === undefined) return null;
  return {
    symbol,
    canonical: nameOf({ kind, base, quote, ...(kind === "future" ? { date: date! } : {}) }),
    kind,
    base,
    quote,
    status: statusOf(row["status"] ?? row["symbolStatus"]),
    tick: tickOf(row),
    lot: lotOf(row),
    // Its old checksum took the texts as they were, so there are no precisions.
    pricePrecision: -1,
    sizePrecision: -1,
    // Sizes are base coins, of coin-settled contracts too; those of unified accounts (_CM) are dollars.
    contractValue: 1,
    ...(id.endsWith("_CM") ? { sizeUnit: "quote" } : {}),
    expiry: kind === "future" ? delivery * 1000 : NaN,
    strike: NaN,
  };
}

/** v2 has a list for each product and does not name it in the rows; contracts are quoted in what names the product. */
function productIn(row: JsonObject): Product | null {
  if (row["category"] !== undefined) return productOf(row["category"]);
  if (row["pricePlace"] === undefined) return "SPOT";
  return row["quoteCoin"] === "USD" ? "COIN-FUTURES" : productOf(`${String(row["quoteCoin"])}-FUTURES`);
}

/** `type` says it in v3, where `symbolType` is crypto, metal or stock; `symbolType` in v2. */
function isDelivery(row: JsonObject): boolean {
  return (row["type"] ?? row["symbolType"]) === "delivery";
}

/** v2 contracts: priceEndStep x 10^-pricePlace ("5" and 1 is 0.5). Else the multiplier, or 10^-precision. */
function tickOf(row: JsonObject): number {
  const place = row["pricePlace"];
  if (place === undefined) return either(positive(row["priceMultiplier"]), stepOf(row["pricePrecision"]));
  const end = positive(row["priceEndStep"]);
  return Number.isNaN(end) ? stepOf(place) : Number((end * stepOf(place)).toPrecision(15));
}

function lotOf(row: JsonObject): number {
  const multiplier = positive(row["quantityMultiplier"] ?? row["sizeMultiplier"]);
  return either(multiplier, stepOf(row["quantityPrecision"] ?? row["volumePlace"]));
}

function either(one: number, other: number): number {
  return Number.isNaN(one) ? other : one;
}

/** A decimal text above zero, else NaN: "" and "0" are how the venue says "does not apply". */
function positive(text: unknown): number {
  const value = typeof text === "string" && text !== "" ? Number(text) : NaN;
  return value > 0 ? value : NaN;
}

/** 10^-n of a count of decimals. */
function stepOf(text: unknown): number {
  return typeof text === "string" && /^\d{1,2}$/.test(text) ? Number(`1e-${text}`) : NaN;
}

/** Date in UTC of UNIX milliseconds (Howard Hinnant's civil_from_days, from 2000 on): two digits, 1-12, 1-31. */
function dateOf(ms: number): [year: number, month: number, day: number] {
  const shifted = Math.floor(ms / 86_400_000) + 719468;
  const era = Math.floor(shifted / 146097);
  const doe = shifted - era * 146097;
  const yoe = Math.floor(
    (doe - Math.floor(doe / 1460) + Math.floor(doe / 36524) - Math.floor(doe / 146096)) / 365,
  );
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  return [(yoe + (month <= 2 ? 1 : 0)) % 100, month, doy - Math.floor((153 * mp + 2) / 5) + 1];
}

/** Metadata of products, a request each. */
export function metadataOf(...products: Product[]): InstrumentSource {
  const request = (product: Product): RestRequest => ({ path: `${PATH}?category=${product}`, weight: 1 });
  return { requests: products.map(request), parse: readInstruments };
}

const PATH = "/api/v3/market/instruments";

/** One row as v3 writes it; the inverse of {@link readInstruments}. */
function rowOf(one: Instrument): object {
  const { id, product } = namedOf(one.symbol);
  const quoteCoin = one.quote.endsWith("_CM") ? one.quote.slice(0, -3) : one.quote;
  const [tick, lot] = [one.tick, one.lot].map((step) => (step > 0 ? plainText(step) : ""));
  const precisions = {
    pricePrecision: String(decimalsOf(one.tick)),
    quantityPrecision: String(decimalsOf(one.lot)),
  };
  const row = {
    symbol: id,
    category: product,
    baseCoin: one.base,
    quoteCoin,
    minOrderQty: lot,
    ...precisions,
  };
  const status = statusWord(one.status);
  if (product === "SPOT") return { ...row, status };
  const deliveryTime = one.expiry > 0 ? plainText(one.expiry / 1000) : "";
  const type = one.kind === "future" ? "delivery" : "perpetual";
  const steps = { priceMultiplier: tick, quantityMultiplier: lot };
  return {
    ...row,
    ...steps,
    type,
    symbolType: "crypto",
    deliveryTime,
    fundInterval: "8",
    isRwa: "NO",
    status,
  };
}

/** Body of the REST metadata that `path` asks for. */
export function instrumentsBody(instruments: readonly Instrument[], path: string): string {
  const asked = /[?&]category=([^&]+)/.exec(path)?.[1];
  const data = instruments.filter(({ symbol }) => namedOf(symbol).product === asked).map(rowOf);
  return JSON.stringify({ code: "00000", msg: "success", requestTime: 1787644800000, data });
}
