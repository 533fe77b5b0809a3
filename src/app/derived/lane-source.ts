import {
  EventReader,
  InstrumentReader,
  RingReader,
  TopReader,
  slotInstrument,
  slotKind,
} from "../../log/index.ts";
import type { EventNames, InstrumentRow, SlotViews } from "../../log/index.ts";
import { KIND } from "../../model/index.ts";
import type { InstrumentEvent } from "../../model/index.ts";
import type { Heard } from "../../pipelines/index.ts";
import type { RegionHandle } from "../../store/index.ts";

/** Slots taken at a time: some milliseconds of work. */
const BATCH = 65_536;

export type Hear = (event: Heard) => void;

/**
 * What pipelines hear of one lane: listings and option tickers from its ring, best bids and offers from its table. Never holds the
 * lane up; what it was too slow for is counted, and listings are read again from the table then.
 */
export class LaneSource {
  readonly name: string;
  readonly #ring: RingReader;
  readonly #names: EventNames;
  readonly #events: EventReader;
  readonly #instruments: InstrumentReader;
  readonly #tops: TopReader;
  readonly #hear: Hear;
  /** Instruments told of, by id up to here; those in `#changed` are told of again. */
  #listed = 0;
  #changed = new Set<number>();
  #rows: InstrumentRow[] = [];

  constructor(name: string, { region }: RegionHandle, hear: Hear) {
    this.name = name;
    this.#hear = hear;
    this.#ring = new RingReader(region.control, region.slots);
    this.#names = region.names();
    this.#events = new EventReader(this.#names);
    this.#instruments = new InstrumentReader(region.control, region.instruments);
    this.#tops = new TopReader(region.top);
    this.#ring.onLost = () => {
      this.#events.reset();
      this.#listed = 0;
    };
    // What an earlier gateway left is as old as it is; what this one already had is not missed.
    this.#ring.seekOldest();
  }

  /** Slots missed; only grows. */
  get lost(): number {
    return this.#ring.lost;
  }

  /** Slots committed and not yet read. */
  get lag(): number {
    return this.#ring.lag;
  }

  /** Number of a venue by its id, or null when this lane does not have it. */
  codeOf(venue: string): number | null {
    return this.#rows.find((row) => row !== undefined && this.#venueOf(row) === venue)?.venueCode ?? null;
  }

  /** Tells of what there is, at most some milliseconds of it; returns true when there is more. */
  poll(): boolean {
    this.#list();
    this.#ring.poll(this.#take, BATCH);
    if (this.#changed.size > 0 || this.#listed < this.#instruments.count) this.#list();
    return this.#ring.lag > 0;
  }

  /** Tells of the best bid and offer of every instrument that is wanted, as they stand now. */
  tops(wanted: (venue: string, symbol: string) => boolean): void {
    for (const row of this.#rows) {
      if (row === undefined) continue;
      const venue = this.#venueOf(row);
      const { symbol } = row;
      if (!wanted(venue, symbol)) continue;
      const top = this.#tops.read(row.id);
      if (top === null) continue;
      this.#hear({
        type: "top",
        venue,
        symbol,
        bid_price: orNull(top.bidPrice),
        bid_size: orNull(top.bidSize),
        ask_price: orNull(top.askPrice),
        ask_size: orNull(top.askSize),
        validity: top.validity,
        ts_recv: top.tsRecv,
      });
    }
  }

  readonly #take = (slots: SlotViews, word: number): void => {
    const kind = slotKind(slots, word);
    if (kind === KIND.INSTRUMENT) this.#changed.add(slotInstrument(slots, word));
    if (kind !== KIND.OPTION_TICKER) return;
    if (this.#listed <= slotInstrument(slots, word)) this.#list();
    const event = this.#events.accept(slots, word);
    if (event !== null) this.#hear(event);
  };

  #list(): void {
    const { count } = this.#instruments;
    const ids = [...this.#changed].filter((id) => id < this.#listed);
    for (let id = this.#listed; id < count; id++) ids.push(id);
    this.#changed = new Set();
    this.#listed = count;
    for (const id of ids) {
      const row = this.#instruments.read(id);
      if (row === null) continue;
      this.#rows[id] = row;
      this.#hear(listingOf(row, this.#venueOf(row)));
    }
  }

  #venueOf({ venueCode }: InstrumentRow): string {
    return this.#names.venue(venueCode) ?? `#${venueCode}`;
  }
}

function listingOf(row: InstrumentRow, venue: string): InstrumentEvent {
  const { symbol, canonical, kind, base, quote, status, tick, expiry, strike } = row;
  return {
    type: "instrument",
    venue,
    symbol,
    instrument: canonical,
    kind,
    base,
    quote,
    status,
    ...(Number.isNaN(tick) ? {} : { tick }),
    ...(Number.isNaN(expiry) ? {} : { expiry }),
    ...(Number.isNaN(strike) ? {} : { strike }),
    ts_event: null,
    ts_recv: 0,
  };
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
