import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Slab, encodeText } from "../model/index.ts";
import { after, isPlain, key, quoteAt } from "./keys.ts";

const ascii = (lengths: { minLength: number; maxLength: number }): fc.Arbitrary<string> =>
  fc.string({ ...lengths, unit: fc.integer({ min: 32, max: 126 }).map((c) => String.fromCharCode(c)) });

function slabOf(text: string, at: number): Slab {
  const slab = new Slab(200);
  slab.bytes.fill(0x22);
  slab.bytes.set(encodeText(text), at);
  return slab;
}

describe("after", () => {
  it("finds a key of any length where it is", () => {
    fc.assert(
      fc.property(ascii({ minLength: 4, maxLength: 16 }), fc.nat(100), (text, at) => {
        expect(after(slabOf(text, at), at, at + text.length, key(text))).toBe(at + text.length);
      }),
      { seed: 1 },
    );
  });

  it("sees every single byte that differs", () => {
    fc.assert(
      fc.property(
        ascii({ minLength: 4, maxLength: 16 }),
        fc.nat(15),
        fc.integer({ min: 1, max: 255 }),
        (text, i, flip) => {
          const slab = slabOf(text, 9);
          slab.bytes[9 + (i % text.length)]! ^= flip;
          expect(after(slab, 9, 200, key(text))).toBe(-1);
        },
      ),
      { seed: 2 },
    );
  });

  it("passes -1 and positions behind the frame on as -1", () => {
    const slab = slabOf("abcd", 0);
    expect([after(slab, -1, 4, key("abcd")), after(slab, 0, 0, key("abcd"))]).toEqual([-1, -1]);
    expect(after(slab, 199, 200, key("0123456789abcdef"))).toBe(-1);
  });

  it("refuses keys that words cannot cover", () => {
    expect(() => key("abc")).toThrow("expected 4 to 16 characters, saw abc");
    expect(() => key("0123456789abcdefg")).toThrow(RangeError);
  });
});

describe("texts", () => {
  it("end at their quote, or not at all", () => {
    const slab = slabOf('BTC/USD","', 0);
    expect([quoteAt(slab, 0, 10), quoteAt(slab, 0, 7), quoteAt(slab, -1, 10)]).toEqual([7, -1, -1]);
  });

  it("are plain without escapes, controls and anything beyond ASCII", () => {
    const plain = (text: string): boolean => isPlain(slabOf(text, 0), 0, encodeText(text).length);
    expect(["AAPLx/USD", "", "a b"].map(plain)).toEqual([true, true, true]);
    expect(["a\\u0041", "a\n", "\u007f", "ü"].map(plain)).toEqual([false, false, false, false]);
  });
});
