import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { datagramNumber, putDatagramHead } from "../../log/index.ts";
import { Order } from "./order.ts";
import { Packet } from "./packet.ts";

const NOW = { hi: 0, lo: 0 };

function packetOf(number: number): Packet {
  const packet = new Packet(112);
  const head = { type: 4, inside: false, count: 0, session: NOW, number, sent: 0, first: 0, end: 0 };
  putDatagramHead(packet.words, { ...head, time: NOW, lane: "a" });
  return packet;
}

/** What an order delivers of these numbers, one a millisecond: [number, missing before it]. */
function delivered(numbers: readonly number[], window: number, ms: number, fromZero = true) {
  const out: [number, number][] = [];
  const order = new Order(
    { window, ms, deliver: ({ words }, missing) => out.push([datagramNumber(words), missing]) },
    fromZero,
  );
  numbers.forEach((number, now) => {
    order.accept(packetOf(number), 112, now);
    order.settle(now);
  });
  order.settle(Infinity, true);
  return { out, order };
}

describe("an order", () => {
  it("delivers each number once, in order, and counts what is missing exactly", () => {
    const fates = fc.array(
      fc.record({ copies: fc.integer({ min: 0, max: 2 }), late: fc.integer({ min: 0, max: 6 }) }),
      { minLength: 1, maxLength: 80 },
    );
    fc.assert(
      fc.property(fates, (all) => {
        // A copy goes on behind `late` others; the window is larger than that can be.
        const sent = all
          .flatMap(({ copies, late }, number) =>
            Array.from({ length: copies }, (_, i) => ({ number, at: number + late * i })),
          )
          .toSorted((a, b) => a.at - b.at)
          .map(({ number }) => number);
        const { out, order } = delivered(sent, 256, 1e9);
        const there = [...new Set(sent)].toSorted((a, b) => a - b);
        expect(out.map(([number]) => number)).toEqual(there);
        out.forEach(([number, missing], i) => expect(missing).toBe(number - 1 - (there[i - 1] ?? -1)));
        expect(order.duplicates + order.late).toBe(sent.length - there.length);
      }),
      { numRuns: 300, seed: 44 },
    );
  });

  it("waits for an earlier one as long as it is told, and no longer", () => {
    expect(delivered([0, 2, 3, 1, 4], 8, 3).out).toEqual([0, 1, 2, 3, 4].map((n) => [n, 0]));
    expect(delivered([0, 2, 3, 4, 5, 1], 8, 3).out).toEqual([
      [0, 0],
      [2, 1],
      [3, 0],
      [4, 0],
      [5, 0],
    ]);
    const { order } = delivered([0, 2, 3, 4, 5, 1, 1, 5], 8, 3);
    expect([order.late, order.duplicates]).toEqual([1, 2]);
  });

  it("holds no more than its window", () => {
    expect(delivered([0, 2, 3, 4], 2, 1e9).out).toEqual([
      [0, 0],
      [2, 1],
      [3, 0],
      [4, 0],
    ]);
  });

  it("begins where it comes in, and with the least of what comes at once", () => {
    expect(delivered([7, 6, 8], 8, 3, false).out).toEqual([
      [6, 0],
      [7, 0],
      [8, 0],
    ]);
    expect(delivered([7, 8], 8, 3, true).out).toEqual([
      [7, 7],
      [8, 0],
    ]);
  });
});
