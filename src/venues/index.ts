import type { Venue } from "../model/index.ts";
import * as list from "./list.ts";

/** Every venue there is, in the order of their numbers. */
export const VENUES: readonly Venue[] = Object.values(list).toSorted((a, b) => a.code - b.code);

/** The venue with this id, or null. */
export function venueById(id: string): Venue | null {
  return VENUES.find((venue) => venue.id === id) ?? null;
}
