import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EventWriter, readReaders, RingWriter } from "../log/index.ts";
import type { Wait } from "../log/index.ts";
import { SymbolTable } from "../model/index.ts";
import { createRegion } from "../store/index.ts";
import type { RegionHandle } from "../store/index.ts";
import { openLane } from "./lane.ts";
import type { Lane } from "./lane.ts";

const SMALL = { slots: 512, venues: 2, instruments: 4, counters: 4, histograms: 1, readers: 4 };
const ALL: readonly Wait[] = ["timer", "yield", "spin", "futex"];
/** Much longer than anything here takes, much shorter than a test may. */
const LONG_MS = 20_000;
/** A reader of these tests sleeps at most 250 ms at a time: what is faster was woken. */
const AT_ONCE_MS = 150;
const LINUX = process.platform === "linux";

let dir: string;
let handle: RegionHandle;
let out: EventWriter;
let lane: Lane;

function start(ringing: boolean): void {
  const { control, slots, bell } = handle.region;
  out = new EventWriter(new RingWriter(control, slots, ringing ? bell : null), new SymbolTable());
}

function trade(price: number): void {
  out.num[0] = price;
  out.trade(0, 1, 0);
  out.ring.commit();
}

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "feedhorn-wait-"));
  handle = createRegion({ dir, lane: "main", ...SMALL });
  start(true);
  lane = openLane("main", { dir, name: "waiter" });
});
afterEach(() => {
  lane.close();
  handle.close();
  fs.rmSync(dir, { recursive: true });
});

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

async function timed<T>(what: Promise<T>): Promise<{ value: T; ms: number }> {
  const begun = performance.now();
  const value = await what;
  return { value, ms: performance.now() - begun };
}

describe.each(ALL)("a reader that waits by %s", (wait) => {
  it("gets what is written while it waits, in order, and says how it waits", async () => {
    const seen: number[] = [];
    setTimeout(() => trade(1), 30);
    for await (const event of lane.follow({ wait })) {
      if (event.type === "trade") seen.push(event.price);
      if (seen.length === 4) break;
      if (seen.length === 2) setTimeout(() => trade(3), 5);
      else trade(seen.length + 1);
    }
    expect([seen, lane.lost]).toEqual([[1, 2, 3, 4], 0]);
    expect(readReaders(handle.region.readers)).toMatchObject([{ name: "waiter", wait }]);
  });

  it("leaves the event loop its turn", async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 5);
    expect(await lane.wait(wait, 200)).toBe(false);
    clearInterval(timer);
    // a busy machine leaves fewer than 40 turns; a loop that is held has none
    expect(turns).toBeGreaterThan(1);
  });

  it("ends at once with its signal, and when the lane is closed", async () => {
    const stop = new AbortController();
    const following = lane.follow({ wait, signal: stop.signal }).next();
    const waiting = lane.wait(wait, LONG_MS);
    await sleep(40);
    stop.abort();
    expect(await timed(following)).toMatchObject({ value: { done: true } });
    await sleep(40);
    const close = performance.now();
    lane.close();
    expect(await waiting).toBe(false);
    expect(performance.now() - close).toBeLessThan(AT_ONCE_MS);
  });

  it("says what there is, and no more than it was asked to wait", async () => {
    const nothing = await timed(lane.wait(wait, 60));
    expect(nothing.value).toBe(false);
    expect(nothing.ms).toBeGreaterThan(55);
    expect(nothing.ms).toBeLessThan(60 + AT_ONCE_MS);
    trade(1);
    expect(await lane.wait(wait, 0)).toBe(true);
    lane.poll(() => {});
    const later = lane.wait(wait, LONG_MS);
    await sleep(30);
    const begun = performance.now();
    trade(2);
    expect(await later).toBe(true);
    expect(performance.now() - begun).toBeLessThan(AT_ONCE_MS);
  });
});

describe.each(["spin", "futex"] as const)("a thread that waits by %s", (wait) => {
  it("waits as long as it was told, and not for what is there", () => {
    const begun = performance.now();
    expect(lane.waitSync(wait, 60)).toBe(false);
    expect(performance.now() - begun).toBeGreaterThan(55);
    trade(1);
    expect(lane.waitSync(wait)).toBe(true);
  });
});

describe.skipIf(!LINUX)("a sleeping reader", () => {
  it("costs nothing and is still listed as alive", async () => {
    await lane.wait("futex", 50);
    const { user, system } = process.cpuUsage();
    await lane.wait("futex", 1000);
    const used = process.cpuUsage();
    expect(used.user + used.system - user - system).toBeLessThan(100_000);
    const [row] = readReaders(handle.region.readers);
    expect(Date.now() * 1000 - row!.lastPoll).toBeLessThan(900_000);
  });

  it("is woken again and again by one commit each", async () => {
    let slow = 0; // a busy machine may be, now and then; a reader that nobody wakes always is
    for (let i = 0; i < 200; i++) {
      const waiting = lane.wait("futex", LONG_MS);
      if (i % 3 === 0) await sleep(1);
      const begun = performance.now();
      trade(i);
      expect(await waiting).toBe(true);
      if (performance.now() - begun > AT_ONCE_MS) slow += 1;
      expect(lane.poll(() => {})).toBe(1);
    }
    expect(slow).toBeLessThan(10);
  });

  it("looks by the clock when the writer wakes nobody", async () => {
    start(false);
    const waiting = lane.wait("futex", LONG_MS);
    await sleep(20);
    const begun = performance.now();
    trade(1);
    expect(await waiting).toBe(true);
    expect(performance.now() - begun).toBeLessThan(AT_ONCE_MS);
  });

  it("leaves threads of the pool to others", async () => {
    const lanes = Array.from({ length: 6 }, () => openLane("main", { dir }));
    const waits = lanes.map((one) => one.wait("futex", LONG_MS));
    await sleep(20);
    const file = await timed(fs.promises.readFile(handle.path!));
    expect(file.ms).toBeLessThan(AT_ONCE_MS);
    trade(1);
    expect(await Promise.all(waits)).toEqual(lanes.map(() => true));
    for (const one of lanes) one.close();
  });
});
