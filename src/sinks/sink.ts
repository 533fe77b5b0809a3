import type { DepthOfBook, InstrumentRow, SlotViews, TopOfBook, VenueRow } from "../log/index.ts";
import type { Kind } from "../model/index.ts";

/**
 * What a sink is promised.
 *
 *   lossless  every slot, at least once, in order, from where the sink's own mark or its cursor stands: journal, then ring.
 *             Slots that are no longer there come as a named hole. Slots after the last durable mark come again after a crash:
 *             (lane, seq) is the key to recognise them by.
 *   lapped    every slot from now on while the sink keeps up; what the ring has lapped is counted as lost.
 *   latest    as lapped, and of every kind and instrument only the newest event since the last write; never books, whose
 *             events mean nothing without the ones before.
 */
export type Delivery = "lossless" | "lapped" | "latest";

/** What the numbers in slots stand for, as of the time of the batch. Cold: keep what you need by id. */
export interface SinkRows {
  /** Venue id of a code, or null. */
  venue(code: number): string | null;
  /** Metadata of an instrument id, or null. */
  instrument(id: number): InstrumentRow | null;
}

/** What a lane's tables say when they are asked, which may be newer than any batch: for sinks that write what is so now. */
export interface SinkTables {
  /** As `session` of batches: instrument ids are of this one. */
  readonly session: string;
  /** Best levels of a book, with their validity; null when there never were any. */
  depth(instrument: number): DepthOfBook | null;
  /** Best bid and offer, with their validity; null when there never were any. */
  top(instrument: number): TopOfBook | null;
  /** How the lane's venues are doing. */
  venues(): readonly VenueRow[];
}

/** Slots that are gone: both ends inclusive. */
export interface Hole {
  readonly first: number;
  readonly last: number;
  readonly reason: string;
}

/**
 * Whole events of one lane, in order. Valid until the promise of `write` is settled: the memory is used again then.
 * It covers the sequence from `first` to before `end`; slots of that range that are not in it were not asked for
 * (`venues`, `kinds`) or are in a newer event's place (`latest`).
 */
export interface SlotBatch {
  readonly lane: string;
  /** The region the slots come from (when it was made, UNIX us, decimal): in another one instrument ids mean others. */
  readonly session: string;
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
  /** Slot i begins at word i * 16, i.e. `i << 4`. `slots.count` may be larger than `count`. */
  readonly slots: SlotViews;
  readonly count: number;
  /** Sequence of slot i; an event's is that of its first slot. Without a filter `first + i`. */
  readonly seqs: Float64Array;
  /** What is missing right before `first`, oldest first; mostly empty. */
  readonly holes: readonly Hole[];
  readonly rows: SinkRows;
}

/** Next sequence of each lane: everything before it is safe at the vendor. Lanes that are left out have not moved. */
export type DurableMarks = Readonly<Record<string, number>>;

export type SinkLevel = "info" | "warn" | "error";

/** What a sink is given by its process. */
export interface SinkHost {
  /** Name of this sink: its folder, its consumer group, its table prefix, whatever the vendor needs. */
  readonly name: string;
  /** Names of the lanes it will get. */
  readonly lanes: readonly string[];
  /** The data folder; null where nothing is kept on disk. */
  readonly data: string | null;
  /** Values of the environment variables that its options name in keys ending in `_env`, by that key. Never log them. */
  readonly secrets: Readonly<Record<string, string>>;
  /** One line in the gateway's log. Never secrets. */
  report(level: SinkLevel, message: string, facts?: Readonly<Record<string, unknown>>): void;
  /** A sink that waits for its vendor by itself (disk full, leader election) says so, and says when it is over. */
  state(state: "connected" | "degraded" | "down", reason?: string): void;
  /** The lane's tables, once it is open and while its region is there; null or left out: none. */
  tables?(lane: string): SinkTables | null;
  /** One figure of `/metrics`: `feedhorn_sink_<name>{sink}`; counters only grow. Snake case, with a unit at the end. */
  figure(kind: "counter" | "gauge", name: string, help: string, value: number): void;
}

/**
 * An open sink. Calls never overlap: the host awaits each. A rejected `write` or `flush` closes it; it is opened again after a
 * pause and gets everything again from its last durable mark, so it need not clean up after itself.
 */
export interface OpenSink {
  /** Where to go on, for a vendor that knows by itself (a watermark, a transaction); null or no such function: the host's cursor. */
  resumeAt?(lane: string): number | null;
  /** Takes a batch; larger ones come by themselves when the vendor is slow. "full": asks for a flush now. */
  write(batch: SlotBatch): Promise<"full" | void>;
  /** Makes everything written safe at the vendor, or as much of it as it can, and tells how far that is. */
  flush(): Promise<DurableMarks>;
  /** Gives everything back; what was written and not flushed may be thrown away. */
  close(): Promise<void>;
}

/** A vendor: data and one function. `Options` is what its part of the configuration says, checked. */
export interface Sink<Options = unknown> {
  /** Its word in the configuration. */
  readonly type: string;
  readonly delivery: Delivery;
  readonly accepts: readonly Kind[] | "all";
  /** Longest time between two flushes unless the configuration says otherwise, ms. */
  readonly flushMs: number;
  /** Rejects while the vendor cannot be reached: it is tried again. */
  open(options: Options, host: SinkHost): Promise<OpenSink>;
}
