/** What was written to one file. */
export interface FileCounts {
  readonly path: string;
  readonly written: number;
  /** How often it was emptied, because what it showed could not be trusted any more. */
  readonly emptied: number;
  /** Levels that its format cannot hold. */
  readonly unfit: number;
}

/** Files that are kept for others to map. */
export interface CompatFiles {
  readonly counts: readonly FileCounts[];
  /** Looks whether they are still where they belong, and puts back what is not: paths of those. */
  restore(): readonly string[];
  close(): void;
}
