import { DOUBLE, slotInstrument, slotKind, slotSide, WORD } from "../../log/index.ts";
import { KIND, sideWord, toMicros } from "../../model/index.ts";
import { millionths } from "../kit/gemini.ts";
import type { SlotBatch } from "../sink.ts";
import { dayAt } from "./days.ts";
import type { RowBuffer } from "./row-buffer.ts";

const MOST = 2n ** 63n;

/** A trade that has no such row: its price or size is no number, or none below 2^63 millionths. */
export type Unsayable = (seq: number, price: number, size: number) => void;

/** The trades of a batch as rows of `GEMINI_TABLE`; nothing else of it has a place there. */
export function putGemini(batch: SlotBatch, rows: RowBuffer, unsayable: Unsayable): void {
  const { slots, seqs, count, lane } = batch;
  const symbols = new Map<number, string>();
  for (let i = 0; i < count; i++) {
    const word = i << 4;
    if (slotKind(slots, word) !== KIND.TRADE) continue;
    const price = slots.f64[(word >> 1) + DOUBLE.PRICE]!;
    const size = slots.f64[(word >> 1) + DOUBLE.SIZE]!;
    const [priceU, sizeU] = [integer(price), integer(size)];
    if (priceU === null || sizeU === null) {
      unsayable(seqs[i]!, price, size);
      continue;
    }
    const ms = millis(slots.i32, word);
    rows.begin(dayAt(ms));
    rows.whole(ms);
    rows.text(symbolOf(batch, slotInstrument(slots, word), symbols));
    rows.long(priceU);
    rows.long(sizeU);
    const side = sideWord(slotSide(slots, word));
    if (side === null) rows.none();
    else rows.text(side);
    rows.text(lane);
    rows.whole(seqs[i]!);
    rows.end();
  }
}

function integer(value: number): bigint | null {
  const text = millionths(value);
  if (text === null) return null;
  const whole = BigInt(text);
  return whole < MOST ? whole : null;
}

function symbolOf({ rows }: SlotBatch, id: number, known: Map<number, string>): string {
  const symbol = known.get(id) ?? rows.instrument(id)?.symbol ?? `#${id}`;
  known.set(id, symbol);
  return symbol;
}

/** The venue's time, or ours where it gave none. UNIX ms. */
function millis(words: Int32Array, word: number): number {
  const event = toMicros(words[word + WORD.TS_EVENT + 1]!, words[word + WORD.TS_EVENT]!);
  const us = event > 0 ? event : toMicros(words[word + WORD.TS_RECV + 1]!, words[word + WORD.TS_RECV]!);
  return Math.floor(us / 1000);
}
