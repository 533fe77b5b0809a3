import { announce } from "./fence.ts";
import { fits, putRowText, rowText } from "./row-text.ts";

/**
 * Memory that readers of an earlier gateway map: a ring of records for each of some symbols. Little-endian, all fields at their
 * natural alignment, bytes without a name zero; times are UNIX us, numbers f64.
 *
 *   0   update_num u64        records written ever
 *   8   instrument_count u32
 *   12  buffer_size u32       records a symbol
 *   16  for each symbol, one behind the other:
 *       0   symbol char[32]   NUL-padded
 *       32  current_index i64 the record written last; -1 before the first. Stored after the record (release)
 *       40  buffer_len u32    as buffer_size
 *       48  buffer_size records
 *
 *   every record   0 symbol char[32]   32 product_type u8   40 event_ts i64   48 trade_ts i64
 *   bookticker 112 56 update_id u64  64 bid_px 72 bid_vol 80 ask_px 88 ask_vol  96 bid_cnt i32 100 ask_cnt i32  104 local_us i64
 *   trade 96       56 trade_id u64   64 price 72 vol  80 is_buyer_maker u8  88 local_us i64
 *   aggtrade 112   56 first_id 64 last_id 72 agg_id u64  80 price 88 vol  96 count i32  100 is_buyer_maker u8  104 local_us i64
 *   depth5 288     56 update_id u64  64 bid_level u32 68 ask_level u32  72 last_price
 *                  80 bid_px[5] 120 bid_vol[5] 160 ask_px[5] 200 ask_vol[5]  240 bid_cnt i32[5] 260 ask_cnt i32[5]  280 local_us i64
 */
export const K4_RECORD_BYTES = { bookticker: 112, trade: 96, aggtrade: 112, depth5: 288 } as const;
export type K4Record = keyof typeof K4_RECORD_BYTES;
export const K4_RECORDS = Object.keys(K4_RECORD_BYTES) as readonly K4Record[];

/** product_type by its number. */
export const K4_PRODUCTS = [
  "spot",
  "futures",
  "u_margin",
  "coin_margin",
  "options",
  "usdt_futures",
  "usdc_futures",
  "btc_margin",
] as const;
export type K4Product = (typeof K4_PRODUCTS)[number];

/** Bytes of a symbol's name, its NUL included. */
export const K4_SYMBOL_BYTES = 32;
const HEADER = 16;
const SYMBOL_HEADER = 48;
const COUNT_AT = 8;
const SIZE_AT = 12;
const INDEX_AT = 32;
const LENGTH_AT = 40;
const PRODUCT_AT = 32;

/** What a region holds. */
export interface K4Shape {
  readonly record: K4Record;
  readonly symbols: readonly string[];
  /** Records of each symbol. */
  readonly records: number;
}

/** Bytes of the whole file. */
export function k4RegionBytes({ record, symbols, records }: K4Shape): number {
  return HEADER + symbols.length * strideOf(record, records);
}

/** Whether a name has room for itself and a NUL. */
export function fitsK4Symbol(symbol: string): boolean {
  return fits(symbol, K4_SYMBOL_BYTES - 1);
}

/** The header of a region and of its symbols, and where each stands: pieces to write into a file of zeros. */
export function k4Headers(shape: K4Shape): readonly { readonly at: number; readonly bytes: Uint8Array }[] {
  const head = new Uint8Array(HEADER);
  const counts = new Int32Array(head.buffer);
  counts[COUNT_AT / 4] = shape.symbols.length;
  counts[SIZE_AT / 4] = shape.records;
  const symbols = shape.symbols.map((symbol, i) => {
    const bytes = new Uint8Array(SYMBOL_HEADER);
    const words = new Int32Array(bytes.buffer);
    putRowText(bytes, 0, K4_SYMBOL_BYTES, symbol);
    words.fill(-1, INDEX_AT / 4, INDEX_AT / 4 + 2);
    words[LENGTH_AT / 4] = shape.records;
    return { at: HEADER + i * strideOf(shape.record, shape.records), bytes };
  });
  return [{ at: 0, bytes: head }, ...symbols];
}

/**
 * What a file of `size` bytes is, by its first ones: a region of this very shape (then writing goes on in it), one of another
 * shape, or none at all. `read`: so many bytes from a place on.
 */
export function judgeK4(
  size: number,
  read: (at: number, length: number) => Uint8Array,
  shape: K4Shape,
): "same" | "other" | "foreign" {
  if (size < HEADER) return "foreign";
  const words = new Int32Array(read(0, HEADER).slice().buffer);
  const [symbols, records] = [words[COUNT_AT / 4]! >>> 0, words[SIZE_AT / 4]! >>> 0];
  const sizes = K4_RECORDS.map((record) => HEADER + symbols * strideOf(record, records));
  if (symbols === 0 || records === 0 || !sizes.includes(size)) return "foreign";
  const counts = symbols === shape.symbols.length && records === shape.records;
  if (!counts || size !== k4RegionBytes(shape)) return "other";
  const stride = strideOf(shape.record, records);
  const named = shape.symbols.every(
    (symbol, i) => rowText(read(HEADER + i * stride, K4_SYMBOL_BYTES), 0, K4_SYMBOL_BYTES) === symbol,
  );
  return named ? "same" : "other";
}

/**
 * The one writer of a region. A record is composed in private memory (`i32`, `f64`, `u8` of its fields), between `begin` and
 * `commit`, which copies it where readers find it; nothing is allocated.
 */
export class K4Writer {
  /** Records written by this writer. */
  written = 0;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly u8: Uint8Array;
  readonly #shape: K4Shape;
  readonly #words: Int32Array;
  readonly #longs: BigInt64Array;
  /** Place of the record last written; -1: none yet. */
  readonly #index: Int32Array;
  #updates: number;

  /** `buffer`: the file's bytes, of this shape. Goes on behind what is there. */
  constructor(buffer: ArrayBufferLike, shape: K4Shape) {
    const bytes = k4RegionBytes(shape);
    this.#shape = shape;
    this.#words = new Int32Array(buffer, 0, bytes / 4);
    this.#longs = new BigInt64Array(buffer, 0, bytes / 8);
    const own = new ArrayBuffer(K4_RECORD_BYTES[shape.record]);
    this.i32 = new Int32Array(own);
    this.f64 = new Float64Array(own);
    this.u8 = new Uint8Array(own);
    this.#index = Int32Array.from(shape.symbols, (_, i) => this.#indexOf(i));
    this.#updates = (this.#words[0]! >>> 0) + (this.#words[1]! >>> 0) * 2 ** 32;
  }

  /** Whether a symbol has a record. */
  has(symbol: number): boolean {
    return this.#index[symbol]! >= 0;
  }

  /** Begins a record of symbol number `symbol`: all zero but its name and product. */
  begin(symbol: number, product: number): void {
    this.i32.fill(0);
    const from = this.#at(symbol) / 4;
    for (let i = 0; i < K4_SYMBOL_BYTES / 4; i++) this.i32[i] = this.#words[from + i]!;
    this.u8[PRODUCT_AT] = product;
  }

  /** Puts the record that was begun where readers find it. */
  commit(symbol: number): void {
    const { record, records } = this.#shape;
    const next = this.#index[symbol]! + 1 === records ? 0 : this.#index[symbol]! + 1;
    const header = this.#at(symbol);
    const to = (header + SYMBOL_HEADER + next * K4_RECORD_BYTES[record]) / 4;
    this.#words.set(this.i32, to);
    const at = (header + INDEX_AT) / 4;
    // From -1 to 0 both words change: never one without the other.
    if (this.#index[symbol]! < 0) Atomics.store(this.#longs, at / 2, BigInt(next));
    else Atomics.store(this.#words, at, next);
    this.#index[symbol] = next;
    this.written += 1;
    this.#count();
  }

  #count(): void {
    this.#updates += 1;
    if (this.#updates % 2 ** 32 === 0) announce(this.#words, 1, this.#updates / 2 ** 32);
    Atomics.store(this.#words, 0, this.#updates | 0);
  }

  /** An index that cannot be, as of a file somebody else wrote into, begins again. */
  #indexOf(symbol: number): number {
    const index = Number(this.#longs[(this.#at(symbol) + INDEX_AT) / 8]!);
    return index >= -1 && index < this.#shape.records ? index : -1;
  }

  #at(symbol: number): number {
    return HEADER + symbol * strideOf(this.#shape.record, this.#shape.records);
  }
}

function strideOf(record: K4Record, records: number): number {
  return SYMBOL_HEADER + records * K4_RECORD_BYTES[record];
}
