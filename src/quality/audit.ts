import type { BookSide, OrderBook } from "../book/index.ts";

/** A level on which two books differ; size 0 = no such level. */
export interface WrongLevel {
  readonly side: "bid" | "ask";
  readonly price: number;
  /** Size in the book that was fetched, and in the one that is kept. */
  readonly expected: number;
  readonly seen: number;
}

/** What an audit found. */
export interface AuditVerdict {
  /** Levels compared, those of either book. */
  readonly compared: number;
  /** Levels that are missing, too many, or of another size. */
  readonly wrong: number;
  /** What they differ by: the sum of price times difference in size. */
  readonly notional: number;
  /** The first of them, bids before asks, best first. */
  readonly levels: readonly WrongLevel[];
}

/** Wrong levels that are named, at most; all are counted. */
const NAMED = 20;

/**
 * Compares a book with one that was made otherwise and stands at the same sequence, down to where both are known to be
 * complete. `shown`: levels a side that the venue's stream shows at most, 0 = all of them.
 */
export function judgeBooks(live: OrderBook, fetched: OrderBook, shown: number): AuditVerdict {
  const bids = judgeSides("bid", live.bids, fetched.bids, shown);
  const asks = judgeSides("ask", live.asks, fetched.asks, shown);
  return {
    compared: bids.compared + asks.compared,
    wrong: bids.wrong + asks.wrong,
    notional: bids.notional + asks.notional,
    levels: [...bids.levels, ...asks.levels].slice(0, NAMED),
  };
}

function judgeSides(name: "bid" | "ask", live: BookSide, fetched: BookSide, shown: number): AuditVerdict {
  const { sign } = live;
  const end = Math.max(horizonKey(live, shown), horizonKey(fetched, 0));
  const [ours, theirs] = [pairsOf(live), pairsOf(fetched)];
  const levels: WrongLevel[] = [];
  let [compared, wrong, notional] = [0, 0, 0];
  for (let i = 0, k = 0; ; compared += 1) {
    const [ourKey, theirKey] = [keyAt(ours, i, sign), keyAt(theirs, k, sign)];
    const key = Math.max(ourKey, theirKey);
    if (key === -Infinity || key < end) return { compared, wrong, notional, levels };
    const seen = ourKey === key ? ours[i + 1]! : 0;
    const expected = theirKey === key ? theirs[k + 1]! : 0;
    if (ourKey === key) i += 2;
    if (theirKey === key) k += 2;
    if (seen === expected) continue;
    wrong += 1;
    notional += key * sign * Math.abs(expected - seen);
    if (wrong <= NAMED) levels.push({ side: name, price: key * sign, expected, seen });
  }
}

/** Key of the last level that is sure to be there with all better ones; -Infinity where all are. */
function horizonKey(side: BookSide, shown: number): number {
  const price = new Float64Array(1);
  side.copyHorizon(shown, price, 0);
  return Number.isNaN(price[0]!) ? -Infinity : price[0]! * side.sign;
}

/** All levels, best first: price, size, price, size ... */
function pairsOf(side: BookSide): Float64Array {
  const pairs = new Float64Array(2 * side.count);
  side.copyTop(side.count, pairs, 0);
  return pairs;
}

function keyAt(pairs: Float64Array, i: number, sign: number): number {
  return i < pairs.length ? pairs[i]! * sign : -Infinity;
}
