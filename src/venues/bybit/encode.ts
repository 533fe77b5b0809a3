import { plainText } from "../../model/index.ts";
import type {
  BookEvent,
  Instrument,
  Level,
  LiquidationEvent,
  MarketEvent,
  OptionTickerEvent,
  QuoteEvent,
  ServerConnection,
  Subscription,
  TickerEvent,
  TradeEvent,
} from "../../model/index.ts";
import { decimalsOf, fixed } from "../writing.ts";
import { textOf } from "./names.ts";
import type { Names } from "./names.ts";
import { topicOf } from "./requests.ts";

/** A frame to be written. */
interface Scene {
  readonly names: Names;
  readonly instrument: Instrument;
  readonly topic: string;
  /** UNIX milliseconds. */
  readonly ts: number;
}

export type Encode = (
  event: MarketEvent,
  instrument: Instrument,
  subscription: Subscription,
  connection: ServerConnection,
) => string;

/**
 * Events to frames, key for key as the venue writes them in 2026: in the order of their category, contracts with the
 * zeros of their steps, spot without. Throws RangeError for events the venue has no channel for.
 */
export function encodeOf(names: Names): Encode {
  return (event, instrument, subscription, connection) => {
    const ts = Math.floor((event.ts_event ?? connection.now()) / 1000);
    const topic = topicOf(names, { ...subscription, symbol: event.symbol });
    if (topic === null) throw new RangeError(`expected a channel of the venue, saw ${subscription.channel}`);
    const scene = { names, instrument, topic, ts };
    switch (event.type) {
      case "book":
        return book(event, scene);
      case "quote":
        return quote(event, scene);
      case "trade":
        return frame(scene, "snapshot", [trade(event, scene)]);
      case "ticker":
        return ticker(event, scene);
      case "option_ticker":
        return optionTicker(event, scene);
      case "liquidation":
        return frame(scene, "snapshot", [liquidation(event, scene)]);
      default:
        throw new RangeError(`expected a trade, quote, book, a ticker or liquidation, saw ${event.type}`);
    }
  };
}

const isContract = ({ category }: Names): boolean => category === "linear" || category === "inverse";

/** Topic, type, time and, of options, id; `late` is the order of spot, of options and of level 1. */
function head({ names, topic, ts }: Scene, type: string, late: boolean): object {
  const order = late ? { topic, ts, type } : { topic, type, ts };
  return names.category === "option" ? { ...order, id: `${topic}-${ts}-${ts}` } : order;
}

function frame(scene: Scene, type: string, data: unknown): string {
  return JSON.stringify({ ...head(scene, type, !isContract(scene.names)), data });
}

function price(value: number, { names, instrument }: Scene): string {
  return isContract(names) ? fixed(value, decimalsOf(instrument.tick)) : plainText(value);
}

function size(value: number, { names, instrument }: Scene): string {
  return isContract(names) && value > 0 ? fixed(value, decimalsOf(instrument.lot)) : plainText(value);
}

/** The numbers stand as they are: ids may be beyond what JSON.stringify writes without an exponent. */
function sides(scene: Scene, type: string, late: boolean, bids: Level[], asks: Level[], u: string): string {
  const side = (levels: Level[]): string[][] =>
    levels.map(([at, amount]) => [price(at, scene), size(amount, scene)]);
  const data = { s: textOf(scene.instrument.symbol), b: side(bids), a: side(asks) };
  const text = JSON.stringify({ ...head(scene, type, late), data }).slice(0, -2);
  return `${text},"u":${u},"seq":${u}},"cts":${scene.ts}}`;
}

function book(event: BookEvent, scene: Scene): string {
  const type = event.action === "snapshot" ? "snapshot" : "delta";
  return sides(scene, type, !isContract(scene.names), event.bids, event.asks, event.seq ?? "0");
}

function quote({ bid_price, bid_size, ask_price, ask_size, update_id }: QuoteEvent, scene: Scene): string {
  const best = (at: number | null, amount: number | null): Level[] =>
    at === null ? [] : [[at, amount ?? 0]];
  const [bids, asks] = [best(bid_price, bid_size), best(ask_price, ask_size)];
  return sides(scene, "snapshot", true, bids, asks, update_id ?? "0");
}

/** A UUID that ends in the id's 64 bits; its other bits say nothing. */
function uuid(id: string): string {
  const text = BigInt.asUintN(64, BigInt(id)).toString(16).padStart(16, "0");
  return `00000000-0000-5000-${text.slice(0, 4)}-${text.slice(4)}`;
}

function trade({ id, symbol, price: at, size: amount, side }: TradeEvent, scene: Scene): object {
  const s = textOf(symbol);
  const S = side === "sell" ? "Sell" : "Buy";
  const [p, v, T] = [price(at, scene), size(amount, scene), scene.ts];
  const { category } = scene.names;
  if (isContract(scene.names))
    return { T, s, S, v, p, L: "ZeroPlusTick", i: uuid(id), BT: false, RPI: false, seq: T };
  if (category === "spot") return { i: id, T, p, v, S, seq: T, s, BT: false, RPI: false };
  return { i: uuid(id), T, p, v, S, seq: T, s, BT: false, mP: p, iP: p, mIv: "0.5", iv: "0.5" };
}

/** `S` is the side of the position that was closed. */
function liquidation({ symbol, price: at, size: amount, side }: LiquidationEvent, scene: Scene): object {
  const S = side === "sell" ? "Buy" : "Sell";
  return { T: scene.ts, s: textOf(symbol), S, v: size(amount, scene), p: price(at, scene) };
}

function ticker(event: TickerEvent, scene: Scene): string {
  const { names, topic, ts } = scene;
  const symbol = textOf(event.symbol);
  if (names.category === "spot") {
    const data = { symbol, ...day(event), turnover24h: "0", price24hPcnt: "0", usdIndexPrice: "" };
    return JSON.stringify({ topic, ts, type: "snapshot", cs: ts, data });
  }
  const type = event.flags?.includes("snapshot") === true ? "snapshot" : "delta";
  const data = { symbol, ...day(event), ...contract(event) };
  return JSON.stringify({ topic, type, data, cs: ts, ts });
}

/** Texts of the figures that are known. */
function texts(fields: Readonly<Record<string, number | undefined>>): Record<string, string> {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known.map(([name, value]) => [name, plainText(value!)]));
}

function day({ last_price, high_24h, low_24h, volume_24h }: TickerEvent): object {
  const figures = { highPrice24h: high_24h, lowPrice24h: low_24h, volume24h: volume_24h };
  return texts({ lastPrice: last_price, ...figures });
}

/** `openInterest` counts both sides. */
function contract(event: TickerEvent): object {
  const { mark_price, index_price, open_interest, next_funding_ts, funding_rate } = event;
  const both = open_interest === undefined ? undefined : 2 * open_interest;
  const next = next_funding_ts === undefined ? undefined : Math.floor(next_funding_ts / 1000);
  return texts({
    markPrice: mark_price,
    indexPrice: index_price,
    openInterest: both,
    singleOpenInterest: open_interest,
    nextFundingTime: next,
    fundingRate: funding_rate,
  });
}

/** Of an option all that the venue says, "0" for what there is not; its quote is that of no event, so it has none. */
function optionTicker(event: OptionTickerEvent, scene: Scene): string {
  const none = { bidPrice: "0", bidSize: "0", askPrice: "0", askSize: "0" };
  const known = texts({
    bidIv: event.bid_iv ?? 0,
    askIv: event.ask_iv ?? 0,
    lastPrice: event.last_price ?? 0,
    highPrice24h: event.last_price ?? 0,
    lowPrice24h: event.last_price ?? 0,
    markPrice: event.mark_price,
    indexPrice: event.index_price,
    markPriceIv: event.mark_iv ?? 0,
    underlyingPrice: event.underlying_price,
    openInterest: event.open_interest,
    volume24h: event.volume_24h,
    delta: event.delta,
    gamma: event.gamma,
    vega: event.vega,
    theta: event.theta,
  });
  return frame(scene, "snapshot", { symbol: textOf(event.symbol), ...none, ...known, change24h: "0" });
}
