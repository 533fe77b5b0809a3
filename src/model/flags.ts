/**
 * Slot flags. LAST, SNAPSHOT and INVALID have the bit and meaning of Databento's
 * F_LAST, F_SNAPSHOT and F_MAYBE_BAD_BOOK; the others are ours.
 */
export const FLAG = {
  /** The values come from a gap: at least one earlier event of this instrument is missing. */
  GAP: 1 << 1,
  /** The book this belongs to is not proved: do not trade on it. */
  INVALID: 1 << 2,
  /** Seen before; only kept where a reader asked for everything. */
  DUPLICATE: 1 << 4,
  /** Full state rather than a change. */
  SNAPSHOT: 1 << 5,
  /** Fetched again over REST after a gap. */
  RECOVERED: 1 << 6,
  /** Last slot of the event. */
  LAST: 1 << 7,
} as const;

const NAMES: readonly (readonly [number, string])[] = [
  [FLAG.SNAPSHOT, "snapshot"],
  [FLAG.GAP, "gap"],
  [FLAG.RECOVERED, "recovered"],
  [FLAG.DUPLICATE, "duplicate"],
  [FLAG.INVALID, "invalid"],
];

/** Lower-case words of the flags that say something about the event (LAST is framing and left out). */
export function flagNames(flags: number): string[] {
  return NAMES.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
}
