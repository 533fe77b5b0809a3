import { existsSync, readFileSync } from "node:fs";
import { normalizeBookChanges, normalizeBookTickers, normalizeTrades } from "tardis-dev";
import { instrumentOf, LONG, NUM, putMicros, putNumber } from "../../src/model/index.ts";
import type { Instrument, Level, MarketEvent, Out, Subscription, Venue } from "../../src/model/index.ts";
import { venueById } from "../../src/venues/index.ts";
import { seeded } from "../harness.ts";
import type { ParseCase } from "./parse-case.ts";

/** Binance frames to be parsed: recorded ones where there are captures, seeded ones of the same shape otherwise. */

const CAPTURES =
  process.env["FEEDHORN_CAPTURES"] ?? new URL("../../../shared/captures/", import.meta.url).pathname;
const FRAMES = 600;
const NOW = 1_779_955_201_000_000;

type Json = Record<string, never> & { data: Json };
type Mapper = {
  canHandle(message: unknown): boolean;
  map(message: never, local: Date): Iterable<unknown> | undefined;
};

function venue(id: string): Venue {
  const found = venueById(id);
  if (found === null) throw new Error(`expected a venue ${id}, saw none`);
  return found;
}

/** Frames of a recorded session that match; none where it is not there. */
function recorded(file: string, matches: RegExp): string[] {
  const path = `${CAPTURES}/${file}.frames.ndjson`;
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").trimEnd().split("\n").slice(1);
  const frames = lines.map((line) => JSON.parse(line) as { dir: string; text?: string });
  return frames.flatMap(({ dir, text }) =>
    dir === "in" && text !== undefined && matches.test(text) ? [text] : [],
  );
}

/** Frames our encoder writes, seeded: walk of a price with touched levels near it. */
function written(id: string, subscription: Subscription, levels = 0): string[] {
  const of = venue(id);
  const next = seeded(levels + 7);
  const instrument = instrumentOf({
    symbol: subscription.symbol,
    canonical: of.canonical(subscription.symbol) ?? "",
    tick: 0.01,
    lot: 0.001,
  });
  const path = new URL(of.connectUrl(of.sockets[0], of.sockets[0].url)).pathname;
  const connection = { path, sequence: 0, active: [], now: () => NOW };
  return Array.from({ length: FRAMES }, (_, i) =>
    of.server.encode(event(instrument, i, levels, next), instrument, subscription, connection),
  );
}

function event(instrument: Instrument, i: number, levels: number, next: () => number): MarketEvent {
  const mid = 11_834_561 + Math.floor(next() * 2000);
  const common = { venue: "", symbol: instrument.symbol, instrument: instrument.canonical };
  const times = { ts_event: NOW + i * 1000, ts_recv: NOW };
  const size = (): number => Math.ceil(next() ** 4 * 1e6) / 1000;
  const side = (sign: number): Level[] =>
    Array.from({ length: levels / 2 }, (_, n) => [(mid + sign * (n + 1)) / 100, size()]);
  const id = 72_000_000_000 + i * 7;
  if (levels === 0) {
    const aggressor = next() < 0.5 ? "buy" : "sell";
    return {
      type: "trade",
      ...common,
      ...times,
      id: String(id),
      price: mid / 100,
      size: size(),
      side: aggressor,
    };
  }
  const ids = { seq: String(id), prev_seq: String(id - 7) };
  return { type: "book", action: "update", ...common, ...times, bids: side(-1), asks: side(1), ...ids };
}

const micros = (time: number): number => (time >= 1e15 ? time : time * 1000);

function naiveQuote(text: string, ids: ReadonlyMap<string, number>, into: Float64Array): number {
  const d = (JSON.parse(text) as Json).data;
  into[0] = ids.get(d["s"])!;
  into[1] = d["T"] === undefined ? 0 : micros(d["T"]);
  into[2] = d["u"];
  into[3] = Number(d["b"]);
  into[4] = Number(d["B"]);
  into[5] = Number(d["a"]);
  into[6] = Number(d["A"]);
  return 7;
}

function naiveTrade(text: string, ids: ReadonlyMap<string, number>, into: Float64Array): number {
  const d = (JSON.parse(text) as Json).data;
  into[0] = ids.get(d["s"])!;
  into[1] = micros(d["T"]);
  into[2] = d["t"];
  into[3] = Number(d["p"]);
  into[4] = Number(d["q"]);
  return 5;
}

function naiveDepth(text: string, ids: ReadonlyMap<string, number>, into: Float64Array): number {
  const d = (JSON.parse(text) as Json).data;
  into[0] = ids.get(d["s"])!;
  into[1] = micros(d["T"] === undefined ? d["E"] : d["T"]);
  into[2] = d["u"];
  let n = 3;
  const sides: [string, string][][] = [d["b"], d["a"]];
  for (const levels of sides)
    for (const level of levels) {
      into[n] = Number(level[0]);
      into[n + 1] = Number(level[1]);
      n += 2;
    }
  return n;
}

/** The side of a level or a trade, as slots have it. */
const FIRST = 1;
const SECOND = 2;

function emitQuote(text: string, ids: ReadonlyMap<string, number>, out: Out): void {
  const d = (JSON.parse(text) as Json).data;
  putMicros(d["T"] === undefined ? 0 : micros(d["T"]), out.long, LONG.TS);
  putNumber(d["u"], out.long, LONG.ID);
  out.num[NUM.BID_PRICE] = Number(d["b"]);
  out.num[NUM.BID_SIZE] = Number(d["B"]);
  out.num[NUM.ASK_PRICE] = Number(d["a"]);
  out.num[NUM.ASK_SIZE] = Number(d["A"]);
  out.quote(ids.get(d["s"])!, 0);
}

function emitTrade(text: string, ids: ReadonlyMap<string, number>, out: Out): void {
  const d = (JSON.parse(text) as Json).data;
  putMicros(micros(d["T"]), out.long, LONG.TS);
  putNumber(d["t"], out.long, LONG.ID);
  out.num[NUM.PRICE] = Number(d["p"]);
  out.num[NUM.SIZE] = Number(d["q"]);
  out.trade(ids.get(d["s"])!, d["m"] ? SECOND : FIRST, 0);
}

function emitDepth(text: string, ids: ReadonlyMap<string, number>, out: Out): void {
  const d = (JSON.parse(text) as Json).data;
  putMicros(micros(d["T"] === undefined ? d["E"] : d["T"]), out.long, LONG.TS);
  putNumber(d["u"], out.long, LONG.ID);
  putNumber(d["pu"] === undefined ? d["U"] - 1 : d["pu"], out.long, LONG.PREV);
  const instrument = ids.get(d["s"])!;
  out.openBook(instrument, 0);
  emitLevels(d["b"], FIRST, out);
  emitLevels(d["a"], SECOND, out);
  out.book(instrument, 0);
}

function emitLevels(levels: [string, string][], side: number, out: Out): void {
  for (const level of levels) {
    out.num[NUM.PRICE] = Number(level[0]);
    out.num[NUM.SIZE] = Number(level[1]);
    out.level(side);
  }
}

/** tardis-dev's names of the same venues. */
const TARDIS = {
  binance: "binance",
  "binance-usdm": "binance-futures",
  "binance-coinm": "binance-delivery",
} as const;

type Tardis = (typeof TARDIS)[keyof typeof TARDIS];

/** tardis-dev's mappers on the same text: JSON.parse, then every mapper that says it can. */
function tardis(exchange: Tardis, frames: readonly string[]): (text: string) => void {
  const at = new Date(NOW / 1000);
  const mappers = [
    normalizeTrades(exchange, at),
    normalizeBookChanges(exchange, at),
    normalizeBookTickers(exchange, at),
  ] as unknown as Mapper[];
  const read = (text: string): void => {
    const message = JSON.parse(text) as never;
    for (const mapper of mappers)
      if (mapper.canHandle(message))
        for (const one of mapper.map(message, at) ?? []) if (one === null) throw new Error();
  };
  for (const text of bases(exchange, frames)) read(text);
  return read;
}

/** A snapshot per symbol that the first update follows: without one, tardis only buffers. */
function bases(exchange: string, frames: readonly string[]): string[] {
  const first = new Map<string, number>();
  for (const frame of frames) {
    const { e, s, u } = (JSON.parse(frame) as { data: { e?: string; s: string; u: number } }).data;
    if (e === "depthUpdate") first.set(s, Math.min(u, first.get(s) ?? Infinity));
  }
  return [...first].map(([symbol, u]) => {
    const lastUpdateId = exchange === "binance" ? -1 : u;
    return JSON.stringify({
      stream: `${symbol.toLowerCase()}@depthSnapshot`,
      generated: true,
      data: { lastUpdateId, bids: [], asks: [] },
    });
  });
}

/** One row of the table: `frames` fall back to written ones where nothing was recorded. */
function row(
  name: string,
  id: "binance" | "binance-usdm" | "binance-coinm",
  naive: ParseCase["naive"],
  frames: string[],
): ParseCase {
  const symbols = [...new Set(frames.map((text) => String((JSON.parse(text) as Json).data["s"])))];
  const exchange = TARDIS[id];
  return {
    name,
    venue: venue(id),
    symbols,
    frames,
    naive,
    emit: naive === naiveQuote ? emitQuote : naive === naiveTrade ? emitTrade : emitDepth,
    peers: [{ name: "tardis-dev 13 mappers", read: tardis(exchange, frames) }],
  };
}

function either(found: string[], other: () => string[]): string[] {
  return found.length > 0 ? found : other();
}

const COIN = "BTCUSD_PERP";

export function cases(): ParseCase[] {
  const symbol = "BTCUSDT";
  const book = (levels: number): string[] => written("binance-usdm", { channel: "book", symbol }, levels);
  const spotQuotes = [...recorded("binance-spot", /bookTicker/), ...recorded("binance-us", /bookTicker/)];
  const real = [...recorded("binance-spot", /depthUpdate/), ...recorded("binance-us", /depthUpdate/)];
  return [
    row(
      "bookTicker spot",
      "binance",
      naiveQuote,
      either(spotQuotes, () => quotes("binance")),
    ),
    row(
      "bookTicker usdm",
      "binance-usdm",
      naiveQuote,
      either(recorded("binance-usdm", /@bookTicker/), () => quotes("binance-usdm")),
    ),
    row("bookTicker usdm 2026", "binance-usdm", naiveQuote, quotes("binance-usdm")),
    row("trade spot", "binance", naiveTrade, written("binance", { channel: "trade", symbol })),
    row("bookTicker coinm", "binance-coinm", naiveQuote, quotes("binance-coinm", COIN)),
    row(
      "trade coinm",
      "binance-coinm",
      naiveTrade,
      written("binance-coinm", { channel: "trade", symbol: COIN }),
    ),
    row(
      "depth 20 coinm",
      "binance-coinm",
      naiveDepth,
      written("binance-coinm", { channel: "book", symbol: COIN }, 20),
    ),
    row("depth 2", "binance-usdm", naiveDepth, book(2)),
    row("depth 20", "binance-usdm", naiveDepth, book(20)),
    row("depth 100", "binance-usdm", naiveDepth, book(100)),
    row(
      "depth spot recorded",
      "binance",
      naiveDepth,
      either(real, () => written("binance", { channel: "book", symbol }, 6)),
    ),
    row(
      "depth usdm recorded",
      "binance-usdm",
      naiveDepth,
      either(recorded("binance-usdm", /depthUpdate/), () => book(6)),
    ),
  ];
}

function quotes(id: string, symbol = "BTCUSDT"): string[] {
  const of = venue(id);
  const next = seeded(11);
  const instrument = instrumentOf({
    symbol,
    canonical: of.canonical(symbol) ?? "",
    tick: 0.01,
    lot: 0.001,
  });
  const connection = { path: "/stream", sequence: 0, active: [], now: () => NOW };
  return Array.from({ length: FRAMES }, (_, i) => {
    const bid = 11_834_561 + Math.floor(next() * 2000);
    const size = (): number => Math.ceil(next() ** 4 * 1e6) / 1000;
    const quote: MarketEvent = {
      type: "quote",
      venue: id,
      symbol,
      instrument: instrument.canonical,
      bid_price: bid / 100,
      bid_size: size(),
      ask_price: (bid + 1) / 100,
      ask_size: size(),
      update_id: String(72_000_000_000 + i),
      ts_event: NOW + i * 1000,
      ts_recv: NOW,
    };
    return of.server.encode(quote, instrument, { channel: "quote", symbol }, connection);
  });
}
