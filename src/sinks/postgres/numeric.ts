import { halvesToText, plainText } from "../../model/index.ts";

/**
 * NUMERIC in binary: how many digits, the weight of the first (its power of 10,000), sign, decimals shown, then the digits, each
 * below 10,000 and two bytes. src/backend/utils/adt/numeric.c, numeric_recv.
 */

/** Integers below have at most fifteen digits: no other decimal of so few digits is the same double. */
const FIFTEEN_DIGITS = 1e15;
const MOST_PLACES = 12;
const POWERS = Float64Array.from({ length: 16 }, (_, k) => Number(`1e${k}`));
const HEAD = 8;
/** 309 digits before the point, or 324 + 17 behind it. */
export const MOST_NUMERIC_BYTES = HEAD + 2 * 100;

const POSITIVE = 0;
const NEGATIVE = 0x4000;
/** Since version 14. */
const INFINITE = 0xd000;
const MINUS_INFINITE = 0xf000;

/** Writes a double's shortest decimal text, exactly; returns where it ends. Not for NaN. */
export function putNumeric(value: number, view: DataView, at: number): number {
  const size = Math.abs(value);
  const sign = value < 0 ? NEGATIVE : POSITIVE;
  for (let k = 0; k <= MOST_PLACES; k++) {
    const power = POWERS[k]!;
    const whole = Math.round(size * power);
    if (whole >= FIFTEEN_DIGITS) break;
    // Correctly rounded, as both are exact: the decimal whole / 10^k is this double.
    if (whole / power === size) return putScaled(whole, k, sign, view, at);
  }
  if (size === Infinity) return putHead(view, at, 0, 0, sign === POSITIVE ? INFINITE : MINUS_INFINITE, 0);
  return putText(plainText(size), sign, view, at);
}

/** An unsigned integer of 64 bits. */
export function putNumeric64(hi: number, lo: number, view: DataView, at: number): number {
  const value = (hi >>> 0) * 4294967296 + (lo >>> 0);
  if (value < FIFTEEN_DIGITS) return putScaled(value, 0, POSITIVE, view, at);
  return putText(halvesToText(hi, lo), POSITIVE, view, at);
}

/** whole / 10^places, whole below 10^15, places at most 12. */
function putScaled(whole: number, places: number, sign: number, view: DataView, at: number): number {
  const front = places === 0 ? whole : Math.floor(whole / POWERS[places]!);
  const pad = (4 - (places & 3)) & 3;
  // Below 10^12 as places + pad are at most 12.
  let behind = (whole - front * POWERS[places]!) * POWERS[pad]!;
  const fronts = front === 0 ? 0 : front < 1e4 ? 1 : front < 1e8 ? 2 : front < 1e12 ? 3 : 4;
  const behinds = (places + pad) >> 2;
  const first = at + HEAD;
  for (let i = fronts + behinds - 1; i >= fronts; i--) {
    const rest = Math.floor(behind / 1e4);
    view.setInt16(first + 2 * i, behind - rest * 1e4);
    behind = rest;
  }
  let ahead = front;
  for (let i = fronts - 1; i >= 0; i--) {
    const rest = Math.floor(ahead / 1e4);
    view.setInt16(first + 2 * i, ahead - rest * 1e4);
    ahead = rest;
  }
  return putHead(view, at, fronts + behinds, fronts - 1, whole === 0 ? POSITIVE : sign, places);
}

/** The slow way, by the text: sixteen and more digits, and what is very small. */
function putText(text: string, sign: number, view: DataView, at: number): number {
  const [whole = "", fraction = ""] = text.split(".");
  const front = whole.replace(/^0+/, "");
  const fronts = Math.ceil(front.length / 4);
  const behinds = Math.ceil(fraction.length / 4);
  const digits = front.padStart(4 * fronts, "0") + fraction.padEnd(4 * behinds, "0");
  for (let i = 0; i < fronts + behinds; i++)
    view.setInt16(at + HEAD + 2 * i, Number(digits.slice(4 * i, 4 * i + 4)));
  return putHead(view, at, fronts + behinds, fronts - 1, sign, fraction.length);
}

function putHead(
  view: DataView,
  at: number,
  digits: number,
  weight: number,
  sign: number,
  places: number,
): number {
  view.setInt16(at, digits);
  view.setInt16(at + 2, weight);
  view.setUint16(at + 4, sign);
  view.setInt16(at + 6, places);
  return at + HEAD + 2 * digits;
}

/** Decimal text of a NUMERIC in binary. Cold: for people. */
export function numericText(view: DataView, at: number): string {
  const [digits, weight] = [view.getInt16(at), view.getInt16(at + 2)];
  const [sign, places] = [view.getUint16(at + 4), view.getInt16(at + 6)];
  if (sign === INFINITE || sign === MINUS_INFINITE) return sign === INFINITE ? "Infinity" : "-Infinity";
  const group = (i: number): string =>
    i < 0 || i >= digits ? "0000" : String(view.getInt16(at + HEAD + 2 * i)).padStart(4, "0");
  let whole = "";
  for (let i = 0; i <= weight; i++) whole += group(i);
  let fraction = "";
  for (let i = weight + 1; fraction.length < places; i++) fraction += group(i);
  const text = whole.replace(/^0+/, "") || "0";
  const rest = places === 0 ? "" : `.${fraction.slice(0, places)}`;
  return `${sign === NEGATIVE ? "-" : ""}${text}${rest}`;
}
