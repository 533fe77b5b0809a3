/** Why a validity or a trading state changed. The numbers are part of the log's layout: never renumber, only append. */
export const REASON = {
  NONE: 0,
  STARTING: 1,
  SEQUENCE_GAP: 2,
  CHECKSUM_MISMATCH: 3,
  CONNECTION_LOST: 4,
  CONNECTION_GAP: 5,
  BUFFER_OVERFLOW: 6,
  SNAPSHOT_TOO_OLD: 7,
  SNAPSHOT_FAILED: 8,
  SILENT: 9,
  CROSSED: 10,
  HALTED: 11,
  BAD_FRAME: 12,
  METADATA_CHANGED: 13,
  REQUESTED: 14,
  DEPTH_EXHAUSTED: 15,
  /** The venue said so. */
  VENUE: 16,
  OPERATOR: 17,
  /** Live by the venue's word alone: nothing in its frames would show that one is missing. */
  UNPROVED: 18,
  /** A fetched book at the same sequence had other levels. */
  AUDIT: 19,
} as const;

export type Reason = (typeof REASON)[keyof typeof REASON];

/** Lower-case words by number. */
export const REASON_NAMES: readonly string[] = Object.keys(REASON).map((name) => name.toLowerCase());
