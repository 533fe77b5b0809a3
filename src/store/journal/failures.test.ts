import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import fc from "fast-check";
import { afterAll, beforeEach, expect, it, vi } from "vitest";
import { heapRegion } from "../region.ts";
import type { RegionHandle } from "../region.ts";
import type { Hole } from "./hole.ts";
import { JournalWriter } from "./journal-writer.ts";
import { openLossless } from "./lossless-reader.ts";
import { isPattern, PatternLane } from "./testdata.ts";

/** A disk that takes `room` more bytes, cuts the write there, and says `code` from then on; `stuck`: and cannot cut a file either. */
const disk = vi.hoisted(() => ({ room: Infinity, code: "ENOSPC", stuck: false }));

vi.mock("node:fs", async (original) => {
  const real = await original<typeof fs>();
  const refuse = (): never => {
    throw Object.assign(new Error(`${disk.code}: refused`), { code: disk.code });
  };
  const writeSync = (fd: number, bytes: Uint8Array, at: number, length: number, place: number): number => {
    const fits = Math.min(length, disk.room);
    if (fits <= 0) refuse();
    disk.room -= fits;
    return real.writeSync(fd, bytes, at, fits, place);
  };
  const ftruncateSync = (fd: number, size: number): void => {
    if (disk.stuck) refuse();
    real.ftruncateSync(fd, size);
  };
  return { ...real, writeSync, ftruncateSync };
});

const SMALL = { lane: "main", slots: 512, venues: 2, instruments: 2, counters: 1, histograms: 1, readers: 4 };
/** A block of the backlog with 4096 slots. */
const BLOCK = 262_184;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "feedhorn-failures-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));
let now = 1_000_000_000_000;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now });
  return () => {
    vi.useRealTimers();
    Object.assign(disk, { room: Infinity, stuck: false });
  };
});

function later(ms: number): void {
  vi.setSystemTime((now += ms));
}

/** What the files alone hold: stretches "first-last" in order, holes among them "first-last reason". */
function stretches(): { text: string[]; wrong: number } {
  const reader = openLossless({ journal: folder, region: null, from: 0 });
  const text: string[] = [];
  let [from, next, wrong] = [0, 0, 0];
  const end = (): void => void (next > from && text.push(`${from}-${next - 1}`));
  reader.onHole = ({ first, last, reason }) => {
    end();
    if (first !== next) wrong += 1;
    text.push(`${first}-${last} ${reason}`);
    from = next = last + 1;
  };
  while (
    reader.poll((views, word, seq) => {
      if (seq !== next || !isPattern(views, word, seq)) wrong += 1;
      next = seq + 1;
    }) > 0
  );
  end();
  reader.close();
  return { text, wrong };
}

function expected(head: number, holes: readonly Hole[]): string[] {
  const text: string[] = [];
  let from = 0;
  for (const { first, last, reason } of holes) {
    if (first > from) text.push(`${from}-${first - 1}`);
    text.push(`${first}-${last} ${reason}`);
    from = last + 1;
  }
  if (head > from) text.push(`${from}-${head - 1}`);
  return text;
}

class Run {
  readonly handle: RegionHandle = heapRegion({ ...SMALL, maxStallMs: 0 });
  readonly lane = new PatternLane(this.handle);
  readonly holes: Hole[] = [];
  readonly #backlogBytes: number;
  writer: JournalWriter;

  constructor(backlogBytes: number) {
    this.#backlogBytes = backlogBytes;
    for (const name of fs.readdirSync(folder)) fs.rmSync(path.join(folder, name), { recursive: true });
    this.writer = this.#open();
  }

  #open(): JournalWriter {
    const writer = new JournalWriter(folder, "main", {
      keepMs: 3_600_000,
      segmentBytes: 20_000,
      backlogBytes: this.#backlogBytes,
      onHole: (hole) => this.holes.push(hole),
    });
    writer.attach(this.handle);
    return writer;
  }

  /** What only its memory held is gone, and so are the holes that it only held there. */
  kill(): void {
    const { position } = this.writer;
    while (this.holes.length > 0 && this.holes.at(-1)!.last >= position) this.holes.pop();
    this.writer.detach();
    this.writer = this.#open();
  }

  settle(): void {
    disk.room = Infinity;
    disk.stuck = false;
    later(1000);
    while (this.writer.poll() > 0);
  }
}

const step = fc.record({
  events: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 8 }),
  room: fc.oneof(fc.constant(Infinity), fc.integer({ min: 0, max: 6000 }), fc.constant(0)),
  code: fc.constantFrom("ENOSPC", "EIO"),
  stuck: fc.boolean(),
  ms: fc.integer({ min: 0, max: 250 }),
  kill: fc.integer({ min: 0, max: 12 }).map((n) => n === 0),
});

it("loses nothing and shows nothing unfinished, wherever writes fail", () => {
  let waited = 0;
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      fc.constantFrom(0, BLOCK, 64 * BLOCK),
      (steps, bytes) => {
        const run = new Run(bytes);
        let kills = 0;
        for (const { events, room, code, stuck, ms, kill } of steps) {
          later(ms);
          Object.assign(disk, { room, code, stuck });
          for (const size of events) run.lane.event(size);
          run.writer.poll();
          if (kill) {
            run.kill();
            kills += 1;
          }
          const { position } = run.writer;
          const written = run.holes.filter(({ last }) => last < position);
          expect(stretches()).toEqual({ text: expected(position, written), wrong: 0 });
          expect(run.writer.stats.waitingBytes).toBeLessThanOrEqual(bytes);
        }
        run.settle();
        expect([run.writer.position, run.writer.stats.waiting, run.writer.stats.waitingBytes]).toEqual([
          run.lane.ring.head,
          0,
          0,
        ]);
        expect(stretches()).toEqual({ text: expected(run.lane.ring.head, run.holes), wrong: 0 });
        if (kills === 0 && bytes > BLOCK) expect(run.holes).toEqual([]);
        waited += run.writer.stats.waited;
        run.writer.detach();
      },
    ),
    { numRuns: 120, seed: 34 },
  );
  expect(waited).toBeGreaterThan(10_000);
});

it("drains when it is closed while there is time, and names what neither file nor ring has", async () => {
  const run = new Run(BLOCK);
  run.lane.events(100);
  run.writer.poll();
  disk.room = 0;
  for (let i = 0; i < 30; i++) {
    run.lane.events(50);
    run.writer.poll();
  }
  expect(run.writer.stats).toMatchObject({ failing: true, waiting: 1500, waited: 1500, lost: 0 });
  setTimeout(() => (disk.room = Infinity), 150);
  await run.writer.close(20_000);
  expect([run.holes, run.writer.durable]).toEqual([[], 1600]);
  expect(stretches()).toEqual({ text: ["0-1599"], wrong: 0 });

  const other = new Run(BLOCK);
  other.lane.events(100);
  other.writer.poll();
  disk.room = 0;
  for (let i = 0; i < 30; i++) {
    other.lane.events(50);
    other.writer.poll();
  }
  await expect(other.writer.close(50)).rejects.toThrow("ENOSPC");
  const { first, last } = other.holes[0]!;
  expect([other.holes.length, first, other.writer.stats.lost]).toEqual([1, 100, last - 99]);
  expect(last).toBeGreaterThanOrEqual(1600 - 512 - 1);
  expect(last).toBeLessThan(1600 - 512 + 64 + 16);
  disk.room = Infinity;
  const named = [...other.holes];
  const next = new JournalWriter(folder, "main", { onHole: (hole) => other.holes.push(hole) });
  next.attach(other.handle); // the ring has the rest
  while (next.poll() > 0);
  next.detach();
  expect(other.holes.slice(1)).toEqual(named);
  expect(stretches()).toEqual({ text: expected(1600, named), wrong: 0 });
});

it("is told from a loss by who reads", () => {
  const run = new Run(64 * BLOCK);
  const reader = openLossless({ journal: folder, region: run.handle, from: 0 });
  run.lane.events(10);
  run.writer.poll();
  disk.room = 0;
  for (let i = 0; i < 40; i++) {
    run.lane.events(50);
    run.writer.poll();
  }
  const clock = vi.spyOn(performance, "now");
  const began = performance.now();
  const at = (ms: number): number => {
    clock.mockReturnValue(began + ms);
    later(1000);
    run.writer.poll();
    let count = 0;
    while (reader.poll(() => (count += 1)) > 0);
    return count;
  };
  expect([at(0), at(5000), at(60_000)]).toEqual([10, 0, 0]);
  expect([reader.position, reader.lost]).toEqual([10, 0]);
  disk.room = Infinity;
  expect([at(61_000), reader.lost, reader.position]).toEqual([2000, 0, 2010]);
  clock.mockRestore();
  reader.close();
  run.writer.detach();
});
