import type {
  CounterWriter,
  DepthWriter,
  EventWriter,
  HistogramWriter,
  InstrumentWriter,
  Region,
  TopWriter,
  VenueWriter,
} from "../log/index.ts";
import type { Nanos, Slab, VenueId } from "../model/index.ts";
import type { Market } from "./market/market.ts";
import type { World } from "./world/world.ts";

/** Where receive times come from: the system's clock, or a recording. `mark` is monotonic ms of the last read. */
export interface Time {
  mark: number;
  read(into: Nanos): void;
}

export type ReportLevel = "info" | "warn" | "error";
/** A line for the operator: what happened, and facts by name. */
export type Report = (level: ReportLevel, message: string, facts: Readonly<Record<string, unknown>>) => void;

/** Looks at some frames of the lane, later: it is called in the middle of the hot path. Texts and bytes are copies. */
export interface FrameWatch {
  /** How often a frame of each connection and kind of event is wanted, ms; default 1000. */
  readonly everyMs?: number | undefined;
  /** A frame that was read, about one a second of each connection and kind of event. */
  sample(venue: VenueId, channel: string, text: string): void;
  /** One that was not: of no known form, or not readable. */
  unread(venue: VenueId, bytes: Uint8Array, tsRecv: Nanos): void;
}

/** Ranges of trade ids of an instrument, both ends inclusive, that will not come: there are none such, or they are lost. */
export type TradesSettled = (
  instrument: number,
  ranges: readonly (readonly [number, number])[],
  outcome: "never_existed" | "lost",
) => void;

/** What the parts of one lane share. One thread, one writer, one slab. */
export interface LaneCore {
  readonly region: Region;
  readonly writer: EventWriter;
  readonly tops: TopWriter;
  readonly depths: DepthWriter;
  readonly instruments: InstrumentWriter;
  readonly venues: VenueWriter;
  readonly counters: CounterWriter;
  readonly histograms: HistogramWriter;
  readonly slab: Slab;
  /** What the lane learns of; `time` is its clock. */
  readonly world: World;
  readonly time: Time;
  /** Receive time of what is being handled. */
  readonly now: Nanos;
  readonly report: Report;
  readonly watch: FrameWatch | null;
  /** Told what became of trades that were looked for and will not come. */
  settled?: TradesSettled;
  /** Books to resynchronise once the current frame is committed. */
  readonly resyncs: Market[];
}
