import { expect, it } from "vitest";
import { MESSAGE_BYTES, MESSAGE_RING_BYTES, MessageRingWriter } from "./compat-message-ring.ts";

function entry(bytes: Buffer, i: number): string {
  const at = 16 + i * 4096;
  return bytes.toString("utf8", at + 4, at + 4 + bytes.readUInt32LE(at));
}

it("writes length and text, then the count; goes round, and on behind what is there", () => {
  const buffer = new ArrayBuffer(MESSAGE_RING_BYTES);
  const bytes = Buffer.from(buffer);
  const writer = new MessageRingWriter(buffer);
  expect(MESSAGE_RING_BYTES).toBe(4_194_320);
  for (let i = 0; i < 1025; i++) writer.push(`{"n":${i},"s":"é"}`);
  expect([bytes.readBigUInt64LE(0), bytes.readBigUInt64LE(8)]).toEqual([1025n, 0n]);
  expect([entry(bytes, 0), entry(bytes, 1), entry(bytes, 1023)]).toEqual([
    '{"n":1024,"s":"é"}',
    '{"n":1,"s":"é"}',
    '{"n":1023,"s":"é"}',
  ]);
  new MessageRingWriter(buffer).push("again");
  expect([entry(bytes, 1), bytes.readBigUInt64LE(0)]).toEqual(["again", 1026n]);
});

it("leaves out and counts what has no room in an entry", () => {
  const buffer = new ArrayBuffer(MESSAGE_RING_BYTES);
  const writer = new MessageRingWriter(buffer);
  expect([writer.push("x".repeat(MESSAGE_BYTES)), writer.push("x".repeat(MESSAGE_BYTES + 1))]).toEqual([
    true,
    false,
  ]);
  expect([writer.written, writer.tooLong, Buffer.from(buffer).readBigUInt64LE(0)]).toEqual([1, 1, 1n]);
});

it("counts on over 2^32", () => {
  const buffer = new ArrayBuffer(MESSAGE_RING_BYTES);
  const words = new Uint32Array(buffer, 0, 2);
  words[0] = 0xffffffff;
  new MessageRingWriter(buffer).push("x");
  expect([...words]).toEqual([0, 1]);
});
