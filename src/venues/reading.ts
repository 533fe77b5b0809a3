import { FRAME, LONG, NUM, Slab, decodeText, encodeText } from "../model/index.ts";
import type { Out } from "../model/index.ts";
import { isoTime, parseJson, putDecimal } from "./kit.ts";
import type { JsonObject } from "./kit.ts";

/** What reference readers (parsed JSON to events) have in common. Cold path, but for the two emitters at the end. */

/** Instrument id of a symbol held as a string, or -1. */
export function named(symbol: string, out: Out): number {
  const bytes = encodeText(symbol);
  return out.instrument(bytes, 0, bytes.length);
}

/** A text like `2026-10-05T09:12:44.123456Z` to LONG.TS; false when it is something else. Before 1970 is "no time". */
export function putIso(text: unknown, out: Out): boolean {
  if (typeof text !== "string") return false;
  const bytes = encodeText(text);
  const slab = new Slab(bytes.length);
  slab.bytes.set(bytes);
  return isoTime(slab, 0, out) === bytes.length;
}

/** Names of fields and the registers of `out.num` they go to. */
export type Fields = readonly (readonly [name: string, register: number])[];

/** The decimal text of a field, or null when it is not of the type the venue sends. */
export type TextOf = (value: unknown) => string | null;

export const quotedText: TextOf = (value) => (typeof value === "string" ? value : null);

/** First character of a number's text in {@link readExact}: no text of a frame begins with it. */
const NUMBER = "\0";
const TOKEN = /"(?:[^"\\]|\\.)*"|[-\d][\d.eE+-]*/g;

/**
 * The frame as parsed JSON with its numbers as texts behind NUMBER, or undefined: for venues that send JSON numbers, as
 * JSON.parse would drop their digits beyond the seventeenth and with them the proof that a value is exact.
 */
export function readExact(slab: Slab, start: number, end: number): unknown {
  const text = decodeText(slab.bytes, start, end);
  if (parseJson(text) === undefined) return undefined;
  return parseJson(text.replace(TOKEN, (token) => (token.startsWith('"') ? token : `"\\u0000${token}"`)));
}

/** The text of a JSON number, as {@link readExact} leaves it. */
export const bareText: TextOf = (value) =>
  typeof value === "string" && value.startsWith(NUMBER) ? value.slice(1) : null;

/** Whether a value of {@link readExact} was a text in the frame. */
export function isText(value: unknown): value is string {
  return typeof value === "string" && !value.startsWith(NUMBER);
}

/** Reads decimals to registers: UNKNOWN when one is missing or of another type, BAD when its value cannot be. */
export function readNumbers(from: JsonObject, textOf: TextOf, fields: Fields, out: Out): number {
  for (const [name, register] of fields) {
    const text = textOf(from[name]);
    if (text === null) return FRAME.UNKNOWN;
    if (!putDecimal(text, out, register)) return FRAME.BAD;
  }
  return FRAME.DATA;
}

/**
 * Emits the quote in the registers. A price of 0 is how a venue says "no such side" (Kraken: pairs with an empty book
 * carry zeros and the epoch): that side becomes NaN, and without either side there is no quote.
 */
export function emitQuote(instrument: number, out: Out): void {
  const num = out.num;
  if (num[NUM.BID_PRICE] === 0) num[NUM.BID_PRICE] = num[NUM.BID_SIZE] = NaN;
  if (num[NUM.ASK_PRICE] === 0) num[NUM.ASK_PRICE] = num[NUM.ASK_SIZE] = NaN;
  out.long[LONG.ID] = 0;
  out.long[LONG.ID + 1] = 0;
  if (num[NUM.BID_PRICE]! > 0 || num[NUM.ASK_PRICE]! > 0) out.quote(instrument, 0);
}

/** Emits the 24-hour figures in the registers; prices of 0 are absent, and without a last price there is nothing to say. */
export function emitStats(instrument: number, out: Out): void {
  const num = out.num;
  if (num[NUM.LAST] === 0) return;
  if (num[NUM.HIGH] === 0) num[NUM.HIGH] = NaN;
  if (num[NUM.LOW] === 0) num[NUM.LOW] = NaN;
  if (num[NUM.VWAP] === 0) num[NUM.VWAP] = NaN;
  out.stats(instrument, 0);
}
