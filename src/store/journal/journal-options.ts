import type { Hole } from "./hole.ts";

export interface JournalOptions {
  /** ms between two rounds of fdatasync; 0 = one after the other. Default 200. */
  readonly fsyncMs?: number;
  /** A segment ends when it has this many bytes, or with the hour. Default 64 MiB. */
  readonly segmentBytes?: number;
  /** All segments of the lane together; then the oldest goes, needed or not. At least four segments. Default 8 GiB. */
  readonly maxBytes?: number;
  /** ms that segments stay when no cursor needs them. Default ten minutes. */
  readonly keepMs?: number;
  /** Memory for what is copied while no file can take it (disk full); 0 = none. Default 256 MiB. */
  readonly backlogBytes?: number;
  /** Room on the disk that is left to sinks; of a small disk an eighth at most. Default 256 MiB. */
  readonly reserveBytes?: number;
  /** What somebody should know; texts say what was expected, seen, and done. */
  readonly report?: JournalReport;
  /** A hole was found, also the one behind a region that is gone. */
  readonly onHole?: (hole: Hole) => void;
  /** Everything below `durable` is on the disk, and with it these files up to these sizes. */
  readonly onDurable?: (durable: number, files: readonly SyncedFile[]) => void;
}

export type JournalReport = (
  level: "info" | "warn" | "error",
  message: string,
  facts: Readonly<Record<string, unknown>>,
) => void;

/** A file and how many bytes of it are on the disk. */
export interface SyncedFile {
  readonly path: string;
  readonly size: number;
}

/** Totals since this writer began, for metrics and health. */
export interface JournalStats {
  /** Slots written. */
  slots: number;
  /** All segments, now. */
  segments: number;
  bytes: number;
  holes: number;
  /** Slots in those holes, but for what a region that is gone may have held. */
  lost: number;
  /** Slots of segments that the budget deleted although a cursor needed them. */
  dropped: number;
  /** Rounds of fdatasync. */
  syncs: number;
  /** Writes and rounds that failed (disk full). */
  failures: number;
  /** A write failed, and not everything that had to wait is written since. */
  failing: boolean;
  /** Slots and bytes that wait in memory for room on the disk, now; and slots that had to. */
  waiting: number;
  waitingBytes: number;
  waited: number;
}

const MIB = 1 << 20;

/** With defaults. RangeError for what cannot be. */
export function checkedOptions(options: JournalOptions): Required<JournalOptions> {
  const segmentBytes = whole("segmentBytes", options.segmentBytes ?? 64 * MIB, 4096, 4096 * MIB);
  return {
    fsyncMs: whole("fsyncMs", options.fsyncMs ?? 200, 0, 60_000),
    segmentBytes,
    maxBytes: Math.max(whole("maxBytes", options.maxBytes ?? 8192 * MIB, 0, 2 ** 50), 4 * segmentBytes),
    keepMs: whole("keepMs", options.keepMs ?? 600_000, 0, 2 ** 42),
    backlogBytes: whole("backlogBytes", options.backlogBytes ?? 256 * MIB, 0, 2 ** 36),
    reserveBytes: whole("reserveBytes", options.reserveBytes ?? 256 * MIB, 0, 2 ** 50),
    report: options.report ?? (() => {}),
    onHole: options.onHole ?? (() => {}),
    onDurable: options.onDurable ?? (() => {}),
  };
}

function whole(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`journal ${name}: expected a whole number from ${least} to ${most}, saw ${value}`);
}
