/**
 * How long from the moment a message is due until it is committed, at a steady pace, against C and ws?
 *
 * A sender process writes one frame of 160 bytes each 100 us (FEEDHORN_BENCH_RATE a second), at its due time, whoever
 * listens; the frame carries that time and every client measures from it. One client at a time, all in the same rounds:
 * a whole lane of feedhorn (`latency: low` and `normal`: read, parsed, deduplicated, committed, tables written, then the
 * clock), a C program that does nothing but epoll_wait, recv and the clock (asleep, and busy), and the ws package with
 * JSON.parse. The last row has the sender itself, in another process than the lane, spin on the ring between its writes:
 * from due to seen by a reader. Sender and clients are bound to a core each where there are two or more.
 *
 * FEEDHORN_BENCH_SVG=FILE writes the distributions (medians over the rounds) as a chart.
 */
import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { on } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { CHART_SHARES, percentileChart } from "./chart.ts";
import { compileC } from "./compile-c.ts";
import { ended, machineSeconds, Processes } from "./gateway-processes.ts";
import { compare, quantile, race } from "./harness.ts";
import type { BenchOptions, Contestant, Row, Samples } from "./harness.ts";
import type { Taken, TakeOrder } from "./latency-lane.ts";
import type { SendOrder, Sent } from "./latency-sender.ts";

const RATE = Number(process.env["FEEDHORN_BENCH_RATE"] ?? 10_000);
/** A fifth of a second of each contestant per round; the first tenth only warms up. */
const MESSAGES = Math.round(RATE / 5);
const SKIPPED = Math.round(MESSAGES / 10);
const QUIET_MS = 1500;
const LOOK_MS = 50;
const CORES = cpus().length > 1 ? { sender: "0", client: "1" } : { sender: "any", client: "any" };

const LOW = "feedhorn low";
const NORMAL = "feedhorn normal";
const SEEN = "feedhorn low, seen by another process";
const EPOLL = "C epoll";
const BUSY = "C busy epoll";
const WS = "ws, JSON.parse";

interface LatencyRow extends Row {
  p50_us: number;
  baseline_p50_us: number;
  p99_us: number;
  baseline_p99_us: number;
}

/** Somebody who takes messages. Told to, it says that it is ready, and later what it saw. */
interface Client {
  readonly who: string;
  order(order: TakeOrder): void;
  next(): Promise<unknown>;
}

const processes = { all: new Processes() };

/** A bench file as a process; `args` is its first message, and its answer to that comes back with it. */
async function start(
  name: string,
  args: readonly string[],
): Promise<{ child: ChildProcess; next: Client["next"]; said: unknown }> {
  const child = processes.all.fork(name);
  const heard = on(child, "message");
  const next = async (): Promise<unknown> => {
    const { value } = (await Promise.race([heard.next(), ended(child)])) as { value: unknown[] };
    return value[0];
  };
  child.send(args);
  return { child, next, said: await next() };
}

async function nodeClient(
  name: string,
  who: string,
  args: readonly string[],
): Promise<Client & { said: unknown }> {
  const { child, next, said } = await start(name, args);
  return { who, order: (order) => child.send(order), next, said };
}

async function cClient(program: string, port: string): Promise<Client> {
  const child = processes.all.spawn([program], [port, CORES.client === "any" ? "-1" : CORES.client]);
  const lines = createInterface(child.stdout!)[Symbol.asyncIterator]();
  const line = async (): Promise<string> =>
    (await Promise.race([lines.next(), ended(child)])).value as string;
  await line();
  const next = async (): Promise<unknown> => {
    const text = await line();
    if (text === "ready") return text;
    const [cpu, ...us] = text.split(" ").map(Number);
    return { us, cpu: cpu! } satisfies Taken;
  };
  const order = ({ name, messages }: TakeOrder): void =>
    void child.stdin!.write(`${name === BUSY ? "busy" : "epoll"} ${messages}\n`);
  return { who: "C", order, next };
}

/** What one contestant saw in the rounds that count, and what it cost. */
class Record {
  /** Latencies at CHART_SHARES, us, by round. */
  readonly curves: number[][] = [];
  /** CPU us per message by round. */
  readonly cpu: number[] = [];
  readonly p99: number[] = [];

  /** Returns the median, ns. */
  add(us: readonly number[], cpu: number): number {
    const counted = Float64Array.from(us.slice(SKIPPED)).toSorted();
    const at = (p: number): number => counted[Math.min(counted.length - 1, Math.floor(p * counted.length))]!;
    this.curves.push(CHART_SHARES.map(at));
    this.cpu.push((cpu * 1000) / MESSAGES);
    this.p99.push(at(0.99));
    return at(0.5) * 1000;
  }
}

/** Waits, at most QUIET_MS, until other programs leave the machine alone: two that spin need a core each. */
async function quiet(): Promise<void> {
  for (let waited = 0; waited < QUIET_MS; waited += LOOK_MS) {
    const before = machineSeconds();
    await setTimeout(LOOK_MS);
    const now = machineSeconds();
    const busy = now.busy - before.busy;
    if (busy / (busy + now.idle - before.idle || 1) < 0.1) return;
  }
}

/** One round of one contestant: it gets ready, the sender sends, both say what they saw. */
async function round(
  name: string,
  client: Client,
  sender: Sender,
  watch: string | null,
): Promise<[us: number[], cpu: number]> {
  await quiet();
  client.order({ name, messages: MESSAGES });
  await client.next();
  sender.child.send({ who: client.who, messages: MESSAGES, perSecond: RATE, watch } satisfies SendOrder);
  const [taken, sent] = (await Promise.all([client.next(), sender.next()])) as [Taken, Sent];
  sender.late.push(quantile(sent.late, 0.5), quantile(sent.late, 0.99));
  const us = watch === null ? taken.us : sent.seen;
  if (us.length < MESSAGES) throw new Error(`${name}: expected ${MESSAGES} messages, saw ${us.length}`);
  return [us, taken.cpu];
}

type Sender = Awaited<ReturnType<typeof start>> & { readonly late: number[] };

async function clients(port: string): Promise<Map<string, [Client, watch: string | null]>> {
  const lane = await nodeClient("latency-lane", "feedhorn", [port, processes.all.folder, CORES.client]);
  const program = compileC("latency");
  const found = new Map<string, [Client, string | null]>([
    [LOW, [lane, null]],
    [NORMAL, [lane, null]],
    [SEEN, [lane, lane.said as string]],
    [WS, [await nodeClient("latency-ws", "ws", [port, CORES.client]), null]],
  ]);
  if (program === null) return found;
  const c = await cClient(program, port);
  return found.set(EPOLL, [c, null]).set(BUSY, [c, null]);
}

/** What is compared with what. */
const PAIRS = [
  [LOW, EPOLL],
  [LOW, BUSY],
  [NORMAL, EPOLL],
  [LOW, WS],
  [NORMAL, WS],
  [SEEN, EPOLL],
] as const;

function* rows(samples: Samples, records: ReadonlyMap<string, Record>): Generator<Row | LatencyRow> {
  const cpu: Samples = new Map([...records].map(([name, record]) => [name, record.cpu]));
  for (const [own, other] of PAIRS) {
    if (!samples.has(other)) continue;
    yield {
      ...compare("latency", `${own}, p50 from due, against ${other}`, samples, own, other),
      p50_us: median(samples.get(own)!) / 1000,
      baseline_p50_us: median(samples.get(other)!) / 1000,
      p99_us: median(records.get(own)!.p99),
      baseline_p99_us: median(records.get(other)!.p99),
    };
    if (own === NORMAL)
      yield compare("latency", `${own}, CPU per message, against ${other}`, cpu, own, other);
  }
}

function median(values: readonly number[]): number {
  return Number(quantile(values, 0.5).toPrecision(3));
}

function draw(file: string, records: ReadonlyMap<string, Record>): void {
  const series = [...records].map(([name, { curves }]) => ({
    name,
    points: CHART_SHARES.map((p, i) => ({ p, us: median(curves.map((curve) => curve[i]!)) })).filter(
      ({ p }) => p <= 1 - 1 / MESSAGES,
    ),
  }));
  const [cpu] = cpus();
  const note = `${cpu?.model.trim() ?? "unknown"}, ${cpus().length} cores, node ${process.version}, ${new Date().toISOString().slice(0, 10)}`;
  const title = `${RATE.toLocaleString("en-US")} messages/s, one frame per write: from due to committed`;
  writeFileSync(file, percentileChart({ title, note, series }));
}

export async function* bench(options: BenchOptions): AsyncGenerator<Row> {
  processes.all = new Processes();
  try {
    const started = await start("latency-sender", [CORES.sender]);
    const sender: Sender = { ...started, late: [] };
    const all = await clients(String(started.said));
    const records = new Map([...all.keys()].map((name) => [name, new Record()]));
    const contestants: Contestant[] = [...all].map(([name, [client, watch]]) => ({
      name,
      run: async () => records.get(name)!.add(...(await round(name, client, sender, watch))),
    }));
    const samples = await race(contestants, options);
    for (const { curves, cpu, p99 } of records.values())
      for (const list of [curves, cpu, p99]) list.splice(0, options.warmup);
    const late = sender.late.map((us) => us.toFixed(1));
    process.stderr.write(
      `latency: writes began ${late.at(-2)} us (p50), ${late.at(-1)} us (p99) late in the last round\n`,
    );
    yield* rows(samples, records);
    const file = process.env["FEEDHORN_BENCH_SVG"];
    if (file !== undefined && file !== "") draw(file, records);
  } finally {
    await processes.all.close();
  }
}
