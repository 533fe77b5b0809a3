import { SIDE } from "../model/index.ts";
import type { TradeEvent, TradeHistory, TradeHistoryServer, TradeSpan } from "../model/index.ts";
import { fixed } from "./binance-encode.ts";
import { isObject } from "./kit.ts";
import { addressOf } from "./address.ts";
import { pageOf, parsePast, textOf, wholeOf } from "./past-trades.ts";
import type { TradeRow } from "./past-trades.ts";
import { bareText } from "./reading.ts";

/** Trades in one answer at most. */
const LIMIT = 1000;

/** Paths of the lists, and what a request to each weighs. */
export interface TradeLists {
  /** Folder of the paths: `/api/v3`, `/fapi/v1`, `/dapi/v1`. */
  readonly root: string;
  /** The last trades; from any id on (some products ask for an API key there, then 400 or 401 says so); aggregates. */
  readonly recent: number;
  readonly old: number;
  readonly aggregates: number;
}

/**
 * Lists of trades: rest-api.md, "Old trade lookup", "Recent trades list", "Compressed/Aggregate trades list"; the same
 * for futures. `fromId` is inclusive. Where the old ones are refused, the last thousand may hold the span all the same.
 */
export function history({ root, recent, old, aggregates }: TradeLists): TradeHistory {
  return {
    request: (symbol, { channel, from }, refused) => {
      const query = `symbol=${encodeURIComponent(symbol)}&limit=${LIMIT}`;
      if (channel === "agg_trade")
        return refused > 0 ? null : { path: `${root}/aggTrades?${query}&fromId=${from}`, weight: aggregates };
      if (refused === 0) return { path: `${root}/historicalTrades?${query}&fromId=${from}`, weight: old };
      return refused === 1 ? { path: `${root}/trades?${query}`, weight: recent } : null;
    },
    parse: parsePast({ rows: (body) => (Array.isArray(body) ? body : null), read }),
  };
}

/**
 * {"id":28457,"price":"4.00000100","qty":"12.00000000","quoteQty":"48.000012","time":1499865549590,"isBuyerMaker":true,..}
 * {"a":26129,"p":"0.01633102","q":"4.70443515","f":27781,"l":27781,"T":1498793709153,"m":true,"M":true}
 */
function read(row: unknown): TradeRow | null {
  if (!isObject(row)) return null;
  const aggregate = row["a"] !== undefined;
  const [id, price, size, time, maker] = aggregate
    ? [row["a"], row["p"], row["q"], row["T"], row["m"]]
    : [row["id"], row["price"], row["qty"], row["time"], row["isBuyerMaker"]];
  return {
    id: bareText(id),
    price: textOf(price),
    size: textOf(size),
    // The buyer rested, so the seller was the aggressor.
    side: maker === true ? SIDE.SELL : maker === false ? SIDE.BUY : SIDE.NONE,
    time: bareText(time),
  };
}

const CHANNELS: ReadonlyMap<string, TradeSpan["channel"]> = new Map([
  ["historicalTrades", "trade"],
  ["trades", "trade"],
  ["aggTrades", "agg_trade"],
]);

/** The venue's side of the same. */
export function historyServer(root: string): TradeHistoryServer {
  return {
    read: (path) => {
      const { path: asked, query } = addressOf(path);
      const channel = asked.startsWith(`${root}/`) ? CHANNELS.get(asked.slice(root.length + 1)) : undefined;
      const symbol = query.get("symbol");
      return channel === undefined || symbol === undefined ? null : { symbol, channel };
    },
    body: (trades, _instrument, path) => {
      const { path: asked, query } = addressOf(path);
      const from = asked.endsWith("/trades") ? null : wholeOf(query, "fromId");
      const count = Math.min(LIMIT, wholeOf(query, "limit") ?? 500);
      const write = asked.endsWith("/aggTrades") ? aggregateRow : tradeRow;
      return JSON.stringify(pageOf(trades, from, count).map(write));
    },
  };
}

function timeOf({ ts_event, ts_recv }: TradeEvent): number {
  return Math.floor((ts_event ?? ts_recv) / 1000);
}

function tradeRow(event: TradeEvent): object {
  const { id, price, size, side } = event;
  return {
    id: Number(id),
    price: fixed(price, 8),
    qty: fixed(size, 8),
    quoteQty: fixed(Number((price * size).toFixed(8)), 8),
    time: timeOf(event),
    isBuyerMaker: side === "sell",
    isBestMatch: true,
  };
}

function aggregateRow(event: TradeEvent): object {
  const { id, price, size, side } = event;
  const [a, m] = [Number(id), side === "sell"];
  return { a, p: fixed(price, 8), q: fixed(size, 8), f: a, l: a, T: timeOf(event), m, M: true };
}
