/**
 * How far a price may be trusted. Zero is "none" so that a freshly zeroed table row is never live.
 * `live` is a proof (complete and in order since a snapshot), or where a venue has none to give its word, which the
 * reason UNPROVED then says; everything else is a named doubt.
 */
export const VALIDITY = {
  NONE: 0,
  LIVE: 1,
  WARMING: 2,
  RESYNCING: 3,
  STALE: 4,
  GAPPED: 5,
  CROSSED: 6,
  HALTED: 7,
} as const;

export type Validity = (typeof VALIDITY)[keyof typeof VALIDITY];

export const VALIDITY_NAMES: readonly string[] = [
  "none",
  "live",
  "warming",
  "resyncing",
  "stale",
  "gapped",
  "crossed",
  "halted",
];
