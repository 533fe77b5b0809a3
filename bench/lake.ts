/**
 * How fast does a journal become Parquet, on one core? A process pinned to a core reads the slots of a lane's journal as the sink's
 * own process does (lossless reader, batches of whole events), and writes them to a lake (ZSTD, synced, committed); beside it another
 * one writes the same slots with DuckDB's row appender, value by value, into tables of the same columns (a fifth of them, as it takes
 * so long).
 *
 * ns per row (a slot of a trade, quote or book level). Processor time, peak memory and bytes of each go to stderr.
 */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { EventWriter, InstrumentWriter, RingWriter, VenueWriter } from "../src/log/index.ts";
import { instrumentOf, LONG, NUM, putMicros, putNumber, SIDE, SymbolTable } from "../src/model/index.ts";
import { createRegion, JournalWriter } from "../src/store/index.ts";
import { compare, race, seeded } from "./harness.ts";
import type { BenchOptions, Contestant, Row } from "./harness.ts";

const SLOTS = 65_536;
const PIECES = 20;
const INSTRUMENTS = 60;
const SIZES = { slots: SLOTS, venues: 4, instruments: 64, counters: 4, histograms: 1, readers: 8 };
const CORE = "1";

/** What a child tells of one round. */
interface Told {
  rows: number;
  ns: number;
  cpuNs: number;
  /** Of its life so far. */
  peakRss: number;
  bytes: number;
}

export async function* bench(options: BenchOptions): AsyncGenerator<Row> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "feedhorn-bench-lake-"));
  const children: ChildProcess[] = [];
  try {
    await writeJournal(dir);
    const told = new Map<string, Told[]>();
    const contestants: Contestant[] = ["lake", "row appender"].map((name) => {
      const child = start(name, dir);
      children.push(child);
      return { name, run: () => round(child, name, told) };
    });
    const samples = await race(contestants, options);
    for (const [name, rounds] of told) process.stderr.write(`${note(name, rounds)}\n`);
    yield compare("lake", "journal to Parquet, one core", samples, "lake", "row appender");
  } finally {
    for (const child of children) child.kill("SIGKILL");
    fs.rmSync(dir, { recursive: true });
  }
}

function start(name: string, dir: string): ChildProcess {
  const pin = spawnSync("taskset", ["-c", CORE, "true"]).status === 0 ? ["taskset", "-c", CORE] : [];
  const [program = "", ...args] = [...pin, process.execPath, "--import", "tsx"];
  const file = fileURLToPath(new URL("lake-child.ts", import.meta.url));
  return spawn(program, [...args, file, name, dir], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
}

function round(child: ChildProcess, name: string, told: Map<string, Told[]>): Promise<number> {
  return new Promise((resolve, reject) => {
    const left = (code: number | null): void => reject(new Error(`${name} ended with ${code}`));
    child.once("exit", left);
    child.once("message", (answer: Told) => {
      child.off("exit", left);
      told.set(name, [...(told.get(name) ?? []), answer]);
      resolve(answer.ns / answer.rows);
    });
    child.send("round");
  });
}

function note(name: string, rounds: readonly Told[]): string {
  const middle = (value: (one: Told) => number): number =>
    rounds.map(value).toSorted((a, b) => a - b)[rounds.length >> 1]!;
  return [
    `${name}: ${Math.round(middle(({ rows, ns }) => (rows * 1e9) / ns)).toLocaleString("en")} rows/s`,
    `${middle(({ rows, cpuNs }) => cpuNs / rows / 1000).toFixed(2)} us of processor a row`,
    `peak ${Math.round(rounds.at(-1)!.peakRss / (1 << 20))} MiB`,
    `${middle(({ rows, bytes }) => bytes / rows).toFixed(1)} bytes a row`,
  ].join(", ");
}

/** A lane's journal: random walks of sixty books, a fifth trades, a quarter quotes, the rest levels. */
async function writeJournal(dir: string): Promise<void> {
  const handle = createRegion({ dir, lane: "main", ...SIZES });
  const { region } = handle;
  new VenueWriter(region.venues).declare(1, "binance");
  const instruments = new InstrumentWriter(region.control, region.instruments);
  for (let i = 0; i < INSTRUMENTS; i++)
    instruments.add(1, instrumentOf({ symbol: `C${i}USDT`, canonical: `C${i}-USDT`, tick: 0.01 }));
  const out = new EventWriter(
    new RingWriter(region.control, region.slots, region.bell, region.gate),
    new SymbolTable(),
  );
  out.venue = 1;
  const journal = new JournalWriter(path.join(dir, "journal"), "main", { keepMs: 0 });
  journal.attach(handle);
  const market = new Market(out);
  for (let piece = 0; piece < PIECES; piece++) {
    for (let slots = 0; slots < SLOTS / 2;) slots += market.event();
    while (journal.poll() > 0);
  }
  await journal.close();
  handle.close();
}

/** Prices that walk by cents, sizes of five decimals, an event every 50 us. */
class Market {
  readonly #out: EventWriter;
  readonly #random = seeded(5);
  readonly #cents = Float64Array.from({ length: INSTRUMENTS }, (_, i) => 100_000 * (i + 1));
  readonly #times = new Int32Array(2);
  #us = 1_763_722_800_000_000;
  #id = 1_000_000;

  constructor(out: EventWriter) {
    this.#out = out;
  }

  /** Commits one event; returns its slots. */
  event(): number {
    const out = this.#out;
    const which = Math.floor(this.#random() * INSTRUMENTS);
    this.#cents[which]! += Math.round(this.#random() * 4 - 2);
    this.#us += 50;
    putMicros(this.#us, this.#times, 0);
    out.begin({ lo: this.#times[0]!, hi: this.#times[1]! });
    putMicros(this.#us - 1500, out.long, LONG.TS);
    putNumber(this.#id++, out.long, LONG.ID);
    putNumber(this.#id - 2, out.long, LONG.PREV);
    const slots = this.#write(which, this.#random());
    out.endFrame();
    out.ring.commit();
    return slots;
  }

  #write(which: number, kind: number): number {
    const { num } = this.#out;
    num[NUM.PRICE] = this.#cents[which]! / 100;
    num[NUM.SIZE] = this.#size();
    if (kind < 0.3) {
      this.#out.trade(which, kind < 0.15 ? SIDE.BUY : SIDE.SELL, 0);
      return 1;
    }
    if (kind < 0.7) {
      num[NUM.ASK_PRICE] = (this.#cents[which]! + 1) / 100;
      num[NUM.ASK_SIZE] = this.#size();
      this.#out.quote(which, 0);
      return 1;
    }
    const levels = 1 + Math.floor(this.#random() * 4);
    for (let i = 0; i < levels; i++) {
      num[NUM.PRICE] = (this.#cents[which]! - 1 - i) / 100;
      num[NUM.SIZE] = this.#size();
      this.#out.level(i % 2 === 0 ? SIDE.BID : SIDE.ASK);
    }
    this.#out.book(which, 0);
    return levels;
  }

  #size(): number {
    return Math.round(this.#random() * 1e5) / 1e5;
  }
}
