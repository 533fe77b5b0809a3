import { describe, expect, it } from "vitest";
import { SENT, clientFrame, closeFrame } from "./frame-writer.ts";

/** First byte, length as announced, payload unmasked. */
function read(frame: Buffer): [first: number, length: number, payload: Buffer] {
  const short = frame[1]! & 0x7f;
  const head = short < 126 ? 2 : short === 126 ? 4 : 10;
  const length = head === 2 ? short : head === 4 ? frame.readUInt16BE(2) : Number(frame.readBigUInt64BE(2));
  const mask = frame.subarray(head, head + 4);
  return [frame[0]!, length, Buffer.from(frame.subarray(head + 4).map((byte, i) => byte ^ mask[i & 3]!))];
}

describe("a client's frame", () => {
  it.each([0, 1, 125, 126, 65535, 65536])("of %i bytes is masked and whole", (length) => {
    const payload = Buffer.from(Array.from({ length }, (_, i) => i & 255));
    const frame = clientFrame(SENT.TEXT, payload);
    expect(frame[1]! & 0x80).toBe(0x80);
    expect(read(frame)).toEqual([0x81, length, payload]);
  });

  it("is masked differently every time", () => {
    const masks = Array.from({ length: 20 }, () => clientFrame(SENT.PING, new Uint8Array(0)).toString("hex"));
    expect(new Set(masks).size).toBe(20);
  });

  it("closes with a code and a reason cut between characters", () => {
    expect(read(closeFrame(1000, "bye"))).toEqual([0x88, 5, Buffer.from("\x03\xe8bye", "latin1")]);
    expect(read(closeFrame(1005, "lost"))).toEqual([0x88, 0, Buffer.alloc(0)]);
    const [, length, payload] = read(closeFrame(4000, `${"x".repeat(122)}é`));
    expect([length, payload.subarray(2).toString()]).toEqual([124, "x".repeat(122)]);
  });

  it.each([0, 999, 1004, 1006, 1015, 2999, 5000])("does not close with %i", (code) => {
    expect(() => closeFrame(code, "")).toThrow(
      `expected a close code of 1000-1014 (not 1004-1006) or 3000-4999, saw ${code}`,
    );
  });
});
