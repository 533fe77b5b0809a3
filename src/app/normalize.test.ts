import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import type { BookEvent, MarketEvent } from "../model/index.ts";
import { venueById } from "../venues/index.ts";
import { FramesReader } from "./frames/frames-file.ts";
import { EventPrinter } from "./normalize/events.ts";
import { Normalizer } from "./normalize.ts";
import type { NormalizeCounts } from "./normalize/counts.ts";
import { Roster } from "./normalize/writer.ts";

interface Result {
  readonly events: MarketEvent[];
  readonly notes: string[];
  readonly counts: NormalizeCounts;
}

function normalize(venueId: string, lines: readonly string[]): Result {
  const venue = venueById(venueId)!;
  const events: MarketEvent[] = [];
  const notes: string[] = [];
  const roster = new Roster(venue);
  const printer = new EventPrinter(roster, (event) => events.push(event));
  const normalizer = new Normalizer(venue, roster, printer, (line, text) => notes.push(`${line}: ${text}`));
  const reader = new FramesReader(normalizer);
  reader.push(Buffer.from(lines.join("\n")));
  reader.finish();
  return { events, notes, counts: normalizer.counts };
}

function http(url: string, body: unknown): string {
  return JSON.stringify({ ts: "1700000000000001000", dir: "http", url, text: JSON.stringify(body) });
}

function framed(text: string): string {
  return JSON.stringify({ ts: "1700000000000002000", dir: "in", text });
}

const TRADE =
  '{"e":"trade","E":1700000000120,"s":"BTCUSDT","t":28457,"p":"43210.10000000","q":"0.50000000","T":1700000000119,"m":false,"M":true}';

function trade(fields: Record<string, unknown>): string {
  return JSON.stringify({ ...(JSON.parse(TRADE) as object), ...fields });
}

describe("events", () => {
  it("say what a bare frame says, received at 0", () => {
    expect(normalize("binance", [TRADE]).events).toEqual([
      {
        type: "trade",
        venue: "binance",
        symbol: "BTCUSDT",
        instrument: "BTC-USDT",
        id: "28457",
        price: 43210.1,
        size: 0.5,
        side: "buy",
        ts_event: 1700000000119000,
        ts_recv: 0,
      },
    ]);
  });

  it("name a symbol that no rule can split, and any other text that may be one", () => {
    const { events } = normalize("binance", [trade({ s: "FOOBAR" }), trade({ s: "币安人生USDT" })]);
    expect(events.map(({ symbol, instrument }) => [symbol, instrument])).toEqual([
      ["FOOBAR", null],
      ["币安人生USDT", "币安人生-USDT"],
    ]);
  });

  it("are none for a name that cannot be a symbol", () => {
    const { events, counts } = normalize("binance", [trade({ s: "" }), trade({ s: "X".repeat(65) })]);
    expect(events).toEqual([]);
    expect(counts).toMatchObject({ frames: 2, parsed: 2, empty: 2 });
  });

  it("find the symbol of a stream name in lower case, met before or not", () => {
    const partial = (stream: string): string =>
      JSON.stringify({ stream, data: { lastUpdateId: 5, bids: [["1.5", "2"]], asks: [] } });
    const { events } = normalize("binance", [partial("ethusdt@depth5"), TRADE, partial("btcusdt@depth5")]);
    expect(events.map(({ type, symbol }) => [type, symbol])).toEqual([
      ["book", "ETHUSDT"],
      ["trade", "BTCUSDT"],
      ["book", "BTCUSDT"],
    ]);
  });

  it("come from REST bodies: a snapshot, and metadata that names instruments from then on", () => {
    const filters = [
      { filterType: "PRICE_FILTER", tickSize: "0.01000000" },
      { filterType: "LOT_SIZE", stepSize: "0.00001000" },
    ];
    const symbol = { symbol: "FOOBAR", status: "TRADING", baseAsset: "FOO", quoteAsset: "BAR", filters };
    const { events, counts } = normalize("binance", [
      http("https://api.binance.com/api/v3/depth?symbol=FOOBAR&limit=5", {
        lastUpdateId: 9,
        bids: [["2", "1"]],
        asks: [],
      }),
      http("https://api.binance.com/api/v3/exchangeInfo", { symbols: [symbol] }),
      framed(trade({ s: "FOOBAR" })),
      http("https://api.binance.com/api/v3/time", { serverTime: 1 }),
    ]);
    expect(events.map(({ type, instrument, ts_recv }) => [type, instrument, ts_recv])).toEqual([
      ["book", null, 1700000000000001],
      ["instrument", "FOO-BAR", 1700000000000001],
      ["trade", "FOO-BAR", 1700000000000002],
    ]);
    expect(events[1]).toMatchObject({
      kind: "spot",
      base: "FOO",
      tick: 0.01,
      lot: 0.00001,
      status: "trading",
      ts_event: null,
    });
    expect(counts).toMatchObject({
      frames: 4,
      parsed: 4,
      ignored: 1,
      events: { book: 1, instrument: 1, trade: 1 },
    });
  });

  it("hold every level of an event larger than the ring at first is", () => {
    const levels = Array.from({ length: 40_000 }, (_, i) => [String(100_000 - i), "1.5"]);
    const url = "https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=50000";
    const { events, counts } = normalize("binance", [
      http(url, { lastUpdateId: 7, bids: levels, asks: levels }),
      framed(TRADE),
    ]);
    const book = events[0] as BookEvent;
    expect([book.bids.length, book.asks.length, book.bids[39_999]]).toEqual([40_000, 40_000, [60_001, 1.5]]);
    expect(events[1]).toMatchObject({ type: "trade", price: 43210.1 });
    expect(counts).toMatchObject({ fallbacks: 0, events: { book: 1, trade: 1 } });
  });

  it("tell of venue states; acks and heartbeats are none", () => {
    const status = {
      channel: "status",
      type: "update",
      data: [{ system: "cancel_only", api_version: "v2", version: "2" }],
    };
    const { events, counts } = normalize("kraken", [JSON.stringify(status), '{"channel":"heartbeat"}']);
    expect(events).toEqual([
      {
        type: "status",
        venue: "kraken",
        symbol: "",
        instrument: null,
        scope: "venue",
        state: "cancel_only",
        reason: "venue",
        ts_event: null,
        ts_recv: 0,
      },
    ]);
    expect(counts).toMatchObject({ parsed: 2, heartbeats: 1, controls: 1, empty: 0 });
  });
});

describe("bad input", () => {
  const decimal = "expected a decimal >= 0 that fits a double at";
  const missing = "a field that this channel needs is missing, of another type or out of range";
  it.each([
    ["price NaN", trade({ p: "NaN" }), `${decimal} p, saw "NaN"`],
    ["price below 0", trade({ p: "-1.5" }), `${decimal} p, saw "-1.5"`],
    ["price beyond a double", trade({ p: "1e400" }), `${decimal} p, saw "1e400"`],
    ["price empty", trade({ p: "" }), `${decimal} p, saw ""`],
    ["price Infinity", trade({ p: "Infinity" }), `${decimal} p, saw "Infinity"`],
    ["size below 0", trade({ q: "-0.1" }), `${decimal} q, saw "-0.1"`],
    ["price a list", trade({ p: ["1"] }), missing],
    ["cut", TRADE.slice(0, 60), "not JSON"],
    ["nothing like it", "<html>502 Bad Gateway</html>", "not JSON"],
  ])("%s is told and counted, and the rest is read", (_what, frame, why) => {
    const { events, notes, counts } = normalize("binance", [frame, TRADE]);
    expect(notes.length).toBe(1);
    expect(notes[0]!.startsWith(`1: bad frame: ${why}: `)).toBe(true);
    expect(counts).toMatchObject({ frames: 2, parsed: 1, bad: 1 });
    expect(events.length).toBe(1);
  });

  it("leaves no event of a frame that is bad at its end", () => {
    const data = { e: "depthUpdate", E: 1, s: "BTCUSDT", U: 1, u: 2, b: [["1", "1"]], a: [["2", "-1"]] };
    const { events, counts } = normalize("binance", [JSON.stringify(data), TRADE]);
    expect(events.map(({ type }) => type)).toEqual(["trade"]);
    expect(counts).toMatchObject({ bad: 1, events: { trade: 1 } });
  });

  it.each([
    ["an unknown event", '{"e":"somethingNew","E":1}'],
    ["an unknown stream", '{"stream":"btcusdt@new","data":{"x":1}}'],
    ["a trade without price", TRADE.replace('"p":"43210.10000000",', "")],
    ["another venue's frame", '{"channel":"heartbeat"}'],
  ])("%s is unknown, not bad", (_what, frame) => {
    const { notes, counts } = normalize("binance", [frame]);
    expect(notes.length).toBe(1);
    expect(notes[0]!.startsWith(`1: unknown frame: ${frame.slice(0, 80)}`)).toBe(true);
    expect(counts).toMatchObject({ frames: 1, parsed: 0, unknown: 1, bad: 0 });
  });

  it("cannot move the terminal it is shown on", () => {
    const { notes } = normalize("binance", ["\u001b[2Jx\u0007\u202e\u2028y\u0000" + "z".repeat(90)]);
    expect(notes).toEqual([
      `1: bad frame: not JSON: \\u001b[2Jx\\u0007\\u202e\\u2028y\\u0000${"z".repeat(70)}...`,
    ]);
  });

  it("names what the venue refused", () => {
    const frame = '{"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":7}';
    const { notes, counts } = normalize("binance", [frame]);
    expect(notes[0]).toMatch(/^1: binance refused a request: Invalid request: invalid stream/);
    expect(counts).toMatchObject({ parsed: 1, controls: 1, refusals: 1 });
  });

  it("counts REST bodies that are errors as bad", () => {
    const url = "https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=5";
    const { notes, counts } = normalize("binance", [
      http(url, { code: -1121, msg: "Invalid symbol." }),
      http("https://api.binance.com/api/v3/exchangeInfo", [1]),
    ]);
    expect(notes.map((note) => note.split(":", 2).join(":"))).toEqual(["1: bad frame", "2: bad frame"]);
    expect(counts).toMatchObject({ frames: 2, parsed: 0, bad: 2 });
  });
});
