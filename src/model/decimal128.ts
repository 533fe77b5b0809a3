import { plainText } from "./decimal.ts";

/** Digits behind the point that a DECIMAL(38, 18) keeps. */
export const DECIMAL_SCALE = 18;

/** Base of the limbs products are made in: two of them multiply within 2^53. */
const LIMB = 67_108_864;
/** Integers below have at most fifteen digits: no other decimal of so few digits is the same double. */
const FIFTEEN_DIGITS = 1e15;
/** Decimals tried, the usual ones first. Powers of ten up to 22 are exact doubles. */
const PLACES = [8, 2, 4, 6, 10, 12, 14, 16, 18] as const;
const POWERS = Float64Array.from({ length: DECIMAL_SCALE + 1 }, (_, k) => Number(`1e${k}`));
/** 10^(18 - k) in three limbs, at 3 * k. */
const SCALES = Float64Array.from({ length: 3 * (DECIMAL_SCALE + 1) }, (_, i) => {
  const power = 10n ** BigInt(DECIMAL_SCALE - Math.floor(i / 3));
  return Number((power >> BigInt(26 * (i % 3))) & 0x3ffffffn);
});
/** What 38 digits can hold. */
const MOST = 10n ** 38n;

/**
 * Writes `value` as the integer value * 10^18 into four words of `into` (two's complement, low first): a DECIMAL(38, 18).
 * The value is the shortest decimal text of the double, exactly; nothing is rounded. False, and nothing written, for what
 * does not fit: more than 18 decimals or 20 digits before the point, NaN, infinities.
 */
export function putDecimal128(value: number, into: Int32Array, at: number): boolean {
  const size = Math.abs(value);
  for (let i = 0; i < PLACES.length; i++) {
    const places = PLACES[i]!;
    const power = POWERS[places]!;
    const whole = Math.round(size * power);
    if (whole >= FIFTEEN_DIGITS) continue;
    // Correctly rounded, as both are exact: the decimal whole / 10^places is this double.
    if (whole / power === size) {
      putProduct(whole, 3 * places, value < 0, into, at);
      return true;
    }
  }
  return putText128(value, into, at);
}

/** whole (below 2^50) times the power of ten at `scale`, negated or not. */
function putProduct(whole: number, scale: number, negative: boolean, into: Int32Array, at: number): void {
  const m1 = Math.floor(whole / LIMB);
  const m0 = whole - m1 * LIMB;
  const p0 = SCALES[scale]!;
  const p1 = SCALES[scale + 1]!;
  const p2 = SCALES[scale + 2]!;
  const c0 = m0 * p0;
  const k0 = Math.floor(c0 / LIMB);
  const c1 = m0 * p1 + m1 * p0 + k0;
  const k1 = Math.floor(c1 / LIMB);
  const c2 = m0 * p2 + m1 * p1 + k1;
  const k2 = Math.floor(c2 / LIMB);
  const c3 = m1 * p2 + k2;
  const d4 = Math.floor(c3 / LIMB);
  const d0 = c0 - k0 * LIMB;
  const d1 = c1 - k1 * LIMB;
  const d2 = c2 - k2 * LIMB;
  const d3 = c3 - d4 * LIMB;
  into[at] = d0 | (d1 << 26);
  into[at + 1] = (d1 >>> 6) | (d2 << 20);
  into[at + 2] = (d2 >>> 12) | (d3 << 14);
  into[at + 3] = (d3 >>> 18) | (d4 << 8);
  if (negative) negate(into, at);
}

function negate(into: Int32Array, at: number): void {
  let carry = 1;
  for (let i = at; i < at + 4; i++) {
    const sum = (~into[i]! >>> 0) + carry;
    into[i] = sum | 0;
    carry = sum > 0xffffffff ? 1 : 0;
  }
}

/** The slow way, by the text: sixteen and more digits, and what does not fit. */
function putText128(value: number, into: Int32Array, at: number): boolean {
  if (!Number.isFinite(value)) return false;
  const [whole = "0", fraction = ""] = plainText(Math.abs(value)).split(".");
  if (fraction.length > DECIMAL_SCALE) return false;
  const scaled = BigInt(whole + fraction.padEnd(DECIMAL_SCALE, "0"));
  if (scaled >= MOST) return false;
  for (let i = 0; i < 4; i++) into[at + i] = Number((scaled >> BigInt(32 * i)) & 0xffffffffn) | 0;
  if (value < 0) negate(into, at);
  return true;
}
