/**
 * Kraken's and Coinbase's frames for bench/parse.ts.
 *
 * They are seeded and written by the venues' own encoders. The plain way gives the same values: symbol id, time in
 * microseconds, id, prices and sizes.
 */
import { instrumentOf, LONG, NUM, putMicros, putNumber } from "../src/model/index.ts";
import type { Channel, Level, MarketEvent, Out, Subscription, Venue } from "../src/model/index.ts";
import { coinbase } from "../src/venues/coinbase/venue.ts";
import { kraken } from "../src/venues/kraken/venue.ts";
import { seeded } from "./harness.ts";
import type { ParseCase } from "./streams/parse-case.ts";

const FRAMES = 1500;
const NOW = 1_791_191_520_000_000;

/** What stands in the frames, as far as it is read. */
interface KrakenFrame {
  type: string;
  data: {
    symbol: string;
    timestamp: string;
    trade_id: number;
    price: number;
    qty: number;
    side: string;
    checksum: number;
    bids: { price: number; qty: number }[];
    asks: { price: number; qty: number }[];
    [figure: string]: unknown;
  }[];
}
interface CoinbaseFrame {
  timestamp: string;
  sequence_num: number;
  events: {
    product_id: string;
    type: string;
    updates: { side: string; price_level: string; new_quantity: string }[];
    trades: {
      trade_id: string;
      product_id: string;
      price: string;
      size: string;
      side: string;
      time: string;
    }[];
  }[];
}

/** Date.parse keeps milliseconds: three more digits are read by hand. */
function micros(time: string): number {
  return Date.parse(time) * 1000 + Number(time.slice(23, 26));
}

const FIGURES = ["bid", "bid_qty", "ask", "ask_qty", "last", "volume", "high", "low"];

function krakenTicker(text: string, ids: ReadonlyMap<string, number>, into: Float64Array): number {
  const [one] = (JSON.parse(text) as KrakenFrame).data;
  into[0] = ids.get(one.symbol)!;
  into[1] = micros(one.timestamp);
  into[2] = 0;
  for (let i = 0; i < FIGURES.length; i++) into[3 + i] = one[FIGURES[i]] as number;
  return 3 + FIGURES.length;
}

function krakenTrade(text: string, ids: ReadonlyMap<string, number>, into: Float64Array): number {
  const [one] = (JSON.parse(text) as KrakenFrame).data;
  into[0] = ids.get(one.symbol)!;
  into[1] = micros(one.timestamp);
  into[2] = one.trade_id;
  into[3] = one.price;
  into[4] = one.qty;
  return 5;
}

function krakenBook(text: string, ids: ReadonlyMap<string, number>, into: Float64Array): number {
  const [one] = (JSON.parse(text) as KrakenFrame).data;
  into[0] = ids.get(one.symbol)!;
  into[1] = micros(one.timestamp);
  into[2] = 0;
  let n = 3;
  for (const { price, qty } of one.bids) {
    into[n++] = price;
    into[n++] = qty;
  }
  for (const { price, qty } of one.asks) {
    into[n++] = price;
    into[n++] = qty;
  }
  return n;
}

function coinbaseBook(text: string, ids: ReadonlyMap<string, number>, into: Float64Array): number {
  const { timestamp, sequence_num, events } = JSON.parse(text) as CoinbaseFrame;
  const [event] = events;
  into[0] = ids.get(event.product_id)!;
  into[1] = micros(timestamp);
  into[2] = sequence_num;
  let n = 3;
  for (const { price_level, new_quantity } of event.updates) {
    into[n++] = Number(price_level);
    into[n++] = Number(new_quantity);
  }
  return n;
}

function coinbaseTrade(text: string, ids: ReadonlyMap<string, number>, into: Float64Array): number {
  const [one] = (JSON.parse(text) as CoinbaseFrame).events[0].trades;
  into[0] = ids.get(one.product_id)!;
  into[1] = micros(one.time);
  into[2] = Number(one.trade_id);
  into[3] = Number(one.price);
  into[4] = Number(one.size);
  return 5;
}

const FIRST = 1;
const SECOND = 2;
const SNAPSHOT = 32;

function put(out: Out, names: readonly string[], from: Record<string, unknown>): void {
  for (let i = 0; i < names.length; i++) out.num[i] = Number(from[names[i]]);
}

const SIDES = ["bid", "bid_qty", "ask", "ask_qty"];
const DAY = ["last", "volume", "high", "low", "vwap"];

function emitKrakenTicker(text: string, ids: ReadonlyMap<string, number>, out: Out): void {
  const [one] = (JSON.parse(text) as KrakenFrame).data;
  const instrument = ids.get(one.symbol)!;
  putMicros(micros(one.timestamp), out.long, LONG.TS);
  putNumber(0, out.long, LONG.ID);
  put(out, SIDES, one);
  out.quote(instrument, 0);
  put(out, DAY, one);
  out.stats(instrument, 0);
}

function emitKrakenTrade(text: string, ids: ReadonlyMap<string, number>, out: Out): void {
  const { type, data } = JSON.parse(text) as KrakenFrame;
  const [one] = data;
  putMicros(micros(one.timestamp), out.long, LONG.TS);
  putNumber(one.trade_id, out.long, LONG.ID);
  out.num[NUM.PRICE] = one.price;
  out.num[NUM.SIZE] = one.qty;
  out.trade(ids.get(one.symbol)!, one.side === "buy" ? FIRST : SECOND, type === "snapshot" ? SNAPSHOT : 0);
}

function emitKrakenBook(text: string, ids: ReadonlyMap<string, number>, out: Out): void {
  const { type, data } = JSON.parse(text) as KrakenFrame;
  const [one] = data;
  putMicros(micros(one.timestamp), out.long, LONG.TS);
  putNumber(0, out.long, LONG.ID);
  putNumber(0, out.long, LONG.PREV);
  out.hasChecksum = true;
  out.checksum = one.checksum | 0;
  emitLevels(one.bids, FIRST, out);
  emitLevels(one.asks, SECOND, out);
  out.book(ids.get(one.symbol)!, type === "snapshot" ? SNAPSHOT : 0);
}

function emitLevels(levels: { price: number; qty: number }[], side: number, out: Out): void {
  for (const { price, qty } of levels) {
    out.num[NUM.PRICE] = price;
    out.num[NUM.SIZE] = qty;
    out.level(side);
  }
}

function emitCoinbaseBook(text: string, ids: ReadonlyMap<string, number>, out: Out): void {
  const { timestamp, sequence_num, events } = JSON.parse(text) as CoinbaseFrame;
  const [event] = events;
  const instrument = ids.get(event.product_id)!;
  const flags = event.type === "snapshot" ? SNAPSHOT : 0;
  putMicros(micros(timestamp), out.long, LONG.TS);
  putNumber(sequence_num, out.long, LONG.ID);
  putNumber(0, out.long, LONG.PREV);
  out.openBook(instrument, flags);
  for (const { side, price_level, new_quantity } of event.updates) {
    out.num[NUM.PRICE] = Number(price_level);
    out.num[NUM.SIZE] = Number(new_quantity);
    out.level(side === "bid" ? FIRST : SECOND);
  }
  out.book(instrument, flags);
}

function emitCoinbaseTrade(text: string, ids: ReadonlyMap<string, number>, out: Out): void {
  const [event] = (JSON.parse(text) as CoinbaseFrame).events;
  const [one] = event.trades;
  putMicros(micros(one.time), out.long, LONG.TS);
  putNumber(Number(one.trade_id), out.long, LONG.ID);
  out.num[NUM.PRICE] = Number(one.price);
  out.num[NUM.SIZE] = Number(one.size);
  const flags = event.type === "snapshot" ? SNAPSHOT : 0;
  out.trade(ids.get(one.product_id)!, one.side === "BUY" ? SECOND : FIRST, flags);
}

const EMITTERS = new Map([
  [krakenTicker, emitKrakenTicker],
  [krakenTrade, emitKrakenTrade],
  [krakenBook, emitKrakenBook],
  [coinbaseBook, emitCoinbaseBook],
  [coinbaseTrade, emitCoinbaseTrade],
]);

/** Events of one channel: a price that walks, sizes with eight decimals, `levels` changed near the touch. */
function written(venue: Venue, symbol: string, channel: Channel, levels: number): MarketEvent[] {
  const next = seeded(levels + 7);
  const size = (): number => Math.ceil(next() ** 3 * 3e8) / 1e8;
  const common = { venue: venue.id, symbol, instrument: symbol.replace("/", "-") };
  return Array.from({ length: FRAMES }, (_, i): MarketEvent => {
    const mid = 856_005 + Math.floor(next() * 400);
    const times = { ts_event: NOW + i * 40_000 + Math.floor(next() * 9999), ts_recv: NOW };
    if (channel === "quote") {
      const sides = { bid_price: mid / 10, bid_size: size(), ask_price: (mid + 1) / 10, ask_size: size() };
      return { type: "quote", ...common, ...times, ...sides, update_id: null };
    }
    if (channel === "trade") {
      const id = String(91_234_567 + i);
      return {
        type: "trade",
        ...common,
        ...times,
        id,
        price: mid / 10,
        size: size(),
        side: i % 3 === 0 ? "buy" : "sell",
      };
    }
    const side = (sign: number, count: number): Level[] =>
      Array.from({ length: count }, (_unused, n) => [
        (mid + sign * (n + 1)) / 10,
        next() < 0.27 ? 0 : size(),
      ]);
    const bids = side(-1, levels >> 1);
    const asks = side(1, levels - (levels >> 1));
    const checksum = Math.floor(next() * 2 ** 32);
    return {
      type: "book",
      action: "update",
      ...common,
      ...times,
      bids,
      asks,
      seq: null,
      prev_seq: null,
      checksum,
    };
  });
}

function row(
  name: string,
  venue: Venue,
  channel: Channel,
  levels: number,
  naive: ParseCase["naive"],
): ParseCase {
  const symbol = venue.native("BTC-USD");
  const precision = { tick: 0.1, lot: 1e-8, pricePrecision: 1, sizePrecision: 8 };
  const instrument = instrumentOf({ symbol, canonical: "BTC-USD", ...precision });
  const subscription: Subscription = { channel, symbol };
  const connection = { path: "/", sequence: 31_000, active: [], now: () => NOW };
  const frames = written(venue, symbol, channel, levels).map((event) =>
    dated(venue.server.encode(event, instrument, subscription, connection)),
  );
  return { name, venue, symbols: ["A", "B", symbol], frames, naive, emit: EMITTERS.get(naive)! };
}

/** A quote alone leaves the day's figures at 0: the venue's frame has them. */
function dated(frame: string): string {
  return frame.replace(
    /"last":0\.0,.*,"trades":0/,
    '"last":85600.5,"volume":1420.55310000,"vwap":85211.7,"low":84100.0,"high":86250.1,"change":812.3,"change_pct":0.96,"trades":48211',
  );
}

export function cases(): ParseCase[] {
  return [
    row("kraken ticker", kraken, "quote", 0, krakenTicker),
    row("kraken trade", kraken, "trade", 0, krakenTrade),
    row("kraken book 1", kraken, "book", 1, krakenBook),
    row("kraken book 2", kraken, "book", 2, krakenBook),
    row("kraken book 20", kraken, "book", 20, krakenBook),
    row("coinbase level2 1", coinbase, "book", 1, coinbaseBook),
    row("coinbase level2 3", coinbase, "book", 3, coinbaseBook),
    row("coinbase level2 30", coinbase, "book", 30, coinbaseBook),
    row("coinbase trade", coinbase, "trade", 0, coinbaseTrade),
  ];
}
