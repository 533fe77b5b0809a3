import { LAST_IN_HEAD } from "../../src/log/index.ts";
import type { RingWriter, SlotViews } from "../../src/log/index.ts";

/**
 * Slots whose 64 bytes all follow from their sequence number (only LAST is free), so that a slot with bytes of two
 * others cannot pass. The same formula stands in reader.c.
 */
function patternWord(sequence: number, k: number): number {
  const mixed = Math.imul((sequence | 0) ^ Math.imul(k + 1, 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}

/** Adds one event of `count` slots to what is pending, if there is room. */
export function putEvent(ring: RingWriter, head: number, count: number): void {
  if (ring.pending + count > ring.limit) return;
  const i32 = ring.slots.i32;
  for (let n = 0; n < count; n++) {
    const sequence = head + ring.pending;
    const w = ring.next();
    for (let k = 1; k < 16; k++) i32[w + k] = patternWord(sequence, k);
    const first = patternWord(sequence, 0);
    i32[w] = n === count - 1 ? first | LAST_IN_HEAD : first & ~LAST_IN_HEAD;
  }
}

/** True when all bytes of a slot are those of `sequence`. */
export function isWhole(slots: SlotViews, word: number, sequence: number): boolean {
  let wrong = (slots.i32[word]! | LAST_IN_HEAD) ^ (patternWord(sequence, 0) | LAST_IN_HEAD);
  for (let k = 1; k < 16; k++) wrong |= slots.i32[word + k]! ^ patternWord(sequence, k);
  return wrong === 0;
}

/** Small seeded generator (mulberry32): numbers in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
