import { expect, it } from "vitest";
import { FLAG, KIND } from "../model/index.ts";
import { SLOT_WORDS } from "./layout.ts";
import { addSlotHash } from "./slot-hash.ts";
import { WORD } from "./slot.ts";

/** Some slot, the same every time. */
function slot(): Int32Array {
  const words = Int32Array.from({ length: SLOT_WORDS }, (_, i) => Math.imul(i + 3, 0x9e3779b1));
  words[WORD.HEAD] = KIND.TRADE | (FLAG.LAST << 8) | (5 << 16);
  return words;
}

function hash(...slots: Int32Array[]): string {
  const sums = new Int32Array(2);
  for (const one of slots) addSlotHash(one, 0, sums);
  return [...sums].map((half) => (half >>> 0).toString(16)).join(" ");
}

it("is the same as ever: rows of different versions are compared by it", () => {
  expect(hash(slot())).toBe("1dcc4250 b82c289a");
});

it("changes with every bit that the venue said, and with no other", () => {
  const ours = new Set<number>([WORD.INSTRUMENT, WORD.TS_RECV, WORD.TS_RECV + 1]);
  const before = hash(slot());
  const seen = new Set([before]);
  for (let word = 1; word < SLOT_WORDS; word++)
    for (let bit = 0; bit < 32; bit++) {
      const changed = slot();
      changed[word]! ^= 1 << bit;
      const after = hash(changed);
      if (ours.has(word)) expect(after, `word ${word}`).toBe(before);
      else expect(seen.has(after), `word ${word} bit ${bit}`).toBe(false);
      if (!ours.has(word)) seen.add(after);
    }
  const flagged = (flags: number): Int32Array => slot().map((one, i) => (i === 0 ? one | (flags << 8) : one));
  expect(hash(flagged(FLAG.SNAPSHOT))).not.toBe(before);
  for (const mark of [FLAG.GAP, FLAG.RECOVERED]) expect(hash(flagged(mark))).toBe(before);
});

it("is a sum: any order, and a slot twice is not a slot once", () => {
  const [a, b] = [slot(), slot()];
  b[WORD.TRADE_ID] = 7;
  expect(hash(a, b)).toBe(hash(b, a));
  expect(new Set([hash(a), hash(b), hash(a, b), hash(a, a), hash(a, a, b)]).size).toBe(5);
});
