import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { seeded } from "../stress/pattern.ts";
import { House, LANE } from "./house.ts";
import { journalFolder, laneStart } from "../../src/store/index.ts";
import { judge } from "./judge.ts";

/** SIGTERM at random moments under 20,000 messages a second. STOPS=20 for the long run. */
const STOPS = Number(process.env["STOPS"] ?? 3);
const SEED = Number(process.env["SEED"] ?? 20261121);
const PER_STOP_MS = 20_000;

let house: House | null = null;
afterEach(() => house?.close());

it(
  `stopped ${STOPS} times under load: ring, journal and lake end at the same slot each time`,
  { timeout: 120_000 + STOPS * PER_STOP_MS },
  async () => {
    house = await House.build();
    const random = seeded(SEED);
    const took: number[] = [];
    for (let i = 0; i < STOPS; i++) {
      house.start();
      await house.live();
      await sleep(random() * 2000);
      const from = performance.now();
      expect(await house.stop()).toBe("code 0");
      took.push(Math.round(performance.now() - from));
      const seen = await house.testimony();
      expect(laneStart(journalFolder(house.data, LANE), 1).end).toBe(seen[0]!.end);
      const verdict = await judge(join(house.data, "lake"), seen, house.folder);
      expect(verdict.faults).toEqual([]);
      expect([verdict.slots, verdict.holes]).toEqual([seen[0]!.end, []]);
    }
    process.stderr.write(`SIGTERM: ended after ${took.join(", ")} ms\n`);
  },
);

it("a journal killed while it ends is no clean end: the lake has everything, and the next start makes up for it", async () => {
  house = await House.build();
  house.start();
  await house.live();
  const journal = await house.pidOf("journal");
  await sleep(500);
  const ended = house.stop();
  process.kill(journal, "SIGKILL");
  expect(await ended).toBe("code 1");
  expect(house.lastWords()).toMatch(/journal: (did not end in order|\d+ slots of lane main)/);
  for (let run = 0; run < 2; run++) {
    const seen = await house.testimony();
    const verdict = await judge(join(house.data, "lake"), seen, house.folder);
    expect(verdict.faults).toEqual([]);
    expect([verdict.slots, verdict.holes]).toEqual([seen[0]!.end, []]);
    if (run === 1) break;
    house.start();
    await house.live();
    expect(await house.stop(), house.lastWords()).toBe("code 0");
  }
});
