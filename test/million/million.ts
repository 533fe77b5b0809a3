import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { Sink } from "../../src/sinks/index.ts";
import { SinkHouse } from "../contracts/sink-house.ts";
import type { Verdict } from "../contracts/sink-judge.ts";
import { Places, Trial } from "../contracts/sink-place.ts";
import type { SinkTrial, TrialServer } from "../contracts/sink-trial.ts";
import { seeded } from "../stress/pattern.ts";

const EVENTS = Number(process.env["EVENTS"] ?? 100_000);
const SEED = Number(process.env["SEED"] ?? 20261121);
/** Shares of the events: there when the sink begins; while it runs, and things are killed; all at once at the end, when nothing is killed. */
const [BACKLOG, LOAD] = [0.5, 0.4];
const MOST_PER_SECOND = 25_000;
const LEAST_SECONDS = 8;
const SERVER_KILLS = 3;
/** A server is away for at most so long, besides the time it takes to start. */
const AWAY_MS = 1500;
/** One event in so many is compared value by value: a prime, as kinds follow each other in tens. */
const ONE_IN = 97;
/** The slowest vendor that is still one, events a second. */
const SLOWEST = 1000;

/** What a run shows. */
interface Account {
  sink: string;
  events: number;
  slots: number;
  /** Moments of the kills, s. */
  serverKills: number[];
  processKills: number[];
  /** From the first start until everything is safe. */
  seconds: number;
  /** Of the last share, from its commit until it is safe: nothing is killed then. */
  lastEvents: number;
  lastEventsPerSecond: number;
  peakMib: number;
}

/**
 * EVENTS events (100,000; 1,000,000 on demand) of every kind through journal, ring and the sink's process into the real server, which is
 * killed -9 and started again three times at moments drawn from SEED, and the process once. Then everything that the vendor
 * holds is read back and compared with the journal: every slot once, in order for each instrument, and one event in 97 value by value.
 */
export function million<Server extends TrialServer>(sink: Sink<never>, trial: SinkTrial<Server>): void {
  const missing = trial.servers?.missing() ?? null;
  const title = `${sink.type}: ${EVENTS} events are there once, whatever is killed`;
  it.skipIf(missing !== null)(title, { timeout: 300_000 + (EVENTS / SLOWEST) * 1000 }, async () => {
    const places = new Places<Server>();
    const server = (await trial.servers?.start()) ?? null;
    if (server !== null) places.serve(server);
    const house = new SinkHouse(new Trial(sink as Sink, trial, places.next()) as unknown as Trial);
    try {
      const account = await run(house, sink.type, server);
      const verdicts = await house.judge(ONE_IN);
      const found = Object.values(verdicts).map(({ holes, ...rest }) => ({ ...rest, holes: holes.length }));
      process.stderr.write(`${JSON.stringify({ ...account, found })}\n`);
      for (const verdict of Object.values(verdicts)) judge(verdict);
      expect(house.trial.said.leaks(house.trial.secrets)).toEqual([]);
    } finally {
      await house.close();
      server?.remove();
      places.clear();
    }
  });
}

function judge({ faults, holes, compared, missing, twice }: Verdict): void {
  expect(faults).toEqual([]);
  expect([missing, twice, holes]).toEqual([0, 0, []]);
  expect(compared).toBeGreaterThan(0);
}

async function run(house: SinkHouse, type: string, server: TrialServer | null): Promise<Account> {
  const random = seeded(SEED);
  house.write(EVENTS * BACKLOG);
  const from = performance.now();
  const now = (): number => Number(((performance.now() - from) / 1000).toFixed(2));
  const serverKills: number[] = [];
  const processKills: number[] = [];
  const killServer = async (): Promise<void> => {
    if (server === null) return;
    serverKills.push(now());
    await server.kill();
    await sleep(random() * AWAY_MS);
    await server.start();
  };
  await house.start();
  await house.until("a first batch", ({ written_slots: slots }) => slots > 0);
  await sleep(random() * 1000);
  await killServer();
  const [events, seconds] = [EVENTS * LOAD, Math.max(LEAST_SECONDS, (EVENTS * LOAD) / MOST_PER_SECOND)];
  house.load(events / seconds, events);
  const moments = Array.from({ length: SERVER_KILLS }, () => random() * seconds * 1000).toSorted(
    (a, b) => a - b,
  );
  const which = Math.floor(random() * SERVER_KILLS);
  const begun = performance.now();
  for (const [i, moment] of moments.entries()) {
    await sleep(Math.max(0, moment - (performance.now() - begun)));
    if (i !== which) await killServer();
    else {
      processKills.push(now());
      await house.killProcess();
    }
  }
  await house.loaded();
  await house.caughtUp(allowed());
  const last = EVENTS - EVENTS * BACKLOG - events;
  house.write(last);
  const lastFrom = performance.now();
  await house.caughtUp(allowed());
  const lastSeconds = (performance.now() - lastFrom) / 1000;
  const total = now();
  expect(await house.stop()).toEqual(new Map());
  return {
    sink: type,
    events: EVENTS,
    slots: [...house.heads.values()].reduce((sum, head) => sum + head, 0),
    serverKills,
    processKills,
    seconds: total,
    lastEvents: last,
    lastEventsPerSecond: Math.round(last / lastSeconds),
    peakMib: house.peakRss >> 20,
  };
}

function allowed(): number {
  return 120_000 + (EVENTS / SLOWEST) * 1000;
}
