/**
 * One side of a book. Inside, a level is a key and a size: key = price * sign, so that on both sides the
 * best level has the greatest key and one code path serves bids (sign 1) and asks (sign -1).
 * Prices are doubles equal to the venue's decimal text and are compared by ===.
 */
export interface BookSide {
  readonly sign: 1 | -1;
  /** Levels held. */
  readonly count: number;
  /** Levels not taken because a number was NaN, infinite or a negative size. */
  readonly refused: number;
  /** Levels given up at the bound; they are the worst ones, and the horizon stands before them. */
  readonly dropped: number;

  /** Sets the level price = numbers[at], size = numbers[at + 1]; size 0 removes, also a price that is not held. */
  applyAt(numbers: Float64Array, at: number): void;
  clear(): void;
  /** A side as this one was made, without levels. */
  fresh(): BookSide;
  /** Keeps the best `depth` levels. What lies beyond is unknown from then on, and the horizon says so. */
  truncate(depth: number): void;

  /** Greatest key; -Infinity when empty. */
  bestKey(): number;
  /** Writes best price and size at into[at], into[at + 1]; NaN, NaN when empty. */
  copyBest(into: Float64Array, at: number): void;
  /** Writes up to n (price, size) pairs, best first, from into[at]; returns how many. The rest is left as it was. */
  copyTop(n: number, into: Float64Array, at: number): number;
  /** Writes the level of this rank (0 = best); false when there is none. */
  levelAt(rank: number, into: Float64Array, at: number): boolean;
  /** Size at a price; 0 when not held. Cold. */
  sizeAt(price: number): number;

  /** True when one of the best n levels may differ from what it was at `settle()`; never false when one does. */
  topChanged(n: number): boolean;
  settle(): void;

  /** Price beyond which levels are not known to be all there; -Infinity (bids) or Infinity (asks) when all are. */
  horizon(): number;
  /**
   * Writes the horizon's price to into[at], NaN when all levels are known. `depth`: levels the venue shows at most (0 = all
   * of them); where so many are held, the worst of them is the horizon at the latest.
   */
  copyHorizon(depth: number, into: Float64Array, at: number): void;
  /** Nothing of what is held is known: the best level lies beyond the horizon, or none is left before it. */
  exhausted(): boolean;
  /** Declares the worst level held now to be the horizon: what a snapshot that was cut at a limit calls for. */
  markHorizon(): void;
  /** Levels at or better than the horizon: the depth that may be reported as complete. Cold. */
  knownCount(): number;
}

export interface SideOptions {
  /** Levels to make room for at once; storage doubles from there. */
  readonly levels?: number;
  /** Most levels to hold. */
  readonly maxLevels?: number;
}

/** The deepest full books of the venues have some 50,000 levels a side. */
export const DEFAULT_MAX_LEVELS = 131_072;
