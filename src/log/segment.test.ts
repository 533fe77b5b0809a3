import { describe, expect, it } from "vitest";
import { crc32 } from "node:zlib";
import { putSegmentHead, readSegmentHead, SEGMENT, SEGMENT_CRC_BYTES, SEGMENT_HASH } from "./segment.ts";

const HEAD = {
  lane: "main",
  session: { lo: 7, hi: 5 },
  first: 2 ** 33,
  created: { lo: 9, hi: 5 },
  begins: true,
};

/** What is read of a header written with another hash of records. */
function readWith(hash: number): ReturnType<typeof readSegmentHead> {
  const words = new Int32Array(SEGMENT.size / 4);
  putSegmentHead(words, HEAD);
  words[SEGMENT.at.hash / 4] = hash;
  const crc = crc32(new Uint8Array(words.buffer, 0, SEGMENT_CRC_BYTES));
  words[SEGMENT.at.crc / 4] = crc;
  return readSegmentHead(words, crc);
}

describe("journals of other versions", () => {
  it("are read where no slot has changed: this one, and layout 4", () => {
    expect([readWith(SEGMENT_HASH), readWith(315434600)]).toEqual([HEAD, HEAD]);
  });

  it("are refused where one has", () => {
    expect(readWith(SEGMENT_HASH + 1)).toEqual({
      code: "layout",
      message: `expected record hash ${SEGMENT_HASH}, saw ${SEGMENT_HASH + 1}`,
    });
  });
});
