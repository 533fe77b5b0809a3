import { futureName, plainText, spotName } from "../../model/index.ts";
import type {
  Instrument,
  InstrumentKind,
  InstrumentSource,
  InstrumentStatus,
  RestRequest,
} from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { isoText } from "../writing.ts";
import { textOf } from "./names.ts";
import type { Category, Names } from "./names.ts";

/**
 * Metadata of a category:
 * {"retCode":0,"retMsg":"OK","result":{"category":"linear","list":[{"symbol":"BTCUSDT","contractType":"LinearPerpetual",
 *  "status":"Trading","baseCoin":"BTC","quoteCoin":"USDT","settleCoin":"USDT","deliveryTime":"0",
 *  "priceFilter":{"tickSize":"0.10"},"lotSizeFilter":{"qtyStep":"0.001"},..}],"nextPageCursor":"first%3DZRX"},"time":..}
 * https://bybit-exchange.github.io/docs/v5/market/instrument. A page has 1000 rows at most; the cursor, escaped or not,
 * asks for the next one, and is "" on the last. Spot has one page.
 */

/** Words that are not here are "unknown": not tradable, but still subscribed. */
const STATUS: Readonly<Record<string, InstrumentStatus>> = {
  Trading: "trading",
  PreLaunch: "pre_open",
  Settling: "halted",
  Delivering: "halted",
};

function statusOf(word: unknown, kind: InstrumentKind): InstrumentStatus {
  if (word === "Closed") return kind === "future" || kind === "option" ? "expired" : "delisted";
  return (typeof word === "string" ? STATUS[word] : undefined) ?? "unknown";
}

/** The venue's word for a status. */
export function statusWord(status: InstrumentStatus): string {
  if (status === "expired" || status === "delisted") return "Closed";
  if (status === "halted") return "Delivering";
  return Object.keys(STATUS).find((word) => STATUS[word] === status) ?? "Unlisted";
}

function kindOf(category: Category, type: unknown): InstrumentKind {
  if (category === "spot" || category === "option") return category;
  return type === "LinearFutures" || type === "InverseFutures" ? "future" : "perpetual";
}

/** A decimal text above zero, else NaN. */
function positive(text: unknown): number {
  const value = typeof text === "string" && text !== "" ? Number(text) : NaN;
  return value > 0 ? value : NaN;
}

/** The name by rule, but what metadata knows better: the coins of a spot pair, the day of an inverse future. */
function nameOf(row: JsonObject, names: Names, kind: InstrumentKind, expiry: number): string | null {
  const { symbol, baseCoin, quoteCoin } = row;
  const coins = typeof baseCoin === "string" && typeof quoteCoin === "string";
  if (kind === "spot" && coins) return spotName(baseCoin, quoteCoin);
  if (kind === "future" && names.category === "inverse" && coins && expiry > 0) {
    const [year, month, day] = isoText(expiry, 6).slice(2, 10).split("-").map(Number);
    return futureName(baseCoin, quoteCoin, year!, month!, day!);
  }
  return names.canonical(names.symbol(String(symbol)));
}

/** One row, or null when its name is of no known form. */
function readInstrument(row: JsonObject, names: Names): Instrument | null {
  const { symbol, contractType, status, priceFilter, lotSizeFilter } = row;
  const kind = kindOf(names.category, contractType);
  const dated = kind === "future" || kind === "option";
  // Of a perpetual this is the time of its delisting.
  const expiry = dated ? positive(row["deliveryTime"]) * 1000 : NaN;
  const canonical = typeof symbol === "string" ? nameOf(row, names, kind, expiry) : null;
  if (typeof symbol !== "string" || canonical === null) return null;
  const [base = "", quote = "", , strike] = canonical.split("-");
  const lot = isObject(lotSizeFilter) ? lotSizeFilter : {};
  return {
    symbol: names.symbol(symbol),
    canonical,
    kind,
    base,
    quote,
    status: statusOf(status, kind),
    tick: isObject(priceFilter) ? positive(priceFilter["tickSize"]) : NaN,
    lot: positive(lot["qtyStep"] ?? lot["basePrecision"]),
    pricePrecision: -1,
    sizePrecision: -1,
    // Sizes are base coins, of inverse contracts dollars: each is worth one of its unit.
    contractValue: 1,
    ...(names.category === "inverse" ? { sizeUnit: "quote" } : {}),
    expiry,
    strike: kind === "option" ? positive(strike) : NaN,
  };
}

/** All instruments of a body. Throws SyntaxError for another body, and names the venue's error. */
export function readInstruments(body: string, names: Names): Instrument[] {
  const json = parseJson(body);
  const seen = body.slice(0, 80);
  if (!isObject(json) || typeof json["retCode"] !== "number")
    throw new SyntaxError(`instruments-info: expected {"retCode":0,"result":{"list":[..]}}, saw ${seen}`);
  if (json["retCode"] !== 0)
    throw new SyntaxError(
      `instruments-info: expected retCode 0, saw ${json["retCode"]} ${String(json["retMsg"])}`,
    );
  const { result } = json;
  if (!isObject(result) || !Array.isArray(result["list"]))
    throw new SyntaxError(`instruments-info: expected a list, saw ${seen}`);
  return result["list"].flatMap((row) => (isObject(row) ? (readInstrument(row, names) ?? []) : []));
}

const PATH = "/v5/market/instruments-info";

/** Metadata of a category; of options that of coins, a request each, as the venue gives no others. */
export function metadataOf(names: Names, ...coins: string[]): InstrumentSource {
  const base = `${PATH}?category=${names.category}`;
  const paths = coins.length === 0 ? [base] : coins.map((coin) => `${base}&baseCoin=${coin}`);
  return {
    requests: paths.map((path) => ({ path: `${path}&limit=${PAGE}`, weight: 1 })),
    next: nextPage,
    parse: (body) => readInstruments(body, names),
  };
}

/** Rows of a page. */
const PAGE = 1000;

/** What the page behind `body` is asked for with, or null when it was the last. */
function nextPage({ path, weight }: RestRequest, body: string): RestRequest | null {
  const json = parseJson(body);
  const result = isObject(json) && isObject(json["result"]) ? json["result"] : {};
  const cursor = result["nextPageCursor"];
  if (typeof cursor !== "string" || cursor === "") return null;
  // A cursor that is escaped already must not be escaped again.
  const text = /%[\dA-F]{2}/i.test(cursor) ? cursor : encodeURIComponent(cursor);
  const next = `${path.replace(/&cursor=[^&]*/, "")}&cursor=${text}`;
  return next === path ? null : { path: next, weight };
}

function decimalText(value: number): string {
  return value > 0 ? plainText(value) : "0";
}

/** One row as the venue writes it; the inverse of {@link readInstrument}. */
function instrumentRow(one: Instrument, { category }: Names): object {
  const { kind, base, quote } = one;
  const common = { symbol: textOf(one.symbol), status: statusWord(one.status), baseCoin: base };
  const tickSize = decimalText(one.tick);
  const lot = decimalText(one.lot);
  if (category === "spot")
    return {
      ...common,
      quoteCoin: quote,
      innovation: "0",
      marginTrading: "none",
      lotSizeFilter: { basePrecision: lot, quotePrecision: "0.00000001", minOrderQty: lot },
      priceFilter: { tickSize },
    };
  const form = category === "inverse" ? "Inverse" : "Linear";
  const type = kind === "future" ? "Futures" : "Perpetual";
  const right = one.symbol.includes("-C") ? "Call" : "Put";
  return {
    ...common,
    ...(category === "option" ? { optionsType: right } : { contractType: form + type }),
    quoteCoin: quote,
    settleCoin: category === "inverse" ? base : quote,
    launchTime: "1585526400000",
    deliveryTime: decimalText(one.expiry / 1000),
    priceFilter: { minPrice: tickSize, maxPrice: "1999999.80", tickSize },
    lotSizeFilter: { minOrderQty: lot, maxOrderQty: "100000", qtyStep: lot },
  };
}

/** Body of the page of metadata that `path` asks for; the inverse of {@link readInstruments}. Cursors are places in the list. */
export function instrumentsBody(instruments: readonly Instrument[], names: Names, path: string): string {
  const asked = (name: string): string | undefined => new RegExp(`[?&]${name}=([^&]+)`).exec(path)?.[1];
  const coin = asked("baseCoin");
  const listed = instruments.filter(({ base }) => coin === undefined || coin === base);
  const [first, size] = [Number(asked("cursor") ?? 0), Number(asked("limit") ?? PAGE / 2)];
  const list = listed.slice(first, first + size).map((one) => instrumentRow(one, names));
  const nextPageCursor = first + size < listed.length ? String(first + size) : "";
  const result = { category: names.category, list, nextPageCursor };
  return JSON.stringify({ retCode: 0, retMsg: "OK", result, retExtInfo: {}, time: 1_787_644_800_000 });
}
