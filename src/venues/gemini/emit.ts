import { FLAG, LONG, NUM } from "../../model/index.ts";
import type { Out } from "../../model/index.ts";

/** What the hot path and its reference do alike with the registers they filled. */

// Constants of other files are spelled again: V8 folds those of the file a function stands in, but loads imported ones.
const { ID, PREV } = LONG;
const { BID_PRICE, BID_SIZE, ASK_PRICE, ASK_SIZE } = NUM;
const { SNAPSHOT } = FLAG;

/** Emits the quote in the registers; a side whose price or size is zero or missing is no side. */
export function emitQuote(instrument: number, out: Out): void {
  const { num } = out;
  if (!(num[BID_PRICE]! > 0 && num[BID_SIZE]! > 0)) num[BID_PRICE] = num[BID_SIZE] = NaN;
  if (!(num[ASK_PRICE]! > 0 && num[ASK_SIZE]! > 0)) num[ASK_PRICE] = num[ASK_SIZE] = NaN;
  out.quote(instrument, 0);
}

/** FLAG.SNAPSHOT when the first id (in PREV) is the last one: such an event links to nothing, and PREV is cleared. */
export function fullBook({ long }: Out): number {
  if (long[ID] !== long[PREV] || long[ID + 1] !== long[PREV + 1]) return 0;
  long[PREV] = 0;
  long[PREV + 1] = 0;
  return SNAPSHOT;
}
