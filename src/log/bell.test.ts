import { describe, expect, it } from "vitest";
import fc from "fast-check";
import type { Bell } from "./bell.ts";
import { HEADER, SLOT_BYTES } from "./layout.ts";
import { RingReader } from "./ring-reader.ts";
import { HEAD_WORD, MIN_SLOTS, RINGS_WORD, RingWriter } from "./ring-writer.ts";
import { storeSequence } from "./sequence.ts";
import { LAST_IN_HEAD, SlotViews } from "./slot.ts";

/** The kernel's side: who sleeps, and on which value of the head word. */
class Kernel implements Bell {
  readonly control = new Int32Array(new SharedArrayBuffer(HEADER.size));
  readonly slots = new SlotViews(new SharedArrayBuffer(MIN_SLOTS * SLOT_BYTES), 0, MIN_SLOTS);
  readonly sleeps = new Int32Array(new SharedArrayBuffer(4));
  readonly asleep = new Map<RingReader, number>();
  rings = 0;
  /** Happens when the writer has decided to wake and before it does. */
  before: () => void = () => {};

  ring(): void {
    this.rings += 1;
    this.before();
    this.asleep.clear();
  }

  /** FUTEX_WAIT: sleeps only while the word is `seen`. */
  wait(reader: RingReader, seen: number): void {
    if (Atomics.load(this.control, HEAD_WORD) === seen) this.asleep.set(reader, seen);
  }

  writer(bell: Bell | null = this): RingWriter {
    return new RingWriter(this.control, this.slots, bell);
  }

  reader(): RingReader {
    return new RingReader(this.control, this.slots);
  }

  /** Announces and, unless something came, sleeps; the two steps can be taken apart. */
  sleep(reader: RingReader): void {
    if (reader.announceSleep(this.sleeps)) this.wait(reader, reader.cursor | 0);
  }

  /** Readers that sleep although there is something to read. */
  forgotten(): number {
    return [...this.asleep.keys()].filter((reader) => reader.lag > 0).length;
  }
}

function commit(writer: RingWriter): void {
  writer.slots.i32[writer.next()] = LAST_IN_HEAD;
  writer.commit();
}

/** A commit that others run into: `early` between its store of the head and its look at the sleeps, `late` before it wakes. */
function commitSlowly(kernel: Kernel, writer: RingWriter, early: () => void, late: () => void): void {
  writer.slots.i32[writer.next()] = LAST_IN_HEAD;
  storeSequence(kernel.control, HEAD_WORD, writer.head + 1); // the commit stores the same once more
  early();
  kernel.before = late;
  writer.commit();
  kernel.before = () => {};
}

describe("a writer's bell", () => {
  it("is silent while nobody sleeps", () => {
    const kernel = new Kernel();
    const writer = kernel.writer();
    commit(writer);
    const before = kernel.rings;
    for (let i = 0; i < 100; i++) commit(writer);
    expect(kernel.rings).toBe(before);
  });

  it("wakes a sleeper once there is something, and falls silent after two commits", () => {
    const kernel = new Kernel();
    const writer = kernel.writer();
    commit(writer);
    const reader = kernel.reader();
    kernel.sleep(reader);
    expect(kernel.asleep.size).toBe(1);
    const before = kernel.rings;
    for (let i = 0; i < 100; i++) {
      commit(writer);
      expect(kernel.asleep.size).toBe(0);
    }
    expect(kernel.rings - before).toBe(2);
  });

  it("does not let a reader sleep that has something to read", () => {
    const kernel = new Kernel();
    const writer = kernel.writer();
    const reader = kernel.reader();
    commit(writer);
    expect(reader.announceSleep(kernel.sleeps)).toBe(false);
    reader.poll(() => {});
    expect(reader.announceSleep(kernel.sleeps)).toBe(true);
  });

  it.each(["early", "late"])("wakes who announces a sleep while it is waking others (%s)", (when) => {
    const kernel = new Kernel();
    const writer = kernel.writer();
    const [first, second] = [kernel.reader(), kernel.reader()];
    commit(writer);
    commit(writer);
    for (const reader of [first, second]) reader.poll(() => {});
    kernel.sleep(first);
    // the second reader has seen the new head and announced itself, but sleeps only after the wake
    const announce = (): void => {
      second.poll(() => {});
      expect(second.announceSleep(kernel.sleeps)).toBe(true);
    };
    const nothing = (): void => {};
    commitSlowly(kernel, writer, when === "early" ? announce : nothing, when === "late" ? announce : nothing);
    kernel.wait(second, second.cursor | 0);
    expect(kernel.asleep.has(second)).toBe(true);
    commit(writer);
    expect(kernel.asleep.size).toBe(0);
  });

  it("wakes whom the last writer was killed before waking", () => {
    const kernel = new Kernel();
    const dead = kernel.writer();
    const reader = kernel.reader();
    kernel.sleep(reader);
    kernel.ring = () => {}; // killed between head and wake
    commit(dead);
    expect(kernel.forgotten()).toBe(1);
    kernel.ring = () => kernel.asleep.clear();
    kernel.writer();
    expect(kernel.forgotten()).toBe(0);
  });

  it("says in the header whether it rings", () => {
    const kernel = new Kernel();
    expect(kernel.reader().rings).toBe(false);
    kernel.writer();
    expect([kernel.reader().rings, kernel.control[RINGS_WORD]]).toEqual([true, 1]);
    kernel.writer(null);
    expect(kernel.reader().rings).toBe(false);
  });

  it("never leaves a reader asleep beside a slot, whatever the order of steps and writers", () => {
    const meanwhile = fc.array(fc.record({ do: fc.constantFrom("poll", "announce"), who: fc.nat(3) }), {
      maxLength: 6,
      size: "max",
    });
    const step = fc.oneof(
      fc.record({ do: fc.constantFrom("poll", "announce", "wait", "kill"), who: fc.nat(3) }),
      fc.record({ do: fc.constant("commit"), early: meanwhile, late: meanwhile }),
      fc.record({ do: fc.constant("restart") }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: "max" }), fc.integer(), (steps, sleeps) => {
        const kernel = new Kernel();
        kernel.sleeps[0] = sleeps;
        let writer = kernel.writer();
        const readers = Array.from({ length: 4 }, () => kernel.reader());
        const announced: (number | null)[] = [null, null, null, null];
        const move = (what: string, who: number): void => {
          const reader = readers[who]!;
          if (kernel.asleep.has(reader) && what !== "kill") return;
          if (what === "wait" && announced[who] !== null) kernel.wait(reader, announced[who]!);
          announced[who] = null;
          if (what === "poll") reader.poll(() => {});
          if (what === "announce" && reader.announceSleep(kernel.sleeps)) announced[who] = reader.cursor | 0;
          if (what === "kill") readers[who] = kernel.reader();
          if (what === "kill") kernel.asleep.delete(reader);
        };
        for (const now of steps) {
          if ("who" in now) move(now.do, now.who);
          else if ("early" in now)
            commitSlowly(
              kernel,
              writer,
              () => now.early.forEach((one) => move(one.do, one.who)),
              () => now.late.forEach((one) => move(one.do, one.who)),
            );
          else writer = kernel.writer();
          expect(kernel.forgotten()).toBe(0);
        }
      }),
      { seed: 11, numRuns: 3000 },
    );
  });
});
