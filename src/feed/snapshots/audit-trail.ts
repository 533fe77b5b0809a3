import { PendingDiffs } from "../../book/index.ts";
import type { OrderBook } from "../../book/index.ts";
import { DOUBLE, WORD } from "../../log/index.ts";
import type { EventWriter } from "../../log/index.ts";
import { LONG, SIDE, putNumber } from "../../model/index.ts";

/** Diffs kept while a book is fetched: a few seconds of a busy one. */
const BOUNDS = { maxDiffs: 4096, maxLevels: 65_536 };

/** What was applied to one book since its audit began, so that a book fetched meanwhile can be brought to the same sequence. */
export class AuditTrail {
  /** Sequence of the book when it began: what came before is not kept. */
  readonly from: number;
  readonly #diffs = new PendingDiffs(BOUNDS);
  readonly #long = new Int32Array(8);
  #last: number;
  #spoiled = "";

  constructor(from: number) {
    this.from = from;
    this.#last = from;
  }

  /** Why it is of no use any more; "" while it is. */
  get spoiled(): string {
    return this.#spoiled;
  }

  /** Keeps the event in pending slots [from, to), which `seq` numbers. */
  note(writer: EventWriter, from: number, to: number, seq: number, snapshot: boolean): void {
    if (snapshot) this.#spoiled = "the book began anew";
    else if (seq < this.#last) this.#spoiled = "the venue numbers anew";
    if (this.#spoiled !== "") return;
    this.#last = seq;
    const { i32, f64 } = writer.slots;
    for (let i = from; i < to; i++) {
      const w = writer.wordAt(i);
      const side = i32[w + WORD.TAIL]! & 0xff;
      const d = (w >> 1) + DOUBLE.PRICE;
      if (side !== SIDE.NONE) this.#diffs.level(side, f64[d]!, f64[d + 1]!);
    }
    putNumber(seq, this.#long, LONG.ID);
    if (!this.#diffs.commit(this.#long, 0, 0, 0)) this.#spoiled = "more came meanwhile than is kept";
  }

  /** Applies what came after sequence `after` to a book that stands there. Once. */
  replay(book: OrderBook, after: number): void {
    const diffs = this.#diffs;
    for (; diffs.next(); diffs.drop()) {
      if (diffs.seq <= after) continue;
      for (let at = diffs.start; at < diffs.end; at += 3)
        book.applyAt(diffs.levels[at]!, diffs.levels, at + 1);
    }
  }
}
