/** What the venue's word about its last trade shows. */
export const TOLD = {
  /** Nothing is missing, as far as is known. */
  FINE: 0,
  /** The trade it named before has not come. */
  MISSING: 1,
  /** That again, and no trade at all has come since it was asked for or found missing. */
  MUTE: 2,
} as const;
export type Told = (typeof TOLD)[keyof typeof TOLD];

/**
 * Some venues name the id of their last trade, each second. It was sent before it was named, or will come very soon: one
 * that was not seen until the venue tells again is missing.
 */
export class ToldTrades {
  /** Up to this id, nobody waits any more. */
  givenUp = -1;
  /** Id that the venue named last; -1: none on this connection. */
  #named = -1;
  /** Times in a row that a trade was missing and none came, and how many trades had come at the last of them. */
  #misses = 0;
  #trades = 0;

  /** The stream begins again: what was named on another connection may be on its way on this one. */
  renew(): void {
    this.#named = -1;
    this.#misses = 0;
  }

  /** The venue names `id`; the last trade that came is `last`, and `trades` came so far. */
  hear(id: number, last: number, trades: number): Told {
    const missing = this.#named > Math.max(last, this.givenUp);
    this.#named = id;
    if (!missing) return TOLD.FINE;
    this.givenUp = id;
    this.#misses = trades === this.#trades ? this.#misses + 1 : 1;
    this.#trades = trades;
    return this.#misses > 1 && isPowerOfTwo(this.#misses) ? TOLD.MUTE : TOLD.MISSING;
  }
}

/** So rarely is asked again where asking does not help. */
function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}
