import { NUM } from "../../model/index.ts";
import type { Out } from "../../model/index.ts";

/**
 * Emits the quote of a ticker under the product's sequence in LONG.ID: `ticker` and `ticker_batch` send the same frame,
 * and one quote is enough. A price of 0 says that there is no such side.
 */
export function emitTop(instrument: number, out: Out): void {
  const num = out.num;
  if (num[NUM.BID_PRICE] === 0) num[NUM.BID_PRICE] = num[NUM.BID_SIZE] = NaN;
  if (num[NUM.ASK_PRICE] === 0) num[NUM.ASK_PRICE] = num[NUM.ASK_SIZE] = NaN;
  if (num[NUM.BID_PRICE]! > 0 || num[NUM.ASK_PRICE]! > 0) out.quote(instrument, 0);
}
