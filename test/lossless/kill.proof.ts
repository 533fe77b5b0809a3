import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { House, LANE } from "./house.ts";
import { judgeJournal } from "./journal-judge.ts";
import { judge } from "./judge.ts";
import { killAtRandom, VICTIMS } from "./kills.ts";

/**
 * kill -9 of every part at random moments under 20,000 messages a second. KILLS=200 for the long run, SEED for other moments;
 * `-t journal` for one part.
 */
const KILLS = Number(process.env["KILLS"] ?? 8);
const SEED = Number(process.env["SEED"] ?? 20261121);
const PER_KILL_MS = 15_000;

let house: House | null = null;
afterEach(async ({ task }) => {
  await house?.close(task.result?.state === "fail" && process.env["KEEP"] !== undefined);
  house = null;
});

it.each(VICTIMS)(
  `%s killed at ${KILLS} random moments: the lake holds every committed slot once`,
  { timeout: 180_000 + KILLS * PER_KILL_MS },
  async (victim) => {
    // many files of the lake and of the journal, of which none is deleted: it is judged, too
    const journal = { isolation: "process", segment_bytes: 4 << 20, keep_ms: 86_400_000 } as const;
    house = await House.build({ lake: { flush_ms: 500 }, config: { journal } });
    house.start();
    await house.live();
    const killing = await killAtRandom(house, victim, KILLS, SEED);
    expect(await house.stop(), house.lastWords()).toBe("code 0");
    const seen = await house.testimony();
    const verdict = await judge(join(house.data, "lake"), seen, house.folder);
    process.stderr.write(`${victim}: ${JSON.stringify({ ...killing, ...verdict })}\n`);
    expect(verdict.faults).toEqual([]);
    const kept = judgeJournal(house.data, LANE, seen);
    expect(kept).toEqual({ first: 0, end: verdict.end, holes: [], wrong: 0, wrongAt: null });
    expect(verdict.holes).toEqual([]);
    expect(verdict.slots).toBe(verdict.end);
    // the load was there
    expect(killing.messagesPerSecond).toBeGreaterThan(
      victim === "lane main" || victim === "gateway" ? 3000 : 10_000,
    );
  },
);
