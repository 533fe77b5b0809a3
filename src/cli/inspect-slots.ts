import { flagNames, FLAG, KIND_NAMES, REASON_NAMES, sideWord } from "../model/index.ts";
import {
  BODIES,
  BODIES_BEHIND,
  RingReader,
  scopeWord,
  SLOT,
  SLOT_BYTES,
  slotFlags,
  SLOT_WORDS,
  stateWord,
} from "../log/index.ts";
import type { Region, SlotViews } from "../log/index.ts";
import { fieldsOf } from "./inspect-record.ts";
import type { FieldValue } from "./inspect-record.ts";

/** One slot, field by field, in the order of the layout; words stand in for numbers where there are words. */
export type SlotFields = Readonly<Record<string, FieldValue>>;

/** An event's slots differ by their place in it: so far back its begin is looked for. */
const BEFORE = 256;

/** The last `count` committed slots that are still there, oldest first. */
export function slotsOf(region: Region, count: number): SlotFields[] {
  const reader = new RingReader(region.control, region.slots);
  const names = region.names();
  const found: SlotFields[] = [];
  reader.onLost = () => (found.length = 0);
  reader.seek(Math.max(reader.first, reader.head - Math.min(count + BEFORE, region.geometry.slots / 2)));
  let place = 0;
  reader.poll((slots, word) => {
    found.push(fieldsOfSlot(slots, word, reader.cursor, names, place));
    place = (slotFlags(slots, word) & FLAG.LAST) === 0 ? place + 1 : 0;
  }, count + BEFORE);
  return found.slice(-count);
}

function fieldsOfSlot(
  slots: SlotViews,
  word: number,
  sequence: number,
  names: ReturnType<Region["names"]>,
  place: number,
): SlotFields {
  const start = (word / SLOT_WORDS) * SLOT_BYTES;
  const { kind, flags, venue, instrument, ...times } = fieldsOf(SLOT, slots, start);
  const body = bodyOf(Number(kind), place);
  return {
    slot: String(sequence),
    kind: KIND_NAMES[Number(kind)] ?? `#${kind}`,
    flags: flagText(Number(flags)),
    venue: names.venue(Number(venue)) ?? `#${venue}`,
    instrument: names.instrument(Number(instrument))?.canonical ?? `#${instrument}`,
    ...times,
    ...(body === null ? {} : words(fieldsOf(body, slots, start))),
  };
}

/** `place`: that of the slot in its event. */
function bodyOf(kind: number, place: number): (typeof BODIES)[number] {
  const behind = place === 0 ? [] : (BODIES_BEHIND[kind] ?? []);
  return behind[Math.min(place, behind.length) - 1] ?? BODIES[kind] ?? null;
}

function flagText(flags: number): string {
  return [...flagNames(flags), ...((flags & FLAG.LAST) === 0 ? [] : ["last"])].join("|");
}

/** Words for sides, scopes, states and reasons. */
function words(body: Record<string, FieldValue>): Record<string, FieldValue> {
  if (body["scope"] !== undefined) {
    const scope = Number(body["scope"]);
    const reason = REASON_NAMES[Number(body["reason"])] ?? `#${body["reason"]}`;
    return { ...body, scope: scopeWord(scope), state: stateWord(scope, Number(body["state"])), reason };
  }
  if (body["side"] === undefined) return body;
  const side = Number(body["side"]);
  const book = body["has_checksum"] !== undefined;
  return { ...body, side: book ? (["none", "bid", "ask"][side] ?? side) : sideWord(side) };
}

export function slotText(slot: SlotFields): string {
  const { slot: number, kind, flags, venue, instrument, ...rest } = slot;
  const body = Object.entries(rest).map(([name, value]) => `${name}=${value ?? "-"}`);
  return [number, kind, flags || "-", venue, instrument, ...body].join(" ");
}
