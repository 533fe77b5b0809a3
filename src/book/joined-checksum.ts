import { plainText } from "../model/index.ts";
import { crc32 } from "./crc32.ts";
import type { OrderBook } from "./order-book.ts";
import type { BookSide } from "./side.ts";

/** Levels a side it covers. */
const DEPTH = 25;

/**
 * CRC over the best 25 levels as OKX defined it until June 2026 (section 3.2 of its order book guide) and Bitget with
 * it: bid, ask, bid, ask, best first, each as `price:size`, joined by colons; the levels that one side has more follow
 * alone. The venue took its own texts, which are the canonical ones of their values. As int32. Cold path: for
 * recordings alone, as these venues have given their checksums up.
 */
export function joinedChecksum(book: OrderBook): number {
  const text = joined(levelsOf(book.bids), levelsOf(book.asks));
  return crc32(
    Uint8Array.from(text, (char) => char.charCodeAt(0)),
    0,
    text.length,
  );
}

function joined(bids: readonly string[], asks: readonly string[]): string {
  const ranks = Math.max(bids.length, asks.length);
  return Array.from({ length: ranks }, (_, rank) => [
    ...bids.slice(rank, rank + 1),
    ...asks.slice(rank, rank + 1),
  ])
    .flat()
    .join(":");
}

function levelsOf(side: BookSide): string[] {
  const top = new Float64Array(2 * DEPTH);
  const count = side.copyTop(DEPTH, top, 0);
  return Array.from({ length: count }, (_, i) => `${plainText(top[2 * i]!)}:${plainText(top[2 * i + 1]!)}`);
}
