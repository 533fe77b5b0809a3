import { crc32 } from "node:zlib";
import type { BookSide, LevelBook } from "./level-book.ts";

/** Levels a side the checksum covers. */
export const CHECKSUM_LEVELS = 10;

/**
 * CRC-32 of the top of a book as venues that send one define it: asks best first, then bids best first, ten each;
 * every level as price then size in whole units of the instrument's precision (so without point and leading zeros).
 */
export function bookChecksum(book: LevelBook): number {
  return crc32(sideText(book.asks, book) + sideText(book.bids, book));
}

function sideText(side: BookSide, book: LevelBook): string {
  const { tickUnits, lotUnits } = book.grid;
  let text = "";
  for (let rank = 0; rank < CHECKSUM_LEVELS && rank < side.count; rank++)
    text += `${side.ticksAt(rank) * tickUnits}${side.lotsAt(rank) * lotUnits}`;
  return text;
}
