import { RingReader, SCOPE, WORD, slotFlags, slotInstrument, slotKind, slotSide } from "../../log/index.ts";
import type { Region, SlotViews } from "../../log/index.ts";
import { FLAG, KIND, REASON } from "../../model/index.ts";

/** Kinds of events that are counted, each in a column. */
const COLUMNS: Readonly<Record<number, number>> = { [KIND.TRADE]: 0, [KIND.QUOTE]: 1, [KIND.BOOK]: 2 };
const GAPS = 3;
const WIDTH = 4;
const MANY = 1 << 20;

/** What was heard of one instrument since the counting began. */
export interface EventCounts {
  readonly symbol: string;
  readonly trades: number;
  readonly quotes: number;
  readonly books: number;
  /** Times its book was given up because a sequence had a hole. */
  readonly gaps: number;
}

/**
 * Counts the events of a lane by instrument, which the lane itself does not: for metrics that have a symbol. A reader as any other;
 * what it was too slow for is not counted.
 */
export class LaneCounts {
  readonly #region: Region;
  readonly #ring: RingReader;
  readonly #counts: Float64Array;

  constructor(region: Region) {
    this.#region = region;
    this.#ring = new RingReader(region.control, region.slots);
    this.#counts = new Float64Array(region.geometry.instruments * WIDTH);
  }

  /** To be called some times a second. */
  poll(): void {
    this.#ring.poll(this.#take, MANY);
  }

  /** By native symbol; instruments of which nothing was heard are left out. */
  all(): EventCounts[] {
    const names = this.#region.names();
    const counts = this.#counts;
    const all: EventCounts[] = [];
    for (let at = 0; at < counts.length; at += WIDTH) {
      const own = counts.subarray(at, at + WIDTH);
      if (own.every((count) => count === 0)) continue;
      const symbol = names.instrument(at / WIDTH)?.symbol;
      const [trades = 0, quotes = 0, books = 0, gaps = 0] = own;
      if (symbol !== undefined) all.push({ symbol, trades, quotes, books, gaps });
    }
    return all;
  }

  readonly #take = (slots: SlotViews, word: number): void => {
    const at = slotInstrument(slots, word) * WIDTH;
    if (at >= this.#counts.length || (slotFlags(slots, word) & FLAG.LAST) === 0) return;
    const kind = slotKind(slots, word);
    const column = COLUMNS[kind];
    if (column !== undefined) this.#counts[at + column]! += 1;
    else if (kind === KIND.STATUS && isGap(slots, word)) this.#counts[at + GAPS]! += 1;
  };
}

function isGap(slots: SlotViews, word: number): boolean {
  const reason = (slots.i32[word + WORD.TAIL]! >>> 16) & 0xff;
  return slotSide(slots, word) === SCOPE.BOOK && reason === REASON.SEQUENCE_GAP;
}
