import { HEADER, INSTRUMENT_ROW, VENUE_ROW } from "./layout.ts";
import { InstrumentReader, InstrumentWriter } from "./instrument-table.ts";
import type { InstrumentRow } from "./instrument-table.ts";
import { Rows } from "./rows.ts";
import { VenueReader, VenueWriter } from "./venue-table.ts";
import type { VenueRow } from "./venue-table.ts";

const COUNT = HEADER.at.instrument_count / 4;
/** Any even number but 0 is a lock that is open. */
const OPEN = 2;

/** One row at a time to the bytes it has in a region, and back. */
export class RowCodec {
  readonly #control = new Int32Array(HEADER.size / 4);
  readonly #instrument = new Rows(new ArrayBuffer(INSTRUMENT_ROW.size), 0, 1, INSTRUMENT_ROW);
  readonly #venue = new Rows(new ArrayBuffer(VENUE_ROW.size), 0, 1, VENUE_ROW);
  readonly #writer = new InstrumentWriter(this.#control, this.#instrument);
  readonly #reader = new InstrumentReader(this.#control, this.#instrument);
  readonly #venues = new VenueReader(this.#venue);
  #version = OPEN;

  /** Writes a row to `words` from `word` on. RangeError for a name that does not fit. */
  putInstrument(row: InstrumentRow, words: Int32Array, word: number): void {
    this.#writer.write(0, row.venueCode, row);
    this.#instrument.i32[INSTRUMENT_ROW.at.id / 4] = row.id;
    this.#instrument.i32[0] = OPEN;
    words.set(this.#instrument.i32, word);
  }

  /** The row that stands at `word`, whatever its bytes are. */
  instrument(words: Int32Array, word: number): InstrumentRow {
    this.#control[COUNT] = 1;
    this.#instrument.i32.set(words.subarray(word, word + INSTRUMENT_ROW.size / 4));
    this.#version = (this.#version + 2) & 0x7ffffffe || OPEN;
    this.#instrument.i32[0] = this.#version;
    return this.#reader.read(0)!;
  }

  putVenue(code: number, id: string, words: Int32Array, word: number): void {
    this.#venue.i32.fill(0);
    new VenueWriter(this.#venue).declare(code, id);
    this.#venue.i32[0] = OPEN;
    words.set(this.#venue.i32, word);
  }

  venue(words: Int32Array, word: number): VenueRow {
    this.#venue.i32.set(words.subarray(word, word + VENUE_ROW.size / 4));
    this.#venue.i32[0] = OPEN;
    return this.#venues.all()[0]!;
  }
}
