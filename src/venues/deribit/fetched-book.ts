import { FRAME, LONG } from "../../model/index.ts";
import type { FetchedBook, Nanos, Out, Slab } from "../../model/index.ts";
import { symbolAsked } from "../address.ts";
import { isObject } from "../kit.ts";
import { readExact } from "../reading.ts";
import { readBook } from "./read.ts";

/**
 * The book over HTTP, https://docs.deribit.com/api-reference/market-data/public-get_order_book: its `change_id` is one of
 * the stream's. {"jsonrpc":"2.0","result":{"timestamp":1787644800105,"state":"open","instrument_name":"BTC-PERPETUAL",
 * "bids":[[64010.0,1913.0]],"asks":[[64010.5,2541.0]],"change_id":71230987001,..},"usIn":..,"usOut":..,"usDiff":..}
 */
const PATH = "/api/v2/public/get_order_book";
/** The most that may be asked for. */
const LEVELS = 10_000;

export const fetchedBook: FetchedBook = {
  via: "rest",
  request: (symbol) => ({
    path: `${PATH}?instrument_name=${encodeURIComponent(symbol)}&depth=${LEVELS}`,
    weight: 1,
  }),
  levels: LEVELS,
  symbolOf: (url) => symbolAsked(url, PATH, "instrument_name"),
  parse,
};

function parse(slab: Slab, start: number, end: number, symbol: string, tsRecv: Nanos, out: Out): number {
  out.begin(tsRecv);
  const body = readExact(slab, start, end);
  const result = isObject(body) ? body["result"] : undefined;
  if (isObject(result) && result["instrument_name"] === symbol) {
    out.long.fill(0, LONG.TS, LONG.CONNECTION);
    if (readBook({ ...result, type: "snapshot", prev_change_id: null }, out) === FRAME.DATA)
      return FRAME.DATA;
  }
  out.begin(tsRecv);
  return FRAME.BAD;
}
