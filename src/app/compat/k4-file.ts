import { K4_PRODUCTS, K4Writer } from "../../log/compat-k4.ts";
import type { K4Product, K4Record, K4Shape } from "../../log/compat-k4.ts";
import {
  k4ProductOf,
  putK4Aggregate,
  putK4Depth,
  putK4NoDepth,
  putK4NoQuote,
  putK4Quote,
  putK4Top,
  putK4Trade,
  tradePrice,
} from "../../log/compat-k4-records.ts";
import type { InstrumentRow, RowCopy, SlotViews } from "../../log/index.ts";
import { KIND } from "../../model/index.ts";
import { openCompatRegion } from "../../store/compat-region.ts";
import type { CompatRegion } from "../../store/compat-region.ts";
import type { Taker } from "./followed.ts";
import type { CompatFiles, FileCounts } from "./files.ts";

/** One region: a ring of records for each of its symbols. What is not live any more gets a record that says so. */
export class K4File implements CompatFiles {
  readonly shape: K4Shape;
  readonly #path: string;
  readonly #products: Uint8Array;
  /** Whether the last record of a symbol shows something. */
  readonly #shown: Uint8Array;
  /** Prices of the last trades. */
  readonly #last: Float64Array;
  #region: CompatRegion;
  #writer: K4Writer;
  #written = 0;
  #emptied = 0;

  /** Throws CompatFileError. What an earlier run left there is not shown as if it were of now. */
  constructor(path: string, shape: K4Shape, product: K4Product | undefined) {
    this.#path = path;
    this.shape = shape;
    const count = shape.symbols.length;
    this.#products = new Uint8Array(count).fill(product === undefined ? 0 : K4_PRODUCTS.indexOf(product));
    this.#shown = new Uint8Array(count);
    this.#last = new Float64Array(count);
    this.#region = openCompatRegion(path, shape);
    this.#writer = new K4Writer(this.#region.buffer, shape);
    this.#emptyAll();
  }

  /** Who writes the records of symbol number `symbol`. `quotes`: best quotes come from quotes, not from books. */
  taker(symbol: number, quotes: boolean): Taker {
    const record: K4Record = this.shape.record;
    if (record === "depth5")
      return {
        slot: (slots, word, kind) => {
          if (kind === KIND.TRADE) this.#last[symbol] = tradePrice(slots, word);
        },
        depth: (row) => this.#depth(symbol, row),
      };
    if (record === "bookticker") {
      const top = (row: RowCopy | null): void => this.#top(symbol, row, quotes);
      return quotes ? { slot: (slots, word, kind) => this.#quote(symbol, slots, word, kind), top } : { top };
    }
    return { slot: (slots, word, kind) => this.#trade(symbol, slots, word, kind) };
  }

  /** product_type by what an instrument is, where none was given. */
  is(symbol: number, row: InstrumentRow): void {
    this.#products[symbol] = K4_PRODUCTS.indexOf(k4ProductOf(row));
  }

  get counts(): readonly FileCounts[] {
    return [{ path: this.#path, written: this.#written, emptied: this.#emptied, unfit: 0 }];
  }

  restore(): readonly string[] {
    if (this.#region.intact()) return [];
    this.#region = openCompatRegion(this.#path, this.shape);
    this.#writer = new K4Writer(this.#region.buffer, this.shape);
    this.#shown.fill(0);
    return [this.#path];
  }

  /** The memory stays mapped as long as the process lives. */
  close(): void {}

  #quote(symbol: number, slots: SlotViews, word: number, kind: number): void {
    if (kind !== KIND.QUOTE) return;
    this.#begin(symbol);
    putK4Quote(this.#writer, slots, word);
    this.#commit(symbol, 1);
  }

  #top(symbol: number, row: RowCopy | null, quotes: boolean): void {
    if (row === null) return this.#empty(symbol);
    if (quotes && this.#shown[symbol] === 1) return;
    this.#begin(symbol);
    putK4Top(this.#writer, row);
    this.#commit(symbol, 1);
  }

  #trade(symbol: number, slots: SlotViews, word: number, kind: number): void {
    if (kind !== KIND.TRADE) return;
    this.#begin(symbol);
    if (this.shape.record === "trade") putK4Trade(this.#writer, slots, word);
    else putK4Aggregate(this.#writer, slots, word);
    this.#commit(symbol, 1);
  }

  #depth(symbol: number, row: RowCopy | null): void {
    if (row === null) return this.#empty(symbol);
    this.#begin(symbol);
    putK4Depth(this.#writer, row, this.#last[symbol]!);
    this.#commit(symbol, 1);
  }

  #empty(symbol: number): void {
    if (this.#shown[symbol] === 0) return;
    this.#begin(symbol);
    const us = Date.now() * 1000;
    if (this.shape.record === "depth5") putK4NoDepth(this.#writer, us, this.#last[symbol]!);
    else putK4NoQuote(this.#writer, us);
    this.#commit(symbol, 0);
    this.#emptied += 1;
  }

  #emptyAll(): void {
    if (this.shape.record === "trade" || this.shape.record === "aggtrade") return;
    for (let symbol = 0; symbol < this.shape.symbols.length; symbol++) {
      this.#shown[symbol] = this.#writer.has(symbol) ? 1 : 0;
      this.#empty(symbol);
    }
  }

  #begin(symbol: number): void {
    this.#writer.begin(symbol, this.#products[symbol]!);
  }

  #commit(symbol: number, shows: 0 | 1): void {
    this.#writer.commit(symbol);
    this.#shown[symbol] = shows;
    this.#written += 1;
  }
}
