import { futureName, plainText, spotName } from "../../model/index.ts";
import type { Instrument, InstrumentKind, InstrumentSource, InstrumentStatus } from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { isoText } from "../writing.ts";
import { textOf } from "./names.ts";
import type { Category, Names } from "./names.ts";

/**
 * Metadata of a category:
 * {"retCode":0,"retMsg":"OK","result":{"category":"linear","list":[{"symbol":"BTCUSDT","contractType":"LinearPerpetual",
 *  "status":"Trading","baseCoin":"BTC","quoteCoin":"USDT","settleCoin":"USDT","deliveryTime":"0",
 *  "priceFilter":{"tickSize":"0.10"},"lotSizeFilter":{"qtyStep":"0.001"},..}],"nextPageCursor":""},"time":..}
 * https://bybit-exchange.github.io/docs/v5/market/instrument. A page has 1000 rows at most, and one is asked for: the
 * longest list, linear, has fewer; should it grow, the rows behind are missing, and their names are told as not listed.
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

/** Metadata of a category; of options those of one coin, as the venue gives no others. */
export function metadataOf(names: Names, coin?: string): InstrumentSource {
  const wanted = coin === undefined ? "" : `&baseCoin=${coin}`;
  const path = `/v5/market/instruments-info?category=${names.category}${wanted}&limit=1000`;
  return { requests: [{ path, weight: 1 }], parse: (body) => readInstruments(body, names) };
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

/** Body of the metadata; the inverse of {@link readInstruments}. */
export function instrumentsBody(instruments: readonly Instrument[], names: Names): string {
  const list = instruments.map((one) => instrumentRow(one, names));
  const result = { category: names.category, list, nextPageCursor: "" };
  return JSON.stringify({ retCode: 0, retMsg: "OK", result, retExtInfo: {}, time: 1_787_644_800_000 });
}
