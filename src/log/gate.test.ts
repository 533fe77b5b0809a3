import { beforeEach, describe, expect, it } from "vitest";
import { SymbolTable } from "../model/index.ts";
import { EventWriter } from "./event-writer.ts";
import { JournalGate, readJournalMarks } from "./gate.ts";
import { sectionsOf } from "./geometry.ts";
import { formatRegion, Region } from "./region.ts";
import { RingReader } from "./ring-reader.ts";
import { RingWriter } from "./ring-writer.ts";

const SMALL = { slots: 512, venues: 1, instruments: 1, counters: 1, histograms: 1, readers: 1 };
const MAX = 100;
const FIRST = 2 ** 33 - 5;

/** What the writer's sleep does, and how long it says that it took. */
let sleep: (seen: number, ms: number) => number;
let naps: number[];
let region: Region;
let ring: RingWriter;
let out: EventWriter;
let journal: JournalGate;
let woken: number;

beforeEach(() => {
  const buffer = new SharedArrayBuffer(sectionsOf(SMALL).size);
  formatRegion(buffer, SMALL, "gated", { hi: 0, lo: 1 }, FIRST);
  naps = [];
  sleep = (_, ms) => ms;
  region = new Region(buffer, null, null, {
    maxStallMs: MAX,
    sleep: (seen, ms) => {
      naps.push(ms);
      return sleep(seen, ms);
    },
  });
  ring = new RingWriter(region.control, region.slots, null, region.gate);
  out = new EventWriter(ring, new SymbolTable());
  woken = 0;
  journal = new JournalGate(region.marks, () => woken++);
});

/** Commits trades one by one. */
function write(count: number): void {
  for (let i = 0; i < count; i++) {
    out.num.set([i, 1]);
    out.trade(0, 1, 0);
    ring.commit();
  }
}

const waited = (): object => ({
  stalls: ring.gate.stalls,
  ms: ring.gate.stalledMs,
  laps: ring.gate.laps > 0,
});

describe("a region that begins at a sequence", () => {
  it("has nothing below it", () => {
    const reader = new RingReader(region.control, region.slots);
    expect([region.first, region.head, reader.cursor]).toEqual([FIRST, FIRST, FIRST]);
    write(3);
    reader.seekOldest();
    expect([reader.poll(() => {}), reader.cursor, reader.lost]).toEqual([3, FIRST + 3, 0]);
    reader.seek(FIRST - 4);
    expect([reader.cursor, reader.lost, reader.poll(() => {})]).toEqual([FIRST, 4, 3]);
  });
});

describe("the gate", () => {
  it("is open where no journal holds it, whatever the marks say", () => {
    write(5000);
    journal.copied(FIRST);
    write(5000);
    expect([naps, waited()]).toEqual([[], { stalls: 0, ms: 0, laps: false }]);
  });

  it("never waits for a journal that keeps up", () => {
    journal.hold(7, FIRST, FIRST);
    for (let i = 0; i < 100; i++) {
      write(100);
      journal.copied(ring.head);
    }
    expect([naps, woken, ring.head]).toEqual([[], 1, FIRST + 10_000]);
  });

  it("stops the writer before the first slot that is not copied, and goes on as soon as it is", () => {
    journal.hold(7, FIRST, FIRST);
    write(448);
    expect(naps).toEqual([]);
    let seen = -1;
    sleep = (word) => {
      seen = word;
      journal.copied(FIRST + 64);
      return 3;
    };
    write(64);
    write(1);
    expect([seen, naps, waited()]).toEqual([FIRST | 0, [MAX], { stalls: 1, ms: 3, laps: false }]);
    expect(woken).toBeGreaterThan(0);
  });

  it("has patience for so long in all, then goes over what is not copied until the journal has caught up", () => {
    journal.hold(7, FIRST, FIRST);
    sleep = () => 40;
    write(5000);
    expect([naps, waited()]).toEqual([[100, 60, 20], { stalls: 1, ms: 120, laps: true }]);
    journal.copied(ring.head - 300);
    write(200);
    expect(naps.length).toBe(3); // moved, but not near: it is not trusted again yet
    journal.copied(ring.head);
    write(1000);
    expect([naps.length, waited()]).toEqual([6, { stalls: 2, ms: 240, laps: true }]);
  });

  it("is open again when the journal is closed", () => {
    journal.hold(7, FIRST, FIRST - 2);
    expect(readJournalMarks(region.marks)).toEqual({
      pid: 7,
      beat: 0,
      copied: FIRST,
      durable: FIRST - 2,
      holes: 0,
    });
    journal.hole();
    journal.release();
    expect(readJournalMarks(region.marks)).toMatchObject({ pid: 0, copied: FIRST, holes: 1 });
    write(2000);
    expect(naps).toEqual([]);
  });

  it("wakes who announced itself before the mark moved, in whatever order", () => {
    // The writer's steps (add, load copied, sleep) and the journal's (store copied, load stalls, wake) interleaved by
    // the moment at which the sleep begins: it may only sleep on when a later step of the journal will wake it.
    journal.hold(7, FIRST, FIRST);
    write(448);
    for (let round = 0; round < 5; round++) {
      const before = woken;
      sleep = () => {
        journal.copied(ring.head + ring.pending);
        expect(woken).toBe(before + 1);
        return 1;
      };
      write(512);
    }
    expect(naps.length).toBe(5);
  });
});
