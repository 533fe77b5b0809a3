import { describe, expect, it } from "vitest";
import { checkConfig } from "../config.ts";
import type { Config } from "../config.ts";
import { ConfigError } from "./error.ts";

const FEEDS = [
  { venue: "binance", symbols: ["BTC-USDT"] },
  { venue: "kraken", symbols: ["BTC-USD"] },
];
const LANES = [
  { name: "one", feeds: [FEEDS[0]] },
  { name: "two", feeds: FEEDS.slice(1) },
];
const K4 = { venue: "binance", symbols: ["BTCUSDT"], trade: "trades" };

function checked(compat: object, more: object = { feeds: FEEDS }): Config {
  return checkConfig({ ...more, compat }, "f", {});
}

function faults(compat: object, more?: object): readonly string[] {
  try {
    checked(compat, more);
  } catch (error) {
    if (error instanceof ConfigError) return error.lines;
    throw error;
  }
  return [];
}

describe("compat", () => {
  it("has the names of the earlier systems as defaults", () => {
    const { compat } = checked({ book_files: { venue: "kraken", symbol: "BTC-USD" }, k4: [K4] });
    expect(compat).toEqual({
      isolation: "process",
      book_files: {
        venue: "kraken",
        symbol: "BTC-USD",
        book_file: "/dev/shm/solusd_order_book.mmap",
        top_file: "/dev/shm/solusd_top_of_book.mmap",
      },
      k4: [{ ...K4, dir: "/dev/shm", records: 100_000 }],
    });
  });

  it("is read from a lane that listens to the venue", () => {
    const files = (more: object): object => ({ book_files: { venue: "kraken", symbol: "BTC-USD", ...more } });
    expect(faults(files({ lane: "two" }), { lanes: LANES })).toEqual([]);
    expect(faults(files({ lane: "one" }), { lanes: LANES })).toEqual([
      'f: compat.book_files.venue: expected a venue that this lane listens to, saw "kraken"; add a feed of it',
    ]);
    expect(faults(files({ lane: "three" }), { lanes: LANES })).toEqual([
      'f: compat.book_files.lane: expected one of one, two, saw "three"',
    ]);
    expect(faults({ k4: [{ ...K4, venue: "okx" }] })).toEqual([
      'f: compat.k4[0].venue: expected a venue that a lane listens to, saw "okx"; add a feed of it',
    ]);
  });

  it("names what cannot be", () => {
    expect(faults({ k4: [{ venue: "binance", symbols: ["BTCUSDT"] }] })).toEqual([
      "f: compat.k4[0]: expected at least one of bookticker, trade, aggtrade, depth5, saw none",
    ]);
    expect(faults({ k4: [{ ...K4, symbols: ["A".repeat(32), "B", "B"] }] })).toEqual([
      `f: compat.k4[0].symbols[0]: expected at most 31 bytes, saw "${"A".repeat(32)}"`,
      'f: compat.k4[0].symbols[2]: expected each once, saw "B" again',
    ]);
    expect(faults({ k4: [{ ...K4, trade: "../trades" }] })).toEqual([
      'f: compat.k4[0].trade: expected a name of letters, digits, dots, dashes, without a folder, saw "../trades"',
    ]);
    expect(faults({ k4: [{ ...K4, records: 10_000_000, symbols: ["A", "B", "C", "D", "E"] }] })).toEqual([
      "f: compat.k4[0].records: expected regions of at most 4294967296 bytes, saw 4800000256; set fewer records or symbols",
    ]);
    expect(faults({ k4: [{ ...K4, bookticker: "trades" }, K4] })).toEqual([
      "f: compat.k4[0].trade: expected a file of its own, saw that of compat.k4[0].bookticker: /dev/shm/trades",
      "f: compat.k4[1].trade: expected a file of its own, saw that of compat.k4[0].bookticker: /dev/shm/trades",
    ]);
    expect(faults({ book_file: {} })[0]).toBe("f: compat.book_file: unknown key; did you mean book_files?");
  });
});
