import { setTimeout as sleep } from "node:timers/promises";
import { seeded } from "../stress/pattern.ts";
import type { House } from "./house.ts";

export const VICTIMS = ["lane main", "journal", "sink lake", "gateway"] as const;
export type Victim = (typeof VICTIMS)[number];

/** Longest time a victim gets to work before it is killed, ms: from its very first moments to everything at work. */
const LIFE_MS: Readonly<Record<Victim, number>> = {
  "lane main": 2500,
  journal: 1000,
  "sink lake": 1200,
  gateway: 4000,
};
/** Share of the kills that come as soon as the process is there. */
const EARLY = 0.2;

export interface Killing {
  readonly kills: number;
  readonly seconds: number;
  /** Messages the market sent, and slots that were committed, a second over all of it: also while nobody listened. */
  readonly messagesPerSecond: number;
  readonly slotsPerSecond: number;
}

/** Kills one part of a running gateway, or the gateway itself, at `count` moments drawn from the seed, and lets it come back. */
export async function killAtRandom(
  house: House,
  victim: Victim,
  count: number,
  seed: number,
): Promise<Killing> {
  const random = seeded(seed);
  const [sent, head, start] = [await house.sent(), await headOf(house), performance.now()];
  let pid = 0;
  for (let kill = 0; kill < count; kill++) {
    const life = random() < EARLY ? 0 : random() * LIFE_MS[victim];
    if (victim === "gateway") await killGateway(house, life);
    else {
      pid = await house.pidOf(victim, pid);
      await sleep(life);
      process.kill(pid, "SIGKILL");
    }
  }
  if (victim !== "gateway") await house.pidOf(victim, pid);
  await house.live();
  const seconds = (performance.now() - start) / 1000;
  return {
    kills: count,
    seconds,
    messagesPerSecond: ((await house.sent()) - sent) / seconds,
    slotsPerSecond: ((await headOf(house)) - head) / seconds,
  };
}

/** It may be killed while it starts; whoever restarts it (a service manager) does so at once. */
async function killGateway(house: House, life: number): Promise<void> {
  await sleep(life);
  await house.kill();
  house.start();
}

async function headOf(house: House): Promise<number> {
  return (await house.testimony()).at(-1)?.end ?? 0;
}
