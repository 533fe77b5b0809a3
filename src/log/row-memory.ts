import { venueOfCode } from "../model/index.ts";
import type { EventNames } from "./event-reader.ts";
import { InstrumentReader } from "./instrument-table.ts";
import type { InstrumentRow } from "./instrument-table.ts";
import { HEADER, INSTRUMENT_ROW, VENUE_ROW } from "./layout.ts";
import { Rows } from "./rows.ts";
import { VenueReader } from "./venue-table.ts";

const COUNT = HEADER.at.instrument_count / 4;
const ID = INSTRUMENT_ROW.at.id / 4;
const FEW = 64;
/** As many rows as a region can have. */
const MOST = 1_000_000;

/** Instrument and venue rows from a journal, in private memory, read as those of a region. */
export class RowMemory implements EventNames {
  readonly #control = new Int32Array(HEADER.size / 4);
  #instruments = new Rows(new ArrayBuffer(FEW * INSTRUMENT_ROW.size), 0, FEW, INSTRUMENT_ROW);
  #reader = new InstrumentReader(this.#control, this.#instruments);
  #venues = new Rows(new ArrayBuffer(FEW * VENUE_ROW.size), 0, FEW, VENUE_ROW);
  #venueCount = 0;
  #venueReader = new VenueReader(this.#venues);
  #venueIds = new Map<number, string | null>();

  /** All rows are to come again. */
  clear(): void {
    this.#control[COUNT] = 0;
    this.#venueCount = 0;
    this.#venues.i32.fill(0);
    this.#venueIds.clear();
    this.#instruments = new Rows(new ArrayBuffer(FEW * INSTRUMENT_ROW.size), 0, FEW, INSTRUMENT_ROW);
    this.#reader = new InstrumentReader(this.#control, this.#instruments);
  }

  /** `count` raw instrument rows from word `word` of `words` on; each goes to the place of its id. */
  takeInstruments(words: Int32Array, word: number, count: number): void {
    const size = INSTRUMENT_ROW.size / 4;
    for (let k = 0; k < count; k++) {
      const at = word + k * size;
      const id = words[at + ID]! >>> 0;
      if (id >= MOST) continue;
      this.#fit(id);
      this.#instruments.i32.set(words.subarray(at, at + size), id * size);
      if (id >= this.#control[COUNT]!) this.#control[COUNT] = id + 1;
    }
  }

  takeVenues(words: Int32Array, word: number, count: number): void {
    const size = VENUE_ROW.size / 4;
    this.#venueIds.clear();
    for (let k = 0; k < count && this.#venueCount < FEW; k++)
      this.#venues.i32.set(words.subarray(word + k * size, word + (k + 1) * size), this.#venueCount++ * size);
  }

  venue(code: number): string | null {
    const known = venueOfCode(code) ?? this.#venueIds.get(code);
    if (known !== undefined && known !== null) return known;
    const id = this.#venueReader.idOf(code);
    this.#venueIds.set(code, id);
    return id;
  }

  instrument(id: number): InstrumentRow | null {
    return this.#reader.read(id);
  }

  /** Every instrument, by id. */
  instruments(): InstrumentRow[] {
    return this.#reader.all();
  }

  #fit(id: number): void {
    const { count, i32 } = this.#instruments;
    if (id < count) return;
    const more = Math.max(count * 2, id + 1);
    this.#instruments = new Rows(new ArrayBuffer(more * INSTRUMENT_ROW.size), 0, more, INSTRUMENT_ROW);
    this.#instruments.i32.set(i32);
    this.#reader = new InstrumentReader(this.#control, this.#instruments);
  }
}
