import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Slab, encodeText } from "../../model/index.ts";
import type { Piece } from "../../model/index.ts";
import { carve } from "./carve.ts";

interface Shape {
  levels: number;
  client?: boolean;
  type?: string;
  decimals?: number;
}

function level(i: number, decimals: number): string {
  const side = i % 3 === 0 ? "offer" : "bid";
  const time = i % 2 === 0 ? "1970-01-01T00:00:00Z" : "2026-05-28T08:00:01.451234Z";
  return `{"side":"${side}","event_time":"${time}","price_level":"${(118_000 + i / 10).toFixed(decimals)}","new_quantity":"${i}"}`;
}

function frame({ levels, client = true, type = "snapshot", decimals = 2 }: Shape): string {
  const all = Array.from({ length: levels }, (_, i) => level(i, decimals)).join(",");
  const id = client ? `"client_id":"",` : "";
  return `{"channel":"l2_data",${id}"timestamp":"2026-05-28T08:00:02.223456791Z","sequence_num":7,"events":[{"type":"${type}","product_id":"BTC-USD","updates":[${all}]}]}`;
}

const LEVEL_BYTES = 130;

/** The text somewhere in a slab, cut to pieces of `size`. */
function cut(text: string, size: number, at = 5): { pieces: readonly Piece[] | null; texts: string[] } {
  const bytes = encodeText(text);
  const slab = new Slab(at + bytes.length);
  slab.bytes.set(bytes, at);
  const pieces = carve(slab, at, at + bytes.length, size);
  const texts = (pieces ?? []).map((piece) => {
    const ranges = Array.from({ length: piece.length / 2 }, (_, i) =>
      text.slice(piece[2 * i]! - at, piece[2 * i + 1]! - at),
    );
    return ranges.join("");
  });
  return { pieces, texts };
}

type Frame = { events: { updates: unknown[] }[] };

describe("a large frame of level2", () => {
  it("is cut into frames of its own, which say the same in the same order", () => {
    const shapes = fc.record({
      levels: fc.integer({ min: 1, max: 60 }),
      client: fc.boolean(),
      type: fc.constantFrom("snapshot", "update"),
      decimals: fc.integer({ min: 0, max: 8 }),
      size: fc.integer({ min: 1, max: 2000 }),
    });
    fc.assert(
      fc.property(shapes, ({ size, ...shape }) => {
        const text = frame(shape);
        const { texts } = cut(text, size);
        const whole = JSON.parse(text) as Frame;
        const parts = texts.map((one) => JSON.parse(one) as Frame);
        expect(parts.flatMap(({ events }) => events[0]!.updates)).toEqual(whole.events[0]!.updates);
        const head = text.slice(0, text.indexOf('[{"side"') + 1);
        for (const one of texts) expect([one.startsWith(head), one.endsWith("]}]}")]).toEqual([true, true]);
        for (const { events } of parts)
          expect([events.length, events[0]!.updates.length > 0]).toEqual([1, true]);
        for (const one of texts) expect(one.length).toBeLessThan(300 + size + LEVEL_BYTES + 20);
      }),
      { seed: 23, numRuns: 400 },
    );
  });

  it("is one piece when it is no larger than one", () => {
    const text = frame({ levels: 3 });
    expect(cut(text, 10_000).texts).toEqual([text]);
  });

  it("is cut behind every level when pieces may be that small", () => {
    const { texts } = cut(frame({ levels: 40 }), 1);
    expect(texts).toHaveLength(40);
  });

  it.each([
    ["nothing", ""],
    ["another channel", frame({ levels: 20 }).replace("l2_data", "level2")],
    ["no levels", frame({ levels: 0 })],
    ["white space", frame({ levels: 20 }).replaceAll('"},{', '"}, {')],
    ["levels in another order", frame({ levels: 20 }).replaceAll('},{"side"', '},{"x":1,"side"')],
    ["keys in another order", frame({ levels: 20 }).replace("]}]}", '],"more":1}]}')],
    ["no end", frame({ levels: 20 }).slice(0, -1)],
    ["no beginning", frame({ levels: 20 }).slice(1)],
    ["a long head", frame({ levels: 20 }).replace("BTC-USD", "X".repeat(600))],
    ["a level without end", frame({ levels: 20 }).replace("118000", "1".repeat(900))],
  ])("is not cut: %s", (_, text) => {
    expect(cut(text, 150).pieces).toBeNull();
  });

  it("that is damaged is cut within its bounds or not at all, never thrown at", () => {
    const text = frame({ levels: 30 });
    const damage = fc.array(fc.tuple(fc.nat(text.length - 1), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(damage, fc.nat(text.length), fc.integer({ min: 1, max: 700 }), (hits, length, size) => {
        const bytes = encodeText(text);
        for (const [at, byte] of hits) bytes[at] = byte;
        const slab = new Slab(bytes.length);
        slab.bytes.set(bytes);
        const pieces = carve(slab, 0, length, size);
        let from = pieces?.[0]?.[2] ?? 0;
        for (const piece of pieces ?? []) {
          expect(piece).toEqual([0, piece[1], from, piece[3], length - 4, length]);
          expect(piece[3]! > from && piece[3]! <= length - 4).toBe(true);
          from = piece[3]! + 1;
        }
        if (pieces !== null) expect(from).toBe(length - 3);
      }),
      { seed: 23, numRuns: 1000 },
    );
  });
});
