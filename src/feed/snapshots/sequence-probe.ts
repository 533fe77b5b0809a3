import { SliceCollector } from "../frames/slice-collector.ts";
import { FRAME, LONG, halvesToNumber } from "../../model/index.ts";
import type { Slab, SymbolTable, Venue } from "../../model/index.ts";

/** The number of a fetched snapshot, without taking it into any book; NaN when it cannot be read. Overwrites the slab. */
export function sequenceOf(
  venue: Venue,
  symbol: string,
  body: Uint8Array,
  symbols: SymbolTable,
  slab: Slab,
): number {
  const { snapshot } = venue;
  if (snapshot.via !== "rest" || body.length > slab.capacity) return NaN;
  slab.bytes.set(body);
  const read = new SliceCollector(symbols);
  const code = snapshot.parse(slab, 0, body.length, symbol, { hi: 0, lo: 0 }, read);
  read.endPiece(code);
  if (code !== FRAME.DATA || !read.wanted) return NaN;
  const long = new Int32Array(8);
  read.copyLong(long);
  return halvesToNumber(long[LONG.ID + 1]!, long[LONG.ID]!);
}
