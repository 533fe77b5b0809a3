import { futureName, perpetualName, spotName } from "../../model/index.ts";

/**
 * Names. The venue has one market per category, each on a socket of its own, and one text may name a market in two of
 * them: BTCUSDT is a spot pair and a perpetual. Ours are unique: what is not spot stands behind its category,
 * `linear:BTCUSDT`. Frames and requests have the venue's text alone. https://bybit-exchange.github.io/docs/v5/enum#symbol
 */
export const CATEGORIES = ["spot", "linear", "inverse", "option"] as const;
export type Category = (typeof CATEGORIES)[number];

/** How one category names its instruments. */
export interface Names {
  readonly category: Category;
  /** Our symbol of the venue's text. */
  symbol(text: string): string;
  /** As in the contract of a venue, for symbols of this category alone. */
  canonical(symbol: string): string | null;
  native(canonical: string): string;
}

/** The venue's text of a symbol. */
export function textOf(symbol: string): string {
  return symbol.slice(symbol.indexOf(":") + 1);
}

/** Quote coins by which a spot pair without metadata is cut; the longest that fits wins. Metadata knows better. */
const QUOTES =
  "USDT USDC USDE USDQ USDR USD1 RLUSD DAI BTC ETH SOL MNT EUR GBP BRL TRY PLN AED ARS MXN KZT USD"
    .split(" ")
    .toSorted((one, other) => other.length - one.length);

const MONTHS = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
/** Months of dated inverse contracts, as futures exchanges letter them: BTCUSDZ26 is of December. */
const LETTERS = "FGHJKMNQUVXZ";
const DATE = String.raw`([1-9]|[12]\d|3[01])([A-Z]{3})(\d\d)`;
const LINEAR_DATED = new RegExp(`^([^-:]+?)(USDT)?-${DATE}$`);
const OPTION = new RegExp(String.raw`^([^-:]+)-${DATE}-(\d+(?:\.\d+)?)-([CP])(?:-(USDT))?$`);

function monthOf(word: string): number {
  const at = MONTHS.indexOf(word);
  return at >= 0 && at % 3 === 0 ? at / 3 + 1 : 0;
}

function spotCanonical(text: string): string | null {
  const quote = QUOTES.find((one) => text.endsWith(one) && text.length > one.length);
  return quote === undefined || /[-:]/.test(text) ? null : spotName(text.slice(0, -quote.length), quote);
}

/** BTCUSDT, BTCPERP (in USDC), BTCUSDT-25DEC26, BTC-25DEC26 (in USDC). Days have no leading zero. */
function linearCanonical(text: string): string | null {
  const [, pair, base] = /^(?:([^-:]+)USDT|([^-:]+)PERP)$/.exec(text) ?? [];
  if (pair !== undefined) return perpetualName(pair, "USDT");
  if (base !== undefined) return perpetualName(base, "USDC");
  const [, dated, quote = "USDC", day, month = "", year] = LINEAR_DATED.exec(text) ?? [];
  const number = monthOf(month);
  return dated === undefined || number === 0
    ? null
    : futureName(dated, quote, Number(year), number, Number(day));
}

/** BTCUSD, BTCUSDZ26: the day is not said, it is the last Friday of the month. */
function inverseCanonical(text: string): string | null {
  const [, base, letter, year] = /^([^-:]+)USD(?:([FGHJKMNQUVXZ])(\d\d))?$/.exec(text) ?? [];
  if (base === undefined) return null;
  if (letter === undefined) return perpetualName(base, "USD");
  const month = LETTERS.indexOf(letter) + 1;
  return futureName(base, "USD", Number(year), month, lastFriday(2000 + Number(year), month));
}

/** BTC-25DEC26-100000-C-USDT, BTC-25DEC26-100000-C (in USDC). */
function optionCanonical(text: string): string | null {
  const [, base, day, month = "", year, strike, right, quote = "USDC"] = OPTION.exec(text) ?? [];
  const number = monthOf(month);
  if (base === undefined || number === 0) return null;
  return `${futureName(base, quote, Number(year), number, Number(day))}-${strike}-${right}`;
}

/** Day of the month. */
function lastFriday(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return days - ((weekday(year, month, days) + 2) % 7);
}

/** 0 is Sunday (Tomohiko Sakamoto's method). */
function weekday(year: number, month: number, day: number): number {
  const shifts = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
  const y = month < 3 ? year - 1 : year;
  return (y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + shifts[month - 1]! + day) % 7;
}

const CANONICAL = /^([^-:]+)-([^-:]+)(?:-(?:(PERP)|(\d\d)([A-Z]{3})(\d\d)(?:-(\d+(?:\.\d+)?-[CP]))?))?$/;

const FORMS: Readonly<Record<Category, string>> = {
  spot: "BASE-QUOTE",
  linear: "BASE-USDT-PERP, BASE-USDC-PERP or -DDMMMYY",
  inverse: "BASE-USD-PERP or BASE-USD-DDMMMYY of a last Friday",
  option: "BASE-USDT-DDMMMYY-STRIKE-C|P",
};

const RULES: Readonly<Record<Category, (text: string) => string | null>> = {
  spot: spotCanonical,
  linear: linearCanonical,
  inverse: inverseCanonical,
  option: optionCanonical,
};

/** The venue's text, by rule; whether it names what was asked for is to be seen. */
function textFor(category: Category, name: string): string {
  const [, base = "", quote = "", perpetual, day, month = "", year = "", rest] = CANONICAL.exec(name) ?? [];
  if (category === "spot") return `${base}${quote}`;
  const date = `${Number(day)}${month}${year}`;
  const settled = quote === "USDT" ? quote : "";
  if (category === "option") return `${base}-${date}-${rest}${settled === "" ? "" : "-USDT"}`;
  if (category === "inverse")
    return `${base}USD${perpetual === undefined ? `${LETTERS[monthOf(month) - 1]}${year}` : ""}`;
  if (perpetual === undefined) return `${base}${settled}-${date}`;
  return quote === "USDT" ? `${base}USDT` : `${base}PERP`;
}

/** The names of a category. `native` throws RangeError for a name that is of another one or of none. */
export function namesOf(category: Category): Names {
  const prefix = category === "spot" ? "" : `${category}:`;
  const symbol = (text: string): string => prefix + text;
  const canonical = (one: string): string | null =>
    one.startsWith(prefix) ? RULES[category](one.slice(prefix.length)) : null;
  const native = (name: string): string => {
    const made = symbol(textFor(category, name));
    const known = category === "spot" ? /^[^-:]+-[^-:]+$/.test(name) : canonical(made) === name;
    if (known) return made;
    throw new RangeError(`expected ${FORMS[category]} of ${category}, saw ${JSON.stringify(name)}`);
  };
  return { category, symbol, canonical, native };
}
