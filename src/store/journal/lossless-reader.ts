import type { EventNames, InstrumentRow, SlotViews } from "../../log/index.ts";
import type { RegionHandle } from "../region.ts";
import type { Hole } from "./hole.ts";

/** Gets one slot: `views` from word `word` on, valid until it returns. `seq` is its number in the lane. */
export type SequencedHandler = (views: SlotViews, word: number, seq: number) => void;

export interface LosslessOptions {
  /** The lane's journal folder; null = there is none, and what the ring has written over is lost. */
  readonly journal: string | null;
  /** Path of the lane's region (it may come later), a handle, or null to read the journal alone. */
  readonly region: string | RegionHandle | null;
  /** The first slot to read, which begins an event; "oldest" = of all that is kept, "head" = only what comes. */
  readonly from: number | "oldest" | "head";
  /** How this reader is called in `feedhorn lag`; unlisted without. */
  readonly name?: string;
}

/**
 * Reads a lane without loss: from the journal what the ring no longer has, from the ring what is new. Goes on over
 * restarts of the lane, the journal and the region's file. Never waits.
 */
export interface LosslessReader {
  /** Next slot to read: what a cursor keeps. Inside a handler, of the slot being handled. */
  readonly position: number;
  /** Slots that nobody has any more; only grows. What it counts is named by `onHole`. */
  readonly lost: number;
  /** Slots committed and not yet read; 0 when the region is away. */
  readonly lag: number;
  /** Region (its `created`, UNIX us) that the slots being handled come from; 0 before the first one. */
  readonly session: number;
  readonly source: "ring" | "journal" | "none";
  /** Called before the first slot behind a hole: a half-gathered event must be dropped. */
  onHole: ((hole: Hole) => void) | null;
  /** Called before the first slot of another session: instrument ids mean others from now on. */
  onSession: ((session: number) => void) | null;
  /** Venue and instrument by the numbers in the slots being handled. */
  readonly names: EventNames;
  /** Row of an instrument id, or null. */
  instrument(id: number): InstrumentRow | null;
  /** Handles at most `limit` slots and returns how many it was; a throwing handler gets its slot again. Throws JournalError. */
  poll(handler: SequencedHandler, limit?: number): number;
  /** Goes on elsewhere. */
  seek(seq: number): void;
  close(): void;
}

/** Throws JournalError, or RegionError for a region that is there but cannot be read. */
export function openLossless(options: LosslessOptions): LosslessReader {
  throw new Error(`not yet ${options.journal}`);
}
