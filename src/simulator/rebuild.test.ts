import { crc32 } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Level } from "../model/index.ts";
import { venueById } from "../venues/index.ts";
import { bookHash } from "./hash.ts";
import { startSimulator, type Simulator } from "./simulate.ts";

/**
 * Plain clients: `ws`, JSON.parse and the procedure each venue documents for its books, written down naively and
 * apart from everything else in this repository. Every state they reach is compared with the truth.
 */

const PRESENT = ["binance", "binance-usdm", "coinbase", "kraken"].filter((id) => venueById(id) !== null);
const SPEED = 5;
/** States that must agree, per venue. */
const ENOUGH = 80;

interface Depth {
  s: string;
  U: number;
  u: number;
  pu: number;
  b: string[][];
  a: string[][];
}

interface CoinbaseFrame {
  channel: string;
  sequence_num: number;
  timestamp: string;
  events: {
    type: string;
    product_id: string;
    updates: { side: string; price_level: string; new_quantity: string }[];
  }[];
}

interface KrakenRow {
  price: number;
  qty: number;
}

interface KrakenBook {
  channel: "book";
  type: string;
  data: [{ symbol: string; bids: KrakenRow[]; asks: KrakenRow[]; checksum: number; timestamp: string }];
}

interface KrakenInstruments {
  channel: "instrument";
  data: { pairs: { symbol: string; price_precision: number; qty_precision: number }[] };
}

class Book {
  bids = new Map<number, number>();
  asks = new Map<number, number>();
  /** Sequence of the last event applied; -1 before the snapshot. */
  last = -1;
  /** True until the first event after a snapshot was applied. */
  fresh = false;

  replace(bids: Level[], asks: Level[]): void {
    this.bids = new Map(bids);
    this.asks = new Map(asks);
  }

  apply(side: Map<number, number>, levels: Level[]): void {
    for (const [price, size] of levels) {
      if (size === 0) side.delete(price);
      else side.set(price, size);
    }
  }

  best(side: Map<number, number>, sign: number, depth: number): Level[] {
    return [...side].toSorted((a, b) => sign * (a[0] - b[0])).slice(0, depth);
  }

  truncate(depth: number): void {
    this.bids = new Map(this.best(this.bids, -1, depth));
    this.asks = new Map(this.best(this.asks, 1, depth));
  }

  hash(): number {
    return bookHash([...this.bids], [...this.asks]);
  }
}

interface Outcome {
  agreed: number;
  problems: string[];
  crossed: number;
}

interface Scene {
  sim: Simulator;
  symbols: string[];
  outcome: Outcome;
  /** Compares a book with the truth under a key. */
  check(symbol: string, key: number, book: Book, depth?: number): void;
}

function pairs(rows: string[][]): Level[] {
  return rows.map(([price, size]) => [Number(price), Number(size)]);
}

function micros(text: string): number {
  const [, second, fraction = ""] = /^(.*T[\d:]+)(?:\.(\d+))?Z$/.exec(text)!;
  return Date.parse(`${second}Z`) * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}

/** Both products of Binance differ in the path, and in steps 4 to 7 of the procedure. */
function binanceLike(id: string, path: string, restPath: string, futures: boolean) {
  return ({ sim, symbols, check, outcome }: Scene): WebSocket => {
    const { ws, rest } = sim.endpoints[id]!;
    const names = symbols.map((symbol) => `${symbol.toLowerCase()}@depth@100ms`).join("/");
    const socket = new WebSocket(`${ws}${path}?streams=${names}`);
    const books = new Map(symbols.map((symbol) => [symbol, new Book()]));
    const buffers = new Map<string, Depth[]>(symbols.map((symbol) => [symbol, []]));

    const take = (symbol: string, event: Depth): void => {
      const book = books.get(symbol)!;
      const first = book.fresh;
      if (futures ? event.u < book.last : event.u <= book.last) return;
      const linked = futures
        ? first
          ? (event.U <= book.last && book.last <= event.u) || event.pu === book.last
          : event.pu === book.last
        : first
          ? event.U <= book.last + 1
          : event.U === book.last + 1;
      if (!linked)
        outcome.problems.push(`${id} ${symbol}: ${event.U}-${event.u} (pu ${event.pu}) after ${book.last}`);
      book.fresh = false;
      book.apply(book.bids, pairs(event.b));
      book.apply(book.asks, pairs(event.a));
      book.last = event.u;
      check(symbol, event.u, book);
    };

    const snapshot = async (symbol: string): Promise<void> => {
      const body = (await (await fetch(`${rest}${restPath}?symbol=${symbol}&limit=1000`)).json()) as {
        lastUpdateId: number;
        bids: string[][];
        asks: string[][];
      };
      const buffer = buffers.get(symbol)!;
      if (buffer.length > 0 && body.lastUpdateId < buffer[0]!.U - (futures ? 2 : 1)) return snapshot(symbol);
      const book = books.get(symbol)!;
      book.replace(pairs(body.bids), pairs(body.asks));
      book.last = body.lastUpdateId;
      book.fresh = true;
      check(symbol, book.last, book);
      for (const event of buffer) take(symbol, event);
    };

    socket.on("message", (data) => {
      const event = (JSON.parse(String(data)) as { data: Depth }).data;
      const symbol = event.s;
      if (books.get(symbol)!.last >= 0) return take(symbol, event);
      const buffer = buffers.get(symbol)!;
      buffer.push(event);
      if (buffer.length === 2) void snapshot(symbol);
    });
    return socket;
  };
}

function coinbase({ sim, symbols, check, outcome }: Scene): WebSocket {
  const socket = new WebSocket(sim.endpoints["coinbase"]!.ws, { headers: { "user-agent": "plain client" } });
  const books = new Map(symbols.map((symbol) => [symbol, new Book()]));
  let sequence = -1;
  socket.on("open", () => {
    socket.send(JSON.stringify({ type: "subscribe", channel: "heartbeats" }));
    socket.send(JSON.stringify({ type: "subscribe", channel: "level2", product_ids: symbols }));
  });
  socket.on("message", (data) => {
    const frame = JSON.parse(String(data)) as CoinbaseFrame;
    if (frame.sequence_num !== sequence + 1)
      outcome.problems.push(`coinbase: sequence_num ${frame.sequence_num} after ${sequence}`);
    sequence = frame.sequence_num;
    if (frame.channel !== "l2_data") return;
    for (const event of frame.events) {
      const book = books.get(event.product_id)!;
      if (event.type === "snapshot") book.replace([], []);
      for (const row of event.updates)
        book.apply(row.side === "bid" ? book.bids : book.asks, [
          [Number(row.price_level), Number(row.new_quantity)],
        ]);
      check(event.product_id, micros(frame.timestamp), book);
    }
  });
  return socket;
}

const KRAKEN_DEPTH = 25;

function krakenText(levels: Level[], precision: { price: number; qty: number }): string {
  const digits = (value: number, places: number): string =>
    value.toFixed(places).replace(".", "").replace(/^0+/, "");
  return levels.map(([price, qty]) => digits(price, precision.price) + digits(qty, precision.qty)).join("");
}

function kraken({ sim, symbols, check, outcome }: Scene): WebSocket {
  const socket = new WebSocket(sim.endpoints["kraken"]!.ws);
  const books = new Map(symbols.map((symbol) => [symbol, new Book()]));
  const precisions = new Map<string, { price: number; qty: number }>();
  socket.on("open", () => {
    const ask = (params: object, id: number): void =>
      socket.send(JSON.stringify({ method: "subscribe", params, req_id: id }));
    ask({ channel: "instrument" }, 1);
    ask({ channel: "book", symbol: symbols, depth: KRAKEN_DEPTH }, 2);
  });
  socket.on("message", (data) => {
    const frame = JSON.parse(String(data)) as KrakenBook | KrakenInstruments | { channel: "other" };
    if (frame.channel === "instrument")
      for (const pair of frame.data.pairs)
        precisions.set(pair.symbol, { price: pair.price_precision, qty: pair.qty_precision });
    if (frame.channel !== "book") return;
    const [event] = frame.data;
    const book = books.get(event.symbol)!;
    const levels = (rows: KrakenRow[]): Level[] => rows.map((row) => [row.price, row.qty]);
    if (frame.type === "snapshot") book.replace([], []);
    book.apply(book.bids, levels(event.bids));
    book.apply(book.asks, levels(event.asks));
    book.truncate(KRAKEN_DEPTH);
    const precision = precisions.get(event.symbol)!;
    const text =
      krakenText(book.best(book.asks, 1, 10), precision) +
      krakenText(book.best(book.bids, -1, 10), precision);
    if (crc32(text) !== event.checksum) outcome.problems.push(`kraken ${event.symbol}: checksum of ${text}`);
    check(event.symbol, micros(event.timestamp), book, KRAKEN_DEPTH);
  });
  return socket;
}

const CLIENTS: Record<string, (scene: Scene) => WebSocket> = {
  binance: binanceLike("binance", "/stream", "/api/v3/depth", false),
  "binance-usdm": binanceLike("binance-usdm", "/stream", "/fapi/v1/depth", true),
  coinbase,
  kraken,
};

describe("books rebuilt by plain clients equal the truth at every key", () => {
  let sim: Simulator;
  beforeAll(async () => {
    const venues = PRESENT.map((id) => ({ venue: venueById(id)! }));
    sim = await startSimulator({ venues, seed: "rebuild", speed: SPEED, rate: 60, instruments: 3 });
  });
  const sockets: WebSocket[] = [];
  afterEach(async () => {
    for (const socket of sockets) socket.terminate();
    sockets.length = 0;
    const connections = (): number =>
      Object.values(sim.stats().venues).reduce((sum, venue) => sum + venue.connections, 0);
    await expect.poll(connections, { interval: 5 }).toBe(0);
  });
  afterAll(() => sim.close());

  /** Runs the plain client of a venue; `problems` and `agreed` grow while it lives. */
  function follow(id: string): { outcome: Outcome; symbols: string[] } {
    const outcome: Outcome = { agreed: 0, problems: [], crossed: 0 };
    const symbols = [...sim.symbols[id]!];
    const check: Scene["check"] = (symbol, key, book, depth) => {
      const state = sim.truth.at({ venue: id, symbol, seq: key, depth });
      if (state?.hash === book.hash()) outcome.agreed += 1;
      else
        outcome.problems.push(
          `${id} ${symbol} at ${key}: ${state === null ? "no such state" : "another book"}`,
        );
      if (Math.max(...book.bids.keys()) >= Math.min(...book.asks.keys())) outcome.crossed += 1;
    };
    const socket = CLIENTS[id]!({ sim, symbols, outcome, check });
    sockets.push(socket);
    return { outcome, symbols };
  }

  async function enough(outcome: Outcome): Promise<void> {
    const goal = outcome.agreed + ENOUGH;
    await expect
      .poll(() => outcome.agreed + 1000 * outcome.problems.length, { timeout: 15_000 })
      .toBeGreaterThan(goal);
  }

  test.each(PRESENT)("%s", async (id) => {
    const { outcome } = follow(id);
    await enough(outcome);
    expect(outcome.problems.slice(0, 3)).toEqual([]);
    expect(outcome.crossed).toBe(0);
  });

  test.each(PRESENT)("%s: a dropped frame does not go unnoticed", async (id) => {
    const { outcome, symbols } = follow(id);
    await enough(outcome);
    expect(outcome.problems).toEqual([]);
    // Now and then the very next change overwrites what was missed, and nothing is wrong: then once more.
    const dropped = (): number => {
      if (outcome.problems.length === 0) sim.inject({ fault: "drop", venue: id, symbol: symbols[0]! });
      return outcome.problems.length;
    };
    await expect.poll(dropped, { timeout: 5000 }).toBeGreaterThan(0);
    expect(outcome.problems[0]).toMatch(/ after \d+$|checksum/);
  });

  test.each(PRESENT.filter((id) => venueById(id)!.book === "checksum"))(
    "%s: a flipped digit shows in the checksum, at once",
    async (id) => {
      const { outcome } = follow(id);
      await enough(outcome);
      sim.inject({ fault: "flip_digit", venue: id });
      await expect.poll(() => outcome.problems.length, { timeout: 5000 }).toBeGreaterThan(0);
      expect(outcome.problems[0]).toContain("checksum");
    },
  );

  test.each(PRESENT.filter((id) => venueById(id)!.book === "connectionWide"))(
    "%s: a stall ends with a full book, and no number is missing",
    async (id) => {
      const { outcome, symbols } = follow(id);
      await enough(outcome);
      sim.inject({ fault: "stall", venue: id, symbol: symbols[0]!, duration: 4000 });
      await new Promise((resolve) => setTimeout(resolve, 4000 / SPEED + 100));
      await enough(outcome);
      expect(outcome.problems).toEqual([]);
    },
  );
});
