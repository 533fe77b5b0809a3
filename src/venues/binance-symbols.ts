import { futureName, perpetualName, spotName } from "../model/index.ts";
import type { Instrument, InstrumentStatus } from "../model/index.ts";
import { isObject, parseJson } from "./kit.ts";
import type { JsonObject } from "./kit.ts";

/** Names of Binance instruments, with exchangeInfo and without. */

/** Quote assets by which a symbol without metadata is cut; the longest that fits wins. exchangeInfo knows better. */
const QUOTES = (
  "USDT USDC FDUSD TUSD BUSD BFUSD RLUSD XUSD USDP USD1 USDE USDS USD PAX DAI VAI BTC ETH BNB XRP TRX DOGE DOT SOL " +
  "EUR EURI AEUR TRY BRL GBP AUD RUB UAH NGN ZAR IDR BIDR IDRT BVND BKRW PLN RON ARS JPY MXN COP CZK"
)
  .split(" ")
  .toSorted((one, other) => other.length - one.length);

function cut(symbol: string): [base: string, quote: string] | null {
  if (symbol.includes("-") || symbol.includes("/")) return null;
  const quote = QUOTES.find((one) => symbol.endsWith(one) && symbol.length > one.length);
  return quote === undefined ? null : [symbol.slice(0, -quote.length), quote];
}

/** BTCUSDT -> BTC-USDT */
export function spotCanonical(symbol: string): string | null {
  const pair = cut(symbol);
  return pair === null || symbol.includes("_") ? null : spotName(...pair);
}

/** BTC-USDT -> BTCUSDT; throws RangeError for a name of another kind. */
export function spotNative(canonical: string): string {
  const parts = canonical.split("-");
  if (parts.length !== 2 || parts.includes("")) throw wrongName("BASE-QUOTE", canonical);
  return parts.join("");
}

/** BTCUSDT -> BTC-USDT-PERP, BTCUSDT_261225 -> BTC-USDT-25DEC26 */
export function futuresCanonical(symbol: string): string | null {
  const [pairText = "", date, rest] = symbol.split("_");
  const pair = cut(pairText);
  if (pair === null || rest !== undefined) return null;
  if (date === undefined) return perpetualName(...pair);
  return isDate(date) ? dated(pair, date) : null;
}

/** BTCUSD_PERP -> BTC-USD-PERP, BTCUSD_260327 -> BTC-USD-27MAR26: margined in the base, quoted in dollars. */
export function coinCanonical(symbol: string): string | null {
  const [, base, ending] = /^([^-/_]+)USD_(PERP|\d{6})$/.exec(symbol) ?? [];
  if (base === undefined || ending === undefined) return null;
  if (ending === "PERP") return perpetualName(base, "USD");
  return isDate(ending) ? dated([base, "USD"], ending) : null;
}

/** The way back; throws RangeError for a name of another kind. */
export function coinNative(canonical: string): string {
  const native = futuresNative(canonical);
  const [base, quote] = canonical.split("-");
  if (quote !== "USD") throw wrongName("BASE-USD-PERP or BASE-USD-DDMMMYY", canonical);
  return native === `${base}USD` ? `${native}_PERP` : native;
}

/** yyMMdd */
function isDate(text: string): boolean {
  return /^\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/.test(text);
}

function dated(pair: [string, string], date: string): string {
  const [year, month, day] = [0, 2, 4].map((i) => Number(date.slice(i, i + 2)));
  return futureName(...pair, year!, month!, day!);
}

const MONTHS = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";

/** The way back; throws RangeError for a name of another kind. */
export function futuresNative(canonical: string): string {
  const match = /^([^-]+)-([^-]+)-(?:PERP|(\d\d)([A-Z]{3})(\d\d))$/.exec(canonical);
  const month = match === null || match[4] === undefined ? 0 : MONTHS.indexOf(match[4]) / 3 + 1;
  if (match === null || !Number.isInteger(month))
    throw wrongName("BASE-QUOTE-PERP or BASE-QUOTE-DDMMMYY", canonical);
  const [, base, quote, day, , year] = match;
  if (day === undefined) return `${base}${quote}`;
  const date = `${year}${String(month).padStart(2, "0")}${day}`;
  if (!isDate(date)) throw wrongName("BASE-QUOTE-DDMMMYY", canonical);
  return `${base}${quote}_${date}`;
}

function wrongName(form: string, canonical: string): RangeError {
  return new RangeError(`expected a name like ${form}, saw ${JSON.stringify(canonical)}`);
}

/** `status` of exchangeInfo. An open list: CANCEL_ONLY came in July 2026; what is not here is "unknown". */
const STATUS: Readonly<Record<string, InstrumentStatus>> = {
  TRADING: "trading",
  BREAK: "halted",
  HALT: "halted",
  END_OF_DAY: "halted",
  CANCEL_ONLY: "cancel_only",
  PENDING_TRADING: "pre_open",
  PRE_SETTLE: "halted",
  SETTLING: "halted",
  PRE_DELIVERING: "halted",
  DELIVERING: "halted",
  DELIVERED: "expired",
  CLOSE: "delisted",
};

export function statusOf(word: string): InstrumentStatus {
  return Object.hasOwn(STATUS, word) ? STATUS[word]! : "unknown";
}

/** The venue's word for a status. */
export function statusWord(status: InstrumentStatus): string {
  return Object.keys(STATUS).find((word) => STATUS[word] === status) ?? "UNLISTED";
}

/**
 * Symbols of an exchangeInfo body. Throws SyntaxError when the body is something else.
 * Spot: {"symbols":[{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT","filters":[..]}]};
 * futures add contractType and deliveryDate; COIN-M says contractStatus for status and adds contractSize.
 */
export function readInstruments(body: string): Instrument[] {
  const info = parseJson(body);
  const symbols = isObject(info) ? info["symbols"] : undefined;
  if (!Array.isArray(symbols))
    throw new SyntaxError(`expected exchangeInfo with "symbols", saw ${JSON.stringify(body.slice(0, 80))}`);
  return symbols.filter(isObject).flatMap((row) => readInstrument(row) ?? []);
}

function readInstrument(row: JsonObject): Instrument | null {
  const { symbol, baseAsset: base, quoteAsset: quote } = row;
  if (typeof symbol !== "string" || typeof base !== "string" || typeof quote !== "string") return null;
  const status = statusOf(String(row["status"] ?? row["contractStatus"]));
  const tick = step(row, "PRICE_FILTER", "tickSize");
  const lot = step(row, "LOT_SIZE", "stepSize");
  return {
    symbol,
    base,
    quote,
    status,
    tick,
    lot,
    ...contract(row, symbol, base, quote),
    pricePrecision: -1,
    sizePrecision: -1,
    ...worth(row),
    strike: NaN,
  };
}

/** A filter's step. Listings before their first day (PENDING_TRADING) have "0": not known yet, NaN. */
function step(row: JsonObject, filter: string, key: string): number {
  const filters = Array.isArray(row["filters"]) ? row["filters"].filter(isObject) : [];
  const value = Number(filters.find((one) => one["filterType"] === filter)?.[key]);
  return value > 0 ? value : NaN;
}

/** COIN-M sizes count contracts of so many US dollars (100 for BTC, 10 for the others); all others count the base. */
function worth({ contractSize }: JsonObject): Pick<Instrument, "contractValue" | "sizeUnit"> {
  if (contractSize === undefined) return { contractValue: 1 };
  return { contractValue: Number(contractSize) > 0 ? Number(contractSize) : NaN, sizeUnit: "quote" };
}

type Contract = Pick<Instrument, "canonical" | "kind" | "expiry">;

/** Spot has no contractType. PERPETUAL, TRADIFI_PERPETUAL, ..: an open list, so it is told by its ending. */
function contract(row: JsonObject, symbol: string, base: string, quote: string): Contract {
  const type = row["contractType"];
  if (typeof type !== "string") return { canonical: spotName(base, quote), kind: "spot", expiry: NaN };
  const date = /_(\d{6})$/.exec(symbol)?.[1];
  if (date === undefined || type.endsWith("PERPETUAL"))
    return { canonical: perpetualName(base, quote), kind: "perpetual", expiry: NaN };
  const delivery = row["deliveryDate"];
  const expiry = typeof delivery === "number" && delivery > 0 ? delivery * 1000 : NaN;
  return { canonical: dated([base, quote], date), kind: "future", expiry };
}
