import { plainText } from "../model/index.ts";
import type {
  BookEvent,
  Instrument,
  Level,
  LiquidationEvent,
  MarketEvent,
  QuoteEvent,
} from "../model/index.ts";
import type { ServerConnection, Subscription, TickerEvent, TradeEvent } from "../model/index.ts";
import { isCombined } from "./binance-requests.ts";
import { streamName } from "./binance-streams.ts";
import type { Streams } from "./binance-streams.ts";

/** Events to Binance frames, key for key as the venue sends them in autumn 2026 (samples in binance-parse.ts). */
export interface Grammar {
  readonly streams: Streams;
  /** Futures frames carry T, ps, pu, st and numbers at the symbol's precision; spot pads to eight decimals. */
  readonly futures: boolean;
  /** Trades still carry the order ids b and a (Binance.US). */
  readonly orderIds: boolean;
  /** Contracts margined in their base (COIN-M): their frames differ from those of USD-M in a few keys. */
  readonly inverse?: boolean;
}

/** What one frame is made from. */
interface Scene {
  readonly grammar: Grammar;
  readonly instrument: Instrument;
  readonly connection: ServerConnection;
  readonly price: (value: number) => string;
  readonly size: (value: number) => string;
}

type Frame = Record<string, unknown>;

const SPOT_DECIMALS = 8;
const DAY_US = 86_400_000_000;

export function encode(
  grammar: Grammar,
  event: MarketEvent,
  instrument: Instrument,
  subscription: Subscription,
  connection: ServerConnection,
): string {
  const price = writer(grammar.futures ? decimalsOf(instrument.tick) : SPOT_DECIMALS);
  const size = writer(grammar.futures ? decimalsOf(instrument.lot) : SPOT_DECIMALS);
  const data = payload({ grammar, instrument, connection, price, size }, event, subscription);
  const stream = streamName(grammar.streams, subscription);
  return JSON.stringify(isCombined(connection) ? { stream, data } : data);
}

function payload(scene: Scene, event: MarketEvent, subscription: Subscription): Frame {
  const { futures } = scene.grammar;
  switch (event.type) {
    case "trade":
      return subscription.channel === "agg_trade" ? aggTrade(scene, event) : trade(scene, event);
    case "quote":
      return futures ? futuresQuote(scene, event) : spotQuote(scene, event);
    case "book":
      return subscription.channel === "partial_book" && !futures
        ? partial(scene, event)
        : depth(scene, event);
    case "ticker":
      return futures ? markPrice(scene, event) : dayFigures(scene, event);
    case "liquidation":
      return forceOrder(scene, event);
    default:
      throw new RangeError(`expected an event of ${subscription.channel}, saw ${event.type}`);
  }
}

/** Decimals of a step; -1 (as many as there are) when it is not known. */
export function decimalsOf(step: number): number {
  return step > 0 ? (plainText(step).split(".")[1] ?? "").length : -1;
}

/** Decimal text with at least `decimals` places; never fewer digits than the value has. */
export function fixed(value: number, decimals: number): string {
  const text = plainText(value);
  const [, fraction = ""] = text.split(".");
  if (fraction.length >= decimals) return text;
  return `${fraction === "" ? `${text}.` : text}${"0".repeat(decimals - fraction.length)}`;
}

function writer(decimals: number): (value: number) => string {
  return (value) => fixed(value, decimals);
}

/** Microseconds in the connection's unit: ms unless the URL asks for `timeUnit=MICROSECOND`. */
function stamp(micros: number, { path }: ServerConnection): number {
  return /[?&]timeUnit=microsecond\b/i.test(path) ? micros : Math.floor(micros / 1000);
}

/** Time of the event itself, and the time it is sent, which is never earlier. */
function times(scene: Scene, event: MarketEvent): { E: number; T: number } {
  const now = scene.connection.now();
  const at = event.ts_event ?? now;
  return { E: stamp(Math.max(at, now), scene.connection), T: stamp(at, scene.connection) };
}

/** Which family of contracts: 1 is USD-M, 2 COIN-M. */
function st({ grammar }: Scene): { st: number } {
  return { st: grammar.inverse ? 2 : 1 };
}

function trade(scene: Scene, event: TradeEvent): Frame {
  const { E, T } = times(scene, event);
  const [s, t, m] = [event.symbol, Number(event.id), event.side === "sell"];
  const [p, q] = [scene.price(event.price), scene.size(event.size)];
  if (scene.grammar.futures) return { e: "trade", E, T, s, t, p, q, X: "MARKET", m };
  const orders = scene.grammar.orderIds ? { b: 2 * t + 1, a: 2 * t + 2 } : {};
  return { e: "trade", E, s, t, p, q, ...orders, T, m, M: true };
}

function aggTrade(scene: Scene, event: TradeEvent): Frame {
  const { E, T } = times(scene, event);
  const [s, a, m] = [event.symbol, Number(event.id), event.side === "sell"];
  const [p, q] = [scene.price(event.price), scene.size(event.size)];
  if (scene.grammar.futures) {
    const rest = scene.grammar.inverse ? {} : { nq: q };
    return { e: "aggTrade", E, s, a, p, q, ...rest, f: a, l: a, T, m, ...st(scene) };
  }
  return { e: "aggTrade", E, s, a, p, q, f: a, l: a, T, m, M: true };
}

function sides(scene: Scene, event: QuoteEvent): Frame {
  return {
    b: scene.price(event.bid_price ?? 0),
    B: scene.size(event.bid_size ?? 0),
    a: scene.price(event.ask_price ?? 0),
    A: scene.size(event.ask_size ?? 0),
  };
}

function spotQuote(scene: Scene, event: QuoteEvent): Frame {
  return { u: Number(event.update_id ?? 0), s: event.symbol, ...sides(scene, event) };
}

function futuresQuote(scene: Scene, event: QuoteEvent): Frame {
  const u = Number(event.update_id ?? 0);
  const { symbol: s } = event;
  const { E, T } = times(scene, event);
  if (scene.grammar.inverse)
    return { e: "bookTicker", u, s, ps: pairOf(s), ...sides(scene, event), T, E, ...st(scene) };
  return { e: "bookTicker", u, E, T, s, ps: pairOf(s), ...sides(scene, event), ...st(scene) };
}

/** BTCUSDT_261225 belongs to the pair BTCUSDT, BTCUSD_PERP to BTCUSD. */
function pairOf(symbol: string): string {
  return symbol.split("_")[0]!;
}

function rows(scene: Scene, levels: readonly Level[]): string[][] {
  return levels.map(([price, size]) => [scene.price(price), scene.size(size)]);
}

/** Futures ids count over all symbols, so U is beyond pu + 1 wherever the ids leave room for that. */
function depth(scene: Scene, event: BookEvent): Frame {
  const { E, T } = times(scene, event);
  const u = Number(event.seq);
  const pu = event.prev_seq === null ? u - 1 : Number(event.prev_seq);
  const head = { s: event.symbol, ps: pairOf(event.symbol), U: Math.min(pu + 2, u), u, pu };
  const [b, a] = [rows(scene, event.bids), rows(scene, event.asks)];
  if (scene.grammar.futures) return { e: "depthUpdate", E, T, ...head, b, a, ...st(scene) };
  return { e: "depthUpdate", E: T, s: event.symbol, U: pu + 1, u, b, a };
}

function partial(scene: Scene, event: BookEvent): Frame {
  return { lastUpdateId: Number(event.seq), bids: rows(scene, event.bids), asks: rows(scene, event.asks) };
}

function markPrice(scene: Scene, event: TickerEvent): Frame {
  const text = writer(SPOT_DECIMALS);
  const p = text(event.mark_price ?? 0);
  const i = text(event.index_price ?? 0);
  const r = event.funding_rate === undefined ? "" : text(event.funding_rate);
  const T = event.next_funding_ts === undefined ? 0 : Math.floor(event.next_funding_ts / 1000);
  const head = { e: "markPriceUpdate", E: times(scene, event).T, s: event.symbol, p };
  const figures = scene.grammar.inverse ? { P: i, i, r } : { i, P: i, r, ap: p };
  return { ...head, ...figures, T, ...st(scene) };
}

/** Opening price, best quotes and counts are made up: nobody reads them. */
function dayFigures(scene: Scene, event: TickerEvent): Frame {
  const { T: E } = times(scene, event);
  const { last_price: last = 0, high_24h: high = 0, low_24h: low = 0, vwap_24h: average = 0 } = event;
  const [c, w, v] = [scene.price(last), scene.price(average), scene.size(event.volume_24h ?? 0)];
  const [O, C] = [E - stamp(DAY_US, scene.connection), E];
  const quotes = { b: c, B: scene.size(1), a: c, A: scene.size(1) };
  const head = {
    e: "24hrTicker",
    E,
    s: event.symbol,
    p: scene.price(0),
    P: "0.000",
    w,
    x: c,
    c,
    Q: scene.size(1),
  };
  const day = { o: c, h: scene.price(high), l: scene.price(low), v, q: v, O, C, F: 0, L: 0, n: 1 };
  return { ...head, ...quotes, ...day };
}

function forceOrder(scene: Scene, event: LiquidationEvent): Frame {
  const { E, T } = times(scene, event);
  const S = event.side === "buy" ? "BUY" : "SELL";
  const [p, q] = [scene.price(event.price), scene.size(event.size)];
  const pair = scene.grammar.inverse ? { ps: pairOf(event.symbol) } : {};
  const o = { s: event.symbol, ...pair, S, o: "LIMIT", f: "IOC", q, p, ap: p, X: "FILLED", l: q, z: q, T };
  return { e: "forceOrder", E, o };
}

/** REST depth body; a book without a sequence is the venue's empty one (-1). */
export function snapshotBody(grammar: Grammar, event: BookEvent, instrument: Instrument): string {
  const price = writer(grammar.futures ? decimalsOf(instrument.tick) : SPOT_DECIMALS);
  const size = writer(grammar.futures ? decimalsOf(instrument.lot) : SPOT_DECIMALS);
  const list = (levels: readonly Level[]): string[][] =>
    levels.map((level) => [price(level[0]), size(level[1])]);
  const lastUpdateId = event.seq === null ? -1 : Number(event.seq);
  const T = Math.floor((event.ts_event ?? event.ts_recv) / 1000);
  const { symbol } = event;
  const names = grammar.inverse ? { symbol, pair: pairOf(symbol) } : {};
  const stamps = grammar.futures ? { E: T, T } : {};
  return JSON.stringify({
    lastUpdateId,
    ...names,
    ...stamps,
    bids: list(event.bids),
    asks: list(event.asks),
  });
}
