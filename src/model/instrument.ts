export const INSTRUMENT_KINDS = ["spot", "perpetual", "future", "option", "index"] as const;
export type InstrumentKind = (typeof INSTRUMENT_KINDS)[number];

/** Trading states; the numbers are part of the log's layout. */
export const INSTRUMENT_STATUS = [
  "unknown",
  "trading",
  "halted",
  "post_only",
  "cancel_only",
  "pre_open",
  "expired",
  "delisted",
] as const;
export type InstrumentStatus = (typeof INSTRUMENT_STATUS)[number];

/** The numbers (places) are part of the log's layout. */
export const SIZE_UNITS = ["base", "quote"] as const;
export type SizeUnit = (typeof SIZE_UNITS)[number];

/** One tradable thing of one venue, as its metadata describes it. Ids are given by the lane, not by the venue. */
export interface Instrument {
  /** Native symbol exactly as it appears in data frames. */
  readonly symbol: string;
  /** Canonical name: BASE-QUOTE[-PERP | -DDMMMYY[-STRIKE-C|P]]. */
  readonly canonical: string;
  readonly kind: InstrumentKind;
  readonly base: string;
  readonly quote: string;
  readonly status: InstrumentStatus;
  /** Smallest price step; NaN when the venue does not say. */
  readonly tick: number;
  /** Smallest size step; NaN when the venue does not say. */
  readonly lot: number;
  /** Decimals used for price and size in the venue's checksum; -1 = no checksum. */
  readonly pricePrecision: number;
  readonly sizePrecision: number;
  /** What a size of 1 is worth, in `sizeUnit`: of a contract its value, elsewhere 1. NaN when the venue does not say. */
  readonly contractValue: number;
  /** What `contractValue` counts: base coins (also where absent) or, of inverse contracts, units of the quote currency. */
  readonly sizeUnit?: SizeUnit;
  /** UNIX microseconds; NaN = never. */
  readonly expiry: number;
  readonly strike: number;
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/** Canonical name of a spot pair. */
export function spotName(base: string, quote: string): string {
  return `${base}-${quote}`;
}

export function perpetualName(base: string, quote: string): string {
  return `${base}-${quote}-PERP`;
}

/** Canonical name of a dated future; month 1-12, year two digits. */
export function futureName(base: string, quote: string, year: number, month: number, day: number): string {
  return `${base}-${quote}-${String(day).padStart(2, "0")}${MONTHS[month - 1]}${String(year).padStart(2, "0")}`;
}

/** A spot instrument with the given fields over sane blanks; what tests and tables without metadata start from. */
export function instrumentOf(
  fields: Partial<Instrument> & Pick<Instrument, "symbol" | "canonical">,
): Instrument {
  const [base = "", quote = ""] = fields.canonical.split("-");
  return {
    kind: "spot",
    base,
    quote,
    status: "unknown",
    tick: NaN,
    lot: NaN,
    pricePrecision: -1,
    sizePrecision: -1,
    contractValue: 1,
    expiry: NaN,
    strike: NaN,
    ...fields,
  };
}
