/**
 * How long from the moment a message is due at the venue's socket until a subscriber of Redis has it, at a steady pace?
 *
 * A sender process writes one frame each 100 us (FEEDHORN_BENCH_RATE a second) at its due time, whoever listens (open loop). A lane reads, parses and commits
 * it; the Redis sink, a process of its own as in a gateway, is woken by the ring and publishes it; a real server hands it to a subscriber,
 * which looks at the clock. The floor is the same without venue, lane and sink: another process puts a message of the same length into the same server at its due
 * time. On two cores seven processes take turns, so the floor is a large part of it.
 *
 * The second row is the lane alone, from due to committed, while Redis stands still (SIGSTOP), against the same while it answers. All in the same rounds.
 */
import type { ChildProcess } from "node:child_process";
import { on } from "node:events";
import { cpus } from "node:os";
import { services, startService } from "../test/services/service.ts";
import { ended, Processes } from "./gateway-processes.ts";
import { compare, quantile, race } from "./harness.ts";
import type { BenchOptions, Contestant, Row } from "./harness.ts";
import type { Taken, TakeOrder } from "./latency-lane.ts";
import type { SendOrder, Sent } from "./latency-sender.ts";

const RATE = Number(process.env["FEEDHORN_BENCH_RATE"] ?? 10_000);
/** Half a second of each per round; the first tenth only warms up. */
const MESSAGES = Math.round(RATE / 2);
const SKIPPED = Math.round(MESSAGES / 10);
const CORES = cpus().length > 1 ? { sender: "0", client: "1" } : { sender: "any", client: "any" };
const OURS = "feedhorn: socket to subscriber";
const FLOOR = "plain publisher to subscriber";
const STALLED = "lane while Redis stands still";
const LANE = "lane while Redis answers";

interface LatencyRow extends Row {
  p50_us: number;
  p99_us: number;
  baseline_p50_us: number;
  baseline_p99_us: number;
  /** Of the sink's process. */
  sink_cpu_us_per_message?: number;
}

/** A process and what it says. */
interface Helper {
  readonly child: ChildProcess;
  next(): Promise<unknown>;
}

async function start(
  all: Processes,
  name: string,
  args: readonly string[],
): Promise<Helper & { said: unknown }> {
  const child = all.fork(name);
  const heard = on(child, "message");
  const next = async (): Promise<unknown> => {
    const { value } = (await Promise.race([heard.next(), ended(child)])) as { value: unknown[] };
    return value[0];
  };
  child.send(args);
  return { child, next, said: await next() };
}

interface Figures {
  readonly p50: number;
  readonly p99: number;
}

/** What one contestant saw in each round, us. */
class Seen {
  readonly p50: number[] = [];
  readonly p99: number[] = [];

  /** Returns the median, ns. */
  add(us: readonly number[]): number {
    const counted = Float64Array.from(us.slice(SKIPPED)).toSorted();
    this.p50.push(quantile([...counted], 0.5));
    this.p99.push(quantile([...counted], 0.99));
    return this.p50.at(-1)! * 1000;
  }

  /** Medians over the rounds that count. */
  figures(warmup: number): Figures {
    const middle = (all: readonly number[]): number => Math.round(quantile(all.slice(warmup), 0.5));
    return { p50: middle(this.p50), p99: middle(this.p99) };
  }
}

export async function* bench(options: BenchOptions): AsyncGenerator<Row> {
  const missing = services.missing("redis");
  if (missing !== null) throw new Error(missing);
  const all = new Processes();
  const server = await startService("redis");
  try {
    const port = String(server.port);
    const sender = await start(all, "latency-sender", [CORES.sender]);
    const lane = await start(all, "latency-lane", [String(sender.said), all.folder, CORES.client]);
    const sink = await start(all, "redis-sink", [port, lane.said as string, "any"]);
    const subscriber = await start(all, "redis-subscriber", [port, "any"]);
    const publisher = await start(all, "redis-publisher", [port, CORES.sender]);
    const cpu: number[] = [];
    const seen = new Map([OURS, FLOOR, STALLED, LANE].map((name) => [name, new Seen()]));
    const lanes: number[] = [];
    const contestant = (name: string, run: () => Promise<number>): Contestant => ({ name, run });
    const ours = async (): Promise<number> => {
      const before = await cpuOf(sink);
      await ready(lane, { name: "feedhorn normal", messages: MESSAGES } satisfies TakeOrder);
      const us = await taken(subscriber, sender, "feedhorn");
      lanes.push(seen.get(LANE)!.add(((await lane.next()) as Taken).us));
      cpu.push(((await cpuOf(sink)) - before) / MESSAGES);
      return seen.get(OURS)!.add(us);
    };
    const stalled = async (): Promise<number> => {
      await ready(lane, { name: "feedhorn normal", messages: MESSAGES } satisfies TakeOrder);
      await ready(subscriber, MESSAGES);
      server.pause();
      sender.child.send(orderFor("feedhorn"));
      const [{ us }] = (await Promise.all([lane.next(), sender.next()])) as [Taken, Sent];
      server.resume();
      await subscriber.next();
      return seen.get(STALLED)!.add(us);
    };
    const floor = async (): Promise<number> => seen.get(FLOOR)!.add(await taken(subscriber, publisher, ""));
    const samples = await race(
      [contestant(OURS, ours), contestant(STALLED, stalled), contestant(FLOOR, floor)],
      options,
    );
    samples.set(LANE, lanes.slice(options.warmup));
    const sinkCpu = Number(quantile(cpu.slice(options.warmup), 0.5).toPrecision(3));
    for (const [own, other] of [
      [OURS, FLOOR],
      [STALLED, LANE],
    ] as const) {
      const [mine, theirs] = [own, other].map((name) => seen.get(name)!.figures(options.warmup)) as [
        Figures,
        Figures,
      ];
      const row: LatencyRow = {
        ...compare("redis", `${own}, ${RATE} a second`, samples, own, other),
        p50_us: mine.p50,
        p99_us: mine.p99,
        baseline_p50_us: theirs.p50,
        baseline_p99_us: theirs.p99,
        ...(own === OURS ? { sink_cpu_us_per_message: sinkCpu } : {}),
      };
      yield row;
    }
  } finally {
    await all.close();
    server.remove();
  }
}

async function ready(helper: Helper, order: TakeOrder | number): Promise<void> {
  helper.child.send(order);
  await helper.next();
}

function orderFor(who: string): SendOrder {
  return { who, messages: MESSAGES, perSecond: RATE, watch: null };
}

/** The subscriber gets ready, somebody sends, all of it arrives. */
async function taken(subscriber: Helper, sender: Helper, who: string): Promise<readonly number[]> {
  await ready(subscriber, MESSAGES);
  sender.child.send(orderFor(who));
  const [{ us }] = (await Promise.all([subscriber.next(), sender.next()])) as [Taken, Sent];
  return us;
}

async function cpuOf(sink: Helper): Promise<number> {
  sink.child.send("how");
  return ((await sink.next()) as { cpu: number }).cpu;
}
