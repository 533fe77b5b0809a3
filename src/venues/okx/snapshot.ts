import { FLAG, FRAME, LONG, encodeText } from "../../model/index.ts";
import type { FetchedBook, Nanos, Out, Slab } from "../../model/index.ts";
import { symbolAsked } from "../address.ts";
import { isObject, readJson } from "../kit.ts";
import { readStateRow } from "./read.ts";

/**
 * The book over REST, should the stream cease to send its snapshot, as was announced for August 2026 and has not been
 * seen to happen: {"code":"0","msg":"","data":[{"asks":[["64010.1","0.2541","0","3"]],"bids":[["64010","1.913","0","12"]],
 * "ts":"1787644800105","seqId":71230987001}]}. .../#order-book-trading-market-data-get-order-book
 */
const PATH = "/api/v5/market/books";

export const restSnapshot: FetchedBook = {
  via: "rest",
  // `source=0` is documented to bring seqId. 40 requests in 2 s are allowed, and a burst may use up a whole minute.
  request: (symbol) => ({ path: `${PATH}?instId=${encodeURIComponent(symbol)}&sz=400&source=0`, weight: 15 }),
  levels: 400,
  symbolOf: (url) => symbolAsked(url, PATH, "instId"),
  parse,
};

function parse(slab: Slab, start: number, end: number, symbol: string, tsRecv: Nanos, out: Out): number {
  out.begin(tsRecv);
  const name = encodeText(symbol);
  const instrument = out.instrument(name, 0, name.length);
  const body = readJson(slab, start, end);
  const rows = isObject(body) && body["code"] === "0" && Array.isArray(body["data"]) ? body["data"] : [];
  const [row] = rows;
  if (instrument >= 0 && rows.length === 1 && isObject(row) && readStateRow(row, instrument, out)) {
    out.long.fill(0, LONG.PREV, LONG.PREV + 2);
    out.book(instrument, FLAG.SNAPSHOT);
    return FRAME.DATA;
  }
  out.begin(tsRecv);
  return FRAME.BAD;
}
