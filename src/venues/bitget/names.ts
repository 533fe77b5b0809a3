import { futureName, perpetualName, spotName } from "../../model/index.ts";
import type { InstrumentKind } from "../../model/index.ts";

/**
 * Names. The venue repeats its symbols: BTCUSDT is a spot pair and a perpetual, told apart by the instType beside them.
 * Ours are unique, by a rule of ours: a spot pair is named as the venue names it (`BTCUSDT`), everything else has its
 * instType behind a colon, in upper case whatever the protocol's (`BTCUSDT:USDT-FUTURES`).
 *
 *   BTCUSDT                    BTC-USDT             spot
 *   BTCUSDT:USDT-FUTURES       BTC-USDT-PERP
 *   BTCPERP:USDC-FUTURES       BTC-USDC-PERP
 *   BTCUSD:COIN-FUTURES        BTC-USD-PERP         v2
 *   BTCUSD_CM:COIN-FUTURES     BTC-USD_CM-PERP      v3: another contract, in units of the quote currency
 *   BTCUSDZ24:COIN-FUTURES     BTC-USD-27DEC24      delivery: H M U Z for the quarter, then the year
 *   BTCUSDTZ26:USDT-FUTURES    BTC-USDT-25DEC26     the same for USDT, whose pattern is not documented (UNCONFIRMED)
 */
export const PRODUCTS = ["SPOT", "USDT-FUTURES", "COIN-FUTURES", "USDC-FUTURES"] as const;
export type Product = (typeof PRODUCTS)[number];

export interface Named {
  /** The venue's symbol and instType. */
  readonly id: string;
  readonly product: Product;
}

/** The instType that a word of any case is (v2 writes it in upper case, v3 in lower, REST in upper), or null. */
export function productOf(word: unknown): Product | null {
  if (typeof word !== "string") return null;
  return PRODUCTS.find((one) => one === word || lower(one) === word) ?? null;
}

export function lower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Our name of a symbol. */
export function symbolOf({ id, product }: Named): string {
  return product === "SPOT" ? id : `${id}:${product}`;
}

/** What one of our names stands for. A suffix that is no instType is part of a spot pair's name. */
export function namedOf(symbol: string): Named {
  const at = symbol.lastIndexOf(":");
  const product = PRODUCTS.find((one) => one === symbol.slice(at + 1));
  if (at < 0 || product === undefined || product === "SPOT") return { id: symbol, product: "SPOT" };
  return { id: symbol.slice(0, at), product };
}

/** Quote currencies by which a spot pair without metadata is cut; the longest that fits wins. Metadata knows better. */
const QUOTES = "USDT USDC USDE USD1 USDG FDUSD BTC ETH BGB EUR BRL TRY GBP UAH PLN USD"
  .split(" ")
  .toSorted((one, other) => other.length - one.length);

/** Letters of the months in which quarterly contracts are delivered. */
const QUARTERS = "HMUZ";

export interface Parts {
  readonly kind: InstrumentKind;
  readonly base: string;
  readonly quote: string;
  /** Of a delivery contract: two digits, 1-12, 1-31. */
  readonly date?: readonly [year: number, month: number, day: number];
}

/** What a symbol of ours says by its form alone, or null. */
export function partsOf(symbol: string): Parts | null {
  const { id, product } = namedOf(symbol);
  if (!/^[^-:_\s]+(?:_CM)?$/.test(id)) return null;
  return product === "SPOT" ? spotParts(id) : contractParts(id, product);
}

function spotParts(id: string): Parts | null {
  const quote = id.includes("_") ? undefined : QUOTES.find((one) => id.endsWith(one) && id !== one);
  return quote === undefined ? null : { kind: "spot", base: id.slice(0, -quote.length), quote };
}

const CONTRACT = /^(.+?)(PERP|USDT|USD_CM|USD)(?:([HMUZ])(\d\d))?$/;
/** What a product's contracts end in. */
const ENDINGS: Readonly<Record<string, readonly string[]>> = {
  "USDT-FUTURES": ["USDT"],
  "USDC-FUTURES": ["PERP"],
  "COIN-FUTURES": ["USD", "USD_CM"],
};

function contractParts(id: string, product: Product): Parts | null {
  const [, base = "", ending = "", quarter, yearText] = CONTRACT.exec(id) ?? [];
  if (!ENDINGS[product]?.includes(ending)) return null;
  const quote = ending === "PERP" ? "USDC" : ending;
  if (quarter === undefined) return { kind: "perpetual", base, quote };
  if (quote !== "USD" && quote !== "USDT") return null;
  const [year, month] = [Number(yearText), 3 * (QUARTERS.indexOf(quarter) + 1)];
  return { kind: "future", base, quote, date: [year, month, lastFriday(2000 + year, month)] };
}

/** Day of month of the last Friday: quarterly contracts are delivered on it. */
function lastFriday(year: number, month: number): number {
  const last = month === 6 || month === 9 ? 30 : 31;
  return last - ((weekday(year, month, last) + 2) % 7);
}

/** 0 is Sunday (Sakamoto), for the months that end a quarter. */
function weekday(year: number, month: number, day: number): number {
  const offset = { 3: 2, 6: 3, 9: 4, 12: 4 }[month] ?? 0;
  const leaps = Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400);
  return (year + leaps + offset + day) % 7;
}

/** Canonical name of what is known of an instrument. */
export function nameOf({ kind, base, quote, date }: Parts): string {
  if (kind === "perpetual") return perpetualName(base, quote);
  return date === undefined ? spotName(base, quote) : futureName(base, quote, ...date);
}

/** BTCUSDT:USDT-FUTURES -> BTC-USDT-PERP; null where the form does not tell. */
export function canonical(symbol: string): string | null {
  const parts = partsOf(symbol);
  return parts === null ? null : nameOf(parts);
}

const CANONICAL = /^([^-:_\s]+)-([^-:_\s]+|USD_CM)(?:-(?:(PERP)|\d\d([A-Z]{3})(\d\d)))?$/;
const MONTHS = ["MAR", "JUN", "SEP", "DEC"];
/** Symbol of a perpetual by what it is quoted in. */
const PERPETUALS: Readonly<Record<string, readonly [ending: string, product: Product]>> = {
  USDT: ["USDT", "USDT-FUTURES"],
  USDC: ["PERP", "USDC-FUTURES"],
  USD: ["USD", "COIN-FUTURES"],
  USD_CM: ["USD_CM", "COIN-FUTURES"],
};

/** The way back. Throws RangeError for what the venue has no symbol for. Which day a quarter ends on does not matter. */
export function native(name: string): string {
  const [, base, quote = "", perpetual, month, year] = CANONICAL.exec(name) ?? [];
  const spot = base !== undefined && perpetual === undefined && month === undefined;
  if (spot && quote !== "USD_CM") return `${base}${quote}`;
  const [ending, product] = PERPETUALS[quote] ?? [];
  const quarter = month === undefined ? "" : QUARTERS[MONTHS.indexOf(month)];
  const dated = month === undefined || quote === "USD" || quote === "USDT";
  if (base === undefined || spot || product === undefined || quarter === undefined || !dated)
    throw new RangeError(
      `expected BASE-QUOTE, BASE-USDT|USDC|USD|USD_CM-PERP or BASE-USD|USDT-DDMMMYY of a quarter, saw ${JSON.stringify(name)}`,
    );
  return symbolOf({ id: `${base}${ending}${quarter}${year ?? ""}`, product });
}
