import type { IvPoint, OptionTickerEvent } from "../../model/index.ts";
import type { Option } from "./chain.ts";

/** What of the options of one expiry makes a surface. */
export interface SurfaceRules {
  /** Received no longer ago than that, us. */
  readonly fresh: number;
  /** Strikes up to this part of the price away from it. */
  readonly range: number;
  /** Strikes at most, the nearest to the money. */
  readonly most: number;
}

export interface Surface {
  readonly index: number | null;
  readonly forward: number | null;
  /** Strikes within the range with a young ticker. */
  readonly listed: number;
  /** By growing strikes. */
  readonly points: readonly IvPoint[];
}

/** The surface of one expiry at `now`, UNIX us. */
export function surfaceOf(options: Iterable<Option>, now: number, rules: SurfaceRules): Surface {
  const young = [...options].filter(({ ticker }) => ticker !== null && now - ticker.ts_recv < rules.fresh);
  const newest = young.reduce<OptionTickerEvent | null>((best, { ticker }) => newer(best, ticker!), null);
  const forward = positive(newest?.underlying_price);
  const index = positive(newest?.index_price) ?? forward;
  if (index === null) return { index, forward, listed: 0, points: [] };
  const strikes = byStrike(young.filter(({ strike }) => Math.abs(strike - index) <= rules.range * index));
  const points = [...strikes.values()]
    .map((some) => pointOf(some, forward ?? index))
    .filter((point) => point !== null)
    .toSorted((a, b) => Math.abs(a.strike - index) - Math.abs(b.strike - index) || a.strike - b.strike)
    .slice(0, rules.most)
    .toSorted((a, b) => a.strike - b.strike);
  return { index, forward, listed: strikes.size, points };
}

function byStrike(options: readonly Option[]): Map<number, Option[]> {
  const strikes = new Map<number, Option[]>();
  for (const option of options) {
    const some = strikes.get(option.strike);
    if (some === undefined) strikes.set(option.strike, [option]);
    else some.push(option);
  }
  return strikes;
}

/** The last one received; of two at the same time that of the symbol that comes first. */
function newer(a: OptionTickerEvent | null, b: OptionTickerEvent): OptionTickerEvent {
  if (a === null || b.ts_recv > a.ts_recv) return b;
  return b.ts_recv === a.ts_recv && b.symbol < a.symbol ? b : a;
}

/** Of put and call the one out of the money, else the other one; null when neither is good for a point. */
function pointOf(options: readonly Option[], forward: number): IvPoint | null {
  const good = options.filter((option) => positive(option.ticker!.mark_iv) !== null && isLiquid(option));
  const out = good.find(({ side, strike }) => side === (strike < forward ? "put" : "call"));
  const option = out ?? good[0];
  if (option === undefined) return null;
  const { strike, side, ticker } = option;
  const { mark_iv: iv, bid_iv: bid, ask_iv: ask } = ticker!;
  return { strike, side, iv: iv!, bid_iv: positive(bid), ask_iv: positive(ask) };
}

/** Somebody bids, offers or holds it. */
function isLiquid({ ticker, top }: Option): boolean {
  const { open_interest: open, bid_iv: bid, ask_iv: ask } = ticker!;
  if (positive(open) !== null) return true;
  if (top?.validity !== "live") return positive(bid) !== null || positive(ask) !== null;
  return there(top.bid_price, top.bid_size) || there(top.ask_price, top.ask_size);
}

/** Null, a price of 0 and an amount of 0 all mean that there is none. */
function there(price: number | null, size: number | null): boolean {
  return positive(price) !== null && positive(size) !== null;
}

/** Null for what is absent or no positive number. */
function positive(value: number | null | undefined): number | null {
  return value !== null && value !== undefined && value > 0 ? value : null;
}

/**
 * Volatility at the price: between the last strike at or below it and the first above, linear in strike; that of the nearest strike
 * where there are only strikes on one side.
 */
export function atmVolatility(points: readonly IvPoint[], price: number): number | null {
  const above = points.find(({ strike }) => strike > price);
  const below = points.findLast(({ strike }) => strike <= price);
  if (above === undefined || below === undefined) return (above ?? below)?.iv ?? null;
  return below.iv + ((above.iv - below.iv) * (price - below.strike)) / (above.strike - below.strike);
}

/** The spread of the strike nearest to the price; null where it has no bid or no offer. */
export function atmSpread(points: readonly IvPoint[], price: number): number | null {
  const nearest = points.reduce<IvPoint | null>(
    (best, point) =>
      best === null || Math.abs(point.strike - price) < Math.abs(best.strike - price) ? point : best,
    null,
  );
  const { bid_iv: bid = null, ask_iv: ask = null } = nearest ?? {};
  return bid === null || ask === null ? null : ask - bid;
}

/** Strikes on both sides of the price. */
export function isBracketed(points: readonly IvPoint[], price: number): boolean {
  return points.length > 1 && points[0]!.strike <= price && points.at(-1)!.strike > price;
}
