import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { putNumber, putText } from "../model/index.ts";
import { QuoteOrder, SEEN, TradeDedup } from "./dedup.ts";
import { RecentIds } from "./recent-ids.ts";

const NAMES = ["", "new", "duplicate", "gap", "late", "restart"];
const halves = new Int32Array(2);

function trade(dedup: TradeDedup, id: number | string): string {
  if (typeof id === "string") putText(id, halves, 0);
  else putNumber(id, halves, 0);
  return NAMES[dedup.accept(halves[0], halves[1])];
}

function quote(order: QuoteOrder, id: number, copy = 0): string {
  putNumber(id, halves, 0);
  return NAMES[order.accept(halves[0], halves[1], copy)];
}

function span(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

describe("contiguous trade ids", () => {
  it("tell duplicates, holes and what fills them", () => {
    const dedup = new TradeDedup("contiguous", 64);
    expect([100, 101, 101, 105, 103, 103, 102, 104, 104, 106].map((id) => trade(dedup, id))).toEqual([
      "new",
      "new",
      "duplicate",
      "gap",
      "late",
      "duplicate",
      "late",
      "late",
      "duplicate",
      "new",
    ]);
    expect(dedup.missing).toBe(3);
  });

  it("work beyond 2^31 and up to 2^53, and exactly even beyond", () => {
    for (const start of [2 ** 31 - 2, 2 ** 32 - 2, 2 ** 52 + 7]) {
      const dedup = new TradeDedup("contiguous", 64);
      expect(span(start, start + 4).map((id) => trade(dedup, id))).toEqual(
        Array.from({ length: 5 }, () => "new"),
      );
      expect(span(start, start + 4).map((id) => trade(dedup, id))).toEqual(
        Array.from({ length: 5 }, () => "duplicate"),
      );
      expect(trade(dedup, start + 10)).toBe("gap");
    }
    const dedup = new TradeDedup("contiguous", 64);
    const ids = ["1471419264227065858", "1471419264227065859", "1471419264227065858"];
    expect(ids.map((id) => trade(dedup, id))).toEqual(["new", "new", "duplicate"]);
  });

  it("treat no id as no knowledge", () => {
    const dedup = new TradeDedup("contiguous");
    expect([0, 0, 7, 0, 7].map((id) => trade(dedup, id))).toEqual(["new", "new", "new", "new", "duplicate"]);
  });

  it("drop what lags by more than the window, but take history from before the first", () => {
    const dedup = new TradeDedup("contiguous", 64);
    for (const id of span(1000, 1200)) trade(dedup, id);
    expect([1000, 1100, 1136, 1137, 998, 500].map((id) => trade(dedup, id))).toEqual([
      "duplicate",
      "duplicate",
      "duplicate",
      "duplicate",
      "late",
      "late",
    ]);
  });

  it("survive a venue that counts anew, over two connections, losing and doubling nothing", () => {
    const dedup = new TradeDedup("contiguous", 64);
    for (const id of span(50_000, 50_100)) trade(dedup, id);
    const said = span(1, 200).map((id) => [trade(dedup, id), trade(dedup, id)]);
    expect(said.every(([, second]) => second === "duplicate")).toBe(true);
    expect(said.map(([first]) => first)).toEqual([
      ...Array.from({ length: 64 }, () => "late"),
      "restart",
      ...Array.from({ length: 135 }, () => "new"),
    ]);
  });

  it("know what they saw of the new numbers, in bursts as well", () => {
    const dedup = new TradeDedup("contiguous", 64);
    for (const id of span(50_000, 50_100)) trade(dedup, id);
    expect([1, 2, 3, 1, 2, 3, 4].map((id) => trade(dedup, id))).toEqual([
      "late",
      "late",
      "late",
      "duplicate",
      "duplicate",
      "duplicate",
      "late",
    ]);
  });

  it("are not fooled by a line that replays the past", () => {
    const dedup = new TradeDedup("contiguous", 64);
    for (const id of span(1000, 3000)) trade(dedup, id);
    expect(new Set(span(1000, 2999).map((id) => trade(dedup, id)))).toEqual(new Set(["duplicate"]));
    expect(trade(dedup, 3001)).toBe("new");
  });

  it("publish each trade once under any interleaving of lagging copies", () => {
    const lags = fc.array(fc.record({ copy: fc.nat(2), burst: fc.integer({ min: 1, max: 20 }) }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(
        lags,
        fc.constantFrom("contiguous" as const, "increasing" as const, "opaque" as const),
        (turns, rule) => {
          const dedup = new TradeDedup(rule, 4096);
          const at = [1, 1, 1];
          const published: number[] = [];
          for (const { copy, burst } of turns) {
            for (let k = 0; k < burst; k++, at[copy]++) {
              // Copy 2 loses every third trade.
              if (copy === 2 && at[2] % 3 === 0) continue;
              if (trade(dedup, at[copy]) !== "duplicate") published.push(at[copy]);
            }
          }
          const far = Math.max(at[0], at[1]) - 1;
          const only2 = span(far + 1, at[2] - 1).filter((id) => id % 3 !== 0);
          expect(published.toSorted((a, b) => a - b)).toEqual([...span(1, far), ...only2]);
        },
      ),
      { seed: 20_261_121, numRuns: 100 },
    );
  });

  it("start over when told to", () => {
    const dedup = new TradeDedup("contiguous", 64);
    for (const id of span(1, 500)) trade(dedup, id);
    expect(trade(dedup, 1)).toBe("duplicate");
    dedup.forget();
    expect([1, 2, 2].map((id) => trade(dedup, id))).toEqual(["new", "new", "duplicate"]);
  });

  it("need a window that is a power of two", () => {
    expect(() => new TradeDedup("opaque", 100)).toThrow("expected a power of two >= 64 as window, saw 100");
  });
});

describe("other trade ids", () => {
  it("increasing: unknown ids among the recent ones are late, older ones cannot be told", () => {
    const dedup = new TradeDedup("increasing", 64);
    expect([10, 50, 30, 30, 50, 20].map((id) => trade(dedup, id))).toEqual([
      "new",
      "new",
      "late",
      "duplicate",
      "duplicate",
      "late",
    ]);
    for (const id of span(1000, 1063)) trade(dedup, id);
    expect([999, 1063, 1064].map((id) => trade(dedup, id))).toEqual(["duplicate", "duplicate", "new"]);
  });

  it("opaque: only sameness counts", () => {
    const dedup = new TradeDedup("opaque", 64);
    const ids = ["18446744073709551615", "5", "18446744073709551614", "5", "18446744073709551615"];
    expect(ids.map((id) => trade(dedup, id))).toEqual(["new", "new", "new", "duplicate", "duplicate"]);
  });
});

describe("RecentIds", () => {
  it("is the set of the last N, also when hashes collide", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ max: 40, min: -40 }), fc.nat(3)), { maxLength: 600, size: "max" }),
        (ids) => {
          const recent = new RecentIds(16);
          const model: string[] = [];
          for (const [lo, hi] of ids) {
            const key = `${lo} ${hi}`;
            expect(recent.has(lo, hi)).toBe(model.includes(key));
            expect(recent.add(lo, hi)).toBe(!model.includes(key));
            if (!model.includes(key)) model.push(key);
            if (model.length > 16) model.shift();
          }
          expect(recent.full).toBe(model.length === 16);
        },
      ),
      { seed: 20_261_121, numRuns: 200 },
    );
  });
});

/** What a venue truly traded: it counts anew now and then, perhaps through ids it has used before. */
interface Traded {
  readonly id: number;
  readonly time: number;
}

/** Ten trades a second; times in ns. */
function tape(starts: readonly (readonly [number, number])[]): Traded[] {
  let time = 1e18;
  return starts.flatMap(([from, count]) =>
    span(from, from + count - 1).map((id) => ({ id, time: (time += 1e8) })),
  );
}

function tradeAt(dedup: TradeDedup, { id, time }: Traded): string {
  putNumber(id, halves, 0);
  return NAMES[dedup.acceptAt(halves[0], halves[1], time)];
}

describe("trades of several connections", () => {
  it("know a new numbering by its clock, at once, whoever brings it first", () => {
    for (const rule of ["contiguous", "increasing"] as const) {
      const dedup = new TradeDedup(rule, 64);
      const all = tape([
        [5000, 100],
        [1, 100],
      ]);
      expect(all.slice(0, 100).map((one) => tradeAt(dedup, one))).not.toContain("duplicate");
      expect(tradeAt(dedup, all[100]!)).toBe("restart");
      // The other connection is still in the old numbers, then follows.
      expect(all.slice(0, 101).map((one) => tradeAt(dedup, one))).toEqual(
        Array.from({ length: 101 }, () => "duplicate"),
      );
      expect(all.slice(101).map((one) => tradeAt(dedup, one))).toEqual(
        Array.from({ length: 99 }, () => "new"),
      );
    }
  });

  it("publish a trade that only the connection behind brings, although the numbering has changed", () => {
    const dedup = new TradeDedup("contiguous", 64);
    const all = tape([
      [5000, 10],
      [100, 5],
    ]);
    for (const one of all) if (one.id !== 5007) tradeAt(dedup, one);
    expect([all[6]!, all[7]!, all[7]!].map((one) => tradeAt(dedup, one))).toEqual([
      "duplicate",
      "late",
      "duplicate",
    ]);
  });

  it("publish each trade once, thousands of events late, through ids used before, with connections cut", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("contiguous" as const, "increasing" as const),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 100, max: 1500 })), {
          minLength: 1,
          maxLength: 2,
        }),
        fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 2 }),
        fc.integer({ min: 2, max: 40 }),
        (rule, spans, lags, every) => {
          const dedup = new TradeDedup(rule);
          dedup.remember(4096);
          const all = tape(spans);
          const published = new Map<number, number>();
          const hear = (at: number): void => {
            const one = all[at];
            if (one === undefined || tradeAt(dedup, one) === "duplicate") return;
            published.set(one.time, (published.get(one.time) ?? 0) + 1);
          };
          for (let at = 0; at < all.length + 3000; at++) {
            // The first connection is cut for a stretch now and then; the others bring all of it, later.
            if (Math.floor(at / every) % 5 !== 4) hear(at);
            for (const lag of lags) hear(at - lag);
          }
          expect([...published.values()].filter((times) => times !== 1)).toEqual([]);
          expect(all.filter(({ time }) => !published.has(time))).toEqual([]);
        },
      ),
      { seed: 30, numRuns: 100 },
    );
  });

  it("start over when told to, and remember more only before the first", () => {
    const dedup = new TradeDedup("contiguous", 64);
    dedup.remember(128);
    const all = tape([
      [5000, 120],
      [100, 5],
    ]);
    for (const one of all.slice(0, 120)) if (one.id !== 5001) tradeAt(dedup, one);
    dedup.remember(4096);
    expect([tradeAt(dedup, all[1]!), tradeAt(dedup, all[1]!)]).toEqual(["late", "duplicate"]);
    for (const one of all.slice(120)) tradeAt(dedup, one);
    dedup.forget();
    expect(tradeAt(dedup, { id: 5003, time: 1 })).toBe("new");
  });
});

describe("QuoteOrder", () => {
  it("lets quotes through in order, once, from the first connection that has them", () => {
    const order = new QuoteOrder();
    const heard: [number, number][] = [
      [10, 0],
      [10, 1],
      [15, 1],
      [12, 0],
      [15, 0],
      [20, 0],
    ];
    expect(heard.map(([id, copy]) => quote(order, id, copy))).toEqual([
      "new",
      "duplicate",
      "new",
      "duplicate",
      "duplicate",
      "new",
    ]);
    expect(quote(order, 0)).toBe("new");
  });

  it("does not take one straggler, or a connection far behind, for a renumbering", () => {
    const order = new QuoteOrder();
    for (const id of span(100, 400)) quote(order, id, 0);
    for (let round = 0; round < 4; round++) {
      expect([quote(order, 399, 0), quote(order, 401 + round, 0)]).toEqual(["duplicate", "new"]);
    }
    expect(new Set(span(1, 404).map((id) => quote(order, id, 1)))).toEqual(new Set(["duplicate"]));
    expect(quote(order, 405, 1)).toBe("new");
  });

  it("follows a venue that renumbers downwards, and never goes back to the old numbers", () => {
    const order = new QuoteOrder();
    for (const copy of [0, 1]) for (const id of span(1000, 1010)) quote(order, id, copy);
    order.join(2);
    expect(quote(order, 1, 2)).toBe("duplicate");
    expect([1, 2, 3, 4].map((id) => quote(order, id, 0))).toEqual([
      "duplicate",
      "duplicate",
      "restart",
      "new",
    ]);
    // Copy 1 still brings old numbers, then is renumbered too; copy 2 joined with new ones.
    expect([1011, 1012].map((id) => quote(order, id, 1))).toEqual(["duplicate", "duplicate"]);
    expect(quote(order, 5, 2)).toBe("new");
    expect([4, 5, 6, 7].map((id) => quote(order, id, 1))).toEqual(["duplicate", "duplicate", "new", "new"]);
    expect([5, 8].map((id) => quote(order, id, 0))).toEqual(["duplicate", "new"]);
    order.forget();
    expect(quote(order, 2, 1)).toBe("new");
  });

  it("answers with the numbers of SEEN", () => {
    expect(NAMES.slice(1)).toEqual(Object.keys(SEEN).map((name) => name.toLowerCase()));
  });
});
