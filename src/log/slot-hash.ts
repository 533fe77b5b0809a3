import { FLAG } from "../model/index.ts";

/** Of a slot's head only what was said: the kind, and whether it is full state. Our own marks (GAP, RECOVERED) are not. */
const SAID = 0xff | (FLAG.SNAPSHOT << 8);

/**
 * Adds a slot to two 32-bit sums (`sums[0]`, `sums[1]`): what the venue said, without who received it when. Left out are
 * the receive time, the numbers that a region gives its instruments, and our own marks.
 *
 * What is added is a multilinear form of the slot's words over odd constants (those of well-known hash functions), then
 * the finalizer of MurmurHash3. Sums are the same in any order and add up: the sum of a day is that of its hours, and two
 * gateways that heard the same have the same sum, whichever copy of a message came first.
 */
export function addSlotHash(i32: Int32Array, word: number, sums: Int32Array): void {
  const head = (i32[word]! & SAID) + 1;
  const t0 = folded(i32[word + 2]!);
  const t1 = folded(i32[word + 3]!);
  const a = folded(i32[word + 6]!);
  const b = folded(i32[word + 7]!);
  const c = folded(i32[word + 8]!);
  const d = folded(i32[word + 9]!);
  const e = folded(i32[word + 10]!);
  const f = folded(i32[word + 11]!);
  const g = folded(i32[word + 12]!);
  const h = folded(i32[word + 13]!);
  const k = folded(i32[word + 14]!);
  const l = folded(i32[word + 15]!);
  const first =
    Math.imul(head, 0x9e3779b1) +
    Math.imul(t0, 0x85ebca77) +
    Math.imul(t1, 0xc2b2ae3d) +
    Math.imul(a, 0x27d4eb2f) +
    Math.imul(b, 0x165667b1) +
    Math.imul(c, 0xd3a2646d) +
    Math.imul(d, 0xfd7046c5) +
    Math.imul(e, 0xb55a4f09) +
    Math.imul(f, 0x6c8e9cf5) +
    Math.imul(g, 0x4f6cdd1d) +
    Math.imul(h, 0x2545f491) +
    Math.imul(k, 0x7feb352d) +
    Math.imul(l, 0x846ca68b);
  const second =
    Math.imul(head, 0x2c1b3c6d) +
    Math.imul(t0, 0x297a2d39) +
    Math.imul(t1, 0x1b873593) +
    Math.imul(a, 0xcc9e2d51) +
    Math.imul(b, 0xe6546b65) +
    Math.imul(c, 0x9fb21c65) +
    Math.imul(d, 0xae3aa2f7) +
    Math.imul(e, 0x5bd1e995) +
    Math.imul(f, 0x7ed55d17) +
    Math.imul(g, 0xc761c23d) +
    Math.imul(h, 0xd35a2d97) +
    Math.imul(k, 0x68e31da5) +
    Math.imul(l, 0xb5297a4d);
  sums[0] = sums[0]! + mixed(first | 0);
  sums[1] = sums[1]! + mixed(second | 0);
}

/** One to one. Without it the top bit of every word would add the same, whatever its constant: 2^31. */
function folded(value: number): number {
  return value ^ (value >>> 15);
}

/** MurmurHash3's finalizer. */
function mixed(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}
