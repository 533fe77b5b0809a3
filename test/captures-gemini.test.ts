import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FRAME, instrumentOf } from "../src/model/index.ts";
import type { BookEvent, Level, MarketEvent } from "../src/model/index.ts";
import { gemini } from "../src/venues/gemini/venue.ts";
import { captureOf } from "./contracts/frames.ts";
import { Rig } from "./contracts/venue-rig.ts";

/**
 * A session recorded from Gemini's second protocol in June 2021, through the real command line, against a plain
 * JSON.parse reading of the same lines and books kept in a Map, both written here without a line of feedhorn's.
 */
const ROOT = join(import.meta.dirname, "..");
const FILE = join(
  process.env["FEEDHORN_CAPTURES"] ?? join(ROOT, "../shared/captures"),
  "gemini-v2.frames.ndjson",
);
const MAIN = join(ROOT, "src/cli/main.ts");
const PAIRS = ["ALCX-USD", "ANKR-USD", "BAT-BTC", "BTC-GBP", "ETH-EUR", "FIL-USD", "GRT-USD"].concat([
  "LINK-ETH",
  "LTC-ETH",
  "ZEC-LTC",
]);

interface Line {
  readonly ts: string;
  readonly dir: string;
  readonly text?: string;
}
interface Frame {
  readonly type: string;
  readonly symbol: string;
  readonly changes: [string, string, string][];
  readonly trades?: Frame[];
  readonly auction_events?: unknown[];
  readonly event_id: number;
  readonly timestamp: number;
  readonly price: string;
  readonly quantity: string;
  readonly side: "buy" | "sell";
}

function normalize(...args: string[]): { status: number | null; events: MarketEvent[]; stderr: string } {
  const all = ["--import", "tsx", MAIN, "normalize", "--frames", FILE, "--summary", ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const lines = stdout.split("\n").filter((line) => line !== "");
  return { status, events: lines.map((line) => JSON.parse(line) as MarketEvent), stderr };
}

function frames(): { recv: number; frame: Frame }[] {
  const lines = readFileSync(FILE, "utf8").trimEnd().split("\n").slice(1);
  return lines
    .map((line) => JSON.parse(line) as Line)
    .filter(({ dir }) => dir === "in")
    .map(({ ts, text }) => ({
      recv: Math.floor(Number(BigInt(ts) / 1000n)),
      frame: JSON.parse(text!) as Frame,
    }));
}

function plain(frame: Frame, ts_recv: number): object[] {
  const { symbol } = frame;
  const instrument = PAIRS.find((name) => name.replace("-", "") === symbol);
  const names = { venue: "gemini", symbol, instrument };
  const trade = (one: Frame, flags: object): object => {
    const values = { id: String(one.event_id), price: Number(one.price), size: Number(one.quantity) };
    return {
      type: "trade",
      ...names,
      ...values,
      side: one.side,
      ts_event: one.timestamp * 1000,
      ts_recv,
      ...flags,
    };
  };
  if (frame.type === "trade") return [trade(frame, {})];
  if (frame.type !== "l2_updates") return [];
  const side = (name: string): Level[] =>
    frame.changes.filter(([of]) => of === name).map(([, price, size]) => [Number(price), Number(size)]);
  const action = frame.auction_events === undefined ? "update" : "snapshot";
  const sides = { bids: side("buy"), asks: side("sell") };
  const book = {
    type: "book",
    action,
    ...names,
    ...sides,
    seq: null,
    prev_seq: null,
    ts_event: null,
    ts_recv,
  };
  const history = (frame.trades ?? []).toReversed().map((one) => trade(one, { flags: ["snapshot"] }));
  return [book, ...history];
}

/** Every state of every book, ten levels a side. */
function plainBooks(): object[] {
  const books = new Map<string, { bids: Map<number, number>; asks: Map<number, number> }>();
  return frames().flatMap(({ frame, recv }) => {
    const [event] = plain(frame, recv) as BookEvent[];
    if (event?.type !== "book") return [];
    const known = event.action === "update" ? books.get(event.symbol) : undefined;
    const book = known ?? { bids: new Map<number, number>(), asks: new Map<number, number>() };
    books.set(event.symbol, book);
    for (const name of ["bids", "asks"] as const)
      for (const [price, size] of event[name])
        if (size === 0) book[name].delete(price);
        else book[name].set(price, size);
    const top = (side: Map<number, number>, sign: number): Level[] =>
      [...side].toSorted(([a], [b]) => sign * (a - b)).slice(0, 10);
    return [{ ...event, action: "snapshot", bids: top(book.bids, -1), asks: top(book.asks, 1) }];
  });
}

const here = existsSync(FILE);
const why = here ? "" : ` (skipped: ${FILE} is not there; set FEEDHORN_CAPTURES)`;

describe("gemini-v2.frames.ndjson", () => {
  it.skipIf(!here)(`is read in place, first frames of 50 trades among them${why}`, () => {
    const names = PAIRS.map((canonical) => instrumentOf({ symbol: canonical.replace("-", ""), canonical }));
    const rig = new Rig(gemini, names);
    const texts = captureOf("gemini-v2")!.flatMap(({ dir, text }) => (dir === "in" ? [text!] : []));
    expect(texts).toHaveLength(678);
    for (const text of texts) {
      const { frame, fallbacks, slowFallbacks, inexact } = rig.text(text);
      const verdict = text.includes('"heartbeat"') ? FRAME.HEARTBEAT : FRAME.DATA;
      expect([frame, fallbacks, slowFallbacks, inexact]).toEqual([verdict, 0, 0, 0]);
    }
  });

  it.skipIf(!here)(`gives every event, value for value${why}`, () => {
    const { status, events, stderr } = normalize();
    expect(status).toBe(0);
    expect(events).toEqual(frames().flatMap(({ frame, recv }) => plain(frame, recv)));
    expect(JSON.parse(stderr)).toMatchObject({
      frames: 678,
      parsed: 678,
      heartbeats: 7,
      unknown: 0,
      bad: 0,
      fallbacks: 0,
      slow_fallbacks: 0,
      inexact: 0,
      events: { book: 655, trade: 516 },
    });
  });

  it.skipIf(!here)(
    `rebuilds books that are never crossed and equal a plain rebuild after every event${why}`,
    () => {
      const { status, events, stderr } = normalize("--books", "--depth", "10");
      expect(status).toBe(0);
      const { books } = JSON.parse(stderr) as { books: Record<string, number> };
      expect(books).toMatchObject({ applied: 655, old: 0, early: 0, breaks: 0, crossed: 0 });
      expect(events).toEqual(plainBooks());
    },
  );

  it.skipIf(!here)(`ends with all ten books${why}`, () => {
    const names = normalize("--books", "--final").events.map(({ instrument }) => instrument);
    expect(names.toSorted()).toEqual(PAIRS);
  });
});
