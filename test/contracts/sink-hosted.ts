import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { Verdict } from "./sink-judge.ts";
import { seeded } from "../stress/pattern.ts";
import { PATIENCE_MS, SinkHouse } from "./sink-house.ts";
import type { Trial } from "./sink-place.ts";
import { LossyProxy } from "./sink-proxy.ts";
import type { TrialServer } from "./sink-trial.ts";

/** Seconds that the vendor is away: 600 on demand. */
const OUTAGE_S = Number(process.env["OUTAGE_S"] ?? 2);
const PER_SECOND = 2000;
/** What is a lot for a process that holds a few batches: Node, our code and a vendor's library take about 150 MiB. */
const MOST_BYTES = 450 << 20;
/** The server stands still for so long; its sink must have noticed by the end. */
const STILL_MS = 6000;
/** Of more than so many not every value is compared. */
const MANY_SLOTS = 300_000;
/** It may take as long as it was away. */
const CATCH_UP_MS = PATIENCE_MS + OUTAGE_S * 1000;
const TIME_MS = 3 * PATIENCE_MS + 3 * OUTAGE_S * 1000;

/** What is promised of every sink in its host: a process of its own behind the journals of two lanes, and its vendor's real server. */
export function hostedContract(
  lossless: boolean,
  begin: () => Trial,
  server: (() => TrialServer) | null,
): void {
  it(
    "its process killed -9 under load: nothing is missing, nothing there twice",
    { timeout: TIME_MS },
    async () => {
      await housed(begin(), async (house) => {
        house.load(PER_SECOND);
        await house.until("something written", ({ written_slots: slots }) => slots > 2000);
        await sleep(300);
        await house.killProcess();
        await house.caughtUp();
        await end(house, lossless);
      });
    },
  );

  if (server === null) return;

  it(
    `its vendor killed -9 under load and away for ${OUTAGE_S} s: told, little memory, all of it caught up`,
    { timeout: TIME_MS },
    async () => {
      await housed(begin(), async (house) => {
        house.load(PER_SECOND);
        await house.until("something written", ({ written_slots: slots }) => slots > 2000);
        await server().kill();
        await house.until("degraded", ({ state, reason }) => state === "degraded" && reason !== null);
        await house.until("down", ({ state }) => state === "down");
        expect(house.counters()).toContainEqual(
          expect.objectContaining({ name: "feedhorn_sink_up", value: 0 }),
        );
        await sleep(OUTAGE_S * 1000);
        const from = performance.now();
        if (lossless)
          await house.until("what waits for it told", ({ lag_slots: lag }) => lag >= waiting(house) / 2);
        const behind = house.health.lag_slots;
        await server().start();
        await house.caughtUp(CATCH_UP_MS);
        note(house, `caught up with ${behind} slots in ${Math.round(performance.now() - from)} ms`);
        expect(house.counters()).toContainEqual(
          expect.objectContaining({ name: "feedhorn_sink_up", value: 1 }),
        );
        await end(house, lossless);
      });
    },
  );

  it("its vendor stands still: told, little memory, and it goes on", { timeout: TIME_MS }, async () => {
    await housed(begin(), async (house) => {
      house.load(PER_SECOND);
      await house.until("something written", ({ written_slots: slots }) => slots > 2000);
      await server().pause();
      try {
        await sleep(STILL_MS);
        expect(["degraded", "down"]).toContain(house.health.state);
        expect(house.health.reason).toBeTruthy();
      } finally {
        await server().resume();
      }
      await house.caughtUp();
      await end(house, lossless);
    });
  });
}

/** Vendor and the sink's process killed together, at the worst moment there is. */
export function killedTogether(begin: () => Trial, server: () => TrialServer): void {
  it(
    "its vendor and its process killed -9 at once: nothing is missing, nothing there twice",
    { timeout: TIME_MS },
    async () => {
      await housed(begin(), async (house) => {
        house.load(PER_SECOND);
        await house.until("something written", ({ written_slots: slots }) => slots > 2000);
        await Promise.all([server().kill(), house.killProcess()]);
        await server().start();
        await house.caughtUp();
        await end(house, true);
      });
    },
  );
}

const CUTS = 4;

/** Answers get lost on their way: the vendor has what the sink does not know of. */
export function lostAnswers(begin: (server: TrialServer) => Trial, server: () => TrialServer): void {
  it(
    "answers of its vendor lost under load: nothing is missing, nothing there twice",
    { timeout: TIME_MS },
    async () => {
      const random = seeded(7);
      const proxy = await LossyProxy.before(server());
      try {
        await housed(begin(proxy.server()), async (house) => {
          house.load(PER_SECOND);
          await house.until("something written", ({ written_slots: slots }) => slots > 2000);
          for (let i = 0; i < CUTS; i++) {
            const { lost } = proxy;
            await proxy.loseAnswers(random);
            expect(proxy.lost).toBeGreaterThan(lost);
            await house.caughtUp();
          }
          await end(house, true);
        });
      } finally {
        await proxy.close();
      }
    },
  );
}

/** With wrong credentials: told in words, tried again, and no secret anywhere. */
export function refusedEntry(begin: () => Trial): void {
  it(
    "wrong credentials are told in words, and no secret is said anywhere",
    { timeout: TIME_MS },
    async () => {
      await housed(begin(), async (house) => {
        await house.until("a reason", ({ state, reason }) => state !== "connected" && reason !== null);
        const { pid } = house;
        const { said, secrets } = house.trial;
        if (process.platform === "linux" && pid !== 0) said.add(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
        expect(house.health.reason).toMatch(/expected .*saw /s);
        expect(house.health.written_slots).toBe(0);
        expect(secrets).not.toEqual([]);
      });
    },
  );
}

async function housed(trial: Trial, work: (house: SinkHouse) => Promise<void>): Promise<void> {
  const house = new SinkHouse(trial);
  try {
    await house.start();
    await work(house);
  } finally {
    await house.close();
  }
  expect(trial.said.leaks(trial.secrets)).toEqual([]);
}

/** Writes to the end, and judges. */
async function end(house: SinkHouse, lossless: boolean): Promise<void> {
  expect(house.crashed).toBeNull();
  expect(await house.stop()).toEqual(new Map());
  const slots = [...house.heads.values()].reduce((sum, head) => sum + head, 0);
  const verdicts = await house.judge(slots > MANY_SLOTS ? 97 : 1);
  for (const verdict of Object.values(verdicts)) {
    expect(faultsOf(verdict, lossless)).toEqual([]);
    expect(verdict.records).toBeGreaterThan(0);
    expect(verdict.holes).toEqual([]);
  }
  note(house, `peak ${house.peakRss >> 20} MiB`);
  expect(house.peakRss).toBeLessThan(MOST_BYTES);
}

/** Slots committed of which the last mark knows nothing. */
function waiting({ heads, health }: SinkHouse): number {
  return [...heads].reduce((sum, [lane, head]) => sum + head - Number(health.marks[lane] ?? 0), 0);
}

/** What promises less may miss what came while its vendor was away. */
export function faultsOf({ faults }: Verdict, lossless: boolean): string[] {
  return faults.filter((fault) => lossless || !/missing|more than once|out of order/.test(fault));
}

function note({ trial }: SinkHouse, text: string): void {
  if (process.env["FEEDHORN_SAY"] !== undefined) process.stderr.write(`${trial.settings.name}: ${text}\n`);
}
