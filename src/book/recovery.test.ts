import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LONG, putNumber, SIDE } from "../model/index.ts";
import { sortedBook } from "./order-book.ts";
import { PendingDiffs } from "./pending-diffs.ts";
import { BookSequencer, VERDICT } from "./sequencer.ts";
import type { Sequencing } from "../model/index.ts";
import type { OrderBook } from "./order-book.ts";

interface Diff {
  seq: number;
  prev: number;
  side: number;
  price: number;
  size: number;
}

type Fate = "in order" | "lost" | "twice" | "again, old";

/** A venue's true history: one level changes per diff. */
function history(sizes: number[], step: number, link: (before: number) => number): Diff[] {
  let seq = 1000;
  return sizes.map((size, i) => {
    const before = seq;
    seq += 1 + ((i * step) % (step + 1));
    const side = i % 2 === 0 ? SIDE.BID : SIDE.ASK;
    return { seq, prev: link(before), side, price: (side === SIDE.BID ? 100 : 200) + (i % 7), size };
  });
}

function truthAt(diffs: Diff[], seq: number): string {
  const book = sortedBook();
  for (const diff of diffs) if (diff.seq <= seq) book.apply(diff.side, diff.price, diff.size);
  return show(book);
}

function show(book: OrderBook): string {
  const into = new Float64Array(64);
  const side = (n: number): string => into.subarray(0, 2 * n).join(",");
  return `${side(book.bids.copyTop(20, into, 0))} | ${side(book.asks.copyTop(20, into, 0))}`;
}

/** What the feed does with these three parts; the fetched snapshot is the truth at some id. */
class Replica {
  readonly book = sortedBook();
  readonly sequencer: BookSequencer;
  readonly pending = new PendingDiffs({ maxDiffs: 6 });
  readonly diffs: Diff[];

  constructor(rule: Sequencing, diffs: Diff[]) {
    this.sequencer = new BookSequencer(rule, "rest");
    this.diffs = diffs;
  }

  hear(diff: Diff): void {
    const verdict = this.sequencer.accept(diff.seq, diff.prev, false);
    if (verdict === VERDICT.APPLY) this.book.apply(diff.side, diff.price, diff.size);
    if (verdict === VERDICT.BUFFER || verdict === VERDICT.GAP) this.keep(diff);
  }

  keep(diff: Diff): void {
    const long = new Int32Array(8);
    putNumber(diff.seq, long, LONG.ID);
    putNumber(diff.prev, long, LONG.PREV);
    this.pending.level(diff.side, diff.price, diff.size);
    if (!this.pending.commit(long, 0, 0, 0)) this.sequencer.keptFrom(this.pending.oldestPrev);
  }

  snapshot(seq: number): void {
    if (this.sequencer.accept(seq, 0, true) !== VERDICT.APPLY) return;
    this.book.clear();
    for (const diff of this.diffs) if (diff.seq <= seq) this.book.apply(diff.side, diff.price, diff.size);
    this.replay();
  }

  replay(): void {
    const { pending, book } = this;
    while (pending.next()) {
      const verdict = this.sequencer.accept(pending.seq, pending.prev, false);
      if (verdict === VERDICT.GAP) return;
      if (verdict === VERDICT.APPLY) {
        for (let at = pending.start; at < pending.end; at += 3)
          book.applyAt(pending.levels[at], pending.levels, at + 1);
      }
      pending.drop();
    }
  }
}

const fate = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Fate>("in order") },
  fc.constantFrom<Fate>("lost", "twice", "again, old"),
);

describe.each([
  ["contiguous", 3, (before: number) => before],
  ["prevLink", 50, (before: number) => before],
] as const)("a %s book behind a bad line", (rule, step, link) => {
  it("is the venue's book whenever it says it is live, and heals", () => {
    const step1 = fc.record({
      fate,
      size: fc.integer({ min: 0, max: 9 }),
      fetch: fc.integer({ min: 0, max: 12 }),
    });
    fc.assert(
      fc.property(fc.array(step1, { minLength: 10, maxLength: 120 }), (steps) => {
        const diffs = history(
          steps.map((s) => s.size),
          step,
          link,
        );
        const replica = new Replica(rule, diffs);
        steps.forEach(({ fate: how, fetch }, i) => {
          if (how !== "lost") replica.hear(diffs[i]);
          if (how === "twice") replica.hear(diffs[i]);
          if (how === "again, old" && i > 3) replica.hear(diffs[i - 3]);
          // Now and then a snapshot that is up to 8 diffs old; the answer may hold ids between two diffs.
          if (!replica.sequencer.live && fetch > 8)
            replica.snapshot(diffs[Math.max(0, i - fetch + 5)].seq + (fetch & 1));
          if (replica.sequencer.live) expect(show(replica.book)).toBe(truthAt(diffs, replica.sequencer.last));
        });
        replica.snapshot(diffs.at(-1)?.seq ?? 0);
        expect(replica.sequencer.live).toBe(true);
        expect(show(replica.book)).toBe(truthAt(diffs, Infinity));
      }),
      { seed: 20_261_121, numRuns: 300 * Number(process.env["FEEDHORN_LONG"] ?? 1) },
    );
  });
});
