import type { Level } from "../model/index.ts";

const double = new Float64Array(2);
const words = new Int32Array(double.buffer);

/** The two int32 lanes of the level hashed last. */
export const lanes = new Int32Array(2);

function mix(h: number, word: number): number {
  h = Math.imul(h ^ word, 0x9e3779b1);
  return h ^ (h >>> 15);
}

function finish(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Hashes one level into {@link lanes}. `side` is SIDE.BID or SIDE.ASK. */
export function hashLevel(side: number, price: number, size: number): void {
  double[0] = price;
  double[1] = size;
  let a = side;
  let b = side ^ 0x5bd1e995;
  for (let i = 0; i < 4; i++) {
    a = mix(a, words[i]!);
    b = mix(b, words[i]! ^ 0x27d4eb2f);
  }
  lanes[0] = finish(a);
  lanes[1] = finish(b);
}

/** Lane sums to the 53-bit number that is compared. */
export function joinLanes(a: number, b: number): number {
  return (a & 0x1fffff) * 4294967296 + (b >>> 0);
}

/**
 * 53-bit hash of a book, from its levels alone: a sum over levels, so their order does not matter and
 * one changed level costs one addition. Equal books have equal hashes; prices and sizes count bit by bit.
 */
export function bookHash(bids: readonly Level[], asks: readonly Level[]): number {
  let a = 0;
  let b = 0;
  const add = (side: number, levels: readonly Level[]): void => {
    for (const [price, size] of levels) {
      hashLevel(side, price, size);
      a = (a + lanes[0]!) | 0;
      b = (b + lanes[1]!) | 0;
    }
  };
  add(1, bids);
  add(2, asks);
  return joinLanes(a, b);
}
