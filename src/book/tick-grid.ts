import { plainText } from "../model/index.ts";

/**
 * A price step as mantissa / scale with scale a power of ten: 0.25 is 25 / 100. The price of step k is then
 * (k * mantissa) / scale: an exact integer divided by an exact power of ten, which rounds once and is therefore
 * the very double the venue's decimal text reads as (as long as k * mantissa stays below 2^53).
 */
export interface TickGrid {
  readonly mantissa: number;
  readonly scale: number;
  /** Steps per unit of price, for the first guess of k. */
  readonly inverse: number;
}

/** The grid of a tick, or null when the tick is no positive number of at most 15 digits and 15 decimals. */
export function tickGrid(tick: number): TickGrid | null {
  if (!(tick > 0 && tick < 1e9)) return null;
  const [whole = "", fraction = ""] = plainText(tick).split(".");
  if (fraction.length > 15) return null;
  const mantissa = Number(whole + fraction);
  if (!(mantissa > 0 && mantissa < 1e15)) return null;
  const scale = 10 ** fraction.length;
  return { mantissa, scale, inverse: scale / mantissa };
}
