import type { Piece, Slab } from "../../model/index.ts";
import { partsOf } from "../carving.ts";
import { after, key, quoteAt } from "../keys.ts";

/**
 * Snapshots come whole in one frame, 1.3 MB of BTC-USD: 45,000 levels of about 28 bytes, best first, asks before bids.
 * https://docs.cdp.coinbase.com/exchange/websocket-feed/channels#level2-channel
 *
 *   {"type":"snapshot","product_id":"BTC-USD","asks":[ ["118341.00","0.1"], .. ],"bids":[ ["118340.10","0.25"], .. ],"time":".."}
 *   `-------------------- head --------------------'  `----- a piece -----' `middle-'                             `-- tail -'
 *
 * A piece of the asks is followed by a middle and a tail without bids between them, one of the bids has no asks.
 */
const SNAPSHOT = key('{"type":"snapsho');
const PRODUCT = key('t","product_id":');
const ASKS = key('","asks":[["');
const BIDS = key('],"bids":[');
const BETWEEN = key('"],["');

/** Of ASKS, the beginning of the first level; of BETWEEN, the end of a level. */
const BEGINS_LEVEL = '["'.length;
const ENDS_LEVEL = '"]'.length;
/** Bytes that follow the last level: `],"time":"2026-05-28T08:00:00.223456Z"}` and some. */
const LONGEST_TAIL = 64;
const LETTER_B = 0x62;
const CLOSE = 0x5d;
const BRACE = 0x7d;

/** See Venue.carve. */
export function carve(slab: Slab, start: number, end: number, size: number): Piece[] | null {
  const asks = asksOf(slab, start, end);
  const bids = asks < 0 ? -1 : bidsOf(slab, asks, end);
  const tail = bids < 0 ? -1 : tailOf(slab, bids, end);
  if (tail < 0) return null;
  const middle = bids - BIDS.length;
  const askParts = partsOf(slab, asks, middle, size, BETWEEN, ENDS_LEVEL);
  const bidParts = tail === bids ? [] : partsOf(slab, bids, tail, size, BETWEEN, ENDS_LEVEL);
  if (askParts === null || bidParts === null) return null;
  const pieces: Piece[] = [];
  for (let i = 0; i < askParts.length; i += 2)
    pieces.push([start, asks, askParts[i]!, askParts[i + 1]!, middle, bids, tail, end]);
  for (let i = 0; i < bidParts.length; i += 2)
    pieces.push([start, asks, middle, bids, bidParts[i]!, bidParts[i + 1]!, tail, end]);
  return pieces;
}

/** Position of the first ask, or -1. */
function asksOf(slab: Slab, start: number, end: number): number {
  const product = after(slab, after(slab, start, end, SNAPSHOT), end, PRODUCT);
  const name = after(slab, quoteAt(slab, product < 0 ? -1 : product + 1, end), end, ASKS);
  return name < 0 ? -1 : name - BEGINS_LEVEL;
}

/** Position behind `"bids":[`, or -1: lists of numbers have no letter, so that the first b behind the asks is its. */
function bidsOf(slab: Slab, asks: number, end: number): number {
  const b = slab.bytes.indexOf(LETTER_B, asks);
  return b < 0 ? -1 : after(slab, b - '],"'.length, end, BIDS);
}

/** Where the list of bids ends, or -1. */
function tailOf(slab: Slab, bids: number, end: number): number {
  const { bytes } = slab;
  const close = bytes.lastIndexOf(CLOSE, end - 1);
  const ends = close === bids || bytes[close - 1] === CLOSE;
  return close >= bids && ends && close > end - LONGEST_TAIL && bytes[end - 1] === BRACE ? close : -1;
}
