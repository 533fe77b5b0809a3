import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { KIND } from "../../src/model/index.ts";
import type { OpenSink, Sink, SinkHost, SlotBatch } from "../../src/sinks/index.ts";
import { feedOf, randomOf } from "./sink-feed.ts";
import type { Feed } from "./sink-feed.ts";

/** How the suite looks at what a sink has written. */
export interface SinkTrial {
  /** Its part of the configuration; everything it writes goes under `dir`. */
  options(dir: string): object;
  /** What there is of a lane: pieces of events or whole ones, by the slots they stand for, and the holes it was told of. */
  read(dir: string, lane: string): Promise<readonly Written[]>;
}

export interface Written {
  readonly seq: number;
  readonly slots: number;
  readonly hole?: boolean;
}

const LANES = ["a", "b"];

/** What is promised of every sink, whatever its vendor. */
export function sinkContract(sink: Sink, trial: SinkTrial): void {
  describe(`sink ${sink.type}`, () => {
    const dirs: string[] = [];
    afterEach(() => {
      for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
    });
    const begin = (): Trial => {
      const dir = mkdtempSync(join(tmpdir(), "feedhorn-sink-"));
      dirs.push(dir);
      return new Trial(sink, trial, dir);
    };

    it("says what it is", () => {
      expect(sink.type).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(["lossless", "lapped", "latest"]).toContain(sink.delivery);
      const kinds = Object.values(KIND);
      if (sink.accepts !== "all") expect(kinds).toEqual(expect.arrayContaining([...sink.accepts]));
      expect(sink.flushMs).toBeGreaterThanOrEqual(10);
    });

    it("writes every event of every kind once, whatever the batches, and tells how far it is safe", async () => {
      const one = begin();
      const feeds = LANES.map((lane, i) => feedOf(lane, 300, 7 + i));
      await one.open();
      for (const feed of feeds) await one.writeAll(feed, 0, 3);
      expect(await one.flush()).toEqual({ a: feeds[0]!.count, b: feeds[1]!.count });
      await one.close();
      for (const feed of feeds) expect(slotsOf(await one.read(feed.lane))).toEqual(range(0, feed.count));
    });

    it("goes on where it is safe after it was thrown away, and nothing is missing or there twice", async () => {
      const one = begin();
      const feed = feedOf("a", 300, 11);
      const random = randomOf(5);
      let mark = 0;
      for (let at = 0; at < 300;) {
        await one.open();
        const from = one.sink.resumeAt?.("a") ?? mark;
        expect(from).toBeGreaterThanOrEqual(mark);
        at = feed.starts.indexOf(from);
        expect(at).toBeGreaterThanOrEqual(0);
        const middle = Math.min(300, at + Math.floor(random() * 60) + 1);
        await one.write(feed.batch(at, middle));
        if (random() < 0.7) mark = (await one.flush())["a"]!;
        const end = Math.min(300, middle + Math.floor(random() * 60));
        await one.write(feed.batch(middle, end));
        if (end === 300) mark = (await one.flush())["a"]!;
        await one.close();
        if (mark === feed.count) break;
      }
      const there = slotsOf(await one.read("a"));
      expect([...new Set(there)]).toEqual(range(0, feed.count));
      if (sink.delivery === "lossless" && (await one.knows())) expect(there).toEqual(range(0, feed.count));
    });

    it("keeps the holes it is told of, and goes on behind them", async () => {
      const one = begin();
      const feed = feedOf("a", 60, 3);
      const [from, to] = [feed.starts[20]!, feed.starts[30]!];
      await one.open();
      await one.write(feed.batch(0, 20));
      const holes = [{ first: from, last: to - 1, reason: "lapped" }];
      await one.write({ ...feed.batch(30, 60), holes });
      expect((await one.flush())["a"]).toBe(feed.count);
      await one.close();
      const there = await one.read("a");
      const kept = [...range(0, from), ...range(to, feed.count)];
      expect(slotsOf(there.filter(({ hole }) => hole !== true))).toEqual(kept);
      const told = there.filter(({ hole }) => hole === true);
      if (told.length > 0) expect(told).toEqual([{ seq: from, slots: to - from, hole: true }]);
    });

    it("takes stretches of which nothing was asked for", async () => {
      const one = begin();
      const feed = feedOf("a", 40, 9);
      await one.open();
      await one.write({ ...feed.batch(0, 10), count: 0 });
      await one.write(feed.batch(10, 20));
      await one.write({ ...feed.batch(20, 40), count: 0 });
      expect((await one.flush())["a"]).toBe(feed.count);
      await one.close();
      expect(slotsOf(await one.read("a"))).toEqual(range(feed.starts[10]!, feed.starts[20]!));
    });

    it("flushes when there is nothing, as often as it is asked", async () => {
      const one = begin();
      await one.open();
      const marks = [await one.flush(), await one.flush()];
      for (const mark of marks) for (const at of Object.values(mark)) expect(at).toBe(0);
      await one.close();
    });
  });
}

/** One sink on one folder, opened as often as the test likes. */
class Trial {
  readonly dir: string;
  readonly #sink: Sink;
  readonly #trial: SinkTrial;
  #open: OpenSink | null = null;

  constructor(sink: Sink, trial: SinkTrial, dir: string) {
    this.#sink = sink;
    this.#trial = trial;
    this.dir = dir;
  }

  get sink(): OpenSink {
    return this.#open!;
  }

  async open(): Promise<void> {
    this.#open = await this.#sink.open(this.#trial.options(this.dir), hostOf(this.dir, this.#sink.type));
  }

  write(batch: SlotBatch): Promise<"full" | void> {
    return this.sink.write(batch);
  }

  /** The events of a feed from the `from`-th on, in batches of growing size. */
  async writeAll(feed: Feed, from: number, step: number): Promise<void> {
    const events = feed.starts.length - 1;
    for (let at = from; at < events; step += 7) {
      const to = Math.min(events, at + step);
      await this.write(feed.batch(at, to));
      at = to;
    }
  }

  flush(): Promise<Readonly<Record<string, number>>> {
    return this.sink.flush();
  }

  close(): Promise<void> {
    return this.sink.close();
  }

  read(lane: string): Promise<readonly Written[]> {
    return this.#trial.read(this.dir, lane);
  }

  /** Whether the vendor itself tells where to go on. */
  async knows(): Promise<boolean> {
    await this.open();
    const at = this.sink.resumeAt?.("a") ?? null;
    await this.close();
    return at !== null;
  }
}

/** Every slot that something stands for, as often as it does. */
function slotsOf(written: readonly Written[]): number[] {
  return written.flatMap(({ seq, slots }) => range(seq, seq + slots)).toSorted((a, b) => a - b);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

function hostOf(data: string, name: string): SinkHost {
  const nothing = (): void => undefined;
  return { name, lanes: LANES, data, secrets: {}, report: nothing, state: nothing, figure: nothing };
}
