import type { EventBytes, EventReader, InstrumentRow, SlotViews } from "../../log/index.ts";
import type { SinkTables } from "../sink.ts";
import type { Commands } from "./commands.ts";

/** How an event waits until Redis can take it. */
export const WAY = {
  /** It is not written. */
  NONE: 0,
  /** Every one, in order. One slot each. */
  EACH: 1,
  /** The newest of its kind and instrument. */
  NEWEST: 2,
  /** Every one, and the newest once more, as the value of a key. */
  BOTH: 3,
} as const;

export type Way = (typeof WAY)[keyof typeof WAY];

/** One lane's region, as far as it is known: what ids mean, and how its slots become events. */
export interface View {
  readonly lane: string;
  /** Region that its ids are of, as in batches. */
  readonly session: string;
  /** Names as they were with the newest batch. */
  readonly bytes: EventBytes;
  readonly reader: EventReader;
  /** The lane's tables, of the same region; null while they are not there. */
  tables(): SinkTables | null;
}

/** What events are about: an instrument, or a whole venue. */
export interface Place {
  readonly view: View;
  /** Instrument id; NO_INSTRUMENT for a venue. */
  readonly id: number;
  readonly venue: string;
  /** Native symbol; "" for a venue. */
  readonly symbol: string;
  /** Canonical name, or the native one where there is none; "" for a venue. */
  readonly name: string;
  readonly row: InstrumentRow | null;
}

/** An event whose turn has come. The slots are those of the newest one, from `word` on. */
export interface Waiting {
  readonly kind: number;
  /** Sequence of its first slot. */
  readonly seq: number;
  readonly slots: SlotViews;
  readonly word: number;
  readonly count: number;
  /** It has waited long enough for the table: what the table says now will do. */
  readonly late: boolean;
}

/** The lane writes its tables right after it commits: a row that is older than the event that called for it is about to be written. */
export const NOT_YET = "not yet";

/** Says what happens at one place, in the words of one scheme. Calls may write no command at all. */
export interface Voice {
  each(event: Waiting, out: Commands): void;
  newest(event: Waiting, out: Commands): typeof NOT_YET | void;
}

/** A set of keys, channels and messages that consumers know. */
export interface Scheme {
  /** `scope`: of status events (log SCOPE), else 0. */
  way(kind: number, scope: number): Way;
  voice(place: Place): Voice;
  /** Written every so many ms; 0 = never. */
  readonly beatMs: number;
  /** `lanes`: the tables of all that have some; `at`: UNIX ms. */
  beat(lanes: readonly SinkTables[], standing: Standing, at: number, out: Commands): void;
}

/** How the sink itself stands, for schemes that say so. */
export interface Standing {
  /** Events that are not written yet. */
  readonly waiting: number;
  readonly dropped: number;
  /** Degraded while Redis refuses something. */
  readonly state: "Healthy" | "Degraded";
}
