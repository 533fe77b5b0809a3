import { perpetualName, spotName } from "../../model/index.ts";

/**
 * Symbols. Base and quote are glued together; the archived protocols and REST details write them in upper case, the
 * current one in lower case. `BTCUSD`, `BTCGUSD`, `BTCGUSDPERP`.
 */

/**
 * Quote currencies by length: RLUSD, GUSD and USD end alike, so the longest that fits wins. The last three are those of
 * pairs that are delisted by now but in recordings (`ZECLTC`, `LTCBCH`, `BTCDAI`).
 */
const QUOTES: readonly string[] = "RLUSD GUSD USDC USDT USD EUR GBP SGD BTC ETH FIL SOL LTC BCH DAI".split(
  " ",
);
/** Bases that end in the G with which GUSD begins: `PAXGUSD` is PAXG against USD. */
const ENDING_IN_G: ReadonlySet<string> = new Set(["PAXGUSD", "USDGUSD"]);
const PERPETUAL = "PERP";
/** What perpetuals are settled in. */
const SETTLED: ReadonlySet<string> = new Set(["GUSD", "USDC"]);

export interface Pair {
  readonly base: string;
  readonly quote: string;
  readonly perpetual: boolean;
}

/** Base and quote by rule, in upper case; null for prediction markets (`GEMI-..`) and for quotes that are not known. */
export function pairOf(symbol: string): Pair | null {
  const name = upper(symbol);
  const perpetual = name.endsWith(PERPETUAL);
  const pair = perpetual ? name.slice(0, -PERPETUAL.length) : name;
  if (!/^[A-Z0-9]+$/.test(pair)) return null;
  const quote = ENDING_IN_G.has(pair)
    ? "USD"
    : QUOTES.find((one) => pair.endsWith(one) && pair.length > one.length);
  if (quote === undefined || (perpetual && !SETTLED.has(quote))) return null;
  return { base: pair.slice(0, -quote.length), quote, perpetual };
}

export function nameOf({ base, quote, perpetual }: Pair): string {
  return perpetual ? perpetualName(base, quote) : spotName(base, quote);
}

/** `BTCGUSDPERP` -> `BTC-GUSD-PERP`, in either case; null where the rule cannot tell. */
export function canonical(symbol: string): string | null {
  const pair = pairOf(symbol);
  return pair === null ? null : nameOf(pair);
}

/** `BTC-GUSD-PERP` -> `BTCGUSDPERP`. Throws RangeError for names of neither a spot pair nor a perpetual. */
export function native(name: string): string {
  if (/^[A-Z0-9]+-([A-Z0-9]+|(GUSD|USDC)-PERP)$/.test(name)) return name.replaceAll("-", "");
  throw new RangeError(`expected BASE-QUOTE, BASE-GUSD-PERP or BASE-USDC-PERP, saw ${JSON.stringify(name)}`);
}

/** The lower-case spelling of the current protocol's streams and frames. */
export function lower(symbol: string): string {
  return symbol.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

export function upper(symbol: string): string {
  return symbol.replace(/[a-z]/g, (letter) => letter.toUpperCase());
}
