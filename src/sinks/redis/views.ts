import {
  EventBytes,
  EventReader,
  JsonBytes,
  NO_INSTRUMENT,
  slotInstrument,
  slotKind,
  slotVenue,
} from "../../log/index.ts";
import type { InstrumentRow, SlotViews } from "../../log/index.ts";
import { KIND } from "../../model/index.ts";
import type { SinkTables, SlotBatch } from "../sink.ts";
import type { Newest } from "./newest.ts";
import type { Place, Scheme, View, Voice } from "./scheme.ts";

/** A place and who speaks for it; what is newest of each kind stands here, so that no event looks for a key. */
export interface Spot {
  readonly voice: Voice;
  readonly newest: (Newest | undefined)[];
}

/** What is known of each lane's region: ids to spots, without a look into a map of names for an event. */
export class Views {
  readonly #scheme: Scheme;
  readonly #tables: (lane: string) => SinkTables | null;
  readonly #lanes = new Map<string, LaneView>();

  constructor(scheme: Scheme, tables: (lane: string) => SinkTables | null) {
    this.#scheme = scheme;
    this.#tables = tables;
  }

  /** Of a batch that is about to be read. */
  of(batch: SlotBatch): LaneView {
    const { lane, session } = batch;
    let view = this.#lanes.get(lane);
    if (view === undefined || view.session !== session) {
      view = new LaneView(lane, session, this.#scheme, this.#tables);
      this.#lanes.set(lane, view);
    }
    view.rows = batch.rows;
    return view;
  }
}

class LaneView implements View {
  readonly lane: string;
  readonly session: string;
  readonly bytes: EventBytes;
  readonly reader: EventReader;
  /** Of the newest batch. */
  rows: SlotBatch["rows"] | null = null;
  readonly #scheme: Scheme;
  readonly #tables: (lane: string) => SinkTables | null;
  readonly #spots: (Spot | undefined)[] = [];
  readonly #venueSpots = new Map<number, Spot>();
  readonly #venues = new Map<number, string>();
  readonly #instruments = new Map<number, InstrumentRow>();

  constructor(lane: string, session: string, scheme: Scheme, tables: (lane: string) => SinkTables | null) {
    this.lane = lane;
    this.session = session;
    this.#scheme = scheme;
    this.#tables = tables;
    const names = {
      venue: (code: number) => this.#venues.get(code) ?? this.rows?.venue(code) ?? null,
      instrument: (id: number) => this.#instruments.get(id) ?? null,
    };
    this.bytes = new EventBytes(names, new JsonBytes());
    this.reader = new EventReader(names);
  }

  tables(): SinkTables | null {
    const tables = this.#tables(this.lane);
    return tables?.session === this.session ? tables : null;
  }

  /** Where an event of the batch at hand happens. */
  spot(slots: SlotViews, word: number): Spot {
    const id = slotInstrument(slots, word);
    if (id === NO_INSTRUMENT) return this.#venueSpot(slotVenue(slots, word));
    const known = this.#spots[id];
    // What an instrument's own event says of it is true from then on.
    if (known !== undefined && slotKind(slots, word) !== KIND.INSTRUMENT) return known;
    return this.#newSpot(id, slotVenue(slots, word), known);
  }

  #venueSpot(code: number): Spot {
    const known = this.#venueSpots.get(code);
    if (known !== undefined) return known;
    const spot = this.#made(NO_INSTRUMENT, code, null, []);
    this.#venueSpots.set(code, spot);
    return spot;
  }

  #newSpot(id: number, code: number, before: Spot | undefined): Spot {
    const row = this.rows?.instrument(id) ?? null;
    const same = row !== null && this.#instruments.get(id) === row;
    if (before !== undefined && same) return before;
    if (row !== null) this.#instruments.set(id, row);
    const spot = this.#made(id, code, row, before?.newest ?? []);
    // What is not known yet may be known with the next batch.
    if (row !== null) this.#spots[id] = spot;
    return spot;
  }

  #made(id: number, code: number, row: InstrumentRow | null, newest: Spot["newest"]): Spot {
    const venue = this.#venueOf(code);
    const symbol = id === NO_INSTRUMENT ? "" : (row?.symbol ?? `#${id}`);
    const name = row?.canonical === undefined || row.canonical === "" ? symbol : row.canonical;
    const place: Place = { view: this, id, venue, symbol, name, row };
    return { voice: this.#scheme.voice(place), newest };
  }

  #venueOf(code: number): string {
    const known = this.#venues.get(code);
    if (known !== undefined) return known;
    const id = this.rows?.venue(code) ?? null;
    if (id !== null) this.#venues.set(code, id);
    return id ?? `#${code}`;
  }
}
