import { INSTRUMENT_KINDS, INSTRUMENT_STATUS } from "../model/index.ts";
import type { Instrument } from "../model/index.ts";
import { HEADER, INSTRUMENT_ROW } from "./layout.ts";
import { fits, putRowText, rowText } from "./row-text.ts";
import { RowCopy } from "./rows.ts";
import type { Rows } from "./rows.ts";

/** An instrument with its place in the region. */
export interface InstrumentRow extends Instrument {
  readonly id: number;
  /** Venue code. */
  readonly venueCode: number;
}

const AT = INSTRUMENT_ROW.at;
const COUNT = HEADER.at.instrument_count / 4;
const TEXTS = INSTRUMENT_ROW.fields.filter((field) => field.type.startsWith("char"));
const SIZE = Object.fromEntries(TEXTS.map((field) => [field.name, field.size])) as Record<TextKey, number>;
type TextKey = "symbol" | "canonical" | "base" | "quote";
const TEXT_KEYS: readonly TextKey[] = ["symbol", "canonical", "base", "quote"];

/** Gives instruments their ids and keeps their metadata in the region. Cold path. */
export class InstrumentWriter {
  readonly #rows: Rows;
  readonly #control: Int32Array;
  /** "venue code:native symbol" to id, made when first asked for. */
  #ids: Map<string, number> | null = null;

  /** `control` is the region's header as words. */
  constructor(control: Int32Array, rows: Rows) {
    this.#control = control;
    this.#rows = rows;
  }

  /** Rows in use; the next id. */
  get count(): number {
    return Atomics.load(this.#control, COUNT);
  }

  get capacity(): number {
    return this.#rows.count;
  }

  /** Id of a venue's native symbol, also from an earlier run, or -1. */
  find(venueCode: number, symbol: string): number {
    this.#ids ??= this.#known();
    return this.#ids.get(`${venueCode}:${symbol}`) ?? -1;
  }

  #known(): Map<string, number> {
    const { u8, size } = this.#rows;
    const ids = new Map<string, number>();
    for (let id = 0; id < this.count; id++) {
      const at = id * size;
      ids.set(
        `${u8[at + AT.venue]! | (u8[at + AT.venue + 1]! << 8)}:${rowText(u8, at + AT.symbol, SIZE.symbol)}`,
        id,
      );
    }
    return ids;
  }

  /** Adds a row and returns its id. RangeError when the table is full or a name too long. */
  add(venueCode: number, instrument: Instrument): number {
    const id = this.count;
    if (id >= this.#rows.count)
      throw new RangeError(
        `instruments table: expected at most ${this.#rows.count} instruments, saw one more: ` +
          `${instrument.symbol}; create the region with a larger "instruments"`,
      );
    this.write(id, venueCode, instrument);
    Atomics.store(this.#control, COUNT, id + 1);
    this.#ids?.set(`${venueCode}:${instrument.symbol}`, id);
    return id;
  }

  /** Replaces the metadata of a row. RangeError for a name too long: nothing is written then. */
  write(id: number, venueCode: number, instrument: Instrument): void {
    this.#rows.check(id);
    for (const key of TEXT_KEYS)
      if (!fits(instrument[key], SIZE[key]))
        throw new RangeError(
          `instruments table: expected a ${key} of <= ${SIZE[key]} bytes, saw ${instrument[key]}`,
        );
    const w = this.#rows.lock(id);
    this.#numbers(id * this.#rows.size, id, venueCode, instrument);
    for (const key of TEXT_KEYS)
      putRowText(this.#rows.u8, id * this.#rows.size + AT[key], SIZE[key], instrument[key]);
    this.#rows.unlock(w);
  }

  #numbers(at: number, id: number, venueCode: number, instrument: Instrument): void {
    const { i32, f64, u8 } = this.#rows;
    i32[(at + AT.id) / 4] = id;
    u8[at + AT.venue] = venueCode;
    u8[at + AT.venue + 1] = venueCode >> 8;
    u8[at + AT.kind] = INSTRUMENT_KINDS.indexOf(instrument.kind);
    u8[at + AT.status] = INSTRUMENT_STATUS.indexOf(instrument.status);
    i32[(at + AT.price_precision) / 4] = instrument.pricePrecision;
    i32[(at + AT.size_precision) / 4] = instrument.sizePrecision;
    u8[at + AT.size_unit] = instrument.sizeUnit === "quote" ? 1 : 0;
    f64[(at + AT.tick) / 8] = instrument.tick;
    f64[(at + AT.lot) / 8] = instrument.lot;
    f64[(at + AT.contract_value) / 8] = instrument.contractValue;
    f64[(at + AT.expiry) / 8] = instrument.expiry;
    f64[(at + AT.strike) / 8] = instrument.strike;
  }
}

/** Reads the instruments table; rows are decoded once and again only after they changed. */
export class InstrumentReader {
  readonly #control: Int32Array;
  readonly #copy: RowCopy;
  readonly #cache = new Map<number, { version: number; row: InstrumentRow }>();

  constructor(control: Int32Array, rows: Rows) {
    this.#control = control;
    this.#copy = new RowCopy(rows);
  }

  get count(): number {
    return Atomics.load(this.#control, COUNT);
  }

  /** Metadata of an id, or null when there is no such row. */
  read(id: number): InstrumentRow | null {
    if (!(id >= 0 && id < this.count)) return null; // also NO_INSTRUMENT
    const cached = this.#cache.get(id);
    if (cached !== undefined && cached.version === this.#copy.version(id)) return cached.row;
    if (!this.#copy.take(id)) return cached?.row ?? null;
    const row = this.#decode();
    this.#cache.set(id, { version: this.#copy.i32[0]!, row });
    return row;
  }

  /** Every instrument, by id. */
  all(): InstrumentRow[] {
    const rows = Array.from({ length: this.count }, (_, id) => this.read(id));
    return rows.filter((row) => row !== null);
  }

  #decode(): InstrumentRow {
    const { i32, f64, u8 } = this.#copy;
    const text = (key: TextKey): string => rowText(u8, AT[key], SIZE[key]);
    return {
      id: i32[AT.id / 4]! >>> 0,
      venueCode: u8[AT.venue]! | (u8[AT.venue + 1]! << 8),
      symbol: text("symbol"),
      canonical: text("canonical"),
      kind: INSTRUMENT_KINDS[u8[AT.kind]!] ?? "spot",
      base: text("base"),
      quote: text("quote"),
      status: INSTRUMENT_STATUS[u8[AT.status]!] ?? "unknown",
      tick: f64[AT.tick / 8]!,
      lot: f64[AT.lot / 8]!,
      pricePrecision: i32[AT.price_precision / 4]!,
      sizePrecision: i32[AT.size_precision / 4]!,
      contractValue: f64[AT.contract_value / 8]!,
      ...(u8[AT.size_unit] === 1 ? { sizeUnit: "quote" as const } : {}),
      expiry: f64[AT.expiry / 8]!,
      strike: f64[AT.strike / 8]!,
    };
  }
}
