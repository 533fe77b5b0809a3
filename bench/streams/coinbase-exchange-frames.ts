/** Coinbase Exchange's frames for bench/parse.ts, as its encoder writes them, seeded. */
import { FLAG, instrumentOf, LONG, NUM, putMicros, putNumber } from "../../src/model/index.ts";
import type { Channel, Level, MarketEvent, Out } from "../../src/model/index.ts";
import { coinbaseExchange } from "../../src/venues/coinbase-exchange/venue.ts";
import { seeded } from "../harness.ts";
import type { ParseCase } from "./parse-case.ts";

const FRAMES = 1500;
const NOW = 1_791_191_520_000_000;
const SYMBOL = "BTC-USD";
const FIRST = 1;
const SECOND = 2;

/** What stands in the frames, as far as it is read. */
interface Frame {
  type: string;
  product_id: string;
  sequence: number;
  trade_id: number;
  price: string;
  size: string;
  side: string;
  time: string;
  changes: [side: string, price: string, size: string][];
  [text: string]: unknown;
}

type Ids = ReadonlyMap<string, number>;

/** Date.parse keeps milliseconds: three more digits are read by hand. */
function micros(time: string): number {
  return Date.parse(time) * 1000 + Number(time.slice(23, 26));
}

function naiveBook(text: string, ids: Ids, into: Float64Array): number {
  const { product_id, time, changes } = JSON.parse(text) as Frame;
  into[0] = ids.get(product_id)!;
  into[1] = micros(time);
  into[2] = 0;
  let n = 3;
  for (const [, price, size] of changes) {
    into[n++] = Number(price);
    into[n++] = Number(size);
  }
  return n;
}

function naiveTrade(text: string, ids: Ids, into: Float64Array): number {
  const one = JSON.parse(text) as Frame;
  into[0] = ids.get(one.product_id)!;
  into[1] = micros(one.time);
  into[2] = one.trade_id;
  into[3] = Number(one.price);
  into[4] = Number(one.size);
  return 5;
}

function emitBook(text: string, ids: Ids, out: Out): void {
  const { product_id, time, changes } = JSON.parse(text) as Frame;
  for (const [side, price, size] of changes) {
    out.num[NUM.PRICE] = Number(price);
    out.num[NUM.SIZE] = Number(size);
    out.level(side === "buy" ? FIRST : SECOND);
  }
  putMicros(micros(time), out.long, LONG.TS);
  putNumber(0, out.long, LONG.ID);
  putNumber(0, out.long, LONG.PREV);
  out.book(ids.get(product_id)!, 0);
}

function emitTrade(text: string, ids: Ids, out: Out): void {
  const one = JSON.parse(text) as Frame;
  putMicros(micros(one.time), out.long, LONG.TS);
  putNumber(one.trade_id, out.long, LONG.ID);
  out.num[NUM.PRICE] = Number(one.price);
  out.num[NUM.SIZE] = Number(one.size);
  const flags = one.type === "match" ? 0 : FLAG.SNAPSHOT;
  out.trade(ids.get(one.product_id)!, one.side === "buy" ? SECOND : FIRST, flags);
}

/** Events of one channel: a price that walks, sizes with eight decimals, `levels` changed near the touch. */
function event(channel: Channel, i: number, levels: number, next: () => number): MarketEvent {
  const mid = 8_560_050 + Math.floor(next() * 4000);
  const size = (): number => Math.ceil(next() ** 3 * 3e8) / 1e8;
  const times = { ts_event: NOW + i * 40_000 + Math.floor(next() * 9999), ts_recv: NOW };
  const common = { venue: "coinbase-exchange", symbol: SYMBOL, instrument: SYMBOL, ...times };
  if (channel === "trade") {
    const side = i % 3 === 0 ? "buy" : "sell";
    return { type: "trade", ...common, id: String(995_098_701 + i), price: mid / 100, size: size(), side };
  }
  const side = (sign: number, count: number): Level[] =>
    Array.from({ length: count }, (_, n) => [(mid + sign * (n + 1)) / 100, next() < 0.27 ? 0 : size()]);
  const bids = side(-1, levels >> 1);
  const asks = side(1, levels - (levels >> 1));
  return { type: "book", action: "update", ...common, bids, asks, seq: null, prev_seq: null };
}

function written(channel: Channel, levels: number): string[] {
  const next = seeded(levels + 7);
  const instrument = instrumentOf({ symbol: SYMBOL, canonical: SYMBOL, tick: 0.01, lot: 1e-8 });
  const connection = { path: "/", sequence: 126_772_717_215, active: [], now: () => NOW };
  const subscription = { channel, symbol: SYMBOL };
  return Array.from({ length: FRAMES }, (_, i) =>
    varied(
      coinbaseExchange.server.encode(event(channel, i, levels, next), instrument, subscription, connection),
      next,
    ),
  );
}

/** Order ids that are all different, as those of the venue. */
function varied(frame: string, next: () => number): string {
  return frame.replaceAll("00000000-0000-4000-8000-000000000000", () => {
    const hex = Array.from({ length: 32 }, () => Math.floor(next() * 16).toString(16)).join("");
    return [0, 8, 12, 16, 20].map((at, k) => hex.slice(at, [8, 12, 16, 20, 32][k])).join("-");
  });
}

export function cases(): ParseCase[] {
  const shape = { venue: coinbaseExchange, symbols: ["A", "B", SYMBOL] };
  const book = { ...shape, naive: naiveBook, emit: emitBook };
  return [
    {
      ...shape,
      naive: naiveTrade,
      emit: emitTrade,
      name: "coinbase-exchange match",
      frames: written("trade", 0),
    },
    { ...book, name: "coinbase-exchange l2update 1", frames: written("book", 1) },
    { ...book, name: "coinbase-exchange l2update 3", frames: written("book", 3) },
    { ...book, name: "coinbase-exchange l2update 30", frames: written("book", 30) },
  ];
}
