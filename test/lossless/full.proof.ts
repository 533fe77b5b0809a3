import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { HealthReport } from "../../src/servers/ops-source.ts";
import { House, LANE } from "./house.ts";
import { judgeJournal } from "./journal-judge.ts";
import { judge } from "./judge.ts";
import type { Missing, Verdict } from "./judge.ts";
import { SmallDisk } from "./small-disk.ts";
import type { JournalVerdict } from "./journal-judge.ts";

/** Full disks under 20,000 messages a second. FULL_S=60 for the long run. */
const FULL_S = Number(process.env["FULL_S"] ?? 8);
/** A ring of 3 s, which any longer time with a full disk is too much for; and one of 26 s. */
const [SMALL_RING, LARGE_RING] = [65_536, 524_288];
const LONG = { timeout: 240_000 + 4000 * FULL_S };
const mountable = mayMount();

let house: House | null = null;
let disk: SmallDisk | null = null;
afterEach(async () => {
  await house?.kill();
  disk?.unmount();
  await house?.close();
  [house, disk] = [null, null];
});

interface Told {
  readonly during: HealthReport;
  readonly after: HealthReport;
  readonly verdict: Verdict;
  readonly journal: JournalVerdict;
  readonly logged: string;
}

/** What the journal keeps in memory meanwhile: nothing, or as much as it does when nobody says anything. */
const NO_BACKLOG = { backlog_bytes: 0 };
const BACKLOG = {};

/** Runs a gateway of which a folder's disk is full for some seconds. */
async function fullFor(
  seconds: number,
  folder: "" | "journal" | "lake",
  slots: number,
  backlog: { backlog_bytes?: number },
): Promise<Told> {
  house = await House.build({
    slots,
    lake: { flush_ms: 500 },
    config: { journal: { isolation: "process", segment_bytes: 1 << 20, keep_ms: 0, ...backlog } },
  });
  disk = SmallDisk.mount(join(house.data, folder))!;
  house.start();
  await house.live();
  await sleep(1000);
  disk.fill();
  await sleep(seconds * 1000);
  const during = (await house.health())!;
  disk.free();
  const after = await house.until("everything written again", (now) => {
    const { lake } = now.sinks!;
    return !now.journal![LANE]!.failing && lake!.state === "connected" && lake!.lag_slots < 60_000 && now;
  });
  expect(await house.stop(), house.lastWords()).toBe("code 0");
  const seen = await house.testimony();
  const verdict = await judge(join(house.data, "lake"), seen, house.folder);
  const journal = judgeJournal(house.data, LANE, seen);
  const logged = house
    .logged()
    .map((line) => JSON.stringify(line))
    .join("\n");
  process.stderr.write(
    `disk of ${folder || "everything"} full for ${seconds} s, ring of ${slots}: ${JSON.stringify({ verdict, journal, during: { ...during.journal, ...during.sinks } })}\n`,
  );
  return { during, after, verdict, journal, logged };
}

describe.skipIf(!mountable)(`disks of 64 MB${mountable ? "" : " (skipped: mounting one takes root)"}`, () => {
  it(`the lake's is full for ${FULL_S} s: the journal keeps it, nothing is lost`, LONG, async () => {
    const { during, verdict, journal, logged } = await fullFor(FULL_S, "lake", SMALL_RING, BACKLOG);
    expect(during.sinks!["lake"]).toMatchObject({ state: "degraded" });
    expect(during.sinks!["lake"]!.reason).toMatch(/no room on the disk/);
    expect(during.journal![LANE]).toMatchObject({ failing: false, holes: 0 });
    expect(logged).toMatch(/"level":"error".*no room on the disk/);
    expect(verdict.faults).toEqual([]);
    expect([verdict.slots, verdict.holes]).toEqual([verdict.end, []]);
    expect([journal.wrong, journal.end]).toEqual([0, verdict.end]);
  });

  it("the journal's is full for less than the ring holds: nothing is lost", LONG, async () => {
    const { during, verdict, journal, logged } = await fullFor(5, "journal", LARGE_RING, NO_BACKLOG);
    expect(during.journal![LANE]).toMatchObject({ failing: true, holes: 0 });
    expect(logged).toMatch(/"level":"error".*ENOSPC/);
    expect(verdict.faults).toEqual([]);
    expect([verdict.slots, verdict.holes]).toEqual([verdict.end, []]);
    expect([journal.wrong, journal.holes, journal.end]).toEqual([0, [], verdict.end]);
  });

  it(
    `the journal's is full for ${FULL_S} s, the ring holds 3 s and there is no backlog: the journal names its hole, a lake that keeps up has everything`,
    LONG,
    async () => {
      const { during, after, verdict, journal } = await fullFor(FULL_S, "journal", SMALL_RING, NO_BACKLOG);
      expect(during.journal![LANE]).toMatchObject({ failing: true });
      expect(after.journal![LANE]!.lost_slots).toBeGreaterThan(0);
      expect(verdict.faults).toEqual([]);
      expect([verdict.slots, verdict.holes]).toEqual([verdict.end, []]);
      expect([journal.wrong, journal.end]).toEqual([0, verdict.end]);
    },
  );

  it(
    `everything's is full for ${FULL_S} s and the ring holds 3 s: nothing is lost, in journal and lake alike`,
    LONG,
    async () => {
      const { during, verdict, journal, logged } = await fullFor(FULL_S, "", SMALL_RING, BACKLOG);
      expect(during.journal![LANE]).toMatchObject({ failing: true, holes: 0, lost_slots: 0 });
      expect(logged).toMatch(/"level":"error".*ENOSPC/);
      expect(verdict.faults).toEqual([]);
      expect([verdict.slots, verdict.holes]).toEqual([verdict.end, []]);
      expect([journal.wrong, journal.holes, journal.end]).toEqual([0, [], verdict.end]);
    },
  );

  it(
    `everything's is full for ${FULL_S} s, the ring holds 3 s and there is no backlog: what is lost is named, in journal and lake alike`,
    LONG,
    async () => {
      const { after, verdict } = await fullFor(FULL_S, "", SMALL_RING, NO_BACKLOG);
      const { holes, lost_slots: lost } = after.journal![LANE]!;
      expect(holes).toBeGreaterThan(0);
      expect(verdict.faults).toEqual([]);
      const missing = verdict.holes.reduce((sum, { first, last }: Missing) => sum + last - first + 1, 0);
      expect(verdict.slots + missing).toBe(verdict.end);
      // the lake may have read what the journal could not write, never the other way round
      expect(missing).toBeLessThanOrEqual(lost);
      expect(missing).toBeGreaterThan(0);
      expect(new Set(verdict.holes.map(({ reason }) => reason))).toEqual(new Set(["lapped"]));
    },
  );
});

function mayMount(): boolean {
  return process.platform === "linux" && process.getuid?.() === 0;
}
