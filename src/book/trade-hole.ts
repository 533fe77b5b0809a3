/** Ids of one hole that are told apart; a larger one is not worth its memory. */
export const MAX_HOLE = 50_000;

/**
 * Trades missing between two that came: `from` and `to` are the ids of those two, and what lies between may come late,
 * once each, however late. Knows which of them have come.
 */
export class TradeHole {
  readonly from: number;
  readonly to: number;
  /** Nothing is done about it any more; what comes late all the same is still told from what comes twice. */
  closed = false;
  readonly #come = new Set<number>();

  constructor(from: number, to: number) {
    this.from = from;
    this.to = to;
  }

  holds(id: number): boolean {
    return id > this.from && id < this.to;
  }

  /** True the first time an id comes. */
  accept(id: number): boolean {
    if (this.#come.has(id) || this.#come.size >= MAX_HOLE) return false;
    this.#come.add(id);
    return true;
  }

  /** Ids that came. */
  get filled(): number {
    return this.#come.size;
  }

  /** Ids that might come: all of them where ids are contiguous. */
  get size(): number {
    return this.to - this.from - 1;
  }

  /** Ranges of ids that did not come, both ends inclusive, the lowest first. */
  missing(): [from: number, to: number][] {
    const ranges: [number, number][] = [];
    let next = this.from + 1;
    for (const id of [...this.#come, this.to].toSorted((a, b) => a - b)) {
      if (id > next) ranges.push([next, id - 1]);
      next = id + 1;
    }
    return ranges;
  }
}
