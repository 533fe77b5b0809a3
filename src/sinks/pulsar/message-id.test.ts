import fc from "fast-check";
import { expect, it } from "vitest";
import { compareIds, decodeId, encodeId } from "./message-id.ts";

it("reads what Pulsar 4.0 answers", () => {
  expect(decodeId("CAEQADAA")).toEqual({ ledger: 1n, entry: 0n, partition: -1, batch: -1 });
  expect(decodeId("CAMQXCAX")).toEqual({ ledger: 3n, entry: 92n, partition: -1, batch: 23 });
  // MessageId.earliest of its Java client: ledger -1, entry -1, partition -1
  expect(decodeId("CP///////////wEQ////////////ARj///////////8BMAA=")).toEqual({
    ledger: 2n ** 64n - 1n,
    entry: 2n ** 64n - 1n,
    partition: -1,
    batch: -1,
  });
});

it("says what it has read", () => {
  const id = fc.record({
    ledger: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    entry: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    partition: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
    batch: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
  });
  fc.assert(
    fc.property(id, (one) => {
      expect(decodeId(encodeId(one))).toEqual(one);
    }),
    { numRuns: 500, seed: 3 },
  );
});

it("orders by ledger, then entry, then place in the entry", () => {
  const of = (ledger: bigint, entry: bigint, batch: number) => ({ ledger, entry, partition: -1, batch });
  const all = [of(1n, 9n, -1), of(2n, 0n, -1), of(2n, 1n, 0), of(2n, 1n, 1), of(2n, 2n, 0), of(10n, 0n, 0)];
  expect(all.toReversed().toSorted(compareIds)).toEqual(all);
});
