import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InstrumentWriter, readJournalMarks, readReaders, VenueWriter } from "../../log/index.ts";
import { instrumentOf, toMicros } from "../../model/index.ts";
import { createRegion, regionPath } from "../region.ts";
import type { RegionHandle, RegionOptions } from "../region.ts";
import { CursorFile } from "./cursor-file.ts";
import type { Hole } from "./hole.ts";
import type { JournalOptions } from "./journal-options.ts";
import { JournalWriter } from "./journal-writer.ts";
import { journalFolder, laneStart } from "./lane-start.ts";
import { openLossless } from "./lossless-reader.ts";
import type { LosslessOptions, LosslessReader } from "./lossless-reader.ts";
import { listSegments } from "./segment-list.ts";
import { isPattern, PatternLane } from "./testdata.ts";

const SMALL = { slots: 512, venues: 2, instruments: 8, counters: 1, histograms: 1, readers: 8 };

let dir: string;
let folder: string;
let handles: { close(): void }[];
let journals: JournalWriter[];
let reports: string[];
let holes: Hole[];

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "feedhorn-journal-"));
  folder = journalFolder(dir, "main");
  handles = [];
  journals = [];
  reports = [];
  holes = [];
});
afterEach(async () => {
  for (const one of journals) await one.close().catch(() => {});
  for (const handle of handles) handle.close();
  fs.rmSync(dir, { recursive: true });
});

function region(options: Partial<RegionOptions> = {}): RegionHandle {
  const start = laneStart(folder, SMALL.slots);
  const handle = createRegion({ dir, lane: "main", ...SMALL, maxStallMs: 5, start, ...options });
  handles.push(handle);
  return handle;
}

function journal(handle: RegionHandle | null, options: JournalOptions = {}): JournalWriter {
  const report = (level: string, message: string): void => void reports.push(`${level}: ${message}`);
  const writer = new JournalWriter(folder, "main", {
    report,
    keepMs: 3_600_000,
    onHole: (hole) => holes.push(hole),
    ...options,
  });
  journals.push(writer);
  if (handle !== null) writer.attach(handle);
  return writer;
}

function shut(handle: RegionHandle): void {
  handles.splice(handles.indexOf(handle), 1);
  handle.close();
}

/** As a kill leaves it: nothing is finished, and the lock is free. */
function killed(writer: JournalWriter): void {
  writer.detach();
  journals.splice(journals.indexOf(writer), 1);
}

function reader(options: Partial<LosslessOptions> = {}): Reader {
  return new Reader({ journal: folder, region: regionPath("main", dir), from: 0, ...options });
}

/** Reads and checks every byte. */
class Reader {
  readonly lossless: LosslessReader;
  readonly holes: Hole[] = [];
  /** Stretches of sequences that came without a gap: "0-99". */
  readonly seen: string[] = [];
  count = 0;
  torn = 0;
  #from = -1;
  #next = -1;

  constructor(options: LosslessOptions) {
    this.lossless = openLossless(options);
    this.lossless.onHole = (hole) => this.holes.push(hole);
    handles.push(this.lossless);
  }

  poll(limit?: number): number {
    return this.lossless.poll((views, word, seq) => {
      if (!isPattern(views, word, seq)) this.torn += 1;
      this.count += 1;
      if (seq !== this.#next) this.#from = seq;
      else this.seen.pop();
      this.#next = seq + 1;
      this.seen.push(`${this.#from}-${seq}`);
    }, limit);
  }

  /** Until there is nothing more. */
  all(): this {
    while (this.poll() > 0);
    return this;
  }
}

describe("the journal", () => {
  it("holds what the ring has long written over, and the reader goes from one to the other", () => {
    const handle = region();
    const lane = new PatternLane(handle);
    const writer = journal(handle);
    for (let i = 0; i < 100; i++) {
      lane.events(50);
      lane.event(7);
      while (writer.poll() > 0);
    }
    lane.event(20); // not in the journal
    const all = reader().all();
    expect(all.seen).toEqual(["0-5719"]);
    expect([all.torn, all.holes, all.lossless.lost, all.lossless.source]).toEqual([0, [], 0, "ring"]);
    const late = reader({ from: 5000 });
    expect(late.poll(3)).toBe(3);
    expect([late.lossless.position, late.lossless.source]).toEqual([5003, "journal"]);
    expect(late.all().seen).toEqual(["5000-5719"]);
    expect(readJournalMarks(handle.region.marks)).toMatchObject({ pid: process.pid, copied: 5700 });
  });

  it("gives a slot again to a handler that threw", () => {
    const handle = region();
    const lane = new PatternLane(handle);
    journal(handle);
    lane.events(10);
    const { lossless } = reader();
    const seen: number[] = [];
    const handler = (_: unknown, __: number, seq: number): void => {
      if (seq === 4 && seen.at(-1) === 3 && !seen.includes(-4)) {
        seen.push(-4);
        throw new Error("no");
      }
      seen.push(seq);
    };
    expect(() => lossless.poll(handler)).toThrow("no");
    expect(lossless.position).toBe(4);
    expect(lossless.poll(handler)).toBe(6);
    expect(seen).toEqual([0, 1, 2, 3, -4, 4, 5, 6, 7, 8, 9]);
  });

  it("goes on after it was killed, and after the lane was", () => {
    let handle = region();
    let lane = new PatternLane(handle);
    let writer = journal(handle);
    const follow = reader();
    let total = 0;
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 4; i++) {
        lane.events(60 + round);
        total += 60 + round;
        if (i % 2 === 0) writer.poll();
      }
      if (round % 3 !== 0) {
        killed(writer);
        writer = journal(handle);
      }
      if (round % 4 === 1) {
        lane.ring.rewind(0);
        shut(handle);
        handle = region();
        expect(handle.resumed).toBe(true);
        lane = new PatternLane(handle);
        writer.attach(handle);
      }
      while (writer.poll() > 0);
      follow.poll(100);
    }
    follow.all();
    expect([follow.torn, follow.holes, holes]).toEqual([0, [], []]);
    expect(follow.seen).toEqual([`0-${total - 1}`]);
    expect(reader({ region: null }).all().seen).toEqual([`0-${total - 1}`]);
  });

  it("names exactly what was written over while it was not there", () => {
    const handle = region({ maxStallMs: 0 });
    const lane = new PatternLane(handle);
    let writer = journal(handle);
    lane.events(100);
    writer.poll();
    killed(writer);
    for (let i = 0; i < 300; i++) lane.event(5);
    writer = journal(handle);
    while (writer.poll() > 0);
    const [hole] = holes;
    expect(holes).toEqual([{ first: 100, last: expect.any(Number) as number, reason: "lapped" }]);
    expect((hole!.last + 1) % 5).toBe(0); // an event begins behind it
    expect(writer.stats).toMatchObject({ holes: 1, lost: hole!.last - 99 });
    const all = reader({ region: null }).all();
    expect(all.seen).toEqual(["0-99", `${hole!.last + 1}-1599`]);
    expect([all.torn, all.holes, all.lossless.lost]).toEqual([0, [hole], hole!.last - 99]);
    expect(reports.join()).toContain("the hole is in the journal");
    expect(readJournalMarks(handle.region.marks).holes).toBe(1);
  });

  it("stalls the lane for a bounded time when it stands still", () => {
    const handle = region({ maxStallMs: 20 });
    const lane = new PatternLane(handle);
    const writer = journal(handle);
    lane.events(200);
    writer.poll();
    const start = performance.now();
    lane.events(5000);
    const took = performance.now() - start;
    expect(lane.ring.gate).toMatchObject({ stalls: 1 });
    expect(took).toBeGreaterThan(19);
    expect(took).toBeLessThan(500);
    while (writer.poll() > 0);
    expect(holes).toMatchObject([{ first: 200, reason: "lapped" }]);
  });

  it("says who it is, and keeps venues and instruments as they were", () => {
    const handle = region();
    const lane = new PatternLane(handle);
    const writer = journal(handle);
    const instruments = new InstrumentWriter(handle.region.control, handle.region.instruments);
    new VenueWriter(handle.region.venues).declare(400, "house");
    for (const symbol of ["A", "B", "C"]) {
      instruments.add(400, instrumentOf({ symbol, canonical: `${symbol}-USD` }));
      lane.events(300);
      while (writer.poll() > 0);
    }
    const { lossless } = reader({ region: null });
    lossless.poll(() => {}, 1);
    expect([lossless.names.venue(400), lossless.names.venue(401)]).toEqual(["house", null]);
    expect([lossless.instrument(0)?.symbol, lossless.instrument(1)]).toEqual(["A", null]);
    lossless.poll(() => {}, 800);
    expect([lossless.instrument(0)?.symbol, lossless.instrument(2)?.canonical]).toEqual(["A", "C-USD"]);
    expect(lossless.session).toBe(openSession(handle));
    expect(readReaders(handle.region.readers)).toMatchObject([{ name: "journal", role: "journal" }]);
  });
});

function openSession({ region: { created } }: RegionHandle): number {
  return toMicros(created.hi, created.lo);
}

describe("a region that is gone", () => {
  it("is followed by one that goes on right there after a close in order", async () => {
    const before = region();
    const lane = new PatternLane(before);
    const writer = journal(before);
    lane.events(1000 - 488);
    while (writer.poll() > 0);
    lane.events(300);
    await writer.close();
    expect([writer.position, writer.durable]).toEqual([812, 812]);
    expect(laneStart(folder, 512)).toEqual({ end: 812, first: 812 });
    shut(before);
    fs.rmSync(regionPath("main", dir));
    const next = region();
    expect([next.region.first, next.resumed]).toEqual([812, false]);
    const again = new PatternLane(next);
    const second = journal(next);
    again.events(100);
    second.poll();
    const all = reader().all();
    expect([all.seen, all.holes, all.torn]).toEqual([["0-911"], [], 0]);
  });

  it("leaves a named hole when nobody knows what was in it", () => {
    const before = region();
    const lane = new PatternLane(before);
    const first = journal(before);
    lane.events(300);
    first.poll();
    const follow = reader();
    lane.events(10);
    expect(follow.all().count).toBe(310); // ten of them the journal never had
    killed(first);
    shut(before);
    fs.rmSync(regionPath("main", dir));
    expect(laneStart(folder, 512)).toEqual({ end: 300, first: 2 ** 24 });
    const next = region();
    const again = new PatternLane(next);
    const second = journal(next);
    again.events(400);
    while (second.poll() > 0);
    const hole = { first: 300, last: 2 ** 24 - 1, reason: "region_gone" };
    expect(holes).toEqual([hole]);
    const all = reader({ region: null }).all();
    expect([all.holes, all.seen]).toEqual([[hole], ["0-299", `${2 ** 24}-${2 ** 24 + 399}`]]);
    follow.lossless.close();
    const resumed = reader({ from: 310 }).all();
    expect([resumed.holes, resumed.count, resumed.torn]).toEqual([[{ ...hole, first: 310 }], 400, 0]);
  });

  it("is not mistaken for one with another history", () => {
    const before = region();
    const lane = new PatternLane(before);
    const writer = journal(before);
    lane.events(600);
    while (writer.poll() > 0);
    killed(writer);
    shut(before);
    fs.rmSync(regionPath("main", dir));
    const other = region({ start: undefined }); // nobody asked the journal
    new PatternLane(other).events(50);
    expect(() => journal(other)).toThrow(/expected the region of main to go on at 600, saw .* from 0 to 50/);
    expect(() => reader({ from: 600 }).poll()).toThrow(
      /expected the lane to go on at 600, saw its head at 50/,
    );
    shut(other);
    expect(region().region.first).toBe(2 ** 24);
  });

  it("never reuses a sequence that a sink has read and the journal has not", () => {
    const handle = region();
    const writer = journal(handle);
    new PatternLane(handle).events(10);
    writer.poll();
    killed(writer);
    new CursorFile(folder, "lake").write(2 ** 24 + 5);
    expect(laneStart(folder, 512)).toEqual({ end: 10, first: 2 ** 25 });
  });
});

describe("segments", () => {
  it("roll, are held by cursors and go when all have passed", async () => {
    const handle = region();
    const lane = new PatternLane(handle);
    const slow = new CursorFile(folder, "slow");
    slow.write(0);
    const writer = journal(handle, { segmentBytes: 8192, fsyncMs: 0, keepMs: 0 });
    for (let i = 0; i < 20; i++) {
      lane.event(60);
      writer.poll();
    }
    expect(listSegments(folder).map(({ first }) => first)).toEqual([0, 1, 2, 3, 4, 5, 6].map((i) => i * 180));
    expect(writer.stats).toMatchObject({ segments: 7, slots: 1200, dropped: 0 });
    slow.write(400);
    await expect.poll(() => (writer.poll(), listSegments(folder)[0]!.first), { timeout: 5000 }).toBe(360);
    const late = reader({ from: 0 }).all();
    expect(late.holes).toEqual([{ first: 0, last: 359, reason: "deleted" }]);
    expect([late.seen, late.torn]).toEqual([["360-1199"], 0]);
    slow.remove();
    await expect.poll(() => (writer.poll(), listSegments(folder).length), { timeout: 5000 }).toBe(1);
  });
});

it("takes the row of a journal whose thread ended without a word, while the process lives", () => {
  const handle = region();
  for (let round = 0; round < 5; round++) {
    journals.length = 0; // as a thread that throws leaves it: nothing is released
    journal(handle);
  }
  const rows = readReaders(handle.region.readers);
  expect(rows.map(({ name, role, pid }) => [name, role, pid])).toEqual([["journal", "journal", process.pid]]);
  const other = reader({ name: "lake" }); // rows of other roles of this process stay
  expect(readReaders(handle.region.readers)).toHaveLength(2);
  journal(handle);
  expect(readReaders(handle.region.readers).map(({ name }) => name)).toEqual(["journal", "lake"]);
  other.lossless.close();
});
