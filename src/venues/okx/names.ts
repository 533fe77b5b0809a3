import { futureName, perpetualName, spotName } from "../../model/index.ts";
import type { InstrumentKind } from "../../model/index.ts";

/**
 * Names. The form of an instId says what it is; dashes part it, and a part may hold underscores:
 * BTC-USDT (SPOT, MARGIN), BTC-USDT-SWAP, BTC-USD-261225 (FUTURES), BTC-USD-261225-100000-C (OPTION),
 * BTC-USD_UM_XPERP-310404 (a dated contract with funding, FUTURES).
 * https://www.okx.com/docs-v5/en/#public-data-rest-api-get-instruments
 */
export const INST_TYPES = ["SPOT", "SWAP", "FUTURES", "OPTION"] as const;
export type InstType = (typeof INST_TYPES)[number];

export const KINDS: Readonly<Record<InstType, InstrumentKind>> = {
  SPOT: "spot",
  SWAP: "perpetual",
  FUTURES: "future",
  OPTION: "option",
};

const DATE = /^\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/;
const STRIKE = /^\d+(?:\.\d+)?$/;

/** What an instId is by its form, or null. */
export function instTypeOf(instId: string): InstType | null {
  const [base, quote, third, strike, right, ...rest] = instId.split("-");
  if (!base || !quote || rest.length > 0) return null;
  if (third === undefined) return "SPOT";
  if (strike === undefined) return third === "SWAP" ? "SWAP" : DATE.test(third) ? "FUTURES" : null;
  const option = DATE.test(third) && STRIKE.test(strike) && (right === "C" || right === "P");
  return option ? "OPTION" : null;
}

/** The family of an option, or of any derivative: its first two parts. */
export function familyOf(instId: string): string {
  return instId.split("-", 2).join("-");
}

/** The index an instrument follows: its first two parts without what stands behind an underscore (BTC-USD_UM -> BTC-USD). */
export function indexOf(instId: string): string {
  const [base, quote = ""] = instId.split("-");
  return `${base}-${quote.split("_")[0]}`;
}

/** BTC-USDT-SWAP -> BTC-USDT-PERP, BTC-USD-261225-100000-C -> BTC-USD-25DEC26-100000-C; null for other forms. */
export function canonical(instId: string): string | null {
  const [base = "", quote = "", third = "", ...strike] = instId.split("-");
  switch (instTypeOf(instId)) {
    case "SPOT":
      return spotName(base, quote);
    case "SWAP":
      return perpetualName(base, quote);
    case null:
      return null;
    default: {
      const [year, month, day] = [0, 2, 4].map((at) => Number(third.slice(at, at + 2)));
      return [futureName(base, quote, year!, month!, day!), ...strike].join("-");
    }
  }
}

const MONTHS = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
const CANONICAL = /^([^-]+)-([^-]+)(?:-(?:(PERP)|(\d\d)([A-Z]{3})(\d\d)(-\d+(?:\.\d+)?-[CP])?))?$/;

/** The way back. Throws RangeError for a name of no form. */
export function native(name: string): string {
  const [, base, quote, perpetual, day, month, year, strike = ""] = CANONICAL.exec(name) ?? [];
  const number = month === undefined ? 1 : MONTHS.indexOf(month) / 3 + 1;
  if (base === undefined || number < 1 || !Number.isInteger(number))
    throw new RangeError(
      `expected BASE-QUOTE, -PERP, -DDMMMYY or -DDMMMYY-STRIKE-C|P, saw ${JSON.stringify(name)}`,
    );
  if (perpetual !== undefined) return `${base}-${quote}-SWAP`;
  return month === undefined
    ? `${base}-${quote}`
    : `${base}-${quote}-${year}${String(number).padStart(2, "0")}${day}${strike}`;
}
