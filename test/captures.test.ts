import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { BookEvent, Level, MarketEvent } from "../src/model/index.ts";

/**
 * Recorded sessions through the real command line, against a plain JSON.parse reading of the same lines and a book
 * kept in a Map by the venue's documented steps, both written here without a line of feedhorn's.
 */
const ROOT = join(import.meta.dirname, "..");
const CAPTURES = process.env["FEEDHORN_CAPTURES"] ?? join(ROOT, "../shared/captures");
const MAIN = join(ROOT, "src/cli/main.ts");

interface Line {
  readonly ts: string;
  readonly dir: string;
  readonly url?: string;
  readonly text?: string;
}

interface Data {
  readonly e?: string;
  readonly [key: string]: unknown;
}

interface Expected {
  readonly file: string;
  readonly venue: string;
  readonly perpetual: boolean;
  readonly frames: number;
  readonly ignored: number;
  readonly events: Record<string, number>;
  /** Book events: applied, contained in the snapshot, and (among both) seen before the snapshot. */
  readonly books: { readonly applied: number; readonly old: number; readonly early: number };
  readonly symbols: readonly string[];
}

const SESSIONS: readonly Expected[] = [
  {
    file: "binance-spot.frames.ndjson",
    venue: "binance",
    perpetual: false,
    frames: 269,
    ignored: 2,
    events: { book: 181, quote: 84, trade: 2 },
    books: { applied: 176, old: 1, early: 4 },
    symbols: ["BLZETH", "LRCBTC", "NKNUSDT", "RUNEEUR"],
  },
  {
    file: "binance-us.frames.ndjson",
    venue: "binance-us",
    perpetual: false,
    frames: 484,
    ignored: 5,
    events: { book: 340, quote: 128, trade: 11 },
    books: { applied: 336, old: 0, early: 4 },
    symbols: ["COMPUSDT", "CRVUSDT", "OMGBUSD", "ZRXUSDT"],
  },
  {
    file: "binance-usdm.frames.ndjson",
    venue: "binance-usdm",
    perpetual: true,
    frames: 1539,
    ignored: 67,
    events: { book: 768, quote: 613, trade: 91 },
    books: { applied: 753, old: 11, early: 4 },
    symbols: ["AKROUSDT", "CTKUSDT", "KEEPUSDT", "SUSHIUSDT"],
  },
];

function feedhorn(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const options = { encoding: "utf8", maxBuffer: 1 << 28 } as const;
  return spawnSync(process.execPath, ["--import", "tsx", MAIN, ...args], options);
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

function eventsOf(text: string): MarketEvent[] {
  return linesOf(text).map((line) => JSON.parse(line) as MarketEvent);
}

/** Quote assets of the sessions; what stands before one is the base. */
function canonical(symbol: string, perpetual: boolean): string {
  const quote = ["USDT", "BUSD", "ETH", "BTC", "EUR"].find((one) => symbol.endsWith(one))!;
  return `${symbol.slice(0, -quote.length)}-${quote}${perpetual ? "-PERP" : ""}`;
}

function levels(side: unknown): Level[] {
  return (side as [string, string][]).map(([price, size]) => [Number(price), Number(size)]);
}

function micros(ms: unknown): number | null {
  return ms === undefined ? null : Number(ms) * 1000;
}

/** What a frame says, by the venue's documentation and nothing else. */
function plain(line: Line, { venue, perpetual }: Expected): object[] {
  const ts_recv = Math.floor(Number(BigInt(line.ts) / 1000n));
  const body = JSON.parse(line.text!) as { stream?: string; data?: Data };
  const data = (line.dir === "http" ? body : body.data!) as Data;
  const symbol = line.dir === "http" ? new URL(line.url!).searchParams.get("symbol")! : String(data["s"]);
  const names = { venue, symbol, instrument: canonical(symbol, perpetual) };
  if (line.dir === "http") {
    const { bids, asks, lastUpdateId, T } = data;
    const head = { type: "book", action: "snapshot", ...names, bids: levels(bids), asks: levels(asks) };
    return [{ ...head, seq: String(lastUpdateId), prev_seq: null, ts_event: micros(T), ts_recv }];
  }
  if (data.e === "depthUpdate") {
    const { b, a, u, U, pu, E, T } = data;
    const prev_seq = perpetual ? String(pu) : String(Number(U) - 1);
    const head = { type: "book", action: "update", ...names, bids: levels(b), asks: levels(a) };
    return [{ ...head, seq: String(u), prev_seq, ts_event: micros(perpetual ? T : E), ts_recv }];
  }
  if (data.e === "aggTrade") {
    const { a, p, q, m, T } = data;
    const values = { id: String(a), price: Number(p), size: Number(q), side: m === true ? "sell" : "buy" };
    return [{ type: "trade", ...names, ...values, ts_event: micros(T), ts_recv }];
  }
  if (body.stream!.endsWith("@bookTicker")) {
    const { b, B, a, A, u, T } = data;
    const bid = { bid_price: Number(b), bid_size: Number(B) };
    const ask = { ask_price: Number(a), ask_size: Number(A) };
    return [{ type: "quote", ...names, ...bid, ...ask, update_id: String(u), ts_event: micros(T), ts_recv }];
  }
  return [];
}

/** A book by the venue's documented steps: buffer, snapshot, drop what is old, then an unbroken chain. */
class PlainBook {
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();
  #last = -1;
  #fresh = true;
  #waiting: BookEvent[] = [];

  /** Events applied because of this one. */
  take(event: BookEvent, perpetual: boolean): BookEvent[] {
    if (event.action === "snapshot") return this.#snapshot(event, perpetual);
    if (this.#last < 0) {
      this.#waiting.push(event);
      return [];
    }
    return this.#update(event, perpetual) ? [event] : [];
  }

  #snapshot(event: BookEvent, perpetual: boolean): BookEvent[] {
    this.#set(event);
    this.#last = Number(event.seq);
    const waiting = this.#waiting.filter((one) => this.#update(one, perpetual));
    return [event, ...waiting];
  }

  #update(event: BookEvent, perpetual: boolean): boolean {
    const [seq, prev] = [Number(event.seq), Number(event.prev_seq)];
    if (seq <= this.#last) return false;
    const chained = perpetual && !this.#fresh ? prev === this.#last : prev <= this.#last;
    if (!chained) throw new Error(`break: ${event.symbol} ${prev} after ${this.#last}`);
    this.#set(event);
    this.#last = seq;
    this.#fresh = false;
    return true;
  }

  #set(event: BookEvent): void {
    for (const [side, changes] of [
      [this.bids, event.bids],
      [this.asks, event.asks],
    ] as const)
      for (const [price, size] of changes)
        if (size === 0) side.delete(price);
        else side.set(price, size);
  }

  top(depth: number): { bids: Level[]; asks: Level[] } {
    const sorted = (side: Map<number, number>, sign: number): Level[] =>
      [...side].toSorted(([a], [b]) => sign * (a - b)).slice(0, depth);
    return { bids: sorted(this.bids, -1), asks: sorted(this.asks, 1) };
  }
}

describe.each(SESSIONS)("$file", (session) => {
  const file = join(CAPTURES, session.file);
  const here = existsSync(file);
  const why = here ? "" : ` (skipped: ${file} is not there; set FEEDHORN_CAPTURES)`;

  it.skipIf(!here)(`gives every event, value for value${why}`, () => {
    const { status, stdout, stderr } = feedhorn(
      "normalize",
      "--venue",
      session.venue,
      "--frames",
      file,
      "--summary",
    );
    const frames = linesOf(readFileSync(file, "utf8")).slice(1);
    const expected = frames
      .map((line) => JSON.parse(line) as Line)
      .filter(({ dir }) => dir === "in" || dir === "http")
      .flatMap((line) => plain(line, session));
    expect(status).toBe(0);
    expect(eventsOf(stdout)).toEqual(expected);
    expect(JSON.parse(stderr)).toEqual({
      frames: session.frames,
      parsed: session.frames,
      heartbeats: 0,
      controls: 0,
      refusals: 0,
      ignored: session.ignored,
      empty: 0,
      unknown: 0,
      bad: 0,
      bad_lines: 0,
      fallbacks: 0,
      slow_fallbacks: 0,
      inexact: 0,
      opened: 1,
      sent: 0,
      events: session.events,
    });
  });

  it.skipIf(!here)(
    `rebuilds books that are never crossed and equal a plain rebuild after every event${why}`,
    () => {
      const flags = ["--frames", file, "--books", "--depth", "10", "--summary"];
      const { status, stdout, stderr } = feedhorn("normalize", "--venue", session.venue, ...flags);
      expect(status).toBe(0);
      const { books } = JSON.parse(stderr) as { books: Record<string, number> };
      const none = { partial: 0, breaks: 0, stale: 0, crossed: 0, checksums: 0, unverified: 0 };
      expect(books).toEqual({ ...session.books, ...none });
      const seen = eventsOf(stdout) as BookEvent[];
      expect(seen).toEqual(plainBooks(file, session));
      for (const { bids, asks } of seen)
        if (bids.length > 0 && asks.length > 0) expect(bids[0]![0]).toBeLessThan(asks[0]![0]);
    },
  );

  it.skipIf(!here)(`prints each book once with --final${why}`, () => {
    const { stdout } = feedhorn("normalize", "--frames", file, "--books", "--final", "--depth", "10");
    const last = new Map(plainBooks(file, session).map((book) => [book.symbol, book]));
    const final = eventsOf(stdout) as BookEvent[];
    expect(final.map(({ symbol }) => symbol).toSorted()).toEqual(session.symbols);
    for (const book of final) expect(book).toEqual(last.get(book.symbol));
  });

  it.skipIf(!here)(`names a break where a diff was lost${why}`, () => {
    const lines = linesOf(readFileSync(file, "utf8"));
    const at = thirdUpdate(lines, session.symbols[0]!);
    const input = lines.toSpliced(at, 1).join("\n");
    const args = ["--import", "tsx", MAIN, "normalize", "--books", "--final", "--summary"];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", input });
    const said = linesOf(stderr);
    expect(said[0]).toMatch(
      new RegExp(`^line \\d+: ${session.symbols[0]}: sequence break: expected a link to \\d+, saw \\d+`),
    );
    expect((JSON.parse(said.at(-1)!) as { books: { breaks: number } }).books.breaks).toBe(1);
    expect(eventsOf(stdout).map(({ symbol }) => symbol)).not.toContain(session.symbols[0]);
  });
});

/** The same books by {@link PlainBook}, in the form in which normalize prints them. */
function plainBooks(file: string, session: Expected): BookEvent[] {
  const books = new Map<string, PlainBook>();
  const printed: BookEvent[] = [];
  for (const text of linesOf(readFileSync(file, "utf8")).slice(1)) {
    const line = JSON.parse(text) as Line;
    if (line.dir !== "in" && line.dir !== "http") continue;
    for (const event of plain(line, session) as BookEvent[]) {
      if (event.type !== "book") continue;
      const book = books.get(event.symbol) ?? new PlainBook();
      books.set(event.symbol, book);
      for (const applied of book.take(event, session.perpetual))
        printed.push({ ...applied, action: "snapshot", ...book.top(10), prev_seq: null });
    }
  }
  return printed;
}

/** Index of the third update of a symbol's book after its snapshot. */
function thirdUpdate(lines: readonly string[], symbol: string): number {
  const snapshot = lines.findIndex((line) => line.includes(`symbol=${symbol}&`));
  const updates = lines.flatMap((line, i) =>
    i > snapshot && line.includes("depthUpdate") && line.includes(`\\"s\\":\\"${symbol}\\"`) ? [i] : [],
  );
  return updates[2]!;
}
