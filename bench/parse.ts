/**
 * What does one frame cost from bytes to values, against JSON.parse + Number and against tardis-dev's mappers?
 *
 * "to arrays": ours fills a preallocated array exactly as the baseline does. "to slots": ours also looks the symbol up,
 * reads all fields and writes 64-byte slots into a ring, while the baseline still fills its array; a second baseline
 * fills the same slots. tardis makes its objects. Every field of every frame is compared with Number() bit by bit,
 * and every slot word by word, before anything is timed.
 */
import type { BenchOptions, Row } from "./harness.ts";
import { rows } from "./streams/parse-rows.ts";
import { scannerRows } from "./streams/scanner-rows.ts";

/** Tables of cases, by venue: modules that export `cases`. */
const TABLES = [
  "./streams/binance-frames.ts",
  "./parse-coinbase-kraken.ts",
  "./streams/coinbase-exchange-frames.ts",
  "./streams/deribit-frames.ts",
  "./streams/gemini-frames.ts",
  "./streams/okx-frames.ts",
  "./streams/bitget-frames.ts",
  "./streams/bybit-frames.ts",
  "./parse-any-order.ts",
];

export async function* bench(options: BenchOptions): AsyncIterable<Row> {
  for (const table of TABLES) yield* rows("parse", new URL(table, import.meta.url).href, options);
  for (const table of TABLES) yield* scannerRows(new URL(table, import.meta.url).href, options);
}
