import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InstrumentWriter } from "../../log/index.ts";
import { instrumentOf } from "../../model/index.ts";
import { heapRegion } from "../region.ts";
import type { RegionHandle } from "../region.ts";
import { CursorFile, listCursors } from "./cursor-file.ts";
import type { Hole } from "./hole.ts";
import { JournalError } from "./journal-error.ts";
import type { JournalOptions, SyncedFile } from "./journal-options.ts";
import { JournalWriter } from "./journal-writer.ts";
import { laneStart } from "./lane-start.ts";
import { openLossless } from "./lossless-reader.ts";
import { segmentEnd } from "./segment-end.ts";
import { listSegments, segmentPath } from "./segment-list.ts";
import { isPattern, PatternLane } from "./testdata.ts";

const SMALL = { lane: "main", slots: 512, venues: 2, instruments: 2, counters: 1, histograms: 1, readers: 4 };
const KEEP = { keepMs: 3_600_000 };

let folder: string;
let reports: string[];
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "feedhorn-segments-"));
  reports = [];
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

function journalOf(handle: RegionHandle, options: JournalOptions = {}): JournalWriter {
  const report = (level: string, message: string): void => void reports.push(`${level}: ${message}`);
  const writer = new JournalWriter(folder, "main", { ...KEEP, report, ...options });
  writer.attach(handle);
  return writer;
}

/** Reads all of a journal: sequences, wrong slots, holes, and files refused. */
function readAll(
  from = 0,
  where = folder,
): { seen: number[]; wrong: number; holes: Hole[]; refused: string[] } {
  const reader = openLossless({ journal: where, region: null, from });
  const found = { seen: [] as number[], wrong: 0, holes: [] as Hole[], refused: [] as string[] };
  reader.onHole = (hole) => found.holes.push(hole);
  reader.onRefused = ({ code }) => found.refused.push(code);
  while (
    reader.poll((views, word, seq) => {
      found.seen.push(seq);
      if (!isPattern(views, word, seq)) found.wrong += 1;
    }) > 0
  );
  reader.close();
  return found;
}

/** Bytes of a block of two slots. */
const BLOCK = 40 + 2 * 64;

/** A journal of eight slots in one segment: rows, four blocks of slots, no end. */
async function small(): Promise<Buffer> {
  const handle = heapRegion(SMALL);
  const lane = new PatternLane(handle);
  new InstrumentWriter(handle.region.control, handle.region.instruments).add(
    1,
    instrumentOf({ symbol: "A", canonical: "A-USD" }),
  );
  const writer = journalOf(handle);
  for (let i = 0; i < 4; i++) {
    lane.event(2);
    writer.poll();
  }
  writer.detach();
  return fs.readFileSync(segmentPath(folder, 0));
}

describe("a damaged segment", () => {
  it("is noticed, whichever byte it is, and never gives a wrong slot", async () => {
    const bytes = await small();
    const file = segmentPath(folder, 0);
    for (let at = 0; at < bytes.length; at++) {
      const broken = Buffer.from(bytes);
      broken[at]! ^= 1 << (at % 8);
      fs.writeFileSync(file, broken);
      let noticed: boolean;
      try {
        const end = segmentEnd(file);
        noticed = end.damaged > 0 || end.whole < end.size;
      } catch (error) {
        noticed = error instanceof JournalError;
      }
      expect([at, noticed]).toEqual([at, true]);
      if (at % 5 > 0) continue;
      const { seen, wrong, refused } = readAll();
      expect([at, wrong]).toEqual([at, 0]);
      expect(seen.length === 8 && refused.length === 0 && at >= bytes.length - 4 * BLOCK).toBe(false);
    }
  });

  it("gives what is whole behind the damage once nothing more is written to it, and names what is not", async () => {
    const bytes = await small();
    bytes[bytes.length - 3 * BLOCK + 100]! ^= 1;
    fs.writeFileSync(segmentPath(folder, 0), bytes);
    expect(readAll().seen.at(-1)).toBe(1); // it may be growing
    const next = heapRegion({ ...SMALL, start: { end: 8, first: 8 } });
    const lane = new PatternLane(next);
    const writer = journalOf(next);
    expect(fs.statSync(segmentPath(folder, 0)).size).toBe(bytes.length); // no tail was cut
    lane.events(5);
    writer.poll();
    const { seen, holes, wrong } = readAll();
    expect(holes).toEqual([{ first: 2, last: 5, reason: "damaged" }]); // the event behind it may have begun before
    expect([seen, wrong]).toEqual([[...numbers(0, 2), ...numbers(6, 13)], 0]);
    await writer.close();
  });

  it("is cut wherever it was torn, and the sequence goes on", async () => {
    const bytes = await small();
    const file = segmentPath(folder, 0);
    const firstBlock = bytes.length - 4 * BLOCK;
    for (
      let size = 0;
      size < bytes.length;
      size += size < bytes.length - 2 * BLOCK ? 37 : size < bytes.length - BLOCK ? 3 : 1
    ) {
      for (const { path: old } of listSegments(folder)) fs.rmSync(old);
      fs.writeFileSync(file, bytes.subarray(0, size));
      const whole = size < firstBlock ? 0 : Math.floor((size - firstBlock) / BLOCK) * 2;
      const start = laneStart(folder, 512);
      const next = heapRegion({ ...SMALL, start: { end: whole, first: whole } });
      const lane = new PatternLane(next);
      const writer = journalOf(next);
      expect([size, start.end, writer.position]).toEqual([size, whole, whole === 0 ? 0 : whole]);
      lane.events(4);
      writer.poll();
      writer.detach();
      const { seen, wrong, holes } = readAll();
      expect([size, seen, wrong, holes]).toEqual([size, numbers(0, whole + 4), 0, []]);
    }
  });

  it("is kept aside when it is not ours, and the rest is used", async () => {
    await small();
    fs.writeFileSync(segmentPath(folder, 30), "something else entirely");
    fs.writeFileSync(path.join(folder, "notes.txt"), "mine");
    const reader = readAll();
    expect([reader.seen.length, reader.refused]).toEqual([8, ["foreign"]]);
    expect(laneStart(folder, 512)).toEqual({ end: 8, first: 2 ** 24 });
    const next = heapRegion({ ...SMALL, start: { end: 8, first: 8 } });
    const writer = journalOf(next);
    expect(reports).toEqual([expect.stringMatching(/expected .*; kept it aside as .*0030\.fhj\.refused/)]);
    new PatternLane(next).events(3);
    writer.poll();
    expect(readAll().seen).toEqual(numbers(0, 11));
    expect(fs.readFileSync(path.join(folder, "notes.txt"), "utf8")).toBe("mine");
    writer.detach();
    expect(() => new JournalWriter(folder, "other")).not.toThrow();
    expect(listSegments(folder)).toEqual([]); // all of another lane
  });
});

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

it("holds what the disk has, up to what it calls durable, when the power fails", async () => {
  const handle = heapRegion(SMALL);
  const lane = new PatternLane(handle);
  const disk = new Map<string, number>();
  const states: { durable: number; files: [string, number][] }[] = [];
  const onDurable = (durable: number, files: readonly SyncedFile[]): void => {
    for (const { path: file, size } of files) disk.set(file, size);
    states.push({ durable, files: [...disk] });
  };
  const writer = journalOf(handle, { fsyncMs: 0, segmentBytes: 8192, onDurable });
  for (let i = 0; i < 60; i++) {
    lane.events(1 + (i % 90));
    writer.poll();
    if (i % 4 > 0) continue;
    while (writer.durable < writer.position) {
      await new Promise(setImmediate);
      writer.poll();
    }
  }
  await writer.close();
  expect(states.length).toBeGreaterThan(5);
  expect(states.at(-1)!.durable).toBe(lane.ring.head);
  for (const { durable, files } of states) {
    const after = fs.mkdtempSync(path.join(folder, "after-"));
    for (const [file, size] of files) {
      const copy = path.join(after, path.basename(file));
      fs.copyFileSync(file, copy);
      fs.truncateSync(copy, size);
    }
    const { seen, wrong, holes } = readAll(0, after);
    expect([seen, wrong, holes]).toEqual([numbers(0, durable), 0, []]);
  }
});

it("reads back whatever was committed, however it was cut into blocks and segments", () => {
  const step = fc.record({
    events: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 8 }),
    poll: fc.boolean(),
    kill: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 30 }),
      fc.integer({ min: 4096, max: 20_000 }),
      fc.nat(),
      (steps, segmentBytes, from) => {
        for (const name of fs.readdirSync(folder)) fs.rmSync(path.join(folder, name), { recursive: true });
        const handle = heapRegion({ ...SMALL, maxStallMs: 0 });
        const lane = new PatternLane(handle);
        let writer = journalOf(handle, { segmentBytes });
        const starts = [0];
        for (const { events, poll, kill } of steps) {
          for (const size of events) {
            if (lane.ring.head + size - writer.position > 384) writer.poll();
            lane.event(size);
            starts.push(lane.ring.head);
          }
          if (kill) {
            writer.detach();
            writer = journalOf(handle, { segmentBytes });
          }
          if (poll) writer.poll();
        }
        writer.poll();
        writer.detach();
        const first = starts[from % starts.length]!;
        const { seen, wrong, holes } = readAll(first);
        expect([seen, wrong, holes]).toEqual([numbers(first, lane.ring.head), 0, []]);
      },
    ),
    { numRuns: 60, seed: 6 },
  );
});

describe("a cursor", () => {
  it("is kept whole and durable, and says when it is none", () => {
    const cursor = new CursorFile(folder, "lake");
    expect(cursor.read()).toBeNull();
    for (const next of [0, 1, 2 ** 40 + 3]) {
      cursor.write(next);
      expect(new CursorFile(folder, "lake").read()).toBe(next);
    }
    new CursorFile(folder, "a.b").write(5);
    expect(listCursors(folder).map(({ sink, next }) => [sink, next])).toEqual([
      ["a.b", 5],
      ["lake", 2 ** 40 + 3],
    ]);
    fs.writeFileSync(cursor.path, "7");
    expect(() => cursor.read()).toThrow(/expected "feedhorn cursor 1 <sequence>", saw "7"; delete it/);
    expect(listCursors(folder)[1]).toEqual({ sink: "lake", next: 0, damaged: true });
    cursor.remove();
    expect(cursor.read()).toBeNull();
    expect(() => new CursorFile(folder, "../x")).toThrow(/expected 1 to 56 letters/);
    expect(() => cursor.write(-1)).toThrow(/expected a sequence, saw -1/);
  });

  it("does not hold more than the budget", async () => {
    const handle = heapRegion(SMALL);
    const lane = new PatternLane(handle);
    new CursorFile(folder, "asleep").write(10);
    const writer = journalOf(handle, { segmentBytes: 8192, maxBytes: 1 });
    for (let i = 0; i < 40; i++) {
      lane.event(60);
      writer.poll();
    }
    await expect.poll(() => (writer.poll(), writer.stats.bytes), { timeout: 5000 }).toBeLessThan(4 * 8192);
    const { first } = listSegments(folder)[0]!;
    expect(writer.stats.dropped).toBe(first - 10);
    expect(reports[0]).toMatch(/saw the budget of 32768 bytes used up; deleted it/);
    const { holes, seen, wrong } = readAll(10);
    expect([holes, seen.length, wrong]).toEqual([
      [{ first: 10, last: first - 1, reason: "deleted" }],
      2400 - first,
      0,
    ]);
    writer.detach();
  });
});
