import { Buffer } from "node:buffer";
import { decodeText } from "../../model/index.ts";

/** Characters of a frame that a diagnosis shows. */
const SHOWN = 80;
/** Longest frame that is read again to say what is wrong with it. */
const MAX_READ = 1 << 20;

/** Controls, line separators and direction marks: what could move or colour a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text safe to print on one line. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => `\\u${char.codePointAt(0)!.toString(16).padStart(4, "0")}`);
}

/** The first characters of a frame, safe to print. */
export function excerpt(bytes: Uint8Array, start: number, end: number): string {
  const chars = [...decodeText(bytes, start, Math.min(end, start + SHOWN * 4 + 4))];
  const more = chars.length > SHOWN || end - start > SHOWN * 4 + 4;
  return printable(chars.slice(0, SHOWN).join("")) + (more ? "..." : "");
}

/** Why a parser refused a frame, as far as a second, slow look can tell. */
export function whyBad(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > MAX_READ) return `not readable, ${end - start} bytes`;
  try {
    const value: unknown = JSON.parse(
      Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString(),
    );
    return (
      impossible(value, "") ?? "a field that this channel needs is missing, of another type or out of range"
    );
  } catch {
    return "not JSON";
  }
}

const NOT_A_NUMBER = /^[-+]?(nan|inf|infinity)$/i;

/** The first value that no price, size or id can have, with its path. */
function impossible(value: unknown, path: string): string | null {
  if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      const found = impossible(item, path === "" ? key : `${path}.${key}`);
      if (found !== null) return found;
    }
    return null;
  }
  return wrongNumber(value)
    ? `expected a decimal >= 0 that fits a double at ${printable(path)}, saw ${shown(value)}`
    : null;
}

function wrongNumber(value: unknown): boolean {
  if (typeof value === "number") return value < 0 || !Number.isFinite(value);
  if (typeof value !== "string" || value === "") return value === "";
  if (NOT_A_NUMBER.test(value)) return true;
  return /^-?\d/.test(value) && (Number(value) < 0 || Math.abs(Number(value)) === Infinity);
}

function shown(value: unknown): string {
  return printable(typeof value === "number" ? String(value) : JSON.stringify(value).slice(0, 40));
}
