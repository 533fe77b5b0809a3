import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, expect, it } from "vitest";
import { EventWriter, RingWriter } from "../src/log/index.ts";
import { SymbolTable } from "../src/model/index.ts";
import { heapRegion, JournalWriter, laneStart, openLossless } from "../src/store/index.ts";
import type { Hole } from "../src/store/index.ts";

/** A real file system of one megabyte; only root may make one. */
const dir = fs.mkdtempSync(path.join(os.tmpdir(), "feedhorn-full-journal-"));
let mounted = false;
try {
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", dir], { stdio: "ignore" });
  mounted = true;
} catch {
  // said in the name of the test
}
afterAll(() => {
  if (mounted) execFileSync("umount", ["-l", dir]);
  fs.rmdirSync(dir);
});

it.skipIf(!mounted)(
  `a journal on a full disk says so, waits for room, and names what the ring could not hold${mounted ? "" : " (skipped: mounting one takes root)"}`,
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

/** Until not even a byte has room. */
function fill(file: string): void {
  for (const size of [1 << 16, 4096, 1]) {
    try {
      for (;;) fs.appendFileSync(file, Buffer.alloc(size));
    } catch {
      // full for this size
    }
  }
}
