import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Slab, encodeText } from "../../model/index.ts";
import { carve } from "./carve.ts";

function frame(asks: number, bids: number, time = true): string {
  const levels = (count: number, price: number): string =>
    Array.from({ length: count }, (_, i) => `["${(price + i / 7).toFixed(2)}","${i}.00${i}"]`).join(",");
  const end = time ? ',"time":"2026-05-28T08:00:00.223456Z"' : "";
  return `{"type":"snapshot","product_id":"BTC-USD","asks":[${levels(asks, 118_341)}],"bids":[${levels(bids, 118_340)}]${end}}`;
}

interface Snapshot {
  asks: unknown[];
  bids: unknown[];
}

/** The frame somewhere in a slab, cut to pieces of `size`; null when it is not. */
function cut(text: string, size: number, at = 3): string[] | null {
  const bytes = encodeText(text);
  const slab = new Slab(at + bytes.length);
  slab.bytes.set(bytes, at);
  const pieces = carve(slab, at, at + bytes.length, size);
  return (
    pieces?.map((piece) =>
      Array.from({ length: piece.length / 2 }, (_, i) =>
        text.slice(piece[2 * i]! - at, piece[2 * i + 1]! - at),
      ).join(""),
    ) ?? null
  );
}

describe("a snapshot of level2", () => {
  it("is cut into snapshots that say the same, asks before bids", () => {
    const sizes = fc.integer({ min: 1, max: 900 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.nat(50),
        fc.boolean(),
        sizes,
        (asks, bids, time, size) => {
          const text = frame(asks, bids, time);
          const whole = JSON.parse(text) as Snapshot;
          const parts = cut(text, size)!.map((one) => JSON.parse(one) as Snapshot);
          expect(parts.flatMap((one) => one.asks)).toEqual(whole.asks);
          expect(parts.flatMap((one) => one.bids)).toEqual(whole.bids);
          for (const one of parts) {
            expect({ ...one, asks: 0, bids: 0 }).toEqual({ ...whole, asks: 0, bids: 0 });
            expect([one.asks.length > 0, one.bids.length > 0]).toContain(false);
          }
          for (const one of cut(text, size)!) expect(one.length).toBeLessThan(size + 200);
        },
      ),
      { seed: 23, numRuns: 400 },
    );
  });

  it.each([
    ["an update", frame(9, 9).replace("snapshot", "l2update")],
    ["no asks", frame(0, 9)],
    ["bids before asks", frame(9, 9).replace("asks", "bids")],
    ["white space", frame(9, 9).replaceAll(",", ", ")],
    ["a level without end", frame(30, 9).replace("118341.00", "1".repeat(900))],
    ["another tail", frame(9, 9).replace("223456Z", `${"2".repeat(60)}Z`)],
    ["no end", frame(9, 9).slice(0, -60)],
    ["nothing", ""],
  ])("is not cut: %s", (_, text) => {
    expect(cut(text, 60)).toBeNull();
  });

  it("that is damaged is cut within its bounds, never thrown at", () => {
    const text = frame(20, 20);
    const hits = fc.array(fc.tuple(fc.nat(text.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(hits, fc.nat(text.length), fc.integer({ min: 1, max: 300 }), (all, length, size) => {
        const slab = new Slab(text.length);
        slab.bytes.set(encodeText(text));
        for (const [at, byte] of all) slab.bytes[at] = byte;
        for (const piece of carve(slab, 0, length, size) ?? []) {
          expect(piece).toEqual(piece.toSorted((a, b) => a - b));
          expect([piece[0], piece.at(-1)]).toEqual([0, length]);
        }
      }),
      { seed: 23, numRuns: 1000 },
    );
  });
});
