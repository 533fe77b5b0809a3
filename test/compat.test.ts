import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkConfig } from "../src/app/config.ts";
import type { ConfigInput } from "../src/app/config/schema.ts";
import { startGateway } from "../src/app/gateway.ts";
import type { Gateway } from "../src/app/gateway.ts";
import { createLog } from "../src/app/log.ts";
import { openLane } from "../src/client/index.ts";
import type { Lane, MarketEvent } from "../src/client/index.ts";
import { scaled } from "../src/model/index.ts";
import { startSimulator } from "../src/simulator/index.ts";
import type { Simulator } from "../src/simulator/index.ts";
import { readCompatBook, readCompatTop } from "../src/store/compat-files.ts";
import { venueById } from "../src/venues/index.ts";
import { eventually } from "./e2e/gateway-process.ts";

/** Memory of earlier systems' programs through the whole gateway: simulator, lane, part, files. */

const LONG = { timeout: 240_000 };
let dir = "";
let simulator: Simulator;
let gateway: Gateway;
let lane: Lane;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "feedhorn-compat-"));
});
afterEach(async () => {
  lane.close();
  await gateway.stop();
  await simulator.close();
  rmSync(dir, { recursive: true });
});

async function start(venue: string, names: readonly string[], compat: ConfigInput["compat"]): Promise<void> {
  simulator = await startSimulator({
    seed: "compat",
    venues: [{ venue: venueById(venue)!, instruments: [...names] }],
    rate: 60,
  });
  const { ws, rest } = simulator.endpoints[venue]!;
  const feed = { venue: venue as "binance", symbols: [...names], ws_url: ws, rest_url: rest };
  const config = checkConfig(
    {
      feeds: [{ ...feed, backoff: { min_ms: 50, max_ms: 300 } }],
      region: { dir, slots: 65_536 },
      ops: { port: 0 },
      ledger: { enabled: false },
      compat,
    },
    "test",
    {},
  );
  gateway = await startGateway(config, createLog({ level: "fatal" }));
  lane = openLane("main", { dir, from: "oldest" });
  await eventually("every book live", () => gateway.source.ready().ready, Boolean);
}

const millionths = (value: number): bigint => scaled(value, 6);

describe("the two book files", () => {
  const files = (): { book_file: string; top_file: string } => ({
    book_file: join(dir, "book.mmap"),
    top_file: join(dir, "top.mmap"),
  });

  it("are the lane's book, level by level, and empty while it is not live", LONG, async () => {
    await start("gemini", ["SOL-USD"], { book_files: { venue: "gemini", symbol: "SOL-USD", ...files() } });
    const id = lane.find("SOL-USD", "gemini")!;
    const bookNow = (): object => readCompatBook(files().book_file);
    // A row that stands still while the file is read is what the file has to say.
    for (let i = 0; i < 8; i++) {
      await eventually(
        "the file to be the row",
        () => [lane.depth(id)!, bookNow(), lane.depth(id)!] as const,
        ([before, book, after]) => {
          const level = ([price, size]: readonly [number, number]): object => ({
            price: millionths(price),
            quantity: millionths(size),
          });
          const { bids, asks, tsRecv, logSeq } = before;
          expect(bids.length).toBeGreaterThan(10);
          return (
            logSeq === after.logSeq &&
            isDeep(book, {
              bids: bids.map(level),
              asks: asks.map(level),
              timestampMs: Math.floor(tsRecv / 1000),
            })
          );
        },
      );
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const top = await eventually(
      "a top of book",
      () => readCompatTop(files().top_file),
      ({ bid, ask }) => bid !== null && ask !== null,
    );
    expect(top.bid!.price < top.ask!.price).toBe(true);
    const { epoch } = lane.depth(id)!;
    simulator.inject({ fault: "drop", venue: "gemini", symbol: "SOLUSD" });
    await eventually(
      "the file to be emptied, and filled again",
      () => ({ emptied: counter("emptied_total", files().book_file), row: lane.depth(id)! }),
      ({ emptied, row }) => emptied > 0 && row.epoch > epoch && row.validity === "live",
    );
    await eventually("levels again", bookNow, (book) => (book as { bids: object[] }).bids.length > 10);
    await outlivesItsPart(bookNow);
    await gateway.stop();
    expect(bookNow()).toMatchObject({ bids: [], asks: [] });
    expect(readCompatTop(files().top_file)).toMatchObject({ bid: null, ask: null });
  });
});

describe("regions of records", () => {
  it("hold every trade and quote of the lane, by symbol, value for value", LONG, async () => {
    const symbols = ["BTCUSDT", "SOLUSDT"];
    await start("binance", ["BTC-USDT", "ETH-USDT", "SOL-USDT"], {
      isolation: "thread",
      k4: [
        {
          venue: "binance",
          symbols,
          dir,
          trade: "trades",
          bookticker: "bbo",
          depth5: "depth5",
          records: 20_000,
        },
      ],
    });
    const events: MarketEvent[] = [];
    await eventually(
      "trades of both",
      () => {
        lane.poll((event) => events.push(event));
        return symbols.map(
          (one) => events.filter(({ type, symbol }) => type === "trade" && symbol === one).length,
        );
      },
      (counts) => counts.every((count) => count > 15),
    );
    await gateway.stop();
    lane.poll((event) => events.push(event));
    for (const [i, symbol] of symbols.entries()) {
      const trades = events.flatMap((event) =>
        event.type === "trade" && event.symbol === symbol
          ? [
              [
                event.id,
                event.price,
                event.size,
                event.side === "sell" ? 1 : 0,
                event.ts_event,
                event.ts_recv,
              ],
            ]
          : [],
      );
      const seen = records("trades", 96, i, (at, bytes) => [
        String(bytes.readBigUInt64LE(at + 56)),
        bytes.readDoubleLE(at + 64),
        bytes.readDoubleLE(at + 72),
        bytes[at + 80],
        Number(bytes.readBigInt64LE(at + 40)),
        Number(bytes.readBigInt64LE(at + 88)),
      ]);
      expect(seen.length).toBeGreaterThan(15);
      expect(seen).toEqual(trades);
      const quotes = events.flatMap((event) =>
        event.type === "quote" && event.symbol === symbol
          ? [[event.update_id, event.bid_price, event.bid_size, event.ask_price, event.ask_size]]
          : [],
      );
      const tickers = records("bbo", 112, i, (at, bytes) => [
        String(bytes.readBigUInt64LE(at + 56)),
        ...[64, 72, 80, 88].map((field) => bytes.readDoubleLE(at + field)),
      ]);
      expect(tickers.at(-1)).toEqual(["0", 0, 0, 0, 0]);
      expect(tickers.filter(([id]) => id !== "0")).toEqual(quotes);
      const depths = records("depth5", 288, i, (at, bytes) => [
        bytes.readUInt32LE(at + 64),
        bytes.readDoubleLE(at + 80),
        bytes.readDoubleLE(at + 160),
      ]);
      expect(depths.at(-1)).toEqual([0, 0, 0]);
      for (const [levels, bid, ask] of depths.slice(0, -1)) if (levels! > 0) expect(bid!).toBeLessThan(ask!);
      expect(depths.filter(([levels]) => levels === 5).length).toBeGreaterThan(10);
    }
  });

  /** The records of symbol number `i`, oldest first, of a region that has not wrapped. */
  function records<T>(name: string, size: number, i: number, read: (at: number, bytes: Buffer) => T): T[] {
    const bytes = readFileSync(join(dir, name));
    const header = 16 + i * (48 + 20_000 * size);
    const last = Number(bytes.readBigInt64LE(header + 32));
    return Array.from({ length: last + 1 }, (_, k) => read(header + 48 + k * size, bytes));
  }
});

/** A part that is killed leaves what it wrote; the next one begins with empty files and fills them again. */
async function outlivesItsPart(bookNow: () => object): Promise<void> {
  const part = (): { pid: number | null; restarts: number; state: string } =>
    gateway.source.health().parts["compat main"]!;
  const { pid } = part();
  expect(pid).not.toBe(process.pid);
  process.kill(pid!, "SIGKILL");
  await eventually("another part", part, ({ restarts, state }) => restarts === 1 && state === "running");
  const { timestampMs } = bookNow() as { timestampMs: number };
  await eventually(
    "a newer book",
    () => bookNow() as { bids: object[]; timestampMs: number },
    (book) => book.bids.length > 10 && book.timestampMs > timestampMs,
  );
  expect(gateway.source.ready().ready).toBe(true);
}

function counter(name: string, file: string): number {
  const sample = gateway.source
    .counters()
    .find((one) => one.name === `feedhorn_compat_${name}` && one.labels["file"] === file);
  return Number(sample?.value ?? 0);
}

function isDeep(a: unknown, b: unknown): boolean {
  const text = (value: unknown): string =>
    JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? `${one}n` : one));
  return text(a) === text(b);
}
