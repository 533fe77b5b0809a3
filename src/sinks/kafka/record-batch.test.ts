import { Buffer } from "node:buffer";
import { gunzipSync, gzipSync } from "node:zlib";
import { compressionsAlgorithms, crc32c, Reader, readRecordsBatches } from "@platformatic/kafka";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecordBatchEncoder } from "./record-batch.ts";
import type { KafkaRecord } from "./record-batch.ts";

const STAMP = { producerId: 7n, epoch: 3, sequence: 2 ** 31 - 2, now: 1_726_311_234_567 };
const crc = (bytes: Buffer): number => crc32c(bytes) >>> 0;

const records = fc.array(
  fc.record({
    key: fc.string({ unit: "binary", maxLength: 200 }).map((text) => Buffer.from(text)),
    body: fc.string({ unit: "grapheme", maxLength: 20_000 }).map((text) => Buffer.from(text)),
    lane: fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }),
    seq: fc.nat(Number.MAX_SAFE_INTEGER),
    slots: fc.integer({ min: 1, max: 90_000 }),
  }),
  { minLength: 1, maxLength: 300 },
);

/** As the library reads them, which knows nothing of our encoder. */
function read(bytes: Buffer): ReturnType<typeof readRecordsBatches> {
  return readRecordsBatches(Reader.from(bytes));
}

describe("a record batch", () => {
  it("is read back by the library's own parser, whatever is in it", () => {
    const encoder = new RecordBatchEncoder(null, crc);
    const check = (list: readonly KafkaRecord[]): void => {
      const bytes = encoder.encode(list, STAMP);
      const [batch, ...more] = read(bytes);
      expect(more).toEqual([]);
      expect(batch).toMatchObject({
        firstOffset: 0n,
        length: bytes.length - 12,
        magic: 2,
        attributes: 0,
        lastOffsetDelta: list.length - 1,
        firstTimestamp: 1_726_311_234_567n,
        maxTimestamp: 1_726_311_234_567n,
        producerId: 7n,
        producerEpoch: 3,
        firstSequence: 2 ** 31 - 2,
      });
      expect(batch!.crc).toBe(crc32c(bytes.subarray(21)) >>> 0);
      const said = batch!.records.map(({ key, value, headers, offsetDelta }) => ({
        key: Buffer.from(key ?? []).toString("hex"),
        body: Buffer.from(value ?? []).toString("hex"),
        headers: headers.map(([name, text]) => [name.toString(), text.toString()]),
        offsetDelta,
      }));
      expect(said).toEqual(
        list.map(({ key, body, lane, seq, slots }, offsetDelta) => ({
          key: key.toString("hex"),
          body: body.toString("hex"),
          headers: [
            ["lane", lane],
            ["log_seq", String(seq)],
            ["slots", String(slots)],
          ],
          offsetDelta,
        })),
      );
    };
    fc.assert(fc.property(records, check), { numRuns: 60, seed: 11 });
  });

  it("is packed behind its head", () => {
    const packing = { bits: 1, pack: (bytes: Buffer) => gzipSync(bytes) };
    const one = { key: Buffer.from("k"), body: Buffer.alloc(5000, "x"), lane: "main", seq: 9, slots: 2 };
    const bytes = new RecordBatchEncoder(packing, crc).encode([one, one], STAMP);
    expect(bytes.length).toBeLessThan(400);
    expect(gunzipSync(bytes.subarray(61)).length).toBeGreaterThan(10_000);
    expect(read(bytes)[0]!.records.map(({ value }) => value.toString())).toEqual([
      one.body.toString(),
      one.body.toString(),
    ]);
    expect(compressionsAlgorithms.gzip.bitmask).toBe(packing.bits);
  });
});
