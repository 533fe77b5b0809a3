import { plainText } from "../model/index.ts";

/** What encoders have in common: times and numbers as venues print them. Cold path. */

/** Decimal text with at least `decimals` places, never fewer digits than the value has. */
export function fixed(value: number, decimals: number): string {
  const text = plainText(value);
  const [, fraction = ""] = text.split(".");
  if (fraction.length >= decimals) return text;
  return `${fraction === "" ? `${text}.` : text}${"0".repeat(decimals - fraction.length)}`;
}

/** Decimals of a step like 0.01; 0 when it is not known. */
export function decimalsOf(step: number): number {
  return step > 0 ? (plainText(step).split(".")[1] ?? "").length : 0;
}

/** UNIX microseconds as RFC 3339 UTC with `decimals` (6 to 9) digits of a second. */
export function isoText(micros: number, decimals: number): string {
  const second = Math.floor(micros / 1e6);
  const day = Math.floor(second / 86400);
  const inDay = second - day * 86400;
  const fraction = String(micros - second * 1e6).padStart(6, "0");
  const clock = [inDay / 3600, (inDay % 3600) / 60, inDay % 60].map((part) => two(Math.floor(part)));
  return `${civilDate(day)}T${clock.join(":")}.${fraction.padEnd(decimals, "0")}Z`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** Days since 1970-01-01 to a Gregorian date (Howard Hinnant's civil_from_days). */
function civilDate(day: number): string {
  const shifted = day + 719468;
  const era = Math.floor(shifted / 146097);
  const doe = shifted - era * 146097;
  const yoe = Math.floor(
    (doe - Math.floor(doe / 1460) + Math.floor(doe / 36524) - Math.floor(doe / 146096)) / 365,
  );
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  const year = yoe + era * 400 + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(doy - Math.floor((153 * mp + 2) / 5) + 1)}`;
}
