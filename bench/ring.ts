/**
 * How fast does the shared ring carry events from one process to another, against the same protocol in C?
 *
 * A writer process puts quotes into a region, a reader process takes every one of them (the writer waits for the
 * reader's cursor, so that nothing is lost), for commits after every 1, 8 and 64 events. Both pairs live for the whole
 * run and take turns; time is the reader's, from the order to start until the last slot. Both must read the same sum.
 */
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import {
  CLAIM_STEP,
  EventWriter,
  loadSequence,
  READER_ROW,
  RingReader,
  RingWriter,
  storeSequence,
} from "../src/log/index.ts";
import type { Region } from "../src/log/index.ts";
import { LONG, NUM, SymbolTable } from "../src/model/index.ts";
import { createRegion, defaultDir, openRegion, regionPath } from "../src/store/index.ts";
import { compileC } from "./compile-c.ts";
import { compare, race } from "./harness.ts";
import type { BenchOptions, Row } from "./harness.ts";

const FILE = fileURLToPath(import.meta.url);
const SLOTS = 16384;
const PER_ROUND = 1_000_000;
const BATCHES = [1, 8, 64];
const CURSOR = READER_ROW.at.cursor / 4;

/** A process that answers lines with lines. */
class Peer {
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string, args: readonly string[]) {
    this.process = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface(this.process.stdout)[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`expected an answer of ${this.process.spawnfile}, saw its end`);
    return value;
  }

  say(text: string): void {
    this.process.stdin.write(`${text}\n`);
  }
}

/** One writer and one reader on a region of their own. */
class Pair {
  readonly writer: Peer;
  readonly reader: Peer;

  constructor(command: string, args: readonly string[], file: string) {
    this.writer = new Peer(command, [...args, "writer", file]);
    this.reader = new Peer(command, [...args, "reader", file]);
  }

  async ready(): Promise<void> {
    await this.writer.line();
    await this.reader.line();
  }

  /** ns per slot of one run; throws when what was read is not what was written. */
  async run(batch: number): Promise<number> {
    this.reader.say(`${PER_ROUND} ${batch}`);
    await this.reader.line();
    this.writer.say(`${PER_ROUND} ${batch}`);
    await this.writer.line();
    const [, written] = (await this.writer.line()).split(" ");
    const [ns, read] = (await this.reader.line()).split(" ");
    if (written !== read) throw new Error(`expected the sum ${written} to be read, saw ${read}`);
    return Number(ns) / PER_ROUND;
  }

  end(): void {
    for (const peer of [this.writer, this.reader]) peer.process.kill();
  }
}

export async function* bench(options: BenchOptions): AsyncGenerator<Row> {
  const parent = process.platform === "linux" ? path.dirname(defaultDir()) : os.tmpdir();
  const dir = fs.mkdtempSync(path.join(parent, "feedhorn-bench-"));
  const region = (lane: string): string => {
    createRegion({ dir, lane, slots: SLOTS, instruments: 16 }).close();
    return regionPath(lane, dir);
  };
  const program = compileC("ring");
  const pairs = { TypeScript: new Pair(process.execPath, ["--import", "tsx", FILE], region("ts")) } as Record<
    string,
    Pair
  >;
  if (program !== null) pairs["C"] = new Pair(program, [], region("c"));
  try {
    for (const pair of Object.values(pairs)) await pair.ready();
    for (const batch of BATCHES) {
      const contestants = Object.entries(pairs).map(([name, pair]) => ({ name, run: () => pair.run(batch) }));
      const samples = await race(contestants, options);
      yield compare(
        "ring",
        `commit every ${batch}`,
        samples,
        "TypeScript",
        program === null ? "TypeScript" : "C",
      );
    }
  } finally {
    for (const pair of Object.values(pairs)) pair.end();
    fs.rmSync(dir, { recursive: true });
  }
}

/** Sums go through an array so that they are never boxed. */
const sum = new Float64Array(1);

function writeSlots(out: EventWriter, region: Region, count: number, batch: number): void {
  const { ring } = out;
  const free = SLOTS - 2 * CLAIM_STEP - batch;
  let pending = 0;
  for (let n = 0; n < count; n++) {
    if (n % CLAIM_STEP === 0) while (ring.head + pending - loadSequence(region.readers.i32, CURSOR) > free);
    out.num[NUM.BID_PRICE] = n & 1023;
    out.num[NUM.BID_SIZE] = 1;
    out.num[NUM.ASK_PRICE] = (n & 1023) + 1;
    out.num[NUM.ASK_SIZE] = 2;
    out.long[LONG.ID] = n;
    out.quote(n & 15, 0);
    sum[0]! += (n & 1023) * 2 + 1;
    pending += 1;
    if (pending === batch || n + 1 === count) {
      ring.commit();
      pending = 0;
    }
  }
}

function readSlots(reader: RingReader, region: Region, count: number): void {
  const end = reader.cursor + count;
  while (reader.cursor < end) {
    const polled = reader.poll((slots, word) => {
      sum[0]! += slots.f64[(word >> 1) + 3]! + slots.f64[(word >> 1) + 5]!;
    }, 1024);
    if (polled > 0) storeSequence(region.readers.i32, CURSOR, reader.cursor);
  }
}

function child(role: string, file: string): void {
  const say = (text: string): void => void fs.writeSync(1, `${text}\n`);
  const writing = role === "writer";
  const { region } = writing
    ? createRegion({ lane: path.basename(file, ".region"), dir: path.dirname(file) })
    : openRegion(file);
  const out = writing
    ? new EventWriter(new RingWriter(region.control, region.slots), new SymbolTable())
    : null;
  const reader = new RingReader(region.control, region.slots);
  createInterface(process.stdin).on("line", (line) => {
    const [count = 0, batch = 1] = line.split(" ").map(Number);
    sum[0] = 0;
    if (out === null) reader.seekHead();
    say("begun");
    const start = process.hrtime.bigint();
    if (out === null) readSlots(reader, region, count);
    else writeSlots(out, region, count, batch);
    say(`${process.hrtime.bigint() - start} ${sum[0]}`);
  });
  say("ready");
}

if (process.argv[1] === FILE) child(process.argv[2] ?? "", process.argv[3] ?? "");
