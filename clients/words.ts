import { BODIES, DEPTH_LEVELS, LAYOUT_HASH, LAYOUT_VERSION, RECORDS, SLOT } from "../src/log/index.ts";
import type { Field, RecordLayout } from "../src/log/index.ts";
import {
  FLAG,
  INSTRUMENT_KINDS,
  INSTRUMENT_STATUS,
  KIND,
  OPTION_SIDES,
  QUALITY_NAMES,
  SOURCE_STATES,
  VALIDITY_NAMES,
  VENUE_CODES,
  REASON_NAMES,
} from "../src/model/index.ts";

/** Numbers that readers need by name. */
export const CONSTANTS: Readonly<Record<string, number>> = {
  LAYOUT_VERSION,
  LAYOUT_HASH,
  DEPTH_LEVELS,
  NO_INSTRUMENT: 0xffffffff,
  ...prefixed("KIND", KIND),
  ...prefixed("FLAG", FLAG),
};

/** Lists of words that slots and rows hold as numbers; "" where a number has no word. */
export const WORDS: Readonly<Record<string, readonly string[]>> = {
  venues: venueWords(),
  validities: VALIDITY_NAMES,
  states: INSTRUMENT_STATUS,
  instrument_kinds: INSTRUMENT_KINDS,
  reasons: REASON_NAMES,
  scopes: ["", "book", "instrument", "venue"],
  sides: ["", "buy", "sell"],
  qualities: QUALITY_NAMES,
  source_states: SOURCE_STATES,
  option_sides: OPTION_SIDES,
};

/** Records as a reader wants them: the body of a kind begins with the header of the slot. */
export const WHOLE_RECORDS: readonly RecordLayout[] = RECORDS.map((layout) =>
  BODIES.includes(layout) ? { ...layout, fields: [...SLOT.fields, ...layout.fields] } : layout,
);

/** Bytes between one field and the next that have no name. */
export function gapBefore(fields: readonly Field[], i: number): number {
  const before = fields[i - 1];
  return fields[i]!.offset - (before === undefined ? 0 : before.offset + before.size);
}

function prefixed(prefix: string, numbers: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [`${prefix}_${name}`, value]));
}

function venueWords(): string[] {
  const words: string[] = [];
  for (const [id, code] of Object.entries(VENUE_CODES)) words[code] = id;
  return Array.from(words, (word) => word ?? "");
}
