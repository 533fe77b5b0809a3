import { ivSurface, spotMid } from "../../pipelines/index.ts";
import type { Pipeline } from "../../pipelines/index.ts";
import type { DerivedConfig } from "../config/derived.ts";

/** The pipelines that a configuration asks for. */
export function pipelinesOf({ spot_mid: spot, iv_surface: iv }: DerivedConfig): Pipeline[] {
  const pipelines: Pipeline[] = [];
  if (spot !== undefined)
    pipelines.push(
      spotMid({
        every: spot.every_ms,
        fresh: spot.fresh_ms,
        divergenceBps: spot.divergence_bps,
        products: spot.products === undefined ? null : new Set(spot.products),
        aliases: new Map(Object.entries(spot.aliases)),
      }),
    );
  if (iv !== undefined)
    pipelines.push(
      ivSurface({
        every: iv.every_ms,
        fresh: iv.fresh_ms,
        expiries: iv.expiries,
        strikeRangeFactor: iv.strike_range_factor,
        maxStrikes: iv.max_strikes,
      }),
    );
  return pipelines;
}
