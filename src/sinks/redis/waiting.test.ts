import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SlotViews, WORD } from "../../log/index.ts";
import { KIND } from "../../model/index.ts";
import { Commands } from "./commands.ts";
import { EachWaiting } from "./each.ts";
import { Newest, NewestWaiting } from "./newest.ts";
import type { Voice } from "./scheme.ts";

/** A voice that tells which events it was given. */
class Tells implements Voice {
  readonly told: number[] = [];
  each({ seq, slots, word, kind }: Parameters<Voice["each"]>[0]): void {
    expect([slots.i32[word + WORD.TS_RECV], kind]).toEqual([seq, KIND.TRADE]);
    this.told.push(seq);
  }
  newest({ seq, slots, word, count }: Parameters<Voice["newest"]>[0]): void {
    for (let i = 0; i < count; i++) expect(slots.i32[word + (i << 4) + WORD.TS_RECV]).toBe(seq + i);
    this.told.push(seq);
  }
}

/** Slot i is a trade that has i as its time. */
function tradesOf(count: number): SlotViews {
  const views = SlotViews.make(count);
  for (let i = 0; i < count; i++) {
    views.i32[i << 4] = KIND.TRADE;
    views.i32[(i << 4) + WORD.TS_RECV] = i;
  }
  return views;
}

const SLOTS = tradesOf(1000);

describe("what waits for Redis", () => {
  it("events keep their order; of too many the oldest go, and are counted", () => {
    // Above zero: so many come; below: so many can be written.
    const steps = fc.array(fc.integer({ min: -12, max: 12 }), { maxLength: 80 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 16 }), (moves, room) => {
        const each = new EachWaiting(room);
        const voice = new Tells();
        const out = new Commands();
        const expected: number[] = [];
        let waiting: number[] = [];
        let [next, dropped] = [0, 0];
        for (const move of moves) {
          for (let i = 0; i < move; i++) {
            each.add(voice, SLOTS, next, next);
            waiting.push(next++);
            if (waiting.length > room) {
              waiting = waiting.slice(1);
              dropped += 1;
            }
          }
          for (let i = 0; i < -move && each.size > 0; i++) {
            each.write(out);
            expected.push(waiting.shift()!);
          }
        }
        expect([voice.told, each.size, each.dropped]).toEqual([expected, waiting.length, dropped]);
      }),
    );
  });

  it("of each key the newest waits, the longest first; each event is counted once", () => {
    const step = fc.record({
      key: fc.integer({ min: 0, max: 7 }),
      counted: fc.constantFrom(0, 1),
      take: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 6 }), (moves, room) => {
        const newest = new NewestWaiting(room);
        const voice = new Tells();
        const ones = Array.from({ length: 8 }, () => new Newest(KIND.QUOTE, voice));
        let order: number[] = [];
        let [events, written] = [0, 0];
        moves.forEach(({ key, counted, take }, i) => {
          ones[key]!.set(SLOTS, i, 1 + (i % 3), i);
          events += counted;
          newest.add(ones[key]!, counted);
          if (!order.includes(key)) order = [...order.slice(order.length >= room ? 1 : 0), key];
          if (take) {
            const taken = newest.take()!;
            expect(taken.one).toBe(ones[order.shift()!]);
            written += taken.counted;
          }
        });
        expect(newest.size).toBe(order.length);
        expect(events).toBe(written + newest.coalesced + newest.dropped + newest.events);
      }),
    );
  });

  it("writes the newest event of a key, of as many slots as it has", () => {
    const voice = new Tells();
    const one = new Newest(KIND.QUOTE, voice);
    for (const [at, count] of [
      [3, 1],
      [10, 5],
      [40, 2],
    ] as const) {
      one.set(SLOTS, at, count, at);
      one.write(new Commands());
    }
    expect(voice.told).toEqual([3, 10, 40]);
  });
});
