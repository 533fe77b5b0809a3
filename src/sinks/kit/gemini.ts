import { DOUBLE, slotFlags, slotInstrument, slotKind, slotSide, WORD } from "../../log/index.ts";
import { FLAG, KIND, scaled, sideWord, toMicros } from "../../model/index.ts";
import type { SlotBatch } from "../sink.ts";

const SCALE = 6;
const MILLION = 1e6;
/** Up to here an integer has 15 digits and is the one whose decimal text a double has. */
const EXACT = 1e15;

/** One trade in the Gemini pipeline's form; `text` is null when it has no price or size that can be said so. */
export interface GeminiTrade {
  readonly text: string | null;
  readonly seq: number;
  readonly at: number;
}

/**
 * The trades of a batch as `{"ts_ms":1726311234567,"symbol":"SOLUSD","price_u":145870000,"qty_u":2500000,"side":"buy"}`: the venue's own symbol,
 * price and quantity as integers, x 1,000,000 and exact from the decimal text (2.01 is 2010000; digits behind the sixth are cut), the
 * venue's time where it has one. Nothing else of the batch has a form in this scheme.
 */
export function* geminiTrades({ slots, seqs, count, rows }: SlotBatch): IterableIterator<GeminiTrade> {
  const symbols = new Map<number, string>();
  for (let i = 0; i < count; i++) {
    const word = i << 4;
    if (slotKind(slots, word) !== KIND.TRADE || (slotFlags(slots, word) & FLAG.LAST) === 0) continue;
    const id = slotInstrument(slots, word);
    let symbol = symbols.get(id);
    if (symbol === undefined) {
      symbol = JSON.stringify(rows.instrument(id)?.symbol ?? `#${id}`);
      symbols.set(id, symbol);
    }
    const at = word >>> 1;
    const price = millionths(slots.f64[at + DOUBLE.PRICE]!);
    const size = millionths(slots.f64[at + DOUBLE.SIZE]!);
    const side = sideWord(slotSide(slots, word));
    const text =
      price === null || size === null
        ? null
        : `{"ts_ms":${millis(slots.i32, word)},"symbol":${symbol},"price_u":${price},"qty_u":${size},"side":${JSON.stringify(side)}}`;
    yield { text, seq: seqs[i]!, at: i };
  }
}

/** value x 1,000,000 as decimal digits, exact from its decimal text and cut behind the sixth place; null when it is no size of anything. */
export function millionths(value: number): string | null {
  if (!(value >= 0 && value < Infinity)) return null;
  const near = Math.round(value * MILLION);
  return near < EXACT && near / MILLION === value ? String(near) : String(scaled(value, SCALE));
}

/** The venue's time, or ours where it gave none. UNIX ms. */
function millis(words: Int32Array, word: number): number {
  const event = toMicros(words[word + WORD.TS_EVENT + 1]!, words[word + WORD.TS_EVENT]!);
  const us = event > 0 ? event : toMicros(words[word + WORD.TS_RECV + 1]!, words[word + WORD.TS_RECV]!);
  return Math.floor(us / 1000);
}
