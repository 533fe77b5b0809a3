import { describe, expect, it } from "vitest";
import { FLAG, LONG, NUM, SIDE, SymbolTable } from "../model/index.ts";
import { EventWriter } from "./event-writer.ts";
import { HEADER } from "./layout.ts";
import { RingWriter } from "./ring-writer.ts";
import { SlotViews } from "./slot.ts";

/** A book event said header first must be the same slots as one whose header comes last. */

const RECV = { hi: 414_000_000, lo: -7 };
const LIMIT = 256;

function writer(): EventWriter {
  const out = new EventWriter(
    new RingWriter(new Int32Array(HEADER.size / 4), SlotViews.make(2 * LIMIT)),
    new SymbolTable(),
  );
  out.venue = 2;
  return out;
}

function say(out: EventWriter, opened: boolean, levels: number, flags = FLAG.SNAPSHOT): void {
  out.long.set([11, 12], LONG.TS);
  out.long.set([21, 22], LONG.ID);
  out.long.set([-31, 32], LONG.PREV);
  if (opened) out.openBook(5, flags);
  for (let i = 0; i < levels; i++) {
    out.num[NUM.PRICE] = 100.5 + i;
    out.num[NUM.SIZE] = i / 8;
    out.level(i % 2 === 0 ? SIDE.BID : SIDE.ASK);
  }
  out.book(5, flags);
}

function words(out: EventWriter): number[][] {
  return Array.from({ length: out.pending }, (_, i) => [
    ...out.slots.i32.subarray(out.wordAt(i), out.wordAt(i) + 16),
  ]);
}

function said(...events: [opened: boolean, levels: number, flags?: number][]): number[][] {
  const out = writer();
  out.begin(RECV);
  for (const [opened, levels, flags] of events) say(out, opened, levels, flags);
  out.endFrame();
  return words(out);
}

describe("openBook", () => {
  it.each([0, 1, 2, 50, LIMIT])("gives the slots that book alone gives, %i levels", (levels) => {
    const slots = said([true, levels]);
    expect(slots).toHaveLength(Math.max(levels, 1));
    expect(slots).toEqual(said([false, levels]));
  });

  it("counts for one event, whatever the next one does", () => {
    expect(said([true, 3], [false, 2, 0], [true, 1])).toEqual(said([false, 3], [false, 2, 0], [false, 1]));
  });

  it("drops an event that finds no room whole, and says whose it was", () => {
    const out = writer();
    out.begin(RECV);
    say(out, true, 2);
    say(out, true, LIMIT);
    say(out, false, 1, 0);
    expect(words(out)).toEqual(said([false, 2], [false, 1, 0]));
    expect([out.refused, out.refusedInstrument]).toEqual([1, 5]);
  });

  it("is void with the frame: after a second begin, and after an endFrame without book", () => {
    for (const close of [(out: EventWriter) => out.begin(RECV), (out: EventWriter) => out.endFrame()]) {
      const out = writer();
      out.begin(RECV);
      out.openBook(9, FLAG.SNAPSHOT);
      out.level(SIDE.BID);
      close(out);
      expect(out.pending).toBe(0);
      out.begin(RECV);
      say(out, false, 2, 0);
      expect(words(out)).toEqual(said([false, 2, 0]));
    }
  });
});

describe("bookOf", () => {
  const numbers = Float64Array.from({ length: 2 * LIMIT + 8 }, (_, i) =>
    i < 4 ? NaN : i % 2 === 0 ? 100.5 + (i - 4) / 2 : (i - 5) / 16,
  );
  const sides = Uint8Array.from({ length: LIMIT + 4 }, (_, i) => (i % 2 === 0 ? SIDE.BID : SIDE.ASK));

  /** The same event as `say`, its levels from the third on. */
  function sayOf(out: EventWriter, levels: number, flags = FLAG.SNAPSHOT): void {
    out.long.set([11, 12], LONG.TS);
    out.long.set([21, 22], LONG.ID);
    out.long.set([-31, 32], LONG.PREV);
    out.bookOf(5, flags, numbers, sides, 2, levels);
  }

  it.each([0, 1, 2, 50, LIMIT])("gives the slots that openBook, level and book give, %i levels", (levels) => {
    for (const checksum of [null, -77]) {
      const [one, other] = [writer(), writer()];
      for (const out of [one, other]) {
        out.begin(RECV);
        out.hasChecksum = checksum !== null;
        out.checksum = checksum ?? 1;
      }
      sayOf(one, levels);
      say(other, false, levels);
      expect(words(one)).toEqual(words(other));
    }
  });

  it("keeps every bit of ids and times, also those that are no number as a double", () => {
    const halves = [0, -1, 1, -0x80000000, 0x7fffffff, 0x7ff00000, 0x7ff00001, 0x7ff80000, -0x100000];
    for (const low of halves)
      for (const high of halves)
        for (const reg of [LONG.TS, LONG.ID, LONG.PREV]) {
          const [one, other] = [writer(), writer()];
          for (const out of [one, other]) {
            out.begin(RECV);
            out.long.set([11, 12, 21, 22, -31, 32]);
            out.long.set([low, high], reg);
          }
          one.bookOf(5, FLAG.SNAPSHOT, numbers, sides, 2, 3);
          other.openBook(5, FLAG.SNAPSHOT);
          for (let i = 2; i < 5; i++) {
            other.num.set([numbers[2 * i]!, numbers[2 * i + 1]!]);
            other.level(sides[i]!);
          }
          other.book(5, FLAG.SNAPSHOT);
          expect(words(one)).toEqual(words(other));
        }
  });

  it("drops an event that finds no room whole, and says whose it was", () => {
    const out = writer();
    out.begin(RECV);
    sayOf(out, 2);
    sayOf(out, LIMIT);
    sayOf(out, 1, 0);
    expect(words(out)).toEqual(said([false, 2], [false, 1, 0]));
    expect([out.refused, out.refusedInstrument]).toEqual([1, 5]);
  });
});
