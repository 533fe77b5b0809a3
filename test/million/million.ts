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
/** Shares of the events: there when the sink begins; while it runs, and things are killed. The rest comes at once at the end, when nothing is killed. */
const [BACKLOG, LOAD] = [EVENTS * 0.5, EVENTS * 0.4];
const LOAD_S = Math.max(8, LOAD / 25_000);
/** A server is away for at most so long, besides the time it takes to start. */
const AWAY_MS = 1500;
/** One event in so many is compared value by value: a prime, as kinds follow each other in tens. */
const ONE_IN = 97;
/** The slowest vendor that is still one, events a second. */
const SLOWEST = 1000;
const PATIENCE_MS = 120_000 + (EVENTS / SLOWEST) * 1000;

/**
 * EVENTS events (100,000; 1,000,000 on demand) of every kind through journal, ring and the sink's process into the real server, which is
 * killed -9 and started again three times at moments drawn from SEED, and the process once. Then everything that the vendor
 * holds is read back and compared with the journal: every slot once, in order for each instrument, and one event in 97 value by value.
 */
export function million<Server extends TrialServer>(sink: Sink<never>, trial: SinkTrial<Server>): void {
  const missing = trial.servers?.missing() ?? null;
  const name = `${sink.type}${trial.title === undefined ? "" : ` (${trial.title})`}`;
  const title = `${name}: ${EVENTS} events are there once, whatever is killed`;
  it.skipIf(missing !== null)(title, { timeout: 3 * PATIENCE_MS }, async () => {
    const places = new Places<Server>();
    const server = (await trial.servers?.start()) ?? null;
    if (server !== null) places.serve(server);
    const house = new SinkHouse(new Trial(sink as Sink, trial, places.next()) as unknown as Trial);
    try {
      const account = await new Run(house, server).account();
      const verdicts = Object.values(await house.judge(ONE_IN));
      const found = verdicts.map(({ holes, ...rest }) => ({ ...rest, holes: holes.length }));
      process.stderr.write(`${JSON.stringify({ sink: name, ...account, found })}\n`);
      for (const verdict of verdicts) clean(verdict);
      expect(house.trial.said.leaks(house.trial.secrets)).toEqual([]);
    } finally {
      await house.close();
      server?.remove();
      places.clear();
    }
  });
}

function clean({ faults, holes, compared, missing, twice }: Verdict): void {
  expect(faults).toEqual([]);
  expect([missing, twice, holes]).toEqual([0, 0, []]);
  expect(compared).toBeGreaterThan(0);
}

/** What a run shows. */
interface Account {
  readonly events: number;
  readonly slots: number;
  /** Moments, in seconds since the start of the sink. */
  readonly serverKills: readonly number[];
  readonly processKills: readonly number[];
  /** Until everything was safe. */
  readonly seconds: number;
  /** Slots behind when the load ended, and how long it took until they were safe. */
  readonly behindSlots: number;
  readonly catchUpS: number;
  /** Of the last share, from its commit until it was safe, with nothing killed. */
  readonly eventsPerSecond: number;
  readonly peakMib: number;
  /** Records that the sink says the vendor refused. */
  readonly refused: number;
}

class Run {
  readonly #house: SinkHouse;
  readonly #server: TrialServer | null;
  readonly #random = seeded(SEED);
  readonly #serverKills: number[] = [];
  readonly #processKills: number[] = [];
  #from = 0;

  constructor(house: SinkHouse, server: TrialServer | null) {
    this.#house = house;
    this.#server = server;
  }

  async account(): Promise<Account> {
    const house = this.#house;
    house.write(BACKLOG);
    this.#from = performance.now();
    await this.#backlog();
    await this.#load();
    const behindSlots = house.health.lag_slots;
    const catchUpS = await this.#safe();
    const last = EVENTS - BACKLOG - LOAD;
    house.write(last);
    const eventsPerSecond = Math.round(last / (await this.#safe()));
    const seconds = this.#now();
    expect(house.crashed).toBeNull();
    expect(await house.stop()).toEqual(new Map());
    const slots = [...house.heads.values()].reduce((sum, head) => sum + head, 0);
    const [peakMib, refused] = [house.peakRss >> 20, house.refused];
    const kills = { serverKills: this.#serverKills, processKills: this.#processKills };
    return {
      events: EVENTS,
      slots,
      ...kills,
      seconds,
      behindSlots,
      catchUpS,
      eventsPerSecond,
      peakMib,
      refused,
    };
  }

  /** The server dies while large batches are under way. */
  async #backlog(): Promise<void> {
    await this.#house.start();
    await this.#house.until("a first batch", ({ written_slots: slots }) => slots > 0);
    await sleep(this.#random() * Math.min(1000, EVENTS / 500));
    await this.#killServer();
  }

  /** Two more times, and the process once, under load. */
  async #load(): Promise<void> {
    this.#house.load(LOAD / LOAD_S, LOAD);
    const from = performance.now();
    const moments = Array.from({ length: 3 }, () => this.#random() * LOAD_S * 1000).toSorted((a, b) => a - b);
    const ours = Math.floor(this.#random() * moments.length);
    for (const [i, moment] of moments.entries()) {
      await sleep(Math.max(0, moment - (performance.now() - from)));
      await (i === ours ? this.#killProcess() : this.#killServer());
    }
    await this.#house.loaded();
  }

  async #killServer(): Promise<void> {
    if (this.#server === null) return;
    this.#serverKills.push(this.#now());
    await this.#server.kill();
    await sleep(this.#random() * AWAY_MS);
    await this.#server.start();
  }

  async #killProcess(): Promise<void> {
    this.#processKills.push(this.#now());
    await this.#house.killProcess();
  }

  /** Seconds until everything committed is safe. */
  async #safe(): Promise<number> {
    const from = performance.now();
    await this.#house.caughtUp(PATIENCE_MS);
    return Number(((performance.now() - from) / 1000).toFixed(2));
  }

  #now(): number {
    return Number(((performance.now() - this.#from) / 1000).toFixed(2));
  }
}
