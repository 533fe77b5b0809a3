import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { HEADER, SLOT_BYTES } from "./layout.ts";
import { RingReader } from "./ring-reader.ts";
import { CLAIM_WORD, HEAD_WORD, MIN_SLOTS, RingWriter } from "./ring-writer.ts";
import { loadSequence, storeSequence } from "./sequence.ts";
import { LAST_IN_HEAD, SlotViews } from "./slot.ts";

interface Ring {
  control: Int32Array;
  slots: SlotViews;
}

function makeRing(capacity = MIN_SLOTS, start = 0): Ring {
  const control = new Int32Array(new SharedArrayBuffer(HEADER.size));
  storeSequence(control, HEAD_WORD, start);
  storeSequence(control, CLAIM_WORD, start);
  return { control, slots: new SlotViews(new SharedArrayBuffer(capacity * SLOT_BYTES), 0, capacity) };
}

/** Writes one event of `count` slots; word 1 of each holds the low word of its sequence number. */
function put(writer: RingWriter, count = 1): void {
  const i32 = writer.slots.i32;
  for (let k = 0; k < count; k++) {
    const sequence = (writer.head + writer.pending) | 0;
    const w = writer.next();
    i32[w] = k === count - 1 ? LAST_IN_HEAD : 0;
    i32[w + 1] = sequence;
  }
}

function collect(reader: RingReader, limit = Infinity): number[] {
  const seen: number[] = [];
  reader.poll((slots, word) => {
    expect(slots.i32[word + 1]).toBe(reader.cursor | 0);
    seen.push(reader.cursor);
  }, limit);
  return seen;
}

const upTo = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe("a broadcast ring", () => {
  it("shows nothing before the commit and everything after it", () => {
    const { control, slots } = makeRing();
    const writer = new RingWriter(control, slots);
    const reader = new RingReader(control, slots);
    put(writer, 3);
    expect(collect(reader)).toEqual([]);
    writer.commit();
    expect(collect(reader)).toEqual([0, 1, 2]);
    expect([reader.cursor, reader.lag, reader.lost]).toEqual([3, 0, 0]);
  });

  it("forgets rewound slots", () => {
    const { control, slots } = makeRing();
    const writer = new RingWriter(control, slots);
    const reader = new RingReader(control, slots);
    put(writer, 2);
    put(writer, 5);
    writer.rewind(2);
    writer.commit();
    put(writer, 1);
    writer.commit();
    expect(collect(reader)).toEqual([0, 1, 2]);
  });

  it("announces every slot before it can be written, in steps of 64", () => {
    const { control, slots } = makeRing();
    const writer = new RingWriter(control, slots);
    for (let i = 1; i <= 200; i++) {
      put(writer);
      expect(loadSequence(control, CLAIM_WORD)).toBe(Math.ceil(i / 64) * 64);
      if (i % 7 === 0) writer.commit();
    }
  });

  it("refuses what does not fit into half the ring and never publishes a part of it", () => {
    const { control, slots } = makeRing();
    const writer = new RingWriter(control, slots);
    for (let i = 0; i < 100; i++) put(writer, 1);
    writer.commit();
    put(writer, MIN_SLOTS / 2);
    expect(writer.next()).toBe(-1);
    expect([writer.pending, writer.refused]).toEqual([MIN_SLOTS / 2, 1]);
    writer.rewind(0);
    expect(writer.head).toBe(100);
  });

  it("will not commit an event that is not finished", () => {
    const { control, slots } = makeRing();
    const writer = new RingWriter(control, slots);
    slots.i32[writer.next()] = 0;
    expect(() => writer.commit()).toThrow("expected LAST");
    expect(loadSequence(control, HEAD_WORD)).toBe(0);
  });

  it("counts exactly what a lapped reader missed and goes on at the start of an event", () => {
    const { control, slots } = makeRing();
    const writer = new RingWriter(control, slots);
    const reader = new RingReader(control, slots);
    const losses: number[] = [];
    reader.onLost = (count) => losses.push(count);
    for (let i = 0; i < 400; i++) {
      put(writer, 3);
      writer.commit();
    }
    const seen = collect(reader);
    expect(seen[0]! % 3).toBe(0);
    expect(seen).toEqual(upTo(reader.lost, 1200));
    expect(reader.lost).toBeGreaterThanOrEqual(1200 - MIN_SLOTS / 4 - 1);
    expect(losses.reduce((a, b) => a + b, 0)).toBe(reader.lost);
  });

  it("treats slots that are only claimed as overwritten", () => {
    const { control, slots } = makeRing();
    const writer = new RingWriter(control, slots);
    const reader = new RingReader(control, slots);
    for (let i = 0; i < MIN_SLOTS; i++) {
      put(writer);
      writer.commit();
    }
    expect(collect(reader, 1)).toEqual([0]);
    put(writer);
    expect(collect(reader)[0]).toBe(1 + reader.lost);
    expect(reader.lost).toBeGreaterThanOrEqual(63);
  });

  it("takes over from a killed writer: same sequence, next epoch, its unfinished slots still void", () => {
    const { control, slots } = makeRing();
    const first = new RingWriter(control, slots);
    for (let i = 0; i < MIN_SLOTS; i++) {
      put(first);
      first.commit();
    }
    const reader = new RingReader(control, slots);
    const epochs: number[] = [];
    reader.onEpoch = (epoch) => epochs.push(epoch);
    reader.seek(0);
    put(first, 10);
    const second = new RingWriter(control, slots);
    expect([second.head, second.epoch, second.pending]).toEqual([MIN_SLOTS, 2, 0]);
    put(second);
    second.commit();
    const seen = collect(reader);
    expect(epochs).toEqual([2]);
    expect(seen).toEqual(upTo(reader.lost, MIN_SLOTS + 1));
    expect(reader.lost).toBeGreaterThanOrEqual(64);
  });

  it("does not hang on a claim that cannot be", () => {
    const { control, slots } = makeRing();
    const writer = new RingWriter(control, slots);
    const reader = new RingReader(control, slots);
    put(writer, 5);
    writer.commit();
    storeSequence(control, CLAIM_WORD, 2 ** 40);
    expect(collect(reader)).toEqual([]);
    expect([reader.cursor, reader.lost]).toEqual([5, 5]);
  });

  it("refuses a head and a claim that cannot belong together", () => {
    const { control, slots } = makeRing();
    storeSequence(control, HEAD_WORD, 100);
    expect(() => new RingWriter(control, slots)).toThrow("saw head 100, claim 0");
    storeSequence(control, CLAIM_WORD, 100 + MIN_SLOTS + 1);
    expect(() => new RingWriter(control, slots)).toThrow("head <= claim");
  });

  it("refuses a capacity that is no power of two, too small or too large", () => {
    const control = new Int32Array(HEADER.size / 4);
    for (const count of [MIN_SLOTS / 2, MIN_SLOTS + 1, 3 * MIN_SLOTS])
      expect(() => new RingWriter(control, SlotViews.make(count))).toThrow("power of two");
  });

  it("begins where it is told to", () => {
    const { control, slots } = makeRing();
    const writer = new RingWriter(control, slots);
    for (let i = 0; i < 50; i++) {
      put(writer, 2);
      writer.commit();
    }
    const reader = new RingReader(control, slots);
    expect(collect(reader)).toEqual([]);
    reader.seek(40);
    expect(collect(reader, 3)).toEqual([40, 41, 42]);
    expect(() => reader.seek(101)).toThrow("from 0 to 100, saw 101");
    reader.seekOldest();
    expect(collect(reader)).toEqual(upTo(0, 100));
    for (let i = 0; i < 1000; i++) {
      put(writer, 2);
      writer.commit();
    }
    reader.seekOldest();
    const seen = collect(reader);
    expect(seen[0]! % 2).toBe(0);
    expect(seen.at(-1)).toBe(2099);
    expect(reader.lost).toBe(0);
  });

  it("gives a slot again when its handler threw", () => {
    const { control, slots } = makeRing();
    const writer = new RingWriter(control, slots);
    const reader = new RingReader(control, slots);
    for (let i = 0; i < 5; i++) put(writer);
    writer.commit();
    const fail = (): void => {
      if (reader.cursor === 3) throw new Error("no");
    };
    expect(() => reader.poll(fail)).toThrow("no");
    expect(collect(reader)).toEqual([3, 4]);
  });

  it.each([2 ** 24, 2 ** 31, 2 ** 32, 2 ** 33 - 2 ** 24, 2 ** 40, 2 ** 48])(
    "crosses %d without a gap",
    (edge) => {
      const { control, slots } = makeRing(MIN_SLOTS, edge - 1000);
      const writer = new RingWriter(control, slots);
      const reader = new RingReader(control, slots);
      const seen: number[] = [];
      for (let i = 0; i < 1000; i++) {
        put(writer, 2);
        writer.commit();
        seen.push(...collect(reader));
      }
      expect(seen).toEqual(upTo(edge - 1000, edge + 1000));
      expect([reader.lost, writer.head]).toEqual([0, edge + 1000]);
    },
  );

  it("keeps seen + lost = written and the order, whatever the pace", () => {
    const step = fc.oneof(
      fc.record({ write: fc.integer({ min: 1, max: 200 }) }),
      fc.record({ drop: fc.integer({ min: 1, max: 100 }) }),
      fc.record({ read: fc.integer({ min: 1, max: 400 }) }),
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.constantFrom(0, 2 ** 24 - 900, 2 ** 32 - 900),
        (steps, start) => {
          const { control, slots } = makeRing(MIN_SLOTS, start);
          const writer = new RingWriter(control, slots);
          const reader = new RingReader(control, slots);
          let seen = 0;
          for (const now of steps) {
            if ("write" in now) put(writer, now.write);
            if ("write" in now) writer.commit();
            if ("drop" in now) put(writer, now.drop);
            writer.rewind(0);
            if ("read" in now) seen += collect(reader, now.read).length;
          }
          seen += collect(reader).length;
          expect(start + seen + reader.lost).toBe(writer.head);
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });
});
