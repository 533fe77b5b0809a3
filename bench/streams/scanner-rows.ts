import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ScannerMemory } from "../../src/feed/socket/scanner-memory.ts";
import { halvesToNumber, OPTION_FIGURES } from "../../src/model/index.ts";
import type { Scan, Slab } from "../../src/model/index.ts";
import * as tape from "../../src/model/tape.ts";
import { compare, nsPerOp, race } from "../harness.ts";
import type { BenchOptions, Contestant, Row } from "../harness.ts";
import {
  assertEqual,
  assertSameSlots,
  Corpus,
  Naive,
  NaiveToSlots,
  ToArrays,
  ToSlots,
} from "./parse-case.ts";
import type { ParseCase, Reader } from "./parse-case.ts";

/**
 * The rows of the scanner: the same frames and baselines as the parsers' rows. "to the tape" is the scanner alone, its
 * values compared on the tape; "to arrays" and "to slots" go through the emitters, as the parsers do.
 */
type Target = "the tape" | "arrays" | "slots";
const TARGETS: readonly Target[] = ["the tape", "arrays", "slots"];

const SCANNER = "feedhorn, scanner";
const NAIVE = "JSON.parse + Number";
const NAIVE_SLOTS = "JSON.parse + Number, into the same slots";

interface Order {
  readonly module: string;
  readonly target: Target;
  readonly options: BenchOptions;
}

/** Rows of the cases that `module` exports. A process for each target, as for the parsers. */
export async function* scannerRows(module: string, options: BenchOptions): AsyncIterable<Row> {
  for (const target of TARGETS) yield* await ordered({ module, target, options });
}

function ordered(order: Order): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL("./scanner-process.ts", import.meta.url)));
    const found: Row[] = [];
    child.on("message", (row: Row) => found.push(row));
    child.on("error", reject);
    child.on("exit", (code) => {
      if (code === 0) resolve(found);
      else
        reject(
          new Error(`expected the scanner's rows to ${order.target}, saw their process end with ${code}`),
        );
    });
    child.send(order);
  });
}

/** A corpus in a scanner's memory. */
class ScannedCorpus extends Corpus {
  override readonly slab: Slab;

  constructor(frames: readonly string[], memory: ScannerMemory) {
    super(frames);
    const bytes = this.buffer;
    this.slab = memory.take(bytes.length);
    this.slab.bytes.set(bytes);
  }
}

/** In the process of its own. */
export async function serve({ module, target, options }: Order, send: (row: Row) => void): Promise<void> {
  const { cases } = (await import(module)) as { cases: () => ParseCase[] };
  const memory = new ScannerMemory();
  for (const one of cases()) {
    const scan = memory.scanner.entries[one.venue.id.replace(/-.*/, "")];
    // Of a family by name, but with a grammar of its own.
    const other = one.venue.id === "coinbase-exchange";
    if (scan === undefined || other || one.anyOrder === true) continue;
    const corpus = new ScannedCorpus(one.frames, memory);
    for (const row of await rowsOf(one, corpus, scan, target, options)) send(row);
    memory.give(corpus.slab);
  }
}

async function rowsOf(
  one: ParseCase,
  corpus: ScannedCorpus,
  scan: Scan,
  target: Target,
  options: BenchOptions,
): Promise<Row[]> {
  const naive = new Naive(one, corpus);
  const ours = target === "the tape" ? new ToTape(corpus, scan) : readerOf(one, corpus, target);
  if (ours instanceof ToTape) ours.assertEqual(naive);
  else assertEqual(ours, naive);
  const ways: Contestant[] = [
    { name: SCANNER, run: () => ours.run() },
    { name: NAIVE, run: () => naive.run() },
  ];
  if (ours instanceof ToSlots) {
    const full = new NaiveToSlots(one, corpus);
    assertSameSlots(ours, full);
    ways.push({ name: NAIVE_SLOTS, run: () => full.run() });
  }
  allTaken(corpus, scan, one.name);
  const samples = await race(ways, options);
  const bytes = Math.round(corpus.buffer.length / one.frames.length);
  const name = `${one.name} (${bytes} B), scanned to ${target}`;
  return ways.slice(1).map((other) => compare("parse", name, samples, SCANNER, other.name));
}

function readerOf(one: ParseCase, corpus: Corpus, target: Target): ToArrays | ToSlots {
  return target === "arrays" ? new ToArrays(one, corpus) : new ToSlots(one, corpus);
}

/** Throws unless the scanner reads every frame: the parser's time is not its own. */
function allTaken({ slab, starts, ends }: Corpus, scan: Scan, name: string): void {
  const left = [...starts].findIndex((start, i) => scan(slab.base + start, slab.base + ends[i]) < 0);
  if (left >= 0)
    throw new Error(`expected the scanner to read all frames of ${name}, saw it leave frame ${left}`);
}

/** The scanner alone. */
class ToTape implements Reader {
  readonly corpus: Corpus;
  readonly #scan: Scan;

  constructor(corpus: Corpus, scan: Scan) {
    this.corpus = corpus;
    this.#scan = scan;
  }

  run(): number {
    const scan = this.#scan;
    const { slab, starts, ends, cycles } = this.corpus;
    const { base } = slab;
    return nsPerOp(starts.length * cycles, () => {
      for (let n = 0; n < cycles; n++)
        for (let i = 0; i < starts.length; i++) scan(base + starts[i], base + ends[i]);
    });
  }

  /** Event time, id, prices and sizes of frame `i` as the plain way has them, but for the symbol's id. */
  values(i: number): number[] {
    const { slab, starts, ends } = this.corpus;
    const count = this.#scan(slab.base + starts[i], slab.base + ends[i]);
    const { i32, f64, levels } = slab.scanner!;
    const word = (record: number, at: number): number => i32[(tape.RECORDS + record * tape.RECORD + at) >> 2];
    const long = (at: number): number => halvesToNumber(word(0, at + 4), word(0, at));
    const values = [Math.floor(long(tape.TS) / 1000), long(tape.ID)];
    for (let record = 0; record < count; record++) {
      const op = word(record, tape.HEAD) & 0xff;
      const at = (tape.RECORDS + record * tape.RECORD + tape.NUM) >> 3;
      const first = 2 * word(record, tape.FIRST);
      if (op === tape.BOOK) values.push(...levels.subarray(first, first + 2 * word(record, tape.COUNT)));
      else if (op === tape.OPTION) values.push(...levels.subarray(0, OPTION_FIGURES));
      else values.push(...f64.subarray(at, at + (op === tape.TRADE ? 2 : 4)));
    }
    return values;
  }

  assertEqual(naive: Naive): void {
    for (let i = 0; i < this.corpus.starts.length; i++) {
      const own = this.values(i);
      const plain = naive.values(i).slice(1);
      // The time is in ns here: as one double it is exact to a microsecond.
      const same =
        own.length === plain.length && own.every((value, k) => k === 0 || Object.is(value, plain[k]));
      if (!same || Math.abs(own[0] - plain[0]) > 1)
        throw new Error(`expected ${plain.join(" ")}, saw ${own.join(" ")} in ${this.corpus.text(i)}`);
    }
  }
}
