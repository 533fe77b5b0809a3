import { futureName, perpetualName, spotName } from "../../model/index.ts";

/**
 * Names. https://docs.deribit.com/articles/instrument-naming, as far as it goes:
 *
 *   BTC-PERPETUAL                   BTC-USD-PERP                    inverse: no quote means US dollars
 *   SOL_USDC-PERPETUAL              SOL-USDC-PERP
 *   BTC-4SEP26                      BTC-USD-04SEP26                 the venue's days have no leading zero
 *   BTC-25DEC26-100000-C            BTC-USD-25DEC26-100000-C
 *   XRP_USDC-30JUN23-0d625-C        XRP-USDC-30JUN23-0.625-C        a `d`, lower case, for the point of a strike
 *   BTC_USDC                        BTC-USDC
 *   btc_usd                         BTC-DVOL                        the volatility index, by the name its frames carry
 *
 * Combos (BTC-CS-28AUG26-70000_75000) have no canonical name: their legs have.
 */

const MONTHS = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
const COIN = "[A-Z0-9]+";
const NATIVE = new RegExp(
  String.raw`^(${COIN})(?:_(${COIN}))?(?:-(?:(PERPETUAL)|([1-9]|[12]\d|3[01])([A-Z]{3})(\d\d)(?:-(\d+(?:d\d+)?)-([CP]))?))?$`,
);
const CANONICAL = new RegExp(
  String.raw`^(${COIN})-(${COIN})(?:-(?:(PERP)|(\d\d)([A-Z]{3})(\d\d)(?:-(\d+(?:\.\d+)?)-([CP]))?))?$`,
);

/** Coins of which the venue makes a volatility index; other index names are accepted, and silent. */
export const INDEXES: Readonly<Record<string, string>> = { btc_usd: "BTC", eth_usd: "ETH" };

/** What stands for the quote in the name of a volatility index. */
export const VOLATILITY = "DVOL";

/** 1 to 12, or 0. */
function monthOf(word: string): number {
  const at = MONTHS.indexOf(word);
  return at >= 0 && at % 3 === 0 ? at / 3 + 1 : 0;
}

/** Canonical name of a native symbol, or null. */
export function canonical(symbol: string): string | null {
  if (Object.hasOwn(INDEXES, symbol)) return spotName(INDEXES[symbol]!, VOLATILITY);
  const [, base, quote, perpetual, day, month, year, strike, right] = NATIVE.exec(symbol) ?? [];
  if (base === undefined) return null;
  if (perpetual !== undefined) return perpetualName(base, quote ?? "USD");
  if (day === undefined || month === undefined) return quote === undefined ? null : spotName(base, quote);
  const number = monthOf(month);
  if (number === 0) return null;
  const dated = futureName(base, quote ?? "USD", Number(year), number, Number(day));
  return strike === undefined ? dated : `${dated}-${strike.replace("d", ".")}-${right}`;
}

/** Native symbol of a canonical name. Throws RangeError for a name that is none. */
export function native(name: string): string {
  const index = Object.keys(INDEXES).find((one) => name === spotName(INDEXES[one]!, VOLATILITY));
  if (index !== undefined) return index;
  const [, base, quote, perpetual, day, month = "", year, strike, right] = CANONICAL.exec(name) ?? [];
  const known = base !== undefined && (day === undefined || (monthOf(month) > 0 && Number(day) > 0));
  if (!known)
    throw new RangeError(`expected BASE-QUOTE[-PERP|-DDMMMYY[-STRIKE-C|P]], saw ${JSON.stringify(name)}`);
  if (perpetual === undefined && day === undefined) return `${base}_${quote}`;
  const market = quote === "USD" ? base : `${base}_${quote}`;
  if (perpetual !== undefined) return `${market}-PERPETUAL`;
  const dated = `${market}-${Number(day)}${month}${year}`;
  return strike === undefined ? dated : `${dated}-${strike.replace(".", "d")}-${right}`;
}
