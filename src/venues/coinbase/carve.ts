import type { Piece, Slab } from "../../model/index.ts";
import { partsOf } from "../carving.ts";
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

/** Bytes in which a head must end; the venue's have some 150. */
const LONGEST_HEAD = 512;
/** Of `UPDATES` behind the head; of `BETWEEN` in the level that it ends. */
const FIRST_LEVEL = '{"sid'.length;
const ENDS_LEVEL = '"}'.length;

/** See Venue.carve: every piece has the head, some levels, and the tail. */
export function carve(slab: Slab, start: number, end: number, size: number): Piece[] | null {
  const head = headOf(slab, start, end);
  const tail = end - TAIL.length;
  if (head < 0 || tail <= head || after(slab, tail, end, TAIL) < 0) return null;
  const parts = partsOf(slab, head, tail, size, BETWEEN, ENDS_LEVEL);
  if (parts === null) return null;
  const pieces: Piece[] = [];
  for (let i = 0; i < parts.length; i += 2) pieces.push([start, head, parts[i]!, parts[i + 1]!, tail, end]);
  return pieces;
}

/** Position of the first level, or -1. */
function headOf(slab: Slab, start: number, end: number): number {
  const limit = Math.min(end - UPDATES.length, start + LONGEST_HEAD);
  let p = after(slab, start, end, CHANNEL);
  if (p < 0) return -1;
  while (p < limit && after(slab, p, end, UPDATES) < 0) p += 1;
  return p < limit ? p + UPDATES.length - FIRST_LEVEL : -1;
}
