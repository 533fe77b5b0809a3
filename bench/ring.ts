/**
 * How fast, and how soon, does the shared ring carry events from one process to another, against the same in C?
 *
 * A writer process puts quotes into a region, a reader process takes every one of them. Both pairs (TypeScript, C)
 * live for the whole run and take turns.
 *
 * - commit every n: as fast as they can, n events per commit (the writer waits for the reader's cursor, so that nothing
 *   is lost); time is the reader's, from the order to start until the last slot; both must read the same sum.
 *   The last rows compare a commit for many events with a commit for each.
 * - delay: 20,000 events a second, one per commit; the median of the time from commit to handler, by CLOCK_MONOTONIC.
 *   "thread": the reader's thread does nothing but wait; "loop": it waits in its event loop, as `lane.follow` does.
 * - idle: processor time of a reader that waits for nothing, in ns per second.
 */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { createRegion, defaultDir, regionPath } from "../src/store/index.ts";
import { compileC } from "./compile-c.ts";
import { compare, race } from "./harness.ts";
import type { BenchOptions, Contestant, Row } from "./harness.ts";
import { Pair } from "./ring-pair.ts";

const SLOTS = 16384;
const PER_ROUND = 1_000_000;
const BATCHES = [1, 8, 64];
/** Of the delays: slots per round, ns between two. */
const PACED = 2000;
const GAP_NS = 50_000;
const IDLE_MS = 300;
const WAITS = ["spin", "futex"];
const LOOP_WAITS = ["spin", "yield", "futex", "timer"];
/** Idle rounds wait, and say the same each time. */
const IDLE_OPTIONS = { rounds: 15, warmup: 0 };

export async function* bench(options: BenchOptions): AsyncGenerator<Row> {
  const parent = process.platform === "linux" ? path.dirname(defaultDir()) : os.tmpdir();
  const dir = fs.mkdtempSync(path.join(parent, "feedhorn-bench-"));
  const region = (lane: string): string => {
    createRegion({ dir, lane, slots: SLOTS, instruments: 16 }).close();
    return regionPath(lane, dir);
  };
  const program = compileC("ring");
  const ours = new Pair(null, region("ts"));
  const c = program === null ? null : new Pair(program, region("c"));
  try {
    await ours.ready();
    await c?.ready();
    yield* throughput(ours, c, options);
    yield* delays(ours, c, options);
    yield* idling(ours);
  } finally {
    ours.end();
    c?.end();
    fs.rmSync(dir, { recursive: true });
  }
}

async function* throughput(ours: Pair, c: Pair | null, options: BenchOptions): AsyncGenerator<Row> {
  const contestants = BATCHES.flatMap((batch) => [
    { name: `TypeScript, commit every ${batch}`, run: () => ours.batches(PER_ROUND, batch) },
    ...(c === null ? [] : [{ name: `C ${batch}`, run: () => c.batches(PER_ROUND, batch) }]),
  ]);
  const samples = await race(contestants, options);
  const name = (batch: number): string => `TypeScript, commit every ${batch}`;
  for (const batch of c === null ? [] : BATCHES)
    yield { ...compare("ring", `commit every ${batch}`, samples, name(batch), `C ${batch}`), baseline: "C" };
  for (const batch of BATCHES.slice(1))
    yield compare("ring", `commit every ${batch} against every event`, samples, name(batch), name(1));
}

async function* delays(ours: Pair, c: Pair | null, options: BenchOptions): AsyncGenerator<Row> {
  const run = (pair: Pair, how: string) => (): Promise<number> => pair.delay(PACED, GAP_NS, how);
  const contestants: Contestant[] = [
    ...WAITS.map((how) => ({ name: `thread ${how}`, run: run(ours, `thread-${how}`) })),
    ...LOOP_WAITS.map((how) => ({ name: `loop ${how}`, run: run(ours, how) })),
    ...(c === null ? [] : WAITS.map((how) => ({ name: `C ${how}`, run: run(c, how) }))),
  ];
  const samples = await race(contestants, options);
  for (const { name } of contestants) {
    if (name.startsWith("C ")) continue;
    const how = name.endsWith("futex") || name.endsWith("timer") ? "futex" : "spin";
    yield compare("ring", `delay, ${name}`, samples, name, c === null ? `thread ${how}` : `C ${how}`);
  }
}

async function* idling(ours: Pair): AsyncGenerator<Row> {
  const waits = ["thread-futex", ...LOOP_WAITS];
  const samples = await race(
    waits.map((how) => ({ name: how, run: () => ours.idle(IDLE_MS, how) })),
    IDLE_OPTIONS,
  );
  for (const how of waits) yield compare("ring", `idle second, ${how}`, samples, how, "spin");
}
