import { plainText } from "../../model/index.ts";
import type {
  BookEvent,
  Instrument,
  Level,
  LiquidationEvent,
  MarketEvent,
  QuoteEvent,
  ServerConnection,
  Subscription,
  TickerEvent,
  TradeEvent,
} from "../../model/index.ts";
import { namedOf } from "./names.ts";
import { argOf } from "./requests.ts";
import type { Arg } from "./requests.ts";
import type { Protocol } from "./protocol.ts";

/**
 * Events to frames, key for key as the venue writes them in the second half of 2026: no checksum, numbers as texts
 * without zeros at their end, times in milliseconds; the frame was sent a little after its row was made.
 * Throws RangeError for events the venue has no channel for.
 */
export function encoderOf(
  protocol: Protocol,
): (
  event: MarketEvent,
  instrument: Instrument,
  subscription: Subscription,
  connection: ServerConnection,
) => string {
  const write = protocol.api === "v3" ? v3 : v2;
  return (event, _instrument, subscription, connection) => {
    const arg = argOf({ ...subscription, symbol: event.symbol }, protocol);
    const row = arg === null ? null : write.row(event, millis(event.ts_event ?? connection.now()));
    if (arg === null || row === null)
      throw new RangeError(`expected an event the venue has a channel for, saw ${event.type}`);
    return frame(arg, row, actionOf(event, subscription), event.ts_event ?? connection.now(), event, write);
  };
}

interface Words {
  /** The row of an event as JSON text, or null. */
  readonly row: (event: MarketEvent, ts: string) => string | null;
  /** ms between a row and its frame. v3 has no time in the rows of tickers. */
  readonly later: (event: MarketEvent) => number;
}

function frame(arg: Arg, row: string, action: string, at: number, event: MarketEvent, words: Words): string {
  const ts = Math.floor(at / 1000) + words.later(event);
  return `{"action":"${action}","arg":${JSON.stringify(arg)},"data":[${row}],"ts":${ts}}`;
}

/** Trades come as updates once the first list was sent; best prices, partial books and tickers are whole each time. */
function actionOf(event: MarketEvent, { channel }: Subscription): string {
  if (event.flags?.includes("snapshot") === true) return "snapshot";
  if (event.type === "book" && channel === "book") return event.action;
  return event.type === "trade" || event.type === "liquidation" ? "update" : "snapshot";
}

function millis(micros: number): string {
  return String(Math.floor(micros / 1000));
}

function levels(side: readonly Level[]): string {
  return JSON.stringify(side.map(([price, size]) => [plainText(price), plainText(size)]));
}

/** As bare numbers, which may be beyond what JSON.stringify writes without an exponent. */
function numbers({ seq, prev_seq }: { seq: string | null; prev_seq: string | null }): string {
  return seq === null ? "" : `,"seq":${seq},"pseq":${prev_seq ?? "0"}`;
}

function best({ bid_price, bid_size, ask_price, ask_size }: QuoteEvent): { bids: Level[]; asks: Level[] } {
  const side = (price: number | null, size: number | null): Level[] =>
    price === null ? [] : [[price, size ?? 0]];
  return { bids: side(bid_price, bid_size), asks: side(ask_price, ask_size) };
}

function text(value: number | undefined): string {
  return value === undefined ? "" : plainText(value);
}

function fundingTime({ next_funding_ts: at }: TickerEvent): string {
  return at === undefined ? "" : millis(at);
}

type Sides = Pick<BookEvent, "bids" | "asks" | "seq" | "prev_seq">;

/** What is sent of a book or a quote; a quote links to nothing. */
function sidesOf(event: BookEvent | QuoteEvent): Sides {
  return event.type === "book" ? event : { ...best(event), seq: event.update_id, prev_seq: null };
}

const v3: Words = {
  later: ({ type }) => (type === "ticker" ? 0 : 1),
  row: (event, ts) => {
    switch (event.type) {
      case "book":
      case "quote": {
        const { bids, asks, ...ids } = sidesOf(event);
        const depth = event.type === "book" ? ',"maxdepth":"1000"' : "";
        return `{"a":${levels(asks)},"b":${levels(bids)}${numbers(ids)},"ts":"${ts}"${depth}}`;
      }
      case "trade":
        return JSON.stringify(trade(event, ts));
      case "ticker":
        return JSON.stringify(ticker(event));
      case "liquidation":
        return JSON.stringify(liquidation(event, ts));
      default:
        return null;
    }
  },
};

/** `L`, the execution, is ours to make up. */
function trade({ id, price, size, side }: TradeEvent, ts: string): object {
  const values = { i: id, p: plainText(price), v: plainText(size), S: side ?? "" };
  return { ...values, T: ts, L: String(BigInt(id) + 1n), isRPI: "no" };
}

function ticker(event: TickerEvent): object {
  const last = text(event.last_price);
  return {
    highPrice24h: text(event.high_24h),
    lowPrice24h: text(event.low_24h),
    openPrice24h: last,
    lastPrice: last,
    turnover24h: "",
    volume24h: text(event.volume_24h),
    bid1Price: last,
    ask1Price: last,
    bid1Size: "",
    ask1Size: "",
    price24hPcnt: "0",
    indexPrice: text(event.index_price),
    markPrice: text(event.mark_price),
    fundingRate: text(event.funding_rate),
    openInterest: text(event.open_interest),
    deliveryTime: "",
    deliveryStartTime: "",
    deliveryStatus: "",
    nextFundingTime: fundingTime(event),
  };
}

/** `side` is that of the position, which the order closes. */
function liquidation({ symbol, price, size, side }: LiquidationEvent, ts: string): object {
  const position = side === "buy" ? "sell" : "buy";
  return { symbol: namedOf(symbol).id, side: position, price: plainText(price), amount: plainText(size), ts };
}

const v2: Words = {
  later: () => 3,
  row: (event, ts) => {
    switch (event.type) {
      case "book":
      case "quote": {
        const { bids, asks, ...ids } = sidesOf(event);
        return `{"asks":${levels(asks)},"bids":${levels(bids)},"ts":"${ts}"${numbers(ids)}}`;
      }
      case "trade": {
        const { id: tradeId, price, size, side } = event;
        return JSON.stringify({
          ts,
          price: plainText(price),
          size: plainText(size),
          side: side ?? "",
          tradeId,
        });
      }
      case "ticker":
        return JSON.stringify(oldTicker(event, ts));
      default:
        return null;
    }
  },
};

function oldTicker(event: TickerEvent, ts: string): object {
  const last = text(event.last_price);
  const instId = namedOf(event.symbol).id;
  return {
    instId,
    lastPr: last,
    bidPr: last,
    askPr: last,
    bidSz: "",
    askSz: "",
    open24h: last,
    high24h: text(event.high_24h),
    low24h: text(event.low_24h),
    change24h: "0",
    fundingRate: text(event.funding_rate),
    nextFundingTime: fundingTime(event),
    markPrice: text(event.mark_price),
    indexPrice: text(event.index_price),
    holdingAmount: text(event.open_interest),
    baseVolume: text(event.volume_24h),
    quoteVolume: "",
    openUtc: last,
    symbolType: "1",
    symbol: instId,
    deliveryPrice: "0",
    ts,
  };
}
