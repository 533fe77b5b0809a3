import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EventWriter, RingWriter } from "../../log/index.ts";
import { SIDE, SymbolTable } from "../../model/index.ts";
import { createRegion, openLossless } from "../../store/index.ts";
import type { LosslessReader, RegionHandle } from "../../store/index.ts";
import { Wakes } from "./wakes.ts";

/** Far below what a wait takes that nobody ends, of several tries on a busy machine. */
const SOON_MS = 25;
const TRIES = 30;

let dir = "";
let handles: RegionHandle[] = [];
let writers: EventWriter[] = [];
let readers: LosslessReader[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "feedhorn-wakes-"));
  handles = ["a", "b", "c"].map((lane) =>
    createRegion({ lane, dir, slots: 1024, instruments: 4, maxStallMs: 0 }),
  );
  writers = handles.map(({ region }) => {
    const out = new EventWriter(new RingWriter(region.control, region.slots, region.bell), new SymbolTable());
    out.venue = 3;
    return out;
  });
  readers = handles.map(({ path }) => openLossless({ journal: null, region: path, from: "head" }));
});
afterEach(() => {
  for (const reader of readers) reader.close();
  for (const handle of handles) handle.close();
  rmSync(dir, { recursive: true });
});

function commit(lane: number): void {
  const out = writers[lane]!;
  out.begin({ lo: 1, hi: 4e8 });
  out.num.set([100, 1]);
  out.trade(0, SIDE.BUY, 0);
  out.endFrame();
  out.ring.commit();
}

/** The shortest of many waits that a commit to one of these lanes ends, ms. */
async function shortest(wakes: Wakes, lanes: readonly number[]): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < TRIES; i++) {
    const lane = lanes[i % lanes.length]!;
    const waiting = wakes.idle();
    const from = performance.now();
    // Late enough that everybody sleeps.
    await new Promise((resolve) => setTimeout(resolve, 3));
    commit(lane);
    await waiting;
    best = Math.min(best, performance.now() - from);
    readers[lane]!.poll(() => undefined);
  }
  return best;
}

describe("waiting for lanes", () => {
  it("a commit ends it", async () => {
    expect(await shortest(new Wakes(readers.slice(0, 1)), [0])).toBeLessThan(SOON_MS);
  });

  it("a commit to any of several lanes does, also to those that the pool has no sleeper for", async () => {
    const wakes = new Wakes(readers);
    for (const lane of [0, 1, 2]) expect(await shortest(wakes, [lane])).toBeLessThan(SOON_MS);
    expect(await shortest(wakes, [0, 1, 2])).toBeLessThan(SOON_MS);
  });

  it("ends at once where there is something to read, and by itself where nothing comes", async () => {
    const wakes = new Wakes(readers.slice(0, 1));
    const from = performance.now();
    await wakes.idle();
    expect(performance.now() - from).toBeGreaterThan(SOON_MS);
    commit(0);
    let best = Infinity;
    for (let i = 0; i < TRIES; i++) {
      const begun = performance.now();
      await wakes.idle();
      best = Math.min(best, performance.now() - begun);
    }
    expect(best).toBeLessThan(SOON_MS);
  });
});
