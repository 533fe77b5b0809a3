/** Why slots are missing. The index stands in journals. */
export const HOLE_REASONS = [
  "",
  /** The ring was written over before the journal had copied: it was not there, or its disk did not keep up. */
  "lapped",
  /** The region was gone when the lane started again; its sequence goes on behind what may have been in it. */
  "region_gone",
  /** Segments were deleted before this reader came: the budget, or nobody had asked for them. */
  "deleted",
  /** Bytes of a segment are not what was written. */
  "damaged",
] as const;

export type HoleReason = Exclude<(typeof HOLE_REASONS)[number], "">;

/** Slots `first` to `last` (both included) of a lane that nobody has. */
export interface Hole {
  readonly first: number;
  readonly last: number;
  readonly reason: HoleReason;
}
