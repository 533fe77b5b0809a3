import type { RegionHandle } from "../region.ts";
import type { Hole } from "./hole.ts";

export interface JournalOptions {
  /** ms between two fdatasync calls; 0 = every write. Default 200. */
  readonly fsyncMs?: number;
  /** A segment ends when it has this many bytes, or with the hour. Default 64 MiB. */
  readonly segmentBytes?: number;
  /** All segments of the lane together; then the oldest goes, needed or not. Default 8 GiB. */
  readonly maxBytes?: number;
  /** ms that segments stay when no cursor needs them. Default 0. */
  readonly keepMs?: number;
  /** What somebody should know; texts say what was expected, seen, and done. */
  readonly report?: (
    level: "info" | "warn" | "error",
    message: string,
    facts: Readonly<Record<string, unknown>>,
  ) => void;
  /** A hole was found, also the one behind a region that is gone. */
  readonly onHole?: (hole: Hole) => void;
}

/** Totals since this writer began, for metrics and health. */
export interface JournalStats {
  /** Slots on disk, and bytes of all files now. */
  slots: number;
  bytes: number;
  segments: number;
  holes: number;
  /** Slots in those holes. */
  lost: number;
  /** Slots of segments deleted by the budget although a cursor needed them. */
  dropped: number;
  syncs: number;
  /** Writes that failed (disk full), and whether the last one did. */
  failures: number;
  failing: boolean;
}

/** Copies what a lane commits to segment files. One for each lane; it belongs to one thread and never waits for the lane. */
export class JournalWriter {
  readonly folder: string;
  readonly lane: string;
  readonly stats: JournalStats;

  /** Scans what is there, cuts a torn tail, keeps aside what is foreign. Throws JournalError. */
  constructor(folder: string, lane: string, options: JournalOptions = {}) {
    this.folder = folder;
    this.lane = lane;
    this.stats = null as never;
    throw new Error(`not yet ${Object.keys(options).length}`);
  }

  /** Next slot to copy: everything below is written, and survives the end of any process. */
  get position(): number {
    return 0;
  }

  /** Everything below is on the disk, and survives the loss of power. */
  get durable(): number {
    return 0;
  }

  /** Slots committed and not yet copied. */
  get lag(): number {
    return 0;
  }

  /** Goes on with this region: from `position`, or from its oldest slot behind a hole. Throws JournalError when it cannot be this lane's. */
  attach(handle: RegionHandle): void {
    throw new Error(`not yet ${handle.path}`);
  }

  /**
   * Copies what is there, a bounded piece, and does what is due besides (fsync, roll, deletion). Call it again at once
   * when it answers more than 0 slots, otherwise within milliseconds.
   */
  poll(): number {
    throw new Error("not yet");
  }

  /** Copies up to the head, writes the end, and resolves when all is on the disk. `poll` no more. */
  async close(): Promise<void> {
    return Promise.reject(new Error("not yet"));
  }
}
