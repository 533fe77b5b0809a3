/**
 * What does a sink cost beside the plain loop that a careful user of the vendor's client library would write?
 *
 * A row for every vendor and scheme, against the vendor's real server (test/services), which both write to in turn, each from a
 * process of its own: our sink gets batches of slots as its host hands them over, the loop gets ready-made event objects. A round is over when
 * the vendor has confirmed everything. ns per event; processor time of the writing process, events a second and memory go with the row.
 *
 * FEEDHORN_BENCH_SINKS=redis,kafka: only these.
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { compare, quantile, race } from "./harness.ts";
import type { BenchOptions, Row } from "./harness.ts";
import type { BenchServer, VendorBench, VendorCase } from "./sinks-vendor.ts";

const HERE = fileURLToPath(new URL("./", import.meta.url));
const TOOLS = new Set(["vendor", "market", "child"]);
const [OURS, PLAIN] = ["feedhorn", "plain"];

interface SinkRow extends Row {
  events_per_s: number;
  baseline_events_per_s: number;
  /** Processor time of the writing process, all its threads. */
  cpu_ns_per_event: number;
  baseline_cpu_ns_per_event: number;
  /** Baseline / own. */
  cpu_ratio: number;
  rss_mib: number;
  baseline_rss_mib: number;
}

interface Told {
  readonly ns: number;
  readonly cpuNs: number;
  readonly rss: number;
}

export async function* bench(options: BenchOptions): AsyncGenerator<Row> {
  for (const type of vendors()) {
    const { vendor } = (await import(`./sinks-${type}.ts`)) as { vendor: VendorBench };
    const missing = vendor.missing?.() ?? null;
    if (missing !== null) {
      process.stderr.write(`sinks: ${type} is left out: ${missing}\n`);
      continue;
    }
    const server = await vendor.start?.();
    try {
      for (const one of vendor.cases) yield await rowOf(type, one, server ?? null, options);
    } finally {
      server?.remove();
    }
  }
}

function vendors(): string[] {
  const files = fs.readdirSync(HERE).map((name) => /^sinks-([a-z]+)\.ts$/.exec(name)?.[1]);
  const all = files.filter((name) => name !== undefined && !TOOLS.has(name)) as string[];
  const asked = process.env["FEEDHORN_BENCH_SINKS"]?.split(",");
  const strange = asked?.find((name) => !all.includes(name));
  if (strange !== undefined)
    throw new Error(`FEEDHORN_BENCH_SINKS: expected some of ${all.join(",")}, saw "${strange}"`);
  return asked ?? all;
}

async function rowOf(
  type: string,
  one: VendorCase,
  server: BenchServer | null,
  options: BenchOptions,
): Promise<SinkRow> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "feedhorn-bench-sinks-"));
  const writers: Writer[] = [];
  try {
    for (const who of [OURS, PLAIN]) writers.push(await Writer.start(type, one.name, who!, dir, server));
    const samples = await race(writers, options);
    const row = compare("sinks", `${type} ${one.name}`, samples, OURS!, PLAIN!);
    const [ours, plain] = writers.map((writer) => writer.figures(options.warmup)) as [Told, Told];
    return {
      ...row,
      events_per_s: Math.round(1e9 / ours.ns),
      baseline_events_per_s: Math.round(1e9 / plain.ns),
      cpu_ns_per_event: Math.round(ours.cpuNs),
      baseline_cpu_ns_per_event: Math.round(plain.cpuNs),
      cpu_ratio: Number((plain.cpuNs / ours.cpuNs).toPrecision(3)),
      rss_mib: Math.round(ours.rss / 2 ** 20),
      baseline_rss_mib: Math.round(plain.rss / 2 ** 20),
    };
  } finally {
    for (const writer of writers) writer.kill();
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

/** A process that writes a round when it is asked. */
class Writer {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #told: Told[] = [];

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
  }

  static async start(
    type: string,
    name: string,
    who: string,
    dir: string,
    server: BenchServer | null,
  ): Promise<Writer> {
    const own = path.join(dir, who);
    fs.mkdirSync(own);
    const { host, port, port2, user, password } = server ?? {};
    const place = {
      dir: own,
      word: `${who}${name.replaceAll(/[^a-z]/g, "")}`,
      server: { host, port, port2, user, password },
    };
    const child = fork(path.join(HERE, "sinks-child.ts"), [type, name, who, JSON.stringify(place)], {
      execArgv: ["--import", "tsx"],
    });
    const writer = new Writer(who, child);
    await writer.#answer<string>();
    return writer;
  }

  readonly run = async (): Promise<number> => {
    this.#child.send("round");
    const told = await this.#answer<Told>();
    this.#told.push(told);
    return told.ns;
  };

  /** Medians over the rounds that count. */
  figures(warmup: number): Told {
    const rounds = this.#told.slice(warmup);
    const middle = (value: (one: Told) => number): number => quantile(rounds.map(value), 0.5);
    return { ns: middle(({ ns }) => ns), cpuNs: middle(({ cpuNs }) => cpuNs), rss: middle(({ rss }) => rss) };
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #answer<T>(): Promise<T> {
    return new Promise((resolve, reject) => {
      const left = (code: number | null): void => reject(new Error(`${this.name} ended with ${code}`));
      this.#child.once("exit", left);
      this.#child.once("message", (answer: T) => {
        this.#child.off("exit", left);
        resolve(answer);
      });
    });
  }
}
