/**
 * What does one frame cost from bytes to committed slots, against JSON.parse + Number and against tardis-dev's mappers?
 *
 * Ours includes the symbol look-up, all fields and the writing of 64-byte slots into a ring; the baseline fills arrays,
 * tardis makes its objects. Every field of every frame is compared with Number() bit by bit before anything is timed.
 * Another venue adds its rows by a table of ParseCase in bench/streams/.
 */
import { compare, race } from "./harness.ts";
import type { BenchOptions, Contestant, Row } from "./harness.ts";
import { binanceCases } from "./streams/binance-frames.ts";
import { assertEqual, Corpus, Naive, Ours, timed } from "./streams/parse-case.ts";
import type { ParseCase } from "./streams/parse-case.ts";

/** Tables of cases, by venue. */
const TABLES: readonly (() => ParseCase[])[] = [binanceCases];
const NAIVE = "JSON.parse + Number";

export async function* bench(options: BenchOptions): AsyncIterable<Row> {
  for (const table of TABLES) for (const one of table()) yield* rowsOf(one, options);
}

async function* rowsOf(one: ParseCase, options: BenchOptions): AsyncIterable<Row> {
  const corpus = new Corpus(one.frames);
  const ours = new Ours(one, corpus);
  const naive = new Naive(one, corpus);
  assertEqual(ours, naive);
  const bytes = Math.round(corpus.slab.capacity / one.frames.length);
  const peers = (one.peers ?? []).map(({ name, read }): Contestant => ({
    name,
    run: () => timed(corpus, read),
  }));
  const contestants = [
    { name: "feedhorn", run: () => ours.run() },
    { name: NAIVE, run: () => naive.run() },
    ...peers,
  ];
  const samples = await race(contestants, options);
  for (const { name } of contestants.slice(1))
    yield compare("parse", `${one.name} (${bytes} B)`, samples, "feedhorn", name);
}
