import { KIND } from "../../model/index.ts";
import type { CounterWriter } from "../../log/index.ts";
import type { Meters } from "../meters.ts";

/** Counts frames that left the straight path by what read them; `kind` is that of the frame's first event. */
export function countFallbacks(
  counters: CounterWriter,
  meters: Meters,
  kind: number,
  straight: number,
  slow: number,
): void {
  const [anyOrder, json] = rowsOf(meters, kind);
  counters.add(anyOrder, straight);
  counters.add(json, slow);
}

function rowsOf(meters: Meters, kind: number): readonly [number, number] {
  if (kind === KIND.TRADE) return [meters.anyOrderTrade, meters.jsonTrade];
  if (kind === KIND.QUOTE) return [meters.anyOrderQuote, meters.jsonQuote];
  if (kind === KIND.BOOK) return [meters.anyOrderBook, meters.jsonBook];
  return [meters.anyOrderOther, meters.jsonOther];
}
