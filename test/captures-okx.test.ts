import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { BookEvent, Level, MarketEvent } from "../src/model/index.ts";

/**
 * A recorded session of OKX (spot, inverse perpetual, dated future) through the real command line, against a plain
 * JSON.parse reading and books kept in Maps of texts, both written here without a line of feedhorn's. The session is of
 * 2022: its books have checksums, which prove every one of them here too, and no ids.
 */
const ROOT = join(import.meta.dirname, "..");
const FILE = join(process.env["FEEDHORN_CAPTURES"] ?? join(ROOT, "../shared/captures"), "okx.frames.ndjson");
const HERE = existsSync(FILE);
const WHY = HERE ? "" : ` (skipped: ${FILE} is not there; set FEEDHORN_CAPTURES)`;
const MAIN = join(ROOT, "src/cli/main.ts");
const SYMBOLS: Readonly<Record<string, string>> = {
  "BTC-USDT": "BTC-USDT",
  "UNI-USD-SWAP": "UNI-USD-PERP",
  "BTC-USD-220527": "BTC-USD-27MAY22",
};

type Texts = [price: string, size: string, unused: string, orders: string][];
type Row = { readonly [key: string]: string } & {
  readonly asks: Texts;
  readonly bids: Texts;
  readonly checksum: number;
};
interface Frame {
  readonly ts: number;
  readonly arg: { readonly channel: string; readonly instId: string };
  readonly action?: string;
  readonly data?: readonly Row[];
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

function frames(): Frame[] {
  const lines = linesOf(readFileSync(FILE, "utf8")).slice(1);
  return lines
    .map((line) => JSON.parse(line) as { ts: string; dir: string; text?: string })
    .filter(({ dir }) => dir === "in")
    .map(({ ts, text }) => ({ ...(JSON.parse(text!) as Frame), ts: Number(BigInt(ts) / 1000n) }));
}

function normalize(
  input: string,
  ...flags: string[]
): { events: MarketEvent[]; said: string[]; status: number | null } {
  const args = ["--import", "tsx", MAIN, "normalize", "--venue", "okx", "--summary", ...flags];
  const run = spawnSync(process.execPath, args, { encoding: "utf8", maxBuffer: 1 << 28, input });
  const events = linesOf(run.stdout).map((line) => JSON.parse(line) as MarketEvent);
  return { events, said: linesOf(run.stderr), status: run.status };
}

function levels(side: Texts): Level[] {
  return side.map(([price, size]) => [Number(price), Number(size)]);
}

/** What a frame says, by the venue's documentation and nothing else. */
function plain({ arg, action, data = [], ts: ts_recv }: Frame): object[] {
  return data.map((row) => {
    const names = { venue: "okx", symbol: arg.instId, instrument: SYMBOLS[arg.instId] };
    const times = { ts_event: Number(row["ts"]) * 1000, ts_recv };
    if (arg.channel === "books") {
      const sides = { bids: levels(row.bids), asks: levels(row.asks) };
      const proof = { seq: null, prev_seq: null, checksum: row.checksum >>> 0 };
      return { type: "book", action, ...names, ...sides, ...proof, ...times };
    }
    if (arg.channel === "trades") {
      const values = { id: row["tradeId"], price: Number(row["px"]), size: Number(row["sz"]) };
      return { type: "trade", ...names, ...values, side: row["side"], ...times };
    }
    const volume = row["instType"] === "SPOT" ? row["vol24h"] : row["volCcy24h"];
    const figures = { last_price: Number(row["last"]), volume_24h: Number(volume) };
    const range = { high_24h: Number(row["high24h"]), low_24h: Number(row["low24h"]) };
    return { type: "ticker", ...names, ...figures, ...range, ...times };
  });
}

/** A book of the venue's own texts. */
class PlainBook {
  readonly bids = new Map<string, string>();
  readonly asks = new Map<string, string>();

  take(row: Row, action: string | undefined): void {
    if (action === "snapshot") for (const side of [this.bids, this.asks]) side.clear();
    for (const [side, changes] of [
      [this.bids, row.bids],
      [this.asks, row.asks],
    ] as const)
      for (const [price, size] of changes)
        if (size === "0") side.delete(price);
        else side.set(price, size);
  }

  top(depth: number): { bids: [string, string][]; asks: [string, string][] } {
    const sorted = (side: Map<string, string>, sign: number): [string, string][] =>
      [...side].toSorted(([a], [b]) => sign * (Number(a) - Number(b))).slice(0, depth);
    return { bids: sorted(this.bids, -1), asks: sorted(this.asks, 1) };
  }

  /** Section 3.2 of the venue's guide: 25 levels, bid and ask in turn, joined by colons, its own texts. */
  checksum(): number {
    const { bids, asks } = this.top(25);
    const parts = Array.from({ length: 25 }, (_, i) => [...(bids[i] ?? []), ...(asks[i] ?? [])]);
    return crc32(parts.flat().join(":")) | 0;
  }
}

const NUMBERS = {
  fallbacks: 0,
  slow_fallbacks: 0,
  inexact: 0,
  unknown: 0,
  bad: 0,
  bad_lines: 0,
  ignored: 0,
  empty: 0,
};

describe("a recorded session of OKX", () => {
  it.skipIf(!HERE)(`gives every event, value for value${WHY}`, () => {
    const { events, said, status } = normalize(readFileSync(FILE, "utf8"));
    expect(status).toBe(0);
    expect(events).toEqual(frames().flatMap(plain));
    expect(JSON.parse(said.at(-1)!)).toEqual({
      ...NUMBERS,
      frames: 410,
      parsed: 410,
      heartbeats: 0,
      controls: 18,
      refusals: 0,
      opened: 1,
      sent: 3,
      events: { ticker: 28, trade: 74, book: 290 },
    });
  });

  it.skipIf(!HERE)(`rebuilds every book, proved by all of its checksums${WHY}`, () => {
    const { events, said } = normalize(readFileSync(FILE, "utf8"), "--books", "--depth", "30");
    const books = new Map(Object.keys(SYMBOLS).map((symbol) => [symbol, new PlainBook()]));
    const expected = frames().flatMap(({ arg, action, data = [], ts: ts_recv }) =>
      data.flatMap((row) => {
        if (arg.channel !== "books") return [];
        const book = books.get(arg.instId)!;
        book.take(row, action);
        expect(book.checksum()).toBe(row.checksum);
        const { bids, asks } = book.top(30);
        const numbers = (side: [string, string][]): Level[] => side.map((one) => one.map(Number) as Level);
        return [{ symbol: arg.instId, bids: numbers(bids), asks: numbers(asks), ts_recv }];
      }),
    );
    const seen = events.map((event) => {
      const { symbol, bids, asks, ts_recv } = event as BookEvent;
      return { symbol, bids, asks, ts_recv };
    });
    expect(seen).toEqual(expected);
    const { books: counts } = JSON.parse(said.at(-1)!) as { books: Record<string, number> };
    const none = { old: 0, early: 0, partial: 0, breaks: 0, stale: 0, crossed: 0, unverified: 0 };
    expect(counts).toEqual({ ...none, applied: 290, checksums: 290 });
  });

  it.skipIf(!HERE)(`names the book whose checksum is wrong by one bit${WHY}`, () => {
    const lines = linesOf(readFileSync(FILE, "utf8"));
    const at = lines.findLastIndex((line) => line.includes("UNI-USD-SWAP") && line.includes("checksum"));
    const text = lines[at]!.replace(
      /checksum\\":(-?\d+)/,
      (_, sum: string) => `checksum\\":${Number(sum) ^ 1}`,
    );
    const { said } = normalize(lines.with(at, text).join("\n"), "--books", "--final");
    expect(said[0]).toMatch(
      new RegExp(`^line ${at + 1}: UNI-USD-SWAP: checksum \\d+ is not that of the book`),
    );
    const { books } = JSON.parse(said.at(-1)!) as { books: Record<string, number> };
    expect([books["checksums"], books["breaks"]]).toEqual([289, 1]);
  });
});
