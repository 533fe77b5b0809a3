import { crc32 } from "node:zlib";
import {
  datagramCount,
  INSTRUMENT_ROW,
  NO_INSTRUMENT,
  PAYLOAD_WORD,
  RowCodec,
  VENUE_ROW,
} from "../../log/index.ts";
import type { InstrumentRow, InstrumentWriter, VenueWriter } from "../../log/index.ts";
import { venueOfCode } from "../../model/index.ts";
import type { Packet } from "./packet.ts";

/** Instruments of one sender at most: more than that is not believed. */
const MOST = 1 << 20;
const UNKNOWN = -1;
const NAME = /^[\x21-\x7e]{1,64}$/;
const VENUE = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** What the numbers of one sender's session mean here. */
export class RemoteRows {
  readonly #instruments: InstrumentWriter;
  readonly #venues: VenueWriter;
  readonly #report: (reason: string) => void;
  readonly #codec = new RowCodec();
  #ids = new Int32Array(1024).fill(UNKNOWN);
  /** CRC of each row as it was taken: rows are said again and again, and ours is written when one has changed. */
  #crcs = new Int32Array(1024);
  readonly #codes = new Set<number>();

  constructor(instruments: InstrumentWriter, venues: VenueWriter, report: (reason: string) => void) {
    this.#instruments = instruments;
    this.#venues = venues;
    this.#report = report;
  }

  /** Our id of the sender's, NO_INSTRUMENT for none at all, or -1 while it has not said what it means. */
  idOf(remote: number): number {
    if (remote === NO_INSTRUMENT) return NO_INSTRUMENT;
    return remote < this.#ids.length ? this.#ids[remote]! : UNKNOWN;
  }

  venueKnown(code: number): boolean {
    return this.#codes.has(code);
  }

  /** Takes rows of instruments; tells of each its id here, and the row. */
  takeInstruments({ words }: Packet, told: (id: number, row: InstrumentRow) => void): void {
    for (let i = 0; i < datagramCount(words); i++) {
      const word = PAYLOAD_WORD + (i * INSTRUMENT_ROW.size) / 4;
      const crc = crc32(new Uint8Array(words.buffer, 4 * word + 4, INSTRUMENT_ROW.size - 4)) | 0;
      const row = this.#codec.instrument(words, word);
      if (this.idOf(row.id) >= 0 && this.#crcs[row.id] === crc) continue;
      const id = this.#place(row);
      if (id < 0) continue;
      this.#crcs[row.id] = crc;
      told(id, row);
    }
  }

  takeVenues({ words }: Packet, told: (code: number, row: number) => void): void {
    for (let i = 0; i < datagramCount(words); i++) {
      const { code, id } = this.#codec.venue(words, PAYLOAD_WORD + (i * VENUE_ROW.size) / 4);
      if (this.#codes.has(code)) continue;
      const ours = venueOfCode(code);
      if (!VENUE.test(id) || code === 0 || (ours !== null && ours !== id)) {
        this.#report(`expected the venue of code ${code} to be ${ours ?? "one with a name"}, saw another`);
        continue;
      }
      const row = this.#tried(() => this.#venues.declare(code, id));
      if (row < 0) continue;
      this.#codes.add(code);
      told(code, row);
    }
  }

  /** The row's place in our table: the one it has, or a new one. */
  #place(row: InstrumentRow): number {
    const { id: remote, venueCode, symbol, canonical } = row;
    if (remote >= MOST || venueCode === 0 || !NAME.test(symbol) || !NAME.test(canonical)) {
      this.#report("expected an instrument with an id, a venue and names, saw another row");
      return UNKNOWN;
    }
    const known = this.#instruments.find(venueCode, symbol);
    const id = known >= 0 ? known : this.#tried(() => this.#instruments.add(venueCode, row));
    if (id < 0) return UNKNOWN;
    if (known >= 0) this.#tried(() => (this.#instruments.write(known, venueCode, row), known));
    if (remote >= this.#ids.length) this.#grow(remote);
    this.#ids[remote] = id;
    return id;
  }

  /** A table that is full, or a name too long for it, costs its instrument and no other. */
  #tried(act: () => number): number {
    try {
      return act();
    } catch (error) {
      this.#report(error instanceof Error ? error.message : String(error));
      return UNKNOWN;
    }
  }

  #grow(remote: number): void {
    const wider = new Int32Array(Math.max(2 * this.#ids.length, remote + 1)).fill(UNKNOWN);
    wider.set(this.#ids);
    this.#ids = wider;
    const crcs = new Int32Array(wider.length);
    crcs.set(this.#crcs);
    this.#crcs = crcs;
  }
}
