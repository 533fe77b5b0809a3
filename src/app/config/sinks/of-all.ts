import { KIND_NAMES } from "../../../model/index.ts";
import type { VenueId } from "../../../model/index.ts";
import { VENUES } from "../../../venues/index.ts";
import { millis, z } from "../zod.ts";

const VENUE_IDS = VENUES.map(({ id }) => id) as [VenueId, ...VenueId[]];
const KINDS = KIND_NAMES.slice(1) as [string, ...string[]];

export const MIB = 1 << 20;

/** Keys that every sink has. */
export const ofAll = {
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,31}$/, "expected a lower-case letter, then up to 31 of a-z 0-9 _ -")
    .optional()
    .describe("Name of the sink, unique; unset: its type. Its cursor goes by it"),
  lanes: z.array(z.string()).min(1).optional().describe("Lanes it gets; unset: all"),
  venues: z.array(z.enum(VENUE_IDS)).min(1).optional().describe("Venues it gets; unset: all"),
  kinds: z.array(z.enum(KINDS)).min(1).optional().describe("Kinds of events it gets; unset: all it takes"),
  delivery: z
    .enum(["lossless", "lapped", "latest"])
    .optional()
    .describe("lossless, lapped or latest, where less than what the type promises is wanted"),
  flush_ms: millis(10, 3_600_000)
    .optional()
    .describe("Longest time between two flushes; unset: the type's own"),
  required: z.boolean().optional().describe("Whether /ready waits for this sink; unset: it does not"),
  batch_slots: z
    .int()
    .min(64)
    .max(1 << 20)
    .default(65_536)
    .describe("Slots handed over at a time, at most; one larger event is handed over whole"),
};
