import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { BookEvent } from "../../model/index.ts";
import { venueById } from "../../venues/index.ts";
import { FramesReader } from "../frames/frames-file.ts";
import { BookReplay } from "./books.ts";
import type { BookCounts } from "./books.ts";
import { Normalizer } from "../normalize.ts";
import { Roster } from "./writer.ts";

interface Result {
  readonly books: BookEvent[];
  readonly notes: string[];
  readonly counts: BookCounts;
}

function rebuild(venueId: string, lines: readonly string[], depth = 10): Result {
  const venue = venueById(venueId)!;
  const books: BookEvent[] = [];
  const notes: string[] = [];
  const note = (line: number, text: string): void => void notes.push(`${line}: ${text}`);
  const roster = new Roster(venue);
  const replay = new BookReplay(venue, roster, note, (book) => books.push(book.event(depth)));
  const reader = new FramesReader(new Normalizer(venue, roster, replay, note));
  reader.push(Buffer.from(lines.join("\n")));
  reader.finish();
  replay.finish(lines.length);
  return { books, notes, counts: replay.counts };
}

function framed(dir: string, rest: object): string {
  return JSON.stringify({ ts: "1700000000000001000", dir, ...rest });
}

type Pairs = [string, string][];

/** A spot diff with ids [first, last]; the price of each level is also its size. */
function diff(first: number, last: number, b: Pairs, a: Pairs = []): string {
  const text = JSON.stringify({
    e: "depthUpdate",
    E: 1700000000000 + last,
    s: "BTCUSDT",
    U: first,
    u: last,
    b,
    a,
  });
  return framed("in", { text });
}

function snapshot(lastUpdateId: number, bids: Pairs, asks: Pairs): string {
  const url = "https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=1000";
  return framed("http", { url, text: JSON.stringify({ lastUpdateId, bids, asks }) });
}

const BASE = snapshot(100, [["9", "1"]], [["11", "1"]]);

function seqs(books: readonly BookEvent[]): (string | null)[] {
  return books.map(({ seq }) => seq);
}

describe("books from fetched snapshots", () => {
  it("drop what the snapshot holds, straddle it, go on, and print a state per applied event", () => {
    const { books, notes, counts } = rebuild("binance", [
      diff(95, 98, [["1", "1"]]),
      diff(99, 102, [["9.5", "2"]]),
      BASE,
      diff(103, 103, [["9", "0"]], [["11", "3"]]),
      diff(102, 103, [["7", "7"]]),
    ]);
    expect(notes).toEqual([]);
    expect(books.map(({ seq, bids, asks, ts_event }) => [seq, bids, asks, ts_event])).toEqual([
      ["100", [[9, 1]], [[11, 1]], null],
      [
        "102",
        [
          [9.5, 2],
          [9, 1],
        ],
        [[11, 1]],
        1700000000102000,
      ],
      ["103", [[9.5, 2]], [[11, 3]], 1700000000103000],
    ]);
    expect(books[0]).toMatchObject({
      type: "book",
      action: "snapshot",
      venue: "binance",
      instrument: "BTC-USDT",
      prev_seq: null,
    });
    expect(counts).toMatchObject({ applied: 3, old: 1, early: 2, breaks: 0 });
  });

  it("name a break, wait for the next snapshot, and heal", () => {
    const { books, notes, counts } = rebuild("binance", [
      BASE,
      diff(101, 101, [["8", "1"]]),
      diff(104, 105, [["7", "1"]]),
      diff(106, 106, [["6", "1"]]),
      snapshot(105, [["9", "4"]], []),
    ]);
    expect(notes).toEqual([
      "3: BTCUSDT: sequence break: expected a link to 101, saw 103, 2 ids missing; book void",
    ]);
    expect(seqs(books)).toEqual(["100", "101", "105", "106"]);
    expect(books.at(-1)!.bids).toEqual([
      [9, 4],
      [6, 1],
    ]);
    expect(counts).toMatchObject({ applied: 4, breaks: 1 });
  });

  it("name a break among the diffs kept for the snapshot", () => {
    const { books, notes } = rebuild("binance", [diff(99, 101, []), diff(105, 106, []), BASE]);
    expect(notes).toEqual([
      "3: BTCUSDT: sequence break: expected a link to 101, saw 104, 3 ids missing; book void",
      "3: BTCUSDT: no book at the end: its snapshot is not in the input, 1 updates kept for it",
    ]);
    expect(seqs(books)).toEqual(["100", "101"]);
  });

  it("do not use a snapshot older than the diffs kept for it", () => {
    const { books, notes, counts } = rebuild("binance", [
      diff(105, 106, [["9", "2"]]),
      BASE,
      snapshot(105, [], [["11", "1"]]),
    ]);
    expect(notes).toEqual(["2: BTCUSDT: snapshot 100 is too old for the updates around it, not used"]);
    expect(seqs(books)).toEqual(["105", "106"]);
    expect(counts).toMatchObject({ stale: 1, breaks: 0 });
  });

  it("name a crossed book and flag what they print of it", () => {
    const { books, notes, counts } = rebuild("binance", [BASE, diff(101, 101, [["11", "1"]])]);
    expect(notes).toEqual(["2: BTCUSDT: crossed book: best bid 11, best ask 11"]);
    expect(books.map(({ flags }) => flags)).toEqual([undefined, ["invalid"]]);
    expect(counts.crossed).toBe(1);
  });

  it("are void when their connection is opened again, and others are not", () => {
    const open = framed("open", { conn: 0, url: "wss://x" });
    const { books, notes } = rebuild("binance", [BASE, diff(101, 101, []), open, diff(102, 102, [])]);
    expect(notes).toEqual([
      "3: connection 0 opened again: 1 books void",
      "4: BTCUSDT: no book at the end: its snapshot is not in the input, 1 updates kept for it",
    ]);
    expect(seqs(books)).toEqual(["100", "101"]);
  });

  it("leave partial books alone", () => {
    const stream = "btcusdt@depth5@100ms";
    const partial = framed("in", {
      text: JSON.stringify({ stream, data: { lastUpdateId: 300, bids: [["5", "5"]], asks: [] } }),
    });
    const { books, counts } = rebuild("binance", [BASE, partial, diff(101, 101, [])]);
    expect(seqs(books)).toEqual(["100", "101"]);
    expect(counts).toMatchObject({ partial: 1, applied: 2 });
  });

  it("print no level beyond what a cut snapshot knows", () => {
    const bids = Array.from({ length: 5 }, (_, i): [string, string] => [String(50 - i), "1"]);
    const { books } = rebuild("binance", [
      snapshot(100, bids, [["60", "1"]]),
      diff(101, 101, [
        ["20", "1"],
        ["50", "0"],
      ]),
    ]);
    expect(books[1]!.bids).toEqual([
      [49, 1],
      [48, 1],
      [47, 1],
      [46, 1],
    ]);
  });

  it("follow pu on futures: the first straddles, then every link must fit", () => {
    const event = (U: number, u: number, pu: number): string =>
      framed("in", {
        text: JSON.stringify({
          e: "depthUpdate",
          E: 1,
          T: 2,
          s: "BTCUSDT",
          U,
          u,
          pu,
          b: [["9", "2"]],
          a: [],
        }),
      });
    const url = "https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=1000";
    const first = framed("http", { url, text: '{"lastUpdateId":100,"E":1,"T":1,"bids":[],"asks":[]}' });
    const { books, notes } = rebuild("binance-usdm", [
      first,
      event(90, 105, 88),
      event(110, 120, 105),
      event(130, 140, 125),
    ]);
    expect(seqs(books)).toEqual(["100", "105", "120"]);
    expect(notes[0]).toBe("4: BTCUSDT: sequence break: expected a link to 120, saw 125; book void");
  });
});

const FIXTURES = join(import.meta.dirname, "../../../fixtures/venues");

function fixture(name: string): string[] {
  return readFileSync(join(FIXTURES, name), "utf8").trimEnd().split("\n");
}

describe("books with checksums", () => {
  it("are proved by every checksum, with decimals told by metadata or found out", () => {
    const session = fixture("kraken/02-book-checksum.jsonl");
    const { counts, notes } = rebuild("kraken", session);
    expect(notes).toEqual([]);
    expect(counts).toMatchObject({ applied: 5, checksums: 5, breaks: 0, unverified: 0 });
    const withMetadata = [...fixture("kraken/01-connect.jsonl"), ...session.slice(1)];
    expect(rebuild("kraken", withMetadata).counts).toMatchObject({ applied: 5, checksums: 5, breaks: 0 });
  });

  it.each([1, 2, 3, 4, 5])("notice one wrong digit in the checksum of event %d", (n) => {
    const session = fixture("kraken/02-book-checksum.jsonl");
    const at = n + 1;
    const wrong = session[at]!.replace(
      /(checksum\\":\d+)(\d)/,
      (_, rest: string, digit: string) => rest + ((Number(digit) + 1) % 10),
    );
    expect(wrong).not.toBe(session[at]);
    const { counts, notes, books } = rebuild("kraken", session.with(at, wrong));
    expect(notes[0]).toMatch(
      new RegExp(`^${at + 1}: BTC/USD: checksum \\d+ is not that of the book, book void$`),
    );
    expect(counts).toMatchObject({ breaks: 1, applied: n - 1, early: 5 - n });
    expect(books.length).toBe(n - 1);
  });
});

describe("books of a subscribed depth", () => {
  /** A book frame without checksum: bids at the given prices, size 1 or 0. */
  function book(type: "snapshot" | "update", prices: readonly number[], qty: number): string {
    const bids = prices.map((price) => ({ price, qty }));
    const data = [{ symbol: "BTC/USD", bids, asks: [], timestamp: "2026-10-05T09:12:44.000111Z" }];
    return framed("in", { text: JSON.stringify({ channel: "book", type, data }) });
  }
  const ten = Array.from({ length: 10 }, (_, i) => 100 - i);
  const session = [book("snapshot", ten, 1), book("update", [101], 1), book("update", [101], 0)];

  function depths(lines: readonly string[]): number[] {
    return rebuild("kraken", lines, 50).books.map(({ bids }) => bids.length);
  }

  it("are cut to it after every event: the venue sends no removal for what falls out", () => {
    expect(depths(session)).toEqual([10, 10, 9]);
  });

  it("take it from the request that was sent, or from the snapshot", () => {
    const params = { channel: "book", symbol: ["BTC/USD"], depth: 25 };
    const request = framed("out", { text: JSON.stringify({ method: "subscribe", params, req_id: 1 }) });
    expect(depths([request, ...session])).toEqual([10, 11, 10]);
    const eleven = [...ten, 90];
    expect(depths([book("snapshot", eleven, 1), ...session.slice(1)])).toEqual([11, 12, 11]);
  });
});

describe("books of one counted connection", () => {
  /** Frame `n` of a level2 connection: one product, one level. */
  function level2(n: number, type: "snapshot" | "update", product_id: string, price: string): string {
    const time = "2026-05-28T08:00:00.123456Z";
    const update = { side: "bid", event_time: time, price_level: price, new_quantity: "1" };
    const events = [{ type, product_id, updates: [update] }];
    const text = JSON.stringify({
      channel: "l2_data",
      client_id: "",
      timestamp: time,
      sequence_num: n,
      events,
    });
    return framed("in", { text });
  }
  const frames = [
    level2(10, "snapshot", "BTC-USD", "100"),
    level2(11, "snapshot", "ETH-USD", "10"),
    level2(12, "update", "BTC-USD", "101"),
    level2(13, "update", "ETH-USD", "11"),
    level2(14, "snapshot", "BTC-USD", "102"),
    level2(15, "update", "BTC-USD", "103"),
  ];

  it("are all void after one missing frame, until their snapshots", () => {
    expect(seqs(rebuild("coinbase", frames).books)).toEqual(["10", "11", "12", "13", "14", "15"]);
    const { books, notes, counts } = rebuild("coinbase", frames.toSpliced(2, 1));
    expect(notes).toEqual([
      "3: connection 0: sequence break: 1 frames missing, every book void",
      "5: ETH-USD: no book at the end: its snapshot is not in the input",
    ]);
    expect(books.map(({ symbol, seq, bids }) => [symbol, seq, bids.length])).toEqual([
      ["BTC-USD", "10", 1],
      ["ETH-USD", "11", 1],
      ["BTC-USD", "14", 1],
      ["BTC-USD", "15", 2],
    ]);
    expect(counts).toMatchObject({ breaks: 1, applied: 4, early: 1 });
  });

  it("take a frame that comes twice once", () => {
    const { books, counts } = rebuild("coinbase", frames.toSpliced(3, 0, frames[2]!));
    expect(books).toEqual(rebuild("coinbase", frames).books);
    expect(counts.breaks).toBe(0);
  });

  it("are counted per connection", () => {
    const other = frames[2]!
      .replace('"dir"', '"conn":1,"dir"')
      .replace('sequence_num\\":12', 'sequence_num\\":700');
    expect(rebuild("coinbase", frames.toSpliced(3, 0, other)).counts.breaks).toBe(0);
  });
});
