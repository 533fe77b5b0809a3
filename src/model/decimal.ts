/** Scaled integers live only at edges (compat files, Parquet DECIMAL, SQL NUMERIC); this is their door. */

/**
 * Exact decimal text of a finite double in plain notation (no exponent): the shortest text that reads back as
 * the same double, which is the canonical text of a venue's number with up to 15 significant digits.
 */
export function plainText(value: number): string {
  const text = String(value);
  const e = text.indexOf("e");
  if (e < 0) return text;
  const exponent = Number(text.slice(e + 1));
  const negative = text.startsWith("-");
  const [whole = "", fraction = ""] = text.slice(negative ? 1 : 0, e).split(".");
  const digits = whole + fraction;
  const point = whole.length + exponent;
  const body =
    point <= 0
      ? `0.${"0".repeat(-point)}${digits}`
      : point >= digits.length
        ? digits + "0".repeat(point - digits.length)
        : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return negative ? `-${body}` : body;
}

/**
 * value * 10^scale as an integer, exact from the decimal text (2.01 at scale 6 is 2010000n).
 * Digits below the scale are cut, not rounded; NaN, infinities and negatives throw RangeError.
 */
export function scaled(value: number, scale: number): bigint {
  if (!(value >= 0) || value === Infinity)
    throw new RangeError(`expected a finite number >= 0, saw ${value}`);
  const [whole = "0", fraction = ""] = plainText(value).split(".");
  return BigInt(whole + fraction.slice(0, scale).padEnd(scale, "0"));
}
