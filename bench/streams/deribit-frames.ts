/** Deribit's frames for bench/parse.ts: as its encoder writes them, in the documented order of keys, seeded. */
import { FLAG, instrumentOf, LONG, NUM, OPTION, putMillis, putNumber } from "../../src/model/index.ts";
import type { Channel, Level, MarketEvent, Out } from "../../src/model/index.ts";
import { deribit } from "../../src/venues/deribit/venue.ts";
import { seeded } from "../harness.ts";
import type { ParseCase } from "./parse-case.ts";

const FRAMES = 1500;
const NOW = 1_787_644_800_000;
const FIRST = 1;
const SECOND = 2;
const PERPETUAL = "BTC-PERPETUAL";
const CALL = "BTC-25DEC26-100000-C";

type Levels = [action: string, price: number, amount: number][];

/** What stands in the frames, as far as it is read. */
interface Data {
  timestamp: number;
  instrument_name: string;
  best_bid_price: number;
  best_bid_amount: number;
  best_ask_price: number;
  best_ask_amount: number;
  change_id: number;
  prev_change_id: number;
  bids: Levels;
  asks: Levels;
  trade_seq: number;
  price: number;
  amount: number;
  direction: string;
  mark_price: number;
  index_price: number;
  underlying_price: number;
  open_interest: number;
  interest_rate: number;
  mark_iv: number;
  bid_iv: number;
  ask_iv: number;
  greeks: { delta: number; gamma: number; vega: number; theta: number; rho: number };
  last_price: number;
  stats: { volume: number };
}

type Ids = ReadonlyMap<string, number>;

function dataOf<T>(text: string): T {
  return (JSON.parse(text) as { params: { data: T } }).params.data;
}

function naiveQuote(text: string, ids: Ids, into: Float64Array): number {
  const data = dataOf<Data>(text);
  into[0] = ids.get(data.instrument_name)!;
  into[1] = data.timestamp * 1000;
  into[2] = 0;
  into[3] = data.best_bid_price;
  into[4] = data.best_bid_amount;
  into[5] = data.best_ask_price;
  into[6] = data.best_ask_amount;
  return 7;
}

function emitQuote(text: string, ids: Ids, out: Out): void {
  const data = dataOf<Data>(text);
  putMillis(data.timestamp, out.long, LONG.TS);
  putNumber(0, out.long, LONG.ID);
  out.num[NUM.BID_PRICE] = data.best_bid_price;
  out.num[NUM.BID_SIZE] = data.best_bid_amount;
  out.num[NUM.ASK_PRICE] = data.best_ask_price;
  out.num[NUM.ASK_SIZE] = data.best_ask_amount;
  out.quote(ids.get(data.instrument_name)!, 0);
}

function naiveBook(text: string, ids: Ids, into: Float64Array): number {
  const data = dataOf<Data>(text);
  into[0] = ids.get(data.instrument_name)!;
  into[1] = data.timestamp * 1000;
  into[2] = data.change_id;
  let n = 3;
  for (const side of [data.bids, data.asks])
    for (const level of side) {
      into[n] = level[1];
      into[n + 1] = level[2];
      n += 2;
    }
  return n;
}

function emitLevels(levels: Levels, side: number, out: Out): void {
  for (const [, price, amount] of levels) {
    out.num[NUM.PRICE] = price;
    out.num[NUM.SIZE] = amount;
    out.level(side);
  }
}

function emitBook(text: string, ids: Ids, out: Out): void {
  const data = dataOf<Data>(text);
  const instrument = ids.get(data.instrument_name)!;
  const flags = data.prev_change_id > 0 ? 0 : FLAG.SNAPSHOT;
  putMillis(data.timestamp, out.long, LONG.TS);
  putNumber(data.change_id, out.long, LONG.ID);
  putNumber(data.prev_change_id, out.long, LONG.PREV);
  out.openBook(instrument, flags);
  emitLevels(data.bids, FIRST, out);
  emitLevels(data.asks, SECOND, out);
  out.book(instrument, flags);
}

function naiveTrade(text: string, ids: Ids, into: Float64Array): number {
  const [row] = dataOf<Data[]>(text);
  into[0] = ids.get(row!.instrument_name)!;
  into[1] = row!.timestamp * 1000;
  into[2] = row!.trade_seq;
  into[3] = row!.price;
  into[4] = row!.amount;
  return 5;
}

function emitTrade(text: string, ids: Ids, out: Out): void {
  const [row] = dataOf<Data[]>(text);
  putMillis(row!.timestamp, out.long, LONG.TS);
  putNumber(row!.trade_seq, out.long, LONG.ID);
  out.num[NUM.PRICE] = row!.price;
  out.num[NUM.SIZE] = row!.amount;
  out.trade(ids.get(row!.instrument_name)!, row!.direction === "buy" ? FIRST : SECOND, 0);
}

/** Percent of two places to a fraction, without an error. */
function fraction(percent: number): number {
  return Math.round(percent * 100) / 10_000;
}

function figures(data: Data, into: Float64Array, at: number): void {
  into[at + OPTION.MARK] = data.mark_price;
  into[at + OPTION.INDEX] = data.index_price;
  into[at + OPTION.UNDERLYING] = data.underlying_price;
  into[at + OPTION.OPEN_INTEREST] = data.open_interest;
  into[at + OPTION.INTEREST_RATE] = data.interest_rate;
  into[at + OPTION.MARK_IV] = fraction(data.mark_iv);
  into[at + OPTION.BID_IV] = fraction(data.bid_iv);
  into[at + OPTION.ASK_IV] = fraction(data.ask_iv);
  into[at + OPTION.DELTA] = data.greeks.delta;
  into[at + OPTION.GAMMA] = data.greeks.gamma;
  into[at + OPTION.VEGA] = data.greeks.vega;
  into[at + OPTION.THETA] = data.greeks.theta;
  into[at + OPTION.RHO] = data.greeks.rho;
  into[at + OPTION.LAST] = data.last_price;
  into[at + OPTION.VOLUME] = data.stats.volume;
}

function naiveOption(text: string, ids: Ids, into: Float64Array): number {
  const data = dataOf<Data>(text);
  into[0] = ids.get(data.instrument_name)!;
  into[1] = data.timestamp * 1000;
  into[2] = 0;
  figures(data, into, 3);
  return 18;
}

function emitOption(text: string, ids: Ids, out: Out): void {
  const data = dataOf<Data>(text);
  putMillis(data.timestamp, out.long, LONG.TS);
  figures(data, out.option, 0);
  out.optionTicker(ids.get(data.instrument_name)!, 0);
}

/** Events of one channel: a price that walks, amounts in tens of dollars, `levels` changed near the touch. */
function event(channel: Channel, i: number, levels: number, next: () => number): MarketEvent {
  const mid = 1_280_215 + Math.floor(next() * 400);
  const amount = (): number => Math.ceil(next() ** 3 * 2e4) * 10;
  const times = { ts_event: (NOW + i * 100 + Math.floor(next() * 99)) * 1000, ts_recv: NOW * 1000 };
  const symbol = channel === "ticker" ? CALL : PERPETUAL;
  const common = { venue: "deribit", symbol, instrument: null, ...times };
  const [below, above] = [mid / 20, (mid + 1) / 20];
  if (channel === "quote") {
    const bid = { bid_price: below, bid_size: amount() };
    return { type: "quote", ...common, ...bid, ask_price: above, ask_size: amount(), update_id: null };
  }
  if (channel === "trade") {
    const side = i % 3 === 0 ? "buy" : "sell";
    return { type: "trade", ...common, id: String(189_344_001 + i), price: below, size: amount(), side };
  }
  if (channel === "ticker") return option(common, below, next);
  const side = (sign: number, count: number): Level[] =>
    Array.from({ length: count }, (_, n) => [(mid + sign * (n + 1)) / 20, next() < 0.27 ? 0 : amount()]);
  const [bids, asks] = [side(-1, levels >> 1), side(1, levels - (levels >> 1))];
  const [seq, prev_seq] = [169_600_103_289 + i * 387, 169_600_102_902 + i * 387].map(String);
  return { type: "book", action: "update", ...common, bids, asks, seq: seq!, prev_seq: prev_seq! };
}

type Common = Pick<MarketEvent, "venue" | "symbol" | "instrument" | "ts_event" | "ts_recv">;

function option(common: Common, index: number, next: () => number): MarketEvent {
  const of = (most: number, places: number): number => Math.ceil(next() * most * 10 ** places) / 10 ** places;
  return {
    type: "option_ticker",
    ...common,
    mark_price: of(0.1, 4),
    index_price: index,
    underlying_price: Math.round((index + of(900, 2)) * 100) / 100,
    open_interest: of(9000, 1),
    interest_rate: 0,
    mark_iv: of(0.9, 4),
    bid_iv: of(0.9, 4),
    ask_iv: of(0.9, 4),
    delta: of(1, 5),
    gamma: of(0.0001, 5),
    vega: of(90, 5),
    theta: -of(90, 5),
    rho: of(40, 5),
    last_price: of(0.1, 4),
    volume_24h: of(900, 1),
  };
}

/** With the quote that a ticker repeats, and figures of the day; our encoder knows them not. */
function quoted(text: string, i: number): string {
  const bid = `"best_bid_price":0.0${110 + (i % 9)},"best_bid_amount":${(i % 50) + 0.3}`;
  const ask = `"best_ask_price":0.0${120 + (i % 9)},"best_ask_amount":${(i % 40) + 0.1}`;
  return text
    .replace('"best_bid_price":null,"best_bid_amount":0.0', bid)
    .replace('"best_ask_price":null,"best_ask_amount":0.0', ask)
    .replace('"high":null,"low":null', '"high":0.0135,"low":0.0101')
    .replace('"volume_usd":0.0,"price_change":null', '"volume_usd":171233.12,"price_change":-6.25');
}

function written(channel: Channel, levels = 0): string[] {
  const next = seeded(levels + 7);
  const symbol = channel === "ticker" ? CALL : PERPETUAL;
  const instrument = instrumentOf({ symbol, canonical: deribit.canonical(symbol)!, tick: 0.5, lot: 10 });
  const connection = { path: "/", sequence: 0, active: [], now: () => NOW * 1000 };
  return Array.from({ length: FRAMES }, (_, i) =>
    quoted(
      deribit.server.encode(event(channel, i, levels, next), instrument, { channel, symbol }, connection),
      i,
    ),
  );
}

/** The same with the keys of its data the other way round: no order is promised, and each lasts for a while. */
function backwards(text: string): string {
  const frame = JSON.parse(text) as { params: { data: object } };
  frame.params.data = Object.fromEntries(Object.entries(frame.params.data).toReversed());
  return JSON.stringify(frame);
}

export function cases(): ParseCase[] {
  const symbols = ["ETH-PERPETUAL", CALL, PERPETUAL, "BTC-25DEC26-100000-P", "SOL_USDC-PERPETUAL"];
  const shape = { venue: deribit, symbols };
  const book = { ...shape, naive: naiveBook, emit: emitBook };
  const figured = { ...shape, naive: naiveOption, emit: emitOption };
  const options = written("ticker");
  return [
    { ...shape, name: "deribit quote", naive: naiveQuote, emit: emitQuote, frames: written("quote") },
    { ...shape, name: "deribit trade", naive: naiveTrade, emit: emitTrade, frames: written("trade") },
    { ...book, name: "deribit book 2", frames: written("book", 2) },
    { ...book, name: "deribit book 20", frames: written("book", 20) },
    { ...figured, name: "deribit option", frames: options },
    { ...figured, name: "deribit option, keys backwards", frames: options.map(backwards) },
  ];
}
