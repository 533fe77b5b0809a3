/**
 * How much cheaper is a message from the socket to the log than through ws, JSON.parse, tardis-dev's mappers and emit?
 *
 * A server process sends prebuilt websocket frames over loopback as fast as they are taken, plain and (where openssl can
 * make a certificate) over TLS: quotes alone, and a mix of a third each of quotes, trades and book changes. Each pipeline
 * is a process of its own; they play the same bytes in turn.
 *
 *   tardis    ws + JSON.parse + tardis-dev's mappers for trades, book changes and quotes + EventEmitter, one listener
 *   recorder  our socket, parser and event writer, one commit per read of the socket: what the baseline does, onto the log
 *   lane      all a lane does: order, duplicates, proved books, counters, latest values
 *   wasm      the same with the scanner of src/venues/assembly reading the frames (built by npm run build)
 *
 * Before anything is timed every pipeline plays each stream once and must hand on exactly the events that were sent,
 * compared value by value. In every timed round the number of events and the sum of all prices and sizes (baseline), and
 * the number of slots and a hash of the last of them (ours) must be those of that first time: nothing was lost.
 *
 * Then the mix at an even pace of 20,000 messages a second, a frame a write: from when a frame was due to when its events
 * were committed (ours) or emitted (baseline). FEEDHORN_BENCH_SVG=FILE draws the distributions (medians over the rounds).
 *
 * FEEDHORN_BENCH_STREAM=bookTicker or mix, FEEDHORN_BENCH_ONLY=plain or TLS, FEEDHORN_BENCH_SCANNER=js or wasm leave rows out.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ChildProcess } from "node:child_process";
import { assertSame } from "./e2e-events.ts";
import { Curves, latencies, PACED, RATE } from "./e2e-paced.ts";
import { makeStream, STREAMS } from "./e2e-streams.ts";
import { answer, Processes } from "./gateway-processes.ts";
import { compare, quantile, race } from "./harness.ts";
import type { Order, Pace, Played, Scanner } from "./e2e-pipeline.ts";
import type { Served } from "./e2e-server.ts";
import type { Stream } from "./e2e-streams.ts";
import type { BenchOptions, Contestant, Row, Samples } from "./harness.ts";

const BASELINE = "ws + JSON.parse + tardis-dev + emit";
const FRAMES = { bookTicker: 300_000, mix: 180_000 } as const;
/** The stream that is also sent at an even pace. */
const PACED_STREAM = "mix";
const ROUND_MS = 60_000;
const STREAM = process.env["FEEDHORN_BENCH_STREAM"];
const SCANNER = process.env["FEEDHORN_BENCH_SCANNER"];
const SVG = process.env["FEEDHORN_BENCH_SVG"];
const ONLY = process.env["FEEDHORN_BENCH_ONLY"];
/** Name, file and scanner of each pipeline. */
const PIPELINES = [
  [BASELINE, "e2e-tardis", "js"],
  ["recorder", "e2e-recorder", "js"],
  ["recorder wasm", "e2e-recorder", "wasm"],
  ["lane", "e2e-lane", "js"],
  ["lane wasm", "e2e-lane", "wasm"],
] as const;

interface E2eRow extends Row {
  messages: number;
  bytes_per_message: number;
  messages_per_s?: number;
  baseline_messages_per_s?: number;
}

/** What a pipeline's first round proved; every later one must repeat it. */
type Proof = Pick<Played, "sums" | "slots" | "hash">;

class Pipeline {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #scanner: Scanner;
  #proof: Proof | null = null;

  constructor(name: string, child: ChildProcess, folder: string, scanner: Scanner) {
    this.name = name;
    this.#scanner = scanner;
    this.#child = child;
    this.#folder = folder;
  }

  stop(processes: Processes): Promise<void> {
    return processes.stop(this.#child);
  }

  async #play(stream: Stream, url: string, log: string | null, pace: Pace | null = null): Promise<Played> {
    const order: Order = { stream, url, log, pace, folder: this.#folder, scanner: this.#scanner };
    const timeout = new AbortController();
    const late = sleep(ROUND_MS, null, { signal: timeout.signal });
    const played = answer<Played>(this.#child, (heard) => this.#child.once("message", heard));
    this.#child.send(order);
    const first = await Promise.race([played, late]);
    timeout.abort();
    if (first === null) throw new Error(`${this.name}: expected every frame within ${ROUND_MS} ms`);
    const wrong = Object.entries(first.faults).filter(([, count]) => count !== 0);
    if (wrong.length > 0) throw new Error(`${this.name}: expected no faults, saw ${JSON.stringify(wrong)}`);
    return first;
  }

  /** The round before all others: compares every event, then keeps what rounds without a log must repeat. */
  async prove(stream: Stream, url: string, sent: Float64Array): Promise<void> {
    const log = join(this.#folder, "rows.f64");
    const { sums } = await this.#play(stream, url, log);
    const file = readFileSync(log);
    const seen = new Float64Array(file.buffer, file.byteOffset, file.byteLength / 8);
    assertSame(`${this.name}, ${stream.name}`, sent, seen, this.name === BASELINE);
    check(this.name, "events", stream.sums.events, sums?.events);
    const { slots, hash, sums: told } = await this.#play(stream, url, null);
    if (told !== null) check(this.name, "sums", JSON.stringify(stream.sums), JSON.stringify(told));
    this.#proof = { sums: told, slots, hash };
  }

  async play(stream: Stream, url: string): Promise<Played> {
    const played = await this.#play(stream, url, null);
    const { sums, slots, hash } = played;
    const proof = JSON.stringify(this.#proof);
    check(this.name, "sums and slots", proof, JSON.stringify({ sums, slots, hash }));
    return played;
  }

  /** Microseconds from due to handled, by frame. */
  async pace(stream: Stream, url: string, server: ChildProcess): Promise<Float64Array> {
    const file = join(this.#folder, "times.f64");
    const first = answer<number>(server, (heard) => server.once("message", heard));
    await this.#play(stream, url, null, { rate: RATE, frames: PACED, file });
    return latencies(file, await first);
  }
}

function check(name: string, what: string, wanted: unknown, seen: unknown): void {
  if (wanted !== seen) throw new Error(`${name}: expected ${what} ${String(wanted)}, saw ${String(seen)}`);
}

/** Key and certificate of localhost, or null where there is no openssl. */
function certificate(folder: string): [key: string, cert: string] | null {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const what = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost";
  const names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert];
  if (spawnSync("openssl", [...what.split(" "), ...names]).status === 0) return [key, cert];
  process.stderr.write("no openssl that can make a certificate: rows over TLS are left out\n");
  return null;
}

interface Setting {
  /** plain or TLS. */
  how: string;
  server: ChildProcess;
  url: (stream: Stream) => string;
}

/** Wall and CPU time per message of each pipeline, of the same rounds. */
async function measure(
  pipelines: readonly Pipeline[],
  stream: Stream,
  url: string,
  options: BenchOptions,
): Promise<[wall: Samples, cpu: Samples]> {
  const cpu: Samples = new Map(pipelines.map(({ name }) => [name, []]));
  const contestants = pipelines.map((pipeline): Contestant => ({
    name: pipeline.name,
    run: async () => {
      const played = await pipeline.play(stream, url);
      cpu.get(pipeline.name)?.push(played.cpu / stream.frames);
      // What a round leaves behind in sockets and garbage is not the next one's.
      await sleep(20);
      return played.ns / stream.frames;
    },
  }));
  const wall = await race(contestants, options);
  for (const values of cpu.values()) values.splice(0, options.warmup);
  return [wall, cpu];
}

function* rows(name: string, stream: Stream, wall: Samples, cpu: Samples): Generator<E2eRow> {
  const rate = (pipeline: string): number => Math.round(1e9 / quantile(wall.get(pipeline) ?? [], 0.5));
  const facts = { messages: stream.frames, bytes_per_message: Math.round(stream.bytes / stream.frames) };
  for (const pipeline of [...wall.keys()].filter((one) => one !== BASELINE)) {
    const rates = { messages_per_s: rate(pipeline), baseline_messages_per_s: rate(BASELINE) };
    yield { ...compare("e2e", `${name}, ${pipeline}`, wall, pipeline, BASELINE), ...facts, ...rates };
    yield { ...compare("e2e", `${name}, ${pipeline}, CPU`, cpu, pipeline, BASELINE), ...facts };
  }
}

/** Medians of each pipeline at an even pace; all else goes to `curves`. */
async function paced(
  pipelines: readonly Pipeline[],
  stream: Stream,
  { how, server, url }: Setting,
  curves: Curves,
  options: BenchOptions,
): Promise<Samples> {
  const contestants = pipelines.map((pipeline): Contestant => ({
    name: `${pipeline.name}, ${how}`,
    run: async () => curves.add(`${pipeline.name}, ${how}`, await pipeline.pace(stream, url(stream), server)),
  }));
  const medians = await race(contestants, options);
  curves.skip(options.warmup);
  return medians;
}

function* pacedRows(name: string, how: string, medians: Samples, curves: Curves): Generator<Row> {
  for (const pipeline of [...medians.keys()].filter((one) => !one.startsWith(BASELINE))) {
    const label = `${name}, ${RATE} messages/s, ${pipeline}`;
    const base = `${BASELINE}, ${how}`;
    yield compare("e2e", `${label}, p50`, medians, pipeline, base);
    yield compare("e2e", `${label}, p90`, curves.tail(0), pipeline, base);
    yield compare("e2e", `${label}, p99`, curves.tail(1), pipeline, base);
  }
}

async function serverOf(processes: Processes, served: Served): Promise<[ChildProcess, number]> {
  const server = processes.fork("e2e-server");
  server.send(served);
  return [server, await answer<number>(server, (heard) => server.once("message", heard))];
}

async function settings(processes: Processes, streams: readonly Stream[]): Promise<Setting[]> {
  const files = certificate(processes.folder);
  const found: Setting[] = [];
  if (ONLY !== "TLS") {
    const [server, port] = await serverOf(processes, { streams, tls: null });
    found.push({ how: "plain", server, url: ({ name }) => `ws://127.0.0.1:${port}/${name}` });
  }
  if (ONLY !== "plain" && files !== null) {
    // Inherited by the pipelines.
    process.env["NODE_EXTRA_CA_CERTS"] = files[1];
    const [server, port] = await serverOf(processes, { streams, tls: files });
    found.push({ how: "TLS", server, url: ({ name }) => `wss://localhost:${port}/${name}` });
  }
  return found;
}

/** The baseline always; ours with the scanners asked for. */
function wantedPipelines(): (typeof PIPELINES)[number][] {
  return PIPELINES.filter(([name, , scanner]) => name === BASELINE || (SCANNER ?? scanner) === scanner);
}

async function* measured(processes: Processes, options: BenchOptions): AsyncGenerator<Row> {
  const wanted = STREAMS.filter((name) => STREAM === undefined || STREAM === name);
  const made = wanted.map((name) => makeStream(name, FRAMES[name], processes.folder));
  const ways = await settings(
    processes,
    made.map(({ stream }) => stream),
  );
  for (const { stream, rows: sent } of made) {
    const curves = new Curves();
    for (const way of ways) {
      // New processes for each: what V8 learned from one stream is not the next one's.
      const pipelines = wantedPipelines().map(
        ([name, file, scanner]) => new Pipeline(name, processes.fork(file), processes.folder, scanner),
      );
      const url = way.url(stream);
      for (const one of pipelines) await one.prove(stream, url, sent);
      const name = `${stream.name}, ${way.how}`;
      yield* rows(name, stream, ...(await measure(pipelines, stream, url, options)));
      if (stream.name === PACED_STREAM) {
        const medians = await paced(pipelines, stream, way, curves, { ...options, warmup: 1 });
        yield* pacedRows(stream.name, way.how, medians, curves);
      }
      for (const one of pipelines) await one.stop(processes);
    }
    if (SVG !== undefined && stream.name === PACED_STREAM)
      curves.draw(SVG, `${stream.name}, ${RATE.toLocaleString("en-US")} messages/s: from due to handled`);
  }
}

export async function* bench(options: BenchOptions): AsyncGenerator<Row> {
  const processes = new Processes();
  try {
    yield* measured(processes, options);
  } finally {
    await processes.close();
  }
}
