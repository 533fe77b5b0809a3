/**
 * Bitget's frames for bench/parse.ts, as its encoders write them, seeded: v3 quotes, trades with their nineteen-digit ids,
 * tickers and books of a perpetual (whose name is put together of symbol and instType), v2 trades and books of a spot pair.
 */
import { FLAG, instrumentOf, LONG, NUM, putMillis, putNumber, putText } from "../../src/model/index.ts";
import type { Channel, Level, MarketEvent, Out, Venue } from "../../src/model/index.ts";
import { withOptions } from "../../src/model/index.ts";
import { bitget } from "../../src/venues/bitget/venue.ts";
import { seeded } from "../harness.ts";
import type { ParseCase } from "./parse-case.ts";

const FRAMES = 1500;
const NOW = 1_787_644_800_000;
const FIRST = 1;
const SECOND = 2;

type Texts = [price: string, size: string][];
type Ids = ReadonlyMap<string, number>;

/** What stands in the frames of v3, as far as it is read. */
interface Frame {
  arg: { instType: string; symbol: string };
  action: string;
  ts: number;
  data: [
    {
      a: Texts;
      b: Texts;
      seq: number;
      pseq: number;
      ts: string;
      i: string;
      p: string;
      v: string;
      S: string;
      T: string;
    } & Record<string, string>,
  ];
}

/** The same of v2. */
interface OldFrame {
  arg: { instType: string; instId: string };
  action: string;
  data: [
    {
      asks: Texts;
      bids: Texts;
      seq: number;
      pseq: number;
      ts: string;
      tradeId: string;
      price: string;
      size: string;
      side: string;
    },
  ];
}

function idOf(ids: Ids, { instType, symbol }: Frame["arg"]): number {
  return ids.get(instType === "spot" ? symbol : `${symbol}:${instType.toUpperCase()}`)!;
}

function pairs(into: Float64Array, from: number, ...sides: Texts[]): number {
  let n = from;
  for (const side of sides)
    for (const [price, size] of side) {
      into[n] = Number(price);
      into[n + 1] = Number(size);
      n += 2;
    }
  return n;
}

function naiveBook(text: string, ids: Ids, into: Float64Array): number {
  const { arg, data } = JSON.parse(text) as Frame;
  const [row] = data;
  into[0] = idOf(ids, arg);
  into[1] = Number(row.ts) * 1000;
  into[2] = row.seq;
  return pairs(into, 3, row.a, row.b);
}

function naiveQuote(text: string, ids: Ids, into: Float64Array): number {
  const { arg, data } = JSON.parse(text) as Frame;
  const [row] = data;
  into[0] = idOf(ids, arg);
  into[1] = Number(row.ts) * 1000;
  into[2] = row.seq;
  return pairs(into, 3, row.b, row.a);
}

function naiveTrade(text: string, ids: Ids, into: Float64Array): number {
  const { arg, data } = JSON.parse(text) as Frame;
  const [row] = data;
  into[0] = idOf(ids, arg);
  into[1] = Number(row.T) * 1000;
  into[2] = Number(row.i);
  into[3] = Number(row.p);
  into[4] = Number(row.v);
  return 5;
}

function naiveOldBook(text: string, ids: Ids, into: Float64Array): number {
  const { arg, data } = JSON.parse(text) as OldFrame;
  const [row] = data;
  into[0] = ids.get(arg.instId)!;
  into[1] = Number(row.ts) * 1000;
  into[2] = row.seq;
  return pairs(into, 3, row.asks, row.bids);
}

function naiveOldTrade(text: string, ids: Ids, into: Float64Array): number {
  const { arg, data } = JSON.parse(text) as OldFrame;
  const [row] = data;
  into[0] = ids.get(arg.instId)!;
  into[1] = Number(row.ts) * 1000;
  into[2] = Number(row.tradeId);
  into[3] = Number(row.price);
  into[4] = Number(row.size);
  return 5;
}

interface Numbered {
  seq: number;
  pseq: number;
  ts: string;
}

function emitSides(
  row: Numbered,
  action: string,
  asks: Texts,
  bids: Texts,
  instrument: number,
  out: Out,
): void {
  const flags = action === "update" ? 0 : FLAG.SNAPSHOT;
  putMillis(Number(row.ts), out.long, LONG.TS);
  putNumber(row.seq, out.long, LONG.ID);
  putNumber(row.pseq, out.long, LONG.PREV);
  out.hasChecksum = false;
  out.openBook(instrument, flags);
  emitLevels(asks, SECOND, out);
  emitLevels(bids, FIRST, out);
  out.book(instrument, flags);
}

function emitLevels(levels: Texts, side: number, out: Out): void {
  for (const [price, size] of levels) {
    out.num[NUM.PRICE] = Number(price);
    out.num[NUM.SIZE] = Number(size);
    out.level(side);
  }
}

function emitBook(text: string, ids: Ids, out: Out): void {
  const { arg, action, data } = JSON.parse(text) as Frame;
  emitSides(data[0], action, data[0].a, data[0].b, idOf(ids, arg), out);
}

function emitOldBook(text: string, ids: Ids, out: Out): void {
  const { arg, action, data } = JSON.parse(text) as OldFrame;
  emitSides(data[0], action, data[0].asks, data[0].bids, ids.get(arg.instId)!, out);
}

function emitQuote(text: string, ids: Ids, out: Out): void {
  const { arg, data } = JSON.parse(text) as Frame;
  const [row] = data;
  putMillis(Number(row.ts), out.long, LONG.TS);
  putNumber(row.seq, out.long, LONG.ID);
  out.num[NUM.BID_PRICE] = Number(row.b[0]![0]);
  out.num[NUM.BID_SIZE] = Number(row.b[0]![1]);
  out.num[NUM.ASK_PRICE] = Number(row.a[0]![0]);
  out.num[NUM.ASK_SIZE] = Number(row.a[0]![1]);
  out.quote(idOf(ids, arg), 0);
}

function emitTrade(text: string, ids: Ids, out: Out): void {
  const { arg, data } = JSON.parse(text) as Frame;
  const [row] = data;
  putMillis(Number(row.T), out.long, LONG.TS);
  putText(row.i, out.long, LONG.ID);
  out.num[NUM.PRICE] = Number(row.p);
  out.num[NUM.SIZE] = Number(row.v);
  out.trade(idOf(ids, arg), row.S === "buy" ? FIRST : SECOND, 0);
}

function emitOldTrade(text: string, ids: Ids, out: Out): void {
  const { arg, data } = JSON.parse(text) as OldFrame;
  const [row] = data;
  putMillis(Number(row.ts), out.long, LONG.TS);
  putText(row.tradeId, out.long, LONG.ID);
  out.num[NUM.PRICE] = Number(row.price);
  out.num[NUM.SIZE] = Number(row.size);
  out.trade(ids.get(arg.instId)!, row.side === "buy" ? FIRST : SECOND, 0);
}

/** Events of one channel: a price that walks, sizes of four places, `levels` changed near the touch. */
function event(channel: Channel, symbol: string, i: number, levels: number, next: () => number): MarketEvent {
  const mid = 766_421 + Math.floor(next() * 400);
  const size = (): number => Math.ceil(next() ** 3 * 2e5) / 1e4;
  const times = { ts_event: (NOW + i * 100 + Math.floor(next() * 99)) * 1000, ts_recv: NOW * 1000 };
  const common = { venue: "bitget", symbol, instrument: "BTC-USDT", ...times };
  const seq = 483_415_077_719 + i * 7993;
  if (channel === "quote") {
    const sides = { bid_price: mid / 10, bid_size: size(), ask_price: (mid + 1) / 10, ask_size: size() };
    return { type: "quote", ...common, ...sides, update_id: String(seq) };
  }
  if (channel === "trade") {
    const side = i % 3 === 0 ? "buy" : "sell";
    const id = String(1_471_419_264_227_065_858n + BigInt(i) * 4_194_304n);
    return { type: "trade", ...common, id, price: mid / 10, size: size(), side };
  }
  const partial = channel === "partial_book";
  const side = (sign: number, count: number): Level[] =>
    Array.from({ length: count }, (_, n) => [
      (mid + sign * (n + 1)) / 10,
      !partial && next() < 0.27 ? 0 : size(),
    ]);
  const [bids, asks] = [side(-1, levels >> 1), side(1, levels - (levels >> 1))];
  const ids = { seq: String(seq), prev_seq: partial ? null : String(seq - 7993) };
  return { type: "book", action: partial ? "snapshot" : "update", ...common, bids, asks, ...ids };
}

function written(venue: Venue, symbol: string, channel: Channel, levels: number): string[] {
  const next = seeded(levels + 11);
  const instrument = instrumentOf({ symbol, canonical: venue.canonical(symbol)! });
  const connection = { path: "/", sequence: 0, active: [], now: () => NOW * 1000 };
  return Array.from({ length: FRAMES }, (_, i) =>
    venue.server.encode(event(channel, symbol, i, levels, next), instrument, { channel, symbol }, connection),
  );
}

const PERPETUAL = "BTCUSDT:USDT-FUTURES";
const SPOT = "BTCUSDT";

export function cases(): ParseCase[] {
  const shape = { venue: bitget, symbols: ["A", "B", PERPETUAL, SPOT, "BTCPERP:USDC-FUTURES"] };
  const old = withOptions(bitget, { api: "v2" });
  const book = { ...shape, naive: naiveBook, emit: emitBook };
  const oldBook = { ...shape, naive: naiveOldBook, emit: emitOldBook };
  const quotes = { naive: naiveQuote, emit: emitQuote, frames: written(bitget, PERPETUAL, "quote", 0) };
  const trades = { naive: naiveTrade, emit: emitTrade, frames: written(bitget, PERPETUAL, "trade", 0) };
  const oldTrades = { naive: naiveOldTrade, emit: emitOldTrade, frames: written(old, SPOT, "trade", 0) };
  return [
    { ...shape, name: "bitget v3 books1", ...quotes },
    { ...shape, name: "bitget v3 trade", ...trades },
    { ...book, name: "bitget v3 books 2", frames: written(bitget, PERPETUAL, "book", 2) },
    { ...book, name: "bitget v3 books 20", frames: written(bitget, PERPETUAL, "book", 20) },
    { ...book, name: "bitget v3 books5", frames: written(bitget, PERPETUAL, "partial_book", 10) },
    { ...shape, name: "bitget v2 trade", ...oldTrades },
    { ...oldBook, name: "bitget v2 books 20", frames: written(old, SPOT, "book", 20) },
  ];
}
