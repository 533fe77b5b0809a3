import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BookEvent, Level } from "../model/index.ts";
import { flipDigit, smashed } from "./frame-faults.ts";
import { Random } from "./random.ts";
import { encodeFrames } from "./socket-wire.ts";
import { OPCODE, frameOf } from "./wire.ts";

test("a smashed frame never parses and keeps its length", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer(), (value, seed) => {
      const text = JSON.stringify({ data: value });
      const broken = smashed(text, new Random(String(seed)));
      expect(() => JSON.parse(broken) as unknown).toThrow(SyntaxError);
      expect(broken.length).toBe(text.length);
    }),
    { seed: 3, numRuns: 300 },
  );
});

describe("a flipped digit", () => {
  const event = (bids: Level[], asks: Level[]): BookEvent => ({
    type: "book",
    venue: "v",
    symbol: "S",
    instrument: null,
    ts_event: 1,
    ts_recv: 1,
    action: "update",
    bids,
    asks,
    seq: null,
    prev_seq: null,
  });
  const random = new Random("flip");

  test("changes the size of one level that the checksum covers, and nothing else", () => {
    const original = event(
      [[99, 0.25]],
      [
        [101, 3],
        [102, 4],
      ],
    );
    const altered = flipDigit(original, 98, 103, random)!;
    expect(altered.asks).toEqual(original.asks);
    expect(altered.bids[0]![0]).toBe(99);
    expect([0.35, 0.26]).toContain(altered.bids[0]![1]);
    expect(original.bids).toEqual([[99, 0.25]]);
  });

  test("passes over removals and levels that are not covered", () => {
    const original = event(
      [
        [99, 0],
        [90, 7],
      ],
      [
        [101, 8],
        [130, 1],
      ],
    );
    expect(flipDigit(original, 98, 103, random)).toMatchObject({
      bids: original.bids,
      asks: [
        [101, 9],
        [130, 1],
      ],
    });
    expect(flipDigit(event([[90, 7]], [[130, 1]]), 98, 103, random)).toBeNull();
  });
});

test("frames are written as RFC 6455 wants them: short, 16 and 64 bit lengths, and UTF-8", () => {
  const lengths = [0, 1, 125, 126, 65_535, 65_536];
  for (const length of lengths) {
    const text = "x".repeat(length);
    expect(encodeFrames([text]).equals(frameOf(OPCODE.TEXT, Buffer.from(text)))).toBe(true);
  }
  expect([...encodeFrames(["a"])]).toEqual([0x81, 1, 0x61]);
  expect([...encodeFrames(["é", Buffer.from([1, 2])])]).toEqual([0x81, 2, 0xc3, 0xa9, 1, 2]);
  expect([...encodeFrames(["x".repeat(300)]).subarray(0, 4)]).toEqual([0x81, 126, 1, 44]);
  expect([...encodeFrames(["x".repeat(70_000)]).subarray(0, 10)]).toEqual([
    0x81, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70,
  ]);
});
