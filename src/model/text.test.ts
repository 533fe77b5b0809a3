import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeText, encodeText } from "./text.ts";

/** Half of a surrogate pair, which is no character. */
const LONE = /\p{Surrogate}/u;

describe("text without a platform", () => {
  it("encodes as TextEncoder does and reads it back (property)", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        const bytes = encodeText(text);
        if (LONE.test(text)) return;
        expect(bytes).toEqual(new TextEncoder().encode(text));
        expect(decodeText(bytes, 0, bytes.length)).toBe(text);
      }),
      { seed: 3, numRuns: 2000 },
    );
  });

  it("replaces what is malformed, byte by byte, and keeps a replacement character that was sent", () => {
    const read = (...bytes: number[]): string => decodeText(Uint8Array.from(bytes), 0, bytes.length);
    expect(read(0xef, 0xbf, 0xbd, 0x41)).toBe("\ufffdA");
    expect(read(0xff, 0x41)).toBe("\ufffdA");
    expect(read(0xc0, 0x80)).toBe("\ufffd\ufffd");
    expect(read(0xe0, 0x80, 0x80)).toBe("\ufffd\ufffd\ufffd");
    expect(read(0xed, 0xa0, 0x80)).toBe("\ufffd\ufffd\ufffd");
    expect(read(0xf0, 0x9f, 0x98)).toBe("\ufffd\ufffd\ufffd");
    expect(read(0xf0, 0x9f, 0x98, 0x80)).toBe("😀");
  });

  it("never throws and never reads past the end (property)", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const text = decodeText(bytes, 0, bytes.length);
        expect(LONE.test(text)).toBe(false);
      }),
      { seed: 4, numRuns: 2000 },
    );
  });
});
