import type { Slab } from "../model/index.ts";
import { after } from "./keys.ts";
import type { Key } from "./keys.ts";

/** Bytes in which an item must end; the venues' have some 110 at most. */
const LONGEST_ITEM = 512;

/**
 * Where a list of items in [from, to) can be cut into parts of about `size` bytes, for Venue.carve: from, to, from, to ...
 * of the parts, the commas between them left out. `between` stands wherever one item ends, with its first `ends` bytes,
 * and another begins, and nowhere else. Null where an item is longer than any is.
 */
export function partsOf(
  slab: Slab,
  from: number,
  to: number,
  size: number,
  between: Key,
  ends: number,
): number[] | null {
  const parts: number[] = [];
  for (let at = from; ;) {
    const end = to - at <= size ? to : nextEnd(slab, at + size, to, between, ends);
    if (end < 0) return null;
    parts.push(at, end);
    if (end === to) return parts;
    at = end + 1;
  }
}

/** Where the item that holds p, or the next one, ends and another follows; `to` when it is the last; -1 when unclear. */
function nextEnd(slab: Slab, p: number, to: number, between: Key, ends: number): number {
  const limit = Math.min(to - between.length, p + LONGEST_ITEM);
  while (p < limit && after(slab, p, to, between) < 0) p += 1;
  if (p < limit) return p + ends;
  return p >= to - between.length ? to : -1;
}
