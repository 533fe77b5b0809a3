import {
  DerivedWriter,
  EventWriter,
  InstrumentReader,
  InstrumentWriter,
  RingWriter,
  VenueWriter,
} from "../../log/index.ts";
import type { Region } from "../../log/index.ts";
import { DERIVED, DERIVED_CODE, putMicros, SymbolTable, VALIDITY, VENUE_CODES } from "../../model/index.ts";
import type { Instrument, Nanos } from "../../model/index.ts";
import type { Made } from "../../pipelines/index.ts";

/** INSTRUMENT_STATUS "trading". */
const TRADING = 1;

/** The derived lane's own region: figures become slots, what they are about becomes rows. */
export class DerivedOutput {
  /** Figures that found no room: a table that is full, an event larger than half the ring. */
  refused = 0;
  readonly #region: Region;
  readonly #ring: RingWriter;
  readonly #events: EventWriter;
  readonly #derived: DerivedWriter;
  readonly #instruments: InstrumentWriter;
  readonly #rows: InstrumentReader;
  readonly #venues: VenueWriter;
  readonly #codes: Map<string, number>;
  readonly #codeOf: (venue: string) => number | null;
  readonly #halves = new Int32Array(2);
  readonly #now: Nanos = { lo: 0, hi: 0 };

  /** `codeOf`: number of a venue that is not known by heart. */
  constructor(region: Region, codeOf: (venue: string) => number | null) {
    this.#region = region;
    this.#codeOf = codeOf;
    this.#codes = new Map<string, number>([...Object.entries(VENUE_CODES), [DERIVED, DERIVED_CODE]]);
    this.#ring = new RingWriter(region.control, region.slots, region.bell, region.gate);
    this.#events = new EventWriter(this.#ring, new SymbolTable());
    this.#events.venue = DERIVED_CODE;
    this.#derived = new DerivedWriter(this.#ring, (venue) => this.#code(venue));
    this.#instruments = new InstrumentWriter(region.control, region.instruments);
    this.#rows = new InstrumentReader(region.control, region.instruments);
    this.#venues = new VenueWriter(region.venues);
    this.#venues.declare(DERIVED_CODE, DERIVED);
  }

  /** Adds a figure; readers see it with the next commit. */
  add(event: Made, about: Instrument): void {
    this.#time(event.ts_recv);
    const id = this.#idOf(about);
    if (id < 0 || !this.#derived.write(event, id)) this.refused += 1;
  }

  /** Shows what was added, and that the lane lives. `now`: UNIX us. */
  commit(now: number): void {
    this.#time(now);
    if (this.#ring.pending > 0) {
      this.#venues.write(
        this.#venues.declare(DERIVED_CODE, DERIVED),
        TRADING,
        VALIDITY.LIVE,
        0,
        0,
        this.#now,
      );
      this.#ring.commit();
    }
    this.#region.beat(this.#now);
  }

  #time(us: number): void {
    putMicros(us, this.#halves, 0);
    this.#now.lo = this.#halves[0]!;
    this.#now.hi = this.#halves[1]!;
  }

  /** Row of what a figure is about, new or changed where it has to be; -1 when there is no room. */
  #idOf(about: Instrument): number {
    const known = this.#instruments.find(DERIVED_CODE, about.symbol);
    try {
      if (known >= 0 && sameAs(this.#rows.read(known), about)) return known;
      if (known >= 0) this.#instruments.write(known, DERIVED_CODE, about);
      const id = known >= 0 ? known : this.#instruments.add(DERIVED_CODE, about);
      this.#events.begin(this.#now);
      this.#events.appendInstrument(id);
      this.#events.endFrame();
      return id;
    } catch (error) {
      if (error instanceof RangeError) return -1;
      throw error;
    }
  }

  /** Venues that not every reader knows stand in the region's table. */
  #code(venue: string): number {
    const known = this.#codes.get(venue);
    if (known !== undefined) return known;
    const code = this.#codeOf(venue) ?? 0;
    if (code === 0) return code;
    this.#venues.declare(code, venue);
    this.#codes.set(venue, code);
    return code;
  }
}

function sameAs(row: Instrument | null, about: Instrument): boolean {
  return row !== null && Object.is(row.tick, about.tick) && Object.is(row.expiry, about.expiry);
}
