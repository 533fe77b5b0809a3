import { plainText, spotName } from "../../model/index.ts";
import type { Instrument, InstrumentStatus } from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import type { JsonObject } from "../kit.ts";

/** Symbols and metadata. Websocket v2 writes BASE/QUOTE with modern codes (`BTC/USD`, `DOGE/EUR`, `AAPLx/USD`). */

/** `BTC/USD` -> `BTC-USD`; null for anything else. */
export function canonical(symbol: string): string | null {
  const [base = "", quote = "", ...rest] = symbol.split("/");
  const whole = base !== "" && quote !== "" && rest.length === 0 && !symbol.includes("-");
  return whole ? spotName(base, quote) : null;
}

/** `BTC-USD` -> `BTC/USD`. Throws RangeError for names that are not of a spot pair. */
export function native(name: string): string {
  const [base = "", quote = "", ...rest] = name.split("-");
  if (base === "" || quote === "" || rest.length > 0)
    throw new RangeError(`expected a spot pair BASE-QUOTE, saw ${JSON.stringify(name)}`);
  return `${base}/${quote}`;
}

/**
 * Trading states of a pair. The list is open: a state that is not here is "unknown", which is not tradable but stays
 * subscribed. `reduce_only` takes no order that opens a position and is left unknown for that.
 */
const STATUS: Readonly<Record<string, InstrumentStatus>> = {
  online: "trading",
  limit_only: "trading",
  post_only: "post_only",
  cancel_only: "cancel_only",
  maintenance: "halted",
  work_in_progress: "pre_open",
  delisted: "delisted",
};

export function statusOf(word: unknown): InstrumentStatus {
  return (typeof word === "string" ? STATUS[word] : undefined) ?? "unknown";
}

/** The venue's word for a status. */
export function statusWord(status: InstrumentStatus): string {
  if (status === "expired") return "delisted";
  return Object.keys(STATUS).find((word) => STATUS[word] === status) ?? "reduce_only";
}

/**
 * One pair of the `instrument` channel, or null when it cannot be read:
 * {"symbol":"BTC/USD","base":"BTC","quote":"USD","status":"online","price_precision":1,"price_increment":0.1,
 *  "qty_precision":8,"qty_increment":1e-08,..}. The precisions are what the book's checksum is computed with.
 */
export function readPair(pair: unknown): Instrument | null {
  if (!isObject(pair)) return null;
  const { symbol, base, quote } = pair;
  const name = typeof symbol === "string" ? canonical(symbol) : null;
  if (name === null || typeof symbol !== "string" || typeof base !== "string" || typeof quote !== "string")
    return null;
  return spot({
    symbol,
    canonical: name,
    base,
    quote,
    status: statusOf(pair["status"]),
    tick: step(pair["price_increment"]),
    lot: step(pair["qty_increment"]),
    pricePrecision: precision(pair["price_precision"]),
    sizePrecision: precision(pair["qty_precision"]),
  });
}

type SpotFields = Omit<Instrument, "kind" | "contractValue" | "expiry" | "strike">;

function spot(fields: SpotFields): Instrument {
  return { ...fields, kind: "spot", contractValue: 1, expiry: NaN, strike: NaN };
}

/**
 * All pairs of an AssetPairs body: {"error":[],"result":{"XXBTZUSD":{"altname":"XBTUSD","wsname":"XBT/USD",
 * "base":"XXBT","quote":"ZUSD","pair_decimals":1,"lot_decimals":8,"tick_size":"0.1","status":"online",..}}}.
 * Pairs without a wsname have no stream and are left out. Throws SyntaxError for another body, and names the venue's error.
 */
export function readAssetPairs(body: string): Instrument[] {
  const json = parseJson(body);
  const errors = isObject(json) ? json["error"] : undefined;
  if (Array.isArray(errors) && errors.length > 0) throw new SyntaxError(`AssetPairs: ${errors.join(", ")}`);
  if (!isObject(json) || !isObject(json["result"]))
    throw new SyntaxError(`AssetPairs: expected {"error":[],"result":{..}}, saw ${body.slice(0, 80)}`);
  return Object.values(json["result"]).flatMap((row) => (isObject(row) ? (readAssetPair(row) ?? []) : []));
}

/** Old codes of REST in wsname. No rule strips X and Z: XTZ, ZEC and ZRX are what they are. */
const OLD_CODES: Readonly<Record<string, string>> = { XBT: "BTC", XDG: "DOGE" };

function readAssetPair(row: JsonObject): Instrument | null {
  const name = row["wsname"];
  const [base, quote, ...rest] =
    typeof name === "string" ? name.split("/").map((code) => OLD_CODES[code] ?? code) : [];
  if (!base || !quote || rest.length > 0) return null;
  const sizePrecision = precision(row["lot_decimals"]);
  return spot({
    symbol: `${base}/${quote}`,
    canonical: spotName(base, quote),
    base,
    quote,
    status: statusOf(row["status"]),
    tick: step(Number(row["tick_size"])),
    lot: sizePrecision < 0 ? NaN : Number(`1e-${sizePrecision}`),
    pricePrecision: precision(row["pair_decimals"]),
    sizePrecision,
  });
}

/** AssetPairs body of instruments; the inverse of {@link readAssetPairs}. */
export function assetPairsBody(instruments: readonly Instrument[]): string {
  const rows = instruments.map((one) => {
    const [base, quote] = [one.base, one.quote].map(oldCode);
    const row = {
      altname: `${base}${quote}`,
      wsname: `${base}/${quote}`,
      aclass_base: "currency",
      base,
      aclass_quote: "currency",
      quote,
      pair_decimals: one.pricePrecision,
      cost_decimals: 5,
      lot_decimals: one.sizePrecision,
      lot_multiplier: 1,
      ordermin: plainText(one.lot),
      costmin: "0.5",
      tick_size: plainText(one.tick),
      status: statusWord(one.status),
    };
    return [row.altname, row] as const;
  });
  return JSON.stringify({ error: [], result: Object.fromEntries(rows) });
}

function oldCode(code: string): string {
  return Object.keys(OLD_CODES).find((old) => OLD_CODES[old] === code) ?? code;
}

function step(value: unknown): number {
  return typeof value === "number" && value > 0 ? value : NaN;
}

/** A number of decimals, or -1. */
function precision(value: unknown): number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 22 ? value : -1;
}
