import * as fs from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { seeded } from "../stress/pattern.ts";
import { House, LANE } from "./house.ts";
import { judgeJournal } from "./journal-judge.ts";
import { judge } from "./judge.ts";
import type { Missing } from "./judge.ts";
import { Power } from "./power.ts";

/**
 * Loss of power under 20,000 messages a second: all processes end at once, the shared memory is gone, and of the files
 * there is what was fsynced, and by chance some more. CUTS=50 for the long run, SEED for other moments.
 */
const CUTS = Number(process.env["CUTS"] ?? 3);
const SEED = Number(process.env["SEED"] ?? 20261121);
const PER_CUT_MS = 20_000;
/** From a gateway that is live to the cut, ms. */
const LIFE_MS = 2500;

let power: Power;
let folder = "";
let house: House | null = null;
beforeEach(() => {
  folder = fs.mkdtempSync("/tmp/feedhorn-power-");
  power = new Power(folder);
});
afterEach(async () => {
  await house?.close();
  fs.rmSync(folder, { recursive: true });
});

it(
  `after ${CUTS} losses of power everything below the durable mark is there once, and what was lost is named`,
  { timeout: 180_000 + CUTS * PER_CUT_MS },
  async () => {
    house = await House.build({
      env: power.env,
      lake: { flush_ms: 400 },
      config: { journal: { isolation: "process", segment_bytes: 1 << 20, keep_ms: 3_600_000 } },
    });
    const random = seeded(SEED);
    const durable: number[] = [];
    for (let i = 0; i < CUTS; i++) {
      house.start();
      await house.live();
      await sleep(300 + random() * LIFE_MS);
      await house.killAll();
      durable.push(house.durable());
      await house.testimony();
      fs.rmSync(house.region);
      const before = `${house.data}.${i}`;
      fs.renameSync(house.data, before);
      // every second time nothing but what was fsynced is there
      power.leave(before, house.data, i % 2 === 0 ? null : random);
    }
    house.start();
    await house.live();
    expect(await house.stop()).toBe("code 0");
    const seen = await house.testimony();
    const verdict = await judge(join(house.data, "lake"), seen, house.folder);
    const journal = judgeJournal(house.data, LANE, seen);
    process.stderr.write(`power: ${JSON.stringify({ durable, verdict, journal })}\n`);
    expect(verdict.faults).toEqual([]);
    // one hole for each loss: from what was surely there, or more, to where the lane went on
    const holes = durable.map((safe, i) => ({ safe, first: seen[i + 1]!.first }));
    for (const found of [verdict.holes, journal.holes] as Missing[][]) {
      expect(found.map(({ last, reason }) => ({ last, reason }))).toEqual(
        holes.map(({ first }) => ({ last: first - 1, reason: "region_gone" })),
      );
      for (const [i, { safe }] of holes.entries()) expect(found[i]!.first).toBeGreaterThanOrEqual(safe);
    }
    expect([journal.wrong, journal.first, journal.end]).toEqual([0, 0, verdict.end]);
  },
);
