import { EventReader, EventWriter, HEADER, RingWriter, SLOT_BYTES, SlotViews } from "../../src/log/index.ts";
import { encodeText, halvesToNumber, putMicros, Slab, SymbolTable } from "../../src/model/index.ts";
import type { Instrument, MarketEvent, Nanos, Venue } from "../../src/model/index.ts";

/** Receive time of every frame, UNIX microseconds. */
export const RECV = 1_780_000_000_000_417;

/** What one frame became. `slots` are the 64-byte slots themselves, `fallbacks` and `slowFallbacks` how often the fast paths gave up. */
export interface Read {
  readonly frame: number;
  readonly events: MarketEvent[];
  readonly slots: Uint8Array;
  readonly connection: number | null;
  readonly fallbacks: number;
  readonly slowFallbacks: number;
  readonly inexact: number;
}

export interface Place {
  /** Where in the slab the frame begins. */
  readonly at?: number;
  /** Byte that everything behind the frame is filled with, to the physical end of the slab. */
  readonly behind?: number;
}

/** A venue's parser before a real event writer. What a rejected frame emitted is not voided here: it would be seen. */
export class Rig {
  readonly venue: Venue;
  readonly slab: Slab;
  readonly out: EventWriter;
  readonly instruments: Instrument[] = [];
  readonly tsRecv: Nanos;
  readonly #symbols = new SymbolTable();
  readonly #gather: EventReader;

  constructor(venue: Venue, instruments: readonly Instrument[], bytes = 1 << 20, slots = 1 << 15) {
    this.venue = venue;
    this.slab = new Slab(bytes);
    for (const one of instruments) this.add(one);
    const control = new Int32Array(HEADER.size / 4);
    this.out = new EventWriter(new RingWriter(control, SlotViews.make(slots)), this.#symbols);
    this.out.venue = venue.code;
    this.#gather = new EventReader({
      venue: (code) => (code === venue.code ? venue.id : null),
      instrument: (id) => this.instruments[id] ?? null,
    });
    const half = new Int32Array(2);
    putMicros(RECV, half, 0);
    this.tsRecv = { lo: half[0]!, hi: half[1]! };
  }

  add(one: Instrument): void {
    const id = this.instruments.push(one) - 1;
    for (const name of [one.symbol, ...this.venue.aliases(one.symbol)]) this.#symbols.add(name, id);
  }

  stampRecv(nanos: bigint): void {
    this.tsRecv.lo = Number(BigInt.asIntN(32, nanos));
    this.tsRecv.hi = Number(nanos >> 32n);
  }

  text(frame: string, place: Place = {}): Read {
    return this.bytes(encodeText(frame), place);
  }

  bytes(frame: Uint8Array, { at = 0, behind }: Place = {}): Read {
    this.slab.bytes.set(frame, at);
    if (behind !== undefined) this.slab.bytes.fill(behind, at + frame.length);
    return this.#run(
      (start, end) => this.venue.parse(this.slab, start, end, this.tsRecv, this.out),
      at,
      frame.length,
    );
  }

  /** A REST snapshot body, where the venue has such. */
  snapshot(body: string, symbol: string, { at = 0, behind }: Place = {}): Read {
    const source = this.venue.snapshot;
    if (source.via !== "rest") throw new Error(`${this.venue.id} has no REST snapshot`);
    const bytes = encodeText(body);
    this.slab.bytes.set(bytes, at);
    if (behind !== undefined) this.slab.bytes.fill(behind, at + bytes.length);
    const parse = (start: number, end: number): number =>
      source.parse(this.slab, start, end, symbol, this.tsRecv, this.out);
    return this.#run(parse, at, bytes.length);
  }

  /** A body of past trades, which stands in the slab already. */
  past(at: number, length: number, symbol: string): Read {
    const { history } = this.venue;
    if (history === undefined) throw new Error(`${this.venue.id} lists no past trades`);
    const parse = (start: number, end: number): number =>
      history.parse(this.slab, start, end, symbol, this.tsRecv, this.out);
    return this.#run(parse, at, length);
  }

  #run(parse: (start: number, end: number) => number, at: number, length: number): Read {
    const { out } = this;
    out.fallbacks = 0;
    out.slowFallbacks = 0;
    out.inexact = 0;
    const frame = parse(at, at + length);
    const first = out.endFrame();
    const views = SlotViews.make(out.pending - first);
    for (let i = first; i < out.pending; i++) {
      const word = out.wordAt(i);
      views.u8.set(out.slots.u8.subarray(word * 4, word * 4 + SLOT_BYTES), (i - first) * SLOT_BYTES);
    }
    const connection = out.hasConnection ? halvesToNumber(out.long[7]!, out.long[6]!) : null;
    out.rewind(first);
    const { fallbacks, slowFallbacks, inexact } = out;
    const gather = (): MarketEvent[] => this.#gathered(views);
    let events: MarketEvent[] | null = null;
    return {
      frame,
      // Most of what is read is asked for its slots alone.
      get events() {
        return (events ??= gather());
      },
      slots: views.u8,
      connection,
      fallbacks,
      slowFallbacks,
      inexact,
    };
  }

  #gathered(views: SlotViews): MarketEvent[] {
    const events: MarketEvent[] = [];
    for (let i = 0; i < views.count; i++) {
      const event = this.#gather.accept(views, (i * SLOT_BYTES) / 4);
      if (event !== null) events.push(event);
    }
    this.#gather.reset();
    return events;
  }
}
