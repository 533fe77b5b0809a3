import { FRAME, decodeText, encodeText } from "../model/index.ts";
import type { Nanos, Out, Slab, SnapshotSource } from "../model/index.ts";
import { symbolAsked } from "./address.ts";
import { bookAnyOrder } from "./binance-any.ts";
import { positionalBook } from "./binance-parse.ts";
import { readSnapshot } from "./binance-reference.ts";

/** REST depth: spot `/api/v3/depth?symbol=BTCUSDT&limit=1000`, futures `/fapi/v1/depth?symbol=BTCUSDT&limit=1000`. */
export function restSnapshot(path: string, limit: number, weight: number): SnapshotSource {
  return {
    via: "rest",
    request: (symbol) => ({ path: `${path}?symbol=${encodeURIComponent(symbol)}&limit=${limit}`, weight }),
    levels: limit,
    symbolOf: (url) => symbolAsked(url, path, "symbol"),
    parse: parseSnapshot,
  };
}

function parseSnapshot(
  slab: Slab,
  start: number,
  end: number,
  symbol: string,
  tsRecv: Nanos,
  out: Out,
): number {
  out.begin(tsRecv);
  const { inexact } = out;
  const name = encodeText(symbol);
  const instrument = out.instrument(name, 0, name.length);
  if (positionalBook(slab, start, end, instrument, out)) return FRAME.DATA;
  out.begin(tsRecv);
  out.inexact = inexact;
  if (bookAnyOrder(slab, start, end, instrument, out)) {
    out.fallbacks += 1;
    return FRAME.DATA;
  }
  out.inexact = inexact;
  return readSnapshot(decodeText(slab.bytes, start, end), instrument, tsRecv, out);
}
