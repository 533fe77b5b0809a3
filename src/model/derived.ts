/** Words of figures that are made from several events: the numbers (places) are part of the log's layout, never renumber. */

/** Venue id of events that no venue sent, and its number on the log. */
export const DERIVED = "derived";
export const DERIVED_CODE = 65_535;

/** How far a derived figure may be trusted. */
export const QUALITY_NAMES = ["none", "ok", "degraded", "suspect"] as const;
export type Quality = (typeof QUALITY_NAMES)[number];

/** What became of one venue's price in a consolidated one. */
export const SOURCE_STATES = ["none", "fresh", "stale", "invalid", "crossed", "empty"] as const;
export type SourceState = (typeof SOURCE_STATES)[number];

export const OPTION_SIDES = ["none", "put", "call"] as const;
export type OptionSide = (typeof OPTION_SIDES)[number];
