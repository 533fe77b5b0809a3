import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  COMPAT_BOOK_BYTES,
  COMPAT_TOP_BYTES,
  CompatFormatError,
  decodeCompatBook,
  decodeCompatTop,
  encodeCompatBook,
  encodeCompatTop,
} from "./compat-book-file.ts";
import type { Level } from "../model/index.ts";

const TS = 1726311234567;

describe("bytes of the top of book file", () => {
  it("are the five fields in order, exact from the decimal text", () => {
    const bytes = encodeCompatTop([145.85, 2.5], [145.9, 2.01], TS);
    const fields = [
      "907eb10800000000",
      "a025260000000000",
      "e041b20800000000",
      "90ab1e0000000000",
      "07fc2af091010000",
    ];
    expect(Buffer.from(bytes).toString("hex")).toBe(fields.join(""));
    expect(bytes.length).toBe(COMPAT_TOP_BYTES);
  });

  it("are zero for a side without a quote", () => {
    const bytes = encodeCompatTop(null, [2, 1], TS);
    expect([...bytes.subarray(0, 16)]).toEqual(Array.from({ length: 16 }, () => 0));
    expect(decodeCompatTop(bytes)).toEqual({
      bid: null,
      ask: { price: 2_000_000n, quantity: 1_000_000n },
      timestampMs: TS,
    });
  });
});

describe("bytes of the order book file", () => {
  it("put bids at 0, asks at 800, time at 1600", () => {
    const bytes = encodeCompatBook([[2.01, 1]], [[2.02, 3]], TS);
    const view = new DataView(bytes.buffer);
    expect(bytes.length).toBe(COMPAT_BOOK_BYTES);
    expect(view.getBigUint64(0, true)).toBe(2_010_000n);
    expect(view.getBigUint64(8, true)).toBe(1_000_000n);
    expect(view.getBigUint64(800, true)).toBe(2_020_000n);
    expect(view.getBigUint64(808, true)).toBe(3_000_000n);
    expect(view.getBigUint64(1600, true)).toBe(BigInt(TS));
    expect(bytes.reduce((sum, byte) => sum + (byte === 0 ? 0 : 1), 0)).toBe(3 + 3 + 3 + 3 + 6);
  });

  it("keep the best 50 levels", () => {
    const bids: Level[] = Array.from({ length: 60 }, (_, i) => [100 - i, 1]);
    const { bids: kept } = decodeCompatBook(encodeCompatBook(bids, [], TS));
    expect(kept.length).toBe(50);
    expect(kept.at(-1)).toEqual({ price: 51_000_000n, quantity: 1_000_000n });
  });

  it("refuse what the format cannot say", () => {
    expect(() =>
      encodeCompatBook(
        [
          [1, 1],
          [2, 1],
        ],
        [],
        TS,
      ),
    ).toThrow("expected bids best first, saw 2 after 1");
    expect(() =>
      encodeCompatBook(
        [],
        [
          [1, 1],
          [1, 1],
        ],
        TS,
      ),
    ).toThrow("expected asks best first, saw 1 after 1");
    expect(() => encodeCompatBook([[0.0000004, 1]], [], TS)).toThrow("at least 0.000001, saw 4e-7");
    expect(() => encodeCompatBook([[2e13, 1]], [], TS)).toThrow("below 2^64 millionths");
    expect(() => encodeCompatBook([[NaN, 1]], [], TS)).toThrow("saw NaN");
  });

  it("read back as written, whatever the decimals", () => {
    const units = fc.uniqueArray(fc.bigInt(1n, 10n ** 12n), { maxLength: 50 });
    fc.assert(
      fc.property(units, units, fc.bigInt(0n, 10n ** 12n), (bids, asks, quantity) => {
        const down = bids.toSorted((a, b) => (a < b ? 1 : -1));
        const up = asks.toSorted((a, b) => (a < b ? -1 : 1));
        const level = (price: bigint): Level => [Number(price) / 1e6, Number(quantity) / 1e6];
        const book = decodeCompatBook(encodeCompatBook(down.map(level), up.map(level), TS));
        expect(book.bids).toEqual(down.map((price) => ({ price, quantity })));
        expect(book.asks).toEqual(up.map((price) => ({ price, quantity })));
      }),
    );
  });
});

describe("malformed files", () => {
  it("are named for what is wrong", () => {
    const good = encodeCompatBook(
      [
        [2, 1],
        [1, 1],
      ],
      [],
      TS,
    );
    expect(() => decodeCompatBook(good.subarray(0, 1607))).toThrow(
      "expected an order book file of 1608 bytes, saw 1607",
    );
    expect(() => decodeCompatTop(good)).toThrow("expected a top of book file of 40 bytes, saw 1608");
    expect(() => decodeCompatBook(good.with(0, 0).with(1, 0).with(2, 0))).toThrow(
      "saw slot 0 empty before slot 1",
    );
    expect(() => decodeCompatBook(good.with(18, 0xff))).toThrow(
      "expected bids best first, saw 16728640 after 2000000 in slot 1",
    );
    expect(() => decodeCompatBook(good.with(1607, 0xff))).toThrow(CompatFormatError);
  });
});
