import { K4_PRODUCTS, K4_RECORD_BYTES, K4_RECORDS, K4_SYMBOL_BYTES } from "../../log/compat-k4.ts";
import {
  k4ProductOf,
  putK4Levels,
  putK4NoDepth,
  putK4Quote,
  putK4Trade,
  tradePrice,
} from "../../log/compat-k4-records.ts";
import type { K4Cells } from "../../log/compat-k4-records.ts";
import { NO_INSTRUMENT, slotFlags, slotInstrument, slotKind } from "../../log/index.ts";
import type { InstrumentRow, SlotViews } from "../../log/index.ts";
import { encodeText, FLAG, KIND, putNumber, toMicros } from "../../model/index.ts";
import type { SinkTables, SlotBatch } from "../sink.ts";
import type { DatagramOut } from "./out.ts";

const SEQUENCE_BYTES = 8;
const TYPE = { bookticker: 0, trade: 1, depth5: 3 } as const;
const PRODUCT_AT = 32;
const TS_RECV = 4;

interface Known {
  readonly symbol: Uint8Array;
  readonly product: number;
  /** Of its last trade, 0 before. */
  last: number;
}

/**
 * Datagrams of an earlier gateway's receivers: a byte that tells the record (0 bookticker, 1 trade, 3 depth5), then the record as in its
 * regions (src/log/compat-k4.ts); in front of it, when asked for, a u64 that counts the datagrams. A depth5 goes with every book event,
 * from the lane's tables: five levels of a book that is live, none of one that is not.
 */
export class K4Out {
  readonly #out: DatagramOut;
  readonly #sequence: boolean;
  readonly #tables: (lane: string) => SinkTables | null;
  readonly #cells: K4Cells;
  readonly #known = new Map<string, Map<number, Known | null>>();
  #session = "";
  #number = 0;

  constructor(out: DatagramOut, sequence: boolean, tables: (lane: string) => SinkTables | null) {
    this.#out = out;
    this.#sequence = sequence;
    this.#tables = tables;
    const own = new ArrayBuffer(Math.max(...K4_RECORDS.map((record) => K4_RECORD_BYTES[record])));
    this.#cells = { i32: new Int32Array(own), f64: new Float64Array(own), u8: new Uint8Array(own) };
  }

  async write(batch: SlotBatch): Promise<void> {
    if (batch.session !== this.#session) this.#known.clear();
    this.#session = batch.session;
    for (let i = 0; i < batch.count; i++) {
      this.#slot(batch, i << 4);
      if (this.#out.tight) await this.#out.room();
    }
  }

  #slot(batch: SlotBatch, word: number): void {
    const { slots } = batch;
    const kind = slotKind(slots, word);
    const known =
      kind === KIND.TRADE || kind === KIND.QUOTE || kind === KIND.BOOK ? this.#of(batch, word) : null;
    if (known === null) return;
    if (kind === KIND.TRADE) {
      known.last = tradePrice(slots, word);
      this.#begin(known);
      putK4Trade(this.#cells, slots, word);
      this.#send(TYPE.trade, K4_RECORD_BYTES.trade);
    } else if (kind === KIND.QUOTE) {
      this.#begin(known);
      putK4Quote(this.#cells, slots, word);
      this.#send(TYPE.bookticker, K4_RECORD_BYTES.bookticker);
    } else if ((slotFlags(slots, word) & FLAG.LAST) !== 0) this.#depth(batch.lane, slots, word, known);
  }

  /** The book as it is now, which may be newer than this event. */
  #depth(lane: string, slots: SlotViews, word: number, known: Known): void {
    const depth = this.#tables(lane)?.depth(slotInstrument(slots, word)) ?? null;
    if (depth === null) return;
    this.#begin(known);
    if (depth.validity === "live") putK4Levels(this.#cells, depth, known.last);
    else
      putK4NoDepth(
        this.#cells,
        toMicros(slots.i32[word + TS_RECV + 1]!, slots.i32[word + TS_RECV]!),
        known.last,
      );
    this.#send(TYPE.depth5, K4_RECORD_BYTES.depth5);
  }

  #begin({ symbol, product }: Known): void {
    const { i32, u8 } = this.#cells;
    i32.fill(0);
    u8.set(symbol);
    u8[PRODUCT_AT] = product;
  }

  #send(type: number, bytes: number): void {
    const blank = this.#out.blank();
    let at = 0;
    if (this.#sequence) {
      putNumber(this.#number++, blank.words, 0);
      at = SEQUENCE_BYTES;
    }
    blank.bytes[at] = type;
    blank.bytes.set(this.#cells.u8.subarray(0, bytes), at + 1);
    this.#out.send(blank, at + 1 + bytes);
  }

  /** Its native symbol and product; null where the record has no room for the name. */
  #of({ lane, slots, rows }: SlotBatch, word: number): Known | null {
    const id = slotInstrument(slots, word);
    let lanes = this.#known.get(lane);
    if (lanes === undefined) this.#known.set(lane, (lanes = new Map()));
    const known = lanes.get(id);
    if (known !== undefined) return known;
    const row = id === NO_INSTRUMENT ? null : rows.instrument(id);
    if (row === null) return null;
    const made = knownOf(row);
    lanes.set(id, made);
    return made;
  }
}

function knownOf(row: InstrumentRow): Known | null {
  const symbol = encodeText(row.symbol);
  if (symbol.length >= K4_SYMBOL_BYTES) return null;
  return { symbol, product: K4_PRODUCTS.indexOf(k4ProductOf(row)), last: 0 };
}
