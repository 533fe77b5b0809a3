/**
 * From a commit in one gateway's lane to the commit in another's that hears it over UDP, on this machine: trades at an even pace, each
 * stamped when it is committed; the sink's process is woken by the ring, sends, and the lane at the other end looks at its clock behind
 * its own commit. Beside it the floor: one datagram of the same size and pace from process to process, and nothing done with it.
 *
 * FEEDHORN_RATE: trades a second (10,000). Percentiles in us over all rounds.
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { Clock } from "../src/feed/index.ts";
import { EventWriter, InstrumentWriter, RingWriter, VenueWriter } from "../src/log/index.ts";
import { LONG, NUM, SIDE, SymbolTable, instrumentOf, putNumber } from "../src/model/index.ts";
import { createRegion } from "../src/store/index.ts";
import { quantile } from "./harness.ts";
import type { BenchOptions, Row } from "./harness.ts";

const RATE = Number(process.env["FEEDHORN_RATE"] ?? 10_000);
const ROUND_MS = 1000;
const WARM_MS = 2000;
const CHILD = fileURLToPath(new URL("./udp-child.ts", import.meta.url));
const BYTES = 176;

interface LatencyRow extends Row {
  p50_us: number;
  p99_us: number;
  p999_us: number;
  baseline_p50_us: number;
  baseline_p99_us: number;
  baseline_p999_us: number;
  events: number;
  lost: number;
}

export async function* bench(options: BenchOptions): AsyncGenerator<LatencyRow> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "feedhorn-udp-bench-"));
  const children: ChildProcess[] = [];
  try {
    const heard = await child(children, "lane", []);
    const plain = await child(children, "plain", []);
    const market = new Market(dir);
    await child(children, "sink", [market.path, String(heard.port)]);
    const floor = await Floor.open(plain.port);
    await market.run(WARM_MS);
    await floor.run(WARM_MS);
    await heard.take();
    await plain.take();
    const [ours, theirs]: [number[], number[]] = [[], []];
    let sent = 0;
    for (let round = 0; round < options.rounds; round++) {
      sent += await market.run(ROUND_MS);
      await floor.run(ROUND_MS);
      ours.push(...(await heard.take()));
      theirs.push(...(await plain.take()));
    }
    floor.close();
    yield rowOf(ours, theirs, sent);
  } finally {
    for (const one of children) one.kill("SIGKILL");
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

function rowOf(ours: readonly number[], theirs: readonly number[], sent: number): LatencyRow {
  const [p50, p99, p999] = [0.5, 0.99, 0.999].map((q) => quantile(ours, q)) as [number, number, number];
  const [b50, b99, b999] = [0.5, 0.99, 0.999].map((q) => quantile(theirs, q)) as [number, number, number];
  return {
    bench: "udp",
    case: `commit to commit, ${RATE}/s`,
    ns_per_op: p50 * 1000,
    baseline: "one datagram from process to process",
    baseline_ns_per_op: b50 * 1000,
    ratio: b50 / p50,
    p50_us: p50,
    p99_us: p99,
    p999_us: p999,
    baseline_p50_us: b50,
    baseline_p99_us: b99,
    baseline_p999_us: b999,
    events: ours.length,
    lost: sent - ours.length,
  };
}

interface Answering {
  readonly port: number;
  /** Latencies since the last call, us. */
  take(): Promise<number[]>;
}

async function child(all: ChildProcess[], role: string, more: readonly string[]): Promise<Answering> {
  const one = fork(CHILD, [role, ...more], { execArgv: ["--import", "tsx"] });
  all.push(one);
  const [{ port }] = (await once(one, "message")) as [{ port: number }];
  const take = async (): Promise<number[]> => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    one.send("take");
    const [{ us }] = (await once(one, "message")) as [{ us: number[] }];
    return us;
  };
  return { port, take };
}

/** Even steps of time, by sleeping where there is time to. */
async function paced(ms: number, step: () => void): Promise<number> {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const from = performance.now();
  let done = 0;
  for (let now = from; now < from + ms; now = performance.now()) {
    for (const due = ((now - from) * RATE) / 1000; done < due; done++) step();
    // Timers of the event loop are a millisecond wide.
    Atomics.wait(sleeper, 0, 0, Math.max(0.02, ((done + 1) * 1000) / RATE - (performance.now() - from)));
    if (done % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return done;
}

/** A lane that writes trades, as a venue's parser would. */
class Market {
  readonly path: string;
  readonly #out: EventWriter;
  readonly #clock = new Clock();
  readonly #now = { hi: 0, lo: 0 };
  #id = 0;

  constructor(dir: string) {
    const handle = createRegion({ lane: "main", dir, slots: 262_144, instruments: 16, maxStallMs: 0 });
    const { region } = handle;
    this.path = handle.path!;
    new VenueWriter(region.venues).declare(1, "binance");
    const row = instrumentOf({ symbol: "BTCUSDT", canonical: "BTC-USDT", tick: 0.01 });
    new InstrumentWriter(region.control, region.instruments).add(1, row);
    this.#out = new EventWriter(new RingWriter(region.control, region.slots, region.bell), new SymbolTable());
    this.#out.venue = 1;
  }

  run(ms: number): Promise<number> {
    return paced(ms, () => this.#trade());
  }

  #trade(): void {
    const out = this.#out;
    putNumber(++this.#id, out.long, LONG.ID);
    out.num[NUM.PRICE] = 43_210.1;
    out.num[NUM.SIZE] = 0.5;
    this.#clock.read(this.#now);
    out.begin(this.#now);
    out.trade(0, SIDE.BUY, 0);
    out.endFrame();
    out.ring.commit();
  }
}

/** The same pace, without a log. */
class Floor {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(port: number): Promise<Floor> {
    const socket = createSocket("udp4");
    socket.connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new Floor(socket);
  }

  run(ms: number): Promise<number> {
    return paced(ms, () => {
      const bytes = Buffer.allocUnsafe(BYTES);
      bytes.writeDoubleLE(performance.timeOrigin + performance.now(), 0);
      this.#socket.send(bytes);
    });
  }

  close(): void {
    this.#socket.close();
  }
}
