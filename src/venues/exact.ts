import { decodeText, putText } from "../model/index.ts";
import type { Out, Slab } from "../model/index.ts";
import { parseJson } from "./kit.ts";

/**
 * Exact numbers for reference readers: sequence numbers and times of up to nineteen digits are JSON numbers, which
 * JSON.parse would round.
 */

/** First character of a number's text: no text of a frame begins with it. */
const NUMBER = "\0";
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
/** The text of a whole number. */
export const WHOLE = /^(?:0|[1-9]\d*)$/;

/** The frame as parsed JSON with its numbers as marked texts, or undefined when it is no JSON. */
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
