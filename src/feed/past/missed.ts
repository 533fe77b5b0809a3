import { SEEN } from "../../book/index.ts";
import { WORD } from "../../log/index.ts";
import type { IntakeHooks } from "../frames/intake.ts";
import type { Market } from "../market/market.ts";

/**
 * The trade at word `w` is the first one behind a hole, or behind a connection that was lost: says what may be missing
 * between it and `before`, the last id until then. Late ones are not the first.
 */
export function missedBefore(
  hooks: IntakeHooks,
  market: Market,
  before: number,
  seen: number,
  i32: Int32Array,
  w: number,
): void {
  if (seen === SEEN.LATE) return;
  const { last } = market.trades;
  market.tradesCut = false;
  if (before < 0 || last <= before + 1 || seen === SEEN.RESTART) return;
  const at = w + WORD.TS_EVENT;
  hooks.missed(market, before, last, i32[at]!, i32[at + 1]!, seen === SEEN.GAP);
}
