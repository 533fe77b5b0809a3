import {
  DATAGRAM_TYPE,
  datagramRoom,
  INSTRUMENT_ROW,
  PAYLOAD_WORD,
  RowCodec,
  VENUE_ROW,
} from "../../log/index.ts";
import type { InstrumentRow } from "../../log/index.ts";
import type { SinkRows } from "../sink.ts";
import type { Blank } from "./out.ts";

type Send = (type: number, blank: Blank, count: number) => void;

/** What the numbers in slots stand for: said before the first slot that needs it, and all of it again and again. */
export class Announced {
  readonly #send: Send;
  readonly #blank: () => Blank;
  readonly #codec = new RowCodec();
  readonly #instrumentRoom: number;
  readonly #venueRoom: number;
  readonly #instruments = new Map<number, InstrumentRow>();
  readonly #venues = new Map<number, string>();
  /** 1 for each instrument that was said. */
  #said = new Uint8Array(4096);
  /** Where the next round goes on, and the part of a row that is due. */
  #round: IterableIterator<InstrumentRow> | null = null;
  #due = 0;
  #venuesDue = 0;

  constructor(mtu: number, send: Send, blank: () => Blank) {
    this.#send = send;
    this.#blank = blank;
    this.#instrumentRoom = datagramRoom(mtu, DATAGRAM_TYPE.INSTRUMENTS);
    this.#venueRoom = datagramRoom(mtu, DATAGRAM_TYPE.VENUES);
  }

  /** The numbers mean others from now on. */
  forget(): void {
    this.#instruments.clear();
    this.#venues.clear();
    this.#said.fill(0);
    this.#round = null;
    this.#due = this.#venuesDue = 0;
  }

  venue(code: number, rows: SinkRows): void {
    if (this.#venues.has(code)) return;
    const id = rows.venue(code);
    if (id === null) return;
    this.#venues.set(code, id);
    this.#sayVenues([[code, id]]);
  }

  /** `anew`: it may have changed. */
  instrument(id: number, anew: boolean, rows: SinkRows): void {
    if (this.#said[id] === 1 && !anew) return;
    const row = rows.instrument(id);
    if (row === null) return;
    if (id >= this.#said.length) this.#grow(id);
    this.#said[id] = 1;
    this.#instruments.set(id, row);
    this.#say([row]);
  }

  /** The next part of a round: `share` of all rows. */
  again(share: number): void {
    this.#venuesDue += share;
    if (this.#venuesDue >= 1) {
      this.#venuesDue = 0;
      this.#sayVenues([...this.#venues]);
    }
    this.#due += share * this.#instruments.size;
    const rows: InstrumentRow[] = [];
    for (; this.#due >= 1; this.#due -= 1) {
      this.#round ??= this.#instruments.values();
      const { value, done } = this.#round.next();
      if (done === true) this.#round = null;
      else rows.push(value);
    }
    for (let at = 0; at < rows.length; at += this.#instrumentRoom)
      this.#say(rows.slice(at, at + this.#instrumentRoom));
  }

  #say(rows: readonly InstrumentRow[]): void {
    const blank = this.#blank();
    const words = INSTRUMENT_ROW.size / 4;
    rows.forEach((row, i) => this.#codec.putInstrument(row, blank.words, PAYLOAD_WORD + i * words));
    this.#send(DATAGRAM_TYPE.INSTRUMENTS, blank, rows.length);
  }

  #sayVenues(venues: readonly (readonly [code: number, id: string])[]): void {
    for (let at = 0; at < venues.length; at += this.#venueRoom) {
      const blank = this.#blank();
      const some = venues.slice(at, at + this.#venueRoom);
      const words = VENUE_ROW.size / 4;
      some.forEach(([code, id], i) => this.#codec.putVenue(code, id, blank.words, PAYLOAD_WORD + i * words));
      this.#send(DATAGRAM_TYPE.VENUES, blank, some.length);
    }
  }

  #grow(id: number): void {
    const wider = new Uint8Array(Math.max(2 * this.#said.length, id + 1));
    wider.set(this.#said);
    this.#said = wider;
  }
}
