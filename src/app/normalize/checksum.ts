import { plainText } from "../../model/index.ts";
import type { Instrument } from "../../model/index.ts";
import { BookChecksum, CHECKSUM } from "../../book/index.ts";
import type { BookSide, ChecksumVerdict, OrderBook } from "../../book/index.ts";

/** Levels of a side that a checksum covers, and most decimals that are tried. */
const LEVELS = 10;
const MAX_DECIMALS = 12;

/**
 * Verifies the venue's CRC of one book. It is taken over numbers printed with a fixed count of decimals; when no
 * metadata tells the counts, the first book that has a CRC does: the decimals in use are a lower bound, and the
 * least ones above it that give the venue's CRC are taken from then on.
 */
export class ChecksumJudge {
  readonly #crc = new BookChecksum();
  #price = -1;
  #size = -1;

  /** Metadata arrived. */
  learn(instrument: Instrument): void {
    if (instrument.pricePrecision < 0 || instrument.sizePrecision < 0) return;
    this.#price = instrument.pricePrecision;
    this.#size = instrument.sizePrecision;
  }

  accept(book: OrderBook, expected: number): ChecksumVerdict {
    if (this.#price < 0 && !this.#infer(book, expected)) return CHECKSUM.MISMATCH;
    return this.#crc.accept(book, this.#price, this.#size, expected);
  }

  #infer(book: OrderBook, expected: number): boolean {
    const price = Math.max(decimals(book.bids, 0), decimals(book.asks, 0));
    const size = Math.max(decimals(book.bids, 1), decimals(book.asks, 1));
    for (let p = price; p <= MAX_DECIMALS; p++)
      for (let q = size; q <= MAX_DECIMALS; q++)
        if (this.#crc.accept(book, p, q, expected) === CHECKSUM.MATCH) {
          this.#price = p;
          this.#size = q;
          return true;
        }
    return false;
  }
}

const level = new Float64Array(2);

/** Most decimals among the best prices (column 0) or sizes (column 1) of a side. */
function decimals(side: BookSide, column: 0 | 1): number {
  let most = 0;
  for (let rank = 0; rank < LEVELS && side.levelAt(rank, level, 0); rank++) {
    const [, fraction = ""] = plainText(level[column]!).split(".");
    most = Math.max(most, fraction.length);
  }
  return most;
}
