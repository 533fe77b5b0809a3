import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SIDE } from "../model/index.ts";
import { BookChecksum, CHECKSUM } from "./checksum.ts";
import { crc32, crc32Join } from "./crc32.ts";
import { ladderBook, sortedBook } from "./order-book.ts";
import type { OrderBook } from "./order-book.ts";

type Levels = [price: string, size: string][];

interface Vector {
  name: string;
  price: number;
  size: number;
  asks: Levels;
  bids: Levels;
  crc: number;
}

function levels(text: string): Levels {
  return text.split(", ").map((pair) => pair.split("/") as [string, string]);
}

function steps(prices: string[]): Levels {
  return prices.map((price) => [price, "0.00000500"]);
}

/** The capture of vector d: a BTC/USD book of depth 10. */
const CAPTURE: Vector = {
  name: "d: captured BTC/USD snapshot",
  price: 1,
  size: 8,
  asks: levels(
    "85600.5/.90679198, 85601.6/.21608516, 85601.7/2.92050281, 85602.1/.000233, 85603/.0077, 85603.7/2.92043523, 85604.4/.87632208, 85604.8/.000051, 85606.2/.00116814, 85607.7/2.92029921",
  ),
  bids: levels(
    "85600.4/.20401971, 85599.6/.04385864, 85599.5/.17523456, 85597.8/.00005, 85597.7/2.92063885, 85596.3/.000051, 85595.8/.00596174, 85595.2/.58888844, 85593.6/2.92077632, 85592/.000051",
  ),
  crc: 817831036,
};

const VECTORS: Vector[] = [
  {
    name: "a: tiny",
    price: 1,
    size: 8,
    asks: levels("100.5/0.25, 101/1"),
    bids: levels("100/2, 99.5/0.003"),
    crc: 22548323,
  },
  {
    name: "b: example of the v2 documentation",
    price: 1,
    size: 8,
    asks: levels(
      "45285.2/0.001, 45286.4/1.54571953, 45286.6/1.54571109, 45289.6/1.54560911, 45290.2/0.1589066, 45291.8/1.54553491, 45294.7/0.04454749, 45296.1/0.3538, 45297.5/0.09945542, 45299.5/0.18772827",
    ),
    bids: levels(
      "45283.5/0.1, 45283.4/1.54582015, 45282.1/0.1, 45281.0/0.1, 45280.3/1.54592586, 45279.0/0.0799, 45277.6/0.03310103, 45277.5/0.3, 45277.3/1.54602737, 45276.6/0.15445238",
    ),
    crc: 3310070434,
  },
  {
    name: "c: example of the v1 documentation",
    price: 5,
    size: 8,
    asks: steps("0.05005 0.05010 0.05015 0.05020 0.05025 0.05030 0.05035 0.05040 0.05045 0.05050".split(" ")),
    bids: steps("0.05000 0.04995 0.04990 0.04980 0.04975 0.04970 0.04965 0.04960 0.04955 0.04950".split(" ")),
    crc: 974947235,
  },
  CAPTURE,
];

function fill(book: OrderBook, vector: Pick<Vector, "asks" | "bids">): OrderBook {
  for (const [price, size] of vector.asks) book.apply(SIDE.ASK, Number(price), Number(size));
  for (const [price, size] of vector.bids) book.apply(SIDE.BID, Number(price), Number(size));
  return book;
}

function verdict(vector: Vector, crc = vector.crc): number {
  return new BookChecksum().accept(fill(sortedBook(), vector), vector.price, vector.size, crc);
}

/** A text with one digit raised by one, for each of its digits. */
function otherDigits(text: string): string[] {
  const digit = (char: string): string => String((Number(char) + 1) % 10);
  return [...text].flatMap((char, i) =>
    char === "." ? [] : [text.slice(0, i) + digit(char) + text.slice(i + 1)],
  );
}

/** Every list of levels that differs by one digit of one number. */
function otherLevels(list: Levels): Levels[] {
  return list.flatMap(([price, size], at) => [
    ...otherDigits(price).map((other) => list.with(at, [other, size])),
    ...otherDigits(size).map((other) => list.with(at, [price, other])),
  ]);
}

function corruptions(vector: Vector): Vector[] {
  return [
    ...otherLevels(vector.asks).map((asks) => ({ ...vector, asks })),
    ...otherLevels(vector.bids).map((bids) => ({ ...vector, bids })),
  ];
}

describe.each(VECTORS)("vector $name", (vector) => {
  it("matches, as uint32 and as int32", () => {
    expect(verdict(vector)).toBe(CHECKSUM.MATCH);
    expect(verdict(vector, vector.crc | 0)).toBe(CHECKSUM.MATCH);
  });

  it("fails with any one digit of the book changed, or any bit of the checksum", () => {
    let tried = 0;
    for (const corrupt of corruptions(vector)) {
      expect([corrupt.asks, corrupt.bids, verdict(corrupt)]).toEqual([
        corrupt.asks,
        corrupt.bids,
        CHECKSUM.MISMATCH,
      ]);
      tried += 1;
    }
    expect(tried).toBeGreaterThan(10);
    for (let bit = 0; bit < 32; bit++)
      expect(verdict(vector, vector.crc ^ (1 << bit))).toBe(CHECKSUM.MISMATCH);
  });
});

describe("the captured updates of vector d", () => {
  const updates: [side: number, price: number, size: number][][] = [
    [
      [SIDE.ASK, 85601.6, 0],
      [SIDE.ASK, 85608, 0.04358176],
    ],
    [[SIDE.ASK, 85600.5, 1.12287714]],
    [[SIDE.ASK, 85600.5, 0.90679198]],
    [[SIDE.ASK, 85601.6, 0.21608516]],
  ];
  const expected = [3973935795, 402752521, 3973935795, 817831036];

  it.each([
    ["sorted", () => sortedBook()],
    ["ladder", () => ladderBook(0.1)],
  ])("match one by one in a %s book that is truncated to 10", (_, make) => {
    const book = fill(make(), CAPTURE);
    const checksum = new BookChecksum();
    updates.forEach((update, i) => {
      for (const level of update) book.apply(...level);
      book.truncate(10);
      expect(checksum.accept(book, 1, 8, expected[i])).toBe(CHECKSUM.MATCH);
    });
    expect(book.asks.count).toBe(10);
    expect(book.asks.sizeAt(85608)).toBe(0);
  });
});

describe("digits", () => {
  it("are those of the decimal text, for every number of up to 15 digits", () => {
    const decimals = fc.integer({ min: 0, max: 10 });
    const mantissa = fc.oneof(
      fc.integer({ min: 1, max: 99_999 }),
      fc.integer({ min: 1, max: 999_999_999_999_999 }),
    );
    const checksum = new BookChecksum();
    fc.assert(
      fc.property(decimals, decimals, mantissa, mantissa, (p, q, price, size) => {
        const book = sortedBook();
        book.apply(SIDE.ASK, Number(`${price}e-${p}`), Number(`${size}e-${q}`));
        expect(checksum.compute(book, p, q)).toBe(true);
        expect(checksum.value >>> 0).toBe(zlibCrc32(`${price}${size}`));
      }),
      { seed: 7, numRuns: 3000 },
    );
  });

  it("are unavailable from 2^53 on, and where two texts read as the same double", () => {
    const checksum = new BookChecksum();
    for (const [size, decimals] of [
      [Number("90071992.54740993"), 8],
      [Number("12345678901.12345678"), 8],
      [Number("80000000.00000001"), 8],
      [1e300, 0],
    ]) {
      const book = sortedBook();
      book.apply(SIDE.BID, 1, size);
      expect(checksum.accept(book, 1, decimals, 0)).toBe(CHECKSUM.UNAVAILABLE);
    }
    const book = sortedBook();
    book.apply(SIDE.BID, 1, 1_000_000_000_000_001);
    expect(checksum.accept(book, 0, 0, zlibCrc32("11000000000000001"))).toBe(CHECKSUM.MATCH);
    for (const decimals of [-1, 23, NaN]) expect(checksum.compute(book, decimals, 8)).toBe(false);
  });

  it("of an empty book are none: the CRC of nothing", () => {
    const checksum = new BookChecksum();
    expect(checksum.compute(sortedBook(), 1, 8)).toBe(true);
    expect(checksum.value).toBe(0);
  });
});

describe("a checksum that has seen other books", () => {
  it("says what a new one says, whatever changed", () => {
    const used = new BookChecksum();
    const book = ladderBook(0.1);
    const side = fc.constantFrom(SIDE.BID, SIDE.ASK);
    const step = fc.tuple(side, fc.nat(30), fc.nat(3), fc.nat(20));
    fc.assert(
      fc.property(step, ([which, price, size, chance]) => {
        if (chance === 0) book.clear();
        book.apply(which, 1000 + (which === SIDE.BID ? -price : price + 1) / 10, size / 4);
        const decimals = chance === 1 ? 3 : 2;
        const fresh = new BookChecksum();
        expect([used.compute(book, 1, decimals), used.value]).toEqual([
          fresh.compute(book, 1, decimals),
          fresh.value,
        ]);
      }),
      { seed: 7, numRuns: 3000 },
    );
  });

  it("forgets a level whose digits could not be told", () => {
    const used = new BookChecksum();
    const book = sortedBook();
    for (const size of [1.5, 1e300, 1.5, 2]) {
      book.apply(SIDE.BID, 1, size);
      const fresh = new BookChecksum();
      expect([used.compute(book, 1, 8), used.value]).toEqual([fresh.compute(book, 1, 8), fresh.value]);
    }
  });
});

describe("crc32", () => {
  it("of two texts in a row comes from theirs", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 32 }), (first, second) => {
        const [a, b] = [first, second].map((bytes) => crc32(bytes, 0, bytes.length));
        expect(crc32Join(a!, b!, second.length) >>> 0).toBe(zlibCrc32(Buffer.concat([first, second])));
      }),
      { seed: 7 },
    );
  });

  it("is zlib's", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(10), (bytes, start) => {
        expect(crc32(bytes, Math.min(start, bytes.length), bytes.length) >>> 0).toBe(
          zlibCrc32(bytes.subarray(start)),
        );
      }),
      { seed: 7 },
    );
  });
});
