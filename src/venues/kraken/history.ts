import type { Instrument, TradeEvent, TradeHistory, TradeHistoryServer } from "../../model/index.ts";
import { isObject } from "../kit.ts";
import { addressOf } from "../address.ts";
import { parsePast, sideOf, textOf, wholeOf } from "../past-trades.ts";
import type { TradeRow } from "../past-trades.ts";
import { bareText } from "../reading.ts";
import { decimalsOf, fixed } from "../writing.ts";

const PATH = "/0/public/Trades";
/** Trades in one answer at most. */
const LIMIT = 1000;
/** Codes that the REST side still spells the old way. */
const OLD = new Map([
  ["BTC", "XBT"],
  ["DOGE", "XDG"],
]);

/**
 * GET /0/public/Trades: the oldest first, behind `since` (UNIX ns, exclusive); it holds trades of one microsecond that
 * came before the last one heard as well, so `since` is a microsecond earlier.
 * https://docs.kraken.com/api/docs/rest-api/get-recent-trades
 */
export const history: TradeHistory = {
  request: (symbol, { fromTime }, refused) => {
    if (refused > 0 || fromTime <= 0) return null;
    const path = `${PATH}?pair=${encodeURIComponent(pairOf(symbol))}&since=${fromTime - 1}000&count=${LIMIT}`;
    return { path, weight: 1 };
  },
  parse: parsePast({ rows, read }),
};

/** BTC/USD of the stream is XBTUSD here. */
function pairOf(symbol: string): string {
  return symbol
    .split("/")
    .map((code) => OLD.get(code) ?? code)
    .join("");
}

/** {"error":[],"result":{"XXBTZUSD":[[..]],"last":"1688671969993150842"}}; the key of the list is another spelling still. */
function rows(body: object): readonly unknown[] | null {
  if (!isObject(body) || !isObject(body["result"])) return null;
  const lists = Object.values(body["result"]).filter((value) => Array.isArray(value));
  return lists.length === 1 ? (lists[0] as unknown[]) : null;
}

/** ["30243.40000","0.34507674",1688669597.8277369,"b","m","",61044952]: price, volume, time, side, kind, rest, id. */
function read(row: unknown): TradeRow | null {
  if (!Array.isArray(row) || row.length < 7) return null;
  const [price, size, time, side, , , id] = row as unknown[];
  return {
    id: bareText(id),
    price: textOf(price),
    size: textOf(size),
    side: sideOf(side, "b", "s"),
    time: bareText(time),
  };
}

/** The venue's side of the same. A pair is known by any of its names. */
export const historyServer: TradeHistoryServer = {
  read: (path, symbols) => {
    const { path: asked, query } = addressOf(path);
    const pair = query.get("pair");
    if (asked !== PATH || pair === undefined) return null;
    return { symbol: symbols.find((one) => pairOf(one) === pair) ?? pair, channel: "trade" };
  },
  body: (trades, instrument, path) => {
    const { query } = addressOf(path);
    const since = Number(query.get("since")?.slice(0, -3) ?? 0);
    const count = Math.min(LIMIT, wholeOf(query, "count") ?? LIMIT);
    const list = trades.filter((event) => timeOf(event) > since).slice(0, count);
    const last = list.length > 0 ? timeOf(list.at(-1)!) : since;
    const written = list.map((event) => rowOf(event, instrument)).join(",");
    return `{"error":[],"result":{${JSON.stringify(instrument.symbol)}:[${written}],"last":"${last}000"}}`;
  },
};

function timeOf({ ts_event, ts_recv }: TradeEvent): number {
  return ts_event ?? ts_recv;
}

function rowOf(event: TradeEvent, { pricePrecision, tick }: Instrument): string {
  const { id, price, size, side } = event;
  const at = timeOf(event);
  const time = `${Math.floor(at / 1e6)}.${String(at % 1e6).padStart(6, "0")}`;
  const decimals = pricePrecision >= 0 ? pricePrecision : decimalsOf(tick);
  return `["${fixed(price, decimals)}","${fixed(size, 8)}",${time},"${side === "buy" ? "b" : "s"}","m","",${id}]`;
}
