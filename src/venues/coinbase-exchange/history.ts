import type { Instrument, TradeEvent, TradeHistory, TradeHistoryServer } from "../../model/index.ts";
import { isObject } from "../kit.ts";
import { addressOf, decoded } from "../address.ts";
import { parsePast, sideOf, textOf, wholeOf } from "../past-trades.ts";
import type { TradeRow } from "../past-trades.ts";
import { bareText } from "../reading.ts";
import { decimalsOf, fixed, isoText } from "../writing.ts";

/** Trades in one answer at most. */
const LIMIT = 1000;

/**
 * GET /products/{product_id}/trades: the newest first; `after` is exclusive and asks for older ones, so that a span is
 * fetched from its end. https://docs.cdp.coinbase.com/exchange/rest-api/pagination
 */
export const history: TradeHistory = {
  request: (symbol, { to }, refused) => {
    const path = `/products/${encodeURIComponent(symbol)}/trades?limit=${LIMIT}&after=${to + 1}`;
    return refused > 0 ? null : { path, weight: 1 };
  },
  parse: parsePast({ rows: (body) => (Array.isArray(body) ? body : null), read }),
};

/** {"trade_id":74,"side":"buy","size":"0.01000000","price":"10.00000000","time":"2026-11-07T22:19:28.578544Z"}; the maker's side. */
function read(row: unknown): TradeRow | null {
  if (!isObject(row)) return null;
  const { trade_id, price, size, side, time } = row;
  return {
    id: bareText(trade_id),
    price: textOf(price),
    size: textOf(size),
    side: sideOf(side, "sell", "buy"),
    time: textOf(time),
  };
}

const PATH = /^\/products\/([^/]+)\/trades$/;

/** The venue's side of the same. */
export const historyServer: TradeHistoryServer = {
  read: (path) => {
    const name = PATH.exec(addressOf(path).path)?.[1];
    return name === undefined ? null : { symbol: decoded(name), channel: "trade" };
  },
  body: (trades, instrument, path) => {
    const { query } = addressOf(path);
    const after = wholeOf(query, "after") ?? Infinity;
    const count = Math.min(LIMIT, wholeOf(query, "limit") ?? LIMIT);
    const older = trades.filter(({ id }) => Number(id) < after).slice(-count);
    return JSON.stringify(older.toReversed().map((event) => rowOf(event, instrument)));
  },
};

function rowOf({ id, price, size, side, ts_event, ts_recv }: TradeEvent, { tick }: Instrument): object {
  return {
    trade_id: Number(id),
    side: side === "buy" ? "sell" : "buy",
    size: fixed(size, 8),
    price: fixed(price, decimalsOf(tick)),
    time: isoText(ts_event ?? ts_recv, 6),
  };
}
