import { KIND_NAMES, decodeText } from "../../model/index.ts";
import type { Slab } from "../../model/index.ts";
import type { LaneCore } from "../lane-core.ts";
import type { Link } from "../session/link.ts";

/** Larger frames are not sampled, and not kept; they are counted all the same. */
const SAMPLED_BYTES = 16_384;
const KEPT_BYTES = 262_144;
const BRACE = 0x7b;

/** Every kind of event is wanted once. */
export const ALL_KINDS = -1;

/**
 * Shows a frame whose first event is pending slot `first` to those who watch what frames are made of, if its kind is
 * still wanted of this connection. Texts alone: what a binary frame is made of stands in its template.
 */
export function sampleHot(
  { writer, watch }: LaneCore,
  link: Link,
  first: number,
  slab: Slab,
  start: number,
  end: number,
): void {
  if (first >= writer.pending || end - start > SAMPLED_BYTES || slab.bytes[start] !== BRACE) return;
  const kind = writer.kindAt(first);
  if (((link.sampling >> kind) & 1) === 0) return;
  link.sampling &= ~(1 << kind);
  watch?.sample(link.venue.id, KIND_NAMES[kind]!, decodeText(slab.bytes, start, end));
}

/** The same for a cold frame, told by what it was: each is shown. */
export function sampleCold({ watch }: LaneCore, link: Link, what: string | undefined, text: string): void {
  if (watch === null || text.length > SAMPLED_BYTES || text.charCodeAt(0) !== BRACE) return;
  watch.sample(link.venue.id, `${what ?? "nothing"} (control)`, text);
}

/** Hands on a frame that could not be read. */
export function unread({ watch, now }: LaneCore, link: Link, slab: Slab, start: number, end: number): void {
  if (end - start <= KEPT_BYTES) watch?.unread(link.venue.id, slab.bytes.slice(start, end), now);
}
