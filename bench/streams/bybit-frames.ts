/** Bybit's frames for bench/parse.ts: books, level 1 and trades as its encoder writes them, seeded; spot and linear. */
import {
  FLAG,
  instrumentOf,
  LONG,
  NUM,
  putMillis,
  putNumber,
  putText,
  withOptions,
} from "../../src/model/index.ts";
import type { Channel, Level, MarketEvent, Out, Venue } from "../../src/model/index.ts";
import { bybit } from "../../src/venues/bybit/venue.ts";
import { seeded } from "../harness.ts";
import type { ParseCase } from "./parse-case.ts";

const FRAMES = 1500;
const NOW = 1_787_644_800_000;
const FIRST = 1;
const SECOND = 2;

type Texts = [price: string, size: string][];

/** What stands in the frames, as far as it is read. */
interface Row {
  s: string;
  b: Texts;
  a: Texts;
  u: number;
  T: number;
  p: string;
  v: string;
  S: string;
  i: string;
}
interface Frame<Data> {
  type: string;
  cts: number;
  data: Data;
}

type Ids = ReadonlyMap<string, number>;

function naiveBook(text: string, ids: Ids, into: Float64Array): number {
  const { data, cts } = JSON.parse(text) as Frame<Row>;
  into[0] = ids.get(data.s)!;
  into[1] = cts * 1000;
  into[2] = data.u;
  let n = 3;
  for (const side of [data.b, data.a])
    for (const level of side) {
      into[n] = Number(level[0]);
      into[n + 1] = Number(level[1]);
      n += 2;
    }
  return n;
}

/** The last 64 bits of a UUID, or the number. */
function tradeId(id: string): string {
  return id.includes("-") ? String(BigInt(`0x${id.slice(19, 23)}${id.slice(24)}`)) : id;
}

function naiveTrade(text: string, ids: Ids, into: Float64Array): number {
  const [row] = (JSON.parse(text) as Frame<Row[]>).data;
  into[0] = ids.get(row!.s)!;
  into[1] = row!.T * 1000;
  into[2] = Number(tradeId(row!.i));
  into[3] = Number(row!.p);
  into[4] = Number(row!.v);
  return 5;
}

function emitLevels(levels: Texts, side: number, out: Out): void {
  for (const [price, size] of levels) {
    out.num[NUM.PRICE] = Number(price);
    out.num[NUM.SIZE] = Number(size);
    out.level(side);
  }
}

function emitBook(text: string, ids: Ids, out: Out): void {
  const { data, type, cts } = JSON.parse(text) as Frame<Row>;
  const instrument = ids.get(data.s)!;
  const flags = type === "delta" ? 0 : FLAG.SNAPSHOT;
  putMillis(cts, out.long, LONG.TS);
  putNumber(data.u, out.long, LONG.ID);
  putNumber(flags === 0 ? data.u - 1 : 0, out.long, LONG.PREV);
  out.openBook(instrument, flags);
  emitLevels(data.b, FIRST, out);
  emitLevels(data.a, SECOND, out);
  out.book(instrument, flags);
}

function emitQuote(text: string, ids: Ids, out: Out): void {
  const { data, cts } = JSON.parse(text) as Frame<Row>;
  putMillis(cts, out.long, LONG.TS);
  putNumber(data.u, out.long, LONG.ID);
  out.num[NUM.BID_PRICE] = Number(data.b[0]![0]);
  out.num[NUM.BID_SIZE] = Number(data.b[0]![1]);
  out.num[NUM.ASK_PRICE] = Number(data.a[0]![0]);
  out.num[NUM.ASK_SIZE] = Number(data.a[0]![1]);
  out.quote(ids.get(data.s)!, 0);
}

function emitTrade(text: string, ids: Ids, out: Out): void {
  const [row] = (JSON.parse(text) as Frame<Row[]>).data;
  putMillis(row!.T, out.long, LONG.TS);
  putText(tradeId(row!.i), out.long, LONG.ID);
  out.num[NUM.PRICE] = Number(row!.p);
  out.num[NUM.SIZE] = Number(row!.v);
  out.trade(ids.get(row!.s)!, row!.S === "Buy" ? FIRST : SECOND, 0);
}

/** Events of one channel: a price that walks, sizes in thousandths of a coin, `levels` changed near the touch. */
function event(channel: Channel, symbol: string, i: number, levels: number, next: () => number): MarketEvent {
  const mid = 639_215 + Math.floor(next() * 400);
  const size = (): number => Math.ceil(next() ** 3 * 2e5) / 1000;
  const times = { ts_event: (NOW + i * 100 + Math.floor(next() * 99)) * 1000, ts_recv: NOW * 1000 };
  const common = { venue: "bybit", symbol, instrument: "BTC-USDT", ...times };
  const id = 53_935_310 + i;
  if (channel === "quote") {
    const sides = { bid_price: mid / 10, bid_size: size(), ask_price: (mid + 1) / 10, ask_size: size() };
    return { type: "quote", ...common, ...sides, update_id: String(id) };
  }
  if (channel === "trade") {
    const side = i % 3 === 0 ? "buy" : "sell";
    return { type: "trade", ...common, id: String(2_290_000_001 + i), price: mid / 10, size: size(), side };
  }
  const side = (sign: number, count: number): Level[] =>
    Array.from({ length: count }, (_, n) => [(mid + sign * (n + 1)) / 10, next() < 0.27 ? 0 : size()]);
  const bids = side(-1, levels >> 1);
  const asks = side(1, levels - (levels >> 1));
  return { type: "book", action: "update", ...common, bids, asks, seq: String(id), prev_seq: String(id - 1) };
}

function written(venue: Venue, symbol: string, channel: Channel, levels: number): string[] {
  const next = seeded(levels + 7);
  const instrument = instrumentOf({ symbol, canonical: "BTC-USDT", tick: 0.1, lot: 0.001 });
  const connection = { path: "/", sequence: 0, active: [], now: () => NOW * 1000 };
  return Array.from({ length: FRAMES }, (_, i) =>
    venue.server.encode(event(channel, symbol, i, levels, next), instrument, { channel, symbol }, connection),
  );
}

export function cases(): ParseCase[] {
  const linear = withOptions(bybit, { category: "linear" });
  const shape = { venue: bybit, symbols: ["A", "B", "BTCUSDT", "ETHUSDT", "SOLUSDC"] };
  const book = { ...shape, naive: naiveBook, emit: emitBook };
  const trade = { ...shape, naive: naiveTrade, emit: emitTrade };
  const spot = (channel: Channel, levels = 0): string[] => written(bybit, "BTCUSDT", channel, levels);
  const swap = (channel: Channel, levels = 0): string[] => written(linear, "linear:BTCUSDT", channel, levels);
  return [
    { ...book, emit: emitQuote, name: "bybit orderbook.1, spot", frames: spot("quote") },
    { ...trade, name: "bybit trade, spot", frames: spot("trade") },
    { ...trade, name: "bybit trade, linear", frames: swap("trade") },
    { ...book, name: "bybit book 2, spot", frames: spot("book", 2) },
    { ...book, name: "bybit book 2, linear", frames: swap("book", 2) },
    { ...book, name: "bybit book 20, linear", frames: swap("book", 20) },
  ];
}
