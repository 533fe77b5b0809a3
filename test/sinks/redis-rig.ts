import { Tables } from "../../src/app/sinks/tables.ts";
import {
  DepthWriter,
  DEPTH,
  DerivedWriter,
  EventWriter,
  InstrumentReader,
  InstrumentWriter,
  RingReader,
  RingWriter,
  SlotViews,
  TOP,
  TopWriter,
  VenueWriter,
  copySlot,
} from "../../src/log/index.ts";
import type { DerivedEvent } from "../../src/log/index.ts";
import {
  LONG,
  NUM,
  SIDE,
  SymbolTable,
  VALIDITY,
  VENUE_CODES,
  instrumentOf,
  putMicros,
  putNumber,
  toMicros,
} from "../../src/model/index.ts";
import type { Instrument, Level, Validity } from "../../src/model/index.ts";
import type { SinkHost, SlotBatch } from "../../src/sinks/index.ts";
import type { RegionHandle } from "../../src/store/index.ts";

export const NOW_US = 1_763_700_000_123_456;
const VENUE = VENUE_CODES.kraken;

/** A lane that says what a test wants it to, with its tables. */
export class RedisRig {
  readonly handle: RegionHandle;
  readonly out: EventWriter;
  readonly derived: DerivedWriter;
  readonly #ring: RingWriter;
  readonly #reader: RingReader;
  readonly #rows: InstrumentReader;
  readonly #depth: DepthWriter;
  readonly #top: TopWriter;
  readonly #tables = new Tables();
  readonly #half = new Int32Array(2);

  constructor(
    handle: RegionHandle,
    instruments: readonly (Partial<Instrument> & Pick<Instrument, "symbol" | "canonical">)[],
  ) {
    const { region } = handle;
    this.handle = handle;
    const rows = new InstrumentWriter(region.control, region.instruments);
    for (const one of instruments) rows.add(VENUE, instrumentOf(one));
    const venues = new VenueWriter(region.venues);
    venues.write(venues.declare(VENUE, "kraken"), 1, VALIDITY.LIVE, 2, 3, this.#nanos(NOW_US));
    this.#ring = new RingWriter(region.control, region.slots, region.bell);
    this.out = new EventWriter(this.#ring, new SymbolTable());
    this.out.venue = VENUE;
    this.derived = new DerivedWriter(this.#ring, () => VENUE);
    this.#reader = new RingReader(region.control, region.slots);
    this.#rows = new InstrumentReader(region.control, region.instruments);
    this.#depth = new DepthWriter(region.depth);
    this.#top = new TopWriter(region.top);
  }

  get head(): number {
    return this.#ring.head;
  }

  /** One event at NOW_US + `us`, the venue's time 1500 us before. */
  say(us: number, what: (out: EventWriter) => void): void {
    const { out } = this;
    out.begin(this.#nanos(NOW_US + us));
    putMicros(NOW_US + us - 1500, out.long, LONG.TS);
    what(out);
    out.endFrame();
    this.#ring.commit();
  }

  trade(us: number, id: number, price: number, size: number, side: number, tradeId: number): void {
    this.say(us, (out) => {
      out.num[NUM.PRICE] = price;
      out.num[NUM.SIZE] = size;
      putNumber(tradeId, out.long, LONG.ID);
      out.trade(id, side, 0);
    });
  }

  /** And the top row, as a lane with quotes writes it. */
  quote(us: number, id: number, bid: Level, ask: Level): void {
    this.say(us, (out) => {
      out.num.set([...bid, ...ask]);
      putNumber(77, out.long, LONG.ID);
      out.quote(id, 0);
    });
    this.top(us, id, bid, ask, VALIDITY.LIVE);
  }

  top(us: number, id: number, bid: Level, ask: Level, validity: Validity): void {
    this.#top.num.set([...bid, ...ask]);
    putMicros(NOW_US + us - 1500, this.#top.long, TOP.TS_EVENT);
    putMicros(NOW_US + us, this.#top.long, TOP.TS_RECV);
    putNumber(this.head, this.#top.long, TOP.LOG_SEQ);
    this.#top.write(id, validity, 0, 1);
  }

  /** A book event of one level, and the depth row that a lane has by then. */
  book(
    us: number,
    id: number,
    bids: readonly Level[],
    asks: readonly Level[],
    seq: number,
    validity: Validity,
  ): void {
    this.say(us, (out) => {
      putNumber(seq, out.long, LONG.ID);
      putNumber(seq - 1, out.long, LONG.PREV);
      out.num.set(bids[0] ?? [1, 0]);
      out.level(SIDE.BID);
      out.book(id, 0);
    });
    this.row(us, id, bids, asks, seq, validity);
  }

  /** The depth row alone. */
  row(
    us: number,
    id: number,
    bids: readonly Level[],
    asks: readonly Level[],
    seq: number,
    validity: Validity,
  ): void {
    const depth = this.#depth;
    depth.bids.set(bids.flat());
    depth.asks.set(asks.flat());
    putMicros(NOW_US + us - 1500, depth.long, DEPTH.TS_EVENT);
    putMicros(NOW_US + us, depth.long, DEPTH.TS_RECV);
    putNumber(seq, depth.long, DEPTH.SEQ);
    putNumber(this.head, depth.long, DEPTH.LOG_SEQ);
    depth.write(id, validity, 0, 1, bids.length, asks.length);
  }

  /** As a lane says it, before the status is committed. */
  invalidate(id: number, validity: Validity): void {
    this.#depth.setValidity(id, validity, 0, 2);
  }

  derive(event: DerivedEvent, id: number): void {
    this.derived.write(event, id);
    this.#ring.commit();
  }

  /** All that was said since the last one. */
  batch(): SlotBatch {
    const first = this.#reader.cursor;
    const slots = SlotViews.make(Math.max(1, this.head - first));
    let count = 0;
    this.#reader.poll((from, word) => copySlot(from.i32, word, slots.i32, count++ << 4));
    const names = this.handle.region.names();
    return {
      lane: "main",
      session: this.session,
      first,
      end: first + count,
      slots,
      count,
      seqs: Float64Array.from({ length: count }, (_, i) => first + i),
      holes: [],
      rows: { venue: (code) => names.venue(code), instrument: (id) => this.#rows.read(id) },
    };
  }

  get session(): string {
    const { hi, lo } = this.handle.region.created;
    return String(toMicros(hi, lo));
  }

  /** A host that keeps what it is told. */
  host(told: Told, secrets: Readonly<Record<string, string>> = {}): SinkHost {
    return {
      name: "r",
      lanes: ["main"],
      data: null,
      secrets,
      report: (level, message, facts) =>
        void told.reports.push(`${level} ${message} ${JSON.stringify(facts)}`),
      state: (state, reason) => void told.states.push(reason === undefined ? state : `${state}: ${reason}`),
      figure: (_kind, name, _help, value) => void told.figures.set(name, value),
      tables: () => this.#tables.of(this.handle),
    };
  }

  #nanos(us: number): { hi: number; lo: number } {
    putMicros(us, this.#half, 0);
    return { lo: this.#half[0]!, hi: this.#half[1]! };
  }
}

export class Told {
  readonly reports: string[] = [];
  readonly states: string[] = [];
  readonly figures = new Map<string, number>();

  /** Events by what became of them; the first is the sum of the others. */
  account(): { events: number; sum: number } {
    const of = (name: string): number => this.figures.get(name) ?? 0;
    const parts = ["ignored", "written", "coalesced", "dropped", "refused"].map((part) =>
      of(`events_${part}_total`),
    );
    return { events: of("events_total"), sum: parts.reduce((sum, part) => sum + part, of("events_waiting")) };
  }
}
