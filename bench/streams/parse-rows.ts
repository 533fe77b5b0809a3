import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compare, race } from "../harness.ts";
import type { BenchOptions, Contestant, Row } from "../harness.ts";
import {
  assertEqual,
  assertSameSlots,
  Corpus,
  Naive,
  NaiveToSlots,
  timed,
  ToArrays,
  ToSlots,
} from "./parse-case.ts";
import type { ParseCase } from "./parse-case.ts";

/** Where our parser puts what it read. */
type Target = "arrays" | "slots";
const TARGETS: readonly Target[] = ["arrays", "slots"];

const NAIVE = "JSON.parse + Number";
const NAIVE_SLOTS = "JSON.parse + Number, into the same slots";

/** What a process of its own is asked to do; it answers with rows. */
interface Order {
  bench: string;
  module: string;
  target: Target;
  options: BenchOptions;
}

/**
 * The rows of a table of cases: `module` exports it as `cases`. A process for each target, because V8 makes the
 * parsers for the one kind of output that they have seen, as they see one in a gateway; two would slow both.
 */
export async function* rows(bench: string, module: string, options: BenchOptions): AsyncIterable<Row> {
  for (const target of TARGETS) yield* await ordered({ bench, module, target, options });
}

function ordered(order: Order): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL("./parse-process.ts", import.meta.url)));
    const found: Row[] = [];
    child.on("message", (row: Row) => found.push(row));
    child.on("error", reject);
    child.on("exit", (code) => {
      if (code === 0) resolve(found);
      else reject(new Error(`expected the rows to ${order.target}, saw their process end with ${code}`));
    });
    child.send(order);
  });
}

/** In the process of its own. */
export async function serve(order: Order, send: (row: Row) => void): Promise<void> {
  const { cases } = (await import(order.module)) as { cases: () => ParseCase[] };
  for (const one of cases())
    for (const row of await (order.target === "arrays" ? arrays : slots)(one, order)) send(row);
}

function arrays(one: ParseCase, order: Order): Promise<Row[]> {
  const corpus = new Corpus(one.frames);
  const [ours, naive] = [new ToArrays(one, corpus), new Naive(one, corpus)];
  assertEqual(ours, naive);
  return raced(one, corpus, order, [
    { name: "feedhorn", run: () => ours.run() },
    { name: NAIVE, run: () => naive.run() },
  ]);
}

function slots(one: ParseCase, order: Order): Promise<Row[]> {
  const corpus = new Corpus(one.frames);
  const [ours, naive, full] = [
    new ToSlots(one, corpus),
    new Naive(one, corpus),
    new NaiveToSlots(one, corpus),
  ];
  assertEqual(ours, naive);
  assertSameSlots(ours, full);
  return raced(one, corpus, order, [
    { name: "feedhorn", run: () => ours.run() },
    { name: NAIVE, run: () => naive.run() },
    { name: NAIVE_SLOTS, run: () => full.run() },
  ]);
}

async function raced(one: ParseCase, corpus: Corpus, order: Order, ways: Contestant[]): Promise<Row[]> {
  const bytes = Math.round(corpus.slab.capacity / one.frames.length);
  const peers = (one.peers ?? []).map(({ name, read }) => ({ name, run: () => timed(corpus, read) }));
  const contestants = [...ways, ...peers];
  const samples = await race(contestants, order.options);
  const name = `${one.name} (${bytes} B) to ${order.target}`;
  return contestants.slice(1).map((other) => compare(order.bench, name, samples, "feedhorn", other.name));
}
