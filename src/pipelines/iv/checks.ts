import type { IvPoint } from "../../model/index.ts";
import { callPrice } from "./black.ts";

/**
 * What no surface of prices may do. Venues round their volatilities (to a hundredth of a percent and the like): what so small an
 * error explains is no arbitrage.
 */
const IV_ERROR = 1e-4;
/** Highest change of a price by its volatility, at the money: F * sqrt(T) * this. */
const VEGA = 0.4;

/** One expiry as the checks see it. `points` by growing strikes. */
export interface Slice {
  readonly forward: number;
  readonly years: number;
  readonly points: readonly Pick<IvPoint, "strike" | "iv">[];
}

/**
 * Points that break the convexity of calls in strike: one call at a higher price than the butterfly around it allows could be sold
 * for a sure gain.
 */
export function butterflies({ forward, years, points }: Slice): number {
  const prices = points.map(({ strike, iv }) => callPrice(forward, strike, years, iv));
  const most = 2 * VEGA * forward * Math.sqrt(years) * IV_ERROR;
  let broken = 0;
  for (let i = 1; i < points.length - 1; i++) {
    const [below, here, above] = [points[i - 1]!.strike, points[i]!.strike, points[i + 1]!.strike];
    const share = (here - below) / (above - below);
    if (prices[i]! > prices[i - 1]! * (1 - share) + prices[i + 1]! * share + most) broken += 1;
  }
  return broken;
}

/**
 * Points of the later expiry whose total variance is below that of the earlier one at the same moneyness (strike / forward): the
 * later option could be bought for less than the earlier one is sold for. Only where the earlier one has strikes on both sides.
 */
export function calendars(earlier: Slice, later: Slice): number {
  return later.points.filter(({ strike, iv }) => {
    const before = volatilityAt(earlier.points, (strike / later.forward) * earlier.forward);
    if (before === null) return false;
    const most = 2 * iv * later.years * IV_ERROR;
    return iv * iv * later.years + most < before * before * earlier.years;
  }).length;
}

/** Linear between the last strike at or below and the first above; null outside. */
export function volatilityAt(points: Slice["points"], strike: number): number | null {
  const above = points.findIndex((point) => point.strike > strike);
  if (above <= 0) return points.at(-1)?.strike === strike ? points.at(-1)!.iv : null;
  const [low, high] = [points[above - 1]!, points[above]!];
  return low.iv + ((high.iv - low.iv) * (strike - low.strike)) / (high.strike - low.strike);
}
