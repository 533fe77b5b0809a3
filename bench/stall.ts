/**
 * How long does a snapshot of 5 MB hold up the other sockets of its lane, read in pieces against read whole?
 *
 * A server process sends Coinbase snapshots of 50,000 levels on one connection and a thousand trades a second on another;
 * one lane takes both, cutting every other snapshot. "turn": the longest turn of its event loop from asking for the
 * snapshot to having it committed, in processor time of the thread and by the clock; "wait": the longest that a trade
 * took from being sent to being committed meanwhile. Times are medians, not first quartiles, of the rounds.
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { compare, quantile, race } from "./harness.ts";
import type { BenchOptions, Contestant, Row, Samples } from "./harness.ts";
import type { Mode, Stall } from "./stall-lane.ts";

interface StallRow extends Row {
  /** Of all rounds, and the very first snapshot of the process, whose code is not compiled yet, ms. */
  worst_ms: number;
  baseline_worst_ms: number;
  first_ms: number;
}

/** What is compared, by its name in the rows. */
const FIGURES = {
  "longest turn": "turn",
  "longest turn by the clock": "turnByClock",
  "longest wait": "wait",
  "until it is committed": "took",
} as const satisfies Record<string, keyof Stall>;

const children: ChildProcess[] = [];

function start(name: string): ChildProcess {
  const child = fork(fileURLToPath(new URL(`./${name}.ts`, import.meta.url)));
  children.push(child);
  return child;
}

/** The next message of a child; its end before that is an error. */
async function heard<T>(child: ChildProcess): Promise<T> {
  const over = new AbortController();
  const { signal } = over;
  const message = once(child, "message", { signal }).then(([value]) => value as T);
  const ended = once(child, "exit", { signal }).then(([code]) => {
    throw new Error(`expected an answer of ${child.spawnargs.at(-1)}, saw its end with ${code}`);
  });
  try {
    return await Promise.race([message, ended]);
  } finally {
    over.abort();
    ended.catch(() => undefined);
    message.catch(() => undefined);
  }
}

const inMs = (ns: number): number => Number((ns / 1e6).toPrecision(3));

async function* measure(scanner: "wasm" | "js", options: BenchOptions): AsyncGenerator<StallRow> {
  const server = start("stall-server");
  const port = await heard<number>(server);
  const lane = start("stall-lane");
  lane.send([port, scanner]);
  await heard(lane);
  const take = async (mode: Mode): Promise<Stall> => {
    lane.send(mode);
    await heard(lane);
    server.send("snapshot");
    return heard<Stall>(lane);
  };
  const first = await take("sliced");
  const seen: Record<Mode, Stall[]> = { sliced: [], whole: [] };
  const contestant = (mode: Mode): Contestant => ({
    name: mode,
    run: async () => {
      const stall = await take(mode);
      seen[mode].push(stall);
      return stall.turn;
    },
  });
  await race([contestant("sliced"), contestant("whole")], options);
  for (const [name, key] of Object.entries(FIGURES)) {
    const of = (mode: Mode): number[] => seen[mode].slice(options.warmup).map((stall) => stall[key]);
    const samples: Samples = new Map([
      ["sliced", of("sliced")],
      ["whole", of("whole")],
    ]);
    yield {
      ...compare("stall", `${scanner}, ${name}`, samples, "sliced", "whole"),
      ns_per_op: Math.round(quantile(of("sliced"), 0.5)),
      baseline_ns_per_op: Math.round(quantile(of("whole"), 0.5)),
      worst_ms: inMs(Math.max(...of("sliced"))),
      baseline_worst_ms: inMs(Math.max(...of("whole"))),
      first_ms: inMs(first[key]),
    };
  }
  for (const child of children.splice(0)) child.kill();
}

export async function* bench(options: BenchOptions): AsyncGenerator<StallRow> {
  try {
    for (const scanner of ["wasm", "js"] as const) yield* measure(scanner, options);
  } finally {
    for (const child of children.splice(0)) child.kill();
  }
}
