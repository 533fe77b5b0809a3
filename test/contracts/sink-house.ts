import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../../src/app/log.ts";
import { GatewaySink } from "../../src/app/sinks/start.ts";
import type { CounterSample, SinkHealth } from "../../src/servers/ops-source.ts";
import { JournalWriter, createRegion, defaultDir, journalFolder } from "../../src/store/index.ts";
import type { RegionHandle } from "../../src/store/index.ts";
import { FeedWriter } from "./sink-feed.ts";
import type { Verdict } from "./sink-judge.ts";
import { LANES } from "./sink-place.ts";
import type { Trial } from "./sink-place.ts";
import { truthOf } from "./sink-truth.ts";

const SLOTS = 1 << 17;
/** Between two looks, and between two pieces of load. */
const LOOK_MS = 20;
const PIECE_MS = 5;
/** Waits poll; a busy machine and a JVM may take their time. */
export const PATIENCE_MS = 90_000;

class HouseLane {
  readonly handle: RegionHandle;
  readonly journal: JournalWriter;
  readonly #feed: FeedWriter;
  head = 0;

  constructor(name: string, dir: string, data: string, seed: number) {
    this.handle = createRegion({ dir, lane: name, slots: SLOTS, instruments: 64 });
    this.journal = new JournalWriter(journalFolder(data, name), name, { fsyncMs: 1000 });
    this.journal.attach(this.handle);
    this.#feed = new FeedWriter(this.handle.region, seed, { startUs: Date.now() * 1000, stepUs: 500 });
  }

  /** So many events, and their copies in the journal. */
  write(events: number): void {
    for (let i = 0; i < events; i++) {
      this.#feed.write();
      if (i % 1024 === 1023) this.copy();
    }
    this.head = this.handle.region.head;
    this.copy();
  }

  copy(): void {
    while (this.journal.poll() > 0);
  }

  async close(): Promise<void> {
    await this.journal.close();
    this.handle.close();
  }
}

/** One sink as a gateway runs it, in a process of its own, behind lanes with journals and a load. */
export class SinkHouse {
  readonly trial: Trial;
  /** The worst, of the sink's process. */
  peakRss = 0;
  /** Of its process, by us: whatever else ends it is a fault of the sink. */
  kills = 0;
  readonly #lanes: readonly HouseLane[];
  readonly #regions: string;
  #sink: GatewaySink;
  #timer: NodeJS.Timeout | null = null;
  #watch: NodeJS.Timeout;
  #env: string[] = [];

  constructor(trial: Trial) {
    this.trial = trial;
    const memory = process.platform === "linux" ? dirname(defaultDir()) : tmpdir();
    this.#regions = fs.mkdtempSync(join(memory, "feedhorn-sink-"));
    const data = trial.config.data.dir!;
    this.#lanes = LANES.map((name, i) => new HouseLane(name, this.#regions, data, 21 + i));
    for (const [name, value] of Object.entries(trial.env)) {
      process.env[name] = value;
      this.#env.push(name);
    }
    this.#sink = this.#made();
    this.#watch = setInterval(() => this.#look(), LOOK_MS);
  }

  start(): Promise<void> {
    return this.#sink.begin();
  }

  /** Events a second, over all lanes, until it were `most` or `pause`. */
  load(perSecond: number, most = Infinity): void {
    const from = performance.now();
    let written = 0;
    this.#timer = setInterval(() => {
      const due = Math.min(most, Math.floor(((performance.now() - from) * perSecond) / 1000)) - written;
      written += due;
      this.write(due);
      if (written === most) this.pause();
    }, PIECE_MS);
  }

  /** The load has written all it was to. */
  async loaded(): Promise<void> {
    while (this.#timer !== null) await sleep(LOOK_MS);
  }

  pause(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** So many events at once, over all lanes. */
  write(events: number): void {
    this.#lanes.forEach((lane, i) => lane.write(Math.floor((events + i) / this.#lanes.length)));
  }

  get heads(): Map<string, number> {
    return new Map(LANES.map((name, i) => [name, this.#lanes[i]!.head]));
  }

  get health(): SinkHealth {
    return this.#sink.health;
  }

  get pid(): number {
    return this.#sink.standing.pid;
  }

  counters(): CounterSample[] {
    return this.#sink.counters();
  }

  /** Records that its vendor refused, as its process says. */
  get refused(): number {
    const counts = this.counters().filter(({ name }) => name.endsWith("_refused_total"));
    return counts.reduce((sum, { value }) => sum + Number(value), 0);
  }

  /** Everything that is committed now is safe at the vendor; asks until it is. */
  async caughtUp(ms = PATIENCE_MS): Promise<void> {
    const heads = this.heads;
    await this.until(
      `everything up to ${JSON.stringify([...heads])} safe`,
      ({ marks, state }) =>
        state === "connected" && [...heads].every(([lane, head]) => Number(marks[lane] ?? 0) >= head),
      ms,
    );
  }

  async until(what: string, wanted: (health: SinkHealth) => boolean, ms = PATIENCE_MS): Promise<void> {
    for (const end = performance.now() + ms; performance.now() < end; await sleep(LOOK_MS))
      if (wanted(this.health)) return;
    const last = this.trial.said.lines.slice(-5).join("\n");
    throw new Error(
      `expected ${what} within ${ms} ms, saw ${JSON.stringify(this.health)} of heads ${JSON.stringify([...this.heads])}; said last:\n${last}\nits server said last:\n${this.trial.serverSaid}`,
    );
  }

  /** SIGKILL for its process; resolves when another one is there. */
  async killProcess(): Promise<void> {
    await this.until("a process of the sink", () => this.pid !== 0);
    const before = this.pid;
    process.kill(before, "SIGKILL");
    this.kills += 1;
    await this.until("another process of the sink", () => this.pid !== 0 && this.pid !== before);
  }

  /** Why its process ended without us; null when it did not. */
  get crashed(): string | null {
    const { restarts, reason } = this.#sink.standing;
    return restarts === this.kills ? null : `${restarts} restarts after ${this.kills} kills: ${reason}`;
  }

  /** In order: everything is written. Slots that are left by lane, of lanes where some are. */
  async stop(ms = PATIENCE_MS): Promise<ReadonlyMap<string, number>> {
    this.pause();
    return this.#sink.stop(this.heads, ms, new Promise(() => undefined));
  }

  /** Compares what the vendor holds with the journals, lane by lane. */
  async judge(oneIn = 1): Promise<Record<string, Verdict>> {
    const verdicts: Record<string, Verdict> = {};
    for (const [lane, end] of this.heads) {
      const data = this.trial.config.data.dir!;
      const takes = this.trial.takes.bind(this.trial);
      const truth = truthOf({ data, lane, region: null, end, oneIn, takes });
      verdicts[lane] = await this.trial.judge(lane, truth);
    }
    return verdicts;
  }

  async close(): Promise<void> {
    this.pause();
    clearInterval(this.#watch);
    await this.#sink.stop(this.heads, 0, Promise.resolve());
    for (const lane of this.#lanes) await lane.close();
    for (const name of this.#env) delete process.env[name];
    fs.rmSync(this.#regions, { recursive: true, force: true });
  }

  #made(): GatewaySink {
    const { config, said } = this.trial;
    const places = this.#lanes.map(({ handle }, i) => ({ name: LANES[i]!, path: handle.path, buffer: null }));
    return new GatewaySink(config, this.trial.settings, places, logTo(said));
  }

  /** What `/health` and `/metrics` would say now. */
  #look(): void {
    const { said } = this.trial;
    const { state, reason } = this.health;
    for (const { name, value } of this.counters())
      if (name === "feedhorn_sink_resident_bytes") this.peakRss = Math.max(this.peakRss, Number(value));
    const last = said.states.at(-1);
    if (last !== undefined && last[0] === state && last[1] === (reason ?? "")) return;
    said.states.push([state, reason ?? ""]);
    said.add({ health: this.health, metrics: this.counters() });
  }
}

/** What a gateway would log, before anything is hidden in it. */
function logTo(said: { add(what: unknown): void }): Log {
  const at = (level: string) => (message: string, fields?: object) => said.add({ level, message, ...fields });
  const log: Log = {
    trace: at("trace"),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    fatal: at("fatal"),
    child: () => log,
    dropped: 0,
  };
  return log;
}
