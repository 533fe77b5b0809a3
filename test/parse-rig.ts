import { EventReader, EventWriter, HEADER, RingReader, RingWriter, SlotViews } from "../src/log/index.ts";
import {
  Slab,
  SymbolTable,
  VENUE_CODES,
  encodeText,
  halvesToNumber,
  instrumentOf,
  putMicros,
  venueOfCode,
} from "../src/model/index.ts";
import type { MarketEvent, Out, Nanos, VenueId } from "../src/model/index.ts";

export type Parse = (slab: Slab, start: number, end: number, tsRecv: Nanos, out: Out) => number;

/** What one frame became. */
export interface Read {
  /** FRAME.* */
  frame: number;
  events: MarketEvent[];
  /** Connection-wide number, or null. */
  connection: number | null;
  fallbacks: number;
}

/** Receive time of every frame read here, UNIX microseconds. */
export const RECV = 1_780_000_000_000_000;

/**
 * A parser in front of a real ring: frames as text in, events out of the slots. Frames are put in the middle of a dirty
 * slab, so that a parser that looks past the end of its frame finds something there.
 */
export class ParseRig {
  readonly slab: Slab;
  readonly out: EventWriter;
  readonly tsRecv: Nanos;
  readonly #parse: Parse;
  readonly #ring: RingWriter;
  readonly #reader: RingReader;
  readonly #gather: EventReader;

  constructor(
    venue: VenueId,
    parse: Parse,
    symbols: readonly (readonly [native: string, canonical: string])[],
    bytes = 1 << 20,
  ) {
    this.slab = new Slab(bytes);
    this.#parse = parse;
    const table = new SymbolTable();
    const instruments = symbols.map(([symbol, canonical]) => instrumentOf({ symbol, canonical }));
    instruments.forEach((one, id) => table.add(one.symbol, id));
    const control = new Int32Array(HEADER.size / 4);
    this.#ring = new RingWriter(control, SlotViews.make(1 << 15));
    this.#reader = new RingReader(control, this.#ring.slots);
    this.#gather = new EventReader({ venue: venueOfCode, instrument: (id) => instruments[id] ?? null });
    this.out = new EventWriter(this.#ring, table);
    this.out.venue = VENUE_CODES[venue];
    const half = new Int32Array(2);
    putMicros(RECV, half, 0);
    this.tsRecv = { lo: half[0]!, hi: half[1]! };
  }

  /** Reads a frame given as text, placed at `at`. */
  read(text: string, at = 3): Read {
    const bytes = encodeText(text);
    this.slab.bytes.set(bytes, at);
    return this.readAt(at, at + bytes.length);
  }

  readAt(start: number, end: number): Read {
    const { out } = this;
    out.fallbacks = 0;
    const frame = this.#parse(this.slab, start, end, this.tsRecv, out);
    const first = out.endFrame();
    if (frame !== 1) out.rewind(first);
    this.#ring.commit();
    const events: MarketEvent[] = [];
    this.#reader.poll((slots, word) => {
      const event = this.#gather.accept(slots, word);
      if (event !== null) events.push(event);
    });
    const connection = out.hasConnection ? halvesToNumber(out.long[7]!, out.long[6]!) : null;
    return { frame, events, connection, fallbacks: out.fallbacks };
  }
}
