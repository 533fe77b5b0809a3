import { decodeText, putNanos, putText } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import { LONG } from "../../model/index.ts";
import { parseJson, putTime } from "../kit.ts";

/** First character of a number's text in {@link readExact}: no text of a frame begins with it. */
const NUMBER = "\0";
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
const WHOLE = /^(?:0|[1-9]\d*)$/;

/**
 * The frame as parsed JSON with its numbers as texts behind NUMBER, or undefined: times are nanoseconds above 2^53,
 * which JSON.parse would round.
 */
export function readExact(slab: Slab, start: number, end: number): unknown {
  const text = decodeText(slab.bytes, start, end);
  if (parseJson(text) === undefined) return undefined;
  return parseJson(text.replace(TOKEN, (token) => (token.startsWith('"') ? token : `"\\u0000${token}"`)));
}

/** The text of a JSON number, or null for everything else. */
export function numberText(value: unknown): string | null {
  return typeof value === "string" && value.startsWith(NUMBER) ? value.slice(1) : null;
}

/** A JSON text, or null for everything else. */
export function plainString(value: unknown): string | null {
  return typeof value === "string" && !value.startsWith(NUMBER) ? value : null;
}

/** Whole decimal text to 64-bit halves; false for what is no such number or needs more. */
export function putWhole(text: string, out: Out, reg: number): boolean {
  if (!WHOLE.test(text) || text.length > 20 || BigInt(text) > 0xffffffffffffffffn) return false;
  putText(text, out.long, reg);
  return true;
}

/** UNIX nanoseconds (nineteen digits) to LONG.TS. */
export function putNanoTime(text: string, out: Out): boolean {
  const seconds = Number(text.slice(0, 10));
  if (!WHOLE.test(text) || text.length !== 19 || seconds >= 2 ** 32) return false;
  putNanos(seconds, Number(text.slice(10)), out.long, LONG.TS);
  return true;
}

/** UNIX milliseconds to LONG.TS; nanoseconds are told by their length. */
export function putAnyTime(text: string, out: Out): boolean {
  if (text.length === 19) return putNanoTime(text, out);
  return WHOLE.test(text) && text.length <= 16 && putTime(Number(text), out);
}
