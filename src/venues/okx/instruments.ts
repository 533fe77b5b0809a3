import { plainText } from "../../model/index.ts";
import type { Instrument, InstrumentSource, InstrumentStatus } from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { INST_TYPES, KINDS, canonical, familyOf, instTypeOf } from "./names.ts";
import type { InstType } from "./names.ts";

/**
 * Metadata, the same rows over REST and on the `instruments` channel:
 * {"instType":"SWAP","instId":"BTC-USDT-SWAP","instFamily":"BTC-USDT","uly":"BTC-USDT","baseCcy":"","quoteCcy":"",
 *  "settleCcy":"USDT","ctType":"linear","ctVal":"0.01","ctMult":"1","ctValCcy":"BTC","tickSz":"0.1","lotSz":"0.01",
 *  "minSz":"0.01","optType":"","stk":"","listTime":"1573557408000","expTime":"","state":"live",..}
 * https://www.okx.com/docs-v5/en/#public-data-rest-api-get-instruments
 */

/** `test`, and words that are not here, are "unknown": not tradable, but still subscribed. */
const STATUS: Readonly<Record<string, InstrumentStatus>> = {
  live: "trading",
  suspend: "halted",
  preopen: "pre_open",
  post_only: "post_only",
  expired: "expired",
  rebase: "halted",
  settling: "halted",
};

export function statusOf(word: unknown): InstrumentStatus {
  return (typeof word === "string" ? STATUS[word] : undefined) ?? "unknown";
}

/** The venue's word for a status. */
export function statusWord(status: InstrumentStatus): string {
  if (status === "delisted") return "expired";
  if (status === "cancel_only") return "suspend";
  return Object.keys(STATUS).find((word) => STATUS[word] === status) ?? "test";
}

/** One row, or null when it is of no kind that is read (EVENTS, spreads). */
export function readInstrument(row: JsonObject): Instrument | null {
  const { instId, instType } = row;
  const kind = INST_TYPES.find((type) => type === instType);
  const name = typeof instId === "string" && kind === instTypeOf(instId) ? canonical(instId) : null;
  if (typeof instId !== "string" || kind === undefined || name === null) return null;
  const [base = "", quote = ""] = instId.split("-");
  const dated = kind === "FUTURES" || kind === "OPTION";
  return {
    symbol: instId,
    canonical: name,
    kind: KINDS[kind],
    base,
    quote,
    status: statusOf(row["state"]),
    tick: positive(row["tickSz"]),
    lot: positive(row["lotSz"]),
    // Its old checksum took the texts as they are, so there are no precisions.
    pricePrecision: -1,
    sizePrecision: -1,
    contractValue: kind === "SPOT" ? 1 : contractValue(row),
    ...(row["ctType"] === "inverse" && kind !== "OPTION" ? { sizeUnit: "quote" } : {}),
    // A perpetual that is to be delisted has an expTime too, but does not expire.
    expiry: dated ? positive(row["expTime"]) * 1000 : NaN,
    strike: positive(row["stk"]),
  };
}

/** Base units (linear, option) or quote units (inverse) of one contract: ctVal * ctMult. */
function contractValue(row: JsonObject): number {
  const [value, multiplier] = [positive(row["ctVal"]), positive(row["ctMult"])];
  return Number.isNaN(multiplier) ? value : Number((value * multiplier).toPrecision(15));
}

/** A decimal text above zero, else NaN: "" is how the venue says "does not apply". */
function positive(text: unknown): number {
  const value = typeof text === "string" && text !== "" ? Number(text) : NaN;
  return value > 0 ? value : NaN;
}

/** All instruments of an instruments body. Throws SyntaxError for another body, and names the venue's error. */
export function readInstruments(body: string): Instrument[] {
  const json = parseJson(body);
  if (!isObject(json) || typeof json["code"] !== "string" || !Array.isArray(json["data"]))
    throw new SyntaxError(`instruments: expected {"code":"0","data":[..]}, saw ${body.slice(0, 80)}`);
  if (json["code"] !== "0")
    throw new SyntaxError(`instruments: expected code 0, saw ${json["code"]} ${String(json["msg"])}`);
  return json["data"].flatMap((row) => (isObject(row) ? (readInstrument(row) ?? []) : []));
}

/** A kind of products; of options one family, as the venue demands one. */
export type Product = Exclude<InstType, "OPTION"> | `OPTION ${string}`;

/** Metadata of products, a request each. */
export function metadataOf(products: readonly Product[]): InstrumentSource {
  const paths = products.map((product) => {
    const [type, family] = product.split(" ");
    return `${PATH}?instType=${type}${family === undefined ? "" : `&instFamily=${family}`}`;
  });
  return { requests: paths.map((path) => ({ path, weight: 1 })), parse: readInstruments };
}

const PATH = "/api/v5/public/instruments";

/** One row as the venue writes it; the inverse of {@link readInstrument}. */
export function instrumentRow(one: Instrument, status: InstrumentStatus): object {
  const type = instTypeOf(one.symbol) ?? "SPOT";
  const spot = type === "SPOT";
  const family = spot ? "" : `${one.base}-${one.quote}`;
  const inverse = one.sizeUnit === "quote";
  return {
    alias: "",
    baseCcy: spot ? one.base : "",
    category: "1",
    ctMult: spot ? "" : "1",
    ctType: spot || type === "OPTION" ? "" : inverse ? "inverse" : "linear",
    ctVal: spot ? "" : decimalText(one.contractValue),
    ctValCcy: spot ? "" : inverse ? "USD" : one.base,
    expTime: decimalText(one.expiry / 1000),
    instFamily: family,
    instId: one.symbol,
    instType: type,
    listTime: "1573557408000",
    lotSz: decimalText(one.lot),
    minSz: decimalText(one.lot),
    optType: type === "OPTION" ? one.symbol.slice(-1) : "",
    quoteCcy: spot ? one.quote : "",
    ruleType: "normal",
    settleCcy: spot ? "" : inverse || (type === "OPTION" && one.quote === "USD") ? one.base : one.quote,
    state: statusWord(status),
    stk: decimalText(one.strike),
    tickSz: decimalText(one.tick),
    uly: family,
  };
}

function decimalText(value: number): string {
  return value > 0 ? plainText(value) : "";
}

/** Body of the REST metadata that `path` asks for; the inverse of {@link readInstruments}. */
export function instrumentsBody(instruments: readonly Instrument[], path: string): string {
  const asked = (name: string): string | undefined => new RegExp(`[?&]${name}=([^&]+)`).exec(path)?.[1];
  const [type, family] = [asked("instType"), asked("instFamily")];
  const listed = instruments.filter(
    ({ symbol }) => instTypeOf(symbol) === type && (family === undefined || familyOf(symbol) === family),
  );
  const data = listed.map((one) => instrumentRow(one, one.status));
  return JSON.stringify({ code: "0", data, msg: "" });
}
