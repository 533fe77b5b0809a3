import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { RingWriter } from "../../src/log/index.ts";
import { createRegion, defaultDir, openLossless, regionPath } from "../../src/store/index.ts";
import type { Hole, LosslessReader } from "../../src/store/index.ts";
import { Child, compileScripts, removeScripts } from "./child.ts";
import { isWhole, putEvent, seeded } from "./pattern.ts";

/** Kills of lane, journal, both, or both and the region with them. STRESS=1 for the long run. */
const LONG = process.env["STRESS"] !== undefined;
const KILLS = LONG ? 200 : 40;
const SMALL = { venues: 1, instruments: 1, counters: 1, histograms: 1, readers: 8 };

let dir: string;
beforeAll(() => {
  compileScripts();
  const parent = process.platform === "linux" ? path.dirname(defaultDir()) : os.tmpdir();
  dir = fs.mkdtempSync(path.join(parent, "feedhorn-stress-journal-"));
});
afterEach(() => Child.killAll());
afterAll(() => {
  removeScripts();
  fs.rmSync(dir, { recursive: true });
});

/** Lane and journal, each a process that can be killed at any moment, and the next ones warmed up. */
class Rig {
  readonly dir: string;
  readonly folder: string;
  readonly region: string;
  readonly #slots: number;
  readonly #stall: number;
  lane!: Child;
  journal!: Child;
  #seed = 1;
  #warm: { lanes: Child[]; journals: Child[] } = { lanes: [], journals: [] };

  constructor(name: string, slots: number, stall: number) {
    this.dir = path.join(dir, name);
    this.folder = path.join(this.dir, "journal");
    this.region = regionPath("main", this.dir);
    this.#slots = slots;
    this.#stall = stall;
    this.format();
  }

  /** A region of the wanted size, for the first lane to go on with. */
  format(): void {
    createRegion({ dir: this.dir, lane: "main", slots: this.#slots, ...SMALL }).close();
  }

  async startLane(): Promise<void> {
    const { lanes } = this.#warm;
    while (lanes.length < 2)
      lanes.push(
        Child.script(
          "journal-lane.ts",
          this.dir,
          this.folder,
          `${this.#slots}`,
          `${this.#stall}`,
          `${this.#seed++}`,
        ),
      );
    this.lane = lanes.shift()!;
    expect(await this.lane.line()).toBe("ready");
    this.lane.say("go");
    expect(await this.lane.line()).toMatch(/^first \d+$/);
  }

  async startJournal(): Promise<void> {
    const { journals } = this.#warm;
    while (journals.length < 2) journals.push(Child.script("journal-copier.ts", this.region, this.folder));
    this.journal = journals.shift()!;
    expect(await this.journal.line()).toBe("ready");
    this.journal.say("go");
  }

  /** Ends both in order; answers the lane's head and what the journal says of itself. */
  async end(): Promise<{ head: number; position: number; durable: number }> {
    this.lane.say("stop");
    const head = Number((await this.lane.line())?.replace("head ", ""));
    this.journal.say("stop");
    let line = await this.journal.line();
    if (line === "attached") line = await this.journal.line();
    return { head, ...(JSON.parse(line ?? "{}") as { position: number; durable: number }) };
  }
}

/** Checks every byte of what it reads. */
class Witness {
  reader!: LosslessReader;
  seen = 0;
  torn = 0;
  next = 0;
  readonly holes: Hole[] = [];
  readonly #open: (from: number) => LosslessReader;

  constructor(open: (from: number) => LosslessReader) {
    this.#open = open;
    this.reopen();
  }

  /** As after a kill of the reader: a new one goes on at the cursor. */
  reopen(): void {
    this.reader?.close();
    this.reader = this.#open(this.next);
    this.reader.onHole = (hole) => {
      expect(hole.first).toBe(this.next);
      this.next = hole.last + 1;
      this.holes.push(hole);
    };
  }

  poll(limit = Infinity): number {
    return this.reader.poll((views, word, seq) => {
      if (seq !== this.next || !isWhole(views, word, seq)) this.torn += 1;
      this.next = seq + 1;
      this.seen += 1;
    }, limit);
  }
}

const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

async function until(done: () => boolean): Promise<void> {
  for (const end = performance.now() + 20_000; !done(); await pause(5))
    if (performance.now() > end) throw new Error("expected it within 20 s, saw it not happen");
}

it(
  `loses nothing when lane and journal are killed at ${KILLS} random moments`,
  { timeout: 300_000 },
  async () => {
    const random = seeded(20261121);
    const rig = new Rig("patient", 4096, 20_000);
    await rig.startJournal();
    expect(await rig.journal.line()).toBe("attached");
    await rig.startLane();
    const live = new Witness((from) => openLossless({ journal: rig.folder, region: rig.region, from }));
    let reboots = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      await pause(random() * 25);
      live.poll(random() < 0.5 ? 300 : Infinity);
      if (random() < 0.2) live.reopen();
      const which = random();
      if (which < 0.6) expect(await rig.lane.kill()).toBe(true);
      if (which > 0.4) expect(await rig.journal.kill()).toBe(true);
      if (which > 0.55 && which < 0.6) {
        // the power is back: what was shared memory is gone, and so is what was only there
        fs.rmSync(rig.region);
        rig.format = () => {};
        reboots += 1;
      }
      if (which < 0.6) await rig.startLane();
      if (which > 0.4) await rig.startJournal();
    }
    const end = await rig.end();
    expect(end).toMatchObject({ position: end.head, durable: end.head });
    await until(() => (live.poll(), live.next === end.head));
    expect(live.torn).toBe(0);
    expect(live.holes.filter(({ reason }) => reason !== "region_gone")).toEqual([]);
    const kept = new Witness((from) => openLossless({ journal: rig.folder, region: null, from }));
    while (kept.poll() > 0);
    expect([kept.torn, kept.next]).toEqual([0, end.head]);
    expect(kept.holes.map(({ reason }) => reason)).toEqual(Array(reboots).fill("region_gone"));
    live.reader.close();
    kept.reader.close();
  },
);

it("holds a lane that is faster than it, and wakes it when there is room", { timeout: 120_000 }, async () => {
  const rig = new Rig("held", 512, 0);
  await rig.startJournal();
  expect(await rig.journal.line()).toBe("attached");
  const handle = createRegion({ dir: rig.dir, lane: "main", maxStallMs: 10_000 });
  const { region } = handle;
  const ring = new RingWriter(region.control, region.slots, region.bell, region.gate);
  while (ring.head < 200_000) {
    putEvent(ring, ring.head, 3);
    ring.commit();
  }
  const { stalls, stalledMs, laps } = ring.gate;
  expect([stalls > 20, laps]).toEqual([true, 0]);
  expect(stalledMs / stalls).toBeLessThan(200); // a wake that was lost costs the whole patience
  rig.journal.say("stop");
  expect(JSON.parse((await rig.journal.line()) ?? "{}")).toMatchObject({ position: ring.head, holes: [] });
  handle.close();
});

it("names every slot that it could not have", { timeout: 120_000 }, async () => {
  const random = seeded(7);
  const rig = new Rig("hurried", 512, 1);
  await rig.startJournal();
  expect(await rig.journal.line()).toBe("attached");
  await rig.startLane();
  const live = new Witness((from) => openLossless({ journal: rig.folder, region: rig.region, from }));
  for (let kill = 0; kill < KILLS / 4; kill++) {
    await pause(10 + random() * 40);
    live.poll();
    expect(await rig.journal.kill()).toBe(true);
    await pause(random() * 40);
    await rig.startJournal();
  }
  const end = await rig.end();
  expect(end).toMatchObject({ position: end.head, durable: end.head });
  const kept = new Witness((from) => openLossless({ journal: rig.folder, region: null, from }));
  while (kept.poll() > 0);
  expect([kept.torn, kept.next, kept.seen + kept.reader.lost]).toEqual([0, end.head, end.head]);
  // a journal that was killed before it had written anything knows of no hole
  expect(kept.holes.filter(({ first, reason }) => reason !== "lapped" && first > 0)).toEqual([]);
  await until(() => (live.poll(), live.next === end.head));
  expect([live.torn, live.seen + live.reader.lost]).toEqual([0, end.head]);
  kept.reader.close();
  live.reader.close();
});
