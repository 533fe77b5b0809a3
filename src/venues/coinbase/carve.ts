import type { Piece, Slab } from "../../model/index.ts";
import { after, key } from "../keys.ts";

/**
 * Snapshots of `level2` come whole in one frame, some 5 MB of BTC-USD: 50,000 levels and more of about 110 bytes.
 * .../websocket-channels#level2-channel
 *
 *   {"channel":"l2_data","client_id":"","timestamp":"..","sequence_num":0,"events":[{"type":"snapshot","product_id":"BTC-USD",
 *    "updates":[ {"side":"bid",..},{"side":"bid",..} , .. {"side":"offer",..} ]}]}
 *   `---------- head ---------' `---- a piece ----'                           `tail'
 */
const CHANNEL = key('{"channel":"l2_d');
const UPDATES = key('"updates":[{"sid');
/** Where the next level begins; in no other place of such a frame does an object follow an object that ends so. */
const BETWEEN = key('"},{"side":"');
const TAIL = key("]}]}");

/** Bytes behind which a head does not end, or a level: those of the venue have some 150 and 110. */
const LONGEST_HEAD = 512;
const LONGEST_LEVEL = 512;
/** Of `UPDATES` behind the head; of `BETWEEN` in the level that it ends. */
const FIRST_LEVEL = '{"sid'.length;
const ENDS_LEVEL = '"}'.length;

/** See Venue.carve: every piece has the head, some levels, and the tail. */
export function carve(slab: Slab, start: number, end: number, size: number): Piece[] | null {
  const head = headOf(slab, start, end);
  const tail = end - TAIL.length;
  if (head < 0 || tail <= head || after(slab, tail, end, TAIL) < 0) return null;
  const pieces: Piece[] = [];
  for (let from = head; ;) {
    const to = tail - from <= size ? tail : nextEnd(slab, from + size, tail);
    if (to < 0) return null;
    pieces.push([start, head, from, to, tail, end]);
    if (to === tail) return pieces;
    from = to + 1;
  }
}

/** Position of the first level, or -1. */
function headOf(slab: Slab, start: number, end: number): number {
  const limit = Math.min(end - UPDATES.length, start + LONGEST_HEAD);
  let p = after(slab, start, end, CHANNEL);
  if (p < 0) return -1;
  while (p < limit && after(slab, p, end, UPDATES) < 0) p += 1;
  return p < limit ? p + UPDATES.length - FIRST_LEVEL : -1;
}

/** Where the level that holds p, or the next one, ends and another follows; `tail` when it is the last; -1 when unclear. */
function nextEnd(slab: Slab, p: number, tail: number): number {
  const limit = Math.min(tail - BETWEEN.length, p + LONGEST_LEVEL);
  while (p < limit && after(slab, p, tail, BETWEEN) < 0) p += 1;
  if (p < limit) return p + ENDS_LEVEL;
  return p >= tail - BETWEEN.length ? tail : -1;
}
