import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { EventWriter, readJournalMarks, RingWriter } from "../src/log/index.ts";
import { SymbolTable } from "../src/model/index.ts";
import { createRegion, heapRegion, JournalWriter, laneStart, openLossless } from "../src/store/index.ts";
import type { Hole, LosslessReader, RegionHandle } from "../src/store/index.ts";
import { Child, compileScripts } from "./stress/child.ts";

/** A lane of 20,000 slots a second of which the disk is full for so long. */
const SECONDS = 60;
const RATE = 20_000;
const SIZES = { venues: 1, instruments: 1, counters: 1, histograms: 1, readers: 4 };

/** Real file systems; only root may make one. */
const dir = fs.mkdtempSync(path.join(os.tmpdir(), "feedhorn-full-journal-"));
const large = fs.mkdtempSync(path.join(os.tmpdir(), "feedhorn-full-journal-"));
const mounted = mount(dir, "1m") && mount(large, "128m");
const why = mounted ? "" : " (skipped: mounting one takes root)";
beforeAll(compileScripts);
afterEach(async () => {
  vi.useRealTimers();
  await Child.killAll();
});
afterAll(() => {
  for (const one of [dir, large]) {
    if (mounted) execFileSync("umount", ["-l", one]);
    fs.rmdirSync(one);
  }
});

function mount(at: string, size: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", at], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

it.skipIf(!mounted)(
  `a journal without a backlog on a full disk says so, waits for room, and names what the ring could not hold${why}`,
  async () => {
    const handle = heapRegion({
      lane: "main",
      slots: 4096,
      venues: 1,
      instruments: 1,
      counters: 1,
      histograms: 1,
      readers: 2,
      maxStallMs: 5,
    });
    const { region } = handle;
    const ring = new RingWriter(region.control, region.slots, null, region.gate);
    const out = new EventWriter(ring, new SymbolTable());
    const folder = path.join(dir, "journal");
    const reports: string[] = [];
    const holes: Hole[] = [];
    const journal = new JournalWriter(folder, "main", {
      backlogBytes: 0,
      report: (level, message) => reports.push(`${level}: ${message}`),
      onHole: (hole) => holes.push(hole),
    });
    journal.attach(handle);
    const trades = (count: number): void => {
      for (let i = 0; i < count; i++) {
        out.num.set([ring.head, 1]);
        out.trade(0, 1, 0);
        ring.commit();
        if (i % 100 === 99) journal.poll();
      }
    };
    trades(1000);
    fs.writeFileSync(path.join(dir, "filler"), "");
    fill(path.join(dir, "filler"));
    trades(2000);
    expect([journal.stats.failing, holes]).toEqual([true, []]);
    expect(reports.filter((line) => line.includes("saw ENOSPC"))).toHaveLength(1);
    fs.rmSync(path.join(dir, "filler")); // in time: the ring has it all
    await expect.poll(() => (journal.poll(), journal.lag), { timeout: 10_000 }).toBe(0);
    expect([journal.stats.failing, holes, ring.gate.stalls]).toEqual([false, [], 0]);
    expect(reports.at(-1)).toBe("info: journal of main: writes again");

    fs.writeFileSync(path.join(dir, "filler"), "");
    fill(path.join(dir, "filler"));
    trades(9000);
    expect(ring.gate).toMatchObject({ stalls: 1 });
    fs.rmSync(path.join(dir, "filler"));
    await expect.poll(() => (journal.poll(), journal.lag), { timeout: 10_000 }).toBe(0);
    expect(holes).toMatchObject([{ reason: "lapped" }]);
    await journal.close();
    expect(laneStart(folder, 4096)).toEqual({ end: 12_000, first: 12_000 });

    const reader = openLossless({ journal: folder, region: null, from: 0 });
    const read: number[] = [];
    const gone: Hole[] = [];
    reader.onHole = (hole) => gone.push(hole);
    while (reader.poll((views, word, seq) => void (views.f64[word / 2 + 3] === seq && read.push(seq))) > 0);
    reader.close();
    const [{ first, last }] = holes as [Hole];
    expect(gone).toEqual(holes);
    expect(read).toEqual(
      Array.from({ length: 12_000 }, (_, i) => i).filter((seq) => seq < first || seq > last),
    );
  },
);

/** Commits trades of which the price is their sequence. */
class Lane {
  readonly ring: RingWriter;
  readonly #out: EventWriter;

  constructor({ region }: RegionHandle) {
    this.ring = new RingWriter(region.control, region.slots, region.bell, region.gate);
    this.#out = new EventWriter(this.ring, new SymbolTable());
  }

  trades(count: number): void {
    for (let i = 0; i < count; i++) {
      this.#out.num.set([this.ring.head, 1]);
      this.#out.trade(0, 1, 0);
      this.ring.commit();
    }
  }
}

/** Reads on; counts slots that are not the next one, or not what was committed. */
class Witness {
  next = 0;
  wrong = 0;
  readonly holes: Hole[] = [];
  readonly reader: LosslessReader;

  constructor(journal: string, region: RegionHandle | null) {
    this.reader = openLossless({ journal, region, from: 0 });
    this.reader.onHole = (hole) => {
      if (hole.first !== this.next) this.wrong += 1;
      this.next = hole.last + 1;
      this.holes.push(hole);
    };
  }

  poll(limit?: number): number {
    return this.reader.poll((views, word, seq) => {
      if (seq !== this.next || views.f64[word / 2 + 3] !== seq) this.wrong += 1;
      this.next = seq + 1;
    }, limit);
  }

  all(): this {
    while (this.poll() > 0);
    return this;
  }
}

it.skipIf(!mounted)(
  `a disk that is full for a minute costs nothing, and is told six times${why}`,
  { timeout: 60_000 },
  async () => {
    vi.useFakeTimers({ toFake: ["Date", "performance"], now: 1_700_000_000_000 });
    const handle = heapRegion({ lane: "main", slots: 4096, ...SIZES, maxStallMs: 100 });
    const lane = new Lane(handle);
    const folder = path.join(large, "minute");
    const reports: string[] = [];
    const journal = new JournalWriter(folder, "main", {
      keepMs: 3_600_000,
      report: (level, message) => reports.push(`${level}: ${message}`),
    });
    journal.attach(handle);
    const run = (slots: number): void => {
      for (let done = 0; done < slots; done += RATE / 200) {
        lane.trades(RATE / 200);
        vi.advanceTimersByTime(5);
        journal.poll();
      }
    };
    run(RATE);
    const late = new Witness(folder, handle);
    late.poll(1000);
    const quick = new Witness(folder, handle).all();
    const filler = path.join(large, "filler");
    fs.writeFileSync(filler, "");
    fill(filler);
    for (let second = 0; second < SECONDS; second++) {
      run(RATE);
      late.poll();
      quick.poll();
    }
    expect([late.next, late.holes, late.wrong]).toEqual([expect.any(Number), [], 0]);
    expect(late.next).toBeLessThan(2 * RATE); // the rest is in no file, and not in the ring: to come
    const { waiting, waitingBytes } = journal.stats;
    expect(journal.stats).toMatchObject({ failing: true, holes: 0, waited: waiting });
    expect(waiting).toBe(lane.ring.head - journal.position);
    expect(waiting).toBeGreaterThan(SECONDS * RATE - 4096);
    expect(waitingBytes).toBeLessThan(waiting * 64 * 1.02);
    const alarms = reports.filter((line) => line.startsWith("error"));
    expect(alarms).toHaveLength(SECONDS / 10);
    expect(alarms[0]).toContain("saw ENOSPC");
    expect(alarms.at(-1)).toMatch(
      /trying again, 10\d{5} slots wait in \d+ bytes of memory of at most 268435456$/,
    );
    fs.rmSync(filler);
    run(RATE);
    expect(journal.stats).toMatchObject({ failing: false, holes: 0, waiting: 0, waitingBytes: 0 });
    expect(reports.slice(-1)).toEqual(["info: journal of main: writes again"]);
    expect([gateOf(lane), reports.length]).toEqual([{ stalls: 0, laps: 0 }, alarms.length + 1]);
    await journal.close();
    vi.advanceTimersByTime(100); // readers look again
    const { head } = lane.ring;
    expect(laneStart(folder, 4096)).toEqual({ end: head, first: head });
    for (const one of [late, quick, new Witness(folder, null)]) {
      one.all();
      expect([one.next, one.wrong, one.holes]).toEqual([head, 0, []]);
      one.reader.close();
    }
    fs.rmSync(folder, { recursive: true });
  },
);

function gateOf({ ring: { gate } }: Lane): { stalls: number; laps: number } {
  return { stalls: gate.stalls, laps: gate.laps };
}

it.skipIf(!mounted)(
  `a journal that is killed with a backlog leaves a hole: what is no longer in the ring${why}`,
  { timeout: 60_000 },
  async () => {
    const place = fs.mkdtempSync(path.join(os.tmpdir(), "feedhorn-full-region-"));
    const handle = createRegion({ dir: place, lane: "main", slots: 4096, ...SIZES, maxStallMs: 5 });
    const lane = new Lane(handle);
    const folder = path.join(dir, "killed");
    const copied = (): number => readJournalMarks(handle.region.marks).copied;
    const begin = async (): Promise<Child> => {
      const child = Child.script("journal-copier.ts", handle.path!, folder);
      expect(await child.line()).toBe("ready");
      child.say("go");
      expect(await child.line()).toBe("attached");
      return child;
    };
    const run = async (slots: number): Promise<void> => {
      for (let done = 0; done < slots; done += 500) {
        lane.trades(500);
        await expect.poll(copied, { timeout: 20_000, interval: 1 }).toBe(lane.ring.head);
      }
    };
    const first = await begin();
    await run(3000);
    const filler = path.join(dir, "filler");
    fs.writeFileSync(filler, "");
    fill(filler);
    await run(40_000);
    expect(gateOf(lane)).toEqual({ stalls: 0, laps: 0 });
    const witness = new Witness(folder, handle).all();
    const written = witness.next;
    expect([witness.holes, witness.wrong, witness.reader.lost]).toEqual([[], 0, 0]);
    expect(written).toBeGreaterThanOrEqual(3000);
    expect(written).toBeLessThan(20_000); // what room the last page had
    expect(await first.kill()).toBe(true);
    lane.trades(100); // goes on without it
    expect(witness.poll()).toBe(0);
    fs.rmSync(filler);
    const { head } = lane.ring;
    const second = await begin();
    await expect.poll(copied, { timeout: 20_000 }).toBe(head);
    second.say("stop");
    const said = JSON.parse((await second.line())!) as { position: number; holes: Hole[] };
    // every trade is one slot: the claim is less than 64 ahead of the head, and 64 are left out for a lane that goes on
    const [hole] = said.holes as [Hole];
    expect(said).toEqual({
      position: head,
      durable: head,
      holes: [{ first: written, last: hole.last, reason: "lapped" }],
    });
    expect(hole.last).toBeGreaterThanOrEqual(head - 4096 - 1);
    expect(hole.last).toBeLessThanOrEqual(head - 4096 + 64 + 64);
    for (const one of [witness, new Witness(folder, null)]) {
      one.all();
      expect([one.next, one.wrong, one.holes]).toEqual([head, 0, said.holes]);
      one.reader.close();
    }
    handle.close();
    fs.rmSync(place, { recursive: true });
    fs.rmSync(folder, { recursive: true });
  },
);

/** Until not even a byte has room. */
function fill(file: string): void {
  for (const size of [1 << 20, 1 << 16, 4096, 1]) {
    try {
      for (;;) fs.appendFileSync(file, Buffer.alloc(size));
    } catch {
      // full for this size
    }
  }
}
