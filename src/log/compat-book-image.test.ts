import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { putMicros, VALIDITY } from "../model/index.ts";
import type { Level } from "../model/index.ts";
import { decodeCompatBook, encodeCompatBook, encodeCompatTop } from "./compat-book-file.ts";
import { CompatBookImage, CompatTopImage } from "./compat-book-image.ts";
import { DEPTH, DepthReader, DepthWriter } from "./depth-table.ts";
import { DEPTH_ROW, TOP_ROW } from "./layout.ts";
import { Rows } from "./rows.ts";
import { TOP, TopReader, TopWriter } from "./top-table.ts";

const MS = 1_726_311_234_567;
const FOLDER = join(import.meta.dirname, "../../fixtures/compat");

/** Made without us: fixtures/compat/make.py. */
function golden(name: string): string {
  return readFileSync(join(FOLDER, `${name}.bin`)).toString("hex");
}

function depthRow(bids: readonly Level[], asks: readonly Level[]): DepthReader {
  const rows = new Rows(new ArrayBuffer(DEPTH_ROW.size), 0, 1, DEPTH_ROW);
  const writer = new DepthWriter(rows);
  writer.bids.set(bids.flat());
  writer.asks.set(asks.flat());
  putMicros(MS * 1000 + 999, writer.long, DEPTH.TS_RECV);
  writer.write(0, VALIDITY.LIVE, 0, 1, bids.length, asks.length);
  const reader = new DepthReader(rows);
  expect(reader.take(0)).toBe(true);
  return reader;
}

function bookOf(bids: readonly Level[], asks: readonly Level[]): CompatBookImage {
  const image = new CompatBookImage();
  image.bytes.fill(0xee);
  image.take(depthRow(bids, asks).row);
  return image;
}

describe("an order book composed from a row", () => {
  it("has the bytes of the golden file", () => {
    const image = bookOf(
      [
        [145.85, 2.5],
        [145.8, 3.000001],
        [145.75, 0.999999],
        [2.01, 1],
      ],
      [
        [145.9, 1.8],
        [146.000001, 123456789.123456],
      ],
    );
    expect(Buffer.from(image.bytes).toString("hex")).toBe(golden("book"));
    image.empty(MS + 1);
    expect(Buffer.from(image.bytes).toString("hex")).toBe(golden("empty-book"));
  });

  it("has the bytes of the encoder, whatever the decimals", () => {
    const units = fc.uniqueArray(
      fc.oneof(fc.bigInt(1n, 10n ** 12n), fc.bigInt(9n * 10n ** 14n, 10n ** 15n)),
      { maxLength: 50 },
    );
    const size = fc.array(fc.bigInt(1n, 10n ** 15n), { minLength: 100, maxLength: 100 });
    fc.assert(
      fc.property(units, units, size, (low, high, sizes) => {
        const level = (price: bigint, i: number): Level => [Number(price) / 1e6, Number(sizes[i]!) / 1e6];
        const bids = low.toSorted((a, b) => (a < b ? 1 : -1)).map(level);
        const asks = high.toSorted((a, b) => (a < b ? -1 : 1)).map(level);
        const { bytes, unfit } = bookOf(bids, asks);
        expect(unfit).toBe(0);
        expect(Buffer.from(bytes).equals(encodeCompatBook(bids, asks, MS))).toBe(true);
      }),
      { seed: 46, numRuns: 200 },
    );
  });

  it("cuts what is below a millionth, and takes numbers beyond 2^53 over their text", () => {
    const { bytes } = bookOf([[1234567.12345678, 0.1234569]], [[9e12 + 0.5, 3e12]]);
    expect(decodeCompatBook(bytes)).toEqual({
      bids: [{ price: 1_234_567_123_456n, quantity: 123_456n }],
      asks: [{ price: 9_000_000_000_000_500_000n, quantity: 3_000_000_000_000_000_000n }],
      timestampMs: MS,
    });
  });

  it("leaves out and counts what the format cannot say, and stays dense", () => {
    const image = bookOf(
      [
        [3, 1],
        [2, 0.0000004],
        [1, 5],
      ],
      [
        [4, 1],
        [2e13, 1],
      ],
    );
    expect(image.unfit).toBe(2);
    expect(decodeCompatBook(image.bytes)).toEqual({
      bids: [
        { price: 3_000_000n, quantity: 1_000_000n },
        { price: 1_000_000n, quantity: 5_000_000n },
      ],
      asks: [{ price: 4_000_000n, quantity: 1_000_000n }],
      timestampMs: MS,
    });
  });

  it("is empty but for its time when it is told to be", () => {
    const image = bookOf([[1, 1]], [[2, 1]]);
    image.empty(MS + 1);
    expect(Buffer.from(image.bytes).equals(encodeCompatBook([], [], MS + 1))).toBe(true);
  });
});

describe("a top of book composed from a row", () => {
  it("has the bytes of the encoder; a side that is not there is zero", () => {
    const rows = new Rows(new ArrayBuffer(TOP_ROW.size), 0, 1, TOP_ROW);
    const writer = new TopWriter(rows);
    putMicros(MS * 1000, writer.long, TOP.TS_RECV);
    const reader = new TopReader(rows);
    const image = new CompatTopImage();
    const write = (...values: number[]): string => {
      writer.num.set(values);
      writer.write(0, VALIDITY.LIVE, 0, 1);
      reader.take(0);
      image.take(reader.row);
      return Buffer.from(image.bytes).toString("hex");
    };
    const hex = (...args: Parameters<typeof encodeCompatTop>): string =>
      Buffer.from(encodeCompatTop(...args)).toString("hex");
    expect(write(145.85, 2.5, 145.9, 1.8)).toBe(golden("top"));
    expect(write(NaN, NaN, 145.9, 2.01)).toBe(hex(null, [145.9, 2.01], MS));
    expect(image.unfit).toBe(0);
    image.empty(MS + 1);
    expect(Buffer.from(image.bytes).toString("hex")).toBe(golden("empty-top"));
  });
});
