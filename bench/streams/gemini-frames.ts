/**
 * Gemini's frames for bench/parse.ts: those of the current protocol as its encoder writes them (a ticker with the last
 * trade, as the venue sends it), those of the archived second one from a recording where there is one.
 *
 * JSON.parse rounds times above 2^53 by up to 128 ns. The plain way is given that for nothing: here all times are whole
 * microseconds, to which it can round back.
 */
import { existsSync, readFileSync } from "node:fs";
import { instrumentOf, LONG, NUM, putMicros, putNumber, withOptions } from "../../src/model/index.ts";
import type { Channel, Level, MarketEvent, Out, Venue } from "../../src/model/index.ts";
import { gemini } from "../../src/venues/gemini/venue.ts";
import { seeded } from "../harness.ts";
import type { ParseCase } from "./parse-case.ts";

const FRAMES = 1500;
const NOW = 1_791_191_520_000_000;
const FIRST = 1;
const SECOND = 2;
const CAPTURE = new URL("../../../shared/captures/gemini-v2.frames.ndjson", import.meta.url);

type Ids = ReadonlyMap<string, number>;
/** What stands in the frames, as far as it is read. */
interface Current {
  E: number;
  s: string;
  U: number;
  u: number;
  t: number;
  p: string;
  q: string;
  m: boolean;
  b: string & [string, string][];
  a: string & [string, string][];
  B: string;
  A: string;
}
interface Second {
  symbol: string;
  changes: [string, string, string][];
}

function micros({ E }: Current): number {
  return Math.round(E / 1000);
}

function quote(text: string, ids: Ids, into: Float64Array): number {
  const one = JSON.parse(text) as Current;
  into[0] = ids.get(one.s)!;
  into[1] = micros(one);
  into[2] = one.u;
  into[3] = Number(one.b);
  into[4] = Number(one.B);
  into[5] = Number(one.a);
  into[6] = Number(one.A);
  return 7;
}

function emitQuote(text: string, ids: Ids, out: Out): void {
  const one = JSON.parse(text) as Current;
  putMicros(micros(one), out.long, LONG.TS);
  putNumber(one.u, out.long, LONG.ID);
  out.num[NUM.BID_PRICE] = Number(one.b);
  out.num[NUM.BID_SIZE] = Number(one.B);
  out.num[NUM.ASK_PRICE] = Number(one.a);
  out.num[NUM.ASK_SIZE] = Number(one.A);
  out.quote(ids.get(one.s)!, 0);
}

function trade(text: string, ids: Ids, into: Float64Array): number {
  const one = JSON.parse(text) as Current;
  into[0] = ids.get(one.s)!;
  into[1] = micros(one);
  into[2] = one.t;
  into[3] = Number(one.p);
  into[4] = Number(one.q);
  return 5;
}

function emitTrade(text: string, ids: Ids, out: Out): void {
  const one = JSON.parse(text) as Current;
  putMicros(micros(one), out.long, LONG.TS);
  putNumber(one.t, out.long, LONG.ID);
  out.num[NUM.PRICE] = Number(one.p);
  out.num[NUM.SIZE] = Number(one.q);
  out.trade(ids.get(one.s)!, one.m ? SECOND : FIRST, 0);
}

function depth(text: string, ids: Ids, into: Float64Array): number {
  const one = JSON.parse(text) as Current;
  into[0] = ids.get(one.s)!;
  into[1] = micros(one);
  into[2] = one.u;
  let n = 3;
  for (const levels of [one.b, one.a])
    for (const [price, size] of levels as [string, string][]) {
      into[n++] = Number(price);
      into[n++] = Number(size);
    }
  return n;
}

function emitDepth(text: string, ids: Ids, out: Out): void {
  const one = JSON.parse(text) as Current;
  putMicros(micros(one), out.long, LONG.TS);
  putNumber(one.u, out.long, LONG.ID);
  putNumber(one.U, out.long, LONG.PREV);
  const instrument = ids.get(one.s)!;
  out.openBook(instrument, 0);
  emitLevels(one.b, FIRST, out);
  emitLevels(one.a, SECOND, out);
  out.book(instrument, 0);
}

function emitLevels(levels: [string, string][], side: number, out: Out): void {
  for (const [price, size] of levels) {
    out.num[NUM.PRICE] = Number(price);
    out.num[NUM.SIZE] = Number(size);
    out.level(side);
  }
}

function second(text: string, ids: Ids, into: Float64Array): number {
  const { symbol, changes } = JSON.parse(text) as Second;
  into[0] = ids.get(symbol)!;
  into[1] = 0;
  into[2] = 0;
  let n = 3;
  for (const [, price, size] of changes) {
    into[n++] = Number(price);
    into[n++] = Number(size);
  }
  return n;
}

function emitSecond(text: string, ids: Ids, out: Out): void {
  const { symbol, changes } = JSON.parse(text) as Second;
  const instrument = ids.get(symbol)!;
  out.long.fill(0);
  out.openBook(instrument, 0);
  for (const [side, price, size] of changes) {
    out.num[NUM.PRICE] = Number(price);
    out.num[NUM.SIZE] = Number(size);
    out.level(side === "buy" ? FIRST : SECOND);
  }
  out.book(instrument, 0);
}

const EMITTERS = new Map([
  [quote, emitQuote],
  [trade, emitTrade],
  [depth, emitDepth],
  [second, emitSecond],
]);

/** Events of one channel: a price that walks, sizes with eight decimals, `levels` changed near the touch. */
function events(channel: Channel, levels: number): MarketEvent[] {
  const next = seeded(levels + 17);
  const size = (): number => Math.ceil(next() ** 3 * 3e8) / 1e8;
  const common = { venue: "gemini", symbol: "BTCUSD", instrument: "BTC-USD", ts_recv: NOW };
  let last = 1_764_550_512_767_893;
  return Array.from({ length: FRAMES }, (_, i): MarketEvent => {
    const mid = 11_834_010 + Math.floor(next() * 400);
    const ts_event = NOW + i * 40_000 + Math.floor(next() * 9999);
    const before = last;
    last += 1 + Math.floor(next() * 50_000);
    if (channel === "quote") {
      const bid = { bid_price: mid / 100, bid_size: size() };
      const ask = { ask_price: (mid + 90) / 100, ask_size: size() };
      return { type: "quote", ...common, ts_event, ...bid, ...ask, update_id: String(last) };
    }
    if (channel === "trade") {
      const body = { id: String(last), price: mid / 100, size: size() };
      return { type: "trade", ...common, ts_event, ...body, side: i % 3 === 0 ? "buy" : "sell" };
    }
    const side = (sign: number, count: number): Level[] =>
      Array.from({ length: count }, (_unused, n) => [
        (mid + sign * (n + 1) * 7) / 100,
        next() < 0.27 ? 0 : size(),
      ]);
    const bids = side(-1, levels >> 1);
    const asks = side(1, levels - (levels >> 1));
    const ids = { seq: String(last), prev_seq: String(before) };
    return { type: "book", action: "update", ...common, ts_event, bids, asks, ...ids };
  });
}

function written(venue: Venue, channel: Channel, levels: number): string[] {
  const instrument = instrumentOf({ symbol: "BTCUSD", canonical: "BTC-USD", tick: 0.01, lot: 1e-8 });
  const connection = { path: "/", sequence: 0, active: [], now: () => NOW };
  const subscription = { channel, symbol: "BTCUSD" };
  return events(channel, levels).map((event) =>
    venue.server.encode(event, instrument, subscription, connection),
  );
}

/** As the venue sends it: with the last trade. */
function withLast(frame: string): string {
  return frame.replace(/"\}$/, '","c":"118340.55","C":"0.01000000"}');
}

function recorded(): string[] {
  if (!existsSync(CAPTURE)) return [];
  const lines = readFileSync(CAPTURE, "utf8").trimEnd().split("\n").slice(1);
  return lines
    .map((line) => JSON.parse(line) as { dir: string; text?: string })
    .flatMap(({ dir, text }) => (dir === "in" && text !== undefined && text.endsWith('"]]}') ? [text] : []));
}

function row(name: string, frames: string[], naive: ParseCase["naive"], symbols: string[]): ParseCase {
  return { name, venue: gemini, symbols, frames, naive, emit: EMITTERS.get(naive)! };
}

export function cases(): ParseCase[] {
  const old = recorded();
  const named = [...new Set(old.map((text) => (JSON.parse(text) as Second).symbol))];
  const v2 = withOptions(gemini, { api: "v2" });
  const now = ["a", "b", "btcusd"];
  return [
    row("gemini bookTicker", written(gemini, "quote", 0).map(withLast), quote, now),
    row("gemini trade", written(gemini, "trade", 0), trade, now),
    row("gemini depth 2", written(gemini, "book", 2), depth, now),
    row("gemini depth 20", written(gemini, "book", 20), depth, now),
    old.length > 0
      ? row("gemini v2 l2 recorded", old, second, named)
      : row("gemini v2 l2", written(v2, "book", 4), second, ["BTCUSD"]),
  ];
}
