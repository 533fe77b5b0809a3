import type { TradeEvent, TradeHistory, TradeHistoryServer } from "../../model/index.ts";
import { isObject } from "../kit.ts";
import { addressOf } from "../address.ts";
import { parsePast, sideOf, wholeOf } from "../past-trades.ts";
import type { TradeRow } from "../past-trades.ts";
import { bareText } from "../reading.ts";
import { real } from "./encode.ts";

const PATH = "/api/v2/public/get_last_trades_by_instrument";
/** Trades in one answer at most. */
const LIMIT = 1000;

/**
 * public/get_last_trades_by_instrument, by trade_seq (the ids of the log), both ends inclusive, the oldest first.
 * https://docs.deribit.com/api-reference/market-data/public-get_last_trades_by_instrument
 */
export const history: TradeHistory = {
  request: (symbol, { from, to }, refused) => {
    const range = `start_seq=${from}&end_seq=${to}&count=${LIMIT}&sorting=asc`;
    const path = `${PATH}?instrument_name=${encodeURIComponent(symbol)}&${range}`;
    return refused > 0 ? null : { path, weight: 1 };
  },
  parse: parsePast({ rows, read }),
};

/** {"jsonrpc":"2.0","result":{"trades":[..],"has_more":false},..} */
function rows(body: object): readonly unknown[] | null {
  if (!isObject(body) || !isObject(body["result"])) return null;
  const { trades } = body["result"];
  return Array.isArray(trades) ? trades : null;
}

/** {"trade_seq":30289442,"trade_id":"48079269","timestamp":1590484512188,"price":8950.0,"amount":10.0,"direction":"sell",..} */
function read(row: unknown): TradeRow | null {
  if (!isObject(row)) return null;
  const { trade_seq, price, amount, direction, timestamp } = row;
  return {
    id: bareText(trade_seq),
    price: bareText(price),
    size: bareText(amount),
    side: sideOf(direction, "buy", "sell"),
    time: bareText(timestamp),
  };
}

/** The venue's side of the same. */
export const historyServer: TradeHistoryServer = {
  read: (path) => {
    const { path: asked, query } = addressOf(path);
    const symbol = query.get("instrument_name");
    return asked !== PATH || symbol === undefined ? null : { symbol, channel: "trade" };
  },
  body: (trades, _instrument, path) => {
    const { query } = addressOf(path);
    const from = wholeOf(query, "start_seq") ?? 0;
    const to = wholeOf(query, "end_seq") ?? Infinity;
    const count = Math.min(LIMIT, wholeOf(query, "count") ?? 10);
    const within = trades.filter(({ id }) => Number(id) >= from && Number(id) <= to);
    const list = (query.get("sorting") === "asc" ? within : within.toReversed()).slice(0, count);
    const more = within.length > list.length;
    const result = `{"trades":[${list.map(rowOf).join(",")}],"has_more":${more}}`;
    return `{"jsonrpc":"2.0","result":${result},"usIn":1,"usOut":1,"usDiff":0,"testnet":false}`;
  },
};

function rowOf({ id, symbol, price, size, side, ts_event, ts_recv }: TradeEvent): string {
  const timestamp = Math.floor((ts_event ?? ts_recv) / 1000);
  const name = JSON.stringify(symbol);
  const figures = `"price":${real(price)},"instrument_name":${name},"direction":"${side}","amount":${real(size)}`;
  return `{"trade_seq":${id},"trade_id":"${id}","timestamp":${timestamp},"tick_direction":0,${figures}}`;
}
